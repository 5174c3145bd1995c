//! A build holds the client libraries that it was asked for, and no other.

#![allow(clippy::expect_used)] // in a test it is the message of a failure

use std::collections::BTreeSet;
use std::process::Command;

/// The packages of client libraries, and those that only come with one.
const CLIENTS: &[&str] = &[
    "bson",
    "diesel",
    "libsqlite3-sys",
    "mongodb",
    "mysql_async",
    "mysql_common",
    "openssl",
    "openssl-sys",
    "rusqlite",
    "sqlx",
    "sqlx-core",
    "tiberius",
    "tokio-postgres",
];

/// The client libraries in a build of `eloquent` with these features.
fn clients(features: &str) -> BTreeSet<String> {
    let tree = packages(&["-p", "eloquent", "--no-default-features", "--features", features]);
    tree.into_iter().filter(|package| CLIENTS.contains(&package.as_str())).collect()
}

/// The packages that `cargo tree` lists.
fn packages(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn without_features_there_is_no_client() {
    assert_eq!(clients(""), set(&[]));
}

#[test]
fn sqlite_brings_its_client_alone() {
    assert_eq!(clients("sqlite"), set(&["libsqlite3-sys", "rusqlite"]));
}

#[test]
fn mongo_brings_no_client_of_sql() {
    assert_eq!(clients("mongo"), set(&["bson", "mongodb"]));
}

#[test]
fn clients_of_sql_bring_no_documents() {
    let all = clients("mysql,pg,sqlite");
    assert!(!all.contains("bson") && !all.contains("mongodb"), "{all:?}");
}

#[test]
fn the_contract_brings_neither_a_client_nor_a_runtime() {
    let packages = packages(&["-p", "eloquent-core", "--all-features"]);
    for package in CLIENTS.iter().chain(&["tokio", "eloquent"]) {
        assert!(!packages.contains(*package), "eloquent-core depends on {package}");
    }
}
