//! Migrators where the locks of a server do not hold: behind a pooler, and on a cluster of writers.

use eloquent::migration::{Migration, MigrationContext, Migrations, Migrator, async_trait};
use eloquent::{ConnectionConfig, Db, Result};

use crate::ground::{addresses, config, create_database, eventually, open};

crate::tests!["migrations": a_pooler_lets_one_migrate, a_cluster_lets_one_migrate];

struct Once(&'static str, &'static str);

#[async_trait]
impl Migration for Once {
    fn name(&self) -> &str {
        self.0
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let table = self.1;
        let key = "id INT PRIMARY KEY";
        db.script(&format!("CREATE TABLE {table} ({key}); INSERT INTO {table} VALUES (1);")).await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop(self.1).await
    }
}

/// Each with a database of its own, as processes have.
async fn all_at_once(settings: Vec<ConnectionConfig>) -> Result<()> {
    let mut tasks = Vec::new();
    for config in &settings {
        let db = open(config.clone(), 4)?;
        let migrations = Migrations::new().add(Once("01_a", "ta")).add(Once("02_b", "tb"));
        let migrator = Migrator::new(&db.connection("main")?, migrations);
        tasks.push(tokio::spawn(async move { migrator.run().await.into_result() }));
    }
    let mut done = 0;
    for task in tasks {
        done += task.await.expect("no panic")?.len();
    }
    assert_eq!(done, 2, "each once");
    let db = open(settings[0].clone(), 1)?;
    let count: Option<i64> = Db::raw("SELECT COUNT(*) FROM tb").on(&db).scalar().await?;
    assert_eq!(count, Some(1));
    let leases = Db::raw("SELECT COUNT(*) FROM eloquent_migration_lock").on(&db);
    assert_eq!(leases.scalar::<i64>().await?, Some(0), "the lease was given back");
    Ok(())
}

async fn a_pooler_lets_one_migrate() -> Result<()> {
    let primary = &addresses("ELOQUENT_TEST_PG_PRIMARY")[0];
    create_database("pg", primary, "cluster_migrations").await?;
    let address = &addresses("ELOQUENT_TEST_PGBOUNCER")[0];
    let settings = config("pg", address, "cluster_migrations").set("prepare", "off");
    all_at_once(vec![settings; 4]).await
}

async fn a_cluster_lets_one_migrate() -> Result<()> {
    let nodes = addresses("ELOQUENT_TEST_GALERA");
    create_database("mysql", &nodes[0], "cluster_migrations").await?;
    let settings: Vec<_> = nodes
        .iter()
        .chain(&nodes[..1])
        .map(|node| config("mysql", node, "cluster_migrations"))
        .collect();
    for config in &settings {
        eventually("the database is on each server", async || {
            let db = open(config.clone(), 1);
            matches!(db, Ok(db) if Db::raw("SELECT 1").on(&db).execute().await.is_ok())
        })
        .await;
    }
    all_at_once(settings).await
}
