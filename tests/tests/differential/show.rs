//! Programs and what they did, to read.

use std::fmt::Write as _;

use eloquent_core::statement::{
    Aggregate, AggregateFunction, ArithmeticOperator, Assignment, ColumnRef, CompareOperator,
    ConflictAction, Expression, From, Insert, JoinKind, Predicate, Projection, Select, Statement,
};
use eloquent_core::value::Value;

use crate::differences::Difference;
use crate::ground::Ground;
use crate::program::{Event, Outcome, What};
use crate::tables::title;

/// What was done up to a difference, and what that is.
pub(crate) fn report(
    events: &[Event<'_>],
    difference: &Difference<'_, '_>,
    ground: &Ground,
) -> String {
    let mut text = String::new();
    for event in events {
        let place: Vec<_> = event.place.iter().map(ToString::to_string).collect();
        // writing to a `String` cannot fail
        let _ = write!(text, "{:>6}  {}", place.join("."), what(&event.what));
        let _ = match event.outcome {
            Outcome::Done => writeln!(text),
            _ => writeln!(text, "  -> {}", outcome(&event.outcome)),
        };
    }
    let _ = writeln!(text, "But the last is:\n  {}", outcome(difference.found));
    if let What::Run(statement) = difference.expected.what {
        let _ = writeln!(text, "Sent was:\n  {}", ground.render(statement));
    }
    text
}

fn what(what: &What<'_>) -> String {
    match what {
        What::Begin => "begin".to_owned(),
        What::Commit => "commit".to_owned(),
        What::Rollback => "rollback".to_owned(),
        What::Run(statement) => self::statement(statement),
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Wrote(rows) => format!("wrote {rows}"),
        Outcome::Read(rows) => {
            let rows = list(rows, "; ", |row| list(row, ", ", value));
            format!("read [{rows}]")
        }
        Outcome::Failed(kinds, message) => format!("failed {kinds:?} {message}"),
    }
}

fn list<T>(all: &[T], separator: &str, show: impl Fn(&T) -> String) -> String {
    all.iter().map(show).collect::<Vec<_>>().join(separator)
}

fn statement(statement: &Statement) -> String {
    match statement {
        Statement::Select(select) => self::select(select),
        Statement::Insert(insert) => self::insert(insert),
        Statement::Update(update) => {
            let set = list(&update.assignments, ", ", assignment);
            let table = title(&update.table);
            let back = returning(&update.returning);
            format!("update {table} set {set}{}{back}", all(" where ", &update.filter))
        }
        Statement::Delete(delete) => {
            let table = title(&delete.table);
            let back = returning(&delete.returning);
            format!("delete from {table}{}{back}", all(" where ", &delete.filter))
        }
        other => format!("{other:?}"),
    }
}

fn insert(insert: &Insert) -> String {
    let rows: Vec<_> = insert.values.chunks(insert.columns.len().max(1)).collect();
    let rows = list(&rows, ", ", |row| format!("({})", list(row, ", ", value)));
    let names = insert.columns.join(", ");
    let conflict = insert.conflict.as_ref().map_or(String::new(), |conflict| {
        let action = match &conflict.action {
            ConflictAction::Ignore => "ignore".to_owned(),
            ConflictAction::Update(assignments) => {
                format!("set {}", list(assignments, ", ", assignment))
            }
        };
        format!(" on conflict ({}) {action}", conflict.target.join(", "))
    });
    let back = returning(&insert.returning);
    format!("insert into {} ({names}) values {rows}{conflict}{back}", title(&insert.table))
}

fn returning(projection: &Option<Projection>) -> String {
    projection
        .as_ref()
        .map_or(String::new(), |projection| format!(" returning {}", fields(projection)))
}

fn fields(projection: &Projection) -> String {
    match projection {
        Projection::Columns(columns) => list(columns, ", ", |column| column.name.to_string()),
        Projection::Expressions(fields) => list(fields, ", ", expression),
    }
}

fn assignment(assignment: &Assignment) -> String {
    format!("{} = {}", assignment.column.name, expression(&assignment.value))
}

fn select(select: &Select) -> String {
    let fields = fields(&select.projection);
    let from = match &select.from {
        From::Table { name, .. } => title(name).to_owned(),
        From::Select { select, .. } => format!("({})", self::select(select)),
        other => format!("{other:?}"),
    };
    let distinct = if select.distinct { "distinct " } else { "" };
    let mut text = format!("select {distinct}{fields} from {from}");
    for join in &select.joins {
        let kind = match join.kind {
            JoinKind::Inner => "inner",
            JoinKind::Left => "left",
            JoinKind::Right => "right",
            JoinKind::Cross => "cross",
        };
        let on = all(" on ", join.on.as_slice());
        let _ = write!(text, " {kind} join {} as #{}{on}", title(&join.table), join.source.0);
    }
    text.push_str(&all(" where ", &select.filter));
    if !select.group_by.is_empty() {
        let _ = write!(text, " group by {}", list(&select.group_by, ", ", expression));
    }
    text.push_str(&all(" having ", &select.having));
    if !select.order_by.is_empty() {
        let terms = list(&select.order_by, ", ", |order| {
            let direction = if order.descending { " desc" } else { "" };
            format!("{}{direction}", expression(&order.expression))
        });
        let _ = write!(text, " order by {terms}");
    }
    for (word, number) in [("limit", select.limit), ("offset", select.offset)] {
        if let Some(number) = number {
            let _ = write!(text, " {word} {number}");
        }
    }
    text
}

/// What has to hold, behind a word; nothing where nothing has to.
fn all(word: &str, predicates: &[Predicate]) -> String {
    match predicates {
        [] => String::new(),
        all => format!("{word}{}", list(all, " and ", predicate)),
    }
}

fn column(column: &ColumnRef) -> String {
    match column.source.0 {
        0 => column.name.to_string(),
        source => format!("#{source}.{}", column.name),
    }
}

fn expression(expression: &Expression) -> String {
    match expression {
        Expression::Column(column) => self::column(column),
        Expression::Value(value) => self::value(value),
        Expression::Excluded(column) => format!("new.{}", column.name),
        Expression::Predicate(inner) => format!("({})", predicate(inner)),
        Expression::Aggregate(aggregate) => self::aggregate(aggregate),
        Expression::Arithmetic(left, operator, right) => {
            let sign = match operator {
                ArithmeticOperator::Add => "+",
                ArithmeticOperator::Subtract => "-",
                ArithmeticOperator::Multiply => "*",
                ArithmeticOperator::Divide => "/",
            };
            format!("{} {sign} {}", self::expression(left), self::expression(right))
        }
        other => format!("{other:?}"),
    }
}

fn aggregate(aggregate: &Aggregate) -> String {
    let name = match aggregate.function {
        AggregateFunction::Count => "count",
        AggregateFunction::Sum => "sum",
        AggregateFunction::Avg => "avg",
        AggregateFunction::Min => "min",
        AggregateFunction::Max => "max",
    };
    let distinct = if aggregate.distinct { "distinct " } else { "" };
    let argument = aggregate.argument.as_ref().map_or("*".to_owned(), expression);
    format!("{name}({distinct}{argument})")
}

fn predicate(predicate: &Predicate) -> String {
    let not = |negated: &bool| if *negated { "not " } else { "" };
    match predicate {
        Predicate::Constant(truth) => truth.to_string(),
        Predicate::IsTrue(inner) => expression(inner),
        Predicate::Compare(left, operator, right) => {
            let sign = match operator {
                CompareOperator::Equal => "=",
                CompareOperator::NotEqual => "<>",
                CompareOperator::Less => "<",
                CompareOperator::LessOrEqual => "<=",
                CompareOperator::Greater => ">",
                CompareOperator::GreaterOrEqual => ">=",
            };
            format!("{} {sign} {}", expression(left), expression(right))
        }
        Predicate::In { expression, values, negated } => {
            let values = list(values, ", ", value);
            format!("{} {}in ({values})", self::expression(expression), not(negated))
        }
        Predicate::Between { expression, low, high, negated } => {
            let [of, low, high] = [expression, low, high].map(self::expression);
            format!("{of} {}between {low} and {high}", not(negated))
        }
        Predicate::IsNull { expression, negated } => {
            format!("{} is {}null", self::expression(expression), not(negated))
        }
        Predicate::Like { expression, pattern, negated } => {
            format!("{} {}like {}", self::expression(expression), not(negated), value(pattern))
        }
        Predicate::And(parts) => format!("({})", join(parts, " and ", "true")),
        Predicate::Or(parts) => format!("({})", join(parts, " or ", "false")),
        Predicate::Not(inner) => format!("not ({})", self::predicate(inner)),
        other => format!("{other:?}"),
    }
}

fn join(parts: &[Predicate], word: &str, nothing: &str) -> String {
    if parts.is_empty() { nothing.to_owned() } else { list(parts, word, predicate) }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F64(value) => format!("{value:?}"),
        Value::Decimal(value) => format!("{value}d"),
        Value::Text(value) => format!("{value:?}"),
        Value::Bytes(value) => format!("{value:02x?}"),
        Value::Uuid(value) => value.to_string(),
        Value::Date(value) => value.to_string(),
        Value::Time(value) => value.to_string(),
        Value::DateTime(value) => value.to_string(),
        Value::Timestamp(value) => value.to_string(),
        Value::Json(value) => format!("json {value}"),
        other => format!("{other:?}"),
    }
}
