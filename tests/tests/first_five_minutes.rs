//! What a newcomer does: an empty project, the lines of the README, `cargo run`.

#![allow(clippy::expect_used)] // in a test it is the message of a failure

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PROJECTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/first-five-minutes");

/// What a project does when it is run.
struct Outcome {
    succeeded: bool,
    stdout: String,
    stderr: String,
}

/// Makes a project of these lines and this program, and runs it.
fn run(name: &str, dependencies: &str, program: &str) -> Outcome {
    let folder = Path::new(PROJECTS).join(name);
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n{dependencies}\n\n\
         # not part of any other workspace\n[workspace]\n"
    );
    write(folder.join("Cargo.toml"), &manifest);
    write(folder.join("src/main.rs"), program);
    // the versions that everything else here is tested with
    fs::copy(root("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file is there");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", Path::new(PROJECTS).join("target"))
        .output()
        .expect("cargo can be run");
    Outcome {
        succeeded: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("it can be made");
    fs::write(path, text).expect("a file can be written");
}

fn root(path: &str) -> PathBuf {
    let path = Path::new(ROOT).join(path);
    path.canonicalize().unwrap_or(path)
}

/// The first block of a language in the README.
fn block(language: &str) -> String {
    let readme = fs::read_to_string(root("README.md")).expect("there is a README");
    let opening = format!("```{language}\n");
    let (_, rest) = readme.split_once(&opening).expect("the README has such a block");
    let (block, _) = rest.split_once("```").expect("a block ends");
    block.to_owned()
}

/// The dependencies of the README, with its clone being this one.
fn dependencies() -> String {
    let lines = block("toml");
    let clone = "\"../eloquent/eloquent\"";
    assert!(lines.contains(clone), "the README names its clone {clone}:\n{lines}");
    lines.replace(clone, &path_of("eloquent"))
}

/// The dependencies of an application with a driver that is no feature of `eloquent`.
fn with_driver(package: &str, folder: &str) -> String {
    format!(
        "[dependencies]\neloquent = {{ path = {} }}\n{package} = {{ path = {} }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }}",
        path_of("eloquent"),
        path_of(folder),
    )
}

fn path_of(package: &str) -> String {
    format!("'{}'", root(package).display())
}

#[test]
fn the_first_example_runs_with_the_lines_that_are_shown() {
    let outcome = run("first-example", &dependencies(), &block("rust"));
    assert!(outcome.succeeded, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, block("text"), "the README shows what it prints");
    assert_eq!(outcome.stderr, "", "there are no warnings");
}

/// Uses a driver without naming its crate.
const CONNECT: &str = r#"#[tokio::main]
async fn main() -> eloquent::Result<()> {
    eloquent::Db::connect("sqlite::memory:").await?.close().await
}
"#;

/// A driver that is only declared is not linked. The message has to say what to do, because nothing
/// else does.
#[test]
fn a_driver_that_is_never_named_is_explained() {
    let dependencies = with_driver("eloquent-sqlite", "eloquent-sqlite");
    let outcome = run("declared-driver", &dependencies, CONNECT);
    assert!(!outcome.succeeded, "a driver that nobody names is not linked");
    for part in [
        "[driver_not_found]",
        "`sqlite`",
        "no driver is linked",
        "cargo feature `sqlite`",
        "use the_driver_crate as _;",
    ] {
        assert!(outcome.stderr.contains(part), "`{part}` is missing in: {}", outcome.stderr);
    }
    let named = format!("use eloquent_sqlite as _;\n\n{CONNECT}");
    let outcome = run("declared-driver", &dependencies, &named);
    assert!(outcome.succeeded, "the remedy works: {}", outcome.stderr);
}

/// Uses a driver that Eloquent does not know.
const NOTES: &str = r#"use eloquent::prelude::*;
use eloquent_example_memory as _;

#[derive(Model, Debug)]
#[model(document)]
struct Note {
    #[model(key)]
    slug: String,
    text: String,
}

#[tokio::main]
async fn main() -> eloquent::Result<()> {
    Db::connect("memory:notes").await?.install();
    Note::create_table().await?;
    Note::create(new!(Note { slug: "a", text: "first" })).await?;
    let note = Note::query().filter(|n| n.slug.eq("a")).sole().await?;
    println!("{}: {}", note.slug, note.text);
    Ok(())
}
"#;

/// As the application of somebody else's driver does it: the crate, one line, and no edit of ours.
#[test]
fn a_driver_from_elsewhere_works_once_it_is_named() {
    let dependencies = with_driver("eloquent-example-memory", "examples/third_party_driver");
    let outcome = run("driver-from-elsewhere", &dependencies, NOTES);
    assert!(outcome.succeeded, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, "a: first\n");
}
