//! What writes give back: rows, and the numbers of new ones.

use eloquent_core::driver::Family;
use eloquent_core::schema::{Column, ColumnType};
use eloquent_core::statement::{Expression, Insert, Predicate, Projection};
use eloquent_core::value::Value;

use super::crud::{COLUMNS, ID, UNTOUCHED, by_id, people, scores};
use super::{Contract, assign, col, delete, equal, execute, insert, query, select, update, value};
use crate::case::{Outcome, cases};

cases![Contract:
    keys_are_numbered[RELATIONAL], a_row_of_defaults[RELATIONAL],
    an_insert_gives_rows_in_order[RETURNING], an_update_gives_rows[RETURNING_UPDATES],
    a_delete_gives_rows[RETURNING], rows_of_writes_are_refused[NO_RETURNING],
    rows_of_updates_are_refused[NO_RETURNING_UPDATES],
    the_last_number_is_given[LAST_INSERT_ID], numbers_that_follow_are_known[LAST_INSERT_ID],
    the_last_number_is_not_made_up[NO_LAST_INSERT_ID],
];

const NAME: ColumnType = ColumnType::String { length: 100 };
const NUMBERED: &[Column] =
    &[Column::new("id", ID).auto_increment(), Column::new("name", ColumnType::Text).nullable(true)];

async fn keys_are_numbered(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, NUMBERED).await?;
    let text = |text: &str| [Value::Text(text.to_owned())];
    execute(session, insert(&table, ["name"], [text("a"), text("b")])).await?;
    execute(session, insert(&table, ["name"], [text("c")])).await?;
    let mut ids = query(session, select(&table, &[col("id", ID)])).await?.column::<i64>(0)?;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
    Ok(())
}

async fn a_row_of_defaults(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, NUMBERED).await?;
    assert_eq!(execute(session, insert(&table, [], [])).await?.rows, 1);
    let read = select(&table, &[col("name", ColumnType::Text)]);
    assert_eq!(query(session, read).await?.scalar::<Option<String>>()?, None);
    Ok(())
}

async fn an_insert_gives_rows_in_order(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let numbered = cx.connection().capabilities().family == Family::Relational;
    let table = cx.table(session, if numbered { NUMBERED } else { COLUMNS }).await?;
    let names: Vec<String> = (0..50).map(|n| format!("name {}", (n * 7) % 50)).collect();
    let insert = if numbered {
        let rows = names.iter().map(|name| [Value::Text(name.clone())]);
        insert(&table, ["name"], rows)
    } else {
        let rows = (0..).zip(&names).map(|(id, name)| [Value::I64(id), Value::Text(name.clone())]);
        insert(&table, ["id", "name"], rows)
    };
    let columns = [col("name", NAME), col("id", ID)].map(Expression::Column);
    let returning = Some(Projection::Expressions(columns.to_vec()));
    let rows = query(session, Insert { returning, ..insert }).await?;
    assert_eq!(rows.affected.rows, 50);
    assert_eq!(rows.column::<String>(0)?, names);
    assert_eq!(query(session, select(&table, &[col("id", ID)])).await?.rows.len(), 50);
    Ok(())
}

async fn an_update_gives_rows(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let set = vec![assign(col("score", ColumnType::I64), 99_i64)];
    let mut change = update(&table, set, vec![equal(col("id", ID), 1_i64)]);
    change.returning = Some(Projection::Columns(COLUMNS));
    let rows = query(session, change).await?;
    assert_eq!((rows.affected.rows, rows.rows.len()), (1, 1));
    assert_eq!(rows.rows[0].read::<i64>("score")?, 99, "the row as it is now");
    Ok(())
}

async fn a_delete_gives_rows(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut remove = delete(&table, vec![equal(col("id", ID), 2_i64)]);
    remove.returning = Some(Projection::Columns(COLUMNS));
    let rows = query(session, remove).await?;
    assert_eq!(rows.rows[0].read::<String>("name")?, "grace");
    assert_eq!(scores(session, &table).await?, [(1, Some(10)), (3, None)]);
    Ok(())
}

/// Refused before anything is sent: rendering it, which sends nothing, fails alike.
async fn rows_of_writes_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let mut remove = delete(&table, vec![equal(col("id", ID), 2_i64)]);
    remove.returning = Some(Projection::Columns(COLUMNS));
    super::refuses(session, remove).await;
    let row = [[Value::I64(9), Value::Text("x".to_owned())]];
    let mut add = insert(&table, ["id", "name"], row);
    add.returning = Some(Projection::Columns(COLUMNS));
    super::refuses(session, add).await;
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    Ok(())
}

async fn rows_of_updates_are_refused(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let set = vec![assign(col("score", ColumnType::I64), 99_i64)];
    let mut change = update(&table, set, vec![equal(col("id", ID), 1_i64)]);
    change.returning = Some(Projection::Columns(COLUMNS));
    super::refuses(session, change).await;
    assert_eq!(scores(session, &table).await?, UNTOUCHED);
    Ok(())
}

async fn the_last_number_is_given(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, NUMBERED).await?;
    for name in ["a", "b", "c"] {
        let row = [[Value::Text(name.to_owned())]];
        let id = execute(session, insert(&table, ["name"], row)).await?.last_id;
        let mut read = select(&table, &[col("id", ID)]);
        read.filter = vec![equal(col("name", ColumnType::Text), name.to_owned())];
        assert_eq!(query(session, read).await?.scalar::<Option<i64>>()?, id);
        assert!(id.is_some());
    }
    Ok(())
}

/// Where a session says that the numbers of one insert follow each other, the last one tells them all.
async fn numbers_that_follow_are_known(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = cx.table(session, NUMBERED).await?;
    // gaps and a number that was given by hand do not change it
    let row = [[Value::I64(50), Value::Text("by hand".to_owned())]];
    execute(session, insert(&table, ["id", "name"], row)).await?;
    for round in 0..3 {
        let transactions = cx.connection().capabilities().transactions;
        if transactions {
            session.begin(0, Default::default()).await?;
        }
        let follow = session.ids_follow(&table).await?;
        let rows = (0..10).map(|n| [Value::Text(format!("{round} {n}"))]);
        let last = execute(session, insert(&table, ["name"], rows)).await?.last_id;
        if transactions {
            session.commit(0).await?;
        }
        let mut read = select(&table, &[col("name", ColumnType::Text)]);
        let last = last.expect("the last number");
        if follow {
            read.filter = vec![Predicate::Between {
                expression: Expression::Column(col("id", ID)),
                low: value(last - 9),
                high: value(last),
                negated: false,
            }];
            read.order_by = vec![by_id()];
            let names = (0..10).map(|n| format!("{round} {n}")).collect::<Vec<_>>();
            assert_eq!(query(session, read).await?.column::<String>(0)?, names);
        }
    }
    assert!(!session.ids_follow(&cx.name("missing")).await.unwrap_or(false));
    Ok(())
}

async fn the_last_number_is_not_made_up(cx: Contract) -> Outcome {
    let mut session = cx.session().await?;
    let session = &mut *session;
    let table = people(&cx, session).await?;
    let row = [[Value::I64(9), Value::Text("x".to_owned())]];
    let affected = execute(session, insert(&table, ["id", "name"], row)).await?;
    assert_eq!((affected.rows, affected.last_id), (1, None));
    Ok(())
}
