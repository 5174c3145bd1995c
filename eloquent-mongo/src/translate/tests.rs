use eloquent_core::ErrorKind;
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    Assignment, Change, ChangeAction, ColumnRef, CompareOperator, Delete, Expression, Insert,
    ListPredicate, ListQuestion, Path, Predicate, Projection, Root, Select, Source, Statement,
    Update,
};
use eloquent_core::value::{Document as Fields, Value};
use mongodb::bson::Bson;
use proptest::prelude::{BoxedStrategy, Strategy as _, any, prop_assert, prop_oneof};
use proptest::test_runner::TestRunner;

use super::{Form, command};

fn column(name: &str) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.to_owned().into(), ty: Some(ColumnType::Json) }
}

fn of(name: &str) -> Expression {
    Expression::Column(column(name))
}

fn compare(name: &str, operator: CompareOperator, value: Value) -> Predicate {
    Predicate::Compare(of(name), operator, Expression::Value(value))
}

/// One statement of each kind, in which the name and the value stand wherever one can.
fn statements(name: &str, value: &Value) -> Vec<Statement> {
    let v = || value.clone();
    let both = Predicate::Compare(
        Expression::Predicate(Box::new(compare(name, CompareOperator::Less, v()))),
        CompareOperator::Equal,
        Expression::Value(v()),
    );
    let listed = |negated| Predicate::In { expression: of(name), values: vec![v(), v()], negated };
    let filter = vec![
        Predicate::Or(vec![
            compare(name, CompareOperator::Equal, v()),
            Predicate::Not(Box::new(compare(name, CompareOperator::Equal, v()))),
            listed(false),
            listed(true),
        ]),
        compare(name, CompareOperator::GreaterOrEqual, v()),
        both,
    ];
    let mut select = Select::new("things", Projection::Expressions(vec![of(name), of("other")]));
    select.filter = filter.clone();
    let mut computed = select.clone();
    let value = Expression::Value(v());
    computed.projection = Projection::Expressions(vec![value.clone(), of(name)]);
    let assignments = vec![Assignment { column: column(name), value }];
    let (table, returning) = ("things".into(), None);
    let update = Update { table, assignments, filter, all: false, by_key: false, returning };
    let insert = Insert {
        table: "things".into(),
        columns: vec!["other".into(), name.to_owned().into()],
        values: vec![Value::Bool(true), v()],
        conflict: None,
        returning: None,
    };
    let Update { table, filter, .. } = update.clone();
    let delete = Delete { table, filter, all: false, by_key: false, returning: None };
    vec![
        Statement::Select(select),
        Statement::Select(computed),
        Statement::Update(update),
        Statement::Insert(insert),
        Statement::Delete(delete),
    ]
}

/// Statements about what is inside of columns, with the name and the value wherever one can stand.
fn inner_statements(name: &str, value: &Value) -> Vec<Statement> {
    let v = || value.clone();
    let path = |root: Root| {
        let fields = vec![name.to_owned().into()];
        Expression::Path(Box::new(Path { root, fields, ty: None }))
    };
    let equal = |left| Predicate::Compare(left, CompareOperator::Equal, Expression::Value(v()));
    let asked = |question| {
        let list = path(Root::Column(column("lists")));
        Predicate::List(Box::new(ListPredicate { list, question }))
    };
    let filter = vec![
        equal(path(Root::Column(column("inner")))),
        asked(ListQuestion::ContainsAny(vec![v()])),
        Predicate::Not(Box::new(asked(ListQuestion::ContainsAll(vec![v(), v()])))),
        asked(ListQuestion::Any(0, Box::new(equal(path(Root::Element(0)))))),
        Predicate::Exists { expression: path(Root::Column(column("inner"))), negated: true },
    ];
    let mut select = Select::new("things", Projection::Expressions(vec![of("other")]));
    select.filter = filter.clone();
    let mut computed = select.clone();
    let truth = Expression::Predicate(Box::new(Predicate::And(filter.clone())));
    computed.projection = Projection::Expressions(vec![truth]);
    let update = |action: ChangeAction| {
        let change = Change { fields: vec![name.to_owned().into()], action };
        let assignments =
            vec![Assignment { column: column("inner"), value: Expression::Changed(vec![change]) }];
        let (table, filter, returning) = ("things".into(), filter.clone(), None);
        Statement::Update(Update {
            table,
            assignments,
            filter,
            all: false,
            by_key: false,
            returning,
        })
    };
    vec![
        Statement::Select(select),
        Statement::Select(computed),
        update(ChangeAction::Set(Expression::Value(v()))),
        update(ChangeAction::Increment(v())),
        update(ChangeAction::Push(vec![v()])),
        update(ChangeAction::AddToSet(vec![v()])),
        update(ChangeAction::Pull(vec![v()])),
        update(ChangeAction::PullWhere(0, equal(path(Root::Element(0))))),
    ]
}

