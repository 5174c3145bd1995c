//! `eloquent db:table`: what a table looks like.

use eloquent::schema::{ForeignAction, ForeignKeyInfo, IndexInfo, TableInfo, TableKind};
use eloquent::{Connection, Error, Result, Schema};
use serde_json::{Value, json};

use super::{bytes, with_connection};
use crate::command::Context;
use crate::output::{Exit, Failure, Page, Report, Table};
use crate::suggest;
use crate::target::Targets;

pub(super) async fn run(
    context: &Context<'_>,
    targets: &Targets,
    table: &str,
) -> std::result::Result<Report, Failure> {
    let environment = targets.mode((context.load)()?);
    let name = match targets.names(&environment, context.registry)?.as_slice() {
        [name] => name.clone(),
        _ => {
            let error = Error::invalid("a table is shown of one connection at a time");
            return Err(Failure::usage(&error.with_hint("name it with `--connection`")));
        }
    };
    let looked = with_connection(context, &environment, &name, async |connection| {
        look(connection, table).await
    });
    let (info, size) = looked.await.map_err(|error| error.with_connection(name.clone()))?;
    let mut page = Page::default();
    show(&mut page, &name, &info, size);
    let json = json!({ "ok": true, "connection": name, "table": json(&info, size) });
    Ok(Report { exit: Exit::Done, json, page, errors: Vec::new() })
}

async fn look(connection: &Connection, table: &str) -> Result<(TableInfo, Option<u64>)> {
    let schema = Schema::on(connection);
    let Some(info) = schema.describe(table).await? else {
        let known = [schema.tables().await?, schema.views().await?].concat();
        let shown: String = table.chars().take(64).collect();
        let error = Error::invalid(format!("there is no table or view `{shown}`"));
        return Err(error.with_hint(suggest::hint(table, known.iter().map(String::as_str))));
    };
    // not every database knows sizes
    let size = schema.sizes().await.ok().and_then(|sizes| sizes.get(&info.name).copied());
    Ok((info, size))
}

fn show(page: &mut Page, connection: &str, info: &TableInfo, size: Option<u64>) {
    let kind = kind(info);
    let size = size.map(|size| format!(", {}", bytes::text(size))).unwrap_or_default();
    page.title(&format!("{connection}: {kind} {}{size}", info.name));
    if let Some(comment) = &info.comment {
        page.line(comment);
    }
    page.title("Columns");
    let mut columns = Table::new(&["NAME", "TYPE", "NULL", "DEFAULT", ""]).indented();
    for column in &info.columns {
        let mut notes = Vec::new();
        if info.key.as_ref().is_some_and(|key| key.columns.contains(&column.name)) {
            notes.push("key".to_owned());
        }
        if column.auto_increment {
            notes.push("numbered".to_owned());
        }
        if column.generated.is_some() {
            notes.push("computed".to_owned());
        }
        if !column.one_of.is_empty() {
            notes.push(format!("one of {}", column.one_of.join(", ")));
        }
        notes.extend(column.comment.clone());
        // of a column that the database numbers, the default is how it does
        let default = column.default.clone().filter(|_| !column.auto_increment);
        let null = if column.nullable { "yes" } else { "no" };
        columns.row([
            column.name.as_str(),
            &column.type_text,
            null,
            &default.unwrap_or_default(),
            &notes.join("; "),
        ]);
    }
    page.table(columns);
    let mut indexes = Table::new(&["NAME", "OVER", ""]).indented();
    if let Some(key) = &info.key {
        indexes.row([key.name.as_deref().unwrap_or("(key)"), &key.columns.join(", "), "key"]);
    }
    for index in &info.indexes {
        let mut notes = Vec::new();
        if index.unique {
            notes.push("unique".to_owned());
        }
        notes.extend(index.filter.as_ref().map(|filter| format!("where {filter}")));
        indexes.row([index.name.as_str(), &over(index), &notes.join("; ")]);
    }
    if !indexes.is_empty() {
        page.title("Indexes");
        page.table(indexes);
    }
    if !info.foreign_keys.is_empty() {
        page.title("Foreign keys");
        let mut keys = Table::new(&["NAME", "COLUMNS", "REFERS TO", ""]).indented();
        for key in &info.foreign_keys {
            let name = key.name.as_deref().unwrap_or_default();
            let there = format!("{} ({})", key.foreign_table, key.foreign_columns.join(", "));
            keys.row([name, &key.columns.join(", "), &there, &actions(key)]);
        }
        page.table(keys);
    }
    if !info.checks.is_empty() {
        page.title("Checks");
        let mut checks = Table::new(&["NAME", "CONDITION"]).indented();
        for check in &info.checks {
            checks.row([check.name.as_deref().unwrap_or_default(), &check.condition]);
        }
        page.table(checks);
    }
    if let Some(query) = &info.query {
        page.title("Query");
        for line in query.lines() {
            page.line(&format!("  {line}"));
        }
    }
}

fn kind(info: &TableInfo) -> &'static str {
    if info.kind == TableKind::View { "view" } else { "table" }
}

/// What an index is over; a part that is no column is an expression.
fn over(index: &IndexInfo) -> String {
    let part = |part: &eloquent::schema::IndexPart| match part.column() {
        Some(name) => name.to_string(),
        None => "(an expression)".to_owned(),
    };
    index.parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn actions(key: &ForeignKeyInfo) -> String {
    let mut notes = Vec::new();
    for (when, what) in [("delete", key.on_delete), ("update", key.on_update)] {
        if let Some(what) = action(what) {
            notes.push(format!("on {when} {what}"));
        }
    }
    if key.deferred {
        notes.push("looked at on commit".to_owned());
    }
    notes.join("; ")
}

fn action(action: ForeignAction) -> Option<&'static str> {
    match action {
        ForeignAction::Cascade => Some("cascade"),
        ForeignAction::SetNull => Some("set null"),
        ForeignAction::SetDefault => Some("set default"),
        ForeignAction::Restrict => Some("restrict"),
        _ => None,
    }
}

fn json(info: &TableInfo, size: Option<u64>) -> Value {
    json!({
        "name": info.name,
        "kind": kind(info),
        "comment": info.comment,
        "bytes": size,
        "columns": info.columns.iter().map(|column| json!({
            "name": column.name,
            "type": column.type_text,
            "nullable": column.nullable,
            "default": column.default,
            "auto_increment": column.auto_increment,
            "generated": column.generated.is_some(),
            "one_of": column.one_of,
            "comment": column.comment,
        })).collect::<Vec<_>>(),
        "key": info.key.as_ref().map(|key| &key.columns),
        "indexes": info.indexes.iter().map(|index| json!({
            "name": index.name,
            "columns": index.columns().collect::<Vec<_>>(),
            "unique": index.unique,
            "filter": index.filter,
        })).collect::<Vec<_>>(),
        "foreign_keys": info.foreign_keys.iter().map(|key| json!({
            "name": key.name,
            "columns": key.columns,
            "foreign_table": key.foreign_table,
            "foreign_columns": key.foreign_columns,
            "on_delete": action(key.on_delete),
            "on_update": action(key.on_update),
        })).collect::<Vec<_>>(),
        "checks": info.checks.iter().map(|check| json!({
            "name": check.name,
            "condition": check.condition,
        })).collect::<Vec<_>>(),
        "query": info.query,
    })
}
