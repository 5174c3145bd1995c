use super::*;
use crate::row::OwnedRow;
use crate::schema::ColumnType;
use crate::statement::{
    AggregateFunction, ArithmeticOperator, Assignment, Delete, From, Insert, Join, JoinKind, Lock,
    LockMode, LockWait, Order, Projection, RawSql, Select, Source, Update,
};

fn column_of(source: u16, name: &'static str) -> ColumnRef {
    ColumnRef { source: Source(source), name: name.into(), ty: Some(ColumnType::I64) }
}

fn column(name: &'static str) -> Expression {
    Expression::Column(column_of(0, name))
}

fn bound(number: i64) -> Expression {
    Expression::Value(Value::I64(number))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn less(left: Expression, right: Expression) -> Predicate {
    Predicate::Compare(left, CompareOperator::Less, right)
}

fn document<const N: usize>(fields: [(&str, Value); N]) -> Document {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The numbers 1 to 4 in two teams, one of them without a mark.
fn people() -> Vec<Document> {
    [(1, "a", Some(5)), (2, "b", None), (3, "a", Some(5)), (4, "b", Some(7))]
        .map(|(id, team, mark)| {
            let mark = mark.map_or(Value::Null, Value::I64);
            document([("id", Value::I64(id)), ("team", text(team)), ("mark", mark)])
        })
        .to_vec()
}

fn select(fields: Vec<Expression>) -> Select {
    Select::new("people", Projection::Expressions(fields))
}

fn values(select: &Select) -> Vec<Vec<Value>> {
    let people = people();
    let rows = select.evaluate(&|_| Ok(&people)).unwrap();
    rows.iter().map(|row| OwnedRow::values(row).to_vec()).collect()
}

fn numbers<const N: usize>(numbers: [i64; N]) -> Vec<Vec<Value>> {
    numbers.map(|number| vec![Value::I64(number)]).to_vec()
}

fn aggregate(function: AggregateFunction, argument: Option<Expression>) -> Expression {
    Expression::Aggregate(Box::new(Aggregate { function, distinct: false, argument }))
}

#[test]
fn what_is_unknown_stays_so_unless_the_rest_decides() {
    let record = Document::new();
    let unknown = || less(column("missing"), bound(1));
    let constant = |truth| Predicate::Constant(truth);
    let not = |inner| Predicate::Not(Box::new(inner));
    let missing = || column("missing");
    let list = |values: &[i64], negated| {
        let values = values.iter().copied().map(Value::I64).collect();
        Predicate::In { expression: missing(), values, negated }
    };
    let between =
        |expression, low, high, negated| Predicate::Between { expression, low, high, negated };
    let like = Predicate::Like { expression: missing(), pattern: text("%"), negated: false };
    let null = || Expression::Value(Value::Null);
    let cases = [
        (unknown(), None),
        (not(unknown()), None),
        (Predicate::And(vec![unknown(), constant(true)]), None),
        (Predicate::And(vec![unknown(), constant(false)]), Some(false)),
        (Predicate::Or(vec![unknown(), constant(true)]), Some(true)),
        (Predicate::Or(vec![unknown(), constant(false)]), None),
        (Predicate::And(vec![]), Some(true)),
        (Predicate::Or(vec![]), Some(false)),
        (list(&[1], false), None),
        (list(&[1], true), None),
        (list(&[], false), Some(false)),
        (list(&[], true), Some(true)),
        (between(missing(), bound(1), bound(2), true), None),
        (between(bound(3), missing(), bound(2), false), Some(false)),
        (between(bound(1), missing(), bound(2), false), None),
        (like, None),
        (Predicate::IsTrue(missing()), None),
        (Predicate::IsNull { expression: missing(), negated: false }, Some(true)),
        (Predicate::Compare(missing(), CompareOperator::Equal, missing()), None),
        (Predicate::Compare(missing(), CompareOperator::Equal, null()), Some(true)),
        (Predicate::Compare(null(), CompareOperator::NotEqual, bound(1)), Some(true)),
        (Predicate::Compare(null(), CompareOperator::NotEqual, null()), Some(false)),
    ];
    for (predicate, expected) in cases {
        assert_eq!(predicate.holds(&record).unwrap(), expected, "{predicate:?}");
    }
}

#[test]
fn what_has_no_answer_is_an_error() {
    let record = document([("name", text("canary"))]);
    let name = || column("name");
    let null = || Expression::Value(Value::Null);
    for (predicate, kind) in [
        (less(name(), bound(1)), ErrorKind::InvalidInput),
        (less(bound(1), null()), ErrorKind::InvalidInput),
        (Predicate::IsTrue(name()), ErrorKind::InvalidInput),
        (
            Predicate::In { expression: name(), values: vec![Value::Null], negated: false },
            ErrorKind::InvalidInput,
        ),
        (
            Predicate::Between { expression: name(), low: null(), high: name(), negated: false },
            ErrorKind::InvalidInput,
        ),
        (
            Predicate::Like { expression: bound(1), pattern: text("1"), negated: false },
            ErrorKind::InvalidInput,
        ),
        (Predicate::Raw(RawSql::new("1 = 1")), ErrorKind::Unsupported),
        (Predicate::IsTrue(aggregate(AggregateFunction::Count, None)), ErrorKind::InvalidInput),
    ] {
        let error = predicate.holds(&record).unwrap_err();
        assert_eq!(error.kind(), kind, "{predicate:?}: {error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn predicates_are_values() {
    let truth = |predicate| Expression::Predicate(Box::new(predicate));
    let row = document([("id", Value::I64(1))]);
    assert_eq!(truth(less(column("id"), bound(2))).evaluate(&row).unwrap(), Value::Bool(true));
    assert_eq!(truth(less(column("x"), bound(2))).evaluate(&row).unwrap(), Value::Null);
}

#[test]
fn nulls_come_first_and_pages_are_cut_last() {
    let order = |name, descending| Order { expression: column(name), descending };
    let mut read = select(vec![column("id")]);
    read.order_by = vec![order("mark", false), order("id", true)];
    assert_eq!(values(&read), numbers([2, 3, 1, 4]));
    read.order_by = vec![order("mark", true), order("id", false)];
    assert_eq!(values(&read), numbers([4, 1, 3, 2]));
    (read.offset, read.limit) = (Some(1), Some(2));
    assert_eq!(values(&read), numbers([1, 3]));
    (read.offset, read.limit) = (Some(u64::MAX), Some(u64::MAX));
    assert_eq!(values(&read), numbers([]));
}

#[test]
fn equal_rows_are_one_before_the_page_is_cut() {
    let mut read = select(vec![column("mark")]);
    read.distinct = true;
    assert_eq!(values(&read), [[Value::I64(5)], [Value::Null], [Value::I64(7)]]);
    read.limit = Some(2);
    assert_eq!(values(&read).len(), 2);
}

#[test]
fn groups_and_functions() {
    use AggregateFunction::{Avg, Count, Max, Sum};
    let mark = || Some(column("mark"));
    let mut read = select(vec![
        column("team"),
        aggregate(Count, None),
        aggregate(Count, mark()),
        aggregate(Sum, mark()),
        aggregate(Avg, mark()),
    ]);
    read.group_by = vec![column("team")];
    let group = |team, marks, sum, mean| {
        vec![text(team), Value::I64(2), Value::I64(marks), Value::I64(sum), Value::F64(mean)]
    };
    assert_eq!(values(&read), [group("a", 2, 10, 5.0), group("b", 1, 7, 7.0)]);
    read.having = vec![less(bound(1), aggregate(Count, mark()))];
    assert_eq!(values(&read), [group("a", 2, 10, 5.0)]);

    let argument = Some(column("mark"));
    let distinct = Aggregate { function: Sum, distinct: true, argument };
    let mut read = select(vec![Expression::Aggregate(Box::new(distinct)), aggregate(Count, None)]);
    assert_eq!(values(&read), [[Value::I64(12), Value::I64(4)]]);
    read.filter = vec![Predicate::Constant(false)];
    assert_eq!(values(&read), [[Value::Null, Value::I64(0)]], "of no rows there is one group");

    let most = aggregate(Max, Some(column("mark")));
    let more = Expression::Arithmetic(Box::new(most), ArithmeticOperator::Add, Box::new(bound(1)));
    assert_eq!(values(&select(vec![more])), numbers([8]));
}

#[test]
fn joins_of_all_kinds() {
    let notes: Vec<_> = [(10, 1), (11, 1), (12, 9)]
        .map(|(id, person)| document([("id", Value::I64(id)), ("person", Value::I64(person))]))
        .to_vec();
    let people = people();
    let tables = |name: &str| Ok(if name == "notes" { &notes[..] } else { &people[..] });
    let pairs = |kind| {
        let mut read = select(vec![column("id"), Expression::Column(column_of(1, "id"))]);
        let person = Expression::Column(column_of(1, "person"));
        let on = Predicate::Compare(column("id"), CompareOperator::Equal, person);
        let on = (kind != JoinKind::Cross).then_some(on);
        read.joins = vec![Join { kind, table: "notes".into(), source: Source(1), on }];
        let rows = read.evaluate(&tables).unwrap();
        let pair = |row: &OwnedRow| match row.values() {
            [Value::I64(left), Value::I64(right)] => (*left, *right),
            [Value::I64(left), Value::Null] => (*left, 0),
            [Value::Null, Value::I64(right)] => (0, *right),
            other => panic!("no pair: {other:?}"),
        };
        rows.iter().map(pair).collect::<Vec<_>>()
    };
    assert_eq!(pairs(JoinKind::Inner), [(1, 10), (1, 11)]);
    assert_eq!(pairs(JoinKind::Left), [(1, 10), (1, 11), (2, 0), (3, 0), (4, 0)]);
    assert_eq!(pairs(JoinKind::Right), [(1, 10), (1, 11), (0, 12)]);
    assert_eq!(pairs(JoinKind::Cross).len(), 12);
}

#[test]
fn a_select_of_a_select() {
    let mut inner = select(vec![column("mark")]);
    inner.distinct = true;
    let mut outer = select(vec![aggregate(AggregateFunction::Count, None)]);
    outer.from = From::Select { select: Box::new(inner), source: Source(0) };
    assert_eq!(values(&outer), numbers([3]));
}

#[test]
fn what_cannot_be_evaluated_is_refused_without_rows() {
    let raw = || Predicate::Raw(RawSql::new("1 = 1"));
    let never = || Predicate::Constant(false);
    let mut filtered = select(vec![column("id")]);
    filtered.filter = vec![never(), raw()];
    let mut locked = select(vec![column("id")]);
    locked.lock = Some(Lock { mode: LockMode::Share, wait: LockWait::Wait });
    let computed = select(vec![Expression::Raw(RawSql::new("1"))]);
    for read in [filtered, locked, computed] {
        let error = read.evaluate(&|_| Ok(&[])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    let mut grouped = select(vec![column("id")]);
    grouped.filter = vec![less(bound(0), aggregate(AggregateFunction::Count, None))];
    let of_nothing = select(vec![aggregate(AggregateFunction::Sum, None)]);
    let elsewhere = select(vec![Expression::Column(column_of(1, "id"))]);
    let people = people();
    for read in [grouped, of_nothing, elsewhere, select(vec![])] {
        let error = read.evaluate(&|_| Ok(&people)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let delete = Delete {
        table: "people".into(),
        filter: vec![never(), raw()],
        all: false,
        by_key: false,
        returning: None,
    };
    assert_eq!(delete.apply(&mut Vec::new()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn updates_see_the_old_document_and_fail_as_a_whole() {
    let assign = |name, value| Assignment { column: column_of(0, name), value };
    let update = |assignments, filter| Update {
        table: "people".into(),
        assignments,
        filter,
        all: true,
        by_key: false,
        returning: None,
    };
    let mut documents = people();
    let swap = vec![assign("id", column("mark")), assign("mark", column("id"))];
    let marked = Predicate::IsNull { expression: column("mark"), negated: true };
    assert_eq!(update(swap, vec![marked]).apply(&mut documents).unwrap(), 3);
    assert_eq!(documents[3].get("id"), Some(&Value::I64(7)));
    assert_eq!(documents[3].get("mark"), Some(&Value::I64(4)));

    let before = documents.clone();
    let [id, mark] = [column("id"), column("mark")].map(Box::new);
    let product = Expression::Arithmetic(id, ArithmeticOperator::Multiply, mark);
    let large = Expression::Arithmetic(
        Box::new(product),
        ArithmeticOperator::Add,
        Box::new(bound(i64::MAX - 20)),
    );
    let error = update(vec![assign("id", large)], vec![]).apply(&mut documents).unwrap_err();
    assert_eq!((error.kind(), error.column()), (ErrorKind::Encode, Some("id")));
    assert_eq!(documents, before);
}

#[test]
fn deletes_and_inserts_say_what_they_do() {
    let mut documents = people();
    let (filter, returning) = (vec![less(column("id"), bound(3))], None);
    let table = crate::Name::from("people");
    let delete = Delete { table: table.clone(), filter, all: false, by_key: false, returning };
    assert_eq!(delete.apply(&mut documents).unwrap(), 2);
    assert_eq!(documents, people()[2..]);
    let unbounded = Delete { filter: vec![], ..delete };
    let error = unbounded.apply(&mut documents).unwrap_err();
    assert_eq!((error.kind(), documents.len()), (ErrorKind::UnboundedWrite, 2));

    let columns = vec!["id".into(), "team".into()];
    let values = vec![Value::I64(5), text("a"), Value::I64(6), Value::Null];
    let insert = Insert { table, columns, values, conflict: None, returning: None };
    let second = document([("id", Value::I64(6)), ("team", Value::Null)]);
    assert_eq!(insert.documents().unwrap()[1..], [second]);
    let ragged = Insert { values: vec![Value::I64(5)], ..insert.clone() };
    assert_eq!(ragged.documents().unwrap_err().kind(), ErrorKind::InvalidInput);
    let defaults = Insert { columns: vec![], values: vec![], ..insert };
    assert_eq!(defaults.documents().unwrap(), [Document::new()]);
}
