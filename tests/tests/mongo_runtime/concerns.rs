//! Read preference, read concern and write concern: what is sent, and where they are refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{
    Concerns, Connection, ErrorKind, ReadConcern, ReadPreference, Result, WriteConcern,
};
use eloquent_conformance::proxy::{Cut, Proxy};

use crate::ground::{Ground, Order, address, config, order};

/// Whether something that runs on a connection behind a proxy sends this text.
struct Overheard {
    ground: Ground,
    proxy: Proxy,
}

impl Overheard {
    async fn new(settings: &[(&str, &str)], options: &str) -> Result<Self> {
        let proxy = Proxy::to(&address()).await.expect("a port");
        let uri = format!("mongodb://127.0.0.1:{}/?directConnection=true{options}", proxy.port());
        let mut config = config("shop").set("uri", uri);
        for (key, value) in settings {
            config.insert(*key, *value);
        }
        Ok(Overheard { ground: Ground::with(config).await?, proxy })
    }

    /// A reply to what contains the text is cut off: so it was sent.
    async fn hears<T>(&self, text: &[u8], step: impl Future<Output = Result<T>>) -> bool {
        self.proxy.cut(Cut::at_text(text));
        let _ = step.await;
        let heard = self.proxy.pending() == 0;
        if !heard {
            // takes the cut away again
            self.proxy.cut(Cut::at_text(text));
        }
        heard
    }
}

/// As they stand in BSON: type, name, length and text.
fn text(name: &str, value: &str) -> Vec<u8> {
    let length = u32::try_from(value.len() + 1).expect("short").to_le_bytes();
    [&[2], name.as_bytes(), &[0], &length, value.as_bytes(), &[0]].concat()
}

#[tokio::test]
async fn they_are_sent() -> Result<()> {
    let on = Overheard::new(&[], "").await?;
    let shop = &on.ground.connection;
    let all = |on: &Connection| Order::query().on(on).get();
    let majority = shop.with_concerns(Concerns::new().read(ReadConcern::Majority));
    assert!(on.hears(&text("level", "majority"), all(&majority)).await);
    let nearest = shop.with_concerns(Concerns::new().prefer(ReadPreference::SecondaryPreferred));
    assert!(on.hears(&text("mode", "secondaryPreferred"), all(&nearest)).await);
    let write = WriteConcern::majority().journaled().within(Duration::from_secs(5));
    let durable = shop.with_concerns(Concerns::new().write(write));
    let one = || Order::create(order(1, "ada", 1)).on(&durable).into_future();
    assert!(on.hears(&text("w", "majority"), one()).await);
    // a command that the client knows nothing of has it, too
    let upsert =
        || Order::upsert([order(2, "ada", 1)]).unique_by(|o| o.id).on(&durable).into_future();
    assert!(on.hears(&text("w", "majority"), upsert()).await);
    Ok(())
}

/// A session that is lent again asks for nothing any more.
#[tokio::test]
async fn they_end_with_what_they_were_said_for() -> Result<()> {
    let on = Overheard::new(&[], "").await?;
    let shop = &on.ground.connection;
    let majority = shop.with_concerns(Concerns::new().read(ReadConcern::Majority));
    Order::query().on(&majority).get().await?;
    assert_eq!(shop.status().idle, 1, "the next one gets the same session");
    assert!(!on.hears(&text("level", "majority"), Order::query().on(shop).get()).await);
    Ok(())
}

#[tokio::test]
async fn settings_and_uri_say_them_for_all() -> Result<()> {
    let settings = [("read_concern", "majority"), ("read_preference", "secondaryPreferred")];
    for on in [
        Overheard::new(&settings, "").await?,
        Overheard::new(&[], "&readConcernLevel=majority&readPreference=secondaryPreferred").await?,
    ] {
        let all = || Order::query().on(&on.ground.connection).get();
        assert!(on.hears(&text("level", "majority"), all()).await);
        assert!(on.hears(&text("mode", "secondaryPreferred"), all()).await);
        // transactions and what writes read from the primary all the same
        on.ground.db.scope(Db::transaction(async { all().await.map(drop) }).into_future()).await?;
        on.ground.fill().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_has_its_own() -> Result<()> {
    let ground = Ground::new().await?;
    let shop = &ground.connection;
    let weak = shop
        .with_concerns(Concerns::new().read(ReadConcern::Local).write(WriteConcern::members(1)));
    let committed = Arc::new(AtomicBool::new(false));
    let transaction = Db::transaction(async {
        Order::create(order(1, "ada", 1)).on(&weak).await?;
        let other = shop.with_concerns(Concerns::new().read(ReadConcern::Majority));
        let error = Order::query().on(&other).get().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.connection()),
            (ErrorKind::InvalidInput, Some("shop")),
            "{error}"
        );
        let committed = committed.clone();
        Db::after_commit(move || committed.store(true, Ordering::Relaxed));
        Ok(())
    });
    ground.db.scope(transaction.on(&weak).into_future()).await?;
    assert!(committed.load(Ordering::Relaxed), "hooks run after the commit");
    assert_eq!(Order::query().on(&ground.db).count().await?, 1);
    for refused in [
        Concerns::new().prefer(ReadPreference::Secondary),
        Concerns::new().read(ReadConcern::Linearizable),
    ] {
        let error = shop.with_concerns(refused).begin().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    let nobody = shop.with_concerns(Concerns::new().write(WriteConcern::members(0)));
    let error = Order::create(order(2, "ada", 1)).on(&nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    ground.finish().await
}

#[tokio::test]
async fn databases_without_members_refuse_them() -> Result<()> {
    #[derive(Model, Debug)]
    #[model(portable)]
    struct Thing {
        #[model(key, auto = false)]
        #[allow(dead_code)]
        id: i64,
    }
    let sql = Db::builder().url("app", "sqlite::memory:").build()?;
    Thing::create_table().on(&sql).await?;
    let app = sql.connection("app")?;
    let asked = app.with_concerns(Concerns::new().prefer(ReadPreference::Nearest));
    for error in [
        Thing::query().on(&asked).get().await.map(drop).unwrap_err(),
        Thing::create(new!(Thing { id: 1 })).on(&asked).await.map(drop).unwrap_err(),
        asked.begin().await.map(drop).unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.driver()),
            (ErrorKind::Unsupported, Some("sqlite")),
            "{error}"
        );
    }
    assert_eq!(Thing::query().on(&app).count().await?, 0);
    Ok(())
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    for (key, value) in [
        ("read_preference", "canary"),
        ("read_concern", "canary"),
        ("write_concern", "canary"),
        ("write_concern", "0"),
        ("statement_timeout_ms", "canary"),
    ] {
        let built = Db::builder().connection(config("shop").set(key, value)).build();
        let error = built.expect_err("a wrong setting");
        assert_eq!(error.kind(), ErrorKind::Config, "{key}: {error}");
        assert!(
            error.to_string().contains(key) && !error.to_string().contains("canary"),
            "{error}"
        );
    }
    let uri = format!("mongodb://{}/?w=0", address());
    let db = Db::builder().connection(config("shop").set("uri", uri)).build().expect("a db");
    let error = Order::query().on(&db).get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}
