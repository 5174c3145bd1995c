//! Nothing is destroyed without consent: each command, in each environment, on databases of each tag, with
//! each way of saying that it is meant.

use std::fs;

use eloquent::prelude::*;
use eloquent::seeding::Seeders;
use eloquent_cli::Cli;

use crate::ground::Ground;
use crate::project::UserSeeder;

const COMMANDS: [&str; 6] = [
    "migrate:fresh",
    "migrate:reset",
    "migrate:refresh",
    "migrate:rollback",
    "migrate:rollback --all-migrations",
    "db:seed:fresh",
];
const ENVIRONMENTS: [Option<&str>; 4] = [None, Some("local"), Some(" CI "), Some("PROD")];
const TAGS: [Option<&str>; 4] = [None, Some("local"), Some("test"), Some("production")];

/// A way to say that it is meant.
struct Way {
    name: &'static str,
    force: bool,
    /// The database that is confirmed: right, wrong or none.
    confirm: Option<bool>,
    variables: &'static [(&'static str, &'static str)],
    answers: Option<&'static [&'static str]>,
    words: bool,
    /// Whether it is enough.
    is_consent: bool,
}

const NOBODY: Way = Way {
    name: "nobody",
    force: false,
    confirm: None,
    variables: &[],
    answers: None,
    words: false,
    is_consent: false,
};
/// Stands for the name of the database.
const DATABASE: &str = "{database}";
const POLICY: (&str, &str) = ("ELOQUENT_ALLOW_DESTRUCTIVE", DATABASE);

const WAYS: [Way; 12] = [
    NOBODY,
    Way { name: "--force", force: true, ..NOBODY },
    Way { name: "force and name", force: true, confirm: Some(true), ..NOBODY },
    Way { name: "policy", variables: &[POLICY], ..NOBODY },
    Way { name: "policy and force", force: true, variables: &[POLICY], ..NOBODY },
    Way {
        name: "policy, force, wrong name",
        force: true,
        confirm: Some(false),
        variables: &[POLICY],
        ..NOBODY
    },
    Way {
        name: "all that a process can give",
        force: true,
        confirm: Some(true),
        variables: &[POLICY],
        is_consent: true,
        ..NOBODY
    },
    Way { name: "a terminal, wrong name", force: true, answers: Some(&["yes"]), ..NOBODY },
    Way { name: "a terminal, no force", answers: Some(&[DATABASE]), ..NOBODY },
    Way { name: "a terminal", force: true, answers: Some(&[DATABASE]), is_consent: true, ..NOBODY },
    Way {
        name: "an agent at a terminal",
        force: true,
        confirm: Some(true),
        variables: &[POLICY, ("CLAUDECODE", "1")],
        answers: Some(&[DATABASE]),
        ..NOBODY
    },
    Way {
        name: "an agent with a person's words",
        force: true,
        confirm: Some(true),
        variables: &[POLICY, ("CLAUDECODE", "1")],
        words: true,
        is_consent: true,
        ..NOBODY
    },
];

