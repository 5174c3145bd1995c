//! What there is to lose: tables, with about how much is in them.

use std::time::Duration;

use eloquent::migration::KEPT_TABLES;
use eloquent::{Connection, ErrorKind, Result, Schema};

use crate::command::database::bytes;

/// How many tables are shown.
const SHOWN: usize = 12;
/// Up to how many rows are counted.
const COUNTED: u64 = 10_000;
/// How long that may take for one table.
const PATIENCE: Duration = Duration::from_secs(3);

/// The tables of a database.
#[derive(Debug)]
pub(super) struct Stock(Vec<Holding>);

#[derive(Debug)]
struct Holding {
    table: String,
    /// At most one more than are counted; `None` when nobody knows.
    rows: Option<u64>,
    bytes: Option<u64>,
}

impl Stock {
    /// The tables but for those of guards; `None` where the database cannot tell.
    pub(super) async fn of(on: &Connection) -> Result<Option<Stock>> {
        match Schema::on(on).tables().await {
            Ok(tables) => Ok(Some(Stock(
                tables
                    .into_iter()
                    .filter(|table| !KEPT_TABLES.contains(&table.as_str()))
                    .map(|table| Holding { table, rows: None, bytes: None })
                    .collect(),
            ))),
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Finds out about how much is in those that are shown. What cannot be found out stays unknown: a table
    /// that somebody has locked is in nobody's way.
    pub(super) async fn weigh(&mut self, on: &Connection) {
        let schema = Schema::on(on);
        let sizes = schema.sizes().await.unwrap_or_default();
        for holding in self.0.iter_mut().take(SHOWN) {
            holding.bytes = sizes.get(&holding.table).copied();
            let counted = schema.count_up_to(&holding.table, COUNTED + 1);
            let counted = tokio::time::timeout(PATIENCE, counted).await;
            holding.rows = counted.ok().and_then(std::result::Result::ok);
        }
    }

    /// For a person: a line for each, indented.
    pub(super) fn describe(&self) -> String {
        let width = self.0.iter().take(SHOWN).map(|one| one.table.chars().count()).max();
        let width = width.unwrap_or_default();
        let mut text = String::new();
        for one in self.0.iter().take(SHOWN) {
            let size = one.bytes.map(|size| format!(", {}", bytes::text(size))).unwrap_or_default();
            text.push_str(&format!("      {:width$}  {}{size}\n", one.table, rows(one.rows)));
        }
        if self.0.len() > SHOWN {
            text.push_str(&format!("      .. and {} more tables\n", self.0.len() - SHOWN));
        }
        text
    }

    /// How many tables, in words.
    pub(super) fn count(&self) -> String {
        match self.0.len() {
            0 => "none".to_owned(),
            count => count.to_string(),
        }
    }
}

fn rows(count: Option<u64>) -> String {
    match count {
        None => "rows not known".to_owned(),
        Some(1) => "1 row".to_owned(),
        Some(rows) if rows > COUNTED => format!("more than {COUNTED} rows"),
        Some(rows) => format!("{rows} rows"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_has_a_line() {
        let holding = |table: &str, rows, bytes| Holding { table: table.to_owned(), rows, bytes };
        let stock = Stock(vec![
            holding("orders", Some(COUNTED + 1), Some(5 << 20)),
            holding("t", Some(1), None),
            holding("users", None, Some(0)),
        ]);
        assert_eq!(
            stock.describe(),
            "      orders  more than 10000 rows, 5.0 MiB\n      t       1 row\n      \
             users   rows not known, 0 B\n"
        );
        let many = Stock((0..20).map(|n| holding(&format!("t{n}"), Some(0), None)).collect());
        assert_eq!(many.describe().lines().count(), SHOWN + 1);
        assert!(many.describe().ends_with(".. and 8 more tables\n"));
    }
}
