//! What the server tells of its tables.

use eloquent_core::Result;
use eloquent_core::row::OwnedRow;
use eloquent_core::schema::{
    CheckInfo, ColumnInfo, ColumnType, Generated, SchemaText, TableInfo, TableKind, TableSummary,
};
use eloquent_core::sql::{
    SqlSession, query_rows, read_constants, read_foreign_keys, read_indexes, read_tables,
};

use crate::flavour::Flavour;

const TABLES: &str = "\
    SELECT table_name AS `name`, table_type LIKE '%VIEW' AS is_view, \
    IF(table_type LIKE '%VIEW', NULL, table_comment) AS `comment` \
    FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name";

const TABLE: &str = "\
    SELECT t.table_type LIKE '%VIEW' AS is_view, t.table_comment AS `comment`, \
    t.table_collation AS `collation`, v.view_definition AS `query` \
    FROM information_schema.tables t LEFT JOIN information_schema.views v \
    ON v.table_schema = t.table_schema AND v.table_name = t.table_name \
    WHERE t.table_schema = DATABASE() AND t.table_name = ?";

const COLUMNS: &str = "\
    SELECT column_name AS `name`, column_type AS type_text, is_nullable = 'YES' AS nullable, \
    column_default AS `default`, extra AS extra, column_comment AS `comment`, \
    collation_name AS `collation`, generation_expression AS expression \
    FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? \
    ORDER BY ordinal_position";

const FOREIGN_KEYS: &str = "\
    SELECT k.constraint_name AS `name`, k.column_name AS `column`, \
    k.referenced_table_name AS foreign_table, k.referenced_column_name AS foreign_column, \
    r.delete_rule AS on_delete, r.update_rule AS on_update, 0 AS deferred \
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r \
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
    AND r.table_name = k.table_name \
    WHERE k.table_schema = DATABASE() AND k.table_name = ? \
    ORDER BY k.constraint_name, k.ordinal_position";

fn indexes(flavour: Flavour) -> String {
    let expression = match flavour {
        Flavour::MySql => "expression",
        Flavour::MariaDb => "NULL",
    };
    format!(
        "SELECT index_name AS `name`, index_name = 'PRIMARY' AS is_key, NOT non_unique AS is_unique, \
         0 AS of_constraint, NULL AS `filter`, column_name AS `column`, {expression} AS expression \
         FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? \
         ORDER BY index_name, seq_in_index"
    )
}

/// Checks, with the column whose definition they are a part of.
fn checks(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::MySql => {
            "SELECT c.constraint_name AS `name`, c.check_clause AS `condition`, 0 AS of_column \
             FROM information_schema.check_constraints c \
             JOIN information_schema.table_constraints t \
             ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name \
             WHERE t.table_schema = DATABASE() AND t.table_name = ? ORDER BY c.constraint_name"
        }
        Flavour::MariaDb => {
            "SELECT constraint_name AS `name`, check_clause AS `condition`, \
             level = 'Column' AS of_column FROM information_schema.check_constraints \
             WHERE constraint_schema = DATABASE() AND table_name = ? ORDER BY constraint_name"
        }
    }
}

/// The tables and views of the database.
pub(crate) async fn tables<S: SqlSession>(session: &mut S) -> Result<Vec<TableSummary>> {
    read_tables(&query_rows(session, TABLES, &[]).await?)
}

