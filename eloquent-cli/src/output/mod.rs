//! What the user sees: text for people, JSON for programs.

mod console;
mod escape;
mod failure;
mod page;
mod part;
mod style;
mod table;
mod talk;

pub use console::Console;
pub(crate) use escape::escape;
pub(crate) use failure::{Failure, Fault};
pub(crate) use page::Page;
pub(crate) use part::Part;
pub(crate) use style::Styles;
pub(crate) use table::Table;
pub(crate) use talk::{Talk, Terminal, per_second};

use std::io::ErrorKind;

use eloquent::Error;
use serde_json::Value;

/// How a command ended, as the process says it. The numbers are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done.
    Done = 0,
    /// It failed, or found something wrong.
    Failed = 1,
    /// It was not called as it has to be.
    Usage = 2,
    /// It would destroy something, and needs consent.
    Guard = 3,
    /// Somebody else migrates the database.
    Locked = 4,
    /// The migrations are not those that the database has.
    Drift = 5,
    /// It was interrupted, or a migration was before.
    Interrupted = 6,
}

impl Exit {
    /// How a command ends with an error.
    pub(crate) fn of(error: &Error) -> Exit {
        match error.kind() {
            eloquent::ErrorKind::MigrationLocked => Exit::Locked,
            eloquent::ErrorKind::MigrationDrift => Exit::Drift,
            eloquent::ErrorKind::MigrationInterrupted => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    /// How another program ended that did it in the place of this one.
    pub(crate) fn of_code(code: u8) -> Exit {
        let all = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Guard,
            Exit::Locked,
            Exit::Drift,
            Exit::Interrupted,
        ];
        all.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Exit::Failed)
    }

    /// How one command ends that did several things: as those that failed, if they did alike.
    pub(crate) fn of_all(exits: impl IntoIterator<Item = Exit>) -> Exit {
        let mut failed = exits.into_iter().filter(|exit| *exit != Exit::Done);
        match failed.next() {
            None => Exit::Done,
            Some(first) if failed.all(|exit| exit == first) => first,
            Some(_) => Exit::Failed,
        }
    }
}

/// What a command found out.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) exit: Exit,
    /// For programs.
    pub(crate) json: Value,
    /// For people.
    pub(crate) page: Page,
    /// What went wrong, as `json` has it too.
    pub(crate) errors: Vec<Fault>,
}

/// Which form the output takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// Colours where they are asked for by name.
    pub(crate) color: clap::ColorChoice,
}

/// The console, and the form in which it is written to.
pub(crate) struct Output<'c, 'w> {
    console: &'c mut Console<'w>,
    form: Form,
}

impl<'c, 'w> Output<'c, 'w> {
    pub(crate) fn new(console: &'c mut Console<'w>, form: Form) -> Self {
        Output { console, form }
    }

    /// Shows a report.
    pub(crate) fn report(&mut self, report: &Report) -> Exit {
        let written = match self.form {
            Form { json: true, .. } => self.json(&report.json),
            Form { quiet: true, .. } => Ok(()),
            Form { color, .. } => {
                let styles = self.console.stdout_styles(color);
                let text = report.page.render(self.console.width, styles);
                self.console.stdout.write_all(text.as_bytes())
            }
        };
        if !self.form.json {
            for error in &report.errors {
                self.error(error);
            }
        }
        self.finish(written, report.exit)
    }

    /// Shows why there is no report.
    pub(crate) fn failure(&mut self, failure: &Failure) -> Exit {
        if self.form.json {
            let written = self.json(&serde_json::json!({
                "ok": false,
                "error": failure.fault.json(),
            }));
            return self.finish(written, failure.exit);
        }
        self.error(&failure.fault);
        failure.exit
    }

    /// Shows what the reader of the arguments has to say: a mistake, help or the version.
    pub(crate) fn arguments(&mut self, said: &clap::Error) -> Exit {
        let exit = if said.exit_code() == 0 { Exit::Done } else { Exit::Usage };
        if self.form.json && exit == Exit::Usage {
            let written =
                self.json(&serde_json::json!({ "ok": false, "error": Fault::from(said).json() }));
            return self.finish(written, exit);
        }
        let text = said.render();
        let plain: String = text.to_string().lines().map(|line| escape(line) + "\n").collect();
        // what had to be escaped came from the arguments, and colours would hide it
        let is_clean = plain.lines().eq(text.to_string().lines());
        let render = |styles: Styles| match styles.are_on() && is_clean {
            true => text.ansi().to_string(),
            false => plain,
        };
        if said.use_stderr() {
            let text = render(self.console.stderr_styles(self.form.color));
            // nobody is left to be told
            let _ = self.console.stderr.write_all(text.as_bytes());
            return exit;
        }
        let text = render(self.console.stdout_styles(self.form.color));
        let written = self.console.stdout.write_all(text.as_bytes());
        self.finish(written, exit)
    }

    fn json(&mut self, document: &Value) -> std::io::Result<()> {
        let text = escape::escape_json(&format!("{document:#}\n"));
        self.console.stdout.write_all(text.as_bytes())
    }

    fn error(&mut self, fault: &Fault) {
        let styles = self.console.stderr_styles(self.form.color);
        let text = fault.text(styles, self.console.width);
        // nobody is left to be told
        let _ = self.console.stderr.write_all(text.as_bytes());
    }

    /// A reader that went away is no failure; a full disk is.
    fn finish(&mut self, written: std::io::Result<()>, exit: Exit) -> Exit {
        match written.and_then(|()| self.console.stdout.flush()) {
            Ok(()) => exit,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => exit,
            Err(error) => {
                let text = format!("error: the output cannot be written: {}\n", error.kind());
                let _ = self.console.stderr.write_all(text.as_bytes());
                if exit == Exit::Done { Exit::Failed } else { exit }
            }
        }
    }
}
