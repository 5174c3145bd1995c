//! How Toasty is put on a file.

use anyhow::Result;
use toasty::Db;

use crate::toasty::{Post, User};

/// Sessions of Toasty's pool are set one by one, all out at the same time.
pub async fn toasty(database: &str, sessions: usize) -> Result<Db> {
    let url = format!("sqlite:{database}");
    let db = Db::builder()
        .models(toasty::models!(User, Post))
        .max_pool_size(sessions)
        .connect(&url)
        .await?;
    let mut out = Vec::new();
    for _ in 0..sessions {
        let mut session = db.connection().await?;
        for pragma in ["synchronous = NORMAL", "foreign_keys = ON"] {
            toasty::sql::statement(format!("PRAGMA {pragma}")).exec(&mut session).await?;
        }
        out.push(session);
    }
    Ok(db)
}
