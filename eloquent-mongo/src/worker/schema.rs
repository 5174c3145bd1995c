//! Collections, their indexes and validators.

use eloquent_core::schema::{Column, SchemaChange};
use eloquent_core::{Error, ErrorKind, Name, Result};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Error as ClientError;

use super::inspect::{collections, indexes_of};
use super::{counter, text};
use crate::error::{DRIVER, code, error, of_statement};
use crate::translate::schema::{Action, Creation, actions, commands, fill};
use crate::translate::{field, validator};

const NO_COLLECTION: i32 = 26;
const NO_INDEX: i32 = 27;
const EXISTS: i32 = 48;

/// Changes the schema.
pub(super) async fn alter(db: &Database, change: &SchemaChange) -> Result<()> {
    let table = change.table();
    for action in actions(change)? {
        let on = Collection { db, name: table };
        on.perform(&action).await.map_err(|error| error.with_table(table.clone()))?;
    }
    Ok(())
}

/// The collection that is changed.
struct Collection<'a> {
    db: &'a Database,
    name: &'a Name,
}

impl Collection<'_> {
    async fn perform(&self, action: &Action) -> Result<()> {
        match action {
            Action::Create(creation) => self.create(creation, action).await,
            Action::Drop { if_exists } => {
                if !if_exists {
                    self.known().await?;
                }
                match self.db.collection::<Document>(self.name).drop().await {
                    Err(reason) if code(&reason) != Some(NO_COLLECTION) => {
                        return Err(self.failed(&reason));
                    }
                    _ => {}
                }
                counter::forget(self.db, self.name).await.map_err(|reason| self.failed(&reason))
            }
            Action::Rename { to } => self.rename(to, action).await,
            Action::CreateIndex { index, if_not_exists } => {
                let name = index.get_str("name").unwrap_or_default();
                if self.index(name).await?.is_some() {
                    return match if_not_exists {
                        true => Ok(()),
                        false => Err(index_exists(name)),
                    };
                }
                self.send(action).await
            }
            Action::DropIndex { name, if_exists } => {
                let dropped = self.db.collection::<Document>(self.name).drop_index(&**name).await;
                match dropped {
                    Ok(()) => Ok(()),
                    Err(failed)
                        if *if_exists
                            && matches!(code(&failed), Some(NO_COLLECTION | NO_INDEX)) =>
                    {
                        Ok(())
                    }
                    Err(failed) => Err(self.failed(&failed).with_constraint(name.clone())),
                }
            }
            Action::RenameIndex { from, to } => self.rename_index(from, to).await,
            Action::AddField(column) => self.add_field(column).await,
            Action::AlterField(column) => self.alter_field(column).await,
            Action::RenameField { from, to } => self.rename_field(from, to, action).await,
            Action::DropField { name } => self.drop_field(name, action).await,
            Action::SetValidator(_) => {
                self.known().await?;
                self.send(action).await
            }
        }
    }

    fn failed(&self, reason: &ClientError) -> Error {
        of_statement(reason, self.name)
    }

    async fn send(&self, action: &Action) -> Result<()> {
        for command in commands(self.name, action) {
            text::run(self.db, command).await?;
        }
        Ok(())
    }

    /// What the server tells of it, if it is there.
    async fn find(&self) -> Result<Option<super::inspect::Known>> {
        Ok(collections(self.db, doc! { "name": &**self.name }).await?.pop())
    }

    async fn known(&self) -> Result<super::inspect::Known> {
        let missing = || error(ErrorKind::InvalidInput, "there is no such collection");
        self.find().await?.ok_or_else(missing)
    }

    async fn create(&self, creation: &Creation, action: &Action) -> Result<()> {
        // the server takes a collection that is there already for one that it has made
        if self.find().await?.is_some() {
            return match creation.if_not_exists {
                true => Ok(()),
                false => Err(error(ErrorKind::InvalidInput, "the collection exists already")),
            };
        }
        let mut is_ours = false;
        for command in commands(self.name, action) {
            let is_create = command.contains_key("create");
            match self.db.run_command(command).await {
                Ok(_) => is_ours |= is_create,
                // somebody else was faster
                Err(failed)
                    if is_create && code(&failed) == Some(EXISTS) && creation.if_not_exists =>
                {
                    return Ok(());
                }
                Err(failed) => {
                    if is_ours {
                        // a part of it is not what was asked for
                        let _ = self.db.collection::<Document>(self.name).drop().await;
                    }
                    return Err(self.failed(&failed));
                }
            }
        }
        let counted = match creation.numbered {
            true => counter::make(self.db, self.name, 0).await,
            // one of a collection that was dropped elsewhere
            false => counter::forget(self.db, self.name).await,
        };
        counted.map_err(|reason| self.failed(&reason))
    }

    async fn rename(&self, to: &Name, action: &Action) -> Result<()> {
        self.known().await?;
        let failed = |reason: ClientError| self.failed(&reason);
        let last = counter::last(self.db, self.name).await.map_err(failed)?;
        self.send(action).await?;
        counter::forget(self.db, to).await.map_err(failed)?;
        if let Some(last) = last {
            counter::make(self.db, to, last).await.map_err(failed)?;
        }
        counter::forget(self.db, self.name).await.map_err(failed)
    }

    async fn index(&self, name: &str) -> Result<Option<Document>> {
        let all = indexes_of(self.db, self.name).await?;
        Ok(all.into_iter().find(|index| index.get_str("name").is_ok_and(|known| known == name)))
    }

    async fn recreate(&self, index: Document) -> Result<()> {
        let command = doc! { "createIndexes": &**self.name, "indexes": [index] };
        text::run(self.db, command).await
    }

    async fn drop_index(&self, name: &str) -> Result<()> {
        text::run(self.db, doc! { "dropIndexes": &**self.name, "index": name }).await
    }

    /// The server gives no index another name, nor has two that are alike: it is dropped and made anew.
    async fn rename_index(&self, from: &Name, to: &Name) -> Result<()> {
        let missing = || error(ErrorKind::InvalidInput, "there is no such index");
        let mut index = self
            .index(from)
            .await?
            .ok_or_else(missing)
            .map_err(|error| error.with_constraint(from.clone()))?;
        if self.index(to).await?.is_some() {
            return Err(index_exists(to));
        }
        index.insert("name", &**to);
        self.drop_index(from).await?;
        self.recreate(index).await
    }

    async fn validate(&self, validator: Document) -> Result<()> {
        text::run(self.db, doc! { "collMod": &**self.name, "validator": validator }).await
    }

    async fn add_field(&self, column: &Column) -> Result<()> {
        let known = self.known().await?;
        match fill(self.name, column) {
            Some(command) => text::run(self.db, command).await?,
            None if !column.nullable => {
                let missing = doc! { field(&column.name)?: { "$exists": false } };
                let found = self.db.collection::<Document>(self.name).find_one(missing).await;
                if found.map_err(|reason| self.failed(&reason))?.is_some() {
                    let message = "documents are there that have no such field";
                    return Err(error(ErrorKind::NotNullViolation, message)
                        .with_column(column.name.clone())
                        .with_hint("add it as `nullable`, or fill it with an update before"));
                }
            }
            None => {}
        }
        match validator::with_column(&known.validator, column)? {
            Some(validator) => self.validate(validator).await,
            None => Ok(()),
        }
    }

    async fn alter_field(&self, column: &Column) -> Result<()> {
        let known = self.known().await?;
        match validator::with_column(&known.validator, column)? {
            Some(validator) => self.validate(validator).await,
            None => Err(Error::unsupported("changing the type of a column", DRIVER)
                .with_column(column.name.clone())
                .with_hint(
                    "documents hold values of any type: convert them with an update; a validator made of \
                     columns, where there is one, follows",
                )),
        }
    }

    async fn rename_field(&self, from: &Name, to: &Name, action: &Action) -> Result<()> {
        let known = self.known().await?;
        let both = doc! { &**from: { "$exists": true }, &**to: { "$exists": true } };
        let found = self.db.collection::<Document>(self.name).find_one(both).await;
        if found.map_err(|reason| self.failed(&reason))?.is_some() {
            let message = format!("documents are there that have a field `{to}` already");
            return Err(error(ErrorKind::InvalidInput, message).with_column(from.clone()));
        }
        let validator = validator::renamed(&known.validator, from, to);
        if validator.is_none() {
            refuse_mention(&known.validator, from)?;
        }
        let indexes = self.indexes_over(from).await?;
        // one that is unique would take documents without the field for alike
        for index in &indexes {
            self.drop_index(index.get_str("name").unwrap_or_default()).await?;
        }
        self.send(action).await?;
        if let Some(validator) = validator {
            self.validate(validator).await?;
        }
        for index in indexes {
            self.recreate(renamed(&index, from, to)).await?;
        }
        Ok(())
    }

    async fn drop_field(&self, name: &Name, action: &Action) -> Result<()> {
        let known = self.known().await?;
        let validator = validator::without(&known.validator, name);
        if validator.is_none() {
            refuse_mention(&known.validator, name)?;
        }
        for index in self.indexes_over(name).await? {
            self.drop_index(index.get_str("name").unwrap_or_default()).await?;
        }
        if let Some(validator) = validator {
            self.validate(validator).await?;
        }
        self.send(action).await
    }

    /// The indexes that have something to do with a field.
    async fn indexes_over(&self, field: &Name) -> Result<Vec<Document>> {
        let mut all = indexes_of(self.db, self.name).await?;
        all.retain(|index| {
            let parts = ["key", "weights", "partialFilterExpression"];
            let mut parts = parts.into_iter().filter_map(|part| index.get(part));
            parts.any(|part| validator::mentions(part, field))
        });
        Ok(all)
    }
}

