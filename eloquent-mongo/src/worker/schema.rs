//! Collections and indexes.

use eloquent_core::schema::{Column, Index, IndexPart, SchemaChange, TableDefinition};
use eloquent_core::{Error, ErrorKind, Name, Result};
use mongodb::bson::{Document, doc};
use mongodb::error::Error as ClientError;
use mongodb::options::IndexOptions;
use mongodb::{Database, IndexModel};

use super::counter;
use crate::error::{DRIVER, code, error, of_statement};
use crate::translate::{capabilities, check_collection, field};

const NO_COLLECTION: i32 = 26;
const NO_INDEX: i32 = 27;
const EXISTS: i32 = 48;

/// Changes the schema.
pub(super) async fn alter(db: &Database, change: &SchemaChange) -> Result<()> {
    capabilities(true).check_change(change, DRIVER)?;
    match change {
        SchemaChange::CreateTable(table) => create(db, table).await,
        SchemaChange::DropTable { table, if_exists } => drop_table(db, table, *if_exists).await,
        SchemaChange::CreateIndex(index) => create_index(db, index).await,
        SchemaChange::DropIndex { table, name, if_exists } => {
            drop_index(db, table, name, *if_exists).await
        }
        _ => Err(Error::unsupported("this change to the schema", DRIVER)),
    }
}

async fn create(db: &Database, table: &TableDefinition) -> Result<()> {
    check_collection(&table.name)?;
    check_relational(table)?;
    let indexes = indexes(table)?;
    let failed = |failed: ClientError| of_statement(&failed, &table.name);
    // the server takes a collection that is there already for one that it has made
    if has_collection(db, &table.name).await? {
        return match table.if_not_exists {
            true => Ok(()),
            false => Err(error(ErrorKind::InvalidInput, "the collection exists already")
                .with_table(table.name.clone())),
        };
    }
    match db.create_collection(&*table.name).await {
        Ok(()) => {}
        Err(failed) if code(&failed) == Some(EXISTS) && table.if_not_exists => return Ok(()),
        Err(other) => return Err(failed(other)),
    }
    let finish = async {
        if !indexes.is_empty() {
            db.collection::<Document>(&table.name).create_indexes(indexes).await?;
        }
        match table.columns.iter().any(|column| column.auto_increment) {
            true => counter::make(db, &table.name, 0).await,
            // one of a collection that was dropped elsewhere
            false => counter::forget(db, &table.name).await,
        }
    };
    if let Err(reason) = finish.await {
        // a part of it is not what was asked for
        let _ = db.collection::<Document>(&table.name).drop().await;
        return Err(failed(reason));
    }
    Ok(())
}

/// The indexes of a new collection: its key if that is not the key of documents, the columns that ask for
/// one, and those that are named.
fn indexes(table: &TableDefinition) -> Result<Vec<IndexModel>> {
    let has_id = table.columns.iter().any(|column| column.name == "id");
    let is_id = matches!(&table.key[..], [key] if key == "id");
    if has_id && !is_id {
        let error = Error::unsupported("a column `id` that is not the key", DRIVER);
        return Err(error
            .with_table(table.name.clone())
            .with_column("id")
            .with_hint("the column `id` is the `_id` of documents; give it another name"));
    }
    let nullable =
        |name: &Name| table.columns.iter().any(|column| column.name == *name && column.nullable);
    let mut indexes = Vec::new();
    for column in &table.columns {
        field(&column.name)?;
        if column.auto_increment && column.name != "id" {
            let error = Error::unsupported("a number for a column that is not the key", DRIVER);
            return Err(error.with_table(table.name.clone()).with_column(column.name.clone()));
        }
        let columns = std::slice::from_ref(&column.name);
        // the server has no two indexes of one kind over the same fields
        let is_named = |index: &Index| {
            index.columns.iter().map(IndexPart::column).eq([Some(&column.name)])
                && index.unique == column.unique
        };
        if table.indexes.iter().any(is_named) {
            continue;
        }
        if column.unique && column.name != "id" {
            let name = format!("{}_{}_unique", table.name, column.name);
            indexes.push(model(&name, columns, true, column.nullable)?);
        } else if column.index && column.name != "id" {
            let name = format!("{}_{}_index", table.name, column.name);
            indexes.push(model(&name, columns, false, false)?);
        }
    }
    if !is_id && !table.key.is_empty() {
        indexes.push(model(&format!("{}_key", table.name), &table.key, true, false)?);
    }
    for index in &table.indexes {
        let columns = columns(index);
        let is_partial = index.unique && columns.iter().any(nullable);
        indexes.push(model(&index.name, &columns, index.unique, is_partial)?);
    }
    Ok(indexes)
}

