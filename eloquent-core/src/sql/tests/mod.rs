mod alter;
mod dialects;
mod hostile;
mod predicate;
mod schema;
mod script;
mod select;
mod shape;
mod tsql;
mod write;

use dialects::{Plain, Postgres};

use super::{Binds, Compiled, Dialect, StatementCache};
use crate::schema::{Column, ColumnType};
use crate::statement::{
    ColumnRef, CompareOperator, Expression, Predicate, Projection, RawSql, Select, Source,
    Statement,
};
use crate::value::{Value, ValueRef};
use crate::{Error, ErrorKind, Name, Result};

static USERS: [Column; 2] =
    [Column::new("id", ColumnType::I64), Column::new("name", ColumnType::Text)];

/// A statement's text and what is bound to it.
struct Rendered {
    sql: String,
    binds: Vec<Value>,
    compiled: std::sync::Arc<Compiled>,
}

fn render(dialect: &'static dyn Dialect, statement: &Statement) -> Result<Rendered> {
    let cache = StatementCache::default();
    let mut binds = Binds::new();
    let compiled = cache.compile(dialect, statement, &mut binds)?;
    let binds = binds.values().iter().map(|value| ValueRef::to_owned(*value)).collect();
    Ok(Rendered { sql: compiled.sql().to_owned(), binds, compiled })
}

#[track_caller]
fn sql(statement: &Statement) -> String {
    render(&Plain, statement).unwrap().sql
}

#[track_caller]
fn refused(statement: &Statement) -> Error {
    match render(&Plain, statement) {
        Ok(rendered) => panic!("not refused: {}", rendered.sql),
        Err(error) => error,
    }
}

#[track_caller]
fn invalid(statement: &Statement) -> String {
    let error = refused(statement);
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error.to_string()
}

fn users() -> Select {
    Select::new("users", Projection::Columns(&USERS))
}

fn filtered(predicate: Predicate) -> Statement {
    Statement::Select(Select { filter: vec![predicate], ..users() })
}

/// The text behind WHERE.
#[track_caller]
fn condition(predicate: Predicate) -> String {
    let text = sql(&filtered(predicate));
    text.strip_prefix(r#"SELECT "id", "name" FROM "users" WHERE "#).unwrap().to_owned()
}

fn column(name: impl Into<Name>) -> Expression {
    column_of(0, name)
}

fn column_of(source: u16, name: impl Into<Name>) -> Expression {
    Expression::Column(ColumnRef { source: Source(source), name: name.into(), ty: None })
}

fn typed(name: &'static str, ty: ColumnType) -> Expression {
    Expression::Column(reference(name, Some(ty)))
}

fn reference(name: impl Into<Name>, ty: Option<ColumnType>) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.into(), ty }
}

fn value(value: i64) -> Expression {
    Expression::Value(Value::I64(value))
}

fn equals(left: Expression, right: Expression) -> Predicate {
    Predicate::Compare(left, CompareOperator::Equal, right)
}

fn integers(values: impl IntoIterator<Item = i64>) -> Vec<Value> {
    values.into_iter().map(Value::I64).collect()
}

fn is_in(values: Vec<Value>, negated: bool) -> Predicate {
    Predicate::In { expression: column("id"), values, negated }
}

fn raw(text: &'static str) -> RawSql {
    RawSql::new(text)
}
