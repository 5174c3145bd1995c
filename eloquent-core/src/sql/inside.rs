//! What lies inside of columns of JSON: read and changed.

use super::compiler::Compiler;
use super::parts::{PathCall, PathChanges, PathStep};
use crate::statement::{Change, ChangeAction, ColumnRef, Expression, Path, Root};
use crate::value::Value;
use crate::{Error, Name, Result};

impl Compiler<'_> {
    /// Writes the value inside of a column of JSON, in the type that it has there.
    pub(super) fn path(&mut self, path: &Path) -> Result<()> {
        let Root::Column(column) = &path.root else {
            return Err(self.lacks("a condition on the elements of a list"));
        };
        let text = self.part(|compiler| compiler.column(column))?;
        check_fields(&path.fields).map_err(|error| error.with_column(column.name.clone()))?;
        let call = PathCall { column: &text, fields: &path.fields, ty: path.ty };
        let dialect = self.dialect;
        dialect.path(&mut self.sql, &call).map_err(|error| error.with_column(column.name.clone()))
    }

    /// Writes a column with changes inside of it.
    pub(super) fn changed(&mut self, column: &ColumnRef, changes: &[Change]) -> Result<()> {
        let text = self.part(|compiler| compiler.column(column))?;
        let mut objects: Vec<&[Name]> = Vec::new();
        let mut steps = Vec::with_capacity(changes.len());
        for change in changes {
            check_fields(&change.fields)?;
            let fields = &change.fields[..];
            if fields.is_empty() {
                return Err(self.lacks("this change of a column"));
            }
            if removes(&change.action) {
                steps.push(PathStep::Remove(fields));
                continue;
            }
            match &change.action {
                ChangeAction::Set(Expression::Value(_)) => {}
                ChangeAction::Set(_) => {
                    return Err(self.refused("a value that is computed for a part of a column"));
                }
                _ => return Err(self.lacks("a list or a number changed inside of a column")),
            }
            for depth in 1..fields.len() {
                if !objects.contains(&&fields[..depth]) {
                    objects.push(&fields[..depth]);
                }
            }
            let value = self.part(|compiler| {
                compiler.bind();
                Ok(())
            })?;
            steps.push(PathStep::Set(fields, value));
        }
        // the outer ones first
        objects.sort_by_key(|fields| fields.len());
        let steps: Vec<_> = objects.into_iter().map(PathStep::Object).chain(steps).collect();
        let dialect = self.dialect;
        dialect.path_changes(&mut self.sql, &PathChanges { column: &text, steps: &steps })
    }

    fn refused(&self, feature: &str) -> Error {
        Error::unsupported(feature, self.dialect.driver())
            .with_hint("read the column, and write what you computed")
    }
}

/// Whether the change takes something away. What is null is not kept.
pub(super) fn removes(action: &ChangeAction) -> bool {
    matches!(action, ChangeAction::Unset | ChangeAction::Set(Expression::Value(Value::Null)))
}

/// Refuses names that no path of JSON can be sure to take for names.
fn check_fields(names: &[Name]) -> Result<()> {
    let is_odd = |c: char| matches!(c, '"' | '\\' | '\'' | '.' | '$') || c.is_control();
    match names.iter().any(|name| name.is_empty() || name.contains(is_odd)) {
        true => Err(Error::invalid("the name of a field inside of a column has odd characters")),
        false => Ok(()),
    }
}
