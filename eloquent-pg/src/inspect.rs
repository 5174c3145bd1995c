//! What the server tells of its tables.

use eloquent_core::Result;
use eloquent_core::row::OwnedRow;
use eloquent_core::schema::{
    CheckInfo, ColumnInfo, ColumnType, Generated, SchemaText, TableInfo, TableKind, TableSummary,
};
use eloquent_core::sql::{
    query_rows, read_constants, read_foreign_keys, read_indexes, read_tables,
};

use crate::session::PgSession;

const TABLES: &str = "\
    SELECT c.relname::text AS name, c.relkind IN ('v', 'm') AS is_view, \
    obj_description(c.oid, 'pg_class') AS comment \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'f', 'v', 'm') \
    ORDER BY c.relname::text COLLATE \"C\"";

const TABLE: &str = "\
    SELECT c.relkind IN ('v', 'm') AS is_view, obj_description(c.oid, 'pg_class') AS comment, \
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query \
    FROM pg_catalog.pg_class c \
    WHERE c.oid = to_regclass(quote_ident($1)) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')";

const COLUMNS: &str = "\
    SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type_text, \
    NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS expression, \
    a.attidentity::text AS identity, a.attgenerated::text AS generated, \
    col_description(a.attrelid, a.attnum) AS comment, l.collname::text AS collation \
    FROM pg_catalog.pg_attribute a \
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation AND l.collname <> 'C' \
    WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attnum";

const INDEXES: &str = "\
    SELECT i.relname::text AS name, x.indisprimary AS is_key, x.indisunique AS is_unique, \
    EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid = x.indexrelid \
    AND o.conrelid = x.indrelid AND o.contype IN ('u', 'x')) AS of_constraint, \
    pg_get_expr(x.indpred, x.indrelid) AS filter, a.attname::text AS column, \
    pg_get_indexdef(x.indexrelid, k.place, false) AS expression \
    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid \
    CROSS JOIN LATERAL generate_series(1, x.indnkeyatts::integer) AS k(place) \
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid \
    AND a.attnum = x.indkey[k.place - 1] AND a.attnum > 0 \
    WHERE x.indrelid = to_regclass(quote_ident($1)) \
    ORDER BY i.relname::text COLLATE \"C\", k.place";

const FOREIGN_KEYS: &str = "\
    SELECT o.conname::text AS name, t.relname::text AS foreign_table, \
    a.attname::text AS column, f.attname::text AS foreign_column, o.condeferred AS deferred, \
    CASE o.confdeltype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' \
    WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_delete, \
    CASE o.confupdtype WHEN 'r' THEN 'RESTRICT' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' \
    WHEN 'd' THEN 'SET DEFAULT' ELSE 'NO ACTION' END AS on_update \
    FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class t ON t.oid = o.confrelid \
    CROSS JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY AS k(own, other, place) \
    JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.own \
    JOIN pg_catalog.pg_attribute f ON f.attrelid = o.confrelid AND f.attnum = k.other \
    WHERE o.contype = 'f' AND o.conrelid = to_regclass(quote_ident($1)) \
    ORDER BY o.conname::text COLLATE \"C\", k.place";

const CHECKS: &str = "\
    SELECT o.conname::text AS name, pg_get_expr(o.conbin, o.conrelid) AS condition, \
    CASE WHEN cardinality(o.conkey) = 1 THEN a.attname::text END AS column, \
    quote_ident(a.attname) AS quoted \
    FROM pg_catalog.pg_constraint o \
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1] \
    WHERE o.contype = 'c' AND o.conrelid = to_regclass(quote_ident($1)) \
    ORDER BY o.conname::text COLLATE \"C\"";

/// The tables and views of the schema that comes first.
pub(crate) async fn tables(session: &mut PgSession) -> Result<Vec<TableSummary>> {
    read_tables(&query_rows(session, TABLES, &[]).await?)
}

