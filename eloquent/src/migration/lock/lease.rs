//! A lock as a row: with an owner, an end by the clock of the server, and a number that grows with each
//! owner. Who holds it moves the end on; who died lets it pass. What an owner writes after it was
//! overtaken changes nothing, because each row of the history names the run that may write it.

use std::sync::Arc;
use std::time::Duration;

use eloquent_core::driver::Question;
use eloquent_core::row::OwnedRow;
use eloquent_core::schema::{Column, ColumnType, SchemaChange, TableDefinition};
use eloquent_core::statement::{
    ArithmeticOperator, Assignment, ColumnRef, CompareOperator, Delete, Expression, Insert,
    Predicate, Projection, Select, Source, Statement, Update,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, ErrorKind, Result, async_trait};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::{Lock, NAME, Wait, lost};
use crate::database::{Apart, Connection, Executor};
use crate::migration::tracker::{exists, number};
use crate::query::rows_of;

/// The table.
pub(in crate::migration) const TABLE: &str = "eloquent_migration_lock";
/// How long a lease lasts that nobody moves on, in milliseconds.
const LASTS: i64 = 2_000;
/// How often it is moved on.
const BEAT: Duration = Duration::from_millis(400);

fn columns() -> [Column; 5] {
    [
        // `id`, so that no other row can be there from the start: a database of documents has only that key
        Column::new("id", ColumnType::String { length: 64 }),
        Column::new("owner", ColumnType::String { length: 64 }),
        Column::new("holder", ColumnType::String { length: 190 }),
        Column::new("fence", ColumnType::I64),
        Column::new("ends_at", ColumnType::I64),
    ]
}

fn column(name: &'static str) -> ColumnRef {
    let ty = columns().into_iter().find(|column| column.name == name).map(|column| column.ty);
    ColumnRef { source: Source(0), name: name.into(), ty }
}

