//! `eloquent db:show`: the tables and views of a database.

use std::collections::BTreeMap;

use eloquent::schema::TableKind;
use eloquent::{Connection, ErrorKind, Result, Schema};
use serde_json::{Value, json};

use super::{bytes, with_connection};
use crate::command::Context;
use crate::output::{Failure, Page, Part, Report, Table};
use crate::target::Targets;

/// What there is on one connection.
struct Shown {
    version: Option<String>,
    tables: Vec<Entry>,
    /// Whether the database told of sizes.
    has_sizes: bool,
}

struct Entry {
    name: String,
    is_view: bool,
    bytes: Option<u64>,
    /// `None` when nobody asked.
    rows: Option<u64>,
}

pub(super) async fn run(
    context: &Context<'_>,
    targets: &Targets,
    counts: bool,
) -> std::result::Result<Report, Failure> {
    let environment = targets.mode((context.load)()?);
    let mut answers = Vec::new();
    for name in targets.names(&environment, context.registry)? {
        let shown = with_connection(context, &environment, &name, async |connection| {
            look(connection, counts).await
        });
        let shown = shown.await.map_err(|error| error.with_connection(name.clone()));
        answers.push((name, shown));
    }
    Ok(report(&answers, counts))
}

async fn look(connection: &Connection, counts: bool) -> Result<Shown> {
    let schema = Schema::on(connection);
    let (tables, views) = (schema.tables().await?, schema.views().await?);
    let sizes = match schema.sizes().await {
        Ok(sizes) => Some(sizes),
        Err(error) if error.kind() == ErrorKind::Unsupported => None,
        Err(error) => return Err(error),
    };
    let has_sizes = sizes.is_some();
    let sizes: BTreeMap<String, u64> = sizes.unwrap_or_default();
    let names = tables.into_iter().map(|name| (name, TableKind::Table));
    let names = names.chain(views.into_iter().map(|name| (name, TableKind::View)));
    let mut entries = Vec::new();
    for (name, kind) in names {
        let rows = match counts {
            true => Some(schema.count(&name).await?),
            false => None,
        };
        let bytes = sizes.get(&name).copied();
        entries.push(Entry { name, is_view: kind == TableKind::View, bytes, rows });
    }
    let version = connection.server_version().await.ok().flatten();
    Ok(Shown { version, tables: entries, has_sizes })
}

fn report(answers: &[(String, Result<Shown>)], counts: bool) -> Report {
    let mut page = Page::default();
    for (name, answer) in answers {
        match answer {
            Ok(shown) => show(&mut page, name, shown, counts),
            Err(_) => page.title(&format!("{name}: failed")),
        }
    }
    let part = |(name, answer): &(String, Result<Shown>)| {
        let (shown, error) = (answer.as_ref().ok(), answer.as_ref().err());
        Part::of(name, error, shown.map_or_else(|| json!({}), known))
    };
    Report::of_parts(page, answers.iter().map(part).collect())
}

fn show(page: &mut Page, name: &str, shown: &Shown, counts: bool) {
    let views = shown.tables.iter().filter(|entry| entry.is_view).count();
    let mut parts = vec![number(shown.tables.len() - views, "table")];
    if views > 0 {
        parts.push(number(views, "view"));
    }
    if shown.has_sizes {
        parts.push(bytes::text(shown.tables.iter().filter_map(|entry| entry.bytes).sum()));
    }
    parts.extend(shown.version.clone());
    page.title(&format!("{name}: {}", parts.join(", ")));
    let mut header = vec!["NAME", "KIND"];
    if shown.has_sizes {
        header.push("SIZE");
    }
    if counts {
        header.push("ROWS");
    }
    let mut table = Table::new(&header).indented();
    for entry in &shown.tables {
        let kind = if entry.is_view { "view" } else { "table" };
        let mut cells = vec![entry.name.clone(), kind.to_owned()];
        if shown.has_sizes {
            cells.push(entry.bytes.map(bytes::text).unwrap_or_default());
        }
        cells.extend(entry.rows.map(|rows| rows.to_string()));
        table.row(cells);
    }
    page.table(table);
}

fn number(count: usize, of: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {of}{s}")
}

/// For programs.
fn known(shown: &Shown) -> Value {
    let entry = |entry: &Entry| {
        json!({
            "name": entry.name,
            "kind": if entry.is_view { "view" } else { "table" },
            "bytes": entry.bytes,
            "rows": entry.rows,
        })
    };
    let tables: Vec<Value> = shown.tables.iter().map(entry).collect();
    json!({ "server_version": shown.version, "tables": tables })
}
