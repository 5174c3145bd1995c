//! The program of a project, which has what the project compiles: its migrations in Rust, its seeders.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use eloquent::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::process;

/// The program of a project.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Own {
    manifest: PathBuf,
    bin: String,
}

/// The program of the project in this folder, if it has one: what the manifest names as `bin` in
/// `[package.metadata.eloquent]`, else one called `eloquent` of a package that depends on this one.
///
/// # Errors
/// A manifest that is wrong, several programs, and no cargo to ask.
pub(crate) fn find(folder: &Path) -> Result<Option<Own>> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(None);
    }
    let output = Command::new(cargo()?)
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| failed(&format!("cargo cannot be started: {}", cause.kind())))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let why = said.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("no reason");
        return Err(failed(&format!("cargo cannot read {}: {why}", manifest.display())));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed("what cargo says of the project cannot be read"))?;
    choose(&metadata, &manifest.canonicalize().unwrap_or(manifest))
}

/// Runs it in place of this program, with the same arguments.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(own: &Own, arguments: &[OsString]) -> Result<u8> {
    use std::io::IsTerminal as _;
    let mut command = Command::new(cargo()?);
    command.arg("run");
    if !std::io::stderr().is_terminal() {
        // who reads along wants what the program says, not how it was built
        command.arg("--quiet");
    }
    command.arg("--manifest-path").arg(&own.manifest).args(["--bin", &own.bin, "--"]);
    command.args(arguments.iter().skip(1));
    process::become_it(command)
        .map_err(|cause| failed(&format!("cargo cannot be started: {}", cause.kind())))
}

fn cargo() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    process::find("cargo", &path).ok_or_else(|| {
        failed("this folder has a project of Rust, and there is no cargo to build it with")
            .with_hint("install Rust from https://rustup.rs, or add its folder to `PATH`")
    })
}

fn choose(metadata: &Value, manifest: &Path) -> Result<Option<Own>> {
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let Some(path) = package["manifest_path"].as_str().map(PathBuf::from) else { continue };
        let list = |key: &str| package[key].as_array().cloned().unwrap_or_default();
        let (targets, dependencies) = (list("targets"), list("dependencies"));
        let has_bin = |name: &str| {
            targets.iter().any(|target| {
                let kinds = target["kind"].as_array();
                target["name"] == name && kinds.is_some_and(|kinds| kinds.contains(&"bin".into()))
            })
        };
        let uses_us = dependencies.iter().any(|on| on["name"] == env!("CARGO_PKG_NAME"));
        let named = package["metadata"]["eloquent"]["bin"].as_str();
        let bin = match named {
            Some(name) if !has_bin(name) => {
                let message = format!("{} has no program `{name}`", path.display());
                return Err(failed(&message).with_hint(
                    "it is named as `bin` in `[package.metadata.eloquent]`: make it, or take it out",
                ));
            }
            Some(name) => name,
            None if uses_us && has_bin("eloquent") => "eloquent",
            None => continue,
        };
        let own = Own { bin: bin.to_owned(), manifest: path };
        if own.manifest == manifest {
            return Ok(Some(own));
        }
        found.push(own);
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let all: Vec<String> =
                found.iter().map(|own| own.manifest.display().to_string()).collect();
            Err(failed("several packages of the workspace have a command line")
                .with_hint(format!("run it in the folder of one: {}", all.join(", "))))
        }
    }
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::Config, message.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(path: &str, bins: &[&str], metadata: &Value, uses_us: bool) -> Value {
        let target = |name: &&str| json!({ "name": name, "kind": ["bin"] });
        json!({
            "manifest_path": path,
            "targets": bins.iter().map(target).collect::<Vec<_>>(),
            "dependencies": if uses_us { json!([{ "name": "eloquent-cli" }]) } else { json!([]) },
            "metadata": metadata,
        })
    }

    fn chosen(packages: &[Value]) -> Result<Option<(String, String)>> {
        let own = choose(&json!({ "packages": packages }), Path::new("/w/a/Cargo.toml"))?;
        Ok(own.map(|own| (own.manifest.display().to_string(), own.bin)))
    }

    #[test]
    fn a_program_is_named_or_called_like_ours() {
        let named = json!({ "eloquent": { "bin": "db" } });
        let a = |bins, metadata, uses_us| package("/w/a/Cargo.toml", bins, metadata, uses_us);
        let b = package("/w/b/Cargo.toml", &["eloquent"], &Value::Null, true);
        let found = |path: &str, bin: &str| Some((path.to_owned(), bin.to_owned()));
        let here = "/w/a/Cargo.toml";
        assert_eq!(chosen(&[a(&["db"], &named, false)]).unwrap(), found(here, "db"));
        assert_eq!(
            chosen(&[a(&["eloquent"], &Value::Null, true)]).unwrap(),
            found(here, "eloquent")
        );
        assert_eq!(chosen(&[a(&["eloquent"], &Value::Null, false)]).unwrap(), None, "not of ours");
        assert_eq!(chosen(&[a(&["app"], &Value::Null, true)]).unwrap(), None);
        assert!(chosen(&[a(&["app"], &named, true)]).is_err(), "it is not there");
        // a package that is not here counts if it is the only one
        let c = package("/w/c/Cargo.toml", &["eloquent"], &Value::Null, true);
        assert_eq!(chosen(std::slice::from_ref(&b)).unwrap(), found("/w/b/Cargo.toml", "eloquent"));
        assert!(chosen(&[b.clone(), c]).is_err());
        assert_eq!(chosen(&[b, a(&["db"], &named, false)]).unwrap(), found(here, "db"));
    }
}