fn compare(name: &'static str, operator: CompareOperator, with: Value) -> Predicate {
    Predicate::Compare(Expression::Column(column(name)), operator, Expression::Value(with))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn ours(owner: &str) -> Vec<Predicate> {
    let equal = CompareOperator::Equal;
    vec![compare("id", equal, text(NAME)), compare("owner", equal, text(owner))]
}

fn update(assignments: Vec<(&'static str, Expression)>, filter: Vec<Predicate>) -> Statement {
    let assign = |(name, value)| Assignment { column: column(name), value };
    Statement::Update(Update {
        table: TABLE.into(),
        assignments: assignments.into_iter().map(assign).collect(),
        filter,
        all: false,
        by_key: true,
        returning: None,
    })
}

fn delete(filter: Vec<Predicate>) -> Statement {
    Statement::Delete(Delete {
        table: TABLE.into(),
        filter,
        all: false,
        by_key: true,
        returning: None,
    })
}

#[derive(Debug)]
pub(super) struct Lease {
    session: Arc<Mutex<Apart>>,
    connection: Connection,
    owner: String,
    heart: JoinHandle<()>,
}

async fn create(connection: &Connection, session: &mut Apart) -> Result<()> {
    if exists(session, TABLE).await? {
        return Ok(());
    }
    let change = SchemaChange::CreateTable(TableDefinition {
        name: TABLE.into(),
        columns: columns().to_vec(),
        key: vec!["id".into()],
        if_not_exists: true,
        ..TableDefinition::default()
    });
    let created = Executor::Connection(connection.clone(), None).alter(&change).await;
    match created {
        // two that create it at the same time may get in each other's way, "if not exists" or not
        Err(error) => match exists(session, TABLE).await? {
            true => Ok(()),
            false => Err(error),
        },
        Ok(()) => Ok(()),
    }
}

/// Waits for the lease.
pub(super) async fn acquire(
    connection: &Connection,
    mut session: Apart,
    wait: &Wait,
) -> Result<Lease> {
    create(connection, &mut session).await?;
    let holder: String = wait.actor.chars().take(190).collect();
    for round in 0.. {
        let now = number(&session.ask(Question::Clock).await?)?;
        if take(&mut session, now, &wait.run, &holder).await? {
            break;
        }
        if !wait.pause(round).await? {
            let who = match read(connection).await? {
                Some(lease) => lease.describe(now),
                None => "it has just been given back".to_owned(),
            };
            let remedy = "wait for it; a lease whose owner has died ends by itself";
            return Err(wait.over(connection, &who, remedy));
        }
    }
    let session = Arc::new(Mutex::new(session));
    let heart = tokio::spawn(beat(session.clone(), wait.run.clone()));
    Ok(Lease { session, connection: connection.clone(), owner: wait.run.clone(), heart })
}

async fn take(session: &mut Apart, now: i64, owner: &str, holder: &str) -> Result<bool> {
    let ends_at = Value::I64(now + LASTS);
    let insert = Statement::Insert(Insert {
        table: TABLE.into(),
        columns: columns().into_iter().map(|column| column.name).collect(),
        values: vec![text(NAME), text(owner), text(holder), Value::I64(1), ends_at.clone()],
        conflict: None,
        returning: None,
    });
    match session.execute(&insert).await {
        Ok(_) => return Ok(true),
        Err(error) if error.kind() == ErrorKind::UniqueViolation => {}
        // somebody else was faster on another server
        Err(error) if error.is_retryable() => return Ok(false),
        Err(error) => return Err(error),
    }
    let next = Expression::Arithmetic(
        Box::new(Expression::Column(column("fence"))),
        ArithmeticOperator::Add,
        Box::new(Expression::Value(Value::I64(1))),
    );
    let values = vec![
        ("owner", Expression::Value(text(owner))),
        ("holder", Expression::Value(text(holder))),
        ("fence", next),
        ("ends_at", Expression::Value(ends_at)),
    ];
    let passed = vec![
        compare("id", CompareOperator::Equal, text(NAME)),
        compare("ends_at", CompareOperator::Less, Value::I64(now)),
    ];
    match session.execute(&update(values, passed)).await {
        Err(error) if error.is_retryable() => Ok(false),
        taken => Ok(taken?.rows == 1),
    }
}

/// Moves the end on, if it is still ours: also after it has passed, as long as nobody has taken it.
async fn renew(session: &mut Apart, owner: &str) -> Result<bool> {
    let now = number(&session.ask(Question::Clock).await?)?;
    let ends_at = Expression::Value(Value::I64(now + LASTS));
    Ok(session.execute(&update(vec![("ends_at", ends_at)], ours(owner))).await?.rows == 1)
}

async fn beat(session: Arc<Mutex<Apart>>, owner: String) {
    loop {
        tokio::time::sleep(BEAT).await;
        // whether it is lost is looked at before each step
        let _ = renew(&mut *session.lock().await, &owner).await;
    }
}

#[async_trait]
impl Lock for Lease {
    async fn verify(&mut self) -> Result<()> {
        match renew(&mut *self.session.lock().await, &self.owner).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(lost(&self.connection)),
            Err(error) => Err(lost(&self.connection).with_source(error)),
        }
    }

    async fn release(self: Box<Self>) -> Result<()> {
        self.heart.abort();
        let released = self.session.lock().await.execute(&delete(ours(&self.owner))).await?;
        if released.rows == 1 { Ok(()) } else { Err(lost(&self.connection)) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

/// A row.
struct Row {
    owner: String,
    holder: String,
    fence: i64,
    ends_at: i64,
}

impl Row {
    fn describe(&self, now: i64) -> String {
        format!(
            "{} (lease {}, which ends in {:.1} s unless it is moved on)",
            self.holder,
            self.fence,
            std::time::Duration::from_millis(u64::try_from(self.ends_at - now).unwrap_or_default())
                .as_secs_f64()
        )
    }
}

async fn read(connection: &Connection) -> Result<Option<Row>> {
    let names = ["owner", "holder", "fence", "ends_at"];
    let columns = names.map(|name| Expression::Column(column(name))).to_vec();
    let mut select = Select::new(TABLE, Projection::Expressions(columns));
    select.filter.push(compare("id", CompareOperator::Equal, text(NAME)));
    let on = Executor::Connection(connection.writer(), None);
    let rows = rows_of(&on, &Statement::Select(select)).await?;
    let read = |row: &OwnedRow| {
        let mut row = eloquent_core::row::RowReader::new(row);
        Ok(Row {
            owner: row.read()?,
            holder: row.read()?,
            fence: row.read()?,
            ends_at: row.read()?,
        })
    };
    rows.first().map(read).transpose()
}

/// Removes a lease whose end has passed, and says whose it was.
pub(in crate::migration) async fn unlock(connection: &Connection) -> Result<Option<String>> {
    let mut session = Apart::open(connection).await?;
    if !exists(&mut session, TABLE).await? {
        return Ok(None);
    }
    let now = number(&session.ask(Question::Clock).await?)?;
    let Some(row) = read(connection).await? else { return Ok(None) };
    if row.ends_at >= now {
        let message = format!("the lease is alive: {}", row.describe(now));
        return Err(connection
            .pool()
            .locate(Error::new(ErrorKind::MigrationLocked, message))
            .with_hint("end that process; its lease ends by itself soon after"));
    }
    let mut filter = ours(&row.owner);
    filter.push(compare("ends_at", CompareOperator::Less, Value::I64(now)));
    session.execute(&delete(filter)).await?;
    Ok(Some(row.holder))
}
