//! A table in the making, or being changed.

use eloquent_core::Name;
use eloquent_core::schema::{
    Check, Column, ColumnType, IndexKind, SchemaChange, SchemaText, TableChange, TableDefinition,
    Validator,
};

use super::column::ColumnBuilder;
use super::foreign::ForeignKeyBuilder;
use super::index::IndexBuilder;
use super::names::{IntoNames, Named};

/// A table in the making, or being changed: what the closures of [`Schema::create`](super::Schema::create)
/// and [`Schema::table`](super::Schema::table) are handed.
#[derive(Debug, Clone)]
pub struct Table {
    name: Name,
    columns: Vec<ColumnBuilder>,
    indexes: Vec<IndexBuilder>,
    foreign_keys: Vec<ForeignKeyBuilder>,
    steps: Vec<Step>,
    /// Whether the database holds documents to the columns.
    validated: bool,
    /// Whether it is there already, with columns that are not known here.
    pub(super) exists: bool,
}

/// What was asked for, in order: of columns, indexes and keys, their position.
#[derive(Debug, Clone)]
enum Step {
    Column(usize),
    Index(usize),
    Foreign(usize),
    Change(Box<TableChange>),
}

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident $ty:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name(&mut self, name: impl Into<Name>) -> &mut ColumnBuilder {
            self.column(name, ColumnType::$ty)
        }
    )+};
}

impl Table {
    pub(super) fn new(name: Name) -> Self {
        Table {
            name,
            columns: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            steps: Vec::new(),
            validated: false,
            exists: false,
        }
    }

    // ---- columns ------------------------------------------------------------------------------

    /// A column of this type.
    pub fn column(&mut self, name: impl Into<Name>, ty: ColumnType) -> &mut ColumnBuilder {
        let at = self.columns.len();
        self.steps.push(Step::Column(at));
        self.columns.push(ColumnBuilder::new(&self.name, name.into(), ty));
        &mut self.columns[at]
    }

    /// The primary key `id`, numbered by the database.
    pub fn id(&mut self) -> &mut ColumnBuilder {
        self.increments("id")
    }

    /// A primary key that the database numbers.
    pub fn increments(&mut self, name: impl Into<Name>) -> &mut ColumnBuilder {
        self.column(name, ColumnType::I64).auto_increment().primary()
    }

    types! {
        /// An integer of 64 bits.
        big_integer I64;
        /// An integer of 32 bits.
        integer I32;
        /// An integer of 16 bits.
        small_integer I16;
        /// An integer of 8 bits.
        tiny_integer I8;
        /// An unsigned integer of 64 bits.
        unsigned_big_integer U64;
        /// An unsigned integer of 32 bits.
        unsigned_integer U32;
        /// An unsigned integer of 16 bits.
        unsigned_small_integer U16;
        /// An unsigned integer of 8 bits.
        unsigned_tiny_integer U8;
        /// Truth.
        boolean Bool;
        /// A single.
        float F32;
        /// A double.
        double F64;
        /// Text of any length.
        text Text;
        /// Bytes.
        binary Bytes;
        /// A UUID.
        uuid Uuid;
        /// A calendar date.
        date Date;
        /// A time of day.
        time Time;
        /// A date and time without a zone.
        date_time DateTime;
        /// An instant.
        timestamp Timestamp;
        /// JSON.
        json Json;
        /// The `id` of another table; see [`ColumnBuilder::constrained`].
        foreign_id I64;
        /// The `id` of another table whose keys are UUIDs; see [`ColumnBuilder::constrained`].
        foreign_uuid Uuid;
    }

    /// Text of at most `length` characters.
    pub fn string(&mut self, name: impl Into<Name>, length: u32) -> &mut ColumnBuilder {
        self.column(name, ColumnType::String { length })
    }

    /// An exact decimal: `precision` digits, `scale` of them behind the point.
    pub fn decimal(
        &mut self,
        name: impl Into<Name>,
        precision: u8,
        scale: u8,
    ) -> &mut ColumnBuilder {
        self.column(name, ColumnType::Decimal { precision, scale })
    }

    /// One of these texts.
    pub fn enumeration(
        &mut self,
        name: impl Into<Name>,
        values: impl IntoNames,
    ) -> &mut ColumnBuilder {
        let values = values.into_names();
        let longest = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        let length = u32::try_from(longest).unwrap_or(u32::MAX);
        let column = self.string(name, length);
        column.column.one_of = values;
        column
    }

    /// A list of values of a type, in the database's own form. A list that is kept as JSON, which every
    /// database has, is [`json`](Self::json).
    pub fn array(&mut self, name: impl Into<Name>, element: ColumnType) -> &mut ColumnBuilder {
        let column = self.column(name, ColumnType::Array);
        column.column.element = Some(element);
        column
    }

    /// A column whose type is told in the language of the database.
    pub fn native(
        &mut self,
        name: impl Into<Name>,
        ty: impl Into<SchemaText>,
    ) -> &mut ColumnBuilder {
        let column = self.text(name);
        column.column.native_type = Some(ty.into());
        column
    }

