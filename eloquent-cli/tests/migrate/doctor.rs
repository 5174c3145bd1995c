//! What the guide grants is enough for each, and no more; and `doctor` tells them apart.

use std::process::Command;

use crate::documents::ground::Ground as Documents;
use crate::ground::{Ground, Kind, Said, said};

crate::on_each! { looking_makes_nothing, a_twin_is_looked_at_by_itself }

const GUIDE: &str = include_str!("../../../docs/guide/accounts.md");
const A: &str = "20260101000000_a";

/// The statements of a section of the guide, for a database and accounts of our own.
fn grants(section: &str, ground: &Ground) -> Vec<String> {
    let (_, text) = GUIDE.split_once(&format!("## {section}\n")).expect("the section");
    let (_, text) = text.split_once("```sql\n").expect("its statements");
    let (text, _) = text.split_once("```").expect("their end");
    let lines = text.lines().filter(|line| !line.starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n").replace("shop_", &prefix(ground));
    let text = text.replace("shop", ground.database());
    text.split(";\n").map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

/// Accounts belong to the server, which other tests use as well.
fn prefix(ground: &Ground) -> String {
    format!("d{}_{}_", std::process::id(), ground.kind.name())
}

/// The database with the accounts of the guide, until it is left.
struct Granted(Ground);

impl Granted {
    fn new(kind: Kind, section: &str) -> Self {
        let ground = Ground::new(kind, module_path!(), "grants");
        ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
        let granted = Granted(ground);
        granted.forget();
        for sql in grants(section, &granted.0) {
            granted.0.execute(&[sql.leak()]);
        }
        granted
    }

    /// The command, where the application is this account of the guide.
    fn run_as(&self, who: &str, password: &str, line: &str) -> Said {
        let (mut command, prefix) = (self.0.command(line), self.0.kind.prefix());
        command.env(format!("{prefix}_USER"), format!("{}{who}", crate::doctor::prefix(&self.0)));
        command.env(format!("{prefix}_PASSWORD"), password);
        said(command.spawn().expect("it runs"))
    }

    fn forget(&self) {
        for who in ["reader", "app", "migrator", "owner"] {
            let name = format!("{}{who}", prefix(&self.0));
            let sql = match self.0.kind {
                Kind::Mysql => format!("DROP USER IF EXISTS {name}@'%'"),
                _ => format!(
                    "DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN \
                     REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; \
                     DROP ROLE {name}; END IF; END $$"
                ),
            };
            self.0.execute(&[sql.leak()]);
        }
    }

    fn each_may_what_they_need(&self) {
        let name = prefix(&self.0);
        // the one that runs the server
        let all = self.0.run("doctor");
        all.expect(1, &["warning[superuser]", "administers", "_MIGRATION_USER`"]);
        let migrator = |line: &str| self.run_as("migrator", "of the migrator", line);
        migrator("doctor").expect(1, &["warning[schema_rights]", &format!("{name}migrator")]);
        migrator("migrate:run").expect(0, &["1 applied"]);
        let app = |line: &str| self.run_as("app", "of the application", line);
        app("doctor").expect(0, &["ok", &format!("{name}app"), "uses"]);
        app("db:show").expect(0, &["ta"]);
        let file = "20260102000000_b";
        let path = self.0.migration(file, "INSERT INTO ta VALUES (1);", "DELETE FROM ta;");
        app("migrate:run").expect(0, &["1 applied"]);
        assert_eq!(self.0.number("SELECT COUNT(*) FROM ta"), 1, "rows are written");
        std::fs::write(path, "INSERT INTO ta VALUES (1);").expect("the file");
        self.0.migration("20260103000000_c", "CREATE TABLE tc (id INT);", "DROP TABLE tc;");
        app("migrate:run").expect(1, &["error[permission]"]);
        let reader = |line: &str| self.run_as("reader", "of the reader", line);
        reader("doctor").expect(0, &["ok", &format!("{name}reader")]);
        reader("migrate:run --pretend").expect(0, &["CREATE TABLE tc"]);
        reader("migrate:status").expect(0, &["2 applied"]);
        reader("migrate:run").expect(1, &["error[permission]"]);
        assert!(!self.0.tables().contains(&"tc".to_owned()), "nobody else makes tables");
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.forget();
        }
    }
}

#[test]
fn the_grants_of_postgresql() {
    let granted = Granted::new(Kind::Pg, "PostgreSQL");
    granted.each_may_what_they_need();
    // a table of one's own can be altered
    let app = format!("{}app", prefix(&granted.0));
    granted.0.execute(&[format!("ALTER TABLE ta OWNER TO {app}").leak()]);
    let told = granted.run_as("app", "of the application", "doctor");
    told.expect(1, &["warning[schema_rights]"]);
    // what somebody may become counts
    let statements = ["CREATE ROLE {}owner2 CREATEROLE", "GRANT {}owner2 TO {}app"];
    for sql in statements {
        granted.0.execute(&[sql.replace("{}", &prefix(&granted.0)).leak()]);
    }
    let told = granted.run_as("app", "of the application", "doctor");
    granted.0.execute(&[format!("DROP ROLE {}owner2", prefix(&granted.0)).leak()]);
    told.expect(1, &["warning[superuser]"]);
}

#[test]
fn the_grants_of_mysql() {
    let granted = Granted::new(Kind::Mysql, "MySQL and MariaDB");
    granted.each_may_what_they_need();
    // what a role gives is not listed
    let name = prefix(&granted.0);
    let grants = [
        format!("CREATE ROLE {name}role"),
        format!("GRANT CREATE ON {}.* TO {name}role", granted.0.database()),
        format!("GRANT {name}role TO {name}app@'%'"),
        format!("SET DEFAULT ROLE {name}role FOR {name}app@'%'"),
    ];
    for sql in grants {
        granted.0.execute(&[sql.leak()]);
    }
    let told = granted.run_as("app", "of the application", "doctor");
    granted.0.execute(&[format!("DROP ROLE {name}role").leak()]);
    told.expect(0, &["not told"]);
}

fn looking_makes_nothing(ground: &Ground) {
    let before = if ground.kind == Kind::Sqlite { Vec::new() } else { ground.tables() };
    let code = i32::from(ground.kind != Kind::Sqlite);
    ground.run("doctor").expect(code, &[ground.kind.name(), "local"]);
    let (ended, document) = ground.json("doctor");
    let told = &document["connections"][0];
    assert_eq!((ended, &document["ok"]), (code, &(code == 0).into()), "{document}");
    assert_eq!((&told["transport"], &told["error"]), (&"local".into(), &().into()), "{document}");
    match ground.kind {
        Kind::Sqlite => {
            assert!(!ground.path().join("app.sqlite").exists());
            assert_eq!((&told["account"], &told["administers"]), (&().into(), &().into()));
        }
        _ => {
            assert_eq!(
                (&told["administers"], &told["changes_schema"]),
                (&true.into(), &true.into())
            );
            assert_eq!(told["warnings"][0]["code"], "superuser");
            assert_eq!(ground.tables(), before);
            plain(ground);
        }
    }
    assert_eq!(ground.run("doctor --quiet").stdout, "");
}

/// An address of this machine that does not look like one.
fn plain(ground: &Ground) {
    let mut command = ground.command("doctor");
    let prefix = ground.kind.prefix();
    command.env(format!("{prefix}_HOST"), "0.0.0.0").env(format!("{prefix}_SSL_MODE"), "disable");
    let variable = format!("`{prefix}_SSL_MODE`");
    said(command.spawn().expect("it runs"))
        .expect(1, &["warning[unencrypted]", "plain", &variable]);
}

fn a_twin_is_looked_at_by_itself(ground: &Ground) {
    let prefix = ground.kind.prefix();
    let key = if ground.kind == Kind::Sqlite { "PATH" } else { "NAME" };
    let with_twin = |line: &str, twin: &str| -> Said {
        let mut command: Command = ground.command(line);
        command.env(format!("{prefix}_TEST_{key}"), twin);
        command.env("DB_TEST_CONNECTION", format!("{}_test", ground.kind.name()));
        said(command.spawn().expect("it runs"))
    };
    let usual = std::env::var(format!("{prefix}_NAME")).unwrap_or("twin.sqlite".to_owned());
    let code = i32::from(ground.kind != Kind::Sqlite);
    let twin = format!("{}_test", ground.kind.name());
    with_twin("doctor --test", &usual).expect(code, &[&twin]);
    // that of another command is not asked for
    with_twin("doctor --connection nowhere", &usual).expect(2, &["nowhere"]);
    // one that does not answer is told like the rest
    if ground.kind != Kind::Sqlite {
        with_twin("doctor --test", "no_such_database").expect(1, &["failed", &twin, "error["]);
    }
}

#[test]
fn mongo_a_server_that_asks_nobody_is_told() {
    let ground = Documents::new("doctor");
    let told = ground.run("doctor");
    told.expect(1, &["warning[superuser]", "nobody is asked", "anybody", "`MONGO_USER`", "local"]);
    assert!(ground.collections().is_empty(), "nothing was written");
}
