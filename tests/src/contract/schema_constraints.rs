//! Indexes, keys and checks of tables that exist.

use eloquent_core::schema::{Check, Column, ColumnType, ForeignAction, ForeignKey, TableChange};
use eloquent_core::value::Value;
use eloquent_core::{ErrorKind, Name};

use super::altering::{
    TEXT, add, alter, count, create, definition, id, index, is_kind, reference, text, told,
};
use super::{Contract, execute};
use crate::case::{Outcome, cases};

cases![Contract:
    indexes_come_and_go[RELATIONAL], a_unique_column_lets_go[RELATIONAL],
    keys_come_and_go[RELATIONAL], foreign_keys_come_and_go[RELATIONAL],
    foreign_keys_act[RELATIONAL], foreign_keys_of_several_columns[RELATIONAL],
    checks_come_and_go[RELATIONAL],
];

async fn indexes_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("indexes");
    create(session, definition(&name, vec![id(), Column::new("a", TEXT), Column::new("b", TEXT)]))
        .await?;
    let both = index(&name, "both", &["a", "b"], true);
    alter(session, &name, [TableChange::AddIndex(both.clone())]).await?;
    let to = Name::from(format!("{name}_new"));
    let rename = TableChange::RenameIndex { from: both.name.clone(), to: to.clone() };
    alter(session, &name, [rename]).await?;
    let table = told(session, &name).await?;
    assert!(table.index(&to).unwrap().is_over(&["a", "b"]) && table.indexes[0].unique);
    alter(session, &name, [TableChange::DropIndex(to)]).await?;
    assert!(told(session, &name).await?.indexes.is_empty());
    Ok(())
}

/// The index of a unique column has a name that the database made, and goes all the same.
async fn a_unique_column_lets_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("free");
    create(session, definition(&name, vec![id(), Column::new("a", TEXT).unique()])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), text("x")]).await?;
    let index = told(session, &name).await?.indexes.remove(0);
    assert!(index.unique && index.is_over(&["a"]));
    alter(session, &name, [TableChange::DropIndex(index.name.into())]).await?;
    add(session, &name, &["id", "a"], [Value::I64(2), text("x")]).await?;
    assert!(told(session, &name).await?.indexes.is_empty());
    Ok(())
}

async fn keys_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("keys");
    create(session, definition(&name, vec![id(), Column::new("a", ColumnType::I64)])).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(1)]).await?;
    alter(session, &name, [TableChange::DropKey]).await?;
    let table = told(session, &name).await?;
    assert!(table.key.is_none() && !table.column("id").unwrap().nullable, "{table:?}");
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(2)]).await?;
    let key = TableChange::AddKey(vec!["id".into(), "a".into()]);
    alter(session, &name, [key]).await?;
    assert_eq!(told(session, &name).await?.key.unwrap().columns, ["id", "a"]);
    let again = add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(2)]).await;
    is_kind(again, &[ErrorKind::UniqueViolation]);
    Ok(())
}

async fn foreign_keys_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, child) = (cx.name("p"), cx.name("c"));
    create(session, definition(&parent, vec![id()])).await?;
    create(session, definition(&child, vec![id(), Column::new("parent", ColumnType::I64)])).await?;
    let orphan = [Value::I64(1), Value::I64(9)];
    add(session, &child, &["id", "parent"], orphan.clone()).await?;
    let key = reference(&child, &parent, ForeignAction::Cascade);
    let add_key = || [TableChange::AddForeignKey(key.clone())];
    is_kind(alter(session, &child, add_key()).await, &[ErrorKind::ForeignKeyViolation]);
    assert!(told(session, &child).await?.foreign_keys.is_empty());
    add(session, &parent, &["id"], [Value::I64(9)]).await?;
    alter(session, &child, add_key()).await?;
    let table = told(session, &child).await?;
    assert_eq!(table.foreign_keys[0].on_delete, ForeignAction::Cascade);
    let stray = add(session, &child, &["id", "parent"], [Value::I64(2), Value::I64(8)]).await;
    is_kind(stray, &[ErrorKind::ForeignKeyViolation]);
    alter(session, &child, [TableChange::DropForeignKey(key.name.clone())]).await?;
    add(session, &child, &["id", "parent"], [Value::I64(2), Value::I64(8)]).await?;
    assert!(told(session, &child).await?.foreign_keys.is_empty());
    Ok(())
}

