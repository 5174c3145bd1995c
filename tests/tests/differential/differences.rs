//! Where databases may differ from the reference, in one list.

use eloquent_core::ErrorKind;
use eloquent_core::statement::{
    AggregateFunction, ConflictAction, Expression, From, Insert, Predicate, Projection, Select,
    Statement,
};
use eloquent_core::value::{Decimal, Value};

use crate::program::{Event, Outcome, What};
use crate::tables::Table;

/// Something that did not come out as the reference says.
#[derive(Debug)]
pub(crate) struct Difference<'e, 'p> {
    /// What was done, and what the reference says to it.
    pub(crate) expected: &'e Event<'p>,
    /// What the database says to it.
    pub(crate) found: &'e Outcome,
}

/// A difference that is fine.
struct Allowed {
    /// The drivers, or none if it may be any.
    drivers: &'static [&'static str],
    /// Why.
    #[allow(dead_code)] // for who reads the list
    reason: &'static str,
    applies: fn(&Difference<'_, '_>) -> bool,
    /// Whether a write leaves the same rows behind all the same; if not, nothing more is compared.
    same_tables: bool,
}

const ALLOWED: &[Allowed] = &[
    Allowed {
        drivers: &[],
        reason: "a value that its column has no room for is refused as a value, or by a check",
        same_tables: false,
        applies: |difference| match (&difference.expected.outcome, difference.found) {
            (Outcome::Failed(expected, _), Outcome::Failed(found, _)) => {
                expected.contains(&ErrorKind::Encode) && found[..] == [ErrorKind::CheckViolation]
            }
            _ => false,
        },
    },
    Allowed {
        drivers: &[],
        reason: "such a value is refused also where there is no row that it would be written to",
        same_tables: false,
        applies: |difference| {
            let refused = [ErrorKind::Encode, ErrorKind::CheckViolation];
            let fails = matches!(difference.found, Outcome::Failed(kinds, _) if refused.contains(&kinds[0]));
            fails && assigns_too_much(difference.expected)
        },
    },
    Allowed {
        drivers: &["mysql"],
        reason: "the rows of a write are counted where they cannot be given",
        same_tables: true,
        applies: |difference| match (&difference.expected.outcome, difference.found) {
            (Outcome::Read(rows), Outcome::Wrote(count)) => rows.len() as u64 == *count,
            _ => false,
        },
    },
    Allowed {
        drivers: &[],
        reason: "doubles are added up in any order, which decides about the last digits",
        same_tables: true,
        applies: |difference| {
            read_alike(difference, |expected, found| match (expected, found) {
                (Value::F64(expected), Value::F64(found)) => {
                    (expected - found).abs() <= expected.abs() * 1e-12
                }
                _ => expected == found,
            })
        },
    },
    Allowed {
        drivers: &[],
        reason: "the mean of decimals has as many digits as the database gives it, at least four",
        same_tables: true,
        applies: |difference| {
            read_alike(difference, |expected, found| match (expected, found) {
                (Value::Decimal(expected), Value::Decimal(found)) => {
                    (expected - found).abs() <= Decimal::new(1, 4)
                }
                _ => expected == found,
            })
        },
    },
    Allowed {
        drivers: &["mongo"],
        reason: "documents have no columns, so that a value may be missing and has room always",
        same_tables: false,
        applies: |difference| match (&difference.expected.outcome, difference.found) {
            (Outcome::Failed(expected, _), found) => {
                let of_columns = [ErrorKind::NotNullViolation, ErrorKind::Encode];
                // or it goes on to another fault
                let wrote = match found {
                    Outcome::Failed(kinds, _) => kinds[..] == [ErrorKind::UniqueViolation],
                    _ => true,
                };
                let is_write = !matches!(difference.expected.what, What::Run(Statement::Select(_)));
                wrote && is_write && expected.iter().all(|kind| of_columns.contains(kind))
            }
            _ => false,
        },
    },
    Allowed {
        drivers: &["mongo"],
        reason: "a moment that is finer than a millisecond is refused where it is written",
        same_tables: false,
        applies: |difference| {
            let fails = matches!(difference.found, Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::Encode]);
            fails && writes_fine_moments(difference.expected)
        },
    },
    Allowed {
        drivers: &["mongo"],
        reason: "there are no savepoints",
        same_tables: false,
        applies: |difference| {
            let refused = matches!(difference.found, Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::Unsupported]);
            refused
                && matches!(difference.expected.what, What::Begin)
                && difference.expected.place.len() > 1
        },
    },
    Allowed {
        drivers: &["sqlite"],
        reason: "a pattern takes ASCII letters in either case",
        same_tables: false,
        applies: |difference| asks_for_case(difference.expected),
    },
    Allowed {
        drivers: &["sqlite"],
        reason: "a sum that leaves the range of integers on its way is an error, even if it came back",
        same_tables: false,
        applies: |difference| {
            let fails = matches!(difference.found, Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::Encode]);
            fails && adds_up(difference.expected)
        },
    },
    Allowed {
        drivers: &["mysql"],
        reason: "MariaDB fails when an aggregate over a select without distinct or limit is sent again",
        same_tables: false,
        applies: |difference| {
            let What::Run(Statement::Select(select)) = difference.expected.what else {
                return false;
            };
            let fails = matches!(difference.found, Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::InvalidInput]);
            fails && matches!(select.from, From::Select { .. })
        },
    },
    Allowed {
        drivers: &["mysql"],
        reason: "an upsert that meets one row by its target and another one by another unique index is a clash",
        same_tables: false,
        applies: |difference| {
            let What::Run(Statement::Insert(insert)) = difference.expected.what else {
                return false;
            };
            let fails = matches!(difference.found, Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::UniqueViolation]);
            fails && insert.conflict.is_some() && Table::of(&insert.table).unique().count() > 1
        },
    },
    Allowed {
        drivers: &["mysql"],
        reason: "a sum that leaves the range of integers is an error where it is read, not where it is made",
        same_tables: false,
        applies: |difference| match (&difference.expected.outcome, difference.found) {
            (Outcome::Failed(expected, _), Outcome::Failed(found, _)) => {
                expected.contains(&ErrorKind::Encode)
                    && found[..] == [ErrorKind::Decode]
                    && adds_up(difference.expected)
            }
            _ => false,
        },
    },
    Allowed {
        drivers: &["mysql"],
        reason: "an insert that leaves rows as they are cannot give back only those that it added",
        same_tables: false,
        applies: |difference| {
            let What::Run(Statement::Insert(insert)) = difference.expected.what else {
                return false;
            };
            let ignores =
                matches!(&insert.conflict, Some(of) if of.action == ConflictAction::Ignore);
            let refused = matches!(
                difference.found,
                Outcome::Failed(kinds, _) if kinds[..] == [ErrorKind::Unsupported]
            );
            ignores && insert.returning.is_some() && refused
        },
    },
];

