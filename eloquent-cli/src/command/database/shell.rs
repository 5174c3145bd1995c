//! `eloquent db:shell`: the database's own client.

use std::ffi::OsString;
use std::process::Command;

use eloquent::{Error, ErrorKind};
use serde_json::json;

use crate::command::Context;
use crate::output::{Exit, Failure, Page, Report};
use crate::process;
use crate::target::Targets;

/// Starts the client in place of this program, so that the terminal, signals and the exit code are its.
pub(super) fn run(context: &Context<'_>, targets: &Targets) -> Result<Report, Failure> {
    let environment = targets.mode((context.load)()?);
    let name = match targets.names(&environment, context.registry)?.as_slice() {
        [name] => name.clone(),
        _ => {
            let error = Error::invalid("a client is started for one connection at a time");
            return Err(Failure::usage(&error.with_hint("name it with `--connection`")));
        }
    };
    let config = environment.config(context.registry, &name)?;
    let driver = context.registry.driver(config.driver())?;
    let located = |error: Error| error.with_connection(name.clone());
    let shells = driver.shells(&config).map_err(located)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some((shell, program)) =
        shells.iter().find_map(|shell| Some((shell, process::find(shell.program, &path)?)))
    else {
        let names: Vec<&str> = shells.iter().map(|shell| shell.program).collect();
        let message = format!("no client of the database is installed: {}", names.join(" or "));
        let error = Error::new(ErrorKind::Config, message).with_connection(name);
        return Err(error.with_hint("install it, or add its folder to `PATH`").into());
    };
    let mut command = Command::new(program);
    command.args(shell.arguments.iter().map(OsString::from));
    command.envs(shell.variables.iter().map(|(name, value)| (name, value)));
    let code = process::become_it(command).map_err(|cause| {
        let message = format!("`{}` cannot be started: {}", shell.program, cause.kind());
        located(Error::new(ErrorKind::Config, message).with_source(cause))
    })?;
    let json = json!({ "ok": code == 0, "program": shell.program, "exit_code": code });
    let exit = Exit::of_code(code);
    Ok(Report { exit, json, page: Page::default(), errors: Vec::new() })
}
