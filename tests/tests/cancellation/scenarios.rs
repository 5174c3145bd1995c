//! The futures that are dropped: all that Eloquent has, alone and together.

use eloquent::prelude::*;
use eloquent::seeding::{Models, Seeder, Seeders, Seeding, async_trait};
use eloquent::{Error, Result, Schema};

use crate::ground::{At, BEFORE, BoxFuture, Row, Whole};

/// A future to be dropped.
pub(crate) struct Scenario {
    /// What it uses, as `Type::method`, or `Type` for what is awaited itself.
    pub(crate) covers: &'static str,
    /// What it does.
    pub(crate) run: fn(At) -> BoxFuture<Result<()>>,
    /// What its block holds once it is acknowledged.
    pub(crate) after: &'static str,
    /// What its block may hold beside that and what it held before, when it was dropped.
    pub(crate) between: &'static [&'static str],
    /// The databases that have it.
    pub(crate) on: Databases,
}

/// Which databases have something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Databases {
    All,
    Relational,
    Document,
}

macro_rules! scenarios {
    ($($(#[$on:ident])? $covers:literal $(=> $after:literal $(or $between:literal)*)?: |$at:ident| $body:block)+) => {
        pub(crate) const SCENARIOS: &[Scenario] = &[$(Scenario {
            covers: $covers,
            run: |$at: At| Box::pin(async move { let $at = &$at; let _ = ($at, $body); Ok(()) }),
            after: last(&[BEFORE, $($after)?]),
            between: &[$($($between),*)?],
            on: first(&[$(Databases::$on,)? Databases::All]),
        }),+];
    };
}

const fn last(states: &[&'static str]) -> &'static str {
    states[states.len() - 1]
}

const fn first(databases: &[Databases]) -> Databases {
    databases[0]
}

/// Adds two rows to the block that begins here.
struct Pair(i64);

#[async_trait]
impl Seeder for Pair {
    fn models(&self) -> Models {
        Models::new().add::<Row>()
    }

    async fn run(&self) -> Result<()> {
        for offset in 0..2 {
            Row::create(new!(Row { id: self.0 + offset, label: "x" })).await?;
        }
        Ok(())
    }
}

/// Stages that let all through.
fn stages() -> eloquent_core::statement::Stages {
    #[cfg(feature = "mongo")]
    return eloquent::mongo::pipeline([eloquent::mongo::bson::doc! { "$match": {} }]);
    #[cfg(not(feature = "mongo"))]
    eloquent_core::statement::Stages::new("none", (), true)
}

impl At {
    /// The rows of the block.
    fn rows(&self) -> Query<Row> {
        let base = self.base;
        Row::query().filter(|r| r.id.between(base, base + 9)).order_by(|r| r.id.asc())
    }

    /// A new row of the block.
    fn row(&self, offset: i64) -> <Row as Model>::Draft {
        new!(Row { id: self.base + offset, label: "x" })
    }

    /// Adds a row to the block.
    async fn add(&self, offset: i64) -> Result<()> {
        Row::create(self.row(offset)).await.map(drop)
    }
}

async fn fails(step: impl Future<Output = Result<()>>) {
    assert!(step.await.is_err());
}

scenarios! {
    // reading
    "Query Query::get": |at| { at.rows().await?; at.rows().get().await? }
    "One One::or_fail": |at| {
        at.rows().first().await?;
        Row::find(at.base + 5).or_fail().await?
    }
    "Query::sole": |at| { at.rows().sole().await? }
    "Query::count Query::exists": |at| { at.rows().count().await?; at.rows().exists().await? }
    "Query::sum Query::avg Query::min Query::max": |at| {
        at.rows().sum(|r| r.id).await?;
        at.rows().avg(|r| r.id).await?;
        at.rows().min(|r| r.id).await?;
        at.rows().max(|r| r.label).await?
    }
    "Query::pluck Selected Selected::get Selected::first Selected::sole": |at| {
        at.rows().pluck(|r| r.id).await?;
        let ids = at.rows().select(|r| r.id);
        ids.clone().await?;
        ids.clone().get().await?;
        ids.clone().first().await?;
        ids.sole().await?
    }
    "Query::paginate Query::simple_paginate Query::cursor_paginate": |at| {
        at.rows().paginate(1, 1).await?;
        at.rows().simple_paginate(1, 1).await?;
        at.rows().cursor_paginate(1, None).await?
    }
    "Chunks::next": |at| {
        let mut chunks = at.rows().unordered().chunk(1)?;
        while chunks.next().await?.is_some() {}
    }
    "Rows::next Rows": |at| {
        let mut rows = Row::query().limit(600).stream();
        while let Some(row) = rows.next().await { row?; }
    }
    "Rows::next": |at| {
        let mut rows = Row::query().select(|r| r.label).stream();
        rows.next().await.transpose()?;
        drop(rows);
        at.rows().count().await?
    }
    "Query::to_sql Query::explain Selected::to_sql Selected::explain MassWrite::to_sql": |at| {
        at.rows().to_sql().await?;
        at.rows().explain().await?;
        at.rows().select(|r| r.id).to_sql().await?;
        at.rows().select(|r| r.id).explain().await?;
        at.rows().unordered().delete().to_sql().await?
    }
    "Model::refresh Model::refresh_on": |at| {
        let mut row = Row { id: at.base + 5, label: String::new() };
        row.refresh().await?;
        row.refresh_on(&at.connection).await?
    }

    // writing
    "Create" => "0=x 5=old": |at| { at.add(0).await? }
    "FirstOrCreate" => "0=x 5=old": |at| {
        Row::first_or_create(|r| r.id.eq(at.base), at.row(0)).await?
    }
    "CreateMany" => "0=x 1=x 2=x 3=x 4=x 5=old": |at| {
        Row::create_many((0..5).map(|n| at.row(n))).await?
    }
    "InsertMany" => "0=x 1=x 2=x 5=old": |at| { Row::insert_many((0..3).map(|n| at.row(n))).await? }
    "Upsert" => "4=x 5=x 6=x": |at| {
        Row::upsert((4..7).map(|n| at.row(n))).unique_by(|r| r.id).await?
    }
    "UpdateOne" => "5=new": |at| {
        let mut row = Row { id: at.base + 5, label: "old".into() };
        row.update(|r| r.label = "new".into()).await?
    }
    "DeleteOne" => "": |at| { Row { id: at.base + 5, label: "old".into() }.delete().await? }
    "MassWrite" => "5=new": |at| {
        at.rows().unordered().update(|r| r.label.set("new")).await?
    }
    "MassWrite" => "": |at| { at.rows().unordered().delete().await? }
    "MassWrite": |at| {
        Whole::upsert([new!(Whole { id: 1, number: 1 })]).unique_by(|w| w.id).await?;
        Whole::update_all(|w| w.number.set(2)).await?;
        Whole::query().filter(|w| w.id.eq(1)).increment(|w| w.number, 1).await?;
        Whole::query().filter(|w| w.id.eq(1)).decrement(|w| w.number, 1).await?;
        Whole::delete_all().await?
    }
    "Create MassWrite" => "0=x 5=new" or "0=x 5=old": |at| {
        at.add(0).await?;
        at.rows().unordered().filter(|r| r.label.eq("old")).update(|r| r.label.set("new")).await?
    }
    "Alter": |at| {
        Whole::create_table().await?;
        Whole::drop_table().await?;
        Whole::create_table().await?
    }
    #[Relational] "Schema::tables Schema::views Schema::describe Schema::has_table Schema::has_view": |at| {
        let schema = Schema::on(&at.connection);
        schema.tables().await?;
        schema.views().await?;
        schema.describe("cancelled_rows").await?;
        schema.has_table("cancelled_rows").await?;
        schema.has_view("cancelled_rows").await?
    }
    #[Relational] "Schema::has_column Schema::has_columns Schema::has_index Schema::columns Schema::indexes Schema::foreign_keys": |at| {
        let schema = Schema::on(&at.connection);
        schema.has_column("cancelled_rows", "id").await?;
        schema.has_columns("cancelled_rows", &["id", "label"]).await?;
        schema.has_index("cancelled_rows", "none").await?;
        schema.columns("cancelled_rows").await?;
        schema.indexes("cancelled_rows").await?;
        schema.foreign_keys("cancelled_rows").await?
    }
    #[Relational] "Schema::sizes": |at| { Schema::on(&at.connection).sizes().await? }
    "Schema::count Schema::count_up_to Schema::validator": |at| {
        let schema = Schema::on(&at.connection);
        schema.count("cancelled_rows").await?;
        schema.count_up_to("cancelled_rows", 2).await?;
        schema.validator("cancelled_rows").await?
    }
    #[Relational] "RawQuery::fetch RawQuery::rows RawQuery::scalar": |at| {
        Db::raw("SELECT * FROM cancelled_rows WHERE id = ?").bind(at.base).fetch::<Row>().await?;
        Db::raw("SELECT * FROM cancelled_rows WHERE id = ?").bind(at.base).rows().await?;
        Db::raw("SELECT COUNT(*) FROM cancelled_rows").scalar::<i64>().await?
    }
    #[Relational] "RawQuery::execute" => "5=raw": |at| {
        let raw = Db::raw("UPDATE cancelled_rows SET label = 'raw' WHERE id = ?");
        raw.bind(at.base + 5).execute().await?
    }

    // documents
    #[Document] "Aggregation Aggregation::to_sql Aggregation::explain": |at| {
        Row::aggregate(stages()).await?;
        Row::aggregate(stages()).to_sql().await?;
        Row::aggregate(stages()).explain().await?;
        let mut rows = Row::aggregate(stages()).on(&at.connection).stream();
        rows.next().await.transpose()?
    }
    #[Document] "Watch Changes Changes::next" => "0=x 5=old": |at| {
        let mut changes = Row::watch().on(&at.connection).await?;
        at.add(0).await?;
        changes.next().await.transpose()?
    }

    // transactions
    "TransactionBuilder" => "0=x 1=x 5=old": |at| {
        Db::transaction(async { at.add(0).await?; at.add(1).await }).await?
    }
    "TransactionBuilder": |at| {
        fails(Db::transaction(async { at.add(0).await?; at.add(5).await }).into_future()).await
    }
    "TransactionBuilder" => "0=x 1=x 5=new": |at| {
        Db::transaction_with(async {
            at.add(0).await?;
            at.rows().count().await?;
            at.add(1).await?;
            at.rows().unordered().filter(|r| r.label.eq("old")).update(|r| r.label.set("new")).await?;
            Ok::<(), Error>(())
        })
        .await?
    }
    #[Relational] "TransactionBuilder" => "0=x 2=x 3=x 5=old": |at| {
        Db::transaction(async {
            at.add(0).await?;
            fails(Db::transaction(async { at.add(1).await?; at.add(5).await }).into_future()).await;
            Db::transaction(async {
                at.add(2).await?;
                Db::transaction(at.add(3)).await
            })
            .await
        })
        .await?
    }
    "Seeding::run" => "0=x 1=x 5=old": |at| {
        let seeding = Seeding::new(&at.connection, Seeders::new().add(Pair(at.base)));
        seeding.run().await.into_result()?
    }
    "Retry" => "0=x 1=x 5=old": |at| {
        let failed = std::sync::atomic::AtomicBool::new(false);
        Db::transaction_retry(3, || async {
            at.add(0).await?;
            if !failed.swap(true, std::sync::atomic::Ordering::Relaxed) {
                return Err(Error::new(eloquent::ErrorKind::Busy, "another one was faster"));
            }
            at.add(1).await
        })
        .await?
    }
    "Db::begin Transaction::commit Transaction::scope" => "0=x 1=x 5=old": |at| {
        let transaction = at.db.begin().await?;
        transaction.scope(at.add(0)).await?;
        Row::create(at.row(1)).on(&transaction).await?;
        transaction.commit().await?
    }
    "Connection::begin Transaction::rollback": |at| {
        let transaction = at.connection.begin().await?;
        transaction.scope(at.add(0)).await?;
        transaction.rollback().await?
    }
    #[Relational] "Transaction::nested" => "0=x 2=x 5=old": |at| {
        let outer = at.db.begin().await?;
        outer.scope(at.add(0)).await?;
        let inner = outer.nested().await?;
        inner.scope(at.add(1)).await?;
        inner.rollback().await?;
        let inner = outer.nested().await?;
        inner.scope(at.add(2)).await?;
        inner.commit().await?;
        outer.commit().await?
    }
    #[Relational] "Transaction::nested" => "0=x 3=x 5=old": |at| {
        let outer = at.db.begin().await?;
        outer.scope(at.add(0)).await?;
        let inner = outer.nested().await?;
        inner.scope(at.add(1)).await?;
        let innermost = inner.nested().await?;
        innermost.scope(at.add(2)).await?;
        drop(innermost);
        drop(inner);
        outer.scope(at.add(3)).await?;
        outer.commit().await?
    }
    "Rows::next": |at| {
        let transaction = at.db.begin().await?;
        transaction.scope(at.add(0)).await?;
        let mut rows = Row::query().on(&transaction).stream();
        rows.next().await.transpose()?;
        drop(rows);
        transaction.rollback().await?
    }
    #[Relational] "CreateMany InsertMany" => "0=x 1=x 2=x 5=old": |at| {
        Db::transaction(async {
            let drafts = || (0..3).map(|n| at.row(n));
            fails(async { Row::create_many(drafts().chain([at.row(5)])).await.map(drop) }).await;
            Row::insert_many(drafts()).await.map(drop)
        })
        .await?
    }

    // connections
    "Db::connect": |at| {
        let db = Db::connect(&at.url).await?;
        db.close().await?
    }
    "Db::close": |at| {
        let db = Db::builder().driver(at.wrapper.entry()).connection(at.config.clone()).build()?;
        let transaction = db.begin().await?;
        Row::create(at.row(0)).on(&transaction).await?;
        drop(transaction);
        db.close().await?
    }
    "Connection::account Connection::transport": |at| {
        at.connection.account().await?;
        at.connection.transport().await?
    }
    "Db::capabilities Connection::capabilities Connection::ping Connection::server_version": |at| {
        at.connection.server_version().await?;
        at.db.capabilities().await?;
        at.connection.capabilities().await?;
        at.connection.ping().await?
    }
    "Db::scope" => "0=x 5=old": |at| {
        at.db.scope(async { Db::spawn(std::future::ready(())).await.is_ok() }).await;
        at.db.scope(at.add(0)).await?
    }
}