/// The first difference that is not allowed, and its number.
pub(crate) fn first<'e, 'p>(
    driver: &'e str,
    expected: &'e [Event<'p>],
    found: &'e [Event<'p>],
) -> Option<(usize, Difference<'e, 'p>)> {
    for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
        let difference = Difference { expected, found: &found.outcome };
        if is_same(&difference) {
            continue;
        }
        let allowed = ALLOWED.iter().find(|allowed| {
            let concerned = allowed.drivers.is_empty() || allowed.drivers.contains(&driver);
            concerned && (allowed.applies)(&difference)
        });
        let Some(allowed) = allowed else { return Some((at, difference)) };
        let failed = |event: &Event<'_>| matches!(event.outcome, Outcome::Failed(..));
        let reads = matches!(expected.what, What::Run(Statement::Select(_)));
        // a failure has ended the transaction around it
        if failed(expected) != failed(found) || !(reads || allowed.same_tables || failed(expected))
        {
            return None;
        }
    }
    None
}

fn is_same(difference: &Difference<'_, '_>) -> bool {
    match (&difference.expected.outcome, difference.found) {
        (Outcome::Failed(expected, _), Outcome::Failed(found, _)) => {
            found.iter().all(|kind| expected.contains(kind))
        }
        (Outcome::Read(_), Outcome::Read(_)) => read_alike(difference, |left, right| left == right),
        (expected, found) => expected == found,
    }
}

