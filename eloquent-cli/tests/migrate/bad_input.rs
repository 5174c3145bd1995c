//! What is wrong before, in and around migrations: each is an error that says where, and nothing runs on
//! what is not understood.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::ground::{Ground, Kind, said};

const A: &str = "20260101000000_a";
const B: &str = "20260102000000_b";

crate::on_each! {
    a_damaged_history_stops_everything, rows_that_do_not_fit, files_that_are_not_clear,
    nothing_steers_the_terminal, an_answer_from_a_pipe_is_none,
}

fn has(ground: &Ground, table: &str) -> bool {
    ground.tables().iter().any(|name| name == table)
}

fn a_damaged_history_stops_everything(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    ground.run("migrate:run").expect(0, &[]);
    ground.migration(B, "CREATE TABLE tb (id INT);", "DROP TABLE tb;");
    ground.execute(&["UPDATE eloquent_migrations SET state = 'perhaps'"]);
    for line in ["migrate:run", "migrate:status", "migrate:rollback", "migrate:refresh"] {
        ground
            .run(line)
            .expect(1, &["the history of migrations is damaged", "eloquent_migrations"]);
    }
    ground.execute(&["ALTER TABLE eloquent_migrations RENAME COLUMN state TO condition_"]);
    for line in ["migrate:run", "migrate:status", "migrate:rollback"] {
        ground.run(line).expect(1, &["the history of migrations is damaged"]);
    }
    assert!(has(ground, "ta") && !has(ground, "tb"), "nothing ran");
}

fn rows_that_do_not_fit(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT); INSERT INTO ta VALUES (1), (1);", "");
    ground.run("migrate:run").expect(0, &[]);
    let unique = "CREATE TABLE tb (id INT);\nCREATE UNIQUE INDEX ta_id ON ta (id);";
    ground.migration(B, unique, "");
    ground.run("migrate:run").expect(1, &[B, "step 2 of 2, line 2", "CREATE UNIQUE INDEX ta_id"]);
    assert_eq!(has(ground, "tb"), !ground.kind.is_whole());
    assert_eq!(ground.number("SELECT COUNT(*) FROM ta"), 2, "no row is lost");
    ground.execute(&["DELETE FROM ta"]);
    ground.run("migrate:run").expect(0, &["1 applied"]);
}

fn files_that_are_not_clear(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "");
    let path = ground.migration("20260101000000_other", "CREATE TABLE tb (id INT);", "");
    ground.run("migrate:run").expect(1, &["20260101000000"]);
    fs::remove_file(&path).unwrap();
    let folder = path.parent().unwrap();
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let strange = folder.join(std::ffi::OsStr::from_bytes(b"20260103000000_\xff.up.sql"));
        fs::write(&strange, "CREATE TABLE tc (id INT);").unwrap();
        ground.run("migrate:run").expect(1, &["migrations"]);
        fs::remove_file(&strange).unwrap();
    }
    fs::write(folder.join("20260104000000_latin.up.sql"), b"-- caf\xe9\nSELECT 1;").unwrap();
    ground.run("migrate:run").expect(1, &["20260104000000_latin.up.sql"]);
    assert!(ground.tables().is_empty(), "nothing ran");
    fs::remove_dir_all(folder).unwrap();
    fs::write(folder, "no folder").unwrap();
    ground.run("migrate:run").expect(1, &["migrations"]);
    assert!(ground.tables().is_empty(), "nothing ran");
}

fn nothing_steers_the_terminal(ground: &Ground) {
    let text = "INSERT INTO nothing VALUES ('a')\u{1b}[2J\u{202e}\r;";
    ground.migration(A, text, "");
    let failed = ground.run("migrate:run");
    failed.expect(1, &[A]);
    let all = format!("{}{}", failed.stdout, failed.stderr);
    assert!(!all.contains(['\u{1b}', '\u{202e}', '\r']), "{all:?}");
}

fn an_answer_from_a_pipe_is_none(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    ground.run("migrate:run").expect(0, &[]);
    let database = ground.database();
    for variables in [
        &[("APP_ENV", "production")][..],
        &[("APP_ENV", "production"), ("CI", "true")],
        &[("APP_ENV", "production"), ("ELOQUENT_ALLOW_DESTRUCTIVE", "1")],
        &[("APP_ENV", "prdouction"), ("CLAUDECODE", "1")],
    ] {
        for line in ["migrate:fresh", "migrate:fresh --force", "migrate:rollback --force"] {
            let mut command = ground.command(line);
            command.stdin(Stdio::piped()).envs(variables.iter().copied());
            let mut child = command.spawn().unwrap();
            let answers = format!("yes\ny\n{database}\n");
            // it may have ended before it could be answered
            let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
            said(child).expect(3, &["error[guard]", "--confirm"]);
        }
    }
    assert!(has(ground, "ta"));
}

/// Who may not create says which right is missing, and looking needs none but to read.
#[test]
fn pg_without_the_right_to_create() {
    let ground = Ground::new(Kind::Pg, "x::bad", "rights");
    ground.migration(A, "CREATE TABLE ta (id INT);", "");
    let role = format!("reader_{}", std::process::id());
    let create = format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'").leak();
    ground.execute(&[create]);
    let run = |line: &str| {
        let mut command = ground.command(line);
        command.env("PG_MIGRATION_USER", &role).env("PG_MIGRATION_PASSWORD", "reader");
        said(command.spawn().unwrap())
    };
    run("migrate:status").expect(0, &["1 pending"]);
    run("migrate:run --pretend").expect(0, &["CREATE TABLE ta"]);
    run("migrate:run")
        .expect(1, &["error[permission]", "`eloquent_environment`", "connection `pg`"]);
    assert!(ground.tables().is_empty());
    ground.execute(&[format!("DROP ROLE {role}").leak()]);
}