/// Whether what is sent is what is shown, with a value in each place of one.
fn same_shape(shown: &Bson, sent: &Bson) -> bool {
    match (shown, sent) {
        (Bson::String(mark), _) if mark == "?" => true,
        (Bson::Document(shown), Bson::Document(sent)) => {
            shown.len() == sent.len()
                && shown.iter().zip(sent).all(|((a, x), (b, y))| a == b && same_shape(x, y))
        }
        (Bson::Array(shown), Bson::Array(sent)) => {
            shown.len() == sent.len() && shown.iter().zip(sent).all(|(x, y)| same_shape(x, y))
        }
        (shown, sent) => shown == sent,
    }
}

fn names() -> BoxedStrategy<String> {
    let odd = ["$gt", "$where", "", "a.b", "__proto__", "a\0", "name", "$$ROOT", "id", "_id", "?"];
    prop_oneof![proptest::sample::select(odd.to_vec()).prop_map(str::to_owned), any::<String>()]
        .boxed()
}

fn values() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::I64),
        any::<f64>().prop_map(Value::F64),
        any::<bool>().prop_map(Value::Bool),
        any::<String>().prop_map(Value::Text),
        names().prop_map(Value::Text),
        names().prop_map(|name| Value::Text(format!("${name}"))),
    ];
    let of_documents = leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = proptest::collection::vec((names(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            fields.prop_map(|fields| Value::Document(fields.into_iter().collect::<Fields>())),
        ]
    });
    prop_oneof![2 => of_documents, 1 => json().prop_map(|json| Value::Json(Box::new(json)))].boxed()
}

/// Generated JSON, as it comes from a request.
fn json() -> BoxedStrategy<serde_json::Value> {
    let leaf = prop_oneof![
        any::<Option<bool>>().prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
        names().prop_map(|name| serde_json::Value::from(format!("${name}"))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = proptest::collection::vec((names(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(serde_json::Value::Array),
            fields.prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

/// Whatever comes from outside, the command has the shape that the statement gives it, or is refused.
#[test]
fn nothing_from_outside_changes_the_shape() {
    let outcome = TestRunner::deterministic().run(&(names(), values()), |(name, value)| {
        let inner = inner_statements(&name, &value);
        for statement in statements(&name, &value).into_iter().chain(inner) {
            let [shown, sent] = [Form::Shown, Form::Sent].map(|form| command(&statement, form));
            let (shown, mut sent) = match (shown, sent) {
                (Ok(shown), Ok(sent)) => (shown.document(), sent.document()),
                (Err(error), _) | (_, Err(error)) => {
                    let kinds = [ErrorKind::InvalidInput, ErrorKind::Encode];
                    prop_assert!(kinds.contains(&error.kind()), "{error}");
                    continue;
                }
            };
            if let Ok(documents) = sent.get_array_mut("documents") {
                // a key that the driver makes is not shown
                for document in documents.iter_mut().filter_map(Bson::as_document_mut) {
                    if name != "id" && name != "_id" {
                        document.remove("_id");
                    }
                }
            }
            prop_assert!(
                same_shape(&shown.clone().into(), &sent.clone().into()),
                "{shown}\n{sent}"
            );
        }
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn names_that_are_no_fields_are_refused() {
    for name in ["$gt", "$where", "", "a.b", "a\0", "$password", "$$ROOT"] {
        for statement in statements(name, &Value::I64(1)) {
            let error = command(&statement, Form::Sent).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
            assert_eq!((error.column(), error.driver()), (Some(name), Some("mongo")));
        }
    }
    for name in ["$gt", "$where", "", "a.b", "a\0"] {
        for statement in inner_statements(name, &Value::I64(1)) {
            let error = command(&statement, Form::Sent).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
        }
    }
    for table in ["", "$cmd", "system.users", "a\0", ".a"] {
        let select = Select::new(table.to_owned(), Projection::Expressions(vec![of("a")]));
        let error = command(&Statement::Select(select), Form::Sent).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{table:?}");
    }
}

#[test]
fn a_simple_select_is_a_find() {
    let mut select = Select::new("users", Projection::Expressions(vec![of("id"), of("name")]));
    select.filter = vec![
        compare("name", CompareOperator::Equal, Value::Text("Ada".to_owned())),
        Predicate::IsNull {
            expression: Expression::Column(ColumnRef { ty: None, ..column("age") }),
            negated: true,
        },
    ];
    select.limit = Some(2);
    let shown = command(&Statement::Select(select), Form::Shown).unwrap().document();
    assert_eq!(
        crate::explain::text(&shown),
        r#"{"find":"users","filter":{"name":{"$eq":"?"},"age":{"$ne":null}},"projection":{"_id":1,"name":1},"limit":2}"#
    );
}

#[test]
fn raw_text_is_refused() {
    let raw = Statement::Raw(eloquent_core::statement::RawSql::new("SELECT 1"));
    let error = command(&raw, Form::Sent).unwrap_err();
    assert_eq!((error.kind(), error.driver()), (ErrorKind::Unsupported, Some("mongo")));
}