/// What a table or view looks like.
pub(crate) async fn table(session: &mut PgSession, name: &str) -> Result<Option<TableInfo>> {
    let rows = query_rows(session, TABLE, &[name]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let is_view: bool = row.read("is_view")?;
    let mut table = TableInfo::new(name, if is_view { TableKind::View } else { TableKind::Table });
    table.comment = row.read("comment")?;
    table.query = row.read("query")?;
    let columns = query_rows(session, COLUMNS, &[name]).await?;
    table.columns = columns.iter().map(column).collect::<Result<_>>()?;
    (table.key, table.indexes) = read_indexes(&query_rows(session, INDEXES, &[name]).await?)?;
    table.foreign_keys = read_foreign_keys(&query_rows(session, FOREIGN_KEYS, &[name]).await?)?;
    for row in query_rows(session, CHECKS, &[name]).await? {
        let (name, condition): (String, String) = (row.read("name")?, row.read("condition")?);
        let quoted = row.read::<Option<String>>("quoted")?.unwrap_or_default();
        let column = match row.read::<Option<String>>("column")? {
            Some(column) => table.columns.iter_mut().find(|known| known.name == column),
            None => None,
        };
        if !column.is_some_and(|column| is_of_type(column, &name, &condition, &quoted)) {
            table.checks.push(CheckInfo { name: Some(name), condition });
        }
    }
    Ok(Some(table))
}

fn column(row: &OwnedRow) -> Result<ColumnInfo> {
    let type_text: String = row.read("type_text")?;
    let mut column = ColumnInfo::new(row.read::<String>("name")?, &*type_text);
    match type_text.strip_suffix("[]") {
        Some(element) => {
            column.element = type_of(element);
            column.ty = column.element.map(|_| ColumnType::Array);
        }
        None => column.ty = type_of(&type_text),
    }
    column.nullable = row.read("nullable")?;
    column.comment = row.read("comment")?;
    column.collation = row.read("collation")?;
    let (identity, generated): (String, String) = (row.read("identity")?, row.read("generated")?);
    let expression: Option<String> = row.read("expression")?;
    column.identity_always = identity == "a";
    if generated.is_empty() {
        let numbers = |text: &String| text.starts_with("nextval(");
        column.auto_increment = !identity.is_empty() || expression.as_ref().is_some_and(numbers);
        column.default = expression;
    } else {
        let expression = SchemaText::trusted(expression.unwrap_or_default());
        column.generated = Some(Generated { expression, stored: generated == "s" });
    }
    Ok(column)
}

/// The type that is kept like this. Digits behind seconds stay with the text.
fn type_of(text: &str) -> Option<ColumnType> {
    let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(length) = inside("character varying") {
        return Some(ColumnType::String { length: length.parse().ok()? });
    }
    if let Some(digits) = inside("numeric") {
        let (precision, scale) = digits.split_once(',')?;
        let (precision, scale) = (precision.parse().ok()?, scale.parse().ok()?);
        return Some(ColumnType::Decimal { precision, scale });
    }
    Some(match text {
        "boolean" => ColumnType::Bool,
        "smallint" => ColumnType::I16,
        "integer" => ColumnType::I32,
        "bigint" => ColumnType::I64,
        "numeric" => ColumnType::Decimal { precision: 0, scale: 0 },
        "real" => ColumnType::F32,
        "double precision" => ColumnType::F64,
        "text" | "character varying" => ColumnType::Text,
        "bytea" => ColumnType::Bytes,
        "uuid" => ColumnType::Uuid,
        "date" => ColumnType::Date,
        "time without time zone" => ColumnType::Time,
        "timestamp without time zone" => ColumnType::DateTime,
        "timestamp with time zone" => ColumnType::Timestamp,
        "jsonb" => ColumnType::Json,
        "json" => ColumnType::Document,
        _ => return None,
    })
}

/// Whether a check is what stands in for a type that the server lacks, which the column then gets. It has
/// the name that the server gives to a check without one.
fn is_of_type(column: &mut ColumnInfo, name: &str, condition: &str, quoted: &str) -> bool {
    let unnamed = name.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with("_check");
    if !unnamed || column.type_check.is_some() {
        return false;
    }
    let narrow: &[ColumnType] = match column.ty {
        Some(ColumnType::I16) => &[ColumnType::I8, ColumnType::U8],
        Some(ColumnType::I32) => &[ColumnType::U16],
        Some(ColumnType::I64) => &[ColumnType::U32, ColumnType::U64],
        Some(ColumnType::Decimal { precision: 20, scale: 0 }) => &[ColumnType::U64],
        Some(ty) if ty.is_text() => &[],
        _ => return false,
    };
    let bounds = bounds(condition, quoted);
    let of_bounds = |ty: &&ColumnType| {
        let range = ty.integer_range().map(|(min, max)| (i128::from(min), i128::from(max)));
        range.is_some() && range == bounds
    };
    if let Some(ty) = narrow.iter().find(of_bounds) {
        column.ty = Some(*ty);
    } else if let Some(values) = enumeration(condition, quoted).filter(|_| narrow.is_empty()) {
        column.one_of = values;
    } else {
        return false;
    }
    column.type_check = Some(name.to_owned());
    true
}

/// Reads `((a >= '-128'::integer) AND (a <= 127))`.
fn bounds(condition: &str, quoted: &str) -> Option<(i128, i128)> {
    let (low, high) = condition.split_once(" AND ")?;
    let number = |side: &str, sign: &str| -> Option<i128> {
        let side = side.trim_start_matches('(').strip_prefix(quoted)?.strip_prefix(sign)?;
        let side = side.trim_start_matches(['(', '\'']);
        let end = side.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(side.len());
        side[..end].parse().ok()
    };
    Some((number(low, " >= ")?, number(high, " <= ")?))
}

/// Reads `((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))`.
fn enumeration(condition: &str, quoted: &str) -> Option<Vec<String>> {
    let rest = condition.trim_start_matches('(').strip_prefix(quoted)?;
    let rest = rest.strip_prefix(")::text").unwrap_or(rest).strip_prefix(" = ")?;
    read_constants(rest, &["any", "array", "character", "varying", "text"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_types_are_known() {
        let texts = [
            "((a >= '-128'::integer) AND (a <= 127))",
            "((a >= (0)::numeric) AND (a <= '18446744073709551615'::numeric))",
        ];
        assert_eq!(bounds(texts[0], "a"), Some((-128, 127)));
        assert_eq!(bounds(texts[1], "a"), Some((0, u64::MAX.into())));
        assert_eq!(bounds("((a >= 0) AND (b <= 1))", "a"), None);
        let text =
            "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))";
        assert_eq!(enumeration(text, "a"), Some(vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(enumeration("((a)::text > 'x'::text)", "a"), None);
    }
}