    /// `created_at` and `updated_at`, the present moment by default. Models write them; where the database
    /// has no defaults, only they do.
    pub fn timestamps(&mut self) {
        for name in ["created_at", "updated_at"] {
            self.timestamp(name).use_current().column.model_writes = true;
        }
    }

    /// `deleted_at`, which is null until the row is deleted.
    pub fn soft_deletes(&mut self) -> &mut ColumnBuilder {
        self.timestamp("deleted_at").nullable()
    }

    // ---- keys, indexes, checks ----------------------------------------------------------------

    /// The primary key, of several columns.
    pub fn primary(&mut self, columns: impl IntoNames) {
        self.steps.push(Step::Change(Box::new(TableChange::AddKey(columns.into_names()))));
    }

    /// An index over columns, `idx_<table>_<columns>`.
    pub fn index(&mut self, columns: impl IntoNames) -> &mut IndexBuilder {
        self.add_index(IndexBuilder::new(&self.name, columns.into_names(), false))
    }

    /// A unique index over columns, `uq_<table>_<columns>`.
    pub fn unique(&mut self, columns: impl IntoNames) -> &mut IndexBuilder {
        self.add_index(IndexBuilder::new(&self.name, columns.into_names(), true))
    }

    /// An index over an expression in the language of the database.
    pub fn index_raw(
        &mut self,
        name: impl Into<Name>,
        expression: impl Into<SchemaText>,
    ) -> &mut IndexBuilder {
        self.add_index(IndexBuilder::over(&self.name, name.into(), expression.into(), false))
    }

    /// A unique index over an expression in the language of the database.
    pub fn unique_raw(
        &mut self,
        name: impl Into<Name>,
        expression: impl Into<SchemaText>,
    ) -> &mut IndexBuilder {
        self.add_index(IndexBuilder::over(&self.name, name.into(), expression.into(), true))
    }

    /// An index of the words of columns of text, `idx_<table>_<columns>`. Only of documents.
    pub fn text_index(&mut self, columns: impl IntoNames) -> &mut IndexBuilder {
        let index = IndexBuilder::new(&self.name, columns.into_names(), false);
        self.add_index(index.of_kind(IndexKind::Text))
    }

    /// An index of the places in the first of these columns, `idx_<table>_<columns>`. Only of documents.
    pub fn geo_index(&mut self, columns: impl IntoNames) -> &mut IndexBuilder {
        let index = IndexBuilder::new(&self.name, columns.into_names(), false);
        self.add_index(index.of_kind(IndexKind::Geo))
    }

    fn add_index(&mut self, index: IndexBuilder) -> &mut IndexBuilder {
        let at = self.indexes.len();
        self.steps.push(Step::Index(at));
        self.indexes.push(index);
        &mut self.indexes[at]
    }

    /// A foreign key of these columns, `fk_<table>_<columns>`.
    pub fn foreign(&mut self, columns: impl IntoNames) -> &mut ForeignKeyBuilder {
        let at = self.foreign_keys.len();
        self.steps.push(Step::Foreign(at));
        self.foreign_keys.push(ForeignKeyBuilder::new(&self.name, columns.into_names()));
        &mut self.foreign_keys[at]
    }

    /// A condition, in the language of the database, that every row meets.
    pub fn check(&mut self, name: impl Into<Name>, condition: impl Into<SchemaText>) {
        let check = Check { name: name.into(), condition: condition.into() };
        self.step(TableChange::AddCheck(check));
    }

    /// Has the database hold new documents to the columns that are defined here: what they hold, and which
    /// may be missing. Only of documents, and of a collection that is made; see
    /// [`Schema::validate_model`](super::Schema::validate_model) for one that is there.
    pub fn validated(&mut self) {
        self.validated = true;
    }

    /// Has the database hold new documents to a condition in its own language. Only of documents.
    pub fn validator(&mut self, condition: impl Into<SchemaText>) {
        let validator = Validator::Text(condition.into());
        self.step(TableChange::SetValidator(Some(validator)));
    }

    /// Has the database take any document.
    pub fn drop_validator(&mut self) {
        self.step(TableChange::SetValidator(None));
    }

    /// Says what the table is for.
    pub fn comment(&mut self, text: impl Into<Name>) {
        self.step(TableChange::SetComment(Some(text.into())));
    }

    // ---- what goes, and what is called otherwise ----------------------------------------------

    /// Drops a column, or several.
    pub fn drop_column(&mut self, columns: impl IntoNames) {
        for column in columns.into_names() {
            self.step(TableChange::DropColumn(column));
        }
    }

    /// Gives a column another name.
    pub fn rename_column(&mut self, from: impl Into<Name>, to: impl Into<Name>) {
        self.step(TableChange::RenameColumn { from: from.into(), to: to.into() });
    }

    /// Drops `created_at` and `updated_at`.
    pub fn drop_timestamps(&mut self) {
        self.drop_column(["created_at", "updated_at"]);
    }

