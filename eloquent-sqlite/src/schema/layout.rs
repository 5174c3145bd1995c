//! The text that created a table, in parts that can be changed one by one. What is not changed stays as it
//! was written.

use eloquent_core::{Error, ErrorKind, Result};

use super::tokens::{Kind, Token, list, span, tokens};
use crate::error::error;

/// The text of a table.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) columns: Vec<ColumnText>,
    pub(super) constraints: Vec<Constraint>,
    /// What stands behind the parentheses.
    pub(super) options: String,
}

/// A column: its name and type as they were written, and what follows them.
#[derive(Debug, Clone)]
pub(super) struct ColumnText {
    pub(super) name: String,
    head: String,
    pub(super) type_text: String,
    pub(super) constraints: Vec<Constraint>,
}

/// What follows the type of a column, or the columns of a table.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub(super) name: Option<String>,
    pub(super) what: What,
    pub(super) text: String,
    /// What stands in its first parentheses.
    pub(super) inside: String,
    /// The names in there.
    pub(super) names: Vec<String>,
}

/// What a constraint does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Key,
    NotNull,
    Null,
    Unique,
    Check,
    Default,
    Collate,
    References,
    Generated,
}

const BEGINNINGS: &[(&str, What)] = &[
    ("PRIMARY", What::Key),
    ("NOT", What::NotNull),
    ("NULL", What::Null),
    ("UNIQUE", What::Unique),
    ("CHECK", What::Check),
    ("DEFAULT", What::Default),
    ("COLLATE", What::Collate),
    ("REFERENCES", What::References),
    ("FOREIGN", What::References),
    ("GENERATED", What::Generated),
    ("AS", What::Generated),
];

/// What a table constraint begins with.
const OF_TABLE: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

impl Constraint {
    fn new(text: &str, tokens: &[Token<'_>]) -> Option<Constraint> {
        let (name, rest) = match tokens {
            [first, name, rest @ ..] if first.is("CONSTRAINT") => (Some(name.name()), rest),
            rest => (None, rest),
        };
        let (_, what) =
            BEGINNINGS.iter().find(|(word, _)| rest.first().is_some_and(|t| t.is(word)))?;
        let open = rest.iter().position(|token| token.kind == Kind::Open);
        let (inside, names) = match open {
            Some(open) => {
                let (_, length) = list(&rest[open..]);
                let inside = &rest[open + 1..open + length.saturating_sub(1).max(1)];
                let names = inside.iter().filter(|token| token.is_name()).map(Token::name);
                (span(text, inside).to_owned(), names.collect())
            }
            None => Default::default(),
        };
        Some(Constraint { name, what: *what, text: span(text, tokens).to_owned(), inside, names })
    }

    /// A constraint in text of our own.
    pub(super) fn read(text: &str) -> Option<Constraint> {
        Constraint::new(text, &tokens(text))
    }

    pub(super) fn mentions(&self, column: &str) -> bool {
        self.names.iter().any(|name| name.eq_ignore_ascii_case(column))
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    pub(super) fn has_word(&self, word: &str) -> bool {
        tokens(&self.text).iter().any(|token| token.is(word))
    }
}

impl ColumnText {
    fn new(text: &str, tokens: &[Token<'_>]) -> Option<ColumnText> {
        let (head, rest) = tokens.split_first()?;
        let starts = starts(rest);
        let first = starts.first().copied().unwrap_or(rest.len());
        let ends = starts.iter().skip(1).copied().chain([rest.len()]);
        let constraints = starts.iter().zip(ends);
        let constraints =
            constraints.filter_map(|(start, end)| Constraint::new(text, &rest[*start..end]));
        Some(ColumnText {
            name: head.name(),
            head: head.text.to_owned(),
            type_text: span(text, &rest[..first]).to_owned(),
            constraints: constraints.collect(),
        })
    }

    /// A column in text of our own.
    pub(super) fn read(text: &str) -> Option<ColumnText> {
        ColumnText::new(text, &tokens(text))
    }

    pub(super) fn text(&self) -> String {
        let mut text = format!("{} {}", self.head, self.type_text).trim_end().to_owned();
        for constraint in &self.constraints {
            text.push(' ');
            text.push_str(&constraint.text);
        }
        text
    }

    pub(super) fn get(&self, what: What) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.what == what)
    }

    /// Makes sure that it may not be null.
    pub(super) fn refuse_null(&mut self) {
        if self.get(What::NotNull).is_none() && self.get(What::Generated).is_none() {
            self.constraints.extend(Constraint::read("NOT NULL"));
        }
    }
}

/// Where constraints begin.
fn starts(tokens: &[Token<'_>]) -> Vec<usize> {
    let (mut starts, mut depth, mut after_name) = (Vec::new(), 0_usize, None);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > 0 || token.kind != Kind::Word {
            continue;
        }
        let before = |word: &str| at > 0 && tokens[at - 1].is(word);
        let named = after_name == Some(at);
        if token.is("CONSTRAINT") {
            starts.push(at);
            after_name = Some(at + 2);
        } else if !named && BEGINNINGS.iter().any(|(word, _)| token.is(word)) {
            let belongs = before("SET")
                || (before("NOT") || before("DEFAULT")) && token.is("NULL")
                || before("ALWAYS") && token.is("AS")
                || token.is("NOT") && tokens.get(at + 1).is_some_and(|next| next.is("DEFERRABLE"));
            if !belongs {
                starts.push(at);
            }
        }
    }
    starts
}

impl Layout {
    /// Takes the text of a table apart.
    ///
    /// # Errors
    /// For a virtual table, and a text that is no table's.
    pub(super) fn read(sql: &str) -> Result<Layout> {
        let all = tokens(sql);
        if all.get(1).is_some_and(|token| token.is("VIRTUAL")) {
            return Err(Error::unsupported("a change to a virtual table", crate::error::DRIVER)
                .with_hint("create another one, and copy what it holds with raw text"));
        }
        let open = all.iter().position(|token| token.kind == Kind::Open).ok_or_else(unreadable)?;
        let (items, length) = list(&all[open..]);
        let (mut columns, mut constraints) = (Vec::new(), Vec::new());
        for item in items {
            let first = item.first().ok_or_else(unreadable)?;
            if OF_TABLE.iter().any(|word| first.is(word)) {
                constraints.extend(of_table(sql, item));
            } else {
                columns.push(ColumnText::new(sql, item).ok_or_else(unreadable)?);
            }
        }
        let options = span(sql, &all[open + length..]).to_owned();
        Ok(Layout { columns, constraints, options })
    }