/// A validator that somebody wrote is not changed behind their back.
fn refuse_mention(validator: &Document, field: &Name) -> Result<()> {
    if !validator::mentions(&Bson::Document(validator.clone()), field) {
        return Ok(());
    }
    let message = "the validator of the collection speaks of the field";
    Err(error(ErrorKind::InvalidInput, message)
        .with_column(field.clone())
        .with_hint("set another validator, or drop it with `drop_validator`, before"))
}

/// An index with another name for a field in its keys and its condition.
fn renamed(index: &Document, from: &str, to: &str) -> Document {
    let value = |value: &Bson| match value {
        Bson::Document(fields) => Bson::Document(renamed_keys(fields, from, to)),
        other => other.clone(),
    };
    let parts = ["key", "weights", "partialFilterExpression"];
    let each = index.iter().map(|(part, inside)| match parts.contains(&part.as_str()) {
        true => (part.clone(), value(inside)),
        false => (part.clone(), inside.clone()),
    });
    each.collect()
}

fn renamed_keys(fields: &Document, from: &str, to: &str) -> Document {
    let inside = |value: &Bson| match value {
        Bson::Document(fields) => Bson::Document(renamed_keys(fields, from, to)),
        Bson::Array(items) => {
            let each = items.iter().map(|item| match item {
                Bson::Document(fields) => Bson::Document(renamed_keys(fields, from, to)),
                other => other.clone(),
            });
            Bson::Array(each.collect())
        }
        other => other.clone(),
    };
    let name = |known: &str| match known.strip_prefix(from) {
        Some("") => to.to_owned(),
        Some(rest) if rest.starts_with('.') => format!("{to}{rest}"),
        _ => known.to_owned(),
    };
    fields.iter().map(|(known, value)| (name(known), inside(value))).collect()
}

fn index_exists(name: &str) -> Error {
    error(ErrorKind::InvalidInput, "an index of this name exists already")
        .with_constraint(name.to_owned())
}
