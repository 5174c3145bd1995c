//! What a migration works with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::{Capabilities, Family, Question};
use eloquent_core::schema::SchemaChange;
use eloquent_core::statement::{Effect, RawSql, ScriptPart, Statement};
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::Mutex;

use super::journal::Journal;
use super::lock::Held;
use super::stop::Stop;
use crate::database::{Apart, Executor};
use crate::schema::Schema;

/// The connection that is being migrated, as a migration sees it. Its steps run on one session, in the
/// transaction of the migration if it has one.
///
/// Changes of the schema go through [`schema`](Self::schema), other statements through
/// [`execute`](Self::execute) and [`script`](Self::script). Queries through models take part in the
/// transaction as well. They are not steps: where there is none, write rows with one of the other two, so
/// that it is recorded which are written.
pub struct MigrationContext(Arc<Inside>);

/// What the context and the schemas that it hands out have in common.
pub(super) struct Inside {
    pub(super) executor: Executor,
    pub(super) capabilities: Capabilities,
    /// To take scripts apart with.
    pub(super) reader: Arc<Mutex<Apart>>,
    pub(super) stop: Stop,
    pub(super) state: Mutex<Steps>,
}

/// How far a migration is.
pub(super) struct Steps {
    pub(super) taken: usize,
    /// How many there are; 0 when that is not known.
    pub(super) of: usize,
    /// How long each may take; `None` as long as it needs.
    pub(super) bound: Option<Duration>,
    pub(super) mode: Mode,
}

/// What is done beside a step.
pub(super) enum Mode {
    /// Nothing is written.
    Pretend,
    /// All steps are one transaction.
    Whole,
    /// Each step is recorded, after a look at the lock.
    Each { journal: Box<Journal>, held: Arc<Held> },
    /// The migration has ended.
    Over,
}

/// A step.
pub(super) enum Step<'s> {
    Text(&'s ScriptPart),
    Raw(RawSql, Effect),
    Change(&'s SchemaChange),
}

impl Step<'_> {
    /// What it does to the transaction around it.
    pub(super) fn effect(&self, capabilities: &Capabilities) -> Effect {
        match self {
            Step::Text(part) => part.effect,
            Step::Raw(_, effect) => *effect,
            Step::Change(_) if capabilities.transactional_ddl => Effect::Plain,
            Step::Change(_) => Effect::Commits,
        }
    }

    /// Runs it, for no longer than it may. What has taken longer is cancelled on the server.
    pub(super) async fn run(&self, on: &Executor, bound: Option<Duration>) -> Result<u64> {
        let Some(bound) = bound else { return self.send(on).await };
        let Ok(outcome) = tokio::time::timeout(bound, self.send(on)).await else {
            // whatever is asked next settles the session first, which ends what runs on it
            let _ = on.ask(Question::Clock).await;
            let message = format!("it took longer than {} and was given up", seconds(bound));
            return Err(Error::new(ErrorKind::Timeout, message)
                .with_hint("give it more time with `--step-timeout`, or none to let it end"));
        };
        outcome
    }

    async fn send(&self, on: &Executor) -> Result<u64> {
        match self {
            Step::Text(part) => on.run_text(&part.text).await.map(|()| 0),
            Step::Raw(raw, _) => Ok(on.execute(&Statement::Raw(raw.clone())).await?.rows),
            Step::Change(change) => on.alter(change).await.map(|()| 0),
        }
    }
}

fn seconds(bound: Duration) -> String {
    format!("{} s", bound.as_secs_f64())
}

impl MigrationContext {
    pub(super) fn new(
        executor: Executor,
        capabilities: Capabilities,
        reader: Arc<Mutex<Apart>>,
        stop: Stop,
        steps: Steps,
    ) -> Self {
        let state = Mutex::new(steps);
        MigrationContext(Arc::new(Inside { executor, capabilities, reader, stop, state }))
    }

    /// Ends it: what somebody has kept of it takes no more steps.
    pub(super) async fn end(self) -> Steps {
        let mut steps = self.0.state.lock().await;
        let mode = std::mem::replace(&mut steps.mode, Mode::Over);
        Steps { taken: steps.taken, of: steps.of, bound: steps.bound, mode }
    }

    /// The name of the connection.
    pub fn connection(&self) -> &str {
        self.0.executor.connection().name()
    }

