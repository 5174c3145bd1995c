//! How somebody says that something is meant.

use std::time::Duration;

use clap::Args;
use eloquent::Environment;
use eloquent::migration::Stop;

use super::rule::Need;
use super::{Context, is_of_process};

/// The variable in which whoever starts the process names the databases that may be lost without somebody at
/// a terminal, with commas between them. A file cannot set it.
const POLICY: &str = "ELOQUENT_ALLOW_DESTRUCTIVE";
/// The variable, or the line of a file, that forbids all of it.
const FORBIDDEN: &str = "ELOQUENT_PROHIBIT_DESTRUCTIVE";

/// Variables by which programs that act for a person make themselves known.
const AGENTS: &[&str] = &[
    "AGENT",
    "AI_AGENT",
    "AIDER",
    "AUGMENT_AGENT",
    "CLAUDECODE",
    "CLAUDE_CODE",
    "CLINE_ACTIVE",
    "CODEX_CI",
    "CODEX_SANDBOX",
    "COPILOT_AGENT",
    "CURSOR_AGENT",
    "CURSOR_TRACE_ID",
    "GEMINI_CLI",
    "GOOSE_TERMINAL",
    "OPENCODE",
    "REPLIT_AGENT",
    "WINDSURF_AGENT",
];

/// The flags of a command that a guard is before.
#[derive(Debug, Default, Args)]
pub(crate) struct Consent {
    /// It is meant, wherever this is
    #[arg(long)]
    force: bool,
    /// The database that it is meant for, by its exact name; once for each
    #[arg(long, value_name = "DATABASE")]
    confirm: Vec<String>,
    /// The words with which a person allowed it, from a program that acts for them
    #[arg(long, value_name = "TEXT")]
    consent: Option<String>,
}

impl Consent {
    /// What is missing, before anybody is asked.
    pub(super) fn lacking(
        &self,
        context: &Context<'_>,
        environment: &Environment,
        need: Need,
        database: &str,
        is_interactive: bool,
    ) -> Vec<String> {
        let mut lacking = Vec::new();
        match need {
            Need::Nothing => {}
            Need::Word => {
                if !self.force && !is_interactive {
                    lacking.push("say `--force`".to_owned());
                }
            }
            Need::Full => {
                if context.is_forbidden || is_on(environment.get(FORBIDDEN)) {
                    return vec![format!("this project forbids it ({FORBIDDEN})")];
                }
                if !self.force {
                    lacking.push("say `--force`".to_owned());
                }
                if !self.confirms(database) && !is_interactive {
                    lacking.push(format!("name the database: `--confirm {database}`"));
                }
                if !is_interactive && !allows(environment, database) {
                    lacking.push(format!(
                        "sit at a terminal, or start the process with `{POLICY}={database}`"
                    ));
                }
                if let Some(agent) = agent(environment)
                    && !self.says(database)
                {
                    lacking.push(format!(
                        "`{agent}` is set, so a program acts for a person: `--consent TEXT` with the \
                         words of that person, which name the database `{database}`"
                    ));
                }
            }
        }
        lacking
    }

    /// Asks whoever sits at the terminal for what flags do not say.
    pub(super) async fn is_given_by_hand(
        &self,
        context: &Context<'_>,
        need: Need,
        database: &str,
    ) -> bool {
        let ask = async |question| {
            tokio::select! {
                answer = context.terminal.ask(question) => answer,
                () = asked(context.stop) => None,
            }
        };
        match need {
            Need::Word if !self.force => {
                let answer = ask("go on? [y/N]").await;
                answer.is_some_and(|answer| matches!(answer.trim(), "y" | "Y" | "yes"))
            }
            Need::Full if !self.confirms(database) => {
                let question = "type the name of the database to go on:";
                ask(question).await.is_some_and(|answer| answer == database)
            }
            _ => true,
        }
    }

    /// What was said, for the record.
    pub(super) fn words(&self) -> Option<String> {
        let words = self.consent.as_ref()?;
        Some(words.chars().filter(|c| !c.is_control()).take(500).collect())
    }

    fn confirms(&self, database: &str) -> bool {
        self.confirm.iter().any(|name| name == database)
    }

    /// Whether the words are a sentence, and about this database.
    fn says(&self, database: &str) -> bool {
        let is_about =
            |words: &String| words.contains(database) && words.split_whitespace().count() >= 3;
        self.consent.as_ref().is_some_and(is_about)
    }
}

/// Ends when the command is told to end.
async fn asked(stop: &Stop) {
    while !stop.is_asked() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn allows(environment: &Environment, database: &str) -> bool {
    is_of_process(environment, POLICY)
        && environment
            .get(POLICY)
            .is_some_and(|names| names.split(',').any(|name| name.trim() == database))
}

fn agent(environment: &Environment) -> Option<&'static str> {
    AGENTS.iter().copied().find(|key| is_on(environment.get(key)))
}

fn is_on(value: Option<&str>) -> bool {
    value.is_some_and(|value| {
        !matches!(value.trim().to_lowercase().as_str(), "" | "0" | "false" | "no")
    })
}
