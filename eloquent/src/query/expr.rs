//! Typed columns and expressions: what closures of queries are made of.
//!
//! A [`Col`] or [`Expr`] knows the Rust type that it yields, so that comparing a number with a text
//! does not compile. The type is all they add: what they hold is the neutral
//! [`Expression`] that drivers read.

mod assign;
mod compare;
mod document;
mod into_expr;
mod nested;
mod number;

use std::marker::PhantomData;
use std::ops::Not;

use eloquent_core::schema::Column;
use eloquent_core::statement::{
    Aggregate, AggregateFunction, CompareOperator, Expression, Order, Predicate, RawSql, Source,
};
use eloquent_core::value::{ColumnValue, Mismatch, Value};

use super::path::{Place, Top, Way};
use crate::model::{IntoColumn, Relational};

pub use assign::Assign;
pub use compare::Compare;
pub use document::{ChangeList, ElementOf, List, Optional};
pub use into_expr::IntoExpr;
pub use nested::{Handle, Handles, Nested};
pub use number::Number;

/// How deep conditions may be nested. Lists of `and` and `or` do not nest.
const MAX_DEPTH: u16 = 128;

/// A column of a model, as one of the tables of a statement has it, or a place inside of one. `F` is the
/// [family](crate::model::Family) of the model.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let adults = User::query().filter(|u| u.age.ge(18)).await?; // `u.age` is a `Col<i64>`
/// let by_name = User::column::<String>("name")?; // one that is chosen at run time
/// let users = User::query().order_by(|_| by_name.asc()).await?;
/// # Ok(())
/// # }
/// ```
pub struct Col<T, F = Relational> {
    place: Place,
    of: PhantomData<fn() -> (T, F)>,
}

impl<T, F> Clone for Col<T, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, F> Copy for Col<T, F> {}

impl<T, F> std::fmt::Debug for Col<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Col").field(&self.place.shown()).finish()
    }
}

impl<T, F> Col<T, F> {
    /// Called by the code that `#[derive(Model)]` generates.
    #[doc(hidden)]
    pub const fn new(source: Source, column: &'static Column) -> Self {
        Col::at(Place::column(source, column))
    }

    pub(crate) const fn at(place: Place) -> Self {
        Col { place, of: PhantomData }
    }

    /// Which table of the statement it belongs to.
    pub fn source(self) -> Source {
        self.place.source()
    }
}

impl<T: ColumnValue, F> Col<T, F> {
    pub(crate) fn into_expression(self) -> Expression {
        self.place.expression(T::TYPE)
    }
}

/// What yields a value of type `T` for each row.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// // `u.age + 1` is an `Expr<i64>`, what `gt` makes of it an `Expr<bool>`
/// let users = User::query().filter(|u| (u.age + 1).gt(18)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Expr<T> {
    node: Expression,
    depth: u16,
    of: PhantomData<fn() -> T>,
}

/// What it is made of is left out, because it may hold values.
impl<T> std::fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expr").finish_non_exhaustive()
    }
}

impl<T> Expr<T> {
    fn leaf(node: Expression) -> Self {
        Expr { node, depth: 0, of: PhantomData }
    }

    /// A node over others; one that lies too deep becomes an error instead of a stack overflow.
    fn over(node: Expression, depth: u16) -> Self {
        if depth < MAX_DEPTH {
            return Expr { node, depth: depth + 1, of: PhantomData };
        }
        Expr::leaf(Expression::Invalid(Mismatch::because(
            "the condition is nested deeper than 128 levels",
        )))
    }

    pub(crate) fn into_expression(self) -> Expression {
        self.node
    }
}

impl Expr<bool> {
    fn predicate(predicate: Predicate, depth: u16) -> Self {
        Expr::over(Expression::Predicate(Box::new(predicate)), depth)
    }

    pub(crate) fn into_predicate(self) -> Predicate {
        match self.node {
            Expression::Predicate(predicate) => *predicate,
            Expression::Value(Value::Bool(truth)) => Predicate::Constant(truth),
            other => Predicate::IsTrue(other),
        }
    }
}

/// A column or an expression, with all that can be asked of it. In the prelude.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let users = User::query().filter(|u| u.name.starts_with("A").and(u.age.between(18, 65))).await?;
/// let oldest: Option<i64> = User::query().max(|u| u.age).await?;
/// # Ok(())
/// # }
/// ```
#[allow(clippy::wrong_self_convention)] // an expression is built from its parts: `is_null` takes its subject
pub trait Operand<T: ColumnValue>: Sized {
    /// The expression.
    fn operand(self) -> Expr<T>;

