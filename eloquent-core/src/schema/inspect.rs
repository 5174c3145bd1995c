//! What a database tells of its tables.

use std::time::Duration;

use super::{
    Check, Column, ColumnDefault, ColumnType, ForeignAction, ForeignKey, Generated, Index,
    IndexKind, IndexPart, SchemaText, TableDefinition, Validator,
};

/// What a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableKind {
    /// A table or collection, which keeps rows.
    Table,
    /// A view, which is a query with a name.
    View,
}

/// A table in a list of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableSummary {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// What it is for.
    pub comment: Option<String>,
}

impl TableSummary {
    /// A table or view without a comment.
    pub fn new(name: impl Into<String>, kind: TableKind) -> Self {
        TableSummary { name: name.into(), kind, comment: None }
    }
}

/// A table as the database has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// What it is for.
    pub comment: Option<String>,
    /// Its columns in order.
    pub columns: Vec<ColumnInfo>,
    /// Its primary key.
    pub key: Option<KeyInfo>,
    /// Its indexes by name, without that of the primary key.
    pub indexes: Vec<IndexInfo>,
    /// Its foreign keys by name.
    pub foreign_keys: Vec<ForeignKeyInfo>,
    /// Its checks by name, without those that belong to the type of a column.
    pub checks: Vec<CheckInfo>,
    /// The query of a view, in the database's own words.
    pub query: Option<String>,
    /// What its documents have to look like, in the database's own words.
    pub validator: Option<String>,
}

/// A column as the database has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// What it holds, where that is known. Where a database keeps two types in one form, it is the
    /// plainer of them.
    pub ty: Option<ColumnType>,
    /// Its type in the database's own words.
    pub type_text: String,
    /// The type of the elements, for a list that the database has a type for.
    pub element: Option<ColumnType>,
    /// The only values that it may have, for an enumeration.
    pub one_of: Vec<String>,
    /// Whether it may be null.
    pub nullable: bool,
    /// Its default, in the database's own words.
    pub default: Option<String>,
    /// What it is computed from.
    pub generated: Option<Generated>,
    /// Whether the database numbers new rows in it.
    pub auto_increment: bool,
    /// Whether no other numbers than those of the database are taken.
    pub identity_always: bool,
    /// How its text is compared, where that is not the way of the table.
    pub collation: Option<String>,
    /// What it is for.
    pub comment: Option<String>,
    /// The name of the check that belongs to its type, where it has one with a name.
    pub type_check: Option<String>,
}

impl ColumnInfo {
    /// A column that may be null, of which no more is known than this.
    pub fn new(name: impl Into<String>, type_text: impl Into<String>) -> Self {
        ColumnInfo {
            name: name.into(),
            ty: None,
            type_text: type_text.into(),
            element: None,
            one_of: Vec::new(),
            nullable: true,
            default: None,
            generated: None,
            auto_increment: false,
            identity_always: false,
            collation: None,
            comment: None,
            type_check: None,
        }
    }

    /// The column as it would be defined.
    pub fn definition(&self) -> Column {
        let mut column = Column::new("", self.ty.unwrap_or(ColumnType::Text));
        column.name = self.name.clone().into();
        if self.ty.is_none() {
            column.native_type = Some(SchemaText::trusted(self.type_text.clone()));
        }
        column.element = self.element;
        column.one_of = self.one_of.iter().map(|value| value.clone().into()).collect();
        column.nullable = self.nullable;
        column.auto_increment = self.auto_increment;
        column.identity_always = self.identity_always;
        column.generated = self.generated.clone();
        let expression = |text: &String| ColumnDefault::Expression(SchemaText::trusted(text));
        // of a column that the database numbers, the default is how it does
        let default = self.default.as_ref().filter(|_| !self.auto_increment);
        column.default = default.map(expression);
        column.collation = self.collation.clone().map(Into::into);
        column.comment = self.comment.clone().map(Into::into);
        column
    }
}

/// A primary key as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns in order.
    pub columns: Vec<String>,
}

/// An index as the database has it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IndexInfo {
    /// Its name.
    pub name: String,
    /// What it is over, in order.
    pub parts: Vec<IndexPart>,
    /// Whether no two rows may share the values.
    pub unique: bool,
    /// Which rows it holds, in the database's own words; all, when there is no condition.
    pub filter: Option<String>,
    /// Whether it belongs to a constraint of the table, and goes only with it.
    pub of_constraint: bool,
    /// What it is made for.
    pub kind: IndexKind,
    /// Whether it leaves documents out that have none of its fields.
    pub sparse: bool,
    /// How long after the moment in its column the database removes a document.
    pub expires_after: Option<Duration>,
}

impl IndexInfo {
    /// An index over all rows.
    pub fn new(name: impl Into<String>, unique: bool) -> Self {
        let (parts, filter) = (Vec::new(), None);
        IndexInfo {
            name: name.into(),
            parts,
            unique,
            filter,
            of_constraint: false,
            kind: IndexKind::Plain,
            sparse: false,
            expires_after: None,
        }
    }

