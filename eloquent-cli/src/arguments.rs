//! The arguments of the program.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use eloquent::Registry;

use crate::command::{Make, Migrate};
use crate::output::Form;
use crate::target::{self, Targets};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage, 3 needs \
                          consent, 4 somebody else migrates, 5 migrations and database differ, \
                          6 interrupted";

#[derive(Debug, Parser)]
#[command(
    name = "eloquent",
    version,
    about = "Looks after the databases of a project.",
    after_help = EXIT_CODES,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Named,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// One JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Only errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// The file to read instead of `.env`
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) env_file: Option<PathBuf>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Named {
    /// Show the version, and what this program found
    About,
    /// Open connections and ask for a sign of life
    #[command(name = target::PING)]
    Ping,
    /// List the drivers with their connections and variables
    Drivers,
    /// Check the settings of all connections, without opening any
    #[command(name = "env:check")]
    EnvCheck,
    /// Make the files of a migration
    #[command(name = "make:migration")]
    Make(Make),
    #[command(flatten)]
    Migrate(Migrate),
}

/// A command, and what it is to be done with.
#[derive(Debug)]
pub(crate) enum Command {
    About,
    Ping(Targets),
    Drivers,
    EnvCheck,
    Make(Make, Targets),
    Migrate(Migrate, Targets),
}

/// Reads the arguments.
///
/// # Errors
/// What is to be said instead of running a command: a mistake, help or the version.
pub(crate) fn parse(
    arguments: &[OsString],
    registry: &Registry,
    width: Option<usize>,
) -> Result<(Global, Command), clap::Error> {
    let command = commands(registry).term_width(width.unwrap_or(100).min(100));
    let matches = command.try_get_matches_from(arguments)?;
    let Arguments { global, command } = Arguments::from_arg_matches(&matches)?;
    let own = matches.subcommand().filter(|(name, _)| target::COMMANDS.contains(name));
    let targets = own.map(|(_, own)| Targets::read(own, registry)).unwrap_or_default();
    let command = match command {
        Named::About => Command::About,
        Named::Ping => Command::Ping(targets),
        Named::Make(make) => Command::Make(make, targets),
        Named::Migrate(migrate) => Command::Migrate(migrate, targets),
        Named::Drivers => Command::Drivers,
        Named::EnvCheck => Command::EnvCheck,
    };
    Ok((global, command))
}

/// All commands, with the flags of their targets.
fn commands(registry: &Registry) -> clap::Command {
    target::COMMANDS.iter().fold(Arguments::command(), |command, name| {
        command.mut_subcommand(name, |own| target::add_flags(own, registry))
    })
}

/// The form that is asked for, as far as arguments tell that may be wrong.
pub(crate) fn form(arguments: &[OsString]) -> Form {
    let mut form = Form { json: false, quiet: false, color: ColorChoice::Auto };
    let mut texts = arguments.iter().skip(1).filter_map(|a| a.to_str()).take_while(|a| *a != "--");
    while let Some(text) = texts.next() {
        let color = match text {
            "--json" => {
                form.json = true;
                continue;
            }
            "--color" => texts.next(),
            _ => text.strip_prefix("--color="),
        };
        form.color = color.and_then(|color| color.parse().ok()).unwrap_or(form.color);
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_sound() {
        let registry = Registry::linked().unwrap();
        commands(registry).debug_assert();
    }

    #[test]
    fn the_form_is_known_even_if_the_rest_is_wrong() {
        let form = |line: &str| form(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(form("eloquent nonsense --json").json);
        assert!(!form("eloquent -- --json").json);
        assert_eq!(form("eloquent --color always x").color, ColorChoice::Always);
        assert_eq!(form("eloquent --color=never").color, ColorChoice::Never);
        assert_eq!(form("eloquent --color").color, ColorChoice::Auto);
    }
}
