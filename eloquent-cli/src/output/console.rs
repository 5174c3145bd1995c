//! Where output goes.

use std::collections::VecDeque;
use std::fmt;
use std::io::{IsTerminal as _, Write};

use clap::ColorChoice;
use terminal_size::{Width, terminal_size_of};

use super::Styles;

/// Where output goes, and what it may look like there.
pub struct Console<'w> {
    pub(super) stdout: &'w mut (dyn Write + Send),
    pub(super) stderr: &'w mut (dyn Write + Send),
    pub(crate) width: Option<usize>,
    color: [bool; 2],
    pub(super) input: Input,
    /// Whether a line may be drawn over.
    pub(super) draws: bool,
}

/// Who answers questions.
#[derive(Debug, Default)]
pub(super) enum Input {
    /// Nobody.
    #[default]
    Nobody,
    /// Who sits at the terminal of the process.
    Process,
    Given(VecDeque<String>),
}

impl<'w> Console<'w> {
    /// Without colours, and with lines as long as they come.
    pub fn new(
        stdout: &'w mut (dyn Write + Send),
        stderr: &'w mut (dyn Write + Send),
    ) -> Console<'w> {
        Console {
            stdout,
            stderr,
            width: None,
            color: [false, false],
            input: Input::Nobody,
            draws: false,
        }
    }

    /// Sets how many characters fit in a line.
    #[must_use]
    pub fn width(mut self, width: usize) -> Self {
        self.width = Some(width.max(1));
        self
    }

    /// Sets whether there are colours when nobody asks for them: on the first and the second writer.
    #[must_use]
    pub fn color(mut self, stdout: bool, stderr: bool) -> Self {
        self.color = [stdout, stderr];
        self
    }

    /// Answers questions with these lines, as somebody at a terminal would. Without it there is no terminal.
    #[must_use]
    pub fn answers<A: Into<String>>(mut self, lines: impl IntoIterator<Item = A>) -> Self {
        self.input = Input::Given(lines.into_iter().map(Into::into).collect());
        self
    }

    /// Takes over what the process says about its terminal: the width, else `COLUMNS`; colours on a
    /// terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[must_use]
    pub(crate) fn of_process(mut self) -> Self {
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|width| *width > 0);
        let terminal = terminal_size_of(std::io::stdout());
        self.width = terminal.map(|(Width(width), _)| width.into()).or_else(columns);
        self.width = self.width.filter(|width| *width > 0);
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_plain = is_set("NO_COLOR") || is_dumb;
        let are_terminals = [std::io::stdout().is_terminal(), std::io::stderr().is_terminal()];
        self.color = are_terminals.map(|is_terminal| is_terminal && !is_plain);
        self.draws = are_terminals[1] && !is_dumb;
        // questions are asked on the second writer
        if std::io::stdin().is_terminal() && are_terminals[1] {
            self.input = Input::Process;
        }
        self
    }

    pub(super) fn stdout_styles(&self, choice: ColorChoice) -> Styles {
        Styles::new(choice, self.color[0])
    }

    pub(super) fn stderr_styles(&self, choice: ColorChoice) -> Styles {
        Styles::new(choice, self.color[1])
    }
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("width", &self.width)
            .field("color", &self.color)
            .finish_non_exhaustive()
    }
}
