//! A session around another one.

use std::sync::Arc;

use eloquent_core::driver::{
    Affected, Capabilities, Concerns, Fetched, Now, Object, Question, Session, TransactionOptions,
};
use eloquent_core::row::{OwnedRow, RowSink};
use eloquent_core::schema::{SchemaChange, TableInfo, TableSummary};
use eloquent_core::statement::{ScriptPart, Statement};
use eloquent_core::{Error, ErrorKind, Result, async_trait};

use super::Step;
use super::limits;
use super::state::{State, Took};

#[derive(Debug)]
pub(super) struct Wrapped {
    /// The wrapped session; gone when it is lost.
    inner: Option<Box<dyn Session>>,
    state: Arc<State>,
    driver: &'static str,
    capabilities: Capabilities,
    /// Whether a transaction is, or may be, open.
    open: bool,
}

fn lost() -> Error {
    Error::new(ErrorKind::ConnectionLost, "the wrapper lost the session")
}

impl Wrapped {
    pub(super) fn new(
        inner: Box<dyn Session>,
        state: Arc<State>,
        driver: &'static str,
        capabilities: Capabilities,
    ) -> Self {
        state.count(|counts| counts.opened += 1);
        Wrapped { inner: Some(inner), state, driver, capabilities, open: false }
    }

    fn set_open(&mut self, open: bool) {
        if self.open != open {
            self.open = open;
            self.state.count(|counts| match open {
                true => counts.in_transaction += 1,
                false => counts.in_transaction -= 1,
            });
        }
    }

    /// A lost session is closed, and with it what it had open.
    fn lose(&mut self) {
        self.inner = None;
        self.set_open(false);
    }

    fn keep<T>(&mut self, took: Took<T>) -> Result<T> {
        if took.lost {
            self.lose();
        }
        took.outcome
    }

    fn check(&self, statement: &Statement) -> Result<()> {
        limits::check(statement, self.capabilities, self.driver)
    }

    fn counted(&self, mut affected: Affected) -> Affected {
        affected.last_id = affected.last_id.filter(|_| self.capabilities.last_insert_id);
        affected
    }

    fn text(&self, statement: &Statement) -> String {
        match self.inner.as_ref().map(|inner| inner.render(statement)) {
            Some(Ok(text)) => text,
            Some(Err(error)) => error.to_string(),
            None => String::new(),
        }
    }
}

/// Takes a step on the wrapped session.
macro_rules! step {
    ($self:ident, $step:expr, $depth:expr, $text:expr, |$inner:ident| $call:expr) => {{
        let taken = $self.state.step($step, $depth, $text);
        let took = match &mut $self.inner {
            Some($inner) => taken.around($call).await,
            None => return Err(lost()),
        };
        $self.keep(took)
    }};
}

