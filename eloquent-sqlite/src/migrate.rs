//! What migrations need to know of the database.

use eloquent_core::driver::Question;
use eloquent_core::sql::ScriptSyntax;
use eloquent_core::statement::{Effect, RawSql};

pub(crate) fn syntax() -> ScriptSyntax {
    let mut syntax = ScriptSyntax::default();
    syntax.backticks = true;
    syntax.brackets = true;
    syntax.bodies = &["TRIGGER"];
    syntax
}

pub(crate) fn effect(words: &[&str]) -> Effect {
    match words {
        ["BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE", ..] => {
            Effect::Refused("begins or ends a transaction")
        }
        // inside a transaction some of these fail, and some do nothing without a word
        ["VACUUM" | "ATTACH" | "DETACH", ..] => Effect::Outside,
        ["PRAGMA", "FOREIGN_KEYS" | "JOURNAL_MODE" | "SYNCHRONOUS" | "AUTO_VACUUM", ..] => {
            Effect::Outside
        }
        _ => Effect::Plain,
    }
}

pub(crate) fn question(question: Question<'_>) -> Option<RawSql> {
    Some(match question {
        Question::Clock => RawSql::new(
            "SELECT CAST(strftime('%s', 'now') AS INTEGER) * 1000 \
             + CAST(substr(strftime('%f', 'now'), 4, 3) AS INTEGER)",
        ),
        Question::HasTable(name) => RawSql::new(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
        )
        .bind(name),
        Question::Objects => RawSql::new(
            "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        ),
        Question::Sizes => RawSql::new(
            "SELECT m.tbl_name, CAST(sum(s.pgsize) AS INTEGER) FROM dbstat s \
             JOIN sqlite_schema m ON m.name = s.name WHERE s.aggregate = 1 \
             AND m.tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' GROUP BY m.tbl_name ORDER BY m.tbl_name",
        ),
        // a file has no accounts: who may write to it may change its schema
        Question::Account => RawSql::new("SELECT NULL, NULL, NULL"),
        _ => return None,
    })
}

/// The rows of one table may refer to those of another, which is looked at when all are gone.
pub(crate) fn drop_all(tables: &[&str], views: &[&str]) -> Vec<String> {
    let mut all = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
    all.extend(views.iter().map(|view| format!("DROP VIEW IF EXISTS {view}")));
    all.extend(tables.iter().map(|table| format!("DROP TABLE IF EXISTS {table}")));
    all
}
