//! SQL Server by overrides alone.

use super::dialects::Tsql;
use super::*;
use crate::driver::{Isolation, TransactionOptions};
use crate::statement::{
    Assignment, Conflict, ConflictAction, Delete, Insert, Lock, LockMode, LockWait, Order, Update,
};

#[track_caller]
fn tsql(statement: &Statement) -> String {
    render(&Tsql, statement).unwrap().sql
}

fn insert(conflict: Option<Conflict>, returning: bool) -> Statement {
    Statement::Insert(Insert {
        table: "users".into(),
        columns: vec!["id".into(), "na]me".into()],
        values: integers(1..=4),
        conflict,
        returning: returning.then_some(Projection::Columns(&USERS)),
    })
}

#[test]
fn names_and_placeholders() {
    assert_eq!(
        tsql(&filtered(equals(column("a]b"), value(1)))),
        "SELECT [id], [name] FROM [users] WHERE [a]]b] = @P1"
    );
}

#[test]
fn pages_need_an_order() {
    let page = Select { limit: Some(10), offset: Some(20), ..users() };
    let rendered = render(&Tsql, &Statement::Select(page.clone())).unwrap();
    assert_eq!(
        rendered.sql,
        "SELECT [id], [name] FROM [users] ORDER BY (SELECT NULL) \
         OFFSET @P2 ROWS FETCH NEXT @P1 ROWS ONLY"
    );
    assert_eq!(rendered.binds, integers([10, 20]));
    let order_by = vec![Order { expression: column("id"), descending: false }];
    let ordered = Select { order_by, offset: None, ..page };
    assert!(
        tsql(&Statement::Select(ordered))
            .ends_with(" ORDER BY [id] OFFSET 0 ROWS FETCH NEXT @P1 ROWS ONLY")
    );
}

#[test]
fn locks_are_hints() {
    let lock = Some(Lock { mode: LockMode::Update, wait: LockWait::SkipLocked });
    let select = Select { lock, filter: vec![Predicate::IsTrue(column("active"))], ..users() };
    assert_eq!(
        tsql(&Statement::Select(select)),
        "SELECT [id], [name] FROM [users] WITH (UPDLOCK, ROWLOCK, READPAST) WHERE [active] = 1"
    );
}

#[test]
fn predicates_are_no_values() {
    let truth = Expression::Predicate(Box::new(equals(column("a"), value(1))));
    let select = Select::new("users", Projection::Expressions(vec![truth]));
    assert_eq!(
        tsql(&Statement::Select(select)),
        "SELECT CASE WHEN [a] = @P1 THEN 1 ELSE 0 END FROM [users]"
    );
}

#[test]
fn brackets_in_patterns_stand_for_themselves() {
    let pattern = Value::Text("50%[".into());
    let like = Predicate::Like { expression: column("a"), pattern, negated: false };
    let statement = filtered(Predicate::And(vec![like, equals(column("b"), value(1))]));
    let rendered = render(&Tsql, &statement).unwrap();
    assert!(rendered.sql.ends_with(r"WHERE [a] LIKE @P1 ESCAPE '\' AND [b] = @P2"));
    assert_eq!(rendered.binds, [Value::Text(r"50%\[".into()), Value::I64(1)]);
}

#[test]
fn writes_give_back_in_the_middle() {
    assert_eq!(
        tsql(&insert(None, true)),
        "INSERT INTO [users] ([id], [na]]me]) OUTPUT INSERTED.[id], INSERTED.[name] \
         VALUES (@P1, @P2), (@P3, @P4)"
    );
    // The bind of what is given back is numbered behind that of the filter, yet stands in front.
    let returning = Some(Projection::Expressions(vec![column("id"), value(9)]));
    let filter = vec![equals(column("id"), value(2))];
    let assignments = vec![Assignment { column: reference("name", None), value: value(1) }];
    let update = Update {
        table: "users".into(),
        assignments,
        filter: filter.clone(),
        all: false,
        by_key: true,
        returning: returning.clone(),
    };
    let rendered = render(&Tsql, &Statement::Update(update)).unwrap();
    assert_eq!(
        rendered.sql,
        "UPDATE [users] SET [name] = @P1 OUTPUT INSERTED.[id], @P3 WHERE [id] = @P2"
    );
    assert_eq!(rendered.binds, integers([1, 2, 9]));
    let delete = Delete { table: "users".into(), filter, all: false, by_key: true, returning };
    assert_eq!(
        tsql(&Statement::Delete(delete)),
        "DELETE FROM [users] OUTPUT DELETED.[id], @P2 WHERE [id] = @P1"
    );
}

#[test]
fn upserts_merge() {
    let excluded = Expression::Excluded(reference("name", None));
    let assignments = vec![Assignment { column: reference("name", None), value: excluded }];
    let update =
        Conflict { target: vec!["id".into()], action: ConflictAction::Update(assignments) };
    assert_eq!(
        tsql(&insert(Some(update), true)),
        "MERGE INTO [users] WITH (HOLDLOCK) USING (VALUES (@P1, @P2), (@P3, @P4)) \
         AS excluded ([id], [na]]me]) ON [users].[id] = excluded.[id] \
         WHEN MATCHED THEN UPDATE SET [name] = excluded.[name] \
         WHEN NOT MATCHED THEN INSERT ([id], [na]]me]) VALUES (excluded.[id], excluded.[na]]me]) \
         OUTPUT INSERTED.[id], INSERTED.[name];"
    );
    let ignore = Conflict { target: vec!["id".into()], action: ConflictAction::Ignore };
    let text = tsql(&insert(Some(ignore), false));
    assert!(!text.contains("WHEN MATCHED") && text.contains("WHEN NOT MATCHED"));
}

#[test]
fn savepoints_are_saved_and_not_released() {
    let isolation = Some(Isolation::Serializable);
    let options = TransactionOptions { isolation, ..TransactionOptions::default() };
    assert_eq!(
        Tsql.begin(0, options).unwrap(),
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION"
    );
    assert_eq!(Tsql.begin(1, options).unwrap(), "SAVE TRANSACTION eloquent_1");
    assert_eq!(Tsql.commit(1), "");
    assert_eq!(Tsql.rollback(1), "ROLLBACK TRANSACTION eloquent_1");
    assert!(Tsql.explain("SELECT 1").is_err());
}
