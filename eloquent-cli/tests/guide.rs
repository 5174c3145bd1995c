//! The guide shows what the program says: by a build with the drivers that the example names, or with all.

#![allow(clippy::unwrap_used)] // in a test it is a failure

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const GUIDE: &str = include_str!("../../docs/guide/cli.md");

/// Where the project of the guide is.
const FOLDER: &str = "/srv/shop";

/// A command of the guide, and what it is said to answer.
#[derive(Debug)]
struct Example {
    line: String,
    /// The drivers of the build.
    drivers: String,
    answer: String,
}

/// The drivers of this build, as the guide names them.
fn drivers() -> String {
    let features = [
        ("mongo", cfg!(feature = "mongo")),
        ("mysql", cfg!(feature = "mysql")),
        ("pg", cfg!(feature = "pg")),
        ("sqlite", cfg!(feature = "sqlite")),
    ];
    let on: Vec<&str> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    match on.len() {
        0 => "none".to_owned(),
        4 => "all".to_owned(),
        _ => on.join(","),
    }
}

/// The commands of the guide whose answer is the same each time.
fn examples() -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut drivers = "all";
    let (mut is_text, mut is_answer) = (false, false);
    for line in GUIDE.lines() {
        if let Some(marker) = line.strip_prefix("<!-- built with: ") {
            drivers = marker.trim_end_matches(" -->");
        } else if line.starts_with("```") {
            (is_text, is_answer) = (line == "```text", false);
            if line == "```" {
                drivers = "all";
            }
        } else if !is_text {
        } else if let Some(line) = line.strip_prefix("$ ") {
            let (line, drivers) = (line.to_owned(), drivers.to_owned());
            examples.push(Example { line, drivers, answer: String::new() });
            is_answer = true;
        } else if is_answer {
            writeln!(examples.last_mut().unwrap().answer, "{line}").unwrap();
        }
    }
    // a ping of a server takes its time, and says how much
    examples.retain(|example| {
        example.line.contains("eloquent ")
            && (!example.line.contains("db:ping") || example.answer.contains("driver_not_found"))
    });
    examples
}

/// The `.env` of the guide.
fn environment() -> &'static str {
    let (_, rest) = GUIDE.split_once("With this `.env`\n\n```sh\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn run(line: &str, folder: &Path) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let program = words.iter().position(|word| *word == "eloquent").unwrap();
    let arguments = words.split_off(program);
    let mut command = Command::new(env!("CARGO_BIN_EXE_eloquent"));
    command.args(&arguments[1..]).current_dir(folder).env_clear();
    command.envs(words.iter().map(|word| word.split_once('=').unwrap()));
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let real = folder.canonicalize().unwrap();
    [real.as_path(), folder]
        .iter()
        .fold(text, |text, folder| text.replace(&*folder.to_string_lossy(), FOLDER))
}

/// Whether these are the lines, where `...` stands for any.
fn is_as_shown(said: &str, shown: &str) -> bool {
    let mut rest = said;
    for (number, part) in shown.split("  ...\n").enumerate() {
        let found = if number == 0 { rest.strip_prefix(part) } else { after(rest, part) };
        match found {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty() || shown.ends_with("  ...\n")
}

fn after<'t>(text: &'t str, part: &str) -> Option<&'t str> {
    text.split_once(part).map(|(_, after)| after)
}

#[test]
fn the_guide_shows_what_the_program_says() {
    let (examples, drivers) = (examples(), drivers());
    for (drivers, count) in [("all", 3), ("sqlite", 3), ("mongo", 2), ("none", 1)] {
        let shown = examples.iter().filter(|example| example.drivers == drivers).count();
        assert!(shown >= count, "the guide shows {shown} answers with {drivers} drivers");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(&file, environment()).unwrap();
    #[cfg(unix)]
    {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
    }
    let mut wrong = String::new();
    for example in examples.iter().filter(|example| example.drivers == drivers) {
        let said = run(&example.line, folder.path());
        // what follows in the guide stands apart
        let shown = format!("{}\n", example.answer.trim_end());
        if !is_as_shown(&said, &shown) {
            writeln!(wrong, "$ {}\n{said}\nis shown as\n{}", example.line, example.answer).unwrap();
        }
    }
    assert!(wrong.is_empty(), "docs/guide/cli.md, with {drivers} drivers:\n{wrong}");
}