/// Whether environment and tag agree that data may be lost, as the guide says it.
fn is_harmless(environment: Option<&str>, tag: Option<&str>) -> bool {
    matches!(
        (environment, tag),
        (Some("local"), Some("local" | "test")) | (Some(" CI "), Some("test"))
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_destroyed_without_consent() {
    let mut ground = Ground::small();
    let seeders = || Seeders::new().add(UserSeeder);
    let database = ground.file("app.sqlite").display().to_string();
    let template = ground.file("template.sqlite");
    let plain = ground.environment.clone();
    let (mut cells, mut ran, mut refused) = (0, 0, 0);
    for tag in TAGS {
        let _ = fs::remove_file(&database);
        clean(&ground);
        ground.environment = plain.clone();
        ground.run("eloquent migrate:run", seeders()).await.expect(0, &[]);
        set_tag(&ground, tag).await;
        ground.execute("sqlite", "INSERT INTO users VALUES ('kept', 'kept')").await;
        clean(&ground);
        fs::copy(&database, &template).unwrap();
        for environment in ENVIRONMENTS {
            for way in &WAYS {
                ground.environment = match environment {
                    Some(name) => plain.clone().set("APP_ENV", name),
                    None => plain.clone().set("APP_ENV", ""),
                };
                for (key, value) in way.variables {
                    ground.set(key, &value.replace(DATABASE, &database));
                }
                for command in COMMANDS {
                    fs::copy(&template, &database).unwrap();
                    clean(&ground);
                    let is_allowed = way.is_consent || is_harmless(environment, tag);
                    let cell = format!("{command}, {environment:?}, {tag:?}, {}", way.name);
                    let said = run(&ground, &ground.cli(seeders()), command, way, &database).await;
                    cells += 1;
                    let kept = kept(&ground).await;
                    let audits = ground.count("sqlite", "eloquent_audit").await;
                    if is_allowed {
                        ran += 1;
                        assert_eq!(said.code, 0, "{cell}: {}", said.all);
                        assert!(!kept, "it ran: {cell}");
                        assert_eq!(audits, 1, "{cell}");
                        assert_eq!(done(&ground).await, 1, "{cell}");
                    } else {
                        refused += 1;
                        assert_eq!(said.code, 3, "{cell}: {}", said.all);
                        assert!(kept, "it was refused: {cell}");
                        assert!(audits < 1, "{cell}");
                        assert!(said.all.contains("error[guard]"), "{cell}: {}", said.all);
                    }
                }
            }
        }
    }
    assert!(cells >= 300 && ran > 0 && refused > 0, "{cells} cells, {ran} ran, {refused} refused");
}

async fn run(
    ground: &Ground,
    cli: &Cli,
    command: &str,
    way: &Way,
    database: &str,
) -> crate::ground::Said {
    let mut line = format!("eloquent {command}");
    if way.force {
        line += " --force";
    }
    match way.confirm {
        Some(true) => line += &format!(" --confirm {database}"),
        Some(false) => line += " --confirm other.sqlite",
        None => {}
    }
    if way.words {
        line += &format!(" --consent yes,~wipe~it:~{database}");
    }
    let answers: Option<Vec<String>> = way
        .answers
        .map(|lines| lines.iter().map(|line| line.replace(DATABASE, database)).collect());
    let answers: Option<Vec<&str>> =
        answers.as_ref().map(|lines| lines.iter().map(String::as_str).collect());
    ground.answered(cli, &line, answers.as_deref()).await
}

/// What SQLite keeps beside the file belongs to the one that was there before.
fn clean(ground: &Ground) {
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(ground.file(&format!("app.sqlite{suffix}")));
    }
}

async fn set_tag(ground: &Ground, tag: Option<&str>) {
    ground.execute("sqlite", "DELETE FROM eloquent_environment").await;
    if let Some(tag) = tag {
        let row = format!(
            "INSERT INTO eloquent_environment VALUES ('database', '{tag}', '2026-01-01 00:00:00.000', 'ada')"
        );
        ground.execute("sqlite", &row).await;
    }
}

async fn number(ground: &Ground, sql: &'static str) -> Option<i64> {
    let db = ground.db();
    let on = db.connection("sqlite").expect("a connection");
    let found = Db::raw(sql).on(&on).scalar::<i64>().await.ok().flatten();
    db.close().await.expect("closes");
    found
}

async fn kept(ground: &Ground) -> bool {
    number(ground, "SELECT COUNT(*) FROM users WHERE email = 'kept'").await == Some(1)
}

/// The audits of commands that were begun first and ended later.
async fn done(ground: &Ground) -> i64 {
    let sql = "SELECT COUNT(*) FROM eloquent_audit WHERE outcome = 'done' AND actor = 'ada' \
               AND started_at <= finished_at";
    number(ground, sql).await.unwrap_or(-1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_stands_before_it_begins_and_failure_to_write_one_refuses() {
    let ground = Ground::small();
    let none = Seeders::new;
    ground.run("eloquent migrate:run", none()).await.expect(0, &[]);
    // one that fails is written down, too
    fs::write(
        ground.migrations().join("sqlite/20260101000000_users.down.sql"),
        "DROP TABLE nothing;",
    )
    .unwrap();
    ground.run("eloquent migrate:rollback", none()).await.expect(1, &[]);
    let failed = "SELECT COUNT(*) FROM eloquent_audit WHERE outcome LIKE 'failed%' \
                  AND command = 'migrate:rollback'";
    assert_eq!(number(&ground, failed).await, Some(1));
    // one that cannot be written
    ground.execute("sqlite", "DROP TABLE eloquent_audit").await;
    ground.execute("sqlite", "CREATE TABLE eloquent_audit (other INT)").await;
    ground.execute("sqlite", "INSERT INTO users VALUES ('kept', 'kept')").await;
    ground.run("eloquent migrate:fresh", none()).await.expect(3, &["cannot be written down"]);
    assert!(kept(&ground).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_production_wants_a_word() {
    let mut ground = Ground::small();
    let seeders = || Seeders::new().add(UserSeeder);
    ground.set("APP_ENV", "production");
    for line in ["migrate:run", "db:seed"] {
        let line = format!("eloquent {line}");
        ground.run(&line, seeders()).await.expect(3, &["--force", "production"]);
        let cli = ground.cli(seeders());
        ground.answered(&cli, &line, Some(&["n"])).await.expect(3, &["go on?", "not confirmed"]);
        ground.run(&format!("{line} --force"), seeders()).await.expect(0, &[]);
        ground.answered(&cli, &line, Some(&["y"])).await.expect(0, &["go on?"]);
    }
    assert_eq!(ground.count("sqlite", "eloquent_audit").await, 4);
    // a production database, and a laptop that thinks it is its own
    ground.set("APP_ENV", "local");
    ground.run("eloquent migrate:run --force", seeders()).await.expect(3, &["`production`"]);
    ground.run("eloquent migrate:fresh --force", seeders()).await.expect(3, &["--confirm"]);
    // a file cannot give consent
    let file = ground.file("consent.env");
    let database = ground.file("app.sqlite").display().to_string();
    fs::write(&file, format!("ELOQUENT_ALLOW_DESTRUCTIVE={database}\n")).unwrap();
    let line = format!(
        "eloquent migrate:fresh --force --confirm {database} --env-file {}",
        file.display()
    );
    ground.run(&line, seeders()).await.expect(3, &["ELOQUENT_ALLOW_DESTRUCTIVE"]);
    // what the project forbids, nothing allows
    ground.set("ELOQUENT_ALLOW_DESTRUCTIVE", &database);
    let forbidding = ground.cli(seeders()).prohibit_destructive(true);
    let line = format!("eloquent migrate:fresh --force --confirm {database}");
    ground.answered(&forbidding, &line, None).await.expect(3, &["this project forbids it"]);
    assert_eq!(ground.count("sqlite", "users").await, 3);
    ground.run(&line, seeders()).await.expect(0, &[]);
    assert_eq!(ground.count("sqlite", "users").await, 0);
    assert!(ground.count("sqlite", "eloquent_audit").await >= 5, "the record outlives it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_is_shown_and_changed_with_consent() {
    let ground = Ground::whole("tags").await;
    let run = async |line: &str| ground.run(&format!("eloquent {line}"), Seeders::new()).await;
    run("migrate:run --all-connections").await.expect(0, &[]);
    for name in ["pg", "mysql", "sqlite", "mongo"] {
        if name != "mongo" {
            run(&format!("db:tag --{name}")).await.expect(0, &["local"]);
        }
        run(&format!("db:tag production --{name}")).await.expect(0, &["production"]);
        run(&format!("db:tag --{name}")).await.expect(0, &["production"]);
        run(&format!("db:tag local --{name}")).await.expect(3, &["`production`", "--confirm"]);
        run(&format!("db:tag --{name}")).await.expect(0, &["production"]);
    }
    run("db:tag x;y").await.expect(2, &["the name of an environment"]);
    run("migrate:fresh --pg --force").await.expect(3, &["production", "--confirm"]);
    ground.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_lost_is_told_first_and_recorded() {
    let mut ground = Ground::whole("plans").await;
    let seeders = || Seeders::new().add(UserSeeder);
    let folder = ground.migrations().join("mongo");
    fs::create_dir_all(&folder).unwrap();
    let visits = "{\"create\": \"visits\"}\n{\"insert\": \"visits\", \"documents\": [{}, {}]}";
    fs::write(folder.join("20260101000000_visits.up.json"), visits).unwrap();
    fs::write(folder.join("20260101000000_visits.down.json"), "{\"drop\": \"visits\"}").unwrap();
    ground.run("eloquent migrate:run --all-connections", seeders()).await.expect(0, &[]);
    ground.run("eloquent migrate:run --mongo", seeders()).await.expect(0, &[]);
    ground.run("eloquent db:seed --all-connections", seeders()).await.expect(0, &[]);
    ground.set("APP_ENV", "production");
    for name in ["pg", "mysql", "sqlite", "mongo"] {
        let (table, rows) = if name == "mongo" { ("visits", 2) } else { ("users", 3) };
        let key = match name {
            "mysql" => "DB_NAME",
            "pg" => "PG_NAME",
            "mongo" => "MONGO_DB",
            _ => "SQLITE_PATH",
        };
        let database = ground.environment.get(key).unwrap().to_owned();
        ground.set("ELOQUENT_ALLOW_DESTRUCTIVE", &database);
        let mut plans = Vec::new();
        for (command, dropped) in [("migrate:rollback", table), ("db:wipe", "eloquent_migrations")]
        {
            let line = format!("eloquent {command} --{name}");
            // who has not yet said it is not told either: nothing is opened for them
            ground.run(&line, seeders()).await.expect(3, &["--force"]);
            let drop = if name == "mongo" { "{\"drop\":" } else { "DROP TABLE" };
            let line = format!("{line} --force --confirm {database}");
            let said = ground.run(&line, seeders()).await;
            said.expect(0, &[&database, "tag: local", "what it would send (plan ", drop, dropped]);
            if command == "migrate:rollback" {
                assert!(said.all.contains(&format!("{table}  ")), "{}", said.all);
                said.expect(0, &[&format!("  {rows} rows")]);
            }
            plans.push(audited(&ground, name, command).await);
        }
        assert_ne!(plans[0], plans[1], "{name}");
        ground.run(&format!("eloquent migrate:run --force --{name}"), seeders()).await;
    }
    ground.end().await;
}

/// The plan that is recorded of the last run of a command.
async fn audited(ground: &Ground, connection: &str, command: &'static str) -> String {
    #[derive(Model, Debug)]
    #[model(portable, table = "eloquent_audit")]
    struct Audited {
        id: Uuid,
        command: String,
        plan: Option<String>,
        outcome: Option<String>,
    }
    let db = ground.db();
    let on = db.connection(connection).unwrap();
    let last = Audited::query().filter(|a| a.command.eq(command)).order_by(|a| a.id.desc());
    let last = last.on(&on).first().await.unwrap().expect("a row");
    db.close().await.unwrap();
    assert_eq!(last.outcome.as_deref(), Some("done"));
    let plan = last.plan.expect("a plan");
    assert!(plan.len() == 64 && plan.bytes().all(|byte| byte.is_ascii_hexdigit()), "{plan}");
    plan
}
