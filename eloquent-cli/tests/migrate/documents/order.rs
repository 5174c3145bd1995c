//! What runs, in which order, and what is refused.

use std::fs;

use super::ground::{Ground, lines};

const A: &str = "20260101000000_a";
const B: &str = "20260102000000_b";
const C: &str = "20260103000000_c";

fn three(ground: &Ground) {
    for (name, table) in [(A, "ta"), (B, "tb"), (C, "tc")] {
        let up = lines(&[
            &format!("{{\"create\": \"{table}\"}}"),
            &format!("{{\"insert\": \"{table}\", \"documents\": [{{\"_id\": 1}}]}}"),
        ]);
        ground.migration(name, &up, &format!("[{{\"drop\": \"{table}\"}}]"));
    }
}

#[test]
fn mongo_each_runs_once_and_is_undone() {
    let ground = Ground::new("each");
    three(&ground);
    assert_eq!(ground.states(), ["pending"; 3]);
    assert!(ground.collections().is_empty(), "status writes nothing");
    ground.run("migrate:run").expect(0, &["3 applied", A, B, C]);
    ground.run("migrate:run --all-migrations").expect(0, &["nothing to do"]);
    assert_eq!(ground.states(), ["applied"; 3]);
    assert_eq!(ground.count("tc"), 1);
    let before = ground.collections();
    ground.run("migrate:rollback").expect(0, &["3 undone"]);
    assert_eq!(ground.states(), ["pending"; 3]);
    ground.run("migrate:run --step 1").expect(0, &["1 applied"]);
    ground.run("migrate:run --to b").expect(1, &["there is no migration `b`"]);
    ground.run("migrate:run").expect(0, &["2 applied"]);
    assert_eq!(ground.collections(), before, "up, down and up is up");
    ground.run("migrate:rollback --batch 2").expect(0, &["2 undone", B, C]);
    ground.run("migrate:run").expect(0, &["2 applied"]);
    ground.run("migrate:refresh").expect(0, &["3 undone", "3 applied"]);
    ground.run("migrate:reset").expect(0, &["3 undone"]);
    ground.run("migrate:rollback").expect(0, &["nothing to do"]);
    assert_eq!(ground.collections(), ["eloquent_migration_lock", "eloquent_migrations"]);
    assert_eq!(ground.count("eloquent_migration_lock"), 0, "the lease is given back");
}

#[test]
fn mongo_changes_and_late_files_are_seen() {
    let ground = Ground::new("changes");
    three(&ground);
    ground.run("migrate:run").expect(0, &[]);
    let path = ground.path().join(format!("migrations/mongo/{B}.up.json"));
    let original = fs::read_to_string(&path).unwrap();
    fs::write(&path, original.replace('\n', "\r\n")).unwrap();
    ground.run("migrate:run").expect(0, &["nothing to do"]);
    fs::write(&path, original.replace("\"_id\": 1", "\"_id\": 2")).unwrap();
    ground.run("migrate:run").expect(5, &["migration_drift", B, "has changed since it ran"]);
    assert_eq!(ground.states(), ["applied", "changed", "applied"]);
    ground.run(&format!("migrate:resolve {B} --applied --why reviewed")).expect(0, &["settled"]);
    ground.run("migrate:status").expect(0, &["applied, by ada", "reviewed"]);
    ground.migration("20260101120000_late", "{\"create\": \"late\"}", "");
    ground.run("migrate:run").expect(5, &["later migrations have run before"]);
    ground.run("migrate:run --allow-out-of-order").expect(0, &["1 applied"]);
    ground.run("migrate:rollback").expect(1, &["cannot be undone"]);
}

#[test]
fn mongo_pretending_writes_nothing() {
    let ground = Ground::new("pretending");
    three(&ground);
    ground
        .run("migrate:run --pretend")
        .expect(0, &["would send", "{\"create\": \"ta\"}", "\"documents\": [{\"_id\": 1}]"]);
    assert!(ground.collections().is_empty());
    ground.run("migrate:run").expect(0, &[]);
    let before = (ground.collections(), ground.count("eloquent_migrations"));
    ground.run("migrate:rollback --pretend").expect(0, &["{\"drop\": \"tb\"}"]);
    assert_eq!((ground.collections(), ground.count("eloquent_migrations")), before);
}

#[test]
fn mongo_fresh_begins_from_nothing() {
    let ground = Ground::new("fresh");
    three(&ground);
    ground.run("migrate:run").expect(0, &[]);
    ground.schema(async |schema| {
        schema
            .create("by_hand", |t| {
                t.id();
            })
            .await
            .expect("made");
    });
    let output = ground.command("migrate:fresh --mongo").env_remove("APP_ENV").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "it wants `--force`");
    assert!(ground.collections().contains(&"by_hand".to_owned()));
    ground.run("migrate:fresh").expect(0, &["3 applied"]);
    assert!(!ground.collections().contains(&"by_hand".to_owned()));
    assert_eq!(ground.states(), ["applied"; 3]);
    assert_eq!(ground.count("tc"), 1);
}

