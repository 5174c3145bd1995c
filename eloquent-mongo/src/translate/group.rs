//! Groups: what is taken of the rows of each, and how it is named behind the stage.

use eloquent_core::Result;
use eloquent_core::statement::{Aggregate, AggregateFunction, Expression, Predicate, Select};
use mongodb::bson::{Bson, Document, doc};

use super::scope::Scope;

/// What expressions find behind a `$group`.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    known: Vec<(Expression, Bson)>,
}

impl Group {
    pub(super) fn find(&self, expression: &Expression) -> Option<Bson> {
        self.known.iter().find(|(known, _)| known == expression).map(|(_, value)| value.clone())
    }
}

/// The stage that groups, for all that the select asks of groups.
pub(super) fn stage(
    select: &Select,
    fields: &[Expression],
    scope: &Scope,
) -> Result<(Document, Group)> {
    let mut group = Group::default();
    let mut keys = Document::new();
    for (number, term) in select.group_by.iter().enumerate() {
        // what is missing and what is null is one group
        keys.insert(format!("k{number}"), doc! { "$ifNull": [scope.value(term)?, Bson::Null] });
        group.known.push((term.clone(), Bson::from(format!("$_id.k{number}"))));
    }
    let key = if keys.is_empty() { Bson::Null } else { Bson::Document(keys) };
    let mut taken = doc! { "_id": key };
    let orders = select.order_by.iter().map(|order| &order.expression);
    for expression in fields.iter().chain(orders) {
        take(expression, scope, &mut group, &mut taken)?;
    }
    for predicate in &select.having {
        each(predicate, &mut |expression| take(expression, scope, &mut group, &mut taken))?;
    }
    Ok((taken, group))
}

/// Takes what an expression needs of a group: its functions, and its columns from the first row.
fn take(
    expression: &Expression,
    scope: &Scope,
    group: &mut Group,
    taken: &mut Document,
) -> Result<()> {
    if group.find(expression).is_some() {
        return Ok(());
    }
    let name = format!("a{}", taken.len());
    match expression {
        Expression::Column(_) | Expression::Path(_) => {
            taken.insert(&name, doc! { "$first": scope.value(expression)? });
            group.known.push((expression.clone(), Bson::from(format!("${name}"))));
        }
        Expression::Aggregate(aggregate) => {
            let value = accumulate(aggregate, scope, &name, taken)?;
            group.known.push((expression.clone(), value));
        }
        Expression::Size(list) => take(list, scope, group, taken)?,
        Expression::Arithmetic(left, _, right) => {
            take(left, scope, group, taken)?;
            take(right, scope, group, taken)?;
        }
        Expression::Predicate(predicate) => {
            each(predicate, &mut |inner| take(inner, scope, group, taken))?;
        }
        _ => {}
    }
    Ok(())
}

/// Shows each expression of a predicate.
pub(super) fn each(
    predicate: &Predicate,
    show: &mut dyn FnMut(&Expression) -> Result<()>,
) -> Result<()> {
    match predicate {
        Predicate::IsTrue(expression)
        | Predicate::In { expression, .. }
        | Predicate::IsNull { expression, .. }
        | Predicate::Exists { expression, .. }
        | Predicate::Like { expression, .. } => show(expression),
        Predicate::List(asked) => show(&asked.list),
        Predicate::Compare(left, _, right) => show(left).and_then(|()| show(right)),
        Predicate::Between { expression, low, high, .. } => {
            [expression, low, high].into_iter().try_for_each(show)
        }
        Predicate::And(all) | Predicate::Or(all) => all.iter().try_for_each(|one| each(one, show)),
        Predicate::Not(inner) => each(inner, show),
        _ => Ok(()),
    }
}

/// Adds accumulators under names that begin with `name`, and says what the function is made of them.
fn accumulate(
    aggregate: &Aggregate,
    scope: &Scope,
    name: &str,
    taken: &mut Document,
) -> Result<Bson> {
    let Some(argument) = &aggregate.argument else {
        if aggregate.function != AggregateFunction::Count || aggregate.distinct {
            return Err(eloquent_core::Error::invalid(
                "only a count of rows goes without an argument",
            ));
        }
        taken.insert(name, doc! { "$sum": 1_i64 });
        return Ok(Bson::from(format!("${name}")));
    };
    let value = scope.value(argument)?;
    let counted = doc! { "$sum": { "$cond": [scope.known(argument)?, 1_i64, 0_i64] } };
    let whole = Bson::from(format!("${name}"));
    if aggregate.distinct {
        taken.insert(name, doc! { "$addToSet": value });
        let set = doc! { "$setDifference": [whole, [Bson::Null]] };
        let size = doc! { "$size": set.clone() };
        return Ok(Bson::Document(match aggregate.function {
            AggregateFunction::Count => size,
            AggregateFunction::Sum => {
                doc! { "$cond": [{ "$eq": [size, 0] }, Bson::Null, { "$sum": set }] }
            }
            AggregateFunction::Avg => doc! { "$avg": set },
            AggregateFunction::Min => doc! { "$min": set },
            AggregateFunction::Max => doc! { "$max": set },
        }));
    }
    let accumulator = match aggregate.function {
        AggregateFunction::Count => counted.clone(),
        AggregateFunction::Sum => doc! { "$sum": value },
        AggregateFunction::Avg => doc! { "$avg": value },
        AggregateFunction::Min => doc! { "$min": value },
        AggregateFunction::Max => doc! { "$max": value },
    };
    taken.insert(name, accumulator);
    if aggregate.function != AggregateFunction::Sum {
        return Ok(whole);
    }
    // the server's sum of nothing is 0
    let values = format!("{name}n");
    taken.insert(&values, counted);
    Ok(doc! { "$cond": [{ "$eq": [format!("${values}"), 0] }, Bson::Null, whole] }.into())
}

/// Whether a select is about groups.
pub(super) fn is_grouped(select: &Select, fields: &[Expression]) -> bool {
    let orders = select.order_by.iter().map(|order| &order.expression);
    !select.group_by.is_empty()
        || !select.having.is_empty()
        || fields.iter().chain(orders).any(has_aggregate)
}

fn has_aggregate(expression: &Expression) -> bool {
    match expression {
        Expression::Aggregate(_) => true,
        Expression::Arithmetic(left, _, right) => has_aggregate(left) || has_aggregate(right),
        Expression::Predicate(predicate) => {
            let mut found = false;
            let _ = each(predicate, &mut |inner| {
                found |= has_aggregate(inner);
                Ok(())
            });
            found
        }
        _ => false,
    }
}
