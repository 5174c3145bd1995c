//! Inserts that may meet a row that exists already.
//!
//! The server knows no target: any unique index decides. So the columns that were named are compared
//! first, and where another index was in the way, a subquery of two rows ends the statement. That the
//! columns that were named are unique at all is looked up once for each statement, see
//! [`session`](crate::session).

use eloquent_core::sql::{Compiled, ConflictParts};
use eloquent_core::{Error, Result};

use crate::error::DRIVER;

/// What stands in front of the assignments.
const CLAUSE: &str = " ON DUPLICATE KEY UPDATE ";
/// Counts the rows that stay as they are. The server would count them as written.
pub(crate) const KEPT: &str = "@eloquent_kept";
/// What stands in front of the comparison of the columns that decide.
const GUARD: &str = "IF(/* by */ ";
/// What ends a statement in which another unique index was in the way.
const CLASH: &str = "(SELECT NULL FROM (SELECT 1 UNION ALL SELECT 2) AS clash)";

/// Writes the clause behind an insert.
///
/// # Errors
/// When every column that decides is to become something else than the insert says: then there is no
/// place left for the comparison, since no column may be assigned twice.
pub(crate) fn write(sql: &mut String, table: &str, conflict: &ConflictParts<'_>) -> Result<()> {
    let same = conflict.target.iter().map(|column| format!("{table}.{column} = VALUES({column})"));
    let same = same.collect::<Vec<_>>().join(" AND ");
    let guarded =
        |column: &str, value: &str| format!("{column} = {GUARD}{same}, {value}, {CLASH})");
    // assigned to itself, which changes nothing
    let stays = |column: &str| format!("{table}.{column}");
    let update = conflict.update.unwrap_or_default();
    let free = conflict.target.iter().find(|column| !is_assigned(update, column));
    let clause = match (conflict.update, free, conflict.target.first()) {
        (None, Some(column), _) => {
            let stays = stays(column);
            guarded(column, &format!("IF(({KEPT} := {KEPT} + 1) IS NULL, {stays}, {stays})"))
        }
        (Some(update), Some(column), _) => format!("{}, {update}", guarded(column, &stays(column))),
        (_, None, Some(column)) => {
            let new = format!("{column} = VALUES({column})");
            let Some((before, behind)) = split_outside(update, &new) else {
                return Err(no_place());
            };
            format!("{before}{}{behind}", guarded(column, &format!("VALUES({column})")))
        }
        (_, None, None) => return Err(no_place()),
    };
    sql.push_str(CLAUSE);
    sql.push_str(&clause);
    Ok(())
}

/// Whether the assignments have this column among them. In doubt, yes.
fn is_assigned(update: &str, column: &str) -> bool {
    update.starts_with(&format!("{column} = ")) || update.contains(&format!(", {column} = "))
}

fn no_place() -> Error {
    Error::unsupported("an upsert that computes all of the columns that decide", DRIVER)
}

/// The columns that decide, in an insert that [`write`] had a part in.
pub(crate) fn target(sql: &str) -> Vec<String> {
    let Some(clause) = after_names(sql) else { return Vec::new() };
    let mut columns = Vec::new();
    let guard = split_outside(clause, GUARD).and_then(|(_, guard)| split_outside(guard, ", "));
    let mut rest = guard.map_or("", |(guard, _)| guard);
    while let Some((_, behind)) = split_outside(rest, "VALUES(") {
        let (name, left) = quoted(behind);
        columns.extend(name);
        rest = left;
    }
    columns
}

/// Whether the insert may meet a row that exists already.
pub(crate) fn is_upsert(statement: &Compiled) -> bool {
    statement.table().is_some() && after_names(statement.sql()).is_some()
}

/// Whether the insert gives rows back.
pub(crate) fn gives_rows(sql: &str) -> bool {
    split_outside(sql, " RETURNING ").is_some()
}

fn after_names(sql: &str) -> Option<&str> {
    split_outside(sql, CLAUSE).map(|(_, clause)| clause)
}

/// What stands in front of and behind `text`, where that does not begin inside a quoted name.
fn split_outside<'s>(sql: &'s str, text: &str) -> Option<(&'s str, &'s str)> {
    let mut inside = false;
    // a doubled quote leaves the name and enters it again
    let at = sql.char_indices().find_map(|(at, c)| {
        let found = !inside && sql[at..].starts_with(text);
        inside ^= c == '`';
        found.then_some(at)
    })?;
    Some((&sql[..at], &sql[at + text.len()..]))
}

/// The name that a text begins with, and what follows it.
fn quoted(sql: &str) -> (Option<String>, &str) {
    let Some(rest) = sql.strip_prefix('`') else { return (None, sql) };
    let mut name = String::new();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '`' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return (Some(name), &rest[at + 1..]);
        }
    }
    (None, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_that_decide_are_found_again() {
        let cases: [&[&str]; 3] = [
            &["`email`"],
            &["`a`", "`b`"],
            &["`x`` ON DUPLICATE KEY UPDATE VALUES(`", "`VALUES(``y``)`"],
        ];
        for quoted_names in cases {
            let target: Vec<String> = quoted_names.iter().map(|name| (*name).to_owned()).collect();
            let plain: Vec<String> = quoted_names
                .iter()
                .map(|name| name[1..name.len() - 1].replace("``", "`"))
                .collect();
            for update in [None, Some("`v` = VALUES(`v`)")] {
                let mut sql = String::from("INSERT INTO `t`` ON DUPLICATE KEY UPDATE ` VALUES (?)");
                write(&mut sql, "`t`", &ConflictParts { target: &target, update }).unwrap();
                assert_eq!(super::target(&sql), plain, "{sql}");
            }
        }
        assert_eq!(target("INSERT INTO `t` (`a`) VALUES (?)"), [""; 0]);
    }

    #[test]
    fn no_column_is_assigned_twice() {
        let target = ["`a`".to_owned(), "`b`".to_owned()];
        let clause = |update| {
            let mut sql = String::new();
            let parts = ConflictParts { target: &target, update: Some(update) };
            write(&mut sql, "`t`", &parts).map(|()| sql)
        };
        let same = "`t`.`a` = VALUES(`a`) AND `t`.`b` = VALUES(`b`)";
        assert_eq!(
            clause("`a` = ?, `c` = ?").unwrap(),
            format!("{CLAUSE}`b` = {GUARD}{same}, `t`.`b`, {CLASH}), `a` = ?, `c` = ?")
        );
        assert_eq!(
            clause("`c` = ?, `a` = VALUES(`a`), `b` = ?").unwrap(),
            format!("{CLAUSE}`c` = ?, `a` = {GUARD}{same}, VALUES(`a`), {CLASH}), `b` = ?")
        );
        let both = clause("`c` = VALUES(`c`), `b` = VALUES(`b`), `a` = VALUES(`a`)").unwrap();
        assert_eq!(super::target(&both), ["a", "b"]);
        assert!(clause("`a` = ?, `b` = ?").is_err());
    }
}
