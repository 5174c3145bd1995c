//! How the server would run a statement.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind, Result};
use tokio_postgres::SimpleQueryMessage;

use crate::error::{error, in_statement};
use crate::open::Opened;
use crate::session::PgSession;
use crate::verb;

impl PgSession {
    /// The plan of a statement with so many binds. It is the one for any values: the one for given values
    /// would show them.
    ///
    /// # Errors
    /// What the server reports, or that it does not explain such statements.
    pub(crate) async fn plan(&mut self, statement: &Compiled, binds: usize) -> Result<String> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if !verb::is_lasting(statement.sql()) {
            return Err(Error::unsupported("a plan of this statement", crate::error::DRIVER));
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("eloquent_plan_{}_{number}", std::process::id());
        // a pooler in between keeps to one session of the server for a transaction only
        let alone = !self.is_in_transaction();
        if alone {
            self.text("BEGIN", statement).await?;
        }
        let plan = self.plan_of(&name, statement, binds).await;
        if alone {
            self.text("ROLLBACK", statement).await?;
        }
        plan
    }

    async fn plan_of(&mut self, name: &str, statement: &Compiled, binds: usize) -> Result<String> {
        let prepare = format!("PREPARE {name} AS {}", statement.sql());
        self.in_flight = true;
        // not as plain text, in which a second statement might follow
        let Opened { client, line, .. } = &self.opened;
        let prepared = line.run(pin!(client.execute_typed(&prepare, &[]))).await;
        self.end(prepared).map_err(|cause| in_statement(&cause, statement))?;
        let values = match binds {
            0 => String::new(),
            binds => format!("({})", vec!["NULL"; binds].join(", ")),
        };
        self.text(
            &format!(
                "SET LOCAL plan_cache_mode = force_generic_plan; EXPLAIN EXECUTE {name}{values}; \
                 SET LOCAL plan_cache_mode TO DEFAULT; DEALLOCATE {name}"
            ),
            statement,
        )
        .await
    }

    /// Sends text, and puts the lines of the answer together.
    async fn text(&mut self, sql: &str, statement: &Compiled) -> Result<String> {
        self.in_flight = true;
        let Opened { client, line, .. } = &self.opened;
        let outcome = line.run(pin!(client.simple_query(sql))).await;
        let messages = self.end(outcome).map_err(|cause| in_statement(&cause, statement))?;
        let mut text = String::new();
        for message in messages {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let line = row.try_get(0).ok().flatten();
            let line = line.ok_or_else(|| error(ErrorKind::Decode, "the plan has no text"))?;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        Ok(text)
    }
}
