//! A network that is slow, or gives bytes on in small pieces.

use std::time::Duration;

use eloquent::prelude::*;
use eloquent::{PoolOptions, Result};
use eloquent_conformance::proxy::{Lane, Way};

use crate::ground::{Ground, Item};
use crate::server::Kind;

on_servers!(bytes_may_come_one_by_one, slow_is_not_wrong);

/// Login, statements, a transaction and rows, some of which are long.
async fn everything(ground: &Ground, length: usize) -> Result<()> {
    let text: String = "añ☃".chars().cycle().take(length).collect();
    let made = ground.db.begin().await?;
    for tag in 0..5 {
        Item::create(new!(Item { tag, text: text.clone() })).on(&made).await?;
    }
    made.commit().await?;
    let items = Item::query().order_by(|i| i.tag.asc()).on(&ground.db).get().await?;
    assert_eq!(items.iter().map(|i| i.tag).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(items.iter().all(|i| i.text == text));
    let error = Db::raw("SELECT nothing FROM nowhere").on(&ground.db).rows().await.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert_eq!(Item::delete_all().on(&ground.db).await?, 5);
    Ok(())
}

async fn bytes_may_come_one_by_one(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, PoolOptions::default()).await?;
    for way in [Way::ToClient, Way::ToServer, Way::Both] {
        ground.proxy.set(Way::Both, Lane::default());
        ground.proxy.set(way, Lane::default().slices(1));
        everything(&ground, 4_000).await?;
    }
    ground.finish().await
}

async fn slow_is_not_wrong(kind: &'static Kind) -> Result<()> {
    let ground = Ground::new(kind, PoolOptions::default()).await?;
    ground.proxy.set(Way::Both, Lane::default().delay(Duration::from_millis(100)));
    everything(&ground, 10).await?;
    ground.proxy.set(Way::Both, Lane::default().rate(64 * 1024));
    everything(&ground, 5_000).await?;
    ground.finish().await
}
