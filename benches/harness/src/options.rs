//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::workload::Workload;

/// Times database libraries side by side on one database, against its bare driver.
///
/// The servers are told by PG_HOST, PG_PORT, PG_USER, PG_PASSWORD and PG_NAME for PostgreSQL, and by
/// DB_HOST and so on for MariaDB, of which only the host is needed, and by MONGO_URI for MongoDB, as
/// `scripts/with-servers` exports them.
#[derive(Debug, Parser)]
pub struct Options {
    #[arg(long, value_enum, default_value = "sqlite", global = true)]
    pub on: Database,

    #[command(flatten)]
    pub compare: Compare,

    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Clone, Args)]
pub struct Compare {
    /// Rounds; every contender runs once in each.
    #[arg(long, default_value_t = 15)]
    pub rounds: usize,

    /// Only workloads whose label has this in it.
    #[arg(long, value_name = "SUBSTRING")]
    pub rows: Option<String>,

    #[arg(long, value_enum, default_value = "both")]
    pub runtime: Runtimes,

    /// Only these contenders; the bare driver always runs.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Count allocations instead of time.
    #[arg(long)]
    pub alloc: bool,

    /// Print JSON instead of Markdown.
    #[arg(long)]
    pub json: bool,

    /// Another program of this harness; its contenders become further columns.
    #[arg(long, value_name = "PROGRAM")]
    pub with: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// How long a contender keeps a current_thread runtime from its other tasks (SQLite).
    RuntimeHeld(Wanted),
    /// What a statement costs once there are more of them than a cache holds (servers).
    Distinct(Wanted),
}

#[derive(Debug, Args)]
pub struct Wanted {
    /// Only these contenders.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Print JSON instead of Markdown.
    #[arg(long)]
    pub json: bool,
}

impl Wanted {
    pub fn wants(&self, contender: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == contender)
    }
}

/// Where the contenders run. `run` starts the program that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    Sqlite,
    Pg,
    Mysql,
    Mongo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Runtimes {
    Ct,
    Mt,
    Both,
}

/// The two Tokio runtimes people run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuntimeKind {
    #[serde(rename = "current_thread")]
    CurrentThread,
    #[serde(rename = "multi_thread(2)")]
    MultiThread,
}

impl Runtimes {
    pub fn kinds(self) -> &'static [RuntimeKind] {
        match self {
            Self::Ct => &[RuntimeKind::CurrentThread],
            Self::Mt => &[RuntimeKind::MultiThread],
            Self::Both => &[RuntimeKind::CurrentThread, RuntimeKind::MultiThread],
        }
    }

    pub fn flag(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Mt => "mt",
            Self::Both => "both",
        }
    }
}

impl RuntimeKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::MultiThread => "multi_thread(2)",
        }
    }

    pub fn build(self) -> std::io::Result<tokio::runtime::Runtime> {
        let mut builder = match self {
            Self::CurrentThread => tokio::runtime::Builder::new_current_thread(),
            Self::MultiThread => tokio::runtime::Builder::new_multi_thread(),
        };
        builder.worker_threads(2).enable_all().build()
    }
}

impl Compare {
    pub fn workloads(&self) -> Vec<Workload> {
        let wanted = self.rows.as_deref().unwrap_or_default();
        let mut workloads = Workload::ALL.to_vec();
        workloads.retain(|workload| workload.label().contains(wanted));
        workloads
    }

    pub fn wants(&self, contender: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == contender)
    }
}
