//! What conditions, orders and unique values mean for documents.

use std::cmp::Ordering;
use std::collections::HashSet;

use eloquent_core::row::{Row, no_column};
use eloquent_core::schema::{Column, TableDefinition};
use eloquent_core::statement::{
    AggregateFunction, ColumnRef, CompareOperator, Expression, From, Predicate, Projection, Select,
    Source,
};
use eloquent_core::value::{Document, Value, ValueRef};
use eloquent_core::{Error, ErrorKind, Name, Result};

use crate::unsupported;

/// A row of a result: names and values.
pub(crate) struct Found(Vec<(Name, Value)>);

impl Row for Found {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn get(&self, index: usize) -> Result<ValueRef<'_>> {
        self.0.get(index).map(|(_, value)| value.as_ref()).ok_or_else(|| no_column(index))
    }
    fn name(&self, index: usize) -> Option<&str> {
        self.0.get(index).map(|(name, _)| &**name)
    }
}

/// Whether a select has none of the clauses that are not done here.
pub(crate) fn is_plain(select: &Select) -> bool {
    let grouped = select.distinct || !select.group_by.is_empty() || !select.having.is_empty();
    let nested = !select.joins.is_empty() || matches!(select.from, From::Select { .. });
    !grouped && !nested && select.lock.is_none()
}

/// The documents of a select, in its order, as rows.
pub(crate) fn find(select: &Select, documents: Vec<Document>) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for document in documents {
        if holds(&select.filter, &document)? {
            found.push(document);
        }
    }
    for order in select.order_by.iter().rev() {
        let Expression::Column(column) = &order.expression else {
            return Err(unsupported("an order by what is computed"));
        };
        found.sort_by(|a, b| {
            let (a, b) = (value(a, &column.name), value(b, &column.name));
            let up = compare(a, b).unwrap_or_else(|| b.is_null().cmp(&a.is_null()));
            if order.descending { up.reverse() } else { up }
        });
    }
    let expressions = match &select.projection {
        Projection::Expressions(expressions) => expressions.clone(),
        Projection::Columns(columns) => columns.iter().map(as_expression).collect(),
    };
    if let [Expression::Aggregate(call)] = &expressions[..] {
        if call.function != AggregateFunction::Count || call.argument.is_some() {
            return Err(unsupported("the aggregate"));
        }
        return Ok(vec![Found(vec![("count".into(), Value::U64(found.len() as u64))])]);
    }
    let [skip, take] = [select.offset.unwrap_or(0), select.limit.unwrap_or(u64::MAX)]
        .map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
    let row = |document: &Document| {
        let field = |expression: &Expression| match expression {
            Expression::Column(column) => Ok((column.name.clone(), read(expression, document)?)),
            _ => Ok(("value".into(), read(expression, document)?)),
        };
        expressions.iter().map(field).collect::<Result<_>>().map(Found)
    };
    found.iter().skip(skip).take(take).map(row).collect()
}

fn as_expression(column: &Column) -> Expression {
    let name = column.name.clone();
    Expression::Column(ColumnRef { source: Source(0), name, ty: Some(column.ty) })
}

/// What a field holds. One that a document lacks is null.
fn value<'d>(document: &'d Document, name: &str) -> &'d Value {
    document.get(name).unwrap_or(&Value::Null)
}

/// The value of an expression.
pub(crate) fn read(expression: &Expression, document: &Document) -> Result<Value> {
    match expression {
        Expression::Column(column) => Ok(value(document, &column.name).clone()),
        Expression::Value(value) => Ok(value.clone()),
        Expression::Invalid(mismatch) => Err(mismatch.clone().into_encode_error()),
        _ => Err(unsupported("what is computed")),
    }
}

/// Whether all conditions hold.
pub(crate) fn holds(filter: &[Predicate], document: &Document) -> Result<bool> {
    Ok(all(filter, document, true)? == Some(true))
}

/// Whether all parts are as wanted; unknown when that hangs on one that is unknown.
fn all(parts: &[Predicate], document: &Document, wanted: bool) -> Result<Option<bool>> {
    let truths = parts.iter().map(|part| truth(part, document)).collect::<Result<Vec<_>>>()?;
    let unwanted = truths.contains(&Some(!wanted));
    Ok(if !unwanted && truths.contains(&None) { None } else { Some(!unwanted) })
}

