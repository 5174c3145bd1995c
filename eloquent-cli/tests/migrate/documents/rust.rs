//! Migrations in Rust: the schema of a migration is that of everywhere, and each change of it a step.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use eloquent::migration::{
    Migration, MigrationContext, Migrations, Migrator, Reach, Rollback, async_trait,
};
use eloquent::prelude::*;
use eloquent::schema::{IndexKind, Schema};
use eloquent::{Connection, Error, ErrorKind, Result};

use super::ground::Ground;
use crate::ground::block_on;

#[derive(Model, Debug)]
#[model(document, table = "visits")]
struct Visit {
    id: i64,
    #[model(unique)]
    page: String,
    note: Option<String>,
}

#[derive(Clone, Default)]
struct Visits {
    fails: Arc<AtomicBool>,
    kept: Arc<Mutex<Option<Schema>>>,
}

#[async_trait]
impl Migration for Visits {
    fn name(&self) -> &str {
        "20260101090000_visits"
    }

    async fn up(&self, db: &MigrationContext) -> Result<()> {
        let schema = db.schema();
        *self.kept.lock().unwrap() = Some(schema.clone());
        schema.create_model::<Visit>().validated().await?;
        let places = schema.create("places", |t| {
            t.string("name", 20);
            t.timestamps();
            t.geo_index("place");
            t.index("seen_at").expires_after(std::time::Duration::from_secs(60));
            t.validated();
        });
        places.await?;
        if self.fails.load(Ordering::Relaxed) {
            return Err(Error::invalid("told to fail"));
        }
        schema.table("places", |t| t.rename_column("name", "title")).await?;
        db.script(r#"{"insert": "visits", "documents": [{"_id": 1, "page": "/"}]}"#).await
    }

    async fn down(&self, db: &MigrationContext) -> Result<()> {
        db.schema().drop("places").await?;
        db.schema().drop_model::<Visit>().await
    }
}

fn with(ground: &Ground, work: impl AsyncFnOnce(Connection)) {
    let uri = std::env::var("MONGO_URI").unwrap();
    let config = eloquent::ConnectionConfig::new("mongo", "mongo");
    let config = config.set("uri", uri).set("db", &ground.database);
    block_on(async {
        let db = Db::builder().connection(config).build().unwrap();
        work(db.connection("mongo").unwrap()).await;
        db.close().await.unwrap();
    });
}

#[test]
fn mongo_a_migration_in_rust_changes_the_schema_step_by_step() {
    let ground = Ground::new("rust");
    with(&ground, async |on| {
        let migration = Visits::default();
        let migrator = Migrator::new(&on, Migrations::new().add(migration.clone()));
        let shown = migrator.pretend(Reach::All).await.unwrap();
        assert!(
            shown[0].statements[0].starts_with(r#"{"create":"visits","validator":"#),
            "{shown:?}"
        );
        assert!(Schema::on(&on).tables().await.unwrap().is_empty());

        migration.fails.store(true, Ordering::Relaxed);
        let error = migrator.run().await.into_result().unwrap_err();
        assert!(error.message().contains("told to fail"), "{error}");
        migration.fails.store(false, Ordering::Relaxed);
        // the two collections are not made again, which would fail
        let done = migrator.run().await.into_result().unwrap();
        assert_eq!(done[0].resumed_behind, 2);

        let schema = Schema::on(&on);
        let places = schema.describe("places").await.unwrap().unwrap();
        assert!(places.column("title").is_some() && places.column("name").is_none());
        let kinds: Vec<_> = places.indexes.iter().map(|index| index.kind).collect();
        assert!(kinds.contains(&IndexKind::Geo) && kinds.contains(&IndexKind::Plain));
        assert!(schema.validator("visits").await.unwrap().is_some());
        assert_eq!(schema.count("visits").await.unwrap(), 1);
        let visit = Visit::query().on(&on).first().await.unwrap().unwrap();
        assert_eq!((visit.id, &*visit.page, visit.note), (1, "/", None));
        let twice = Visit::create(new!(Visit { page: "/" })).on(&on).await.unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::UniqueViolation);
        Visit::create(new!(Visit { page: "/about" })).on(&on).await.unwrap();

        schema.table("visits", |t| t.drop_validator()).await.unwrap();
        assert_eq!(schema.validator("visits").await.unwrap(), None);
        schema.validate_model::<Visit>().await.unwrap();
        assert!(schema.validator("visits").await.unwrap().unwrap().contains("page"));
        let part = schema.table("visits", |t| t.validated()).await.unwrap_err();
        assert_eq!((part.kind(), part.table()), (ErrorKind::InvalidInput, Some("visits")));

        // what was kept of the migration takes no more steps
        let kept = migration.kept.lock().unwrap().take().unwrap();
        let error = kept.drop("visits").await.unwrap_err();
        assert!(error.message().contains("the migration is over"), "{error}");
        migrator.rollback(Rollback::All).await.into_result().unwrap();
        let left = schema.tables().await.unwrap();
        assert_eq!(left, ["eloquent_migration_lock", "eloquent_migrations"]);
    });
}

#[test]
fn mongo_what_documents_lack_is_refused_with_a_way_out() {
    let ground = Ground::new("lacks");
    with(&ground, async |on| {
        let schema = Schema::on(&on);
        for (alter, hint) in [
            (
                schema.create("a", |t| {
                    t.foreign_id("b_id").constrained("b");
                }),
                "embed",
            ),
            (schema.create("a", |t| t.check("c", "age > 1")), "validator"),
            (
                schema.create("a", |t| {
                    t.integer("n").default(1);
                }),
                "model",
            ),
            (schema.create_view("v", "SELECT 1"), "viewOn"),
            (schema.table("a", |t| t.comment("x")), "leave it out"),
        ] {
            let error = alter.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_eq!((error.connection(), error.driver()), (Some("mongo"), Some("mongo")));
            assert!(error.hint().is_some_and(|told| told.contains(hint)), "{error}");
        }
        assert!(schema.tables().await.unwrap().is_empty(), "nothing was made");
    });
}

#[test]
fn what_tables_lack_is_refused_with_a_way_out() {
    block_on(async {
        let db = Db::connect("sqlite::memory:").await.unwrap();
        let schema = Schema::on(&db);
        let of = |define: fn(&mut eloquent::schema::Table)| {
            schema.create("a", |t| {
                t.id();
                define(t);
            })
        };
        for alter in [
            of(|t| t.validated()),
            of(|t| t.validator("{}")),
            of(|t| {
                t.text_index("id");
            }),
            of(|t| {
                t.geo_index("id");
            }),
            of(|t| {
                t.index("id").sparse();
            }),
            of(|t| {
                t.index("id").expires_after(std::time::Duration::from_secs(1));
            }),
        ] {
            let error = alter.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.hint().is_some() && error.table() == Some("a"), "{error}");
        }
        assert!(schema.tables().await.unwrap().is_empty());
        schema
            .create("a", |t| {
                t.id();
            })
            .await
            .unwrap();
        assert_eq!(schema.count("a").await.unwrap(), 0);
    });
}