    /// The name of its driver.
    pub fn driver(&self) -> &'static str {
        self.0.executor.connection().driver()
    }

    /// What the database can do.
    pub fn capabilities(&self) -> Capabilities {
        self.0.capabilities
    }

    /// Runs a statement in the language of the database; `?` stands for a bound value. Gives the number of
    /// rows that it wrote.
    ///
    /// # Errors
    /// What the database reports, and a statement that begins or ends a transaction.
    pub async fn execute(&self, sql: impl Into<RawSql>) -> Result<u64> {
        let sql = sql.into();
        let parts = self.0.reader.lock().await.split(sql.text())?;
        if self.0.capabilities.family == Family::Document {
            return Err(Error::unsupported("a statement with bound values", self.driver())
                .with_hint("run commands with `script`, and change the schema with `schema`"));
        }
        match parts.as_slice() {
            // what the client library would have to prepare, some servers refuse
            [part] if sql.binds().is_empty() && part.effect != Effect::Plain => {
                self.0.step(Step::Text(part)).await
            }
            [part] => {
                let effect = part.effect;
                self.0.step(Step::Raw(sql, effect)).await
            }
            parts => Err(Error::invalid(format!("the text has {} statements", parts.len()))
                .with_hint("run one at a time, or a script with `script`")),
        }
    }

    /// Runs the statements of a script one after the other, each as a step.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn script(&self, text: &str) -> Result<()> {
        let parts = self.0.reader.lock().await.split(text)?;
        for part in &parts {
            self.0.step(Step::Text(part)).await?;
        }
        Ok(())
    }

    /// The schema of the connection: each change that is made through it is a step.
    ///
    /// ```
    /// # use eloquent::migration::{Migration, MigrationContext, async_trait};
    /// # struct CreateUsers;
    /// # #[async_trait]
    /// # impl Migration for CreateUsers {
    /// # fn name(&self) -> &str { "20260101090000_create_users" }
    /// async fn up(&self, db: &MigrationContext) -> eloquent::Result<()> {
    ///     let users = db.schema().create("users", |t| {
    ///         t.id();
    ///         t.string("email", 255).unique();
    ///         t.timestamps();
    ///     });
    ///     users.await
    /// }
    ///
    /// async fn down(&self, db: &MigrationContext) -> eloquent::Result<()> {
    ///     db.schema().drop("users").await
    /// }
    /// # }
    /// ```
    pub fn schema(&self) -> Schema {
        Schema::by(self.0.clone())
    }
}

#[async_trait]
impl crate::schema::Steps for Inside {
    async fn alter(&self, change: &SchemaChange) -> Result<()> {
        self.step(Step::Change(change)).await.map(drop)
    }

    fn executor(&self) -> Executor {
        self.executor.clone()
    }
}

impl Inside {
    async fn step(&self, step: Step<'_>) -> Result<u64> {
        let mut steps = self.state.lock().await;
        self.stop.check()?;
        steps.taken += 1;
        let (number, of, bound) = (steps.taken, steps.of, steps.bound);
        let outcome = match (step.effect(&self.capabilities), &mut steps.mode) {
            (_, Mode::Over) => return Err(Error::invalid("the migration is over")),
            (Effect::Refused(why), _) => Err(Error::invalid(format!("the statement {why}"))),
            (Effect::Outside, Mode::Whole) => Err(outside()),
            (_, Mode::Pretend | Mode::Whole) => step.run(&self.executor, bound).await,
            (effect, Mode::Each { journal, held }) => {
                held.verify().await?;
                journal.step(number, effect, &step, self, bound).await
            }
        };
        outcome.map_err(|error| at_step(error, number, of, &step))
    }
}

/// The error of a statement that a transaction is around.
pub(super) fn outside() -> Error {
    Error::invalid("the statement does not run inside a transaction").with_hint(
        "write `-- eloquent: no-transaction` on the first line of the file, or return false from \
         `is_transactional`",
    )
}

/// Says which step failed. The text itself may hold a secret: only how it begins is shown.
fn at_step(error: Error, number: usize, of: usize, step: &Step<'_>) -> Error {
    let of = if of > 0 { format!(" of {of}") } else { String::new() };
    let place = match step {
        Step::Text(part) if part.line > 1 || of.len() > 1 => {
            format!(", line {}, `{}`", part.line, beginning(&part.text))
        }
        Step::Text(part) => format!(", `{}`", beginning(&part.text)),
        Step::Raw(raw, _) => format!(", `{}`", beginning(raw.text())),
        Step::Change(_) => String::new(),
    };
    in_place(error, &format!("step {number}{of}{place}"))
}

/// The error with where it happened in front of what happened.
pub(crate) fn in_place(error: Error, place: &str) -> Error {
    let hint = error.hint().map(str::to_owned);
    reworded(error, |message| format!("{place}: {message}"), hint)
}

/// The error with one more hint behind its own.
pub(super) fn with_more(error: Error, more: String) -> Error {
    let hint = match error.hint() {
        Some(own) => format!("{own}; {more}"),
        None => more,
    };
    reworded(error, str::to_owned, Some(hint))
}

fn reworded(error: Error, message: impl Fn(&str) -> String, hint: Option<String>) -> Error {
    let mut placed = Error::new(error.kind(), message(error.message()));
    let own = |text: Option<&str>| text.map(str::to_owned);
    if let Some(name) = own(error.connection()) {
        placed = placed.with_connection(name);
    }
    if let Some(name) = own(error.driver()) {
        placed = placed.with_driver(name);
    }
    if let Some(name) = own(error.table()) {
        placed = placed.with_table(name);
    }
    if let Some(name) = own(error.column()) {
        placed = placed.with_column(name);
    }
    if let Some(name) = own(error.constraint()) {
        placed = placed.with_constraint(name);
    }
    if let Some(hint) = hint {
        placed = placed.with_hint(hint);
    }
    if let Some(model) = error.model() {
        placed = placed.with_model(model);
    }
    placed.with_source(error)
}

fn beginning(text: &str) -> String {
    // of a command in JSON, its name
    if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.split('"').nth(1)) {
        return format!("{{\"{}\" …", name.chars().take(48).collect::<String>());
    }
    let line = text.lines().next().unwrap_or_default();
    let end = line.find(['\'', '"', '$']).unwrap_or(line.len());
    let shown: String = line[..end].chars().take(48).collect();
    if shown.len() < text.len() { format!("{} …", shown.trim_end()) } else { shown }
}

impl fmt::Debug for MigrationContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrationContext")
            .field("connection", &self.executor.connection().name())
            .finish_non_exhaustive()
    }
}
