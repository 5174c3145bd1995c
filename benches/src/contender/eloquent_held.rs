//! Eloquent in `runtime-held`.

use ::eloquent::prelude::*;
use anyhow::Result;
use harness::Held;

use super::EloquentPool;

#[derive(Model, Debug, Clone)]
pub struct Event {
    pub id: i64,
    pub kind: String,
    pub amount: i64,
}

#[derive(Model, Debug, Clone)]
pub struct Note {
    pub id: i64,
    pub body: String,
}

impl Held for EloquentPool {
    async fn total(&self) -> Result<i64> {
        let sales = Event::query().on(&self.0).filter(|e| e.kind.eq("sale"));
        Ok(sales.sum(|e| e.amount).await?.unwrap_or_default())
    }

    async fn note(&self, body: String) -> Result<()> {
        Note::create(new!(Note { body })).on(&self.0).await?;
        Ok(())
    }
}