/// Whether a condition holds; unknown when a null is compared.
fn truth(predicate: &Predicate, document: &Document) -> Result<Option<bool>> {
    Ok(match predicate {
        Predicate::Constant(truth) => Some(*truth),
        Predicate::IsTrue(flag) => {
            compare(&read(flag, document)?, &Value::Bool(true)).map(Ordering::is_eq)
        }
        Predicate::IsNull { expression, negated } => {
            Some(read(expression, document)?.is_null() != *negated)
        }
        Predicate::Compare(left, operator, right) => {
            let with_null = matches!(right, Expression::Value(Value::Null));
            let (left, right) = (read(left, document)?, read(right, document)?);
            let order = compare(&left, &right);
            match operator {
                CompareOperator::Equal if with_null => Some(left.is_null()),
                CompareOperator::NotEqual if with_null => Some(!left.is_null()),
                CompareOperator::Equal => order.map(Ordering::is_eq),
                CompareOperator::NotEqual => order.map(Ordering::is_ne),
                CompareOperator::Less => order.map(Ordering::is_lt),
                CompareOperator::LessOrEqual => order.map(Ordering::is_le),
                CompareOperator::Greater => order.map(Ordering::is_gt),
                CompareOperator::GreaterOrEqual => order.map(Ordering::is_ge),
            }
        }
        Predicate::In { expression, values, negated } => {
            let value = read(expression, document)?;
            let found = values.iter().any(|other| compare(&value, other) == Some(Ordering::Equal));
            if value.is_null() && !values.is_empty() { None } else { Some(found != *negated) }
        }
        Predicate::Between { expression, low, high, negated } => {
            let value = read(expression, document)?;
            let low = compare(&value, &read(low, document)?);
            let high = compare(&value, &read(high, document)?);
            low.zip(high).map(|(low, high)| (low.is_ge() && high.is_le()) != *negated)
        }
        Predicate::Like { expression, pattern: Value::Text(pattern), negated } => {
            match read(expression, document)? {
                Value::Text(text) => Some(like(&text, pattern) != *negated),
                _ => None,
            }
        }
        Predicate::And(parts) => all(parts, document, true)?,
        Predicate::Or(parts) => all(parts, document, false)?.map(|none| !none),
        Predicate::Not(part) => truth(part, document)?.map(|truth| !truth),
        _ => return Err(unsupported("the condition")),
    })
}

/// The order of two values, if they have one.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    macro_rules! of_one_type {
        ($($variant:ident)+) => {
            match (left, right) {
                $((Value::$variant(left), Value::$variant(right)) => left.partial_cmp(right),)+
                _ => None,
            }
        };
    }
    of_one_type!(Bool I64 U64 F64 Decimal Text Bytes Uuid Date Time DateTime Timestamp ObjectId)
}

/// Whether a text matches a pattern.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    let mut behind = text.chars();
    match (rest.next(), behind.next()) {
        (None, first) => first.is_none(),
        (Some('%'), first) => {
            like(text, rest.as_str()) || (first.is_some() && like(behind.as_str(), pattern))
        }
        (Some('_'), Some(_)) => like(behind.as_str(), rest.as_str()),
        (Some('\\'), first) => first == rest.next() && like(behind.as_str(), rest.as_str()),
        (wanted, first) => first == wanted && like(behind.as_str(), rest.as_str()),
    }
}

/// Refuses documents of which two share a value, or values, that are unique.
pub(crate) fn refuse_clashes(table: &TableDefinition, documents: &[Document]) -> Result<()> {
    let unique = table.columns.iter().filter(|column| column.unique).map(|column| &column.name);
    for names in unique.map(std::slice::from_ref).chain([&table.key[..]]) {
        let mut taken = HashSet::new();
        for document in documents {
            let values: Vec<_> = names.iter().map(|name| value(document, name)).collect();
            if !values.contains(&&Value::Null) && !taken.insert(format!("{values:?}")) {
                let error = Error::new(ErrorKind::UniqueViolation, "the value is taken already");
                return Err(error.with_table(table.name.clone()).with_column(names[0].clone()));
            }
        }
    }
    Ok(())
}
