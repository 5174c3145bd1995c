//! A lock by name, on a session of its own: it ends when that is closed, whatever happens.

use eloquent_core::driver::Question;
use eloquent_core::row::OwnedRow;
use eloquent_core::{ErrorKind, Result, async_trait};

use super::{Lock, NAME, Wait, lost};
use crate::database::{Apart, Connection};
use crate::migration::tracker::number;

#[derive(Debug)]
pub(super) struct Named {
    session: Apart,
    connection: Connection,
}

/// Waits for the lock. `None` where such locks do not hold: the server has none after all, or a pooler
/// gives each statement another session.
pub(super) async fn acquire(
    connection: &Connection,
    mut session: Apart,
    wait: &Wait,
) -> Result<Option<Named>> {
    for round in 0.. {
        match session.ask(Question::TryLock(NAME)).await {
            Ok(answer) => match number(&answer)? {
                1 => break,
                0 => {}
                _ => return Ok(None),
            },
            Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(None),
            Err(error) => return Err(error),
        }
        if !wait.pause(round).await? {
            let holder = session.ask(Question::LockHolder(NAME)).await?;
            return Err(wait.over(
                connection,
                &describe(&holder),
                "wait for it, or end its session on the server: the lock goes with it",
            ));
        }
    }
    // more than once: a pooler may give the same session by chance
    for _ in 0..3 {
        if number(&session.ask(Question::HoldsLock(NAME)).await?)? != 1 {
            return Ok(None);
        }
    }
    Ok(Some(Named { session, connection: connection.clone() }))
}

/// Who it is, as far as the server tells.
fn describe(holder: &[OwnedRow]) -> String {
    let Some(values) = holder.first().map(OwnedRow::values) else {
        return "it has just been given back".to_owned();
    };
    let text = |index: usize| match values.get(index) {
        Some(eloquent_core::value::Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let mut described = format!("session {} of the server", text(0).unwrap_or("?"));
    if let Some(user) = text(1) {
        described += &format!(", user `{user}`");
    }
    if let Some(host) = text(2) {
        described += &format!(", from {host}");
    }
    if let Some(eloquent_core::value::Value::I64(seconds)) = values.get(3) {
        described += &format!(", for {seconds} s");
    }
    described
}

#[async_trait]
impl Lock for Named {
    async fn verify(&mut self) -> Result<()> {
        match self.session.ask(Question::HoldsLock(NAME)).await {
            Ok(answer) if number(&answer)? == 1 => Ok(()),
            Ok(_) => Err(lost(&self.connection)),
            Err(error) => Err(lost(&self.connection).with_source(error)),
        }
    }

    async fn release(mut self: Box<Self>) -> Result<()> {
        match number(&self.session.ask(Question::Unlock(NAME)).await?)? {
            1 => Ok(()),
            _ => Err(lost(&self.connection)),
        }
    }
}
