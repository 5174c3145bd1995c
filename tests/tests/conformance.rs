//! Both suites against every driver of the project.

use std::process::ExitCode;

use eloquent_conformance::Target;

fn main() -> ExitCode {
    let file = format!("{}/conformance-{}.sqlite", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    eloquent_conformance::main(&[
        Target::url("sqlite-file", format!("sqlite:{file}")),
        Target::url("sqlite-memory", "sqlite::memory:"),
        Target::url("sqlite-worker", format!("sqlite:{file}?inline=off")),
    ])
}
