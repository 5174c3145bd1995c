//! Inserts, updates and deletes as text.

use super::compiled::Cost;
use super::compiler::Compiler;
use super::parts::{ConflictParts, DeleteParts, InsertParts, UpdateParts, WriteKind};
use super::turns::in_turn;
use crate::statement::{
    Assignment, Conflict, ConflictAction, Delete, Expression, Insert, Predicate, Projection,
    Source, Update,
};
use crate::{Error, Name, Result};

/// An insert of at most as many rows is known to be short.
const FEW_ROWS: usize = 100;

impl Compiler<'_> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Result<Cost> {
        let capabilities = self.dialect.capabilities();
        if insert.conflict.is_some() && !capabilities.upsert {
            return Err(Error::unsupported("an upsert", self.dialect.driver()));
        }
        insert.check()?;
        let rows = insert.rows();
        let table = self.part(|compiler| compiler.ident(&insert.table))?;
        let columns = self.names(&insert.columns)?;
        self.columns.cycle(&insert.columns, rows);
        let values = self.part(|compiler| {
            compiler.list(", ", 0..if columns.is_empty() { 0 } else { rows }, |compiler, _| {
                compiler.push("(");
                compiler.list(", ", &columns, |compiler, _| {
                    compiler.bind_of_cycle();
                    Ok(())
                })?;
                compiler.push(")");
                Ok(())
            })
        })?;
        let conflict = match &insert.conflict {
            Some(conflict) => Some(self.conflict(conflict, insert, &table)?),
            None => None,
        };
        let returning = self.returning(insert.returning.as_ref(), WriteKind::Insert)?;
        let text = self.dialect.insert(&InsertParts {
            table: &table,
            columns: &columns,
            rows: &values,
            conflict: conflict
                .as_ref()
                .map(|(target, update)| ConflictParts { target, update: update.as_deref() }),
            returning: returning.as_deref(),
        })?;
        self.push(&text);
        Ok(if rows <= FEW_ROWS { Cost::BoundedWrite } else { Cost::Unknown })
    }

    /// The quoted target and the new values.
    fn conflict(
        &mut self,
        conflict: &Conflict,
        insert: &Insert,
        table: &str,
    ) -> Result<(Vec<String>, Option<String>)> {
        if conflict.target.is_empty() {
            return Err(Error::invalid("the upsert names no unique columns that decide"));
        }
        if insert.columns.is_empty() {
            return Err(Error::invalid("the upsert has no columns"));
        }
        let target = self.names(&conflict.target)?;
        let update = match &conflict.action {
            ConflictAction::Ignore => None,
            ConflictAction::Update(assignments) => {
                // Next to the row that exists stands the row that was refused: a bare name would be
                // either's.
                let scope = vec![(Source(0), format!("{table}."))];
                let outside = std::mem::replace(&mut self.in_conflict, true);
                let update = self.scope(scope, |compiler| compiler.assignments(assignments));
                self.in_conflict = outside;
                Some(update?)
            }
        };
        Ok((target, update))
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<Cost> {
        update.check()?;
        let table = self.part(|compiler| compiler.ident(&update.table))?;
        let (assignments, filter) = self.scope(vec![(Source(0), String::new())], |compiler| {
            let assignments = compiler.assignments(&update.assignments)?;
            Ok((assignments, compiler.filter(&update.filter)?))
        })?;
        let returning = self.returning(update.returning.as_ref(), WriteKind::Update)?;
        let text = self.dialect.update(&UpdateParts {
            table: &table,
            assignments: &assignments,
            filter: filter.as_deref(),
            returning: returning.as_deref(),
        })?;
        self.push(&text);
        Ok(cost(update.by_key, &update.filter))
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<Cost> {
        delete.check()?;
        let table = self.part(|compiler| compiler.ident(&delete.table))?;
        let scope = vec![(Source(0), String::new())];
        let filter = self.scope(scope, |compiler| compiler.filter(&delete.filter))?;
        let returning = self.returning(delete.returning.as_ref(), WriteKind::Delete)?;
        let text = self.dialect.delete(&DeleteParts {
            table: &table,
            filter: filter.as_deref(),
            returning: returning.as_deref(),
        })?;
        self.push(&text);
        Ok(cost(delete.by_key, &delete.filter))
    }

    fn assignments(&mut self, assignments: &[Assignment]) -> Result<String> {
        if assignments.is_empty() {
            return Err(Error::invalid("the statement changes no columns"));
        }
        refuse_duplicates(assignments.iter().map(|assignment| &assignment.column.name))?;
        if let Some(foreign) = assignments.iter().find(|one| one.column.source != Source(0)) {
            return Err(Error::invalid("only columns of the statement's own table can be changed")
                .with_column(foreign.column.name.clone()));
        }
        let texts = assignments.iter().map(|assignment| {
            self.part(|compiler| {
                let name = &assignment.column.name;
                compiler.ident(name)?;
                compiler.push(" = ");
                // an assigned value is of the type of its column
                compiler.about(Some(name), |compiler| match &assignment.value {
                    value @ Expression::Value(_) => compiler.untyped(value),
                    Expression::Changed(changes) => compiler
                        .changed(&assignment.column, changes)
                        .map_err(|error| error.with_column(name.clone())),
                    other => compiler.expression(other),
                })
            })
        });
        let texts = texts.collect::<Result<Vec<_>>>()?;
        if !self.dialect.assigns_in_turn() {
            return Ok(texts.join(", "));
        }
        let order = in_turn(assignments, self.dialect.driver())?;
        Ok(order.into_iter().map(|at| texts[at].as_str()).collect::<Vec<_>>().join(", "))
    }

    fn filter(&mut self, filter: &[Predicate]) -> Result<Option<String>> {
        if filter.is_empty() {
            return Ok(None);
        }
        self.part(|compiler| compiler.chain(filter, " AND ", true)).map(Some)
    }

    fn returning(
        &mut self,
        projection: Option<&Projection>,
        write: WriteKind,
    ) -> Result<Option<String>> {
        let Some(projection) = projection else { return Ok(None) };
        let capabilities = self.dialect.capabilities();
        let (can, feature) = match write {
            WriteKind::Update => {
                (capabilities.returning_updates, "giving back the rows of an update")
            }
            _ => (capabilities.returning, "giving back the rows of a write"),
        };
        if !can {
            return Err(Error::unsupported(feature, self.dialect.driver()));
        }
        let prefix = self.dialect.returning_source(write).map(|source| format!("{source}."));
        let scope = vec![(Source(0), prefix.unwrap_or_default())];
        let write = |compiler: &mut Self| compiler.projection(projection, false);
        self.scope(scope, |compiler| compiler.part(write)).map(Some)
    }

    fn names(&mut self, names: &[Name]) -> Result<Vec<String>> {
        refuse_duplicates(names)?;
        names.iter().map(|name| self.part(|compiler| compiler.ident(name))).collect()
    }
}

/// Databases compare names of columns without regard to case.
fn refuse_duplicates<'n>(names: impl IntoIterator<Item = &'n Name>) -> Result<()> {
    let mut seen: Vec<&Name> = Vec::new();
    for name in names {
        if seen.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            let error = Error::invalid("the column is named twice");
            return Err(error.with_column(name.clone()));
        }
        seen.push(name);
    }
    Ok(())
}

fn cost(by_key: bool, filter: &[Predicate]) -> Cost {
    let bounded = by_key && filter.iter().any(|predicate| !predicate.is_always_true());
    if bounded { Cost::BoundedWrite } else { Cost::Unknown }
}
