//! Forms of output: narrow terminals, colours, silence, readers that go away.

use std::process::Stdio;

use crate::run::Place;

const LINES: &[&str] = &["drivers", "env:check", "about", "db:ping", "db:ping --mssql"];

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [1, 20, 33, 80] {
        let place = Place::with_sqlite().set("COLUMNS", &width.to_string());
        for line in LINES {
            let said = place.run(line);
            for line in said.stdout.lines().chain(said.stderr.lines()) {
                assert!(line.chars().count() <= width.max(4), "{width}: {line:?}");
            }
        }
    }
    let narrow = Place::with_sqlite().set("COLUMNS", "20");
    narrow.run("db:ping").expect(0, &["STATE: ok", "CONNECTION: sqlite"]);
}

#[test]
fn a_strange_terminal_changes_nothing() {
    let plain = Place::with_sqlite().run("env:check").stdout;
    for (variable, value) in
        [("TERM", "dumb"), ("LANG", "C"), ("LC_ALL", "C"), ("NO_COLOR", "1"), ("COLUMNS", "wide")]
    {
        let place = Place::with_sqlite().set(variable, value);
        let said = place.run("env:check");
        let folder = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!((said.code, folder(&said.stdout)), (0, folder(&plain)), "{variable}");
    }
}

#[test]
fn colours_are_for_terminals_or_on_request() {
    let place = Place::with_sqlite();
    let coloured = |line: &str| {
        let said = place.run(line);
        format!("{}{}", said.stdout, said.stderr).contains('\u{1b}')
    };
    for line in LINES {
        assert!(!coloured(line), "{line}: this is no terminal");
        assert!(coloured(&format!("{line} --color always")) || *line == "about", "{line}");
        assert!(!coloured(&format!("{line} --color never")), "{line}");
        assert!(!coloured(&format!("{line} --json --color always")), "{line}");
    }
    assert!(coloured("--color always nonsense") && !coloured("nonsense"));
    let place = Place::with_sqlite().set("NO_COLOR", "1");
    let said = place.run("env:check --color always");
    assert!(said.stdout.contains('\u{1b}'), "who asks gets them");
}

