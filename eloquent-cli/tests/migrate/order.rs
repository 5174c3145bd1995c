//! What runs, in which order, and what is refused.

use std::fs;

use crate::ground::{Ground, Kind};

const A: &str = "20260101000000_a";
const B: &str = "20260102000000_b";
const C: &str = "20260103000000_c";

crate::on_each! {
    each_runs_once_and_is_undone, targets_are_exact, changes_are_seen, what_comes_late_is_told,
    pretending_writes_nothing, fresh_begins_from_nothing, bodies_run_whole, scripts_are_checked_first,
}

fn three(ground: &Ground) {
    for (name, table) in [(A, "ta"), (B, "tb"), (C, "tc")] {
        let up = format!("CREATE TABLE {table} (id INT);\nINSERT INTO {table} VALUES (1);");
        ground.migration(name, &up, &format!("DROP TABLE {table};"));
    }
}

fn each_runs_once_and_is_undone(ground: &Ground) {
    three(ground);
    assert_eq!(ground.states(), ["pending"; 3]);
    assert!(ground.tables().is_empty(), "status writes nothing");
    ground.run("migrate:run").expect(0, &["3 applied", A, B, C]);
    ground.run("migrate:run --all-migrations").expect(0, &["nothing to do"]);
    assert_eq!(ground.states(), ["applied"; 3]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM tc"), 1);
    let before = ground.tables();
    ground.run("migrate:rollback").expect(0, &["3 undone"]);
    assert_eq!(ground.states(), ["pending"; 3]);
    assert_eq!(ground.tables(), ["eloquent_migrations"]);
    ground.run("migrate:run").expect(0, &["3 applied"]);
    assert_eq!(ground.tables(), before, "up, down and up is up");
    ground.run("migrate:refresh").expect(0, &["3 undone", "3 applied"]);
    ground.run("migrate:reset").expect(0, &["3 undone"]);
    ground.run("migrate:rollback").expect(0, &["nothing to do"]);
}

fn targets_are_exact(ground: &Ground) {
    three(ground);
    ground.run("migrate:run --step 1").expect(0, &["1 applied"]);
    ground.run(&format!("migrate:run --to {B}")).expect(0, &["1 applied", B]);
    ground.run("migrate:run --to b").expect(1, &["there is no migration `b`"]);
    ground.run(&format!("migrate:run --to {A}")).expect(1, &["has run already"]);
    ground.run("migrate:run").expect(0, &["1 applied", C]);
    ground.run("migrate:rollback --batch 2").expect(0, &["1 undone", B]);
    assert_eq!(ground.states(), ["applied", "late", "applied"]);
    ground.run("migrate:run").expect(5, &["later migrations have run before", B]);
    ground.run("migrate:run --allow-out-of-order").expect(0, &["1 applied", B]);
    ground.run(&format!("migrate:rollback --to {A}")).expect(0, &["2 undone"]);
    ground.run("migrate:rollback --step 5").expect(0, &["1 undone"]);
    ground.run("migrate:run --step 1 --to x").expect(2, &["cannot be used with"]);
    let irreversible = ground.migration("20260104000000_d", "CREATE TABLE td (id INT);", "");
    ground.run("migrate:run").expect(0, &["4 applied"]);
    ground.run("migrate:rollback").expect(1, &["cannot be undone", "20260104000000_d"]);
    assert_eq!(ground.states(), ["applied"; 4], "{}", irreversible.display());
}

fn changes_are_seen(ground: &Ground) {
    three(ground);
    ground.run("migrate:run").expect(0, &[]);
    let path = ground.migration(B, "", "");
    let original = "CREATE TABLE tb (id INT);\nINSERT INTO tb VALUES (1);";
    for same in
        [original.to_owned(), original.replace('\n', "\r\n"), format!("\u{feff}{original}\n")]
    {
        fs::write(&path, same).unwrap();
        ground.run("migrate:run").expect(0, &["nothing to do"]);
    }
    fs::write(&path, original.replace("(1)", "(2)")).unwrap();
    ground.run("migrate:run").expect(5, &["migration_drift", B, "has changed since it ran"]);
    assert_eq!(ground.states(), ["applied", "changed", "applied"]);
    ground.run(&format!("migrate:resolve {B} --applied --why reviewed")).expect(0, &["settled"]);
    ground.run("migrate:run").expect(0, &["nothing to do"]);
    ground.run("migrate:status").expect(0, &["settled", "applied, by ada", "reviewed"]);
    fs::remove_file(&path).unwrap();
    fs::remove_file(path.with_file_name(format!("{B}.down.sql"))).unwrap();
    ground.run("migrate:run").expect(5, &["is not known any more"]);
    ground.run("migrate:run --allow-missing").expect(0, &["nothing to do"]);
    assert_eq!(ground.states(), ["applied", "missing", "applied"]);
    ground.run("migrate:rollback").expect(5, &["bring their files back"]);
}

fn what_comes_late_is_told(ground: &Ground) {
    ground.migration(B, "CREATE TABLE tb (id INT);", "");
    ground.run("migrate:run").expect(0, &[]);
    ground.migration(A, "CREATE TABLE ta (id INT);", "");
    assert_eq!(ground.states(), ["late", "applied"]);
    ground.run("migrate:run").expect(5, &["later migrations have run before", A]);
    assert!(!ground.tables().contains(&"ta".to_owned()));
    ground.run("migrate:run --allow-out-of-order").expect(0, &["1 applied"]);
}

fn pretending_writes_nothing(ground: &Ground) {
    three(ground);
    ground
        .run("migrate:run --pretend")
        .expect(0, &["would send", "CREATE TABLE ta", "VALUES (1);"]);
    assert!(ground.tables().is_empty());
    ground.run("migrate:run --step 2").expect(0, &[]);
    let before = (ground.tables(), ground.number("SELECT COUNT(*) FROM eloquent_migrations"));
    ground.run("migrate:run --pretend").expect(0, &["CREATE TABLE tc"]);
    ground.run("migrate:rollback --pretend").expect(0, &["DROP TABLE tb;", "DROP TABLE ta;"]);
    let after = (ground.tables(), ground.number("SELECT COUNT(*) FROM eloquent_migrations"));
    assert_eq!(before, after);
}

fn fresh_begins_from_nothing(ground: &Ground) {
    ground.migration(
        A,
        "CREATE TABLE parents (id INT PRIMARY KEY);\n\
         CREATE TABLE children (id INT, parent INT, FOREIGN KEY (parent) REFERENCES parents (id));\n\
         INSERT INTO parents VALUES (1);\nINSERT INTO children VALUES (1, 1);\n\
         CREATE VIEW both_of_them AS SELECT children.id FROM children;",
        "",
    );
    ground.run("migrate:run").expect(0, &[]);
    ground.run("migrate:fresh").expect(0, &["1 applied"]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM children"), 1);
    // an environment that is not named may be production
    for command in ["migrate:fresh", "migrate:reset", "migrate:refresh", "migrate:rollback"] {
        let mut child = ground.command(command);
        let output = child.env("APP_ENV", " Production ").output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{command}");
        let output = ground.command(command).env_remove("APP_ENV").output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{command}");
    }
    assert_eq!(ground.number("SELECT COUNT(*) FROM children"), 1);
    // a flag alone is no consent, nor is it with the name of the database
    let database = ground.database();
    let confirmed = format!("migrate:fresh --force --confirm {database}");
    for line in ["migrate:fresh --force", &confirmed] {
        let forced = ground.command(line).env("APP_ENV", "prod").output().unwrap();
        assert_eq!(forced.status.code(), Some(3), "{line}");
    }
    let mut allowed = ground.command(&confirmed);
    allowed.env("APP_ENV", "prod").env("ELOQUENT_ALLOW_DESTRUCTIVE", database);
    assert_eq!(allowed.output().unwrap().status.code(), Some(0));
    assert_eq!(ground.number("SELECT COUNT(*) FROM eloquent_audit WHERE outcome = 'done'"), 2);
}

fn bodies_run_whole(ground: &Ground) {
    let body = match ground.kind {
        Kind::Sqlite => {
            "CREATE TRIGGER log AFTER INSERT ON ta BEGIN\n  INSERT INTO tb VALUES ('a;b');\n  \
             INSERT INTO tb VALUES (CASE WHEN 1 THEN 'c' ELSE 'd' END);\nEND;"
        }
        Kind::Pg => {
            "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\n  \
             INSERT INTO tb VALUES ('a;b');\n  INSERT INTO tb VALUES ('c');\n  RETURN NEW;\nEND\n\
             $body$;\nCREATE TRIGGER log AFTER INSERT ON ta FOR EACH ROW EXECUTE FUNCTION log();"
        }
        Kind::Mysql => {
            "DELIMITER //\nCREATE TRIGGER log AFTER INSERT ON ta FOR EACH ROW BEGIN\n  \
             INSERT INTO tb VALUES ('a;b');\n  INSERT INTO tb VALUES ('it\\'s');\nEND //\nDELIMITER ;"
        }
    };
    let up = format!(
        "-- a comment; with a semicolon\nCREATE TABLE ta (id INT); /* ; */\n\
         CREATE TABLE tb (word VARCHAR(10));\n{body}\nINSERT INTO ta VALUES (1);"
    );
    ground.migration(A, &up, "");
    ground.run("migrate:run").expect(0, &["1 applied"]);
    assert_eq!(ground.number("SELECT COUNT(*) FROM tb"), 2);
}

fn scripts_are_checked_first(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "");
    for (text, what) in [
        (
            "CREATE TABLE tb (id INT);\nCOMMIT;",
            "line 2: the statement begins or ends a transaction",
        ),
        (
            "CREATE TABLE tb (id INT);\n\nINSERT INTO tb VALUES ('x",
            "line 3: the script ends inside",
        ),
        ("-- nothing\n", "the file has no statement"),
    ] {
        ground.migration(B, text, "");
        ground.run("migrate:run").expect(1, &[what, B]);
        assert!(ground.tables().is_empty(), "nothing ran: {text}");
    }
    let outside = match ground.kind {
        Kind::Sqlite => "VACUUM;",
        Kind::Pg => "CREATE INDEX CONCURRENTLY later ON ta (id);",
        Kind::Mysql => return,
    };
    ground.migration(B, outside, "");
    ground.run("migrate:run").expect(1, &["does not run inside a transaction", "no-transaction"]);
    ground.migration(B, &format!("-- eloquent: no-transaction\n{outside}"), "");
    ground.run("migrate:run").expect(0, &["2 applied"]);
}

/// What leans on nothing in particular goes as well, and what belongs to somebody else stays.
#[test]
fn pg_fresh_drops_all_that_the_schema_has() {
    let ground = Ground::new(Kind::Pg, "x::order", "fresh_all");
    ground.execute(&[
        "CREATE EXTENSION IF NOT EXISTS pgcrypto",
        "CREATE SCHEMA other",
        "CREATE TABLE other.kept (id INT)",
    ]);
    ground.migration(
        A,
        "CREATE TYPE mood AS ENUM ('sad', 'ok');\n\
         CREATE TYPE \"a pair\" AS (a INT, b INT);\n\
         CREATE DOMAIN positive AS INT CHECK (VALUE > 0);\n\
         CREATE SEQUENCE \"My numbers\";\n\
         CREATE TABLE ta (id SERIAL, number INT GENERATED ALWAYS AS IDENTITY, feels mood, n positive);\n\
         CREATE MATERIALIZED VIEW seen AS SELECT id FROM ta;\n\
         CREATE FUNCTION twice(n INT) RETURNS INT LANGUAGE sql AS 'SELECT n * 2';\n\
         CREATE FUNCTION twice(n TEXT) RETURNS TEXT LANGUAGE sql AS 'SELECT n || n';\n\
         CREATE PROCEDURE noop() LANGUAGE sql AS 'SELECT 1';\n\
         CREATE AGGREGATE total(INT) (SFUNC = int4pl, STYPE = INT, INITCOND = '0');",
        "",
    );
    ground.run("migrate:run").expect(0, &["1 applied"]);
    // each of them would be there already
    ground.run("migrate:fresh").expect(0, &["1 applied"]);
    ground.migration(A, "CREATE TABLE tb (id INT);", "");
    ground.run("migrate:fresh").expect(0, &["1 applied"]);
    let left = "SELECT (SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace \
                AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')) \
                + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace \
                AND typtype IN ('e', 'd')) + (SELECT count(*) FROM pg_class WHERE \
                relnamespace = 'public'::regnamespace AND relkind IN ('m', 'S'))";
    assert_eq!(ground.number(left), 0);
    assert_eq!(ground.number("SELECT count(*) FROM other.kept"), 0, "another schema is left alone");
    assert_eq!(
        ground.number("SELECT length(gen_random_bytes(4))::bigint"),
        4,
        "so is an extension"
    );
}

#[test]
fn sqlite_looking_makes_no_file() {
    let ground = Ground::new(Kind::Sqlite, "x::order", "no_file");
    three(&ground);
    assert_eq!(ground.states(), ["pending"; 3]);
    ground.run("migrate:run --pretend").expect(0, &["would send", "CREATE TABLE tc"]);
    ground.run("migrate:rollback --pretend").expect(0, &["nothing to do"]);
    assert!(!ground.path().join("app.sqlite").exists(), "looking makes no file");
    ground.run("migrate:run").expect(0, &["3 applied"]);
    assert!(ground.path().join("app.sqlite").exists());
    assert_eq!(ground.states(), ["applied"; 3]);
}
