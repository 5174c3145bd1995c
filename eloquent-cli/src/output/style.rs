//! Colours.

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};

/// The colours, if there are any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Styles(bool);

impl Styles {
    /// `auto` is what happens when nobody asks.
    pub(super) fn new(choice: ColorChoice, auto: bool) -> Self {
        Styles(match choice {
            ColorChoice::Auto => auto,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        })
    }

    pub(crate) fn are_on(self) -> bool {
        self.0
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(super) fn error(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(super) fn warning(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    pub(super) fn hint(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    /// A line of a table whose first word may be a state.
    pub(super) fn state(self, line: &str) -> String {
        let start = line.len() - line.trim_start().len();
        let end = line[start..].find(' ').map_or(line.len(), |length| start + length);
        let style = match &line[start..end] {
            "ok" | "applied" | "undone" => AnsiColor::Green.on_default(),
            "failed" | "interrupted" | "reverting" => AnsiColor::Red.on_default(),
            "warning" | "changed" | "missing" | "late" => AnsiColor::Yellow.on_default(),
            _ => return line.to_owned(),
        };
        format!("{}{}{}", &line[..start], self.with(style, &line[start..end]), &line[end..])
    }

    fn with(self, style: Style, text: &str) -> String {
        match self.0 {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_states_are_coloured() {
        let styles = Styles::new(ColorChoice::Always, false);
        assert_eq!(styles.state("  ok  pg"), "  \u{1b}[32mok\u{1b}[0m  pg");
        assert_eq!(styles.state("okay pg"), "okay pg");
        assert_eq!(styles.state(""), "");
        assert_eq!(Styles::new(ColorChoice::Auto, false).state("ok"), "ok");
    }
}