async fn foreign_keys_act(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let actions = [ForeignAction::Cascade, ForeignAction::SetNull, ForeignAction::Restrict];
    for action in actions {
        let (parent, child) = (cx.name("p"), cx.name("c"));
        create(session, definition(&parent, vec![id()])).await?;
        let columns = vec![id(), Column::new("parent", ColumnType::I64).nullable(true)];
        let mut table = definition(&child, columns);
        table.foreign_keys = vec![reference(&child, &parent, action)];
        create(session, table).await?;
        assert_eq!(told(session, &child).await?.foreign_keys[0].on_delete, action);
        add(session, &parent, &["id"], [Value::I64(1)]).await?;
        add(session, &child, &["id", "parent"], [Value::I64(1), Value::I64(1)]).await?;
        let mut delete = super::delete(&parent, Vec::new());
        delete.all = true;
        let deleted = execute(session, delete).await;
        let left = count(session, &child).await?;
        assert_eq!(
            (deleted.is_ok(), left),
            match action {
                ForeignAction::Cascade => (true, 0),
                ForeignAction::SetNull => (true, 1),
                _ => (false, 1),
            }
        );
    }
    Ok(())
}

async fn foreign_keys_of_several_columns(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let (parent, child) = (cx.name("p"), cx.name("c"));
    let mut table = definition(&parent, vec![id(), Column::new("b", ColumnType::I64)]);
    table.key = vec!["b".into(), "id".into()];
    create(session, table).await?;
    let columns = ["id", "x", "y"].map(|name| Column::new(name, ColumnType::I64));
    let mut table = definition(&child, columns.to_vec());
    let key = reference(&child, &parent, ForeignAction::Cascade);
    let (own, other) = (vec!["x".into(), "y".into()], vec!["b".into(), "id".into()]);
    table.foreign_keys = vec![ForeignKey { columns: own, foreign_columns: other, ..key }];
    create(session, table).await?;
    let told = told(session, &child).await?;
    assert_eq!(told.foreign_keys[0].columns, ["x", "y"]);
    assert_eq!(told.foreign_keys[0].foreign_columns, ["b", "id"]);
    add(session, &parent, &["id", "b"], [Value::I64(1), Value::I64(2)]).await?;
    let row = |x, y| [Value::I64(x + y), Value::I64(x), Value::I64(y)];
    add(session, &child, &["id", "x", "y"], row(2, 1)).await?;
    is_kind(
        add(session, &child, &["id", "x", "y"], row(1, 3)).await,
        &[ErrorKind::ForeignKeyViolation],
    );
    Ok(())
}

async fn checks_come_and_go(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let name = cx.name("checks");
    create(session, definition(&name, vec![id(), Column::new("a", ColumnType::I64)])).await?;
    let check = Check { name: format!("chk_{name}").into(), condition: "a > 0 AND a <> 5".into() };
    alter(session, &name, [TableChange::AddCheck(check.clone())]).await?;
    let bad = add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(5)]).await;
    is_kind(bad, &[ErrorKind::CheckViolation]);
    let table = told(session, &name).await?;
    assert_eq!(table.checks[0].name.as_deref(), Some(&*check.name));
    alter(session, &name, [TableChange::DropCheck(check.name)]).await?;
    add(session, &name, &["id", "a"], [Value::I64(1), Value::I64(5)]).await?;
    assert!(told(session, &name).await?.checks.is_empty());
    Ok(())
}
