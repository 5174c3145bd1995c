//! Looking at a database, its own client, and dropping all of it.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::ground::{Ground, Kind, said};

crate::on_each!(
    tables_are_shown,
    a_table_is_shown,
    the_client_is_started,
    no_password_stands_in_an_argument,
    all_is_dropped,
);

const TEAMS: &str = "CREATE TABLE teams (id INTEGER PRIMARY KEY, name VARCHAR(50) NOT NULL)";
const MEMBERS: &str = "CREATE TABLE members (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL, \
                       email VARCHAR(100) NOT NULL UNIQUE, nick VARCHAR(20) DEFAULT 'x', \
                       CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE)";

fn fill(ground: &Ground) {
    ground.execute(&[
        TEAMS,
        MEMBERS,
        "CREATE INDEX by_nick ON members (nick)",
        "INSERT INTO teams (id, name) VALUES (1, 'a'), (2, 'b')",
        "CREATE VIEW names AS SELECT name FROM teams",
    ]);
}

fn tables_are_shown(ground: &Ground) {
    ground.run("db:show").expect(0, &["0 tables"]);
    fill(ground);
    let (code, document) = ground.json("db:show --counts");
    let shown = document["connections"][0]["tables"].as_array().expect("a list").clone();
    let names: Vec<&str> = shown.iter().filter_map(|table| table["name"].as_str()).collect();
    assert_eq!((code, names.as_slice()), (0, &["members", "teams", "names"][..]), "{document}");
    assert_eq!((&shown[1]["rows"], &shown[2]["kind"]), (&2.into(), &"view".into()));
    assert!(shown[1]["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{document}");
    let (_, document) = ground.json("db:show");
    assert!(document["connections"][0]["tables"][1]["rows"].is_null(), "nobody asked");
    let name = ground.kind.name();
    for width in ["80", "200"] {
        let command = &mut ground.command("db:show --counts");
        let said = said(command.env("COLUMNS", width).spawn().expect("it runs"));
        said.expect(0, &[&format!("{name}: 2 tables, 1 view, "), "NAME", "SIZE", "ROWS", "KiB"]);
        let longest = said.stdout.lines().map(|line| line.chars().count()).max();
        assert!(longest <= width.parse().ok(), "{}", said.stdout);
    }
}

fn a_table_is_shown(ground: &Ground) {
    fill(ground);
    let (code, document) = ground.json("db:table members");
    let table = &document["table"];
    let column = |at: usize, key: &str| table["columns"][at][key].clone();
    assert_eq!((code, column(2, "name")), (0, "email".into()), "{document}");
    assert_eq!((column(2, "nullable"), column(3, "nullable")), (false.into(), true.into()));
    assert!(column(3, "default").as_str().is_some_and(|default| default.contains('x')));
    assert_eq!(table["key"], serde_json::json!(["id"]));
    let indexes = table["indexes"].as_array().expect("a list");
    assert!(indexes.iter().any(|index| index["name"] == "by_nick" && index["unique"] == false));
    assert!(indexes.iter().any(|index| index["columns"][0] == "email" && index["unique"] == true));
    let key = &table["foreign_keys"][0];
    assert_eq!((&key["foreign_table"], &key["on_delete"]), (&"teams".into(), &"cascade".into()));
    ground.run("db:table members").expect(0, &["Columns", "Indexes", "Foreign keys", "teams (id)"]);
    ground.run("db:table names").expect(0, &["view names", "Query"]);
    ground.run("db:table membres").expect(1, &["did you mean `members`?"]);
    ground.run("db:table zzz").expect(1, &["there are: members, teams, names"]);
}

/// It is the terminal's: what is typed goes to it, what it says comes from it, and so does its exit code.
fn the_client_is_started(ground: &Ground) {
    fill(ground);
    let path = std::env::var_os("PATH").expect("a path");
    let mut command = ground.command("db:shell");
    let mut child =
        command.env("PATH", path).stdin(Stdio::piped()).spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"SELECT 40 + count(*) FROM teams;\n").expect("it reads");
    drop(stdin);
    said(child).expect(0, &["42"]);
}

#[cfg(unix)]
fn no_password_stands_in_an_argument(ground: &Ground) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = ground.path().join("clients");
    fs::create_dir(&folder).expect("a folder");
    for name in ["sqlite3", "psql", "mariadb"] {
        let path = folder.join(name);
        fs::write(&path, "#!/bin/sh\nprintf '%s|' \"$0\" \"$@\"\n/usr/bin/env\nexit 5\n")
            .expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    let mut command = ground.command("db:shell");
    command.env("PATH", &folder).env("PG_PASSWORD", "canary").env("DB_PASSWORD", "canary");
    let said = said(command.spawn().expect("it runs"));
    let (arguments, variables) = said.stdout.split_once('\n').unwrap_or_default();
    said.expect(5, &[]);
    if ground.kind != Kind::Sqlite {
        assert!(!arguments.contains("canary"), "{arguments}");
        let told = ["PGPASSWORD=canary", "MYSQL_PWD=canary"];
        assert!(variables.lines().any(|line| told.contains(&line)), "{variables}");
    }
    let none = ground.command("db:shell").env("PATH", "clients").spawn().expect("it runs");
    crate::ground::said(none).expect(1, &["no client of the database is installed"]);
}

fn all_is_dropped(ground: &Ground) {
    fill(ground);
    ground.migration("20260101090000_a", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "");
    ground.run("migrate:run").expect(0, &["1 applied"]);
    let mut command = ground.command("db:wipe");
    let refused = said(command.env("APP_ENV", "production").spawn().expect("it runs"));
    refused.expect(3, &["drops all tables and views"]);
    assert!(ground.tables().contains(&"teams".to_owned()));
    ground.run("db:wipe").expect(0, &["all tables and views are dropped"]);
    let left = ground.tables();
    assert!(left.iter().all(|table| table.starts_with("eloquent_")), "{left:?}");
    ground.run("migrate:run").expect(0, &["1 applied"]);
}
