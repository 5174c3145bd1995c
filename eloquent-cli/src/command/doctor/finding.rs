//! What is wrong with a connection, and what to do about it.

use eloquent::environment::ConnectionReport;
use eloquent::{Registry, Transport};

use super::Told;
use crate::output::Fault;

/// What the application may that it does not need, and what others may see.
pub(super) fn findings(registry: &Registry, report: &ConnectionReport, told: &Told) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut warn = |code, message: String, hint: String| {
        found.push(Fault::warning(code, message, hint).of(report.name(), report.driver()));
    };
    if let Some(account) = &told.account {
        let own = own_account(registry, report);
        // who administers the server may change the schema as well, and the remedy is the same
        match (&account.name, account.administers, account.changes_schema) {
            (None, Some(true), _) => {
                let message =
                    "nobody is asked who they are: whoever reaches the server administers it";
                let hint = format!("turn on the access control of the server, then {own}");
                warn("superuser", message.to_owned(), hint);
            }
            (Some(name), Some(true), _) => {
                let message =
                    format!("the application logs in as `{name}`, which administers the server");
                warn("superuser", message, own);
            }
            (Some(name), _, Some(true)) => {
                let message =
                    format!("the application logs in as `{name}`, which may change the schema");
                warn("schema_rights", message, own);
            }
            _ => {}
        }
    }
    if told.transport == Some(Transport::Plain) {
        let message = "what is sent to the server is not encrypted, and leaves this machine";
        let variable = variable(report, &["ssl_mode", "tls"]);
        let hint = format!("leave out what turns it off: {variable}, or an option of the URL");
        warn("unencrypted", message.to_owned(), hint);
    }
    found
}

fn own_account(registry: &Registry, report: &ConnectionReport) -> String {
    let driver = registry.driver(report.driver()).ok();
    let prefix = driver.and_then(|driver| driver.prefix()).map(str::to_owned);
    let mut prefix = prefix.unwrap_or_else(|| report.driver().to_uppercase());
    if report.twin_of().is_some() {
        prefix.push_str("_TEST");
    }
    format!(
        "name an account in {} that only reads and writes rows, and the one that migrates in \
         `{prefix}_MIGRATION_USER`; the guide of accounts has their grants",
        variable(report, &["user", "uri"])
    )
}

/// The variable of the first of these settings that the driver has.
fn variable(report: &ConnectionReport, keys: &[&str]) -> String {
    let of = |key: &&str| report.settings().iter().find(|setting| setting.key() == *key);
    let found = keys.iter().find_map(of);
    found.map_or_else(|| "the settings".to_owned(), |setting| format!("`{}`", setting.variable()))
}
