//! The numbers of the server's errors, and the names in its messages.

use eloquent_core::sql::Compiled;
use eloquent_core::{Error, ErrorKind};

use super::error;

/// The error of a number and its message.
pub(super) fn translate(number: u16, message: &str, statement: Option<&Compiled>) -> Error {
    if let Some((_, kind, text)) = KNOWN.iter().find(|(numbers, ..)| numbers.contains(&number)) {
        return error(*kind, *text);
    }
    match number {
        1022 | 1062 | 1169 | 1586 | 1859 => unique(message, statement),
        1048 | 1364 | 1263 => {
            let error = error(ErrorKind::NotNullViolation, "the column may not be null");
            at_column(error, between(message, "Column '", "' cannot").or(field(message)))
        }
        1216 | 1217 | 1451 | 1452 | 1557 => foreign_key(number, message),
        1406 => at_column(refused("the text or bytes are longer than the column"), column(message)),
        167 => full_of_numbers(column(message)),
        1467 => full_of_numbers(None),
        1264 => at_column(refused("the number is out of the range of the column"), column(message)),
        1265 | 1366 | 1292 | 1411 | 1525 => {
            at_column(refused("the value does not fit the type of the column"), column(message))
        }
        3140 | 3141 | 4038 => at_column(refused("the text is not JSON"), column(message)),
        4025 => named(refused("a check refuses the row"), first_name(message)),
        3819 => {
            let name = between(message, "Check constraint '", "' is");
            named(refused("a check refuses the row"), name)
        }
        1054 => {
            let error = invalid("there is no such column");
            at_column(error, between(message, "Unknown column '", "' in "))
        }
        1052 => {
            let error = invalid("several tables have a column of this name");
            at_column(error, between(message, "Column '", "' in "))
        }
        1060 => {
            let name = between(message, "Duplicate column name '", "'");
            at_column(invalid("the column is defined twice"), name)
        }
        1072 => at_column(
            invalid("a key or index names a column that the table lacks"),
            between(message, "Key column '", "' doesn"),
        ),
        1051 => no_table(between(message, "Unknown table '", "'")),
        1146 => no_table(between(message, "Table '", "' doesn")),
        1050 => {
            at_table(invalid("the table exists already"), between(message, "Table '", "' already"))
        }
        1061 => named(
            invalid("the index exists already"),
            between(message, "Duplicate key name '", "'"),
        ),
        1091 => named(invalid("there is no such column or index"), first_name(message)),
        1170 => at_column(
            invalid("a text column without a length cannot be a key or indexed")
                .with_hint("give it a length of at most 768 characters"),
            between(message, "column '", "' used"),
        ),
        1049 => error(ErrorKind::Connect, "the server has no such database")
            .with_hint("create it, or correct the setting `name`"),
        1045 | 1698 => {
            error(ErrorKind::Permission, "the server does not accept the user or the password")
                .with_hint("check `user` and `password`, and from where the user may connect")
        }
        1044 => error(ErrorKind::Permission, "the user has no rights on the database"),
        1040 | 1203 | 1226 => {
            error(ErrorKind::Full, "the server or the user has no connection left")
                .with_hint("lower `max_sessions`, or raise the limit of the server")
        }
        1461 => error(ErrorKind::Full, "the server keeps as many prepared statements as it may")
            .with_hint("lower `statement_cache`, or raise `max_prepared_stmt_count` of the server"),
        1153 => error(ErrorKind::Encode, "the statement is larger than the server takes")
            .with_hint("raise `max_allowed_packet` of the server, or send less at once"),
        1205 | 3572 => error(ErrorKind::Busy, "another transaction held a lock for too long")
            .with_hint("keep write transactions short, or raise `innodb_lock_wait_timeout`"),
        1969 | 3024 => error(ErrorKind::Timeout, "the statement took longer than it may")
            .with_hint("raise `statement_timeout_ms`, or look at the plan of the statement"),
        _ => error(ErrorKind::Database, format!("the server reports error {number}")),
    }
}

