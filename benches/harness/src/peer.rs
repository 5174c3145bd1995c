//! Contenders that live in another program.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{options::Compare, report::Report};

/// Runs the other program with the same options and reads its report.
pub fn report(program: &Path, options: &Compare) -> Result<Report> {
    let mut command = Command::new(program);
    command.args(["--json", "--runtime", options.runtime.flag()]);
    command.args(["--rounds", &options.rounds.to_string()]);
    if let Some(rows) = &options.rows {
        command.args(["--rows", rows]);
    }
    if !options.only.is_empty() {
        command.args(["--only", &options.only.join(",")]);
    }
    if options.alloc {
        command.arg("--alloc");
    }
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("run {}", program.display()))?;
    ensure!(output.status.success(), "{} failed", program.display());
    Ok(serde_json::from_slice(&output.stdout)?)
}