#[test]
fn mongo_scripts_are_checked_first() {
    let ground = Ground::new("checked");
    ground.migration(A, "{\"create\": \"ta\"}", "");
    for (text, what) in [
        (
            "{\"create\": \"tb\"}\n{\"commitTransaction\": 1}",
            "line 2: the statement begins or ends",
        ),
        ("{\"create\": \"tb\"}\n\n{\"insert\": \"tb\"", "line 3: the command does not end"),
        ("{\"dropDatabase\": 1}", "`migrate:fresh`"),
        ("CREATE TABLE tb (id INT);", "does not begin with `{`"),
        ("[]", "the file has no statement"),
    ] {
        ground.migration(B, text, "");
        ground.run("migrate:run").expect(1, &[what, B]);
        assert!(ground.collections().is_empty(), "nothing ran: {text}");
    }
    fs::remove_file(ground.path().join(format!("migrations/mongo/{B}.up.json"))).unwrap();
    let sql = ground.path().join(format!("migrations/mongo/{C}.up.sql"));
    fs::write(&sql, "CREATE TABLE tc (id INT);").unwrap();
    ground
        .run("migrate:run")
        .expect(1, &["is in SQL, and the database keeps documents", ".up.json"]);
    fs::rename(&sql, sql.with_extension("json")).unwrap();
    fs::write(sql.with_extension("json"), "{\"create\": \"tc\"}").unwrap();
    ground.run("migrate:run").expect(0, &["2 applied"]);
}

#[test]
fn mongo_is_not_one_of_all_connections_and_has_a_twin() {
    let ground = Ground::new("targets");
    three(&ground);
    let sqlite = ground.path().join("migrations/sqlite");
    fs::create_dir_all(&sqlite).unwrap();
    fs::write(sqlite.join(format!("{A}.up.sql")), "CREATE TABLE ta (id INT);").unwrap();
    let run = |line: &str| {
        let mut command = ground.command(line);
        command.env("SQLITE_PATH", "app.sqlite");
        command.env("MONGO_TEST_DB", format!("{}_twin", ground.database));
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout) + &text(output.stderr))
    };
    let (code, said) = run("migrate:run --all-connections");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("sqlite: 1 applied") && !said.contains("mongo"), "{said}");
    assert!(ground.collections().is_empty());
    let (code, said) = run("migrate:run --mongo --test");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("mongo_test: 3 applied"), "{said}");
    assert!(ground.collections().is_empty(), "the application's is left alone");
    let (code, said) = run("migrate:fresh --mongo --test");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run("migrate:reset --mongo --test");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run("migrate:run --mongo --sqlite");
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn a_file_of_commands_is_not_for_tables() {
    let ground = Ground::new("tables");
    let folder = ground.path().join("migrations/sqlite");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{A}.up.json")), "{\"create\": \"ta\"}").unwrap();
    let mut command = ground.command("migrate:run --sqlite");
    let output = command.env("SQLITE_PATH", "app.sqlite").output().unwrap();
    let text =
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("is in JSON, and the database takes SQL"), "{text}");
}

#[test]
fn mongo_collections_are_shown_with_sizes_and_counts() {
    let ground = Ground::new("shown");
    let up = lines(&[
        "{\"create\": \"visits\"}",
        "{\"createIndexes\": \"visits\", \"indexes\": [{\"key\": {\"page\": 1}, \"name\": \"pages\"}]}",
        "{\"insert\": \"visits\", \"documents\": [{\"page\": \"/\"}, {\"page\": \"/about\"}]}",
    ]);
    ground.migration(A, &up, "");
    ground.run("migrate:run").expect(0, &["1 applied"]);
    ground.run("db:show --counts").expect(0, &["NAME", "SIZE", "ROWS", "visits", "MongoDB"]);
    let document = |line: &str| -> serde_json::Value {
        let said = ground.run(&format!("{line} --json"));
        serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"))
    };
    let shown = document("db:show --counts");
    let tables = shown["connections"][0]["tables"].as_array().expect("a list").clone();
    let visits = tables.iter().find(|table| table["name"] == "visits").expect("it is there");
    assert_eq!((&visits["kind"], &visits["rows"]), (&"table".into(), &2.into()));
    assert!(visits["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{visits}");
    let table = document("db:table visits");
    assert!(table["table"]["bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{table}");
    assert_eq!(table["table"]["indexes"][0]["name"], "pages");
    assert!(document("db:show")["connections"][0]["tables"][0]["rows"].is_null(), "nobody asked");
    ground.run("db:table visit").expect(1, &["did you mean `visits`"]);
}
