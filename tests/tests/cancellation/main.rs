//! Drops every public future of Eloquent at each of its awaits, and looks each time whether anything is
//! left behind: a session in a transaction, a lock, a permit, a part of a write.

// Helpers fail on behalf of their tests.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

mod coverage;
mod ground;
mod migrations;
mod scenarios;

use std::time::Instant;

use eloquent::prelude::*;
use eloquent::{ErrorKind, Result};
use eloquent_conformance::cancellation::{Moment, poll_times};
#[cfg(any(feature = "mongo", feature = "pg", feature = "mysql"))]
use eloquent_conformance::server::Server;

use ground::{Ground, Place, Row, Setup};
use scenarios::SCENARIOS;

const MOMENTS: [Moment; 2] = [Moment::Waiting, Moment::Woken];

/// Runs all scenarios on one setup and gives the number of drops.
async fn drops(setup: Setup) -> usize {
    let ground = Ground::new(setup).await.expect("a database");
    let mut drops = 0;
    for scenario in SCENARIOS.iter().filter(|scenario| ground.has(scenario)) {
        for moment in MOMENTS {
            drops += ground.drop_everywhere(scenario, moment).await;
        }
    }
    ground.finish().await;
    drops
}

/// Runs all scenarios on each setup.
async fn ten_thousand_drops(setups: impl IntoIterator<Item = Setup>) {
    let total = drops_of(setups).await;
    assert!(total >= 10_000, "only {total} drops");
}

async fn drops_of(setups: impl IntoIterator<Item = Setup>) -> usize {
    let mut total = 0;
    for setup in setups {
        let begun = Instant::now();
        let drops = drops(setup).await;
        println!("{setup:?}: {drops} drops in {:?}", begun.elapsed());
        total += drops;
    }
    println!("{total} drops of {} scenarios", SCENARIOS.len());
    total
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_drops_leave_nothing_behind() {
    let setups = ["reads_and_writes", "off"]
        .into_iter()
        .map(Place::File)
        .flat_map(|place| [1, 3, 7].map(|pauses| Setup { place, pauses, fresh_sessions: false }));
    let place = Place::File("reads_and_writes");
    ten_thousand_drops(setups.chain([Setup { place, pauses: 1, fresh_sessions: true }])).await;
}

/// Without pauses, the awaits are those of the network only.
#[cfg(any(feature = "mongo", feature = "pg", feature = "mysql"))]
fn on(server: Server) -> impl Iterator<Item = Setup> {
    let place = Place::Server(server);
    // a database without raw text and savepoints has fewer scenarios
    let most = if matches!(server.driver(), "mongo") { 17 } else { 13 };
    let setups = [0, 1, 3, most].map(|pauses| Setup { place, pauses, fresh_sessions: false });
    setups.into_iter().chain([Setup { place, pauses: 0, fresh_sessions: true }])
}

#[cfg(feature = "pg")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_drops_leave_nothing_behind_on_postgresql() {
    ten_thousand_drops(on(Server::Pg)).await;
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_drops_leave_nothing_behind_on_mariadb() {
    ten_thousand_drops(on(Server::Mysql)).await;
}

/// The server of the tests takes many times as long for each as the others do: usually some of them, and all
/// ten thousand with `ELOQUENT_TEST_DROPS=all`.
#[cfg(feature = "mongo")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_leave_nothing_behind_on_mongodb() {
    if std::env::var_os("ELOQUENT_TEST_DROPS").is_some() {
        return ten_thousand_drops(on(Server::Mongo)).await;
    }
    let total = drops_of(on(Server::Mongo).take(1)).await;
    assert!(total >= 100, "only {total} drops");
}

/// Nobody can know whether a write that was dropped has happened. A transaction in which one was is
/// undone as a whole; one in which a read was goes on.
async fn drop_within_transactions(place: Place) {
    let setup = Setup { place, pauses: 2, fresh_sessions: false };
    let ground = Ground::new(setup).await.expect("a database");
    let mut voided = 0;
    for polls in 0..12 {
        let base = ground.block().await.expect("a block");
        let row = |id| Row::create(new!(Row { id, label: "x" }));
        let outcome = ground
            .db
            .scope(
                Db::transaction(async {
                    row(base).await?;
                    let dropped = poll_times(polls, Moment::Waiting, row(base + 1).into_future());
                    let whole = dropped.await.is_some();
                    row(base + 2).await?;
                    Ok(whole)
                })
                .into_future(),
            )
            .await;
        ground.settle().await;
        let state = ground.state(base).await.expect("a state");
        match outcome {
            Ok(true) => assert_eq!(state, "0=x 1=x 2=x 5=old"),
            // not even begun
            Ok(false) => assert_eq!((polls, state.as_str()), (0, "0=x 2=x 5=old")),
            Err(error) => {
                voided += 1;
                assert_eq!(error.kind(), ErrorKind::TransactionAborted, "{error}");
                assert_eq!(state, "5=old");
            }
        }
    }
    assert!(voided > 3, "the write has awaits to be dropped at: {voided}");
    let base = ground.block().await.expect("a block");
    for polls in 0..12 {
        let id = base + polls;
        let transaction = Db::transaction(async {
            Row::create(new!(Row { id: id + 100_000, label: "x" })).await?;
            let count = Row::query().count();
            let polls = usize::try_from(polls).expect("a number");
            drop(poll_times(polls, Moment::Waiting, count).await);
            Row::create(new!(Row { id: id + 200_000, label: "x" })).await.map(drop)
        });
        let outcome: Result<()> = ground.db.scope(transaction.into_future()).await;
        outcome.expect("a read that is dropped leaves its transaction as it was");
    }
    ground.finish().await;
}

#[tokio::test]
async fn a_dropped_statement_and_its_transaction() {
    drop_within_transactions(Place::File("off")).await;
}

#[cfg(feature = "pg")]
#[tokio::test]
async fn a_dropped_statement_and_its_transaction_on_postgresql() {
    drop_within_transactions(Place::Server(Server::Pg)).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn a_dropped_statement_and_its_transaction_on_mariadb() {
    drop_within_transactions(Place::Server(Server::Mysql)).await;
}

#[cfg(feature = "mongo")]
#[tokio::test]
async fn a_dropped_statement_and_its_transaction_on_mongodb() {
    drop_within_transactions(Place::Server(Server::Mongo)).await;
}

#[test]
fn every_public_future_is_dropped() {
    coverage::check(SCENARIOS.iter().map(|scenario| scenario.covers).chain([migrations::COVERS]));
}