    /// Between two values, both included.
    fn between(self, low: impl IntoExpr<T>, high: impl IntoExpr<T>) -> Expr<bool> {
        between(self.operand(), low.into_expr(), high.into_expr(), false)
    }

    /// Outside of two values.
    fn not_between(self, low: impl IntoExpr<T>, high: impl IntoExpr<T>) -> Expr<bool> {
        between(self.operand(), low.into_expr(), high.into_expr(), true)
    }

    /// One of the values; an empty list holds nothing.
    fn is_in<V: IntoColumn<T::Plain>>(self, values: impl IntoIterator<Item = V>) -> Expr<bool> {
        in_list(
            self.operand(),
            values.into_iter().map(|v| v.into_column().into_value()).collect(),
            false,
        )
    }

    /// None of the values; against an empty list this is true for every row.
    fn not_in<V: IntoColumn<T::Plain>>(self, values: impl IntoIterator<Item = V>) -> Expr<bool> {
        in_list(
            self.operand(),
            values.into_iter().map(|v| v.into_column().into_value()).collect(),
            true,
        )
    }

    /// Null.
    fn is_null(self) -> Expr<bool> {
        null(self.operand(), false)
    }

    /// Not null.
    fn is_not_null(self) -> Expr<bool> {
        null(self.operand(), true)
    }

    /// Matches a pattern of the program: `%` stands for any text, `_` for one character, `\` makes the
    /// next one stand for itself. Whether case counts is the database's rule. For text of a user, take
    /// [`contains`](Self::contains), [`starts_with`](Self::starts_with) or [`ends_with`](Self::ends_with).
    fn like(self, pattern: impl Into<String>) -> Expr<bool>
    where
        T: ColumnValue<Plain = String>,
    {
        like(self.operand(), pattern.into(), false)
    }

    /// Does not match a pattern.
    fn not_like(self, pattern: impl Into<String>) -> Expr<bool>
    where
        T: ColumnValue<Plain = String>,
    {
        like(self.operand(), pattern.into(), true)
    }

    /// Contains this text, character by character.
    fn contains(self, text: impl AsRef<str>) -> Expr<bool>
    where
        T: ColumnValue<Plain = String>,
    {
        like(self.operand(), format!("%{}%", escape_like(text.as_ref())), false)
    }

    /// Starts with this text, character by character.
    fn starts_with(self, text: impl AsRef<str>) -> Expr<bool>
    where
        T: ColumnValue<Plain = String>,
    {
        like(self.operand(), format!("{}%", escape_like(text.as_ref())), false)
    }

    /// Ends with this text, character by character.
    fn ends_with(self, text: impl AsRef<str>) -> Expr<bool>
    where
        T: ColumnValue<Plain = String>,
    {
        like(self.operand(), format!("%{}", escape_like(text.as_ref())), false)
    }

    /// The number of values that are not null.
    fn count(self) -> Expr<i64> {
        aggregate(AggregateFunction::Count, false, self.operand())
    }

    /// The number of different values that are not null.
    fn count_distinct(self) -> Expr<i64> {
        aggregate(AggregateFunction::Count, true, self.operand())
    }

    /// The sum; `None` over no rows.
    fn sum(self) -> Expr<Option<<T::Plain as Number>::Sum>>
    where
        T::Plain: Number,
    {
        aggregate(AggregateFunction::Sum, false, self.operand())
    }

    /// The mean; `None` over no rows.
    fn avg(self) -> Expr<Option<<T::Plain as Number>::Avg>>
    where
        T::Plain: Number,
    {
        aggregate(AggregateFunction::Avg, false, self.operand())
    }

    /// The least value; `None` over no rows.
    fn min(self) -> Expr<Option<T::Plain>> {
        aggregate(AggregateFunction::Min, false, self.operand())
    }

    /// The greatest value; `None` over no rows.
    fn max(self) -> Expr<Option<T::Plain>> {
        aggregate(AggregateFunction::Max, false, self.operand())
    }

    /// The same with null as a possible value: for columns of the outer side of a left join.
    fn optional(self) -> Expr<Option<T::Plain>> {
        let operand = self.operand();
        Expr { node: operand.node, depth: operand.depth, of: PhantomData }
    }

    /// From the least up.
    fn asc(self) -> Order {
        Order { expression: self.operand().node, descending: false }
    }

    /// From the greatest down.
    fn desc(self) -> Order {
        Order { expression: self.operand().node, descending: true }
    }
}

impl<T: ColumnValue, F> Operand<T> for Col<T, F> {
    fn operand(self) -> Expr<T> {
        Expr::leaf(self.into_expression())
    }
}