/// What documents cannot have.
fn check_relational(table: &TableDefinition) -> Result<()> {
    let lacks = |feature| Error::unsupported(feature, DRIVER).with_table(table.name.clone());
    if !table.foreign_keys.is_empty() {
        return Err(lacks("a foreign key"));
    }
    if !table.checks.is_empty() {
        return Err(lacks("a check"));
    }
    let of_column = |column: &Column| match column {
        _ if column.generated.is_some() => Some("a generated column"),
        _ if column.default.is_some() => Some("a default of the database"),
        _ if column.collation.is_some() => Some("a collation of a column"),
        _ if column.native_type.is_some() => Some("a type in the language of the database"),
        _ => None,
    };
    let found = table.columns.iter().find_map(|column| Some((of_column(column)?, column)));
    match found {
        Some((feature, column)) => Err(lacks(feature).with_column(column.name.clone())),
        None => Ok(()),
    }
}

/// The names of the columns that an index is over: there are no expressions, they have been refused.
fn columns(index: &Index) -> Vec<Name> {
    index.columns.iter().filter_map(IndexPart::column).cloned().collect()
}

/// An index. One that is unique lets any number of documents without a value in, if it is partial.
fn model(name: &str, columns: &[Name], unique: bool, is_partial: bool) -> Result<IndexModel> {
    let (mut keys, mut exist) = (Document::new(), Document::new());
    for column in columns {
        keys.insert(field(column)?, 1);
        exist.insert(field(column)?, doc! { "$exists": true });
    }
    if name.is_empty() || name.contains('\0') {
        return Err(Error::invalid("the name of the index is not one"));
    }
    let mut options = IndexOptions::default();
    options.name = Some(name.to_owned());
    options.unique = unique.then_some(true);
    options.partial_filter_expression = (unique && is_partial).then_some(exist);
    Ok(IndexModel::builder().keys(keys).options(options).build())
}

async fn drop_table(db: &Database, table: &Name, if_exists: bool) -> Result<()> {
    check_collection(table)?;
    let failed = |failed: ClientError| of_statement(&failed, table);
    if !if_exists && !has_collection(db, table).await? {
        return Err(
            error(ErrorKind::InvalidInput, "there is no such collection").with_table(table.clone())
        );
    }
    match db.collection::<Document>(table).drop().await {
        Err(reason) if code(&reason) != Some(NO_COLLECTION) => return Err(failed(reason)),
        _ => {}
    }
    counter::forget(db, table).await.map_err(failed)
}

async fn has_collection(db: &Database, name: &Name) -> Result<bool> {
    let named = db.list_collection_names().filter(doc! { "name": &**name }).await;
    named.map(|names| !names.is_empty()).map_err(|failed| of_statement(&failed, name))
}

async fn has_index(db: &Database, table: &Name, name: &str) -> Result<bool> {
    match db.collection::<Document>(table).list_index_names().await {
        Ok(names) => Ok(names.iter().any(|known| known == name)),
        Err(failed) if code(&failed) == Some(NO_COLLECTION) => Ok(false),
        Err(failed) => Err(of_statement(&failed, table)),
    }
}

async fn create_index(db: &Database, index: &Index) -> Result<()> {
    check_collection(&index.table)?;
    let model = model(&index.name, &columns(index), index.unique, true)?;
    if has_index(db, &index.table, &index.name).await? {
        return match index.if_not_exists {
            true => Ok(()),
            false => Err(error(ErrorKind::InvalidInput, "an index of this name exists already")
                .with_table(index.table.clone())
                .with_constraint(index.name.clone())),
        };
    }
    let created = db.collection::<Document>(&index.table).create_index(model).await;
    created.map(drop).map_err(|failed| of_statement(&failed, &index.table))
}

async fn drop_index(db: &Database, table: &Name, name: &Name, if_exists: bool) -> Result<()> {
    check_collection(table)?;
    match db.collection::<Document>(table).drop_index(&**name).await {
        Ok(()) => Ok(()),
        Err(failed) if if_exists && matches!(code(&failed), Some(NO_COLLECTION | NO_INDEX)) => {
            Ok(())
        }
        Err(failed) => Err(of_statement(&failed, table).with_constraint(name.clone())),
    }
}
