//! What is wrong before, in and around migrations: each is an error that says where, and nothing runs on
//! what is not understood.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::ground::{Ground, Kind, said};

const A: &str = "20260101000000_a";
const B: &str = "20260102000000_b";

crate::on_each! {
    a_damaged_history_stops_everything, rows_that_do_not_fit, what_rows_forbid_is_told_with_its_place,
    files_that_are_not_clear, nothing_steers_the_terminal, an_answer_from_a_pipe_is_none,
    little_is_enough_and_less_is_told,
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

/// What the rows that are there do not allow fails as a whole step, and is gone on from once they do.
fn what_rows_forbid_is_told_with_its_place(ground: &Ground) {
    let filled = "CREATE TABLE parents (id INT PRIMARY KEY);\n\
                  CREATE TABLE ta (id INT PRIMARY KEY, parent INT, word VARCHAR(20));\n\
                  INSERT INTO ta VALUES (1, 7, 'a long word');";
    ground.migration(A, filled, "");
    ground.run("migrate:run").expect(0, &[]);
    // what each database says no to; SQLite neither checks keys nor lengths when a table is changed
    let cases: &[(&str, &str)] = match ground.kind {
        Kind::Sqlite => &[
            ("ALTER TABLE ta ADD COLUMN n INT NOT NULL", "error[not_null_violation]"),
            ("ALTER TABLE ta ADD COLUMN n INT UNIQUE", "without `UNIQUE`"),
            ("ALTER TABLE ta ADD COLUMN n INT PRIMARY KEY", "primary key cannot be added"),
            ("ALTER TABLE ta ADD COLUMN n INT DEFAULT (random())", "the same for all rows"),
        ],
        Kind::Pg => &[
            ("ALTER TABLE ta ADD COLUMN n INT NOT NULL", "column `n`"),
            (
                "ALTER TABLE ta ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents (id)",
                "constraint `up`",
            ),
            ("ALTER TABLE ta ALTER COLUMN word TYPE VARCHAR(5)", "error["),
            ("ALTER TABLE ta ALTER COLUMN parent TYPE DATE USING word::DATE", "error["),
        ],
        Kind::Mysql => &[
            (
                "ALTER TABLE ta ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents (id)",
                "constraint `up`",
            ),
            ("ALTER TABLE ta MODIFY word VARCHAR(5)", "column `word`"),
            ("ALTER TABLE ta ADD COLUMN at DATE NOT NULL DEFAULT 'nothing'", "error["),
        ],
    };
    for (number, (change, place)) in cases.iter().enumerate() {
        let text = format!("CREATE TABLE tb (id INT);\n{change};");
        let name = format!("2026010200000{number}_b");
        let path = ground.migration(&name, &text, "");
        let said = ground.run("migrate:run");
        said.expect(1, &[&name, "step 2 of 2, line 2", "ALTER TABLE ta", place]);
        assert_eq!(ground.number("SELECT COUNT(*) FROM ta"), 1, "no row is lost: {change}");
        assert_eq!(has(ground, "tb"), !ground.kind.is_whole(), "{change}");
        fs::write(&path, "CREATE TABLE tb (id INT);\nDROP TABLE tb;").unwrap();
        ground.run("migrate:run").expect(0, &["1 applied"]);
    }
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

/// With little of everything it works, with less it says so; nothing is left behind that keeps the next run
/// from its work.
fn little_is_enough_and_less_is_told(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    let program = env!("CARGO_BIN_EXE_eloquent");
    let limited = |limit: &str, line: &str| {
        let plain = ground.command(line);
        let mut command = std::process::Command::new("sh");
        command.arg("-c").arg(format!("{limit} \"$0\" {line}")).arg(program);
        command.current_dir(ground.path()).env_clear().env("PATH", "/usr/bin:/bin");
        command.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        said(command.spawn().unwrap())
    };
    limited("ulimit -n 64; exec", "migrate:run").expect(0, &["1 applied"]);
    limited("ulimit -n 64; exec", "migrate:fresh").expect(0, &["1 applied"]);
    limited("ulimit -d 262144; exec", "migrate:fresh").expect(0, &["1 applied"]);
    ground.migration(B, "CREATE TABLE tb (id INT);", "");
    let mut refused = 0;
    for files in [4, 8, 10, 12, 14, 16, 20, 24] {
        let said = limited(&format!("ulimit -n {files}; exec"), "migrate:run --wait 60");
        refused += usize::from(said.code != 0);
        assert!(said.code == 0 || said.stderr.contains("error"), "{files}: {said:?}");
    }
    assert!(refused > 0, "with four files nothing works");
    ground.run("migrate:run --wait 60");
    assert_eq!(ground.states(), ["applied", "applied"]);
    assert!(has(ground, "tb"));
}

#[test]
fn sqlite_twenty_thousand_files() {
    let ground = Ground::new(Kind::Sqlite, "x::bad", "many");
    let first: u64 = 20_000_101_000_000;
    for number in 0..20_000 {
        ground.migration(&format!("{}_t", first + number), "CREATE TABLE t (id INT);", "");
    }
    ground.run("migrate:run --step 1").expect(0, &["1 applied"]);
    let (code, document) = ground.json("migrate:status");
    let states = document["connections"][0]["migrations"].as_array().unwrap();
    assert_eq!((code, states.len()), (0, 20_000));
    assert!(states[0]["state"] == "applied" && states[19_999]["state"] == "pending");
}