#[async_trait]
impl Session for Wrapped {
    fn try_now(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<Now> {
        self.check(statement)?;
        if !self.state.is_quiet() {
            return Ok(Now::Later);
        }
        let now = self.inner.as_mut().ok_or_else(lost)?.try_now(statement, sink);
        if !matches!(now, Ok(Now::Later)) {
            self.state.step(Step::Statement, 0, || self.text(statement));
        }
        Ok(match now? {
            Now::Done(affected) => Now::Done(self.counted(affected)),
            Now::Later => Now::Later,
        })
    }

    fn set_concerns(&mut self, concerns: &Concerns) -> Result<()> {
        self.inner.as_mut().ok_or_else(lost)?.set_concerns(concerns)
    }

    async fn fetch(&mut self, statement: &Statement, sink: Box<dyn RowSink>) -> Result<Fetched> {
        self.check(statement)?;
        let text = || self.text(statement);
        let fetched: Result<Fetched> =
            step!(self, Step::Statement, 0, text, |inner| inner.fetch(statement, sink));
        fetched.map(|fetched| Fetched { affected: self.counted(fetched.affected), ..fetched })
    }

    async fn execute(&mut self, statement: &Statement) -> Result<Affected> {
        self.check(statement)?;
        let text = || self.text(statement);
        let affected = step!(self, Step::Statement, 0, text, |inner| inner.execute(statement));
        affected.map(|affected| self.counted(affected))
    }

    async fn alter(&mut self, change: &SchemaChange) -> Result<()> {
        self.capabilities.check_change(change, self.driver)?;
        step!(self, Step::Alter, 0, || format!("{change:?}"), |inner| inner.alter(change))
    }

    async fn inspect_tables(&mut self) -> Result<Vec<TableSummary>> {
        step!(self, Step::Explain, 0, || "tables".to_owned(), |inner| inner.inspect_tables())
    }

    async fn inspect_table(&mut self, name: &str) -> Result<Option<TableInfo>> {
        step!(self, Step::Explain, 0, || name.to_owned(), |inner| inner.inspect_table(name))
    }

    fn split(&self, script: &str) -> Result<Vec<ScriptPart>> {
        self.inner.as_ref().ok_or_else(lost)?.split(script)
    }

    fn render_change(&self, change: &SchemaChange) -> Result<Vec<String>> {
        self.inner.as_ref().ok_or_else(lost)?.render_change(change)
    }

    async fn run_text(&mut self, text: &str) -> Result<()> {
        step!(self, Step::Alter, 0, || text.to_owned(), |inner| inner.run_text(text))
    }

    async fn ask(&mut self, question: Question<'_>) -> Result<Vec<OwnedRow>> {
        step!(self, Step::Explain, 0, || format!("{question:?}"), |inner| inner.ask(question))
    }

    async fn ready_to_migrate(&mut self, in_transaction: bool) -> Result<()> {
        let text = || "ready to migrate".to_owned();
        step!(self, Step::Explain, 0, text, |inner| inner.ready_to_migrate(in_transaction))
    }

    fn drop_all(&self, objects: &[Object]) -> Result<Vec<String>> {
        self.inner.as_ref().ok_or_else(lost)?.drop_all(objects)
    }

    async fn begin(&mut self, depth: u32, options: TransactionOptions) -> Result<()> {
        limits::check_depth(depth, self.capabilities, self.driver)?;
        self.set_open(true);
        let taken = self.state.step(Step::Begin, depth, String::new);
        let inner = self.inner.as_mut().ok_or_else(lost)?;
        let took = taken.around(inner.begin(depth, options)).await;
        if took.outcome.is_err() && !took.happened && depth == 0 {
            self.set_open(false);
        }
        self.keep(took)
    }

    async fn commit(&mut self, depth: u32) -> Result<()> {
        limits::check_depth(depth, self.capabilities, self.driver)?;
        let done = step!(self, Step::Commit, depth, String::new, |inner| inner.commit(depth));
        if done.is_ok() && depth == 0 {
            self.set_open(false);
        }
        done
    }

    async fn rollback(&mut self, depth: u32) -> Result<()> {
        limits::check_depth(depth, self.capabilities, self.driver)?;
        let done = step!(self, Step::Rollback, depth, String::new, |inner| inner.rollback(depth));
        if done.is_ok() && depth == 0 {
            self.set_open(false);
        }
        done
    }

    async fn ids_follow(&mut self, table: &str) -> Result<bool> {
        step!(self, Step::Explain, 0, || table.to_owned(), |inner| inner.ids_follow(table))
    }

    async fn settle(&mut self) -> Result<()> {
        step!(self, Step::Settle, 0, String::new, |inner| inner.settle())
    }

    async fn reset(&mut self) -> Result<()> {
        let done = step!(self, Step::Reset, 0, String::new, |inner| inner.reset());
        if done.is_ok() {
            self.set_open(false);
        }
        done
    }

    async fn ping(&mut self) -> Result<()> {
        step!(self, Step::Ping, 0, String::new, |inner| inner.ping())
    }

    fn is_broken(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| inner.is_broken())
    }

    fn render(&self, statement: &Statement) -> Result<String> {
        self.check(statement)?;
        self.inner.as_ref().ok_or_else(lost)?.render(statement)
    }

    async fn explain(&mut self, statement: &Statement) -> Result<String> {
        self.check(statement)?;
        let text = || self.text(statement);
        step!(self, Step::Explain, 0, text, |inner| inner.explain(statement))
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        self.set_open(false);
        self.state.count(|counts| counts.closed += 1);
    }
}
