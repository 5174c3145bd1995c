//! A pooler that gives each transaction another session of the server.

use eloquent::prelude::*;
use eloquent::{Error, Result};

use crate::ground::{addresses, config, create_database, open};

crate::tests!["pgbouncer": many_sessions_share_a_few];

#[derive(Model, Debug, Clone, PartialEq)]
struct Score {
    id: i64,
    player: i64,
    points: i64,
}

async fn many_sessions_share_a_few() -> Result<()> {
    const PLAYERS: i64 = 16;
    const ROUNDS: i64 = 20;
    let primary = &addresses("ELOQUENT_TEST_PG_PRIMARY")[0];
    create_database("pg", primary, "cluster_pgbouncer").await?;
    let address = &addresses("ELOQUENT_TEST_PGBOUNCER")[0];
    let settings = config("pg", address, "cluster_pgbouncer").set("prepare", "off");
    let db = open(settings, usize::try_from(PLAYERS).expect("a few"))?;
    Score::create_table().on(&db).await?;
    let tasks: Vec<_> =
        (0..PLAYERS).map(|player| tokio::spawn(play(db.clone(), player, ROUNDS))).collect();
    for task in tasks {
        task.await.expect("no panic")?;
    }
    // half of the rounds are rolled back
    let count = u64::try_from(PLAYERS * ROUNDS / 2).expect("not negative");
    assert_eq!(Score::query().on(&db).count().await?, count);
    let sum = Score::query().on(&db).sum(|s| s.points).await?;
    assert_eq!(sum, Some(PLAYERS * (0..ROUNDS).step_by(2).sum::<i64>()));
    Ok(())
}

async fn play(db: Db, player: i64, rounds: i64) -> Result<()> {
    for points in 0..rounds {
        let outcome = db.scope(
            Db::transaction(async {
                let score = Score::create(new!(Score { player, points })).await?;
                let seen = Score::query().filter(|s| s.id.eq(score.id)).get().await?;
                assert_eq!(seen, [score]);
                if points % 2 == 0 { Ok(()) } else { Err(Error::invalid("rolled back")) }
            })
            .into_future(),
        );
        assert_eq!(outcome.await.is_ok(), points % 2 == 0);
        let mine = Score::query().filter(|s| s.player.eq(player)).on(&db).count().await?;
        assert_eq!(mine, u64::try_from(points / 2 + 1).expect("not negative"));
    }
    Ok(())
}
