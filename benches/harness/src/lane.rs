//! One contender on one database, with its type erased so that all can stand in one list.

use std::{hint::black_box, pin::Pin};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::{
    allocator::{self, Heap},
    clock::{Cost, Stopwatch},
    contender::{Contender, Pool},
    data::{NewUser, Post, USERS, User},
    inputs::{batch, key, limit, new_name, new_names, new_users},
    store::Store,
    workload::{SESSIONS, TASKS, Workload},
};

/// Runs on a task of its own, as a request's handler would, so the lane travels there and back.
pub type Trip<T> = Pin<Box<dyn Future<Output = Result<(Box<dyn Lane>, T)>> + Send>>;

/// A lane that is being put on its database.
pub type Opened = Pin<Box<dyn Future<Output = Result<Box<dyn Lane>>> + Send>>;

pub trait Lane: Send {
    fn name(&self) -> &'static str;
    fn can(&self, workload: Workload) -> bool;
    fn database(&self) -> &str;
    /// What the workload gives back, or, for a write, nothing: the database tells.
    fn answer(self: Box<Self>, workload: Workload) -> Trip<Answer>;
    fn run(self: Box<Self>, workload: Workload, iterations: u32) -> Trip<Sample>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Users(Vec<User>),
    Join(Vec<(User, Post)>),
    Key(i64),
    Written,
}

/// What one operation took, on average over the iterations.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub cost: Cost,
    pub heap: Heap,
}

/// A contender that may enter: its name, and how to put it on a database.
pub struct Entry {
    pub name: &'static str,
    pub open: fn(String) -> Opened,
}

impl Entry {
    pub fn of<C: Contender>() -> Self {
        Self {
            name: C::NAME,
            open: |database| {
                Box::pin(async move {
                    let lane = ContenderLane::<C>::open(database)
                        .await
                        .with_context(|| format!("open {}", C::NAME))?;
                    Ok(Box::new(lane) as Box<dyn Lane>)
                })
            },
        }
    }
}

struct ContenderLane<C: Contender> {
    database: String,
    contender: C,
    pool: C::Pool,
}

impl<C: Contender> Lane for ContenderLane<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn can(&self, workload: Workload) -> bool {
        !C::CANNOT.contains(&workload)
    }

    fn database(&self) -> &str {
        &self.database
    }

    fn answer(mut self: Box<Self>, workload: Workload) -> Trip<Answer> {
        Box::pin(async move {
            self.contender.restart();
            let answer = self.ask(workload).await?;
            Ok((self as Box<dyn Lane>, answer))
        })
    }

    fn run(mut self: Box<Self>, workload: Workload, iterations: u32) -> Trip<Sample> {
        Box::pin(async move {
            // Pages that another connection wrote are read again before the clock starts.
            self.contender.find(1).await?;
            self.contender.restart();
            let sample = self.time(workload, iterations).await?;
            Ok((self as Box<dyn Lane>, sample))
        })
    }
}

impl<C: Contender> ContenderLane<C> {
    async fn open(database: String) -> Result<Self> {
        let contender = C::open(&database).await?;
        let pool = C::Pool::open(&database, SESSIONS).await?;
        Ok(Self { database, contender, pool })
    }

