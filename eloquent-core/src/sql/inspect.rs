//! What rows of a catalogue say, put together.

use crate::Result;
use crate::row::OwnedRow;
use crate::schema::{
    ForeignAction, ForeignKeyInfo, IndexInfo, IndexPart, KeyInfo, SchemaText, TableKind,
    TableSummary,
};

/// Tables from rows of `name`, `is_view` and `comment`. A comment that is empty is none.
///
/// # Errors
/// When a row lacks one of these, or holds something else.
pub fn read_tables(rows: &[OwnedRow]) -> Result<Vec<TableSummary>> {
    let table = |row: &OwnedRow| {
        let kind = if row.read("is_view")? { TableKind::View } else { TableKind::Table };
        let mut table = TableSummary::new(row.read::<String>("name")?, kind);
        table.comment = row.read::<Option<String>>("comment")?.filter(|text| !text.is_empty());
        Ok(table)
    };
    rows.iter().map(table).collect()
}

/// The primary key and the indexes from rows of `name`, `is_key`, `is_unique`, `of_constraint`, `filter`,
/// `column` and `expression`: one for each part of an index, in order.
///
/// # Errors
/// When a row lacks one of these, or holds something else.
pub fn read_indexes(rows: &[OwnedRow]) -> Result<(Option<KeyInfo>, Vec<IndexInfo>)> {
    let mut key: Option<KeyInfo> = None;
    let mut indexes: Vec<IndexInfo> = Vec::new();
    for row in rows {
        let name: String = row.read("name")?;
        let column: Option<String> = row.read("column")?;
        if row.read("is_key")? {
            let key = key.get_or_insert(KeyInfo { name: Some(name), columns: Vec::new() });
            key.columns.extend(column);
            continue;
        }
        let part = match column {
            Some(column) => IndexPart::from(column),
            None => {
                let text = row.read::<Option<String>>("expression")?.unwrap_or_default();
                IndexPart::Expression(SchemaText::trusted(text))
            }
        };
        match indexes.iter_mut().find(|index| index.name == name) {
            Some(index) => index.parts.push(part),
            None => {
                let mut index = IndexInfo::new(name, row.read("is_unique")?);
                index.filter = row.read("filter")?;
                index.of_constraint = row.read("of_constraint")?;
                index.parts.push(part);
                indexes.push(index);
            }
        }
    }
    Ok((key, indexes))
}

/// Foreign keys from rows of `name`, `foreign_table`, `on_delete`, `on_update` (in the words of SQL),
/// `deferred`, `column` and `foreign_column`: one for each column of a key, in order.
///
/// # Errors
/// When a row lacks one of these, or holds something else.
pub fn read_foreign_keys(rows: &[OwnedRow]) -> Result<Vec<ForeignKeyInfo>> {
    let mut keys: Vec<ForeignKeyInfo> = Vec::new();
    for row in rows {
        let name: String = row.read("name")?;
        let (column, foreign_column) = (row.read("column")?, row.read("foreign_column")?);
        match keys.iter_mut().find(|key| key.name.as_deref() == Some(&*name)) {
            Some(key) => {
                key.columns.push(column);
                key.foreign_columns.push(foreign_column);
            }
            None => {
                let mut key = ForeignKeyInfo::new(row.read::<String>("foreign_table")?);
                key.name = Some(name);
                (key.columns, key.foreign_columns) = (vec![column], vec![foreign_column]);
                key.on_delete = ForeignAction::of_words(&row.read::<String>("on_delete")?);
                key.on_update = ForeignAction::of_words(&row.read::<String>("on_update")?);
                key.deferred = row.read("deferred")?;
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// The constants in quotes of a text that has, beside them, nothing but these words, types and signs: the
/// values of an enumeration, where a database keeps it as a condition.
pub fn read_constants(text: &str, words: &[&str]) -> Option<Vec<String>> {
    let (mut constants, mut rest) = (Vec::new(), String::new());
    let mut pieces = text.split('\'');
    rest.push_str(pieces.next()?);
    while let Some(piece) = pieces.next() {
        let mut constant = piece.to_owned();
        let mut behind = pieces.next()?;
        // a doubled quote
        while behind.is_empty() {
            let Some(more) = pieces.next() else { break };
            constant.push('\'');
            constant.push_str(more);
            behind = pieces.next()?;
        }
        constants.push(constant);
        rest.push_str(behind);
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let known = |word: &str| word.is_empty() || words.iter().any(|w| w.eq_ignore_ascii_case(word));
    let signs = |c: char| is_word(c) || c.is_whitespace() || "()[],:=".contains(c);
    let plain = rest.chars().all(signs) && rest.split(|c| !is_word(c)).all(known);
    (plain && !constants.is_empty()).then_some(constants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_taken_out() {
        let words = ["any", "array", "text"];
        let read = |text| read_constants(text, &words);
        let two = Some(vec!["a".to_owned(), "it's".to_owned()]);
        assert_eq!(read("= ANY (ARRAY['a'::text, 'it''s'::text])"), two);
        assert_eq!(read("= ANY (lower('a'))"), None);
        assert_eq!(read("> 'a'"), None);
        assert_eq!(read("= 1"), None);
        assert_eq!(read("= 'a"), None);
    }
}
