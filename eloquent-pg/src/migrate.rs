//! What migrations need to know of the server.

use eloquent_core::driver::{Object, Question};
use eloquent_core::sql::ScriptSyntax;
use eloquent_core::statement::{Effect, RawSql};

/// A migration may take long, but others must not queue behind it while it waits for a lock itself. And a
/// server that looks for its client now and then gives up what nobody waits for any more.
pub(crate) const SETTINGS: &[&str] = &[
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL lock_timeout = '5s'",
    "DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '500ms', true); \
     EXCEPTION WHEN OTHERS THEN NULL; END $$",
];

pub(crate) fn syntax() -> ScriptSyntax {
    let mut syntax = ScriptSyntax::default();
    syntax.dollar_quotes = true;
    syntax.nested_comments = true;
    syntax.bodies = &["FUNCTION", "PROCEDURE"];
    syntax.atomic_bodies = true;
    syntax
}

pub(crate) fn effect(words: &[&str]) -> Effect {
    let has = |word: &str| words.contains(&word);
    match words {
        [
            "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE",
            ..,
        ]
        | ["PREPARE", "TRANSACTION", ..] => Effect::Refused("begins or ends a transaction"),
        ["COPY", ..] if has("STDIN") || has("STDOUT") => {
            Effect::Refused("copies rows that a script cannot hold; write them as `INSERT`")
        }
        ["SET", "LOCAL", ..] => Effect::Plain,
        ["SET", ..] if has("SEARCH_PATH") => Effect::Refused(
            "changes where names are looked up for all that follows; write `SET LOCAL`, or the schema in \
             front of the names",
        ),
        ["VACUUM", ..] | ["ALTER", "SYSTEM", ..] => Effect::Outside,
        ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..] => Effect::Outside,
        ["CREATE" | "DROP" | "REINDEX", ..] if has("CONCURRENTLY") => Effect::Outside,
        ["ALTER", "TABLE", ..] if has("DETACH") && has("CONCURRENTLY") => Effect::Outside,
        _ => Effect::Plain,
    }
}

/// What stands in the schema, without what belongs to an extension, and without what goes with something
/// else: the sequence of a column, the type of a row. The names of all but tables and views are quoted.
const OBJECTS: &str = "\
    WITH objects AS ( \
     SELECT 'pg_class'::regclass AS class, c.oid, c.relowner AS owner, \
     CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
     WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'table' END AS kind, \
     CASE WHEN c.relkind IN ('r', 'p', 'v') THEN c.relname::text ELSE quote_ident(c.relname) END AS name \
     FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
     AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') \
     UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typowner, \
     CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, quote_ident(t.typname) \
     FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid \
     WHERE t.typnamespace = current_schema()::regnamespace \
     AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c') \
     UNION ALL SELECT 'pg_proc'::regclass, p.oid, p.proowner, \
     CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, \
     quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' \
     FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace) \
    SELECT o.name, o.kind FROM objects o \
    WHERE (o.kind IN ('table', 'view') OR pg_has_role(o.owner, 'USAGE')) \
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = o.oid AND d.classid = o.class \
     AND d.deptype IN ('e', 'a', 'i') AND NOT (d.deptype = 'a' AND o.kind <> 'SEQUENCE') \
     AND NOT (d.deptype = 'i' AND o.kind NOT IN ('SEQUENCE', 'FUNCTION'))) \
    ORDER BY o.kind, o.name";

/// Locks are told by a number: 63 bits of a hash of the name. They belong to the database.
const KEY: &str = "(hashtextextended(?, 0) & 9223372036854775807)";

pub(crate) fn question(question: Question<'_>) -> Option<RawSql> {
    let with_key = |text: &str, name: &str| RawSql::trusted(text.replace("KEY", KEY)).bind(name);
    Some(match question {
        Question::TryLock(name) => with_key("SELECT pg_try_advisory_lock(KEY)::int::bigint", name),
        Question::Unlock(name) => with_key("SELECT pg_advisory_unlock(KEY)::int::bigint", name),
        Question::HoldsLock(name) => with_key(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND pid = pg_backend_pid() AND (classid::bigint << 32 | objid::bigint) = KEY",
            name,
        ),
        Question::LockHolder(name) => with_key(
            "SELECT l.pid::text, a.usename::text, \
             coalesce(host(a.client_addr), 'a socket'), \
             coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::bigint \
             FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
             AND (l.classid::bigint << 32 | l.objid::bigint) = KEY",
            name,
        ),
        // a number is given again, the moment of its start is not
        Question::SessionId => RawSql::new(
            "SELECT pg_backend_pid() || ' ' || extract(epoch FROM backend_start) \
             FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        ),
        Question::RunsIn(id) => RawSql::new(
            "SELECT extract(epoch FROM clock_timestamp() - query_start)::bigint FROM pg_stat_activity \
             WHERE state = 'active' AND pid || ' ' || extract(epoch FROM backend_start) = ?",
        )
        .bind(id),
        Question::Clock => {
            RawSql::new("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        }
        Question::HasTable(name) => {
            RawSql::new("SELECT (to_regclass(quote_ident(?)) IS NOT NULL)::int::bigint").bind(name)
        }
        Question::Objects => RawSql::new(OBJECTS),
        Question::Sizes => RawSql::new(
            "SELECT c.relname::text, pg_total_relation_size(c.oid) FROM pg_class c \
             WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'm') \
             ORDER BY c.relname",
        ),
        Question::Account => RawSql::new(ACCOUNT),
        _ => return None,
    })
}

/// What somebody may who becomes another role counts as what they may. Who may create roles or databases
/// may give themselves what they lack; who owns a table may alter and drop it.
const ACCOUNT: &str = "\
    SELECT current_user::text, \
     EXISTS (SELECT 1 FROM pg_roles r WHERE pg_has_role(r.oid, 'MEMBER') \
      AND (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)\
      )::int::bigint, \
     (coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) \
      OR has_database_privilege(current_database(), 'CREATE') \
      OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
       AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(c.relowner, 'MEMBER')))::int::bigint";

/// Tables may lean on each other, and views on tables.
pub(crate) fn drop_all(tables: &[&str], views: &[&str]) -> Vec<String> {
    let drop = |kind: &str, names: &[&str]| {
        (!names.is_empty()).then(|| format!("DROP {kind} IF EXISTS {} CASCADE", names.join(", ")))
    };
    drop("VIEW", views).into_iter().chain(drop("TABLE", tables)).collect()
}

/// Whatever leans on it goes as well; a part may have gone with something else already.
pub(crate) fn drop_object(object: &Object) -> Option<String> {
    let kinds = [
        "MATERIALIZED VIEW",
        "FOREIGN TABLE",
        "SEQUENCE",
        "AGGREGATE",
        "FUNCTION",
        "PROCEDURE",
        "DOMAIN",
        "TYPE",
    ];
    let kind = kinds.into_iter().find(|kind| *kind == object.kind)?;
    Some(format!("DROP {kind} IF EXISTS {} CASCADE", object.name))
}
