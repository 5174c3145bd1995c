//! What SQLite tells of its tables.

use eloquent_core::schema::{
    CheckInfo, ColumnInfo, ForeignAction, ForeignKeyInfo, Generated, IndexInfo, IndexPart, KeyInfo,
    SchemaText, TableInfo, TableKind, TableSummary,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::layout::{Layout, What};
use super::tokens::{Kind, list, span, tokens};
use super::types;
use crate::engine::Fault;

const TABLES: &str = "SELECT name, type = 'view' FROM sqlite_schema \
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
const TABLE: &str = "SELECT name, type = 'view', sql FROM sqlite_schema \
    WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE";
const COLUMNS: &str =
    "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)";
const INDEXES: &str = "SELECT l.name, l.\"unique\", l.origin, s.sql FROM pragma_index_list(?1) l \
    LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name \
    WHERE l.origin <> 'pk' ORDER BY l.name";
const PARTS: &str = "SELECT name FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";
const FOREIGN_KEYS: &str = "SELECT id, \"table\", \"from\", \"to\", on_delete, on_update \
    FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq";
const KEY: &str = "SELECT name FROM pragma_table_xinfo(?1) WHERE pk > 0 ORDER BY pk";

/// The tables and views.
pub(crate) fn tables(connection: &Connection) -> Result<Vec<TableSummary>, Fault> {
    let mut statement = connection.prepare(TABLES)?;
    let rows = statement.query_map([], |row| {
        let kind = if row.get(1)? { TableKind::View } else { TableKind::Table };
        Ok(TableSummary::new(row.get::<_, String>(0)?, kind))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The name of a table or view as it was written, whether it is a view, and the text that created it.
pub(super) fn text_of(
    connection: &Connection,
    name: &str,
) -> Result<Option<(String, bool, String)>, Fault> {
    let row =
        connection.query_row(TABLE, [name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    Ok(row.optional()?)
}

/// What a table or view looks like.
pub(crate) fn table(connection: &Connection, name: &str) -> Result<Option<TableInfo>, Fault> {
    let Some((name, is_view, sql)) = text_of(connection, name)? else { return Ok(None) };
    if is_view {
        let mut view = TableInfo::new(&*name, TableKind::View);
        view.columns = columns(connection, &name, None)?;
        view.query = Some(query(&sql));
        return Ok(Some(view));
    }
    let mut table = TableInfo::new(&*name, TableKind::Table);
    // of a virtual table no more is known than its columns
    let layout = Layout::read(&sql).ok();
    table.columns = columns(connection, &name, layout.as_ref())?;
    let key = names(connection, KEY, &name)?;
    let of_key = layout.iter().flat_map(|layout| &layout.constraints);
    let key_name = of_key.into_iter().find(|one| one.what == What::Key);
    let key_name = key_name.and_then(|constraint| constraint.name.clone());
    table.key = (!key.is_empty()).then_some(KeyInfo { name: key_name, columns: key });
    table.indexes = indexes(connection, &name)?;
    if let Some(layout) = &layout {
        table.foreign_keys = foreign_keys(connection, &name, layout)?;
        table.checks = checks(layout);
    }
    Ok(Some(table))
}

pub(super) fn names(connection: &Connection, sql: &str, name: &str) -> Result<Vec<String>, Fault> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([name], |row| row.get::<_, Option<String>>(0))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn columns(
    connection: &Connection,
    table: &str,
    layout: Option<&Layout>,
) -> Result<Vec<ColumnInfo>, Fault> {
    let mut statement = connection.prepare(COLUMNS)?;
    let mut rows = statement.query([table])?;
    let mut columns = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, type_text): (String, String) = (row.get(0)?, row.get(1)?);
        let (not_null, key): (bool, i64) = (row.get(2)?, row.get(4)?);
        let mut column = ColumnInfo::new(name, type_text);
        column.nullable = !not_null;
        column.default = row.get(3)?;
        let written = layout
            .and_then(|layout| layout.columns.iter().find(|written| written.name == column.name));
        if let (Some(written), Some(layout)) = (written, layout) {
            let known = types::known(written);
            (column.ty, column.one_of) = (known.ty, known.one_of);
            let collate = written.get(What::Collate);
            column.collation =
                collate.and_then(|text| tokens(&text.text).last().map(|token| token.name()));
            if let Some(generated) = written.get(What::Generated) {
                column.generated = Some(Generated {
                    expression: SchemaText::trusted(generated.inside.clone()),
                    stored: generated.has_word("STORED"),
                });
            }
            let is_integer = written.type_text.eq_ignore_ascii_case("INTEGER");
            let has_rowid = !tokens(&layout.options).iter().any(|token| token.is("WITHOUT"));
            if key > 0 && is_integer && layout.key().len() == 1 && has_rowid {
                (column.auto_increment, column.nullable) = (true, false);
            }
        }
        columns.push(column);
    }
    Ok(columns)
}

fn indexes(connection: &Connection, table: &str) -> Result<Vec<IndexInfo>, Fault> {
    let mut statement = connection.prepare(INDEXES)?;
    let mut rows = statement.query([table])?;
    let mut indexes = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let mut index = IndexInfo::new(&*name, row.get(1)?);
        index.of_constraint = row.get::<_, String>(2)? == "u";
        let sql = row.get::<_, Option<String>>(3)?.unwrap_or_default();
        let (written, filter) = parts(&sql);
        index.filter = filter;
        let mut statement = connection.prepare(PARTS)?;
        let columns = statement.query_map([&name], |row| row.get::<_, Option<String>>(0))?;
        for (position, column) in columns.enumerate() {
            index.parts.push(match column? {
                Some(column) => IndexPart::from(column),
                None => {
                    let text = written.get(position).cloned().unwrap_or_default();
                    IndexPart::Expression(SchemaText::trusted(text))
                }
            });
        }
        indexes.push(index);
    }
    Ok(indexes)
}

/// What an index was written to be over, and its condition.
fn parts(sql: &str) -> (Vec<String>, Option<String>) {
    let all = tokens(sql);
    let Some(open) = all.iter().position(|token| token.kind == Kind::Open) else {
        return Default::default();
    };
    let (items, length) = list(&all[open..]);
    let bare = |item: &&[super::tokens::Token<'_>]| {
        let whole = item.first().is_some_and(|token| token.kind == Kind::Open)
            && list(item).1 == item.len();
        let item = if whole { &item[1..item.len() - 1] } else { item };
        span(sql, item).to_owned()
    };
    let filter = match &all[open + length..] {
        [first, filter @ ..] if first.is("WHERE") => Some(span(sql, filter).to_owned()),
        _ => None,
    };
    (items.iter().map(bare).collect(), filter)
}

fn foreign_keys(
    connection: &Connection,
    table: &str,
    layout: &Layout,
) -> Result<Vec<ForeignKeyInfo>, Fault> {
    let mut statement = connection.prepare(FOREIGN_KEYS)?;
    let mut rows = statement.query([table])?;
    let mut keys: Vec<(i64, ForeignKeyInfo)> = Vec::new();
    let mut written = layout.foreign_keys();
    while let Some(row) = rows.next()? {
        let (id, column): (i64, String) = (row.get(0)?, row.get(2)?);
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let mut key = ForeignKeyInfo::new(row.get::<_, String>(1)?);
            key.on_delete = ForeignAction::of_words(&row.get::<_, String>(4)?);
            key.on_update = ForeignAction::of_words(&row.get::<_, String>(5)?);
            if let Some(text) = written.next() {
                key.name.clone_from(&text.name);
                key.deferred = text.has_word("INITIALLY") && text.has_word("DEFERRED");
            }
            keys.push((id, key));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(column);
            key.foreign_columns.extend(row.get::<_, Option<String>>(3)?);
        }
    }
    let mut keys: Vec<_> = keys.into_iter().map(|(_, key)| key).collect();
    for key in keys.iter_mut().filter(|key| key.foreign_columns.is_empty()) {
        key.foreign_columns = names(connection, KEY, &key.foreign_table)?;
    }
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(keys)
}

fn checks(layout: &Layout) -> Vec<CheckInfo> {
    let of_columns = layout.columns.iter().flat_map(|column| {
        let of_type = types::known(column).check;
        let others = column.constraints.iter().enumerate();
        others.filter(move |(position, _)| Some(*position) != of_type).map(|(_, check)| check)
    });
    let checks = of_columns.chain(&layout.constraints).filter(|one| one.what == What::Check);
    let info = |check: &super::layout::Constraint| CheckInfo {
        name: check.name.clone(),
        condition: check.inside.clone(),
    };
    let mut checks: Vec<_> = checks.map(info).collect();
    checks.sort_by(|one, other| one.name.cmp(&other.name));
    checks
}

/// The query of a view.
fn query(sql: &str) -> String {
    let all = tokens(sql);
    let begin = all.iter().position(|token| token.is("AS")).map_or(0, |position| position + 1);
    span(sql, &all[begin.min(all.len())..]).to_owned()
}
