//! A driver with hosts: each leads to a file of SQLite's of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eloquent::{ConnectionConfig, DriverEntry, Environment, Registry, Result, Setting};
use eloquent_core::async_trait;
use eloquent_core::config::url::ServerUrl;
use eloquent_core::driver::{Connection, Driver, Family};

#[derive(Debug)]
struct Hosted;

const SETTINGS: &[Setting] = &[
    Setting::new("host", "where the server is"),
    Setting::new("port", "its port").default("7000"),
    Setting::new("user", "who logs in"),
    Setting::new("password", "with what").secret(),
    Setting::new("name", "the database").database(),
    Setting::new("folder", "where the files are"),
    Setting::new("ssl_mode", "how").default("require"),
];

pub(crate) const HOSTED: DriverEntry =
    DriverEntry { driver: &Hosted, package: "hosted", version: "1.0.0" };

#[async_trait]
impl Driver for Hosted {
    fn name(&self) -> &'static str {
        "hosted"
    }
    fn family(&self) -> Family {
        Family::Relational
    }
    fn prefix(&self) -> Option<&'static str> {
        Some("HO")
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn parse_url(&self, rest: &str, config: &mut ConnectionConfig) -> Result<()> {
        ServerUrl::parse(rest, config)?.apply(SETTINGS, config)
    }
    async fn connect(&self, config: &ConnectionConfig) -> Result<Arc<dyn Connection>> {
        let (host, name) = (config.require("host")?, config.require("name")?);
        if host == "down" {
            return Err(eloquent::Error::new(eloquent::ErrorKind::Connect, "nobody answers"));
        }
        let path = file(Path::new(config.require("folder")?), host, name);
        let inner = ConnectionConfig::new(config.name(), "sqlite").set("path", path);
        Registry::linked()?.driver("sqlite")?.connect(&inner).await
    }
}

pub(crate) fn file(folder: &Path, host: &str, name: &str) -> String {
    folder.join(format!("{host}-{name}.sqlite")).display().to_string()
}

/// A folder for one test.
pub(crate) fn folder() -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("environment-{}-{number}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

pub(crate) fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().copied().collect()
}

pub(crate) fn registry() -> Registry {
    Registry::linked_and(&[HOSTED]).expect("no conflict")
}
