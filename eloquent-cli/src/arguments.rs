//! The arguments of the program.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use eloquent::Registry;

use crate::command::{Database, Make, Migrate, Project, Seed, Tag};
use crate::output::Form;
use crate::suggest;
use crate::target::{self, Targets};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed or something is wrong, 2 wrong usage, 3 needs \
                          consent, 4 somebody else migrates, 5 migrations and database differ, \
                          6 interrupted";

/// The name of the program.
const NAME: &str = "eloquent";

#[derive(Debug, Parser)]
#[command(
    name = NAME,
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
    /// Look whether the application may more in its databases than it needs, and whether others may see
    /// what it sends; nothing is changed
    #[command(name = target::DOCTOR)]
    Doctor,
    /// List the drivers with their connections and variables
    Drivers,
    /// Check the settings of all connections, without opening any
    #[command(name = "env:check")]
    EnvCheck,
    #[command(flatten)]
    Project(Project),
    /// Show which environment a database says that it is of, or change it
    #[command(name = "db:tag")]
    Tag(Tag),
    #[command(flatten)]
    Make(Make),
    #[command(flatten)]
    Database(Database),
    #[command(flatten)]
    Migrate(Migrate),
    #[command(flatten)]
    Seed(Seed),
    /// Write what a shell completes commands and options with
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A command, and what it is to be done with.
#[derive(Debug)]
pub(crate) enum Command {
    About,
    Ping(Targets),
    Doctor(Targets),
    Drivers,
    EnvCheck,
    Project(Project),
    Make(Make, Targets),
    Database(Database, Targets),
    Migrate(Migrate, Targets),
    Seed(Seed, Targets),
    Tag(Tag, Targets),
    /// The name of the shell, and the text for it.
    Completions(&'static str, String),
}

impl Command {
    /// Whether the project's own program has to do it, if there is one: only that has what the project
    /// compiles, such as migrations in Rust.
    pub(crate) fn needs_project(&self) -> bool {
        matches!(self, Command::Migrate(..) | Command::Seed(..))
    }
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
    let mut command = commands(registry).term_width(width.unwrap_or(100).min(100));
    let matches = command.try_get_matches_from_mut(arguments);
    let matches = matches.map_err(|said| with_nearest(said, &command))?;
    let Arguments { global, command } = Arguments::from_arg_matches(&matches)?;
    let own = matches.subcommand().filter(|(name, _)| target::COMMANDS.contains(name));
    let targets = own.map(|(_, own)| Targets::read(own, registry)).unwrap_or_default();
    let command = match command {
        Named::About => Command::About,
        Named::Ping => Command::Ping(targets),
        Named::Doctor => Command::Doctor(targets),
        Named::Project(project) => Command::Project(project),
        Named::Make(make) => Command::Make(make, targets),
        Named::Database(database) => Command::Database(database, targets),
        Named::Migrate(migrate) => Command::Migrate(migrate, targets),
        Named::Completions { shell } => completions(shell, registry),
        Named::Seed(seed) => Command::Seed(seed, targets),
        Named::Tag(tag) => Command::Tag(tag, targets),
        Named::Drivers => Command::Drivers,
        Named::EnvCheck => Command::EnvCheck,
    };
    Ok((global, command))
}

/// The mistake with the one command that was probably meant: many begin alike, and all of those would be named.
fn with_nearest(mut said: clap::Error, commands: &clap::Command) -> clap::Error {
    let Some(ContextValue::String(name)) = said.get(ContextKind::InvalidSubcommand) else {
        return said;
    };
    let known = commands.get_subcommands().map(clap::Command::get_name);
    if let Some(near) = suggest::nearest(name, known) {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        said.insert(ContextKind::SuggestedSubcommand, near);
    }
    said
}

/// All commands, with the flags of their targets.
fn commands(registry: &Registry) -> clap::Command {
    target::COMMANDS.iter().fold(Arguments::command(), |command, name| {
        command.mut_subcommand(name, |own| target::add_flags(own, registry))
    })
}

fn completions(shell: clap_complete::Shell, registry: &Registry) -> Command {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut commands(registry), NAME, &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    let name = match shell {
        clap_complete::Shell::Bash => {
            // for bash a `:` ends a word, which would cut the names of commands
            text.push_str("COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}\n");
            "bash"
        }
        clap_complete::Shell::Elvish => "elvish",
        clap_complete::Shell::Fish => "fish",
        clap_complete::Shell::PowerShell => "powershell",
        clap_complete::Shell::Zsh => "zsh",
        _ => "shell",
    };
    Command::Completions(name, text)
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
