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