    /// Drops `deleted_at`.
    pub fn drop_soft_deletes(&mut self) {
        self.drop_column("deleted_at");
    }

    /// Drops the primary key.
    pub fn drop_primary(&mut self) {
        self.step(TableChange::DropKey);
    }

    /// Drops an index, told by its name or as `["column", ..]`.
    pub fn drop_index(&mut self, index: impl Into<Named>) {
        let name = index.into().resolve("idx", &self.name);
        self.step(TableChange::DropIndex(name));
    }

    /// Drops a unique index, told by its name or as `["column", ..]`.
    pub fn drop_unique(&mut self, index: impl Into<Named>) {
        let name = index.into().resolve("uq", &self.name);
        self.step(TableChange::DropIndex(name));
    }

    /// Gives an index another name.
    pub fn rename_index(&mut self, from: impl Into<Name>, to: impl Into<Name>) {
        self.step(TableChange::RenameIndex { from: from.into(), to: to.into() });
    }

    /// Drops a foreign key, told by its name or as `["column", ..]`.
    pub fn drop_foreign(&mut self, key: impl Into<Named>) {
        let name = key.into().resolve("fk", &self.name);
        self.step(TableChange::DropForeignKey(name));
    }

    /// Drops a check.
    pub fn drop_check(&mut self, name: impl Into<Name>) {
        self.step(TableChange::DropCheck(name.into()));
    }

    /// Takes the comment away.
    pub fn drop_comment(&mut self) {
        self.step(TableChange::SetComment(None));
    }

    fn step(&mut self, change: TableChange) {
        self.steps.push(Step::Change(Box::new(change)));
    }

    // ---- what comes of it ---------------------------------------------------------------------

    pub(super) fn mismatch(&self) -> Option<eloquent_core::Error> {
        if self.exists && self.validated {
            let message = "not all columns of the collection are known here";
            let error = eloquent_core::Error::invalid(message).with_table(self.name.clone());
            return Some(error.with_hint("use `validate_model`, or `validator` with a condition"));
        }
        let columns = self.columns.iter();
        let column = columns.clone().find(|column| column.mismatch.is_some())?;
        let error = column.mismatch.clone()?.into_encode_error();
        Some(error.with_column(column.column.name.clone()).with_table(self.name.clone()))
    }

    /// The creation of the table, and what can only be done to one that exists.
    pub(super) fn create(self, if_not_exists: bool) -> Vec<SchemaChange> {
        let name = self.name.clone();
        let mut table =
            TableDefinition { name: name.clone(), if_not_exists, ..TableDefinition::default() };
        let mut changes = Vec::new();
        for change in self.alter() {
            match change {
                TableChange::AddColumn(column) => table.columns.push(column),
                TableChange::AddIndex(index) => table.indexes.push(index),
                TableChange::AddForeignKey(key) => table.foreign_keys.push(key),
                TableChange::AddCheck(check) => table.checks.push(check),
                TableChange::AddKey(columns) if table.key.is_empty() => table.key = columns,
                TableChange::SetComment(comment) => table.comment = comment,
                TableChange::SetValidator(validator) => table.validator = validator,
                other => changes.push(other),
            }
        }
        let create = SchemaChange::CreateTable(table);
        match changes.is_empty() {
            true => vec![create],
            false => vec![create, SchemaChange::AlterTable { table: name, changes }],
        }
    }

    /// The steps in order; the keys of columns behind all of them.
    pub(super) fn alter(self) -> Vec<TableChange> {
        let mut changes = Vec::new();
        let mut key = Vec::new();
        for step in self.steps {
            match step {
                Step::Change(change) => changes.push(*change),
                Step::Index(at) => changes.push(TableChange::AddIndex(self.indexes[at].build())),
                Step::Foreign(at) => {
                    changes.push(TableChange::AddForeignKey(self.foreign_keys[at].build()));
                }
                Step::Column(at) => {
                    let builder = &self.columns[at];
                    let column: Column = builder.column.clone();
                    let name = column.name.clone();
                    if builder.primary {
                        key.push(name.clone());
                    }
                    changes.push(match builder.change {
                        true => TableChange::AlterColumn(column),
                        false => TableChange::AddColumn(column),
                    });
                    for (wanted, unique) in [(builder.unique, true), (builder.index, false)] {
                        if wanted {
                            let index = IndexBuilder::new(&self.name, vec![name.clone()], unique);
                            changes.push(TableChange::AddIndex(index.build()));
                        }
                    }
                    let keys = builder.foreign.iter().map(ForeignKeyBuilder::build);
                    changes.extend(keys.map(TableChange::AddForeignKey));
                }
            }
        }
        if !key.is_empty() {
            changes.push(TableChange::AddKey(key));
        }
        if self.validated {
            let columns = self.columns.iter().map(|builder| builder.column.clone()).collect();
            changes.push(TableChange::SetValidator(Some(Validator::Columns(columns))));
        }
        changes
    }
}