#[test]
fn quiet_leaves_the_errors() {
    let place = Place::with_sqlite();
    for line in ["drivers -q", "env:check --quiet", "about -q", "--quiet db:ping"] {
        let said = place.run(line);
        assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (0, "", ""), "{line}");
    }
    let place = Place::with_sqlite().set("SQLITE_PATH", "no/folder/a.sqlite");
    let said = place.run("db:ping -q");
    said.expect(1, &[]).complains(&["error[connect]"]);
    assert_eq!(said.stdout, "");
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    for line in LINES {
        let place = Place::with_sqlite();
        let arguments: Vec<&str> = line.split(' ').collect();
        let (reader, writer) = std::io::pipe().expect("there are pipes");
        drop(reader);
        let output = place
            .command(&arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = if line.contains("mssql") { 2 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(!stderr.contains("panic") && !stderr.contains("written"), "{line}: {stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
    let place = Place::with_sqlite();
    let output = place
        .command(&["drivers"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be written"));
}

#[test]
fn nothing_steers_the_terminal() {
    let evil = "a\u{1b}[2J\u{9b}1m\u{202e}\u{7}b";
    let steers =
        |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{202e}'));
    let place = Place::with_sqlite()
        .set("SQLITE_PATH", &format!("no/{evil}"))
        .set("DB_CONNECTION", evil)
        .set("DB_\u{1b}_CONNECTION", "x");
    for line in ["env:check", "about", "db:ping --sqlite", "db:ping"] {
        for form in ["", " --json"] {
            let said = place.run(&format!("{line}{form}"));
            assert!(!steers(&said.stdout) && !steers(&said.stderr), "{line}{form}: {said:?}");
        }
    }
    for arguments in [
        &[evil][..],
        &["db:ping", "--connection", evil],
        &["--json", evil],
        &["--color", "always", evil],
        &["env:check", "--env-file", evil],
        &["env:check", "--json", "--env-file", evil],
    ] {
        let said = place.run_args(arguments);
        let text = said.stderr.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        let text = text.replace("\u{1b}[31m", "").replace("\u{1b}[36m", "");
        assert!(!steers(&said.stdout) && !steers(&text), "{arguments:?}: {said:?}");
        assert_ne!(said.code, 0);
    }
}

/// A place with a long name among its migrations, a wide table and a database of production.
fn worked() -> Place {
    let long = "20260102000000_add_everything_that_accounting_has_asked_for_since_the_last_release";
    let place = Place::with_sqlite();
    let folder = place.path().join("migrations/sqlite");
    std::fs::create_dir_all(folder).expect("a folder");
    let write = |name: &str, up: &str, down: &str| {
        place.write(&format!("migrations/sqlite/{name}.up.sql"), up);
        place.write(&format!("migrations/sqlite/{name}.down.sql"), down);
    };
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, \
                 role TEXT NOT NULL DEFAULT 'somebody else, whoever that may be in the end', \
                 CHECK (role IN ('administrator', 'editor', 'reader', 'guest', \
                 'somebody else, whoever that may be in the end')));\n\
                 INSERT INTO users (email) VALUES ('ada@example.org');";
    write("20260101000000_create_users", users, "DROP TABLE users;");
    write(long, "CREATE TABLE accounts (id INTEGER PRIMARY KEY);", "DROP TABLE accounts;");
    place
}

/// The text without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Tables, states, plans and errors on terminals of two widths, with colours and without: no line is longer
/// than the terminal, wide ones leave lines whole, and colours change nothing but colours.
#[test]
fn what_commands_show_fits_narrow_and_wide_terminals() {
    let long = "20260102000000_add_everything_that_accounting_has_asked_for_since_the_last_release";
    // those that tell how long something took never say the same twice
    let lines = [
        ("migrate:run", true),
        ("migrate:status", true),
        ("db:show --counts", false),
        ("db:table users", false),
        ("migrate:rollback --pretend", false),
        ("db:table user", false),
        ("migrate:run --step 1 --to x", false),
        ("migrate:fresh --force --confirm app.sqlite", true),
        ("migrate:rollback --force", true),
    ];
    for width in [80, 200] {
        let mut told = Vec::new();
        let mut all = String::new();
        for color in ["never", "always"] {
            let place = worked().set("COLUMNS", &width.to_string());
            let mut steady = String::new();
            for (line, is_timed) in lines {
                let words: Vec<&str> = line.split(' ').chain(["--color", color]).collect();
                let mut command = place.command(&words);
                let is_production = line.contains("--force");
                command.env("APP_ENV", if is_production { "production" } else { "local" });
                command.env("ELOQUENT_ALLOW_DESTRUCTIVE", "app.sqlite");
                let output = command.output().expect("the program runs");
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (out, err) = (text(&output.stdout), text(&output.stderr));
                let is_coloured = format!("{out}{err}").contains('\u{1b}');
                assert_eq!(is_coloured, color == "always", "{line}: {out}{err}");
                let (out, err) = (plain(&out), plain(&err));
                for shown in out.lines().chain(err.lines()) {
                    assert!(shown.chars().count() <= width, "{width}: {line}: {shown:?}");
                }
                all.push_str(&format!("$ {line}\n{out}{err}"));
                steady.push_str(&format!("{line}\n{err}{}", if is_timed { "" } else { &out }));
            }
            told.push(steady);
        }
        assert_eq!(told[0], told[1], "{width}");
        for part in [
            "STATE    MIGRATION",
            "applied  20260101000000_create_users",
            "tag: local; tables: 3",
            "users                1 row, ",
            "what it would send (plan ",
            "DROP TABLE IF EXISTS \"accounts\"",
            "did you mean `users`",
            "'--step <N>' cannot be used with",
            "error[guard]: ",
        ] {
            assert!(all.contains(part), "{width}: {part}: {all}");
        }
        let is_whole = all.lines().any(|line| line.contains("applied") && line.contains(long));
        assert_eq!(is_whole, width == 200, "a row is one line where it fits: {all}");
    }
}
