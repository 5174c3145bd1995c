//! The program that comes with a database, for people to type in.

use std::fmt;

/// How the own client of a database is started for a connection.
///
/// Secrets stand in variables, never in arguments, which every user of the machine can read. The `Debug`
/// text shows neither.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shell {
    /// The program.
    pub program: &'static str,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Variables for this program alone.
    pub variables: Vec<(&'static str, String)>,
}

impl Shell {
    /// A program without arguments.
    pub fn new(program: &'static str) -> Self {
        Shell { program, arguments: Vec::new(), variables: Vec::new() }
    }

    /// With one more argument. Not for secrets.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a variable, if there is a value for it.
    #[must_use]
    pub fn variable(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.variables.extend(value.map(|value| (name, value.into())));
        self
    }
}

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("program", &self.program).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_debug_text_shows_no_secret() {
        let shell = Shell::new("x").argument("canary").variable("P", Some("canary"));
        assert!(!format!("{shell:?}").contains("canary"));
        assert_eq!(shell.variable("Q", None::<String>).variables.len(), 1);
    }
}
