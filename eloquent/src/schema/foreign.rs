//! Foreign keys in the making.

use eloquent_core::Name;
use eloquent_core::schema::{ForeignAction, ForeignKey};

use super::names::{IntoNames, conventional};

/// A foreign key in the making: [`Table::foreign`](super::Table::foreign).
#[derive(Debug, Clone)]
pub struct ForeignKeyBuilder {
    key: ForeignKey,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $field:ident $action:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name(&mut self) -> &mut Self {
            self.key.$field = ForeignAction::$action;
            self
        }
    )+};
}

impl ForeignKeyBuilder {
    pub(super) fn new(table: &str, columns: Vec<Name>) -> Self {
        let name = conventional("fk", table, &columns);
        let foreign_columns = vec![Name::Borrowed("id"); columns.len()];
        ForeignKeyBuilder {
            key: ForeignKey { name, columns, foreign_columns, ..ForeignKey::default() },
        }
    }

    /// The columns that are referred to; `id` unless said.
    pub fn references(&mut self, columns: impl IntoNames) -> &mut Self {
        self.key.foreign_columns = columns.into_names();
        self
    }

    /// The table that is referred to.
    pub fn on(&mut self, table: impl Into<Name>) -> &mut Self {
        self.key.foreign_table = table.into();
        self
    }

    /// Its name, in place of the one made of the table and the columns.
    pub fn name(&mut self, name: impl Into<Name>) -> &mut Self {
        self.key.name = name.into();
        self
    }

    /// What happens to a row when the one that it refers to is removed.
    pub fn on_delete(&mut self, action: ForeignAction) -> &mut Self {
        self.key.on_delete = action;
        self
    }

    /// What happens to a row when the key of the one that it refers to changes.
    pub fn on_update(&mut self, action: ForeignAction) -> &mut Self {
        self.key.on_update = action;
        self
    }

    actions! {
        /// Rows go with the one that they refer to.
        cascade_on_delete on_delete Cascade;
        /// A row that others refer to cannot be removed.
        restrict_on_delete on_delete Restrict;
        /// The columns become null when the row that they refer to is removed.
        null_on_delete on_delete SetNull;
        /// The columns follow the key that they refer to.
        cascade_on_update on_update Cascade;
        /// A key that others refer to cannot change.
        restrict_on_update on_update Restrict;
        /// The columns become null when the key that they refer to changes.
        null_on_update on_update SetNull;
    }

    /// Is looked at when the transaction commits, and not at each statement.
    pub fn deferred(&mut self) -> &mut Self {
        self.key.deferred = true;
        self
    }

    pub(super) fn build(&self) -> ForeignKey {
        self.key.clone()
    }
}
