//! What runs on the calling task, and what happens when it takes too long there.

use super::*;

/// Rows enough to be over a budget of nothing.
async fn filled(options: &[(&str, &str)]) -> Fixture {
    let mut fixture = Fixture::new(options).await;
    let fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT i, 'name ' || i FROM n";
    assert_eq!(fixture.session.run(&raw(fill), &[]).await.unwrap().rows, 10_000);
    fixture
}

const NO_BUDGET: &[(&str, &str)] = &[("inline_budget_us", "0")];

#[tokio::test]
async fn a_find_by_key_is_never_sent_away() {
    let mut fixture = filled(NO_BUDGET).await;
    let find = read("SELECT id, name FROM t WHERE id = 7");
    for _ in 0..5000 {
        assert!(matches!(now(&mut fixture.session, &find).unwrap(), Now::Done(_)));
    }
}

#[tokio::test]
async fn a_read_over_its_budget_is_done_over_without_doubles() {
    let mut fixture = filled(NO_BUDGET).await;
    let all = read("SELECT id, name FROM t");
    let mut sink = Rows::default();
    assert_eq!(fixture.session.query_now(&all, &[], &mut sink).unwrap(), Now::Later);
    assert!(sink.rows.is_empty() && sink.resets == 1);
    let rows = fetch(&mut fixture.session, &all).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(ids, (1..=10_000).map(Value::I64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_over_its_budget_leaves_the_transaction_whole() {
    let mut fixture = filled(NO_BUDGET).await;
    let session = &mut fixture.session;
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO t VALUES (10001, 'own')")).await.unwrap();
    let all = read("SELECT id FROM t");
    let mut sink = Rows::default();
    assert_eq!(session.query_now(&all, &[], &mut sink).unwrap(), Now::Later);
    assert_eq!(fetch(session, &all).await.unwrap().len(), 10_001);
    session.commit(0).await.unwrap();
    assert_eq!(fixture.count(), 10_001);
}

#[tokio::test]
async fn a_slow_shape_is_kept_off_for_a_while() {
    let mut fixture = filled(NO_BUDGET).await;
    let all = read("SELECT id, name FROM t");
    let mut attempts = 0;
    for _ in 0..130 {
        let mut sink = Rows::default();
        fixture.session.query_now(&all, &[], &mut sink).unwrap();
        attempts += sink.resets;
    }
    // after the first time not at all, then for 2, 4, 8, 16 and 32 times
    assert_eq!(attempts, 7);
}

/// A write that is interrupted may be committed all the same; done over, it would be there twice.
#[tokio::test]
async fn a_write_is_never_interrupted() {
    let mut fixture = Fixture::new(NO_BUDGET).await;
    let session = &mut fixture.session;
    session
        .batch(
            "CREATE TABLE audit (id INT);
             CREATE TRIGGER audited AFTER INSERT ON t BEGIN
                 INSERT INTO audit WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i FROM n;
             END",
        )
        .await
        .unwrap();
    let mut rows = 0;
    for size in 1..60 {
        let values = vec!["(NULL)"; size].join(", ");
        let insert = write(&format!("INSERT INTO t (name) VALUES {values}"));
        let Now::Done(affected) = now(session, &insert).unwrap() else { panic!("sent away") };
        rows += affected.rows;
    }
    assert_eq!(rows, (1..60).sum::<u64>());
    let stored = integer(session, "SELECT count(*) FROM t").await;
    assert_eq!(stored, (1..60).sum::<i64>());
    assert_eq!(integer(session, "SELECT count(*) FROM audit").await, 100 * stored);
}

#[tokio::test]
async fn a_write_in_a_transaction_does_not_take_it_along() {
    let mut fixture = Fixture::new(NO_BUDGET).await;
    let session = &mut fixture.session;
    session.begin(0, Default::default()).await.unwrap();
    execute(session, &write("INSERT INTO t VALUES (0, 'first')")).await.unwrap();
    for size in 1..60 {
        let values = vec!["(NULL)"; size].join(", ");
        execute(session, &write(&format!("INSERT INTO t (name) VALUES {values}"))).await.unwrap();
    }
    session.commit(0).await.unwrap();
    assert_eq!(fixture.count(), 1 + (1..60).sum::<i64>());
}

#[tokio::test]
async fn what_may_take_long_in_one_step_is_sent_away() {
    let mut fixture = Fixture::new(&[]).await;
    let session = &mut fixture.session;
    for away in [
        statement("SELECT count(*) FROM t", Cost::Scan),
        raw("UPDATE t SET name = 'x'"),
        raw("PRAGMA integrity_check"),
        raw("CREATE TABLE u (a INT)"),
        raw("WITH n AS (SELECT 1) INSERT INTO t (name) SELECT 'x' FROM n"),
    ] {
        assert_eq!(now(session, &away).unwrap(), Now::Later, "{}", away.sql());
    }
    assert_eq!(integer(session, "SELECT count(*) FROM t").await, 0);
    assert!(matches!(now(session, &raw("SELECT 1")).unwrap(), Now::Done(_)));
}

#[tokio::test]
async fn the_policy_is_kept() {
    let (find, insert) = (read("SELECT 1"), write("INSERT INTO t (name) VALUES ('x')"));
    let cases = [
        (("inline", "reads_and_writes"), true, true),
        (("inline", "reads"), true, false),
        (("inline", "off"), false, false),
        (("synchronous", "full"), true, false),
        (("journal", "delete"), true, false),
    ];
    for (options, reads, writes) in cases {
        let mut fixture = Fixture::new(&[options]).await;
        let session = &mut fixture.session;
        assert_eq!(now(session, &find).unwrap() != Now::Later, reads, "{options:?}");
        assert_eq!(now(session, &insert).unwrap() != Now::Later, writes, "{options:?}");
        session.begin(0, Default::default()).await.unwrap();
        execute(session, &insert).await.unwrap();
        session.commit(0).await.unwrap();
        assert_eq!(integer(session, "SELECT count(*) FROM t").await, 1 + i64::from(writes));
    }
}
