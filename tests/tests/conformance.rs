//! Both suites against every driver of the project.

// Helpers fail on behalf of their tests.
#![allow(clippy::expect_used)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut targets = Vec::new();
    if cfg!(feature = "sqlite") {
        targets.extend(sqlite::targets());
    }
    let outcome = eloquent_conformance::main(&targets);
    // a failure here leaves a folder behind and nothing else
    let _ = std::fs::remove_dir_all(sqlite::folder());
    outcome
}

mod sqlite {
    use eloquent::{Capabilities, ConnectionConfig};
    use eloquent_conformance::Target;
    use eloquent_conformance::wrapper::Wrapper;

    /// SQLite in a file and in memory, with everything on its own thread, behind a wrapper that makes
    /// every step wait, and behind one that takes every capability away.
    pub(super) fn targets() -> Vec<Target> {
        let bare = Wrapper::around("sqlite").expect("a linked driver");
        bare.limit(without_capabilities);
        let slow = Wrapper::around("sqlite").expect("a linked driver");
        slow.set_pauses(2);
        vec![
            Target::url("sqlite-file", format!("sqlite:{}", file("file"))),
            Target::url("sqlite-memory", "sqlite::memory:"),
            Target::url("sqlite-worker", format!("sqlite:{}?inline=off", file("worker"))),
            wrapped("sqlite-slow", &slow),
            wrapped("sqlite-bare", &bare),
        ]
    }

    fn wrapped(name: &str, wrapper: &Wrapper) -> Target {
        let config: ConnectionConfig = wrapper.config(name).set("path", file(name));
        Target::config(name, config).driver(wrapper.entry())
    }

    fn without_capabilities(capabilities: Capabilities) -> Capabilities {
        let mut bare = Capabilities::minimal(capabilities.family);
        bare.max_binds = capabilities.max_binds;
        bare.insert_rows = 7;
        bare
    }

    /// A file in the folder of this run.
    fn file(name: &str) -> String {
        std::fs::create_dir_all(folder()).expect("a folder");
        format!("{}/{name}.sqlite", folder())
    }

    /// Where the files of this run are.
    pub(super) fn folder() -> String {
        format!("{}/conformance-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id())
    }
}