/// Numbers whose messages have no name that is of use.
const KNOWN: &[(&[u16], ErrorKind, &str)] = {
    use ErrorKind::{
        CheckViolation, Connect, ConnectionLost, Corrupt, Database, Deadlock, Encode, Full,
        InvalidInput, Permission, ReadOnly, SerializationFailure, TransactionAborted, Unsupported,
    };
    &[
        (&[1213, 1614], Deadlock, "the transaction ran into a deadlock and was rolled back"),
        (&[1020], SerializationFailure, "a row has changed since the transaction read it"),
        (&[1206], Full, "the transaction holds more locks than the server keeps"),
        (&[1180], TransactionAborted, "the server could not commit"),
        (&[1064, 1065, 1149, 1341], InvalidInput, "the server does not understand the statement"),
        (&[1305, 1630], InvalidInput, "there is no such function, procedure or savepoint"),
        (&[1115, 1273], InvalidInput, "there is no such character set or collation"),
        (
            &[1055, 1056, 1111, 1140, 1247],
            InvalidInput,
            "the statement reads what its groups do not tell",
        ),
        (
            &[1241, 1242, 1222],
            InvalidInput,
            "a part of the statement yields too much or too little",
        ),
        (&[1136, 1110], InvalidInput, "the columns and the values of the statement differ"),
        (
            &[1059, 1102, 1103, 1166, 1300],
            InvalidInput,
            "a name is one that this server does not take",
        ),
        (
            &[1071, 1118, 1074],
            InvalidInput,
            "the columns or the key are longer than the server allows",
        ),
        (&[1075, 1068, 1063], InvalidInput, "the key or the numbered column is not one"),
        (&[1390], InvalidInput, "the statement binds too many values"),
        (&[1267, 1270, 1271], InvalidInput, "texts with different collations are compared"),
        (&[1690, 1916, 1367], Encode, "a number that was computed is out of range"),
        (&[1365], Encode, "division by zero"),
        (&[1644, 1643], CheckViolation, "a trigger or procedure refuses the statement"),
        (&[1290, 1792, 1223, 1836], ReadOnly, "the server or the transaction accepts no writes"),
        (&[1142, 1143, 1227, 1370, 1410], Permission, "the user has no right to do this"),
        (&[1129, 1130], Permission, "the server accepts no connections from this machine"),
        (&[1047], Connect, "the server does not answer statements: is it out of its cluster?"),
        (&[1114, 1021, 1037, 1038, 1041], Full, "the disk, the table or the memory is full"),
        (&[1033, 1034, 1035, 1194, 1195], Corrupt, "the table is damaged"),
        (&[1295, 1235], Unsupported, "the server does not take this statement in this form"),
        (&[1317], Database, "the statement was interrupted"),
        (
            &[1053, 1927, 4031, 1156, 1157, 1158, 1159, 1160, 1161],
            ConnectionLost,
            "the server has ended the session",
        ),
    ]
};

/// A numbered column whose type has no greater number.
fn full_of_numbers(place: Option<&str>) -> Error {
    let error = error(ErrorKind::Full, "the column that numbers the rows has no number left");
    at_column(error, place).with_hint("give the column a type with more numbers")
}

fn refused(message: &'static str) -> Error {
    error(ErrorKind::CheckViolation, message)
}

fn invalid(message: &'static str) -> Error {
    error(ErrorKind::InvalidInput, message)
}

/// `Duplicate entry '…' for key 'name'`, since MySQL 8.0.19 with the table in front of the name.
fn unique(message: &str, statement: Option<&Compiled>) -> Error {
    let error = error(ErrorKind::UniqueViolation, "a row with this value exists already");
    let name = message.rsplit_once("for key '").and_then(|(_, name)| name.strip_suffix('\''));
    let Some(name) = name else { return error };
    let table = statement.and_then(Compiled::table);
    let of_table = |table: &eloquent_core::Name| name.strip_prefix(&**table)?.strip_prefix('.');
    let name = table.and_then(of_table).unwrap_or(name);
    // the index of a single column is called like it
    let mut columns = (0..64).filter_map(|bind| statement?.column_of(bind));
    let error = match columns.find(|column| column.eq_ignore_ascii_case(name)) {
        Some(column) => error.with_column(column.clone()),
        None => error,
    };
    error.with_constraint(name.to_owned())
}