/// Whether the rows are equal but for what `alike` lets pass: in their order, if there is one.
fn read_alike(difference: &Difference<'_, '_>, alike: fn(&Value, &Value) -> bool) -> bool {
    let (Outcome::Read(expected), Outcome::Read(found)) =
        (&difference.expected.outcome, difference.found)
    else {
        return false;
    };
    let row_alike = |expected: &Vec<Value>, found: &Vec<Value>| {
        expected.iter().zip(found).all(|(expected, found)| alike(expected, found))
    };
    if expected.len() != found.len() {
        return false;
    }
    if is_ordered(difference.expected) {
        return expected.iter().zip(found).all(|(expected, found)| row_alike(expected, found));
    }
    let mut left: Vec<_> = found.iter().collect();
    expected.iter().all(|expected| {
        let place = left.iter().position(|found| row_alike(expected, found));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}

fn is_ordered(event: &Event<'_>) -> bool {
    matches!(event.what, What::Run(Statement::Select(select)) if !select.order_by.is_empty())
}

/// Whether a column is to become a value that it has no room for.
fn assigns_too_much(event: &Event<'_>) -> bool {
    let (table, assignments) = match event.what {
        What::Run(Statement::Update(update)) => (&update.table, &update.assignments),
        What::Run(Statement::Insert(Insert { table, conflict: Some(conflict), .. })) => {
            match &conflict.action {
                ConflictAction::Update(assignments) => (table, assignments),
                ConflictAction::Ignore => return false,
            }
        }
        _ => return false,
    };
    assignments.iter().any(|assignment| match &assignment.value {
        Expression::Value(value) => {
            let column = Table::of(table).column(&assignment.column.name);
            column.check(value).is_err_and(|error| error.kind() == ErrorKind::Encode)
        }
        _ => false,
    })
}

fn writes_fine_moments(event: &Event<'_>) -> bool {
    let is_fine = |value: &Value| match value {
        Value::DateTime(time) => time.and_utc().timestamp_subsec_nanos() % 1_000_000 != 0,
        Value::Timestamp(time) => time.timestamp_subsec_nanos() % 1_000_000 != 0,
        _ => false,
    };
    let assigned = |assignments: &[eloquent_core::statement::Assignment]| {
        let mut values = assignments.iter().map(|assignment| &assignment.value);
        values.any(|value| matches!(value, Expression::Value(value) if is_fine(value)))
    };
    match event.what {
        What::Run(Statement::Update(update)) => assigned(&update.assignments),
        What::Run(Statement::Insert(insert)) => {
            insert.values.iter().any(is_fine)
                || matches!(&insert.conflict, Some(conflict) if matches!(
                    &conflict.action, ConflictAction::Update(assignments) if assigned(assignments)))
        }
        _ => false,
    }
}

fn adds_up(event: &Event<'_>) -> bool {
    let What::Run(Statement::Select(Select {
        projection: Projection::Expressions(fields), ..
    })) = event.what
    else {
        return false;
    };
    fields.iter().any(
        |field| matches!(field, Expression::Aggregate(of) if of.function == AggregateFunction::Sum),
    )
}

/// Whether a pattern has the letter that texts have in both cases.
fn asks_for_case(event: &Event<'_>) -> bool {
    let filter = match event.what {
        What::Run(Statement::Select(select)) => return selects_by_case(select),
        What::Run(Statement::Update(update)) => &update.filter,
        What::Run(Statement::Delete(delete)) => &delete.filter,
        _ => return false,
    };
    filter.iter().any(matches_case)
}

fn selects_by_case(select: &Select) -> bool {
    let inner = match &select.from {
        From::Select { select, .. } => selects_by_case(select),
        _ => false,
    };
    let fields = match &select.projection {
        Projection::Expressions(fields) => fields.as_slice(),
        Projection::Columns(_) => &[],
    };
    let on = select.joins.iter().filter_map(|join| join.on.as_ref());
    inner
        || select.filter.iter().chain(on).any(matches_case)
        || fields.iter().any(|field| matches!(field, Expression::Predicate(of) if matches_case(of)))
}

fn matches_case(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Like { pattern: Value::Text(pattern), .. } => pattern.contains(['k', 'K']),
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().any(matches_case),
        Predicate::Not(inner) => matches_case(inner),
        _ => false,
    }
}
