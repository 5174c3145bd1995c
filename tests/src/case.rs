//! A case: an async function with a name and what it needs of a database.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use eloquent_core::driver::{Capabilities, Family};
use eloquent_core::{Error, ErrorKind, Result};
use libtest_mimic::{Completion, Failed, Trial};

use crate::Target;

/// How long a case may take before it counts as hung.
const DEADLINE: Duration = Duration::from_secs(180);

/// The outcome of a case that did not panic.
pub type Outcome = Result<(), Stop>;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why a case ended early.
#[derive(Debug)]
pub enum Stop {
    /// Something failed that should not have.
    Failed(Error),
    /// The database lacks what the case is about, and said so. Only a document database may: a
    /// relational one lacks nothing but what its capabilities say.
    Lacking(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Failed(error)
    }
}

/// Ends the case without a failure when the database said that it lacks something for which there is
/// no capability.
///
/// # Errors
/// Every other error.
pub fn or_lacking<T>(outcome: Result<T>) -> Result<T, Stop> {
    outcome.map_err(|error| match error.kind() {
        ErrorKind::Unsupported => Stop::Lacking(error.message().to_owned()),
        _ => Stop::Failed(error),
    })
}

/// What a case needs of a database, in the words of its capabilities.
#[derive(Clone, Copy)]
pub struct Need {
    /// What is missing where it does not hold: "the driver …".
    pub otherwise: &'static str,
    /// Whether it holds.
    pub holds: fn(&Capabilities) -> bool,
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Need").field(&self.otherwise).finish()
    }
}

macro_rules! needs {
    ($($name:ident $opposite:ident $field:ident $text:literal;)+) => {$(
        #[doc = concat!("There is ", $text, ".")]
        pub const $name: Need =
            Need { otherwise: concat!("lacks ", $text), holds: |capabilities| capabilities.$field };
        #[doc = concat!("There is no ", $text, ": the case is about the refusal.")]
        pub const $opposite: Need =
            Need { otherwise: concat!("has ", $text), holds: |capabilities| !capabilities.$field };
    )+};
}

needs! {
    TRANSACTIONS NO_TRANSACTIONS transactions "transactions";
    SAVEPOINTS NO_SAVEPOINTS savepoints "savepoints";
    RETURNING NO_RETURNING returning "rows of writes";
    RETURNING_UPDATES NO_RETURNING_UPDATES returning_updates "rows of updates";
    LAST_INSERT_ID NO_LAST_INSERT_ID last_insert_id "the number of the last insert";
    UPSERT NO_UPSERT upsert "upserts";
    NESTED_UPDATES NO_NESTED_UPDATES nested_updates "changes of a part of a column";
    JOINS NO_JOINS joins "joins";
    ROW_LOCKS NO_ROW_LOCKS row_locks "row locks";
    PARTIAL_INDEXES NO_PARTIAL_INDEXES partial_indexes "indexes over a part of the rows";
    EXPRESSION_INDEXES NO_EXPRESSION_INDEXES expression_indexes "indexes over expressions";
    COMMENTS NO_COMMENTS comments "comments";
    ARRAYS NO_ARRAYS arrays "lists of a type of the database";
    VIRTUAL_COLUMNS NO_VIRTUAL_COLUMNS virtual_columns "generated columns that are not stored";
    TRANSACTIONAL_DDL NO_TRANSACTIONAL_DDL transactional_ddl "schema changes in transactions";
    NAMED_LOCKS NO_NAMED_LOCKS named_locks "locks by name";
    SINGLE_WRITER NO_SINGLE_WRITER single_writer "one writer at a time";
}

/// It keeps rows in tables.
pub const RELATIONAL: Need =
    Need { otherwise: "keeps documents", holds: |c| c.family == Family::Relational };
/// It keeps documents in collections.
pub const DOCUMENT: Need =
    Need { otherwise: "keeps rows", holds: |c| c.family == Family::Document };
/// One statement binds a limited number of values.
pub const LIMITED_BINDS: Need =
    Need { otherwise: "binds any number of values", holds: |c| c.max_binds < 1_000_000 };

/// What a case runs on: an open connection and what belongs to it.
pub trait Bench: Clone + Send + Sync + 'static {
    /// The name of the suite.
    const SUITE: &'static str;

    /// Opens what the target says.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn open(target: &Target) -> impl Future<Output = Result<Self>> + Send;

    /// What the database can do.
    fn capabilities(&self) -> Capabilities;

    /// Runs a case, in the scope that it expects.
    fn scope<F: Future + Send>(&self, case: F) -> impl Future<Output = F::Output> + Send {
        case
    }

    /// Removes what the case has left and closes the connection.
    ///
    /// # Errors
    /// When closing fails.
    fn close(self) -> impl Future<Output = Result<()>> + Send;
}

/// A case of a suite.
#[derive(Debug)]
pub struct Case<B> {
    name: &'static str,
    needs: &'static [Need],
    run: fn(B) -> BoxFuture<Outcome>,
}

impl<B: Bench> Case<B> {
    /// A case. Made by the table at the top of each module.
    pub const fn new(
        name: &'static str,
        needs: &'static [Need],
        run: fn(B) -> BoxFuture<Outcome>,
    ) -> Self {
        Case { name, needs, run }
    }

    /// What it needs.
    pub fn needs(&self) -> &'static [Need] {
        self.needs
    }

    /// The case against a target, as the test runner wants it.
    pub(crate) fn trial(&'static self, module: &str, target: &Target) -> Trial {
        let name = format!("{}::{}::{module}::{}", target.name(), B::SUITE, self.name);
        let target = target.clone();
        Trial::ignorable_test(name, move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()?;
            let within = tokio::time::timeout;
            runtime.block_on(async {
                match within(DEADLINE, self.against(&target)).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(format!("took longer than {DEADLINE:?}").into()),
                }
            })
        })
    }

    async fn against(&self, target: &Target) -> Result<Completion, Failed> {
        let bench = B::open(target).await?;
        let capabilities = bench.capabilities();
        if let Some(need) = self.needs.iter().find(|need| !(need.holds)(&capabilities)) {
            bench.close().await?;
            return Ok(Completion::ignored_with(format!("the driver {}", need.otherwise)));
        }
        match bench.scope((self.run)(bench.clone())).await {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error.into()),
            Err(Stop::Lacking(what)) if capabilities.family == Family::Relational => {
                return Err(format!("no capability says so, but: {what}").into());
            }
            Err(Stop::Lacking(what)) => {
                bench.close().await?;
                return Ok(Completion::ignored_with(what));
            }
        }
        bench.close().await?;
        Ok(Completion::Completed)
    }
}

/// The table of a module's cases, each with what it needs: `cases![Contract: plain, undone[ROLLBACK]]`.
/// A function that is left out of it is unused, which the compiler reports.
macro_rules! cases {
    ($bench:ty: $($name:ident $([$($need:ident),+])?),+ $(,)?) => {
        pub(crate) const CASES: &[$crate::case::Case<$bench>] = &[$(
            $crate::case::Case::new(
                stringify!($name),
                &[$($($crate::case::$need),+)?],
                |bench| Box::pin($name(bench)),
            )
        ),+];
    };
}

pub(crate) use cases;
