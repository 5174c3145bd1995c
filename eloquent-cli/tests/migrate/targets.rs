//! Which connections, and the files that are made.

use std::fs;

use crate::ground::{Ground, Kind};

#[test]
fn one_failure_hides_no_other() {
    let pg = Ground::new(Kind::Pg, "x::targets", "several");
    pg.migration(
        "20260101000000_a",
        "CREATE TABLE ta (id INT); INSERT INTO nothing VALUES (1);",
        "",
    );
    let sqlite = pg.path().join("migrations/sqlite");
    fs::create_dir_all(&sqlite).unwrap();
    fs::write(sqlite.join("20260101000000_a.up.sql"), "CREATE TABLE ta (id INT);").unwrap();
    let run = |line: &str| {
        let output = pg.command(line).env("SQLITE_PATH", "other.sqlite").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout) + &text(output.stderr))
    };
    let (code, said) = run("migrate:run --all-connections --all-migrations");
    assert_eq!(code, Some(1), "{said}");
    for text in ["pg: failed", "sqlite: 1 applied", "connection `pg`", "step 2 of 2"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    let (code, said) = run("migrate:status --all-connections");
    assert_eq!(code, Some(0));
    assert!(said.contains("pg: 1 pending") && said.contains("sqlite: 1 applied"), "{said}");
    // one without a directory has nothing to do among all, and is wrong by itself
    fs::remove_dir_all(pg.path().join("migrations/pg")).unwrap();
    let (code, said) = run("migrate:run --all-connections");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("pg: no migrations"), "{said}");
    let (code, said) = run("migrate:run --pg");
    assert_eq!(code, Some(1));
    assert!(said.contains("make:migration"), "{said}");
}

#[test]
fn a_twin_has_the_migrations_of_its_connection() {
    let ground = Ground::new(Kind::Sqlite, "x::targets", "twin");
    ground.migration("20260101000000_a", "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    let run = |line: &str| {
        let mut command = ground.command(line);
        command.env("SQLITE_TEST_PATH", "test.sqlite").env("DB_TEST_CONNECTION", "sqlite_test");
        command.env_remove("APP_ENV").output().unwrap()
    };
    assert_eq!(run("migrate:run --test").status.code(), Some(0));
    assert_eq!(run("migrate:fresh --test").status.code(), Some(0), "tests may lose their data");
    assert_eq!(run("migrate:fresh").status.code(), Some(3));
    assert!(ground.path().join("test.sqlite").exists());
    assert!(!ground.path().join("app.sqlite").exists(), "the application's is left alone");
}

#[test]
fn migrations_are_made() {
    let ground = Ground::new(Kind::Sqlite, "x::targets", "made");
    for name in ["create_users", "create_posts"] {
        ground.run(&format!("make:migration {name}")).expect(0, &["made migrations/sqlite/"]);
    }
    let folder = ground.path().join("migrations/sqlite");
    let mut files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files.len(), 4);
    let stamps: Vec<&str> = files.iter().map(|file| file.split('_').next().unwrap()).collect();
    assert!(stamps[0] == stamps[1] && stamps[1] < stamps[2], "a stamp is given once: {files:?}");
    ground.run("migrate:run").expect(1, &["the file has no statement"]);
    for name in ["../../x", "/etc/x", "a/b", "9x", "Ä", "", "x\";panic!()//", "fn;"] {
        let output = ground.command("make:migration").arg(name).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/tmp", ground.path().join("elsewhere")).unwrap();
        ground.run("make:migration x --path elsewhere").expect(1, &["leads out of the project"]);
    }
}