    /// Whether it is over these columns, and nothing else.
    pub fn is_over(&self, columns: &[&str]) -> bool {
        self.parts.len() == columns.len() && self.columns().eq(columns.iter().copied())
    }

    /// The columns that it is over; those of an index over an expression are not all known.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| part.column().map(|name| &**name))
    }
}

/// A foreign key as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeyInfo {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The columns.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub foreign_table: String,
    /// The columns there.
    pub foreign_columns: Vec<String>,
    /// What happens when the row that is referred to is removed.
    pub on_delete: ForeignAction,
    /// What happens when the key of the row that is referred to changes.
    pub on_update: ForeignAction,
    /// Whether it is looked at when the transaction commits.
    pub deferred: bool,
}

impl ForeignKeyInfo {
    /// A foreign key without columns, actions and a name.
    pub fn new(foreign_table: impl Into<String>) -> Self {
        ForeignKeyInfo {
            name: None,
            columns: Vec::new(),
            foreign_table: foreign_table.into(),
            foreign_columns: Vec::new(),
            on_delete: ForeignAction::NoAction,
            on_update: ForeignAction::NoAction,
            deferred: false,
        }
    }
}

/// A check as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckInfo {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The condition, in the database's own words.
    pub condition: String,
}

impl TableInfo {
    /// A table or view without columns.
    pub fn new(name: impl Into<String>, kind: TableKind) -> Self {
        TableInfo {
            name: name.into(),
            kind,
            comment: None,
            columns: Vec::new(),
            key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            query: None,
            validator: None,
        }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnInfo> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<&IndexInfo> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The foreign key of that name.
    pub fn foreign_key(&self, name: &str) -> Option<&ForeignKeyInfo> {
        self.foreign_keys.iter().find(|key| key.name.as_deref() == Some(name))
    }

    /// What would create a table like this on a database of the same product. What has no name gets one.
    ///
    /// ```
    /// use eloquent_core::schema::{ColumnInfo, ColumnType, TableInfo, TableKind};
    ///
    /// let mut users = TableInfo::new("users", TableKind::Table);
    /// users.columns.push(ColumnInfo::new("shape", "geometry"));
    /// let definition = users.definition();
    /// assert_eq!(definition.columns[0].native_type.as_ref().unwrap().as_str(), "geometry");
    /// ```
    pub fn definition(&self) -> TableDefinition {
        let names = |names: &[String]| names.iter().map(|name| name.clone().into()).collect();
        let name = |given: &Option<String>, prefix: &str, number: usize| match given {
            Some(name) => name.clone().into(),
            None => format!("{prefix}_{}_{number}", self.name).into(),
        };
        let foreign_key = |(number, key): (usize, &ForeignKeyInfo)| ForeignKey {
            name: name(&key.name, "fk", number),
            columns: names(&key.columns),
            foreign_table: key.foreign_table.clone().into(),
            foreign_columns: names(&key.foreign_columns),
            on_delete: key.on_delete,
            on_update: key.on_update,
            deferred: key.deferred,
        };
        let check = |(number, check): (usize, &CheckInfo)| Check {
            name: name(&check.name, "chk", number),
            condition: SchemaText::trusted(check.condition.clone()),
        };
        let index = |index: &IndexInfo| Index {
            name: match index.of_constraint {
                // the database has made the name, and keeps such to itself
                true => {
                    let columns: Vec<_> = index.columns().collect();
                    format!("uq_{}_{}", self.name, columns.join("_")).into()
                }
                false => index.name.clone().into(),
            },
            table: self.name.clone().into(),
            columns: index.parts.clone(),
            unique: index.unique,
            if_not_exists: false,
            filter: index.filter.clone().map(SchemaText::trusted),
            kind: index.kind,
            sparse: index.sparse,
            expires_after: index.expires_after,
        };
        let column = |column: &ColumnInfo| {
            let alone = |index: &&IndexInfo| index.of_constraint && index.is_over(&[&column.name]);
            let mut definition = column.definition();
            definition.unique = self.indexes.iter().any(|index| alone(&index));
            definition
        };
        let is_told = |index: &&IndexInfo| !(index.of_constraint && index.parts.len() == 1);
        TableDefinition {
            name: self.name.clone().into(),
            columns: self.columns.iter().map(column).collect(),
            key: self.key.as_ref().map(|key| names(&key.columns)).unwrap_or_default(),
            indexes: self.indexes.iter().filter(is_told).map(index).collect(),
            foreign_keys: self.foreign_keys.iter().enumerate().map(foreign_key).collect(),
            checks: self.checks.iter().enumerate().map(check).collect(),
            comment: self.comment.clone().map(Into::into),
            validator: self.validator.clone().map(SchemaText::trusted).map(Validator::Text),
            if_not_exists: false,
        }
    }
}
