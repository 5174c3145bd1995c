//! Which connections a command is for.

use clap::{Arg, ArgAction, ArgGroup, ArgMatches};
use eloquent::{Environment, Error, ErrorKind, Family, Registry};

use crate::missing::{self, OURS};
use crate::output::Failure;

/// The command that opens connections.
pub(crate) const PING: &str = "db:ping";
/// The command that looks at accounts.
pub(crate) const DOCTOR: &str = "doctor";
/// The commands that take targets.
pub(crate) const COMMANDS: &[&str] = &[
    PING,
    DOCTOR,
    "db:show",
    "db:table",
    "db:shell",
    "db:wipe",
    "make:migration",
    "make:model",
    "migrate:run",
    "migrate:rollback",
    "migrate:status",
    "migrate:fresh",
    "migrate:reset",
    "migrate:refresh",
    "migrate:resolve",
    "migrate:unlock",
    "db:seed",
    "db:seed:precheck",
    "db:seed:fresh",
    "db:tag",
];

const CONNECTION: &str = "connection";
const ALL: &str = "all-connections";
const TEST: &str = "test";
/// Names that a driver's flag cannot have, beside those above.
const TAKEN: &[&str] = &[
    "all-migrations",
    "allow-missing",
    "allow-out-of-order",
    "applied",
    "batch",
    "class",
    "color",
    "confirm",
    "consent",
    "counts",
    "document",
    "env-file",
    "env_file",
    "fields",
    "force",
    "help",
    "json",
    "migration",
    "name",
    "no-timestamps",
    "path",
    "rust",
    "table",
    "pretend",
    "quiet",
    "retry",
    "reverted",
    "skip",
    "step",
    "step-timeout",
    "step_timeout",
    "to",
    "version",
    "wait",
    "why",
];

/// What the flags ask for.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    chosen: Chosen,
    /// The twins.
    test: bool,
}

#[derive(Debug, Default)]
enum Chosen {
    #[default]
    Default,
    Named(String),
    All,
}

/// Adds a flag for each linked driver, and those that need none. The flags of Eloquent's own drivers
/// that are not linked are understood, to say what is missing.
pub(crate) fn add_flags(command: clap::Command, registry: &Registry) -> clap::Command {
    let linked = registry.drivers().map(|entry| entry.driver.name()).filter(|name| is_free(name));
    let drivers: Vec<&'static str> = linked.collect();
    let missing: Vec<&'static str> =
        OURS.iter().copied().filter(|name| !drivers.contains(name)).collect();
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let targets = drivers.iter().chain(&missing).copied().chain([CONNECTION, ALL]);
    let name = Arg::new(CONNECTION).long(CONNECTION).value_name("NAME");
    command
        .args(missing.iter().map(|name| flag(name).hide(true)))
        .next_help_heading("Targets")
        .args(drivers.iter().map(|name| flag(name).help(format!("The connection `{name}`"))))
        .arg(name.help("The connection NAME"))
        .arg(flag(ALL).help("All relational connections that are configured"))
        .arg(flag(TEST).help("The twins for tests"))
        .group(ArgGroup::new("target").args(targets))
        .after_help("One target at a time; without one, the default connection.")
}

/// Whether a driver's name can be a flag.
fn is_free(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ![CONNECTION, ALL, TEST, "target"].contains(&name)
        && !TAKEN.contains(&name)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_word)
}

impl Targets {
    /// Reads the flags.
    pub(crate) fn read(matches: &ArgMatches, registry: &Registry) -> Self {
        let drivers = registry.drivers().map(|entry| entry.driver.name());
        let mut flags = drivers.filter(|name| is_free(name)).chain(OURS.iter().copied());
        let flag = flags.find(|name| matches.get_flag(name)).map(str::to_owned);
        let named = flag.or_else(|| matches.get_one::<String>(CONNECTION).cloned());
        let chosen = match named {
            Some(name) => Chosen::Named(name),
            None if matches.get_flag(ALL) => Chosen::All,
            None => Chosen::Default,
        };
        Targets { chosen, test: matches.get_flag(TEST) }
    }

    /// Whether they are for all connections.
    pub(crate) fn are_all(&self) -> bool {
        matches!(self.chosen, Chosen::All)
    }

    /// The connection that is named, by its flag or its name.
    pub(crate) fn named(&self) -> Option<&str> {
        match &self.chosen {
            Chosen::Named(name) => Some(name),
            Chosen::Default | Chosen::All => None,
        }
    }

    /// The environment with the test mode that the flags ask for.
    pub(crate) fn mode(&self, environment: Environment) -> Environment {
        if self.test { environment.test_mode(true) } else { environment }
    }

    /// The names of the connections, in an environment of that [mode](Self::mode).
    ///
    /// # Errors
    /// When there is none, or one that does not exist.
    pub(crate) fn names(
        &self,
        environment: &Environment,
        registry: &Registry,
    ) -> Result<Vec<String>, Failure> {
        let is_test = environment.is_test()?;
        match &self.chosen {
            Chosen::Named(name) => match missing::connection(registry, name) {
                Some(error) => Err(Failure::usage(&error)),
                None if is_test && !name.ends_with("_test") => Ok(vec![format!("{name}_test")]),
                None => Ok(vec![name.clone()]),
            },
            Chosen::Default => match environment.default_connection(registry)? {
                Some(name) => Ok(vec![name]),
                None => Err(no_default(is_test).into()),
            },
            Chosen::All => {
                let names: Vec<String> = environment
                    .report(registry)
                    .iter()
                    .filter(|report| {
                        report.is_configured() && report.twin_of().is_some() == is_test
                    })
                    .filter(|report| report.family() == Family::Relational)
                    .map(|report| report.name().to_owned())
                    .collect();
                if names.is_empty() { Err(none_configured(is_test).into()) } else { Ok(names) }
            }
        }
    }
}

fn no_default(is_test: bool) -> Error {
    let key = if is_test { "DB_TEST_CONNECTION" } else { "DB_CONNECTION" };
    Error::new(ErrorKind::Config, "there is no default connection")
        .with_hint(format!("set `{key}`, or name one with `--connection`"))
}

fn none_configured(is_test: bool) -> Error {
    let what = if is_test {
        "no relational connection has a twin that is"
    } else {
        "no relational connection is"
    };
    Error::new(ErrorKind::Config, format!("{what} configured")).with_hint(
        "`eloquent drivers` lists the variables to set, `eloquent env:check` what is set",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_cannot_take_the_flag_of_something_else() {
        for name in [
            "connection",
            "all-connections",
            "test",
            "json",
            "help",
            "target",
            "",
            "-x",
            "ä",
            "a b",
        ] {
            assert!(!is_free(name), "{name}");
        }
        assert!(is_free("pg") && is_free("my-driver_2"));
    }
}
