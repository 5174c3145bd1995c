use eloquent_core::ErrorKind;
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    Assignment, ColumnRef, CompareOperator, Delete, Expression, Insert, Predicate, Projection,
    Select, Source, Statement, Update,
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
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = proptest::collection::vec((names(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            fields.prop_map(|fields| Value::Document(fields.into_iter().collect::<Fields>())),
        ]
    })
    .boxed()
}

/// Whatever comes from outside, the command has the shape that the statement gives it, or is refused.
#[test]
fn nothing_from_outside_changes_the_shape() {
    let outcome = TestRunner::deterministic().run(&(names(), values()), |(name, value)| {
        for statement in statements(&name, &value) {
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