    /// The text that creates a table of this name.
    pub(super) fn text(&self, quoted: &str) -> String {
        let columns = self.columns.iter().map(ColumnText::text);
        let constraints = self.constraints.iter().map(|constraint| constraint.text.clone());
        let body: Vec<_> = columns.chain(constraints).collect();
        let options = match &*self.options {
            "" => String::new(),
            options => format!(" {options}"),
        };
        format!("CREATE TABLE {quoted} ({}){options}", body.join(", "))
    }

    /// Where a column stands.
    ///
    /// # Errors
    /// When there is none of that name, telling which there are.
    pub(super) fn position(&self, name: &str) -> Result<usize> {
        let is = |column: &ColumnText| column.name.eq_ignore_ascii_case(name);
        self.columns.iter().position(is).ok_or_else(|| {
            let known: Vec<_> = self.columns.iter().map(|column| &*column.name).collect();
            error(ErrorKind::InvalidInput, "there is no such column")
                .with_column(name.to_owned())
                .with_hint(format!("the columns are: {}", known.join(", ")))
        })
    }

    /// The names of the primary key's columns.
    pub(super) fn key(&self) -> Vec<String> {
        let of_column = self.columns.iter().find(|column| column.get(What::Key).is_some());
        match of_column {
            Some(column) => vec![column.name.clone()],
            None => {
                let key = self.constraints.iter().find(|constraint| constraint.what == What::Key);
                key.map(|key| key.names.clone()).unwrap_or_default()
            }
        }
    }

    /// All foreign keys in the order in which they were written.
    pub(super) fn foreign_keys(&self) -> impl Iterator<Item = &Constraint> {
        self.all().filter(|constraint| constraint.what == What::References)
    }

    fn all(&self) -> impl Iterator<Item = &Constraint> {
        self.columns.iter().flat_map(|column| &column.constraints).chain(&self.constraints)
    }

    /// Takes a constraint of that name away.
    ///
    /// # Errors
    /// When there is none, telling which there are.
    pub(super) fn drop_named(&mut self, what: What, name: &str) -> Result<()> {
        let is = |constraint: &Constraint| constraint.what == what && constraint.is_named(name);
        if !self.all().any(is) {
            let of_kind = self.all().filter(|constraint| constraint.what == what);
            let known: Vec<_> = of_kind.filter_map(|constraint| constraint.name.clone()).collect();
            let error = error(ErrorKind::InvalidInput, "there is no constraint of that name");
            let error = error.with_constraint(name.to_owned());
            return Err(match known.as_slice() {
                [] => error,
                known => error.with_hint(format!("there is: {}", known.join(", "))),
            });
        }
        self.constraints.retain(|constraint| !is(constraint));
        for column in &mut self.columns {
            column.constraints.retain(|constraint| !is(constraint));
        }
        Ok(())
    }
}

/// Table constraints, which need no comma in between.
fn of_table(sql: &str, item: &[Token<'_>]) -> Vec<Constraint> {
    let (mut begins, mut depth) = (Vec::new(), 0_usize);
    for (at, token) in item.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        let named = at >= 2 && item[at - 2].is("CONSTRAINT");
        if depth == 0 && !named && OF_TABLE.iter().any(|word| token.is(word)) {
            begins.push(at);
        }
    }
    let ends = begins.iter().skip(1).copied().chain([item.len()]);
    let parts = begins.iter().zip(ends);
    parts.filter_map(|(begin, end)| Constraint::new(sql, &item[*begin..end])).collect()
}

fn unreadable() -> Error {
    error(ErrorKind::Unsupported, "the text that created the table cannot be taken apart")
        .with_hint("change the table with raw text")
}
