//! Holds the rules of `ARCHITECTURE.md`: who may import whom, and what may stand where.

#![allow(clippy::expect_used, clippy::panic)] // in a test it is the message of a failure

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::{File, ROOT, files, library_files, paths, read};

#[path = "architecture/source.rs"]
mod source;

/// The driver crates, each with its client library.
const DRIVERS: &[(&str, &str)] = &[
    ("eloquent-mongo", "mongodb"),
    ("eloquent-mysql", "sqlx"),
    ("eloquent-pg", "tokio-postgres"),
    ("eloquent-sqlite", "rusqlite"),
];

/// Client libraries of databases: only a driver names one.
const CLIENTS: &[&str] = &[
    "diesel",
    "libsqlite3-sys",
    "mongodb",
    "mysql_async",
    "rusqlite",
    "sqlx",
    "tiberius",
    "tokio-postgres",
];

/// What each crate may depend on, beside its drivers.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "eloquent-core",
        &[
            "async-trait",
            "chrono",
            "futures-core",
            "inventory",
            "rust_decimal",
            "serde",
            "serde_json",
            "uuid",
        ],
    ),
    (
        "eloquent-cli",
        &[
            "clap",
            "clap_complete",
            "comfy-table",
            "eloquent",
            "heck",
            "indicatif",
            "minijinja",
            "serde_json",
            "sha2",
            "syn",
            "terminal_size",
            "tokio",
        ],
    ),
    ("eloquent-macros", &["heck", "proc-macro2", "quote", "syn"]),
    (
        "eloquent",
        &[
            "base64",
            "eloquent-core",
            "eloquent-macros",
            "futures-core",
            "serde",
            "serde_json",
            "sha2",
            "tokio",
            "tracing",
        ],
    ),
];

/// The modules of each crate in layers: a module uses its own layer and those before it.
const LAYERS: &[(&str, &[&[&str]])] = &[
    (
        "eloquent-core",
        &[&["error"], &["value", "schema", "row"], &["config", "statement"], &["driver"], &["sql"]],
    ),
    (
        "eloquent",
        &[
            &["database"],
            &["model", "query", "schema"],
            &["pagination", "migration", "seeding"],
            &["private"],
        ],
    ),
];

/// What a lower layer may use of a higher one: what is known of a model at compile time.
const LAYER_EXCEPTIONS: &[(&str, &str, &[&str])] =
    &[("eloquent", "database", &["model::ModelDef", "model::ModelFamily"])];

/// Names of products, which only drivers know.
const PRODUCTS: &[&str] = &[
    "mariadb",
    "mongo",
    "mongodb",
    "mssql",
    "mysql",
    "oracle",
    "pg",
    "postgres",
    "postgresql",
    "sqlite",
    "sqlserver",
];

/// Where a product may be named all the same.
const PRODUCTS_NAMED: &[(&str, &str)] = &[
    ("eloquent/src/lib.rs", "the list of drivers"),
    ("eloquent-core/src/driver/registry.rs", "the example in a message about URLs"),
];

/// Where a cargo feature may decide what is compiled.
const FEATURES_DECIDE: &[&str] = &["eloquent/src/lib.rs", "eloquent-core/src/lib.rs"];

const MAX_LINES: usize = 500;

/// Files that are longer, up to so many lines, and why they are one file.
const LONG_FILES: &[(&str, usize, &str)] = &[];

const SHELVES: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// What library code does not do, and where it does all the same.
const FORBIDDEN: &[&str] = &[
    ".unwrap()",
    ".expect(",
    "panic!(",
    "todo!(",
    "unimplemented!(",
    "unreachable!(",
    "dbg!(",
    "print!(",
    "println!(",
    "eprint!(",
    "eprintln!(",
];
const FORBIDDEN_ALLOWED: &[(&str, &str, &str)] =
    &[("eloquent/src/model/draft.rs", "panic!(", "in a constant, where it is a compile error")];

// ---- crates -----------------------------------------------------------------------------------

