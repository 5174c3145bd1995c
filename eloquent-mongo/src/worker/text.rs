//! Commands of scripts.

use eloquent_core::Result;
use mongodb::Database;
use mongodb::bson::Document;

use super::Worker;
use super::transaction::Patience;
use crate::error::{of_connect, of_statement};
use crate::script;

/// Runs a command outside of transactions.
pub(super) async fn run(db: &Database, command: Document) -> Result<()> {
    Worker::send(db, None, command).await.map_err(Fault::into_error)
}

/// Why a command failed: the client says so, or the reply does.
enum Fault {
    Client(mongodb::error::Error, Option<String>),
    Told(eloquent_core::Error),
}

impl Fault {
    fn into_error(self) -> eloquent_core::Error {
        match self {
            Fault::Client(failed, Some(collection)) => of_statement(&failed, &collection),
            Fault::Client(failed, None) => of_connect(&failed),
            Fault::Told(error) => error,
        }
    }
}

impl Worker {
    /// Runs a command of a script, in the transaction if there is one.
    pub(super) async fn text(&mut self, command: Document) -> Result<()> {
        let db = self.live.db.clone();
        let Some(open) = &mut self.open else { return run(&db, command).await };
        open.ready(true)?;
        let mut patience = Patience::new();
        let outcome = loop {
            match Self::send(&db, Some(&mut open.session), command.clone()).await {
                Err(Fault::Client(failed, _))
                    if open.begins_again(&failed, &mut patience).await => {}
                outcome => break outcome,
            }
        };
        open.note(outcome.is_ok());
        outcome.map_err(Fault::into_error)
    }

    async fn send(
        db: &Database,
        session: Option<&mut mongodb::ClientSession>,
        command: Document,
    ) -> Result<(), Fault> {
        let collection = script::collection(&command).map(str::to_owned);
        let (command, is_for_admin) = script::qualified(command, db.name());
        let admin;
        let on = match is_for_admin {
            true => {
                admin = db.client().database("admin");
                &admin
            }
            false => db,
        };
        let sent = on.run_command(command);
        let reply = match session {
            Some(session) => sent.session(session).await,
            None => sent.await,
        };
        let reply = reply.map_err(|failed| Fault::Client(failed, collection.clone()))?;
        script::check(&reply).map_err(|error| {
            Fault::Told(match collection {
                Some(collection) => error.with_table(collection),
                None => error,
            })
        })
    }
}
