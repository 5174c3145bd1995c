//! Writes to documents at hand.

use crate::Result;
use crate::statement::{Delete, Insert, Predicate, Update};
use crate::value::Document;

impl Insert {
    /// The documents that it adds. What becomes of clashes is left to the caller.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub fn documents(&self) -> Result<Vec<Document>> {
        self.check()?;
        let document = |row: usize| {
            let values = self.values.iter().skip(row * self.columns.len()).cloned();
            self.columns.iter().map(|name| name.clone().into_owned()).zip(values).collect()
        };
        Ok((0..self.rows()).map(document).collect())
    }
}

impl Update {
    /// Changes the documents that its filter holds for, all of them or, after an error, none, and says
    /// how many that were. New values are made of the old document.
    ///
    /// # Errors
    /// Those of [`check`](Self::check), [`Expression::evaluate`] and [`Predicate::holds`].
    ///
    /// [`Expression::evaluate`]: crate::statement::Expression::evaluate
    pub fn apply(&self, documents: &mut [Document]) -> Result<usize> {
        self.check()?;
        // what cannot be evaluated is refused even where there are no documents
        Predicate::all_hold(&self.filter, &Document::new())?;
        self.changed(&Document::new())?;
        let mut changes = Vec::new();
        for (at, document) in documents.iter().enumerate() {
            if Predicate::all_hold(&self.filter, document)? == Some(true) {
                changes.push((at, self.changed(document)?));
            }
        }
        let count = changes.len();
        for (at, changed) in changes {
            documents[at] = changed;
        }
        Ok(count)
    }

    fn changed(&self, document: &Document) -> Result<Document> {
        let mut changed = document.clone();
        for assignment in &self.assignments {
            let value = assignment.value.evaluate(document);
            let name = &assignment.column.name;
            changed.set(&**name, value.map_err(|error| error.with_column(name.clone()))?);
        }
        Ok(changed)
    }
}

impl Delete {
    /// Removes the documents that its filter holds for, all of them or, after an error, none, and says
    /// how many that were.
    ///
    /// # Errors
    /// Those of [`check`](Self::check) and [`Predicate::holds`].
    pub fn apply(&self, documents: &mut Vec<Document>) -> Result<usize> {
        self.check()?;
        // what cannot be evaluated is refused even where there are no documents
        Predicate::all_hold(&self.filter, &Document::new())?;
        let mut keep = Vec::new();
        for document in &*documents {
            keep.push(Predicate::all_hold(&self.filter, document)? != Some(true));
        }
        let before = documents.len();
        let mut keep = keep.into_iter();
        documents.retain(|_| keep.next().unwrap_or(true));
        Ok(before - documents.len())
    }
}
