//! The tables of the programs, and the values that their columns hold and are compared with.

use std::collections::BTreeMap;

use eloquent_core::Name;
use eloquent_core::schema::{Column, ColumnType, TableDefinition};
use eloquent_core::value::{ColumnValue, Decimal, Json, NaiveDate, NaiveTime, Uuid, Value};

/// A table of the programs.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) key: &'static [&'static str],
}

const MONEY: ColumnType = ColumnType::Decimal { precision: 12, scale: 2 };
const AMOUNT: ColumnType = ColumnType::Decimal { precision: 20, scale: 4 };

/// The names are met in [`domain`], too. A column `id` is numbered by the database.
pub(crate) const TABLES: [Table; 4] = [
    Table {
        title: "people",
        columns: &[
            Column::new("number", ColumnType::I64),
            Column::new("email", ColumnType::String { length: 12 }).nullable(true).unique(),
            Column::new("name", ColumnType::Text),
            Column::new("active", ColumnType::Bool).nullable(true),
            Column::new("visits", ColumnType::I64),
            Column::new("total", ColumnType::I64).nullable(true),
            Column::new("balance", MONEY).nullable(true),
        ],
        key: &["number"],
    },
    Table {
        title: "notes",
        columns: &[
            Column::new("id", ColumnType::I64).auto_increment(),
            Column::new("title", ColumnType::String { length: 20 }),
            Column::new("body", ColumnType::Text).nullable(true),
            Column::new("score", ColumnType::F64).nullable(true),
            Column::new("ratio", ColumnType::F64),
            Column::new("pinned", ColumnType::Bool),
            Column::new("info", ColumnType::Json).nullable(true),
            Column::new("owner", ColumnType::I64).nullable(true),
        ],
        key: &["id"],
    },
    Table {
        title: "events",
        columns: &[
            Column::new("code", ColumnType::String { length: 20 }),
            Column::new("day", ColumnType::Date).nullable(true),
            Column::new("clock", ColumnType::Time).nullable(true),
            Column::new("moment", ColumnType::DateTime).nullable(true),
            Column::new("seen", ColumnType::Timestamp),
            Column::new("amount", AMOUNT).nullable(true),
            Column::new("grade", ColumnType::I16).nullable(true),
        ],
        key: &["code"],
    },
    Table {
        title: "pieces",
        columns: &[
            Column::new("part", ColumnType::U32),
            Column::new("letter", ColumnType::String { length: 3 }),
            Column::new("data", ColumnType::Bytes).nullable(true),
            Column::new("size", ColumnType::I32),
            Column::new("mark", ColumnType::Uuid).nullable(true),
            Column::new("weight", ColumnType::U64).nullable(true),
            Column::new("seen", ColumnType::Timestamp).nullable(true),
        ],
        key: &["part", "letter"],
    },
];

impl Table {
    /// The table of a name in the database.
    pub(crate) fn of(name: &str) -> &'static Table {
        let title = title(name);
        TABLES.iter().find(|table| table.title == title).expect("a table of the programs")
    }

    /// Its name in the database, where other runs have theirs.
    pub(crate) fn name(&self) -> Name {
        format!("{}_{}", self.title, std::process::id()).into()
    }

    pub(crate) fn column(&self, name: &str) -> &'static Column {
        self.columns.iter().find(|column| column.name == name).expect("a column of the table")
    }

    /// What no two rows share, as lists of columns.
    pub(crate) fn unique(&self) -> impl Iterator<Item = Vec<&'static str>> {
        let key = std::iter::once(self.key.to_vec());
        key.chain(
            self.columns.iter().filter(|column| column.unique).map(|column| vec![text(column)]),
        )
    }

    pub(crate) fn definition(&self) -> TableDefinition {
        TableDefinition {
            name: self.name(),
            columns: self.columns.to_vec(),
            key: self.key.iter().copied().map(Name::Borrowed).collect(),
            indexes: Vec::new(),
            if_not_exists: false,
            ..Default::default()
        }
    }
}

