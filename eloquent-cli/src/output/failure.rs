//! Errors, as they are shown.

use eloquent::Error;
use serde_json::{Value, json};

use super::table::wrap;
use super::{Exit, Styles, escape};

/// What went wrong, in the form in which it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    severity: Severity,
    code: &'static str,
    message: String,
    hint: Option<String>,
    /// Where it went wrong, as far as that is known, by the words of [`PLACES`].
    place: Vec<(&'static str, String)>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    /// It works, and should be otherwise.
    Warning,
}

const PLACES: [&str; 5] = ["connection", "driver", "table", "column", "constraint"];

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        let names =
            [error.connection(), error.driver(), error.table(), error.column(), error.constraint()];
        let known = |(what, name): (_, Option<&str>)| Some((what, name?.to_owned()));
        Fault {
            severity: Severity::Error,
            code: error.code(),
            message: error.message().to_owned(),
            hint: error.hint().map(str::to_owned),
            place: PLACES.into_iter().zip(names).filter_map(known).collect(),
        }
    }
}

/// A mistake in the arguments.
impl From<&clap::Error> for Fault {
    fn from(said: &clap::Error) -> Self {
        let text = said.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message).to_owned();
        let hint = lines.find_map(|line| line.strip_prefix("tip: ")).map(str::to_owned);
        Fault { severity: Severity::Error, code: "usage", message, hint, place: Vec::new() }
    }
}

impl Fault {
    /// Something that works, and should be otherwise.
    pub(crate) fn warning(code: &'static str, message: String, hint: String) -> Self {
        Fault { severity: Severity::Warning, code, message, hint: Some(hint), place: Vec::new() }
    }

    /// The same of this connection.
    #[must_use]
    pub(crate) fn of(mut self, connection: &str, driver: &str) -> Self {
        self.place.push(("connection", connection.to_owned()));
        self.place.push(("driver", driver.to_owned()));
        self
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut document = json!({ "code": self.code, "message": self.message, "hint": self.hint });
        for what in PLACES {
            document[what] = json!(self.at(what));
        }
        document
    }

    fn at(&self, what: &str) -> Option<&str> {
        self.place.iter().find(|(known, _)| *known == what).map(|(_, name)| name.as_str())
    }

    /// For people: the code, what happened and where, and on a line of its own what to do.
    pub(super) fn text(&self, styles: Styles, width: Option<usize>) -> String {
        let head = match self.severity {
            Severity::Error => format!("error[{}]:", self.code),
            Severity::Warning => format!("warning[{}]:", self.code),
        };
        let place = self.place.iter().filter(|(what, name)| match *what {
            "connection" => true,
            // a connection says it all
            "driver" => self.at("connection").is_none(),
            // what the message names is not said twice
            _ => !self.message.contains(&format!("`{name}`")),
        });
        let place: Vec<String> = place.map(|(what, name)| format!("{what} `{name}`")).collect();
        let place = match place.is_empty() {
            true => String::new(),
            false => format!(" ({})", place.join(", ")),
        };
        let mut lines = paragraph(&head, &format!("{}{place}", self.message), width);
        if let Some(first) = lines.first_mut() {
            let shown = match self.severity {
                Severity::Error => styles.error(&head),
                Severity::Warning => styles.warning(&head),
            };
            *first = first.replacen(&head, &shown, 1);
        }
        if let Some(hint) = &self.hint {
            let mut hint = paragraph("hint:", hint, width);
            if let Some(first) = hint.first_mut() {
                *first = first.replacen("hint:", &styles.hint("hint:"), 1);
            }
            lines.extend(hint.into_iter().map(|line| format!("  {line}")));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// Why a command gave nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(super) fault: Fault,
    pub(super) exit: Exit,
}

impl Failure {
    /// The command would destroy something.
    pub(crate) fn guard(error: &Error) -> Self {
        Failure { fault: Fault { code: "guard", ..Fault::from(error) }, exit: Exit::Guard }
    }

    /// The command was not called as it has to be.
    pub(crate) fn usage(error: &Error) -> Self {
        Failure { fault: Fault::from(error), exit: Exit::Usage }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { fault: Fault::from(&error), exit: Exit::of(&error) }
    }
}

fn paragraph(head: &str, text: &str, width: Option<usize>) -> Vec<String> {
    let text = format!("{head} {}", escape(text));
    match width {
        Some(width) => wrap(&text, width.saturating_sub(2).max(1)),
        None => vec![text],
    }
}

#[cfg(test)]
mod tests {
    use clap::ColorChoice;
    use eloquent::ErrorKind;

    use super::*;

    #[test]
    fn an_error_names_its_code_its_place_and_its_remedy() {
        let error = Error::new(ErrorKind::Config, "it is\u{1b} wrong")
            .with_connection("pg")
            .with_hint("set it");
        let styles = Styles::new(ColorChoice::Never, true);
        assert_eq!(
            Fault::from(&error).text(styles, None),
            "error[config]: it is\\u{1b} wrong (connection `pg`)\n  hint: set it\n"
        );
        let placed = Error::invalid("the column `email` is null").with_connection("pg");
        let placed = Fault::from(&placed.with_table("users").with_column("email"));
        assert_eq!(
            placed.text(styles, None),
            "error[invalid_input]: the column `email` is null (connection `pg`, table `users`)\n"
        );
        assert_eq!(
            (&placed.json()["table"], &placed.json()["column"]),
            (&"users".into(), &"email".into())
        );
        for width in [20, 30] {
            let text = Fault::from(&error).text(styles, Some(width));
            assert!(text.lines().all(|line| line.len() <= width), "{text}");
        }
    }
}
