//! What migrations need to know of the server.

use eloquent_core::driver::Question;
use eloquent_core::sql::ScriptSyntax;
use eloquent_core::statement::{Effect, RawSql};

/// Others must not queue behind a migration while it waits for a lock itself.
pub(crate) const SETTINGS: &[&str] = &["SET SESSION lock_wait_timeout = 5"];

pub(crate) fn syntax() -> ScriptSyntax {
    let mut syntax = ScriptSyntax::default();
    syntax.backslash_escapes = true;
    syntax.backticks = true;
    syntax.hash_comments = true;
    syntax.spoken_comments = true;
    syntax.delimiters = true;
    syntax.bodies = &["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"];
    syntax
}

pub(crate) fn effect(words: &[&str]) -> Effect {
    match words {
        ["BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "XA", ..] => {
            Effect::Refused("begins or ends a transaction")
        }
        ["SET", rest @ ..] if rest.contains(&"AUTOCOMMIT") => {
            Effect::Refused("begins or ends a transaction")
        }
        ["SET", "PASSWORD" | "ROLE", ..] => Effect::Commits,
        [
            "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" | "VALUES" | "SET"
            | "DO",
            ..,
        ] => Effect::Plain,
        _ => Effect::Commits,
    }
}

/// Locks belong to the server, and their names are short: a hash of the database and the name.
const KEY: &str = "CONCAT('eloquent:', MD5(CONCAT(DATABASE(), '/', ?)))";

/// On a cluster each server has locks of its own, which keep nobody out who writes to another one. MariaDB
/// grants them all the same; where MySQL is one, it refuses them by itself.
const ON_CLUSTER: &str = "(SELECT COUNT(*) FROM information_schema.SYSTEM_VARIABLES \
                          WHERE VARIABLE_NAME = 'WSREP_ON' AND GLOBAL_VALUE = 'ON')";

pub(crate) fn question(question: Question<'_>, is_mariadb: bool) -> Option<RawSql> {
    let with_key = |text: &str, name: &str| RawSql::trusted(text.replace("KEY", KEY)).bind(name);
    Some(match question {
        Question::TryLock(name) => {
            let on_cluster = if is_mariadb { ON_CLUSTER } else { "0" };
            let text = format!(
                "SELECT CAST(CASE WHEN {on_cluster} > 0 THEN -1 \
                 ELSE COALESCE(GET_LOCK(KEY, 0), 0) END AS SIGNED)"
            );
            with_key(&text, name)
        }
        Question::Unlock(name) => {
            with_key("SELECT CAST(COALESCE(RELEASE_LOCK(KEY), 0) AS SIGNED)", name)
        }
        Question::HoldsLock(name) => with_key(
            "SELECT CAST(COALESCE(IS_USED_LOCK(KEY) = CONNECTION_ID(), 0) AS SIGNED)",
            name,
        ),
        Question::LockHolder(name) => with_key(
            "SELECT CAST(l.id AS CHAR), p.USER, p.HOST, CAST(COALESCE(p.TIME, 0) AS SIGNED) \
             FROM (SELECT IS_USED_LOCK(KEY) AS id) l \
             LEFT JOIN information_schema.PROCESSLIST p ON p.ID = l.id WHERE l.id IS NOT NULL",
            name,
        ),
        Question::SessionId => RawSql::new("SELECT CAST(CONNECTION_ID() AS CHAR)"),
        Question::RunsIn(id) => RawSql::new(
            "SELECT CAST(TIME AS SIGNED) FROM information_schema.PROCESSLIST \
             WHERE CAST(ID AS CHAR) = ? AND COMMAND <> 'Sleep' AND ID <> CONNECTION_ID()",
        )
        .bind(id),
        Question::Clock => RawSql::new("SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)"),
        Question::HasTable(name) => RawSql::new(
            "SELECT COUNT(*) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
        )
        .bind(name),
        Question::Objects => RawSql::new(
            "SELECT TABLE_NAME, CASE TABLE_TYPE WHEN 'VIEW' THEN 'view' ELSE 'table' END \
             FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME",
        ),
        Question::Sizes => RawSql::new(
            "SELECT TABLE_NAME, CAST(DATA_LENGTH + INDEX_LENGTH AS SIGNED) \
             FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
             AND DATA_LENGTH IS NOT NULL ORDER BY TABLE_NAME",
        ),
        Question::Account => RawSql::new(ACCOUNT),
        _ => return None,
    })
}

/// The lists of privileges leave out what a role gives. So to somebody who has one, only a yes is an answer.
const ACCOUNT: &str = "\
    SELECT me.name, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES p \
      WHERE p.GRANTEE = me.grantee AND p.PRIVILEGE_TYPE IN \
      ('SUPER', 'CREATE USER', 'SHUTDOWN', 'FILE', 'SYSTEM_USER', 'ROLE_ADMIN')) \
      THEN 1 ELSE me.otherwise END AS SIGNED), \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES p \
       WHERE p.GRANTEE = me.grantee AND p.PRIVILEGE_TYPE IN ('CREATE', 'ALTER', 'DROP')) \
      OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES p WHERE p.GRANTEE = me.grantee \
       AND DATABASE() LIKE p.TABLE_SCHEMA AND p.PRIVILEGE_TYPE IN ('CREATE', 'ALTER', 'DROP')) \
      OR EXISTS (SELECT 1 FROM information_schema.TABLE_PRIVILEGES p WHERE p.GRANTEE = me.grantee \
       AND p.TABLE_SCHEMA = DATABASE() AND p.PRIVILEGE_TYPE IN ('CREATE', 'ALTER', 'DROP')) \
      THEN 1 ELSE me.otherwise END AS SIGNED) \
    FROM (SELECT CURRENT_USER() AS name, \
     CONCAT(QUOTE(LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) \
      - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1)), '@', \
      QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))) AS grantee, \
     CASE COALESCE(CURRENT_ROLE(), 'NONE') WHEN 'NONE' THEN 0 END AS otherwise) me";

/// Tables may lean on each other.
pub(crate) fn drop_all(tables: &[&str], views: &[&str]) -> Vec<String> {
    let mut all = vec!["SET foreign_key_checks = 0".to_owned()];
    all.extend(views.iter().map(|view| format!("DROP VIEW IF EXISTS {view}")));
    all.extend(tables.iter().map(|table| format!("DROP TABLE IF EXISTS {table}")));
    all
}