/// What a table or view looks like.
pub(crate) async fn table<S: SqlSession>(
    session: &mut S,
    name: &str,
    flavour: Flavour,
) -> Result<Option<TableInfo>> {
    let rows = query_rows(session, TABLE, &[name]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let is_view: bool = row.read("is_view")?;
    let mut table = TableInfo::new(name, if is_view { TableKind::View } else { TableKind::Table });
    if is_view {
        table.query = row.read("query")?;
    } else {
        table.comment = row.read::<Option<String>>("comment")?.filter(|text| !text.is_empty());
    }
    let collation: Option<String> = row.read("collation")?;
    for row in query_rows(session, COLUMNS, &[name]).await? {
        table.columns.push(column(&row, flavour, collation.as_deref())?);
    }
    let rows = query_rows(session, &indexes(flavour), &[name]).await?;
    (table.key, table.indexes) = read_indexes(&rows)?;
    table.foreign_keys = read_foreign_keys(&query_rows(session, FOREIGN_KEYS, &[name]).await?)?;
    // a foreign key brings an index, which goes with it
    let foreign_keys = &table.foreign_keys;
    table
        .indexes
        .retain(|index| !foreign_keys.iter().any(|key| key.name.as_deref() == Some(&*index.name)));
    for row in query_rows(session, checks(flavour), &[name]).await? {
        let (name, condition): (String, String) = (row.read("name")?, row.read("condition")?);
        let of_column: bool = row.read("of_column")?;
        let given = Some(name).filter(|_| !of_column);
        if !table.columns.iter_mut().any(|column| is_of_type(column, given.as_ref(), &condition)) {
            table.checks.push(CheckInfo { name: given, condition });
        }
    }
    Ok(Some(table))
}

fn column(row: &OwnedRow, flavour: Flavour, collation: Option<&str>) -> Result<ColumnInfo> {
    let type_text: String = row.read("type_text")?;
    let mut column = ColumnInfo::new(row.read::<String>("name")?, &*type_text);
    column.nullable = row.read("nullable")?;
    column.comment = row.read::<Option<String>>("comment")?.filter(|text| !text.is_empty());
    let own: Option<String> = row.read("collation")?;
    column.ty = type_of(&type_text, own.as_deref());
    column.collation =
        own.filter(|own| Some(&**own) != collation && column.ty != Some(ColumnType::Uuid));
    let extra = row.read::<Option<String>>("extra")?.unwrap_or_default().to_ascii_uppercase();
    column.auto_increment = extra.contains("AUTO_INCREMENT");
    if type_text.starts_with("enum(") {
        column.one_of = read_constants(&type_text, &["enum"]).unwrap_or_default();
        let longest = column.one_of.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        let length = u32::try_from(longest).unwrap_or(u32::MAX);
        column.ty = Some(ColumnType::String { length });
    }
    let expression = row.read::<Option<String>>("expression")?.filter(|text| !text.is_empty());
    if let Some(expression) = expression {
        let expression = SchemaText::trusted(expression.replace("\\'", "'"));
        let stored = !extra.contains("VIRTUAL");
        column.generated = Some(Generated { expression, stored });
    } else {
        let default: Option<String> = row.read("default")?;
        column.default = match flavour {
            Flavour::MariaDb => default.filter(|text| text != "NULL"),
            // a constant comes without its quotes
            Flavour::MySql if extra.contains("DEFAULT_GENERATED") => default,
            Flavour::MySql => default.map(|text| format!("'{}'", text.replace('\'', "''"))),
        };
    }
    Ok(column)
}

/// The type that is kept like this. Digits behind seconds other than six stay with the text.
fn type_of(text: &str, collation: Option<&str>) -> Option<ColumnType> {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(length) = inside("varchar") {
        return Some(ColumnType::String { length: length.parse().ok()? });
    }
    if let Some(digits) = inside("decimal") {
        let (precision, scale) = digits.split_once(',')?;
        return Some(match (precision.trim().parse().ok()?, scale.trim().parse().ok()?) {
            (57, 28) => ColumnType::Decimal { precision: 0, scale: 0 },
            (precision, scale) => ColumnType::Decimal { precision, scale },
        });
    }
    if text == "tinyint(1)" {
        return Some(ColumnType::Bool);
    }
    // older servers tell how wide a number is shown
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let unsigned = rest.ends_with("unsigned") || name.ends_with(" unsigned");
    Some(match (name.trim_end_matches(" unsigned"), unsigned) {
        ("tinyint", false) => ColumnType::I8,
        ("tinyint", true) => ColumnType::U8,
        ("smallint", false) => ColumnType::I16,
        ("smallint", true) => ColumnType::U16,
        ("int", false) => ColumnType::I32,
        ("int", true) => ColumnType::U32,
        ("bigint", false) => ColumnType::I64,
        ("bigint", true) => ColumnType::U64,
        _ => match text {
            "float" => ColumnType::F32,
            "double" => ColumnType::F64,
            "longtext" => ColumnType::Text,
            "longblob" => ColumnType::Bytes,
            "binary(16)" => ColumnType::Uuid,
            "char(36)" if collation == Some("ascii_bin") => ColumnType::Uuid,
            "date" => ColumnType::Date,
            "time(6)" => ColumnType::Time,
            "datetime(6)" => ColumnType::DateTime,
            _ => return None,
        },
    })
}

/// Whether a check is what stands in for a type that the server lacks, which the column then gets.
fn is_of_type(column: &mut ColumnInfo, name: Option<&String>, condition: &str) -> bool {
    let quoted = format!("`{}`", column.name.replace('`', "``"));
    let condition = condition.trim_matches(['(', ')']);
    let is = match column.ty {
        Some(ColumnType::Bool) => condition == format!("{quoted} in (0,1"),
        Some(ColumnType::Text) => {
            let start = format!("char_length({quoted}) <= ");
            match condition.strip_prefix(&*start).and_then(|length| length.parse().ok()) {
                Some(length) => {
                    column.ty = Some(ColumnType::String { length });
                    true
                }
                None => false,
            }
        }
        _ => false,
    };
    if is {
        column.type_check = name.cloned();
    }
    is
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known() {
        let of = |text| type_of(text, None);
        assert_eq!(of("int(10) unsigned"), Some(ColumnType::U32));
        assert_eq!(of("int unsigned"), Some(ColumnType::U32));
        assert_eq!(of("bigint(20)"), Some(ColumnType::I64));
        assert_eq!(of("tinyint(1)"), Some(ColumnType::Bool));
        assert_eq!(of("decimal(10,2)"), Some(ColumnType::Decimal { precision: 10, scale: 2 }));
        assert_eq!(of("datetime(3)"), None);
        assert_eq!(of("geometry"), None);
    }
}