/// The packages of the workspace, each with its folder.
fn members() -> BTreeMap<String, PathBuf> {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("members = [").expect("the workspace has members");
    let (list, _) = rest.split_once(']').expect("the list ends");
    let folders = list.split('"').skip(1).step_by(2);
    folders
        .map(|folder| {
            let manifest = read(&format!("{folder}/Cargo.toml"));
            let name = manifest.lines().find_map(|line| line.strip_prefix("name = "));
            let name = name.expect("a package has a name").trim_matches('"').to_owned();
            (name, PathBuf::from(folder))
        })
        .collect()
}

/// The packages that a package depends on itself, with all features, not for its tests.
fn dependencies(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package, "--all-features", "--target", "all"])
        .args(["--edges", "normal,build", "--depth", "1", "--prefix", "none", "--format", "{p}"])
        .current_dir(ROOT)
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn crates_depend_only_on_what_they_may() {
    let mut faults = String::new();
    for (package, _) in members() {
        let rule = MAY_USE.iter().find(|(name, _)| *name == package).map(|(_, may)| *may);
        let driver = DRIVERS.iter().find(|(name, _)| *name == package);
        for dependency in dependencies(&package) {
            let dependency = dependency.as_str();
            let is_driver = DRIVERS.iter().any(|(name, _)| *name == dependency);
            let fine = match (rule, driver) {
                (Some(may), _) => may.contains(&dependency) || (package == "eloquent" && is_driver),
                (None, Some((_, client))) => {
                    dependency == "eloquent-core"
                        || dependency == *client
                        || !(dependency.starts_with("eloquent") || CLIENTS.contains(&dependency))
                }
                // all others go through `eloquent` and its features
                (None, None) => !is_driver && !CLIENTS.contains(&dependency),
            };
            if !fine {
                let _ = writeln!(faults, "{package} must not depend on {dependency}");
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn every_driver_is_a_feature_and_a_line_in_the_list() {
    let (manifest, list) = (read("eloquent/Cargo.toml"), read("eloquent/src/lib.rs"));
    for (package, _) in members() {
        let Some(name) = package.strip_prefix("eloquent-") else { continue };
        if !DRIVERS.iter().any(|(driver, _)| *driver == package) {
            continue;
        }
        let feature = format!("{name} = [\"dep:{package}\"]");
        assert!(manifest.contains(&feature), "eloquent has the feature {feature}");
        let line = format!(
            "#[cfg(feature = \"{name}\")]\npub use {} as {name};",
            package.replace('-', "_")
        );
        assert!(list.contains(&line), "eloquent links the driver:\n{line}");
    }
    let default = manifest.lines().find(|line| line.starts_with("default ="));
    assert_eq!(default, None, "no driver is on by default");
}

// ---- layers -----------------------------------------------------------------------------------

#[test]
fn modules_use_only_the_layers_below() {
    let mut faults = String::new();
    for (package, layers) in LAYERS {
        let names = reexported(package);
        let layer = |module: &str| layers.iter().position(|layer| layer.contains(&module));
        for file in library_files(package) {
            let Some(module) = file.module() else { continue };
            let Some(own) = layer(&module) else {
                let _ = writeln!(faults, "{}: `{module}` is in no layer of {package}", file.path);
                continue;
            };
            for used in file.uses() {
                let first = used.split("::").next().unwrap_or_default();
                let target = names.get(first).map_or(first, String::as_str);
                let allowed = LAYER_EXCEPTIONS.iter().any(|(p, m, items)| {
                    p == package && *m == module && items.contains(&used.as_str())
                });
                if layer(target).is_some_and(|layer| layer > own) && !allowed {
                    let _ = writeln!(faults, "{}: `{module}` uses crate::{used}", file.path);
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The names that the root of a crate gives on, each with its module.
fn reexported(package: &str) -> BTreeMap<String, String> {
    let root = File::read(&format!("{package}/src/lib.rs"));
    let mut names = BTreeMap::new();
    for statement in root.code.split(';') {
        let Some((_, tree)) = statement.rsplit_once("pub use ") else { continue };
        for path in paths(tree) {
            let (module, name) = path.split_once("::").unwrap_or(("", &path));
            let name = name.rsplit("::").next().unwrap_or(name);
            names.entry(name.to_owned()).or_insert_with(|| module.to_owned());
        }
    }
    names
}

// ---- text -------------------------------------------------------------------------------------

#[test]
fn only_drivers_name_products() {
    let mut faults = String::new();
    for file in library_files("eloquent-core").into_iter().chain(library_files("eloquent")) {
        if PRODUCTS_NAMED.iter().any(|(path, _)| *path == file.path) {
            continue;
        }
        for (number, line) in file.lines() {
            let lower = line.to_lowercase();
            let mut words = lower.split(|c: char| !c.is_alphanumeric());
            if let Some(word) = words.find(|word| PRODUCTS.contains(word)) {
                let _ = writeln!(faults, "{}:{number}: names `{word}`", file.path);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn features_decide_in_few_places() {
    let mut faults = String::new();
    for file in all_library_files() {
        let decides = |line: &str| line.contains("cfg") && line.contains("feature =");
        if FEATURES_DECIDE.contains(&file.path.as_str()) {
            continue;
        }
        for (number, _) in file.lines().filter(|(_, line)| decides(line)) {
            let _ = writeln!(faults, "{}:{number}: depends on a cargo feature", file.path);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn library_code_does_not_panic_or_print() {
    let mut faults = String::new();
    for file in all_library_files() {
        for (number, line) in file.lines() {
            for call in FORBIDDEN.iter().filter(|call| calls(line, call)) {
                let allowed = FORBIDDEN_ALLOWED
                    .iter()
                    .any(|(path, allowed, _)| *path == file.path && allowed == call);
                if !allowed {
                    let _ = writeln!(faults, "{}:{number}: has `{call}`", file.path);
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// Whether a line has this call, and not one whose name only ends like it.
fn calls(line: &str, call: &str) -> bool {
    line.match_indices(call).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        call.starts_with('.') || !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut faults = String::new();
    for (path, ..) in LONG_FILES.iter().filter(|(path, ..)| !Path::new(ROOT).join(path).exists()) {
        let _ = writeln!(faults, "{path}: there is no such file");
    }
    for file in all_library_files() {
        let length = file.text.lines().count();
        let known = LONG_FILES.iter().find(|(path, ..)| *path == file.path);
        let most = known.map_or(MAX_LINES, |(_, most, _)| *most);
        if length > most {
            let _ = writeln!(faults, "{}: {length} lines, more than {most}", file.path);
        }
        if known.is_some() && length <= MAX_LINES {
            let _ = writeln!(faults, "{}: no longer a long file", file.path);
        }
        let path = Path::new(&file.path);
        if path.file_stem().is_some_and(|stem| SHELVES.iter().any(|shelf| stem == *shelf)) {
            let _ = writeln!(faults, "{}: name it after what it holds", file.path);
        }
        let opening = file.text.lines().next().unwrap_or_default();
        if !opening.starts_with("//!") && !opening.starts_with("#![doc") {
            let _ = writeln!(faults, "{}: does not open with what it is for", file.path);
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = files(Path::new(ROOT), &|_| true, false);
    documents.extend(files(&Path::new(ROOT).join("docs"), &|_| true, true));
    let mut faults = String::new();
    for document in documents.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let text = fs::read_to_string(document).expect("a document can be read");
        let folder = document.parent().expect("a file lies in a folder");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            if !folder.join(path).exists() {
                let _ = writeln!(faults, "{}: {link} leads nowhere", document.display());
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The library code of all crates that are published.
fn all_library_files() -> Vec<File> {
    let packages =
        MAY_USE.iter().map(|(name, _)| *name).chain(DRIVERS.iter().map(|(name, _)| *name));
    packages.flat_map(library_files).collect()
}
