//! What migrations ask of a session.

use std::time::Duration;

use eloquent_core::driver::{Family, Question, Session};
use eloquent_core::row::OwnedRow;
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::value::{ColumnValue, Value};
use eloquent_core::{ErrorKind, Name, Result};
use tokio::time::timeout;

use super::{Contract, col, query, select};
use crate::case::{Outcome, cases, or_lacking};

cases![Contract:
    a_lock_by_name_is_held_by_one[NAMED_LOCKS], without_locks_by_name_there_is_a_clock[NO_NAMED_LOCKS],
    a_change_is_rolled_back[TRANSACTIONAL_DDL, TRANSACTIONS],
    a_change_is_no_part_of_a_transaction[NO_TRANSACTIONAL_DDL],
    one_writes_at_a_time[SINGLE_WRITER, TRANSACTIONS],
    several_may_begin[NO_SINGLE_WRITER, TRANSACTIONS],
    tables_are_found, the_clock_goes_on, a_script_runs[RELATIONAL], all_tables_can_be_dropped,
    an_account_is_told,
];

fn number(rows: &[OwnedRow]) -> i64 {
    let value = rows.first().and_then(|row| row.values().first()).expect("an answer");
    i64::from_value(value.as_ref()).expect("a number")
}

fn create(name: &Name) -> SchemaChange {
    SchemaChange::CreateTable(TableDefinition {
        name: name.clone(),
        columns: vec![Column::new("id", ColumnType::I64)],
        key: vec!["id".into()],
        ..TableDefinition::default()
    })
}

async fn has(session: &mut dyn Session, table: &str) -> Result<bool> {
    Ok(number(&session.ask(Question::HasTable(table)).await?) == 1)
}