/// The name of a table in a report.
pub(crate) fn title(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// The name of a column of a table, which is part of this program.
pub(crate) fn text(column: &'static Column) -> &'static str {
    match &column.name {
        Name::Borrowed(name) => name,
        Name::Owned(name) => name,
    }
}

/// Texts that differ in case, accents, blanks and what patterns and quotes make of them. The only letter
/// that comes in both cases is `k`.
const TEXTS: &[&str] = &[
    "a",
    "",
    "b",
    "k",
    "K",
    "ab",
    "kb",
    "Kb",
    "a ",
    " a",
    " ",
    "a%b",
    "a_b",
    "axb",
    "%",
    "_",
    "\\",
    "a\\b",
    "'",
    "\"",
    "`",
    "ä",
    "Ä",
    "a\u{308}",
    "ß",
    "ss",
    "ı",
    "\u{1f980}",
    "\u{1f980}a",
    "a\nb",
    "x';--",
    "?",
    "null",
    "10",
    "9",
];

/// What texts are matched with.
pub(crate) const PATTERNS: &[&str] = &[
    "%",
    "",
    "a",
    "a%",
    "%b",
    "_",
    "__",
    "a_b",
    "a\\_b",
    "a\\%b",
    "%\\%%",
    "\\\\",
    "%\\\\%",
    "k%",
    "K_",
    "ä",
    "_\u{308}",
    "%\u{1f980}%",
    "_a",
    "%'%",
    "% ",
    "a\\",
    "\\a%",
    "%a%_%",
];

/// The values of a column, the simplest first.
pub(crate) fn domain(column: &Column) -> Vec<Value> {
    let integers = |numbers: &[i64]| numbers.iter().copied().map(Value::I64).collect();
    let naturals = |numbers: &[u64]| numbers.iter().copied().map(Value::U64).collect();
    let doubles = |numbers: &[f64]| numbers.iter().copied().map(Value::F64).collect();
    let decimals = |numbers: &[&str]| {
        numbers
            .iter()
            .map(|text| Value::Decimal(text.parse::<Decimal>().expect("a decimal")))
            .collect()
    };
    match (&*column.name, column.ty) {
        ("email", _) => texts(|text| text.chars().count() <= 3),
        ("letter", _) => {
            texts(|text| matches!(text, "a" | "k" | "K" | "a " | "ä" | "" | "\u{1f980}"))
        }
        ("number" | "owner", _) => integers(&[1, 2, 3, 4, 5, 6, 7, 8, 0, -1]),
        ("total", _) => {
            integers(&[1, 0, -7, 1 << 53, (1 << 53) + 1, i64::MAX, i64::MAX - 1, i64::MIN])
        }
        ("weight", _) => {
            naturals(&[1, 0, 1 << 53, (1 << 53) + 1, i64::MAX.unsigned_abs(), u64::MAX >> 1])
        }
        ("ratio", _) => doubles(&[1.0, 0.0, 0.1, -1.5, 1e15, 1e300, -1e300, 5e-324, f64::MAX]),
        (_, ColumnType::F64) => doubles(&[1.0, 0.0, 0.5, -1.5, 2.25, 100.0, 0.1, 1.0 / 3.0]),
        (_, MONEY) => decimals(&["1", "0", "1.5", "1.50", "-0.01", "9", "10", "9999999999.99"]),
        (_, ColumnType::Decimal { .. }) => {
            decimals(&["1", "0.0001", "-2.5", "10.25", "9.9999", "1000000000000000.0001"])
        }
        (_, ColumnType::Text | ColumnType::String { .. }) => texts(|_| true),
        (_, ColumnType::Bool) => [false, true].map(Value::Bool).to_vec(),
        (_, ColumnType::U32) => naturals(&[1, 0, 2, 3, u64::from(u32::MAX)]),
        (_, ty) if ty.integer_range().is_some() => integers(&[1, 0, -1, 2, 3, 7, 100]),
        (_, ty) => others(ty),
    }
}

fn texts(fits: fn(&str) -> bool) -> Vec<Value> {
    TEXTS.iter().filter(|text| fits(text)).map(|text| Value::Text((*text).to_owned())).collect()
}

fn others(ty: ColumnType) -> Vec<Value> {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    let time = |hour, minute, second, micro| {
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro).expect("a time")
    };
    let days =
        [day(2024, 2, 29), day(1970, 1, 1), day(1999, 12, 31), day(2100, 3, 1), day(1582, 10, 10)];
    let times = [time(12, 0, 0, 0), time(0, 0, 0, 0), time(9, 5, 7, 1), time(23, 59, 59, 999_999)];
    let moments = || days.into_iter().flat_map(|day| times.map(|time| day.and_time(time)));
    match ty {
        ColumnType::Date => days.map(Value::Date).to_vec(),
        ColumnType::Time => times.map(Value::Time).to_vec(),
        ColumnType::DateTime => moments().map(Value::DateTime).collect(),
        ColumnType::Timestamp => {
            moments().map(|moment| Value::Timestamp(moment.and_utc())).collect()
        }
        ColumnType::Bytes => [&[][..], &[0], &[0, 0], &[255], b"a", b"A", b"'"]
            .map(|b| Value::Bytes(b.to_vec()))
            .to_vec(),
        ColumnType::Uuid => {
            [1, 0, 1 << 100, u128::MAX].map(|n| Value::Uuid(Uuid::from_u128(n))).to_vec()
        }
        ColumnType::Json => {
            let text = String::from;
            let map = BTreeMap::from([(text("b"), vec![text("\"\\'")]), (text("a"), vec![])]);
            let json = [
                Json(1).into_value(),
                Json(text("a")).into_value(),
                Json(None::<i32>).into_value(),
            ];
            let more = [Json(map).into_value(), Json(vec![1.5, -2.0]).into_value()];
            json.into_iter().chain(more).map(|value| value.expect("a stored form")).collect()
        }
        other => panic!("the programs have no column of type {other:?}"),
    }
}

/// A value that a column refuses, if there is one that could be written.
pub(crate) fn refused(column: &Column) -> Option<Value> {
    match column.ty {
        _ if column.auto_increment => None,
        ColumnType::String { .. } => {
            Some(Value::Text("too long for each of these columns".to_owned()))
        }
        ColumnType::I16 | ColumnType::I32 => Some(Value::I64(1 << 31)),
        ColumnType::U32 => Some(Value::U64(1 << 32)),
        _ => None,
    }
}
