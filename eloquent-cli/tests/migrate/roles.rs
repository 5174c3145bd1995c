//! Who migrates is not who runs the application, and to look takes no right but to read.

use std::process::Command;

use crate::documents::ground::Ground as Documents;
use crate::ground::{Ground, Kind, Said, said};

crate::on_each! { who_migrates_is_taken_by_itself, looking_takes_no_right_but_to_read }

const A: &str = "20260101000000_a";

/// Somebody who may only read.
struct Reader<'g> {
    ground: &'g Ground,
    name: String,
}

impl<'g> Reader<'g> {
    fn new(ground: &'g Ground, test: &str) -> Self {
        let name = format!("{test}_{}", std::process::id());
        let reader = Reader { ground, name };
        reader.execute(match ground.kind {
            Kind::Sqlite => "",
            Kind::Pg => "CREATE ROLE {} LOGIN PASSWORD 'reader'",
            Kind::Mysql => "CREATE USER {}@'%' IDENTIFIED BY 'reader'",
        });
        if ground.kind == Kind::Mysql {
            let grant = format!("GRANT SELECT ON {}.* TO {{}}@'%'", ground.database());
            reader.execute(&grant);
        }
        reader
    }

    /// Lets them read what is there by now.
    fn may_read(&self) {
        if self.ground.kind == Kind::Pg {
            self.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}");
        }
    }

    fn execute(&self, sql: &str) {
        if !sql.is_empty() {
            self.ground.execute(&[sql.replace("{}", &self.name).leak()]);
        }
    }

    /// The command as somebody who may only read; under the prefix of a role, or of all.
    fn logs_in(&self, command: &mut Command, role: &str) {
        let (kind, prefix) = (self.ground.kind, self.ground.kind.prefix());
        if kind == Kind::Sqlite {
            command.env(format!("SQLITE_{role}MODE"), "ro");
        } else {
            command.env(format!("{prefix}_{role}USER"), &self.name);
            command.env(format!("{prefix}_{role}PASSWORD"), "reader");
        }
    }

    fn leave(self) {
        match self.ground.kind {
            Kind::Sqlite => {}
            Kind::Pg => {
                self.execute("DROP OWNED BY {}");
                self.execute("DROP ROLE {}");
            }
            Kind::Mysql => self.execute("DROP USER {}@'%'"),
        }
    }
}

fn who_migrates_is_taken_by_itself(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    if ground.kind == Kind::Sqlite {
        // a file that is only read has to be there
        ground.execute(&["CREATE TABLE other (id INT)"]);
    }
    let reader = Reader::new(ground, "runs");
    let run = |line: &str| -> Said {
        let mut command = ground.command(line);
        reader.logs_in(&mut command, "");
        let prefix = ground.kind.prefix();
        match ground.kind {
            Kind::Sqlite => command.env("SQLITE_MIGRATION_MODE", "rwc"),
            _ => command
                .env(format!("{prefix}_MIGRATION_USER"), ground.variable("USER"))
                .env(format!("{prefix}_MIGRATION_PASSWORD"), ground.variable("PASSWORD")),
        };
        said(command.spawn().expect("it runs"))
    };
    run("migrate:run").expect(0, &["1 applied"]);
    run("migrate:status").expect(0, &["1 applied"]);
    run("migrate:rollback").expect(0, &["1 undone"]);
    run("migrate:fresh").expect(0, &["1 applied"]);
    assert!(ground.tables().contains(&"ta".to_owned()));
    // without it, who runs the application migrates, and may not
    let mut command = ground.command("migrate:refresh");
    reader.may_read();
    reader.logs_in(&mut command, "");
    let refused = said(command.spawn().expect("it runs"));
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(ground.tables().contains(&"ta".to_owned()));
    reader.leave();
}

fn looking_takes_no_right_but_to_read(ground: &Ground) {
    ground.migration(A, "CREATE TABLE ta (id INT);", "DROP TABLE ta;");
    if ground.kind == Kind::Sqlite {
        ground.execute(&["CREATE TABLE other (id INT)"]);
    }
    let reader = Reader::new(ground, "looks");
    let run = |line: &str| {
        let mut command = ground.command(line);
        reader.logs_in(&mut command, "MIGRATION_");
        said(command.spawn().expect("it runs"))
    };
    let before = ground.tables();
    run("migrate:status").expect(0, &["1 pending"]);
    run("migrate:run --pretend").expect(0, &["CREATE TABLE ta"]);
    let kind = if ground.kind == Kind::Sqlite { "read_only" } else { "permission" };
    let connection = format!("connection `{}`", ground.kind.name());
    run("migrate:run")
        .expect(1, &[&format!("error[{kind}]"), "`eloquent_environment`", &connection]);
    assert_eq!(ground.tables(), before, "nothing was written");
    ground.run("migrate:run").expect(0, &["1 applied"]);
    reader.may_read();
    let before = (ground.tables(), ground.number("SELECT COUNT(*) FROM eloquent_migrations"));
    run("migrate:status").expect(0, &["1 applied"]);
    run("migrate:rollback --pretend").expect(0, &["DROP TABLE ta"]);
    run("migrate:rollback").expect(3, &["cannot be written down"]);
    let after = (ground.tables(), ground.number("SELECT COUNT(*) FROM eloquent_migrations"));
    assert_eq!(before, after);
    reader.leave();
}

/// The server of the tests asks nobody who they are: the role has an address of its own.
#[test]
fn mongo_who_migrates_is_taken_by_itself() {
    let ground = Documents::new("role");
    ground.migration(A, "{\"create\": \"ta\"}", "{\"drop\": \"ta\"}");
    let run = |line: &str| {
        let mut command = ground.command(&format!("{line} --mongo"));
        let uri = std::env::var("MONGO_URI").expect("a server");
        command.env("MONGO_URI", "mongodb://127.0.0.1:1/").env("MONGO_MIGRATION_URI", uri);
        command.env("MONGO_SERVER_SELECTION_TIMEOUT_MS", "300");
        said(command.spawn().expect("it runs"))
    };
    run("db:ping").expect(1, &["error[connect]"]);
    run("migrate:run --pretend").expect(0, &["{\"create\": \"ta\"}"]);
    assert!(ground.collections().is_empty(), "nothing was written");
    run("migrate:run").expect(0, &["1 applied"]);
    run("migrate:status").expect(0, &["1 applied"]);
    run("migrate:rollback --pretend").expect(0, &["{\"drop\": \"ta\"}"]);
    assert!(ground.collections().contains(&"ta".to_owned()));
    run("migrate:rollback").expect(0, &["1 undone"]);
    assert!(!ground.collections().contains(&"ta".to_owned()));
}
