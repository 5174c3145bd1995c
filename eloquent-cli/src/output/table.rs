//! Tables that fit the terminal.

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Row, Width, presets};

use super::escape;

/// How many characters a column needs at least to be read.
const READABLE: usize = 12;

/// Rows under a header, or without one. All cells are made safe to show.
#[derive(Debug, Default)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    indent: usize,
}

impl Table {
    pub(crate) fn new(header: &[&'static str]) -> Self {
        Table { header: header.to_vec(), rows: Vec::new(), indent: 0 }
    }

    /// Without a header: names and what belongs to them.
    pub(crate) fn pairs() -> Self {
        Table::default()
    }

    /// Further to the right.
    pub(crate) fn indented(mut self) -> Self {
        self.indent = 2;
        self
    }

    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| escape(cell.as_ref())).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn has_header(&self) -> bool {
        !self.header.is_empty()
    }

    /// The lines; `width` is how many characters fit in one, if that matters.
    pub(super) fn lines(&self, width: Option<usize>) -> Vec<String> {
        let width = width.map(|width| width.saturating_sub(self.indent).max(1));
        let lines = match width {
            Some(width) if !self.fits(width) && width < READABLE * self.columns() => {
                self.records(width)
            }
            _ => self.grid(width),
        };
        let indent = " ".repeat(self.indent);
        lines.into_iter().map(|line| format!("{indent}{line}").trim_end().to_owned()).collect()
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// Whether no cell has to be broken.
    fn fits(&self, width: usize) -> bool {
        self.grid(None).iter().all(|line| line.trim_end().chars().count() <= width)
    }

    fn grid(&self, width: Option<usize>) -> Vec<String> {
        let mut table = plain(width);
        if self.has_header() {
            table.set_header(row(self.header.iter().copied()));
        }
        for cells in &self.rows {
            table.add_row(row(cells.iter().map(String::as_str)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        if let (Some(first), Some(width)) = (table.column_mut(0), width) {
            // names stay whole where that leaves room for the rest
            let names = self.rows.iter().filter_map(|cells| cells.first());
            let whole = names.map(|name| name.chars().count()).max().unwrap_or(0) + 2;
            if let Some(whole) = u16::try_from(whole).ok().filter(|_| whole <= width / 2) {
                first.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(whole)));
            }
        }
        table.lines().collect()
    }

    /// One line for each cell, for terminals that are too narrow for columns.
    fn records(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (number, cells) in self.rows.iter().enumerate() {
            if number > 0 && self.columns() > 2 {
                lines.push(String::new());
            }
            for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let line = match self.header.get(column) {
                    Some(name) => format!("{name}: {cell}"),
                    None => cell.clone(),
                };
                lines.extend(wrap(&line, width));
            }
        }
        lines
    }
}

/// The text in lines of at most so many characters.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut table = plain(Some(width));
    table.add_row(row([text]));
    for column in table.column_iter_mut() {
        column.set_padding((0, 0));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn plain(width: Option<usize>) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING);
    if let Some(width) = width {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> Row {
    Row::from(cells.into_iter().map(Cell::new).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(&["NAME", "STATE", "WHY"]);
        table.row(["pg", "ok", ""]);
        table.row(["mysql_test", "failed", "the server at 127.0.0.1 does not answer at all"]);
        table
    }

    #[test]
    fn without_a_width_each_row_is_a_line() {
        let lines = sample().lines(None);
        assert_eq!(lines[0], "NAME        STATE   WHY");
        assert_eq!(lines[1], "pg          ok");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [1, 5, 10, 20, 40, 60, 80] {
            for line in sample().indented().lines(Some(width)) {
                assert!(line.chars().count() <= width.max(3), "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn a_narrow_terminal_gets_one_line_for_each_cell() {
        let lines = sample().lines(Some(20));
        assert_eq!(lines[..4], ["NAME: pg", "STATE: ok", "", "NAME: mysql_test"]);
    }

    #[test]
    fn cells_are_made_safe() {
        let mut table = Table::pairs();
        table.row(["a\u{1b}[2J", "b\nc"]);
        assert_eq!(table.lines(None), ["a\\u{1b}[2J  b\\nc"]);
    }
}
