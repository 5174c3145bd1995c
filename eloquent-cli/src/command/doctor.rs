//! `eloquent doctor`: whether an application may more in its databases than it needs.

mod finding;

use eloquent::environment::Role;
use eloquent::{Account, Db, Result, Transport};
use serde_json::json;

use super::{Context, ping, side_by_side};
use crate::output::{Failure, Fault, Page, Part, Report, Table};
use crate::target::Targets;
use finding::findings;

/// What a connection tells.
struct Told {
    account: Option<Account>,
    transport: Option<Transport>,
}

/// What is known of a connection.
struct Visit {
    connection: String,
    driver: Option<&'static str>,
    outcome: Result<Told>,
    /// What is wrong with it.
    findings: Vec<Fault>,
}

pub(super) async fn run(context: &Context<'_>, targets: &Targets) -> Result<Report, Failure> {
    // it is about the application, whoever asks
    let environment = targets.mode((context.load)()?).with_role(Role::Runtime);
    let names = targets.names(&environment, context.registry)?;
    let answers = side_by_side::ask(context, &environment, names, visit).await;
    let reports = environment.report(context.registry);
    let visits = answers.into_iter().map(|(connection, outcome)| {
        let report = reports.iter().find(|report| report.name() == connection);
        Visit {
            driver: ping::place(context, &environment, &connection).0,
            findings: match (&outcome, report) {
                (Ok(told), Some(report)) => findings(context.registry, report, told),
                _ => Vec::new(),
            },
            outcome,
            connection,
        }
    });
    Ok(report(&visits.collect::<Vec<_>>()))
}

async fn visit(db: Result<Db>, name: String) -> Result<Told> {
    let db = db?;
    let connection = db.connection(&name)?.writer();
    let told = async {
        Ok(Told { account: connection.account().await?, transport: connection.transport().await? })
    };
    let told = told.await;
    // what matters is what it told
    let _ = db.close().await;
    told
}

fn report(visits: &[Visit]) -> Report {
    let mut page = Page::default();
    let header = ["STATE", "CONNECTION", "DRIVER", "ACCOUNT", "SERVER", "SCHEMA", "TRANSPORT"];
    let mut table = Table::new(&header);
    for visit in visits {
        let [account, server, schema, transport] = visit.outcome.as_ref().map_or([""; 4], cells);
        table.row([
            visit.state(),
            &visit.connection,
            visit.driver.unwrap_or_default(),
            account,
            server,
            schema,
            transport,
        ]);
    }
    page.table(table);
    Report::of_parts(page, visits.iter().map(Visit::part).collect())
}

/// Account, server, schema and transport, as they are shown.
fn cells(told: &Told) -> [&str; 4] {
    const NOT_TOLD: &str = "not told";
    let may = |may: Option<bool>, yes, no| may.map_or(NOT_TOLD, |may| if may { yes } else { no });
    let [account, server, schema] = match &told.account {
        None => [NOT_TOLD; 3],
        // a file
        Some(account) if *account == Account::default() => ["none", "", ""],
        Some(account) => [
            account.name.as_deref().unwrap_or("anybody"),
            may(account.administers, "administers", "uses"),
            may(account.changes_schema, "changes", "uses"),
        ],
    };
    [account, server, schema, told.transport.map_or(NOT_TOLD, word)]
}

fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Local => "local",
        Transport::Encrypted => "encrypted",
        Transport::Plain => "plain",
        // of another version
        _ => "other",
    }
}

impl Visit {
    fn state(&self) -> &'static str {
        match (&self.outcome, self.findings.is_empty()) {
            (Err(_), _) => "failed",
            (Ok(_), false) => "warning",
            (Ok(_), true) => "ok",
        }
    }

    fn part(&self) -> Part {
        let told = self.outcome.as_ref().ok();
        let account = told.and_then(|told| told.account.as_ref());
        let known = json!({
            "driver": self.driver,
            "account": account.and_then(|account| account.name.as_deref()),
            "administers": account.and_then(|account| account.administers),
            "changes_schema": account.and_then(|account| account.changes_schema),
            "transport": told.and_then(|told| told.transport).map(word),
            "warnings": self.findings.iter().map(Fault::json).collect::<Vec<_>>(),
        });
        Part::of(&self.connection, self.outcome.as_ref().err(), known)
            .warned(self.findings.clone())
            .unfit(!self.findings.is_empty())
    }
}