/// `… fails (`db`.`child`, CONSTRAINT `name` FOREIGN KEY (`column`) REFERENCES …)`.
fn foreign_key(number: u16, message: &str) -> Error {
    let error = error(
        ErrorKind::ForeignKeyViolation,
        "a row refers to one that does not exist, or is still referred to",
    );
    let constraint = message.split_once("CONSTRAINT ").and_then(|(_, rest)| first_name(rest));
    let error = named(error, constraint);
    // of a row that is still referred to, the message tells who refers to it
    if number != 1452 {
        return error;
    }
    let columns = message.split_once("FOREIGN KEY (").map(|(_, rest)| names(rest));
    let column = columns.filter(|(_, rest)| rest.starts_with(')')).map(|(names, _)| names);
    let error = match column.as_deref() {
        Some([column]) => error.with_column(column.clone()),
        _ => error,
    };
    let table = message.rsplit_once("fails (").map(|(_, rest)| names_of_place(rest));
    match table.as_deref() {
        Some([.., table]) => error.with_table(table.clone()),
        _ => error,
    }
}

fn no_table(place: Option<&str>) -> Error {
    at_table(invalid("there is no such table"), place)
        .with_hint("has the migration that creates it been run?")
}

/// Adds the table of `database.table`, or a table alone.
fn at_table(error: Error, place: Option<&str>) -> Error {
    match place {
        Some(place) => {
            let table = place.split_once('.').map_or(place, |(_, table)| table);
            error.with_table(table.trim_matches('`').to_owned())
        }
        None => error,
    }
}

/// Adds the column of `column`, `table.column` or `database.table.column`.
fn at_column(error: Error, place: Option<&str>) -> Error {
    let Some(place) = place else { return error };
    if place.starts_with('`') {
        return match names_of_place(place).last() {
            Some(column) => error.with_column(column.clone()),
            None => error,
        };
    }
    match place.rsplit_once('.') {
        Some((table, column)) => {
            let table = table.rsplit('.').next().unwrap_or(table);
            error.with_table(table.to_owned()).with_column(column.to_owned())
        }
        None => error.with_column(place.to_owned()),
    }
}

fn named(error: Error, constraint: Option<impl Into<String>>) -> Error {
    match constraint {
        Some(name) => error.with_constraint(name.into()),
        None => error,
    }
}

/// `… for column 'name' at row 1`, or with the place of the column in backticks. A value may stand in
/// front of it.
fn column(message: &str) -> Option<&str> {
    let (_, place) = message.rsplit_once("for column ")?;
    let end = place.rfind(" at row").unwrap_or(place.len());
    let place = place[..end].trim_end_matches('.');
    Some(place.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')).unwrap_or(place))
}

/// `Field 'name' doesn't have a default value`.
fn field(message: &str) -> Option<&str> {
    between(message, "Field '", "' doesn")
}

/// What stands behind `start` and in front of the last `end`.
fn between<'m>(message: &'m str, start: &str, end: &str) -> Option<&'m str> {
    let (_, rest) = message.split_once(start)?;
    rest.rsplit_once(end).map(|(name, _)| name)
}

/// The first name in backticks.
fn first_name(message: &str) -> Option<String> {
    let (names, _) = names(&message[message.find('`')?..]);
    names.into_iter().next()
}

fn names_of_place(text: &str) -> Vec<String> {
    names(&text.replace("`.`", "`, `")).0
}