    async fn ask(&mut self, workload: Workload) -> Result<Answer> {
        let contender = &mut self.contender;
        Ok(match workload {
            Workload::SelectOne | Workload::Select100 | Workload::Select10000 => {
                let users = contender.select(limit(workload)).await?;
                Answer::Users(users.into_iter().map(Into::into).collect())
            }
            Workload::Stream10000 => {
                let mut users = Vec::new();
                contender.stream(|user| users.push(user.into())).await?;
                Answer::Users(users)
            }
            Workload::Join => {
                let rows = contender.join("black").await?;
                Answer::Join(rows.into_iter().map(C::plain).collect())
            }
            Workload::Find => {
                let user = contender.find(key(1)).await?;
                Answer::Users(user.map(Into::into).into_iter().collect())
            }
            Workload::FindConcurrent => {
                let user = self.pool.find(key(1)).await?;
                Answer::Users(user.map(Into::into).into_iter().collect())
            }
            Workload::Update => {
                contender.rename(key(1), new_name(1)).await?;
                Answer::Written
            }
            Workload::InsertOne => {
                Answer::Key(contender.insert(NewUser::numbered(USERS + 1)).await?)
            }
            Workload::Insert100 | Workload::Insert10000 => {
                contender.insert_many(batch(workload)).await?;
                Answer::Written
            }
            Workload::Transaction => {
                contender.transaction(key(1), new_name(1)).await?;
                Answer::Written
            }
        })
    }

    /// Inputs are made before the clock starts, and no result outlives its iteration.
    async fn time(&mut self, workload: Workload, iterations: u32) -> Result<Sample> {
        let contender = &mut self.contender;
        let meter = |start: Stopwatch| Sample::per(start, iterations * workload.operations());
        Ok(match workload {
            Workload::SelectOne | Workload::Select100 | Workload::Select10000 => {
                let start = Sample::start();
                for _ in 0..iterations {
                    black_box(contender.select(limit(workload)).await?);
                }
                meter(start)
            }
            Workload::Stream10000 => {
                let mut seen = 0;
                let start = Sample::start();
                for _ in 0..iterations {
                    let each = |user| {
                        black_box(&user);
                        seen += 1;
                    };
                    contender.stream(each).await?;
                }
                let sample = meter(start);
                ensure!(seen == USERS * i64::from(iterations), "saw {seen} rows");
                sample
            }
            Workload::Join => {
                let start = Sample::start();
                for _ in 0..iterations {
                    black_box(contender.join("black").await?);
                }
                meter(start)
            }
            Workload::Find => {
                let start = Sample::start();
                for turn in 0..iterations {
                    black_box(contender.find(key(turn)).await?).context("no such user")?;
                }
                meter(start)
            }
            Workload::FindConcurrent => {
                let start = Sample::start();
                find_from_tasks(&self.pool, iterations).await?;
                meter(start)
            }
            Workload::Update => {
                let names = new_names(iterations);
                let start = Sample::start();
                for (turn, name) in (0..).zip(names) {
                    contender.rename(key(turn), name).await?;
                }
                meter(start)
            }
            Workload::InsertOne => {
                let users = new_users(USERS + 1, iterations);
                let start = Sample::start();
                for user in users {
                    black_box(contender.insert(user).await?);
                }
                meter(start)
            }
            Workload::Insert100 | Workload::Insert10000 => {
                let batches: Vec<_> = (0..iterations).map(|_| batch(workload)).collect();
                let start = Sample::start();
                for users in batches {
                    contender.insert_many(users).await?;
                }
                meter(start)
            }
            Workload::Transaction => {
                let names = new_names(iterations);
                let start = Sample::start();
                for (turn, name) in (0..).zip(names) {
                    contender.transaction(key(turn), name).await?;
                }
                meter(start)
            }
        })
    }
}

impl Sample {
    fn start() -> Stopwatch {
        allocator::restart();
        Stopwatch::start()
    }

    fn per(start: Stopwatch, operations: u32) -> Self {
        let operations = f64::from(operations);
        let cost = start.stop() / operations;
        let heap = allocator::read().per(operations);
        Self { cost, heap }
    }
}

async fn find_from_tasks<P: Pool>(pool: &P, finds: u32) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS as u32 {
        let pool = pool.clone();
        tasks.spawn(async move {
            for turn in 0..finds {
                black_box(pool.find(key(task * 613 + turn)).await?).context("no such user")?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(())
}

/// What the database holds in place of an answer, for workloads that write.
pub fn written(store: &dyn Store, lane: &dyn Lane) -> Result<Answer> {
    store.users(lane.database()).map(Answer::Users)
}