impl<T: ColumnValue> Operand<T> for Expr<T> {
    fn operand(self) -> Expr<T> {
        self
    }
}

/// A condition: a column or expression that is true or false. In the prelude.
///
/// ```no_run
/// # use eloquent::prelude::*;
/// # #[derive(Model, Debug)] struct User { id: i64, name: String, age: i64 }
/// # async fn example() -> eloquent::Result<()> {
/// let users = User::query().filter(|u| u.age.lt(18).or(u.age.gt(65)).and(!u.name.eq("root"))).await?;
/// # Ok(())
/// # }
/// ```
pub trait Condition: IntoExpr<bool> + Sized {
    /// Both hold.
    fn and(self, other: impl IntoExpr<bool>) -> Expr<bool> {
        combine(self.into_expr(), other.into_expr(), true)
    }

    /// One of them holds.
    fn or(self, other: impl IntoExpr<bool>) -> Expr<bool> {
        combine(self.into_expr(), other.into_expr(), false)
    }
}

impl Condition for Expr<bool> {}
impl<F> Condition for Col<bool, F> {}

impl Not for Expr<bool> {
    type Output = Expr<bool>;

    fn not(self) -> Expr<bool> {
        let depth = self.depth;
        Expr::predicate(Predicate::Not(Box::new(self.into_predicate())), depth)
    }
}

impl<F> Not for Col<bool, F> {
    type Output = Expr<bool>;

    fn not(self) -> Expr<bool> {
        !self.operand()
    }
}

/// The number of rows.
pub fn count() -> Expr<i64> {
    let aggregate =
        Aggregate { function: AggregateFunction::Count, distinct: false, argument: None };
    Expr::leaf(Expression::Aggregate(Box::new(aggregate)))
}

/// An expression in the language of the database. Nothing checks that it yields a `T`, until a row is
/// read.
pub fn raw<T: ColumnValue>(sql: impl Into<RawSql>) -> Expr<T> {
    Expr::leaf(Expression::Raw(sql.into()))
}

fn between<T>(expression: Expr<T>, low: Expr<T>, high: Expr<T>, negated: bool) -> Expr<bool> {
    let depth = expression.depth.max(low.depth).max(high.depth);
    let (expression, low, high) = (expression.node, low.node, high.node);
    Expr::predicate(Predicate::Between { expression, low, high, negated }, depth)
}

fn in_list<T>(
    expression: Expr<T>,
    values: Result<Vec<Value>, Mismatch>,
    negated: bool,
) -> Expr<bool> {
    match values {
        Ok(values) => {
            let depth = expression.depth;
            Expr::predicate(Predicate::In { expression: expression.node, values, negated }, depth)
        }
        // compared with the column, so that the error names it
        Err(mismatch) => {
            let invalid = Expr::leaf(Expression::Invalid(mismatch));
            compare::compare(expression, CompareOperator::Equal, invalid)
        }
    }
}

fn null<T>(expression: Expr<T>, negated: bool) -> Expr<bool> {
    let depth = expression.depth;
    Expr::predicate(Predicate::IsNull { expression: expression.node, negated }, depth)
}

fn like<T>(expression: Expr<T>, pattern: String, negated: bool) -> Expr<bool> {
    let depth = expression.depth;
    let pattern = Value::Text(pattern);
    Expr::predicate(Predicate::Like { expression: expression.node, pattern, negated }, depth)
}

fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        // `[` is a wildcard on one database, and an escaped ordinary character on the others
        if matches!(c, '%' | '_' | '\\' | '[') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn aggregate<T, R>(function: AggregateFunction, distinct: bool, argument: Expr<T>) -> Expr<R> {
    let depth = argument.depth;
    let aggregate = Aggregate { function, distinct, argument: Some(argument.node) };
    Expr::over(Expression::Aggregate(Box::new(aggregate)), depth)
}

/// Joins two conditions; a chain stays one flat list, however long.
fn combine(left: Expr<bool>, right: Expr<bool>, and: bool) -> Expr<bool> {
    let (left_depth, right_depth) = (left.depth, right.depth);
    let (mut list, depth) = match (left.into_predicate(), and) {
        (Predicate::And(list), true) | (Predicate::Or(list), false) => {
            (list, left_depth.saturating_sub(1))
        }
        (other, _) => (vec![other], left_depth),
    };
    list.push(right.into_predicate());
    let predicate = if and { Predicate::And(list) } else { Predicate::Or(list) };
    Expr::predicate(predicate, depth.max(right_depth))
}
