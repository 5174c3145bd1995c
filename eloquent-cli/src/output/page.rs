//! A page of text.

use super::table::wrap;
use super::{Styles, Table, escape};

/// What a command shows: titles, lines and tables below each other.
#[derive(Debug, Default)]
pub(crate) struct Page(Vec<Block>);

#[derive(Debug)]
enum Block {
    Title(String),
    Line(String),
    Table(Table),
    Script(String),
}

impl Page {
    /// A line above what follows, apart from what was before.
    pub(crate) fn title(&mut self, text: &str) {
        self.0.push(Block::Title(escape(text)));
    }

    pub(crate) fn line(&mut self, text: &str) {
        self.0.push(Block::Line(escape(text)));
    }

    /// Text of our own for another program: it stays as it is.
    pub(crate) fn script(&mut self, text: &str) {
        self.0.push(Block::Script(text.to_owned()));
    }

    /// A table; one without rows is left out.
    pub(crate) fn table(&mut self, table: Table) {
        if !table.is_empty() {
            self.0.push(Block::Table(table));
        }
    }

    /// The text; `width` is how many characters fit in a line, if that matters.
    pub(super) fn render(&self, width: Option<usize>, styles: Styles) -> String {
        let mut lines = Vec::new();
        for block in &self.0 {
            match block {
                Block::Title(title) => {
                    if !lines.is_empty() {
                        lines.push(String::new());
                    }
                    lines.extend(broken(title, width).iter().map(|line| styles.bold(line)));
                }
                Block::Line(line) => lines.extend(broken(line, width)),
                Block::Script(text) => lines.extend(text.lines().map(str::to_owned)),
                Block::Table(table) => {
                    let header = usize::from(table.has_header());
                    for (number, line) in table.lines(width).iter().enumerate() {
                        lines.push(match number < header {
                            true => styles.bold(line),
                            false => styles.state(line),
                        });
                    }
                }
            }
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// The text in lines that are not longer than this.
pub(super) fn broken(text: &str, width: Option<usize>) -> Vec<String> {
    match width {
        Some(width) if text.chars().count() > width => wrap(text, width),
        _ => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_apart() {
        let mut page = Page::default();
        page.title("one\n");
        page.line("a long line");
        page.title("two");
        let styles = Styles::new(clap::ColorChoice::Never, true);
        assert_eq!(page.render(Some(6), styles), "one\\n\na long\nline\n\ntwo\n");
    }
}