async fn a_lock_by_name_is_held_by_one(cx: Contract) -> Outcome {
    let name = cx.name("lock");
    let (mut one, mut other) = (cx.session().await?, cx.session().await?);
    assert!(one.ask(Question::LockHolder(&name)).await?.is_empty());
    assert_eq!(number(&one.ask(Question::TryLock(&name)).await?), 1);
    assert_eq!(number(&one.ask(Question::HoldsLock(&name)).await?), 1);
    assert_eq!(number(&other.ask(Question::TryLock(&name)).await?), 0);
    assert_eq!(number(&other.ask(Question::HoldsLock(&name)).await?), 0);
    let holder = other.ask(Question::LockHolder(&name)).await?;
    assert!(matches!(holder[0].values()[0], Value::Text(_)), "{holder:?}");
    assert_eq!(number(&other.ask(Question::Unlock(&name)).await?), 0);
    assert_eq!(number(&one.ask(Question::Unlock(&name)).await?), 1);
    assert_eq!(number(&other.ask(Question::TryLock(&name)).await?), 1);
    // it goes with its session
    drop(other);
    for _ in 0..200 {
        if number(&one.ask(Question::TryLock(&name)).await?) == 1 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the lock has outlived its session");
}

/// A lease takes their place, which needs the clock that all owners share.
async fn without_locks_by_name_there_is_a_clock(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    assert!(number(&or_lacking(session.ask(Question::Clock).await)?) > 0);
    Ok(())
}

async fn a_change_is_rolled_back(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let name = cx.name("undone");
    session.begin(0, Default::default()).await?;
    session.alter(&create(&name)).await?;
    assert!(has(&mut *session, &name).await?);
    session.rollback(0).await?;
    assert!(!has(&mut *session, &name).await?);
    Ok(())
}

async fn a_change_is_no_part_of_a_transaction(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let name = cx.name("kept");
    if session.begin(0, Default::default()).await.is_err() {
        return Ok(());
    }
    // what would not be a part of it is refused
    let refused = session.alter(&create(&name)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    session.rollback(0).await?;
    Ok(())
}

async fn one_writes_at_a_time(cx: Contract) -> Outcome {
    let (mut one, mut other) = (cx.session().await?, cx.session().await?);
    one.begin(0, Default::default()).await?;
    let waits = timeout(Duration::from_millis(200), other.begin(0, Default::default())).await;
    assert!(!matches!(waits, Ok(Ok(()))), "{waits:?}");
    one.commit(0).await?;
    other.reset().await?;
    other.begin(0, Default::default()).await?;
    other.rollback(0).await?;
    Ok(())
}

async fn several_may_begin(cx: Contract) -> Outcome {
    let (mut one, mut other) = (cx.session().await?, cx.session().await?);
    one.begin(0, Default::default()).await?;
    other.begin(0, Default::default()).await?;
    one.rollback(0).await?;
    other.rollback(0).await?;
    Ok(())
}

async fn tables_are_found(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let name = cx.name("found");
    assert!(!or_lacking(has(&mut *session, &name).await)?);
    session.alter(&create(&name)).await?;
    assert!(has(&mut *session, &name).await?);
    assert!(!has(&mut *session, "there is none").await?);
    let objects = session.ask(Question::Objects).await?;
    let is_it = |row: &OwnedRow| {
        row.values()[..2] == [Value::Text(name.to_string()), Value::Text("table".to_owned())]
    };
    assert!(objects.iter().any(is_it), "{objects:?}");
    let sizes = match session.ask(Question::Sizes).await {
        // not every database knows
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(()),
        sizes => sizes?,
    };
    let size = sizes.iter().find(|row| row.values()[0] == Value::Text(name.to_string()));
    let size = i64::from_value(size.expect("its size").values()[1].as_ref()).expect("a number");
    // a collection without documents may take no room
    let least = i64::from(cx.connection().capabilities().family == Family::Relational);
    assert!(size >= least, "{sizes:?}");
    Ok(())
}

async fn the_clock_goes_on(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let first = number(&or_lacking(session.ask(Question::Clock).await)?);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = number(&session.ask(Question::Clock).await?);
    assert!((1..60_000).contains(&(second - first)), "{first} {second}");
    assert!(first > 1_700_000_000_000, "{first}");
    Ok(())
}

async fn a_script_runs(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let name = cx.name("scripted");
    let script = format!(
        "-- a comment;\nCREATE TABLE {name} (id BIGINT);\n\nINSERT INTO {name} VALUES (1); \
         INSERT INTO {name} VALUES (2)"
    );
    let parts = or_lacking(session.split(&script))?;
    assert_eq!(parts.iter().map(|part| part.line).collect::<Vec<_>>(), [2, 4, 4]);
    session.ready_to_migrate(false).await?;
    for part in &parts {
        session.run_text(&part.text).await?;
    }
    let rows = query(&mut *session, select(&name, &[col("id", ColumnType::I64)])).await?.rows;
    assert_eq!(rows.len(), 2);
    assert!(session.run_text("this is no statement").await.is_err());
    assert!(session.split("'").is_err());
    Ok(())
}

async fn all_tables_can_be_dropped(cx: Contract) -> Outcome {
    use eloquent_core::driver::Object;
    let mut session = cx.session().await?;
    let names = [cx.name("drop_a"), cx.name("drop_b")];
    let objects = names.iter().map(|name| Object::new(name.to_string(), "table"));
    let statements = or_lacking(session.drop_all(&objects.collect::<Vec<_>>()))?;
    for name in &names {
        session.alter(&create(name)).await?;
    }
    for statement in &statements {
        session.run_text(statement).await?;
    }
    for name in &names {
        assert!(!has(&mut *session, name).await?);
    }
    Ok(())
}

/// Who makes a table may change the schema.
async fn an_account_is_told(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    session.alter(&create(&cx.name("accounted"))).await?;
    let rows = or_lacking(session.ask(Question::Account).await)?;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let [name, administers, changes] = row.values() else { panic!("{row:?}") };
    let number = |value: &Value| Option::<i64>::from_value(value.as_ref()).expect("a number");
    assert!(matches!(name, Value::Null | Value::Text(_)), "{row:?}");
    assert!(matches!(number(administers), None | Some(0 | 1)), "{row:?}");
    assert!(matches!(number(changes), None | Some(1)), "{row:?}");
    Ok(())
}