/// The names in backticks that a text begins with, separated by commas, and what follows them.
fn names(text: &str) -> (Vec<String>, &str) {
    let (mut names, mut rest) = (Vec::new(), text);
    while let Some(quoted) = rest.strip_prefix('`') {
        let Some(end) = quoted.find('`') else { break };
        names.push(quoted[..end].to_owned());
        rest = &quoted[end + 1..];
        rest = rest.strip_prefix(", `").map_or(rest, |_| &rest[2..]);
    }
    (names, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Place<'e> = (ErrorKind, Option<&'e str>, Option<&'e str>, Option<&'e str>);

    fn place(error: &Error) -> Place<'_> {
        (error.kind(), error.table(), error.column(), error.constraint())
    }

    #[test]
    fn names_are_taken_out_of_messages() {
        use ErrorKind::*;
        let cases: [(u16, &str, Place<'_>); 18] = [
            (
                1062,
                "Duplicate entry 'canary for key 'x'' for key 'email'",
                (UniqueViolation, None, None, Some("email")),
            ),
            (1062, "Duplicate entry 'canary'", (UniqueViolation, None, None, None)),
            (167, "Out of range value for column 'id' at row 1", (Full, None, Some("id"), None)),
            (1048, "Column 'name' cannot be null", (NotNullViolation, None, Some("name"), None)),
            (
                1364,
                "Field 'name' doesn't have a default value",
                (NotNullViolation, None, Some("name"), None),
            ),
            (
                1452,
                "Cannot add or update a child row: a foreign key constraint fails (`db`.`children`, \
                 CONSTRAINT `c_p` FOREIGN KEY (`parent`) REFERENCES `parents` (`id`))",
                (ForeignKeyViolation, Some("children"), Some("parent"), Some("c_p")),
            ),
            (
                1451,
                "Cannot delete or update a parent row: a foreign key constraint fails \
                 (`db`.`children`, CONSTRAINT `c_p` FOREIGN KEY (`a`, `b`) REFERENCES `p` (`a`, `b`))",
                (ForeignKeyViolation, None, None, Some("c_p")),
            ),
            (
                1406,
                "Data too long for column 'v' at row 1",
                (CheckViolation, None, Some("v"), None),
            ),
            (
                1366,
                "Incorrect integer value: 'canary for column x' for column `db`.`t`.`v` at row 1",
                (CheckViolation, None, Some("v"), None),
            ),
            (
                3140,
                "Invalid JSON text: \"canary\" at position 0 in value for column 't.v'.",
                (CheckViolation, Some("t"), Some("v"), None),
            ),
            (
                4025,
                "CONSTRAINT `small` failed for `db`.`t`",
                (CheckViolation, None, None, Some("small")),
            ),
            (
                3819,
                "Check constraint 'small' is violated.",
                (CheckViolation, None, None, Some("small")),
            ),
            (
                1054,
                "Unknown column 't.missing' in 'field list'",
                (InvalidInput, Some("t"), Some("missing"), None),
            ),
            (1146, "Table 'db.nowhere' doesn't exist", (InvalidInput, Some("nowhere"), None, None)),
            (1051, "Unknown table 'db.nowhere'", (InvalidInput, Some("nowhere"), None, None)),
            (1050, "Table 't' already exists", (InvalidInput, Some("t"), None, None)),
            (1061, "Duplicate key name 'i'", (InvalidInput, None, None, Some("i"))),
            (
                1091,
                "Can't DROP INDEX `i`; check that it exists",
                (InvalidInput, None, None, Some("i")),
            ),
        ];
        for (number, message, expected) in cases {
            let error = translate(number, message, None);
            assert_eq!(place(&error), expected, "{number}: {error}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        use ErrorKind::*;
        let cases = [
            (1213, Deadlock),
            (1205, Busy),
            (3572, Busy),
            (1045, Permission),
            (1044, Permission),
            (1142, Permission),
            (1049, Connect),
            (1040, Full),
            (1792, ReadOnly),
            (1690, Encode),
            (1969, Timeout),
            (1461, Full),
            (1927, ConnectionLost),
            (1064, InvalidInput),
            (1999, Database),
        ];
        for (number, kind) in cases {
            let error = translate(number, "near 'canary' at line 1", None);
            assert_eq!(error.kind(), kind, "{number}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn no_message_is_too_odd() {
        for number in 1000..4100 {
            for message in ["", "'", "`", "for key '", "for column ", "(`", "CONSTRAINT `", "' in "]
            {
                assert!(!translate(number, message, None).message().is_empty());
            }
        }
    }
}
