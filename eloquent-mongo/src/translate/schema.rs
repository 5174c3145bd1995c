//! Changes to the schema as actions, each of which knows the commands that it is made of.

use eloquent_core::schema::{
    Column, ColumnDefault, Index, IndexKind, IndexPart, SchemaChange, TableChange, TableDefinition,
    Validator,
};
use eloquent_core::{Error, Name, Result};
use mongodb::bson::{Document, doc};

use super::{capabilities, check_collection, field, validator};
use crate::error::DRIVER;
use crate::json;

/// Something that is done to a collection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Create(Box<Creation>),
    Drop { if_exists: bool },
    Rename { to: Name },
    CreateIndex { index: Document, if_not_exists: bool },
    DropIndex { name: Name, if_exists: bool },
    RenameIndex { from: Name, to: Name },
    AddField(Box<Column>),
    AlterField(Box<Column>),
    RenameField { from: Name, to: Name },
    DropField { name: Name },
    SetValidator(Document),
}

/// A collection that is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Creation {
    pub(crate) validator: Option<Document>,
    pub(crate) indexes: Vec<Document>,
    /// Whether its keys are numbered.
    pub(crate) numbered: bool,
    pub(crate) if_not_exists: bool,
}

/// What a change does, in order.
///
/// # Errors
/// For what documents do not have, naming what takes its place, and for names that are not ones.
pub(crate) fn actions(change: &SchemaChange) -> Result<Vec<Action>> {
    capabilities(true).check_change(change, DRIVER)?;
    check_collection(change.table())?;
    let actions = match change {
        SchemaChange::CreateTable(table) => create(table).map(|action| vec![action]),
        SchemaChange::DropTable { if_exists, .. } => {
            Ok(vec![Action::Drop { if_exists: *if_exists }])
        }
        SchemaChange::RenameTable { to, .. } => {
            check_collection(to).map(|()| vec![Action::Rename { to: to.clone() }])
        }
        SchemaChange::CreateIndex(index) => add_index(index).map(|action| vec![action]),
        SchemaChange::DropIndex { name, if_exists, .. } => {
            Ok(vec![Action::DropIndex { name: name.clone(), if_exists: *if_exists }])
        }
        SchemaChange::AlterTable { changes, .. } => {
            let steps = changes.iter().map(|step| alter(change.table(), step));
            steps.collect::<Result<Vec<_>>>().map(|steps| steps.into_iter().flatten().collect())
        }
        SchemaChange::CreateView(_) | SchemaChange::DropView { .. } => Err(lacks("a view of text")
            .with_hint(
                "keep the query in code, or create it with a command of a script: \
                 `{\"create\": \"NAME\", \"viewOn\": …, \"pipeline\": […]}`",
            )),
        _ => Err(lacks("this change to the schema")),
    };
    actions.map_err(|error| error.with_table(change.table().clone()))
}

fn lacks(feature: &str) -> Error {
    Error::unsupported(feature, DRIVER)
}

fn alter(table: &Name, step: &TableChange) -> Result<Vec<Action>> {
    match step {
        TableChange::AddColumn(column) => {
            check_column(column)?;
            let mut actions = vec![Action::AddField(Box::new(column.clone()))];
            for (wanted, unique) in [(column.unique, true), (column.index, false)] {
                if wanted {
                    let columns = std::slice::from_ref(&column.name);
                    let name = column_index(table, &column.name, unique);
                    let index = spec(&plain(&name, unique), columns, column.nullable)?;
                    actions.push(Action::CreateIndex { index, if_not_exists: false });
                }
            }
            Ok(actions)
        }
        TableChange::AlterColumn(column) => {
            check_column(column)?;
            Ok(vec![Action::AlterField(Box::new(column.clone()))])
        }
        TableChange::RenameColumn { from, to } => {
            for name in [from, to] {
                check_field(name)?;
            }
            Ok(vec![Action::RenameField { from: from.clone(), to: to.clone() }])
        }
        TableChange::DropColumn(name) => {
            check_field(name)?;
            Ok(vec![Action::DropField { name: name.clone() }])
        }
        TableChange::AddIndex(index) if index.table != *table => {
            Err(Error::invalid(format!("the index `{}` is of another table", index.name)))
        }
        TableChange::AddIndex(index) => Ok(vec![add_index(index)?]),
        TableChange::DropIndex(name) => {
            Ok(vec![Action::DropIndex { name: name.clone(), if_exists: false }])
        }
        TableChange::RenameIndex { from, to } => {
            check_index_name(to)?;
            Ok(vec![Action::RenameIndex { from: from.clone(), to: to.clone() }])
        }
        TableChange::SetValidator(validator) => {
            let condition = validator.as_ref().map(validator::condition).transpose()?;
            Ok(vec![Action::SetValidator(condition.unwrap_or_default())])
        }
        TableChange::AddKey(_) | TableChange::DropKey => Err(lacks(
            "changing the key of a collection",
        )
        .with_hint(
            "the key of a document never changes; a unique index over other columns can be added",
        )),
        TableChange::AddForeignKey(_) | TableChange::DropForeignKey(_) => Err(no_foreign_key()),
        TableChange::AddCheck(_) | TableChange::DropCheck(_) => Err(no_check()),
        _ => Err(lacks("this change of a collection")),
    }
}

fn no_foreign_key() -> Error {
    lacks("a foreign key").with_hint(
        "keep the key of the other document as a plain field with an index, or embed the document; what \
         goes together is written in one transaction",
    )
}

fn no_check() -> Error {
    lacks("a check in SQL")
        .with_hint("use a validator, such as `t.validator(r#\"{\"age\": {\"$lt\": 200}}\"#)`")
}

/// Refuses what is no field that can be renamed or dropped.
fn check_field(name: &Name) -> Result<()> {
    match field(name)? {
        "_id" => Err(lacks("changing the key of a collection").with_column(name.clone())),
        _ => Ok(()),
    }
}

fn create(table: &TableDefinition) -> Result<Action> {
    check_relational(table)?;
    Ok(Action::Create(Box::new(Creation {
        validator: table.validator.as_ref().map(validator::condition).transpose()?,
        indexes: indexes(table)?,
        numbered: table.columns.iter().any(|column| column.auto_increment),
        if_not_exists: table.if_not_exists,
    })))
}

/// What documents cannot have.
fn check_relational(table: &TableDefinition) -> Result<()> {
    if !table.foreign_keys.is_empty() {
        return Err(no_foreign_key());
    }
    if !table.checks.is_empty() {
        return Err(no_check());
    }
    table.columns.iter().try_for_each(check_column)
}

fn check_column(column: &Column) -> Result<()> {
    let found = match column {
        _ if column.generated.is_some() => (
            "a generated column",
            "compute the value in the model, or with a pipeline where it is read",
        ),
        _ if column.default.is_some() && !column.model_writes => (
            "a default of the database",
            "let the model give the value; fill documents that are there with an update",
        ),
        _ if column.collation.is_some() => {
            ("a collation of a column", "give the index a collation with a command of a script")
        }
        _ if column.native_type.is_some() => (
            "a type in the language of the database",
            "documents hold values of any type; a validator says which",
        ),
        _ => return field(&column.name).map(drop),
    };
    Err(lacks(found.0).with_hint(found.1).with_column(column.name.clone()))
}

/// The indexes of a new collection: its key if that is not the key of documents, the columns that ask for
/// one, and those that are named.
fn indexes(table: &TableDefinition) -> Result<Vec<Document>> {
    let has_id = table.columns.iter().any(|column| column.name == "id");
    let is_id = matches!(&table.key[..], [key] if key == "id");
    if has_id && !is_id {
        return Err(lacks("a column `id` that is not the key")
            .with_column("id")
            .with_hint("the column `id` is the `_id` of documents; give it another name"));
    }
    let nullable =
        |name: &Name| table.columns.iter().any(|column| column.name == *name && column.nullable);
    let mut indexes = Vec::new();
    if !is_id && !table.key.is_empty() {
        let index = plain(&format!("{}_key", table.name), true);
        indexes.push(spec(&index, &table.key, false)?);
    }
    for column in &table.columns {
        if column.auto_increment && column.name != "id" {
            let error = lacks("a number for a column that is not the key");
            return Err(error.with_column(column.name.clone()));
        }
        let columns = std::slice::from_ref(&column.name);
        // the server has no two indexes of one kind over the same fields
        let is_named = |index: &Index| {
            index.columns.iter().map(IndexPart::column).eq([Some(&column.name)])
                && index.unique == column.unique
        };
        let wanted = column.unique || column.index;
        if !wanted || column.name == "id" || table.indexes.iter().any(is_named) {
            continue;
        }
        let index = plain(&column_index(&table.name, &column.name, column.unique), column.unique);
        indexes.push(spec(&index, columns, column.unique && column.nullable)?);
    }
    for index in &table.indexes {
        let columns = columns(index);
        let is_partial = index.unique && columns.iter().any(nullable);
        indexes.push(spec(index, &columns, is_partial)?);
    }
    Ok(indexes)
}

fn column_index(table: &Name, column: &Name, unique: bool) -> String {
    format!("{table}_{column}_{}", if unique { "unique" } else { "index" })
}

fn plain(name: &str, unique: bool) -> Index {
    Index { name: name.to_owned().into(), unique, ..Index::default() }
}

fn add_index(index: &Index) -> Result<Action> {
    // whether a column may be missing is not known here
    let index = Action::CreateIndex {
        index: spec(index, &columns(index), index.unique)?,
        if_not_exists: index.if_not_exists,
    };
    Ok(index)
}

/// The names of the columns that an index is over: there are no expressions, they have been refused.
fn columns(index: &Index) -> Vec<Name> {
    index.columns.iter().filter_map(IndexPart::column).cloned().collect()
}

fn check_index_name(name: &str) -> Result<()> {
    match name.is_empty() || name == "*" || name.contains('\0') {
        true => Err(Error::invalid("the name of the index is not one")),
        false => Ok(()),
    }
}

/// An index, as the server takes it. One that is unique lets any number of documents without a value in,
/// if it is partial.
fn spec(index: &Index, columns: &[Name], is_partial: bool) -> Result<Document> {
    check_index_name(&index.name)?;
    if columns.is_empty() {
        return Err(Error::invalid("the index has no columns"));
    }
    let (mut keys, mut exist) = (Document::new(), Document::new());
    for (number, column) in columns.iter().enumerate() {
        let name = field(column)?;
        match (index.kind, number) {
            (IndexKind::Text, _) => keys.insert(name, "text"),
            (IndexKind::Geo, 0) => keys.insert(name, "2dsphere"),
            _ => keys.insert(name, 1),
        };
        exist.insert(name, doc! { "$exists": true });
    }
    let mut spec = doc! { "key": keys, "name": &*index.name };
    if index.unique {
        spec.insert("unique", true);
    }
    if index.sparse {
        spec.insert("sparse", true);
    }
    if let Some(after) = index.expires_after {
        if columns.len() > 1 {
            return Err(Error::invalid("an index by which documents expire has one column"));
        }
        let seconds = i32::try_from(after.as_secs())
            .map_err(|_| Error::invalid("the time after which documents expire is too long"))?;
        spec.insert("expireAfterSeconds", seconds);
    }
    let asked = index.filter.as_ref().map(|filter| json::read(filter.as_str())).transpose()?;
    let is_partial = is_partial && !index.sparse;
    match (asked, is_partial) {
        (Some(asked), false) => drop(spec.insert("partialFilterExpression", asked)),
        (Some(asked), true) => {
            drop(spec.insert("partialFilterExpression", doc! { "$and": [asked, exist] }));
        }
        (None, true) => drop(spec.insert("partialFilterExpression", exist)),
        (None, false) => {}
    }
    Ok(spec)
}

/// The commands of an action, as far as they are known without a look at the collection: where an index or
/// a validator has to follow a field, it is made anew as it is found.
pub(crate) fn commands(collection: &str, action: &Action) -> Vec<Document> {
    let drop_index = |name: &str| doc! { "dropIndexes": collection, "index": name };
    match action {
        Action::Create(creation) => {
            let mut all = Vec::new();
            // the server makes a collection together with its first index
            if !creation.if_not_exists
                || creation.validator.is_some()
                || creation.indexes.is_empty()
            {
                let mut create = doc! { "create": collection };
                if let Some(validator) = &creation.validator {
                    create.insert("validator", validator.clone());
                }
                all.push(create);
            }
            if !creation.indexes.is_empty() {
                all.push(doc! {
                    "createIndexes": collection,
                    "indexes": creation.indexes.clone(),
                });
            }
            all
        }
        Action::Drop { .. } => vec![doc! { "drop": collection }],
        Action::Rename { to } => vec![doc! { "renameCollection": collection, "to": &**to }],
        Action::CreateIndex { index, .. } => {
            vec![doc! { "createIndexes": collection, "indexes": [index.clone()] }]
        }
        Action::DropIndex { name, .. } => vec![drop_index(name)],
        Action::RenameIndex { from, .. } => vec![drop_index(from)],
        Action::AddField(column) => fill(collection, column).into_iter().collect(),
        Action::AlterField(_) => Vec::new(),
        Action::RenameField { from, to } => {
            let change = doc! { "$rename": { &**from: &**to } };
            vec![update_all(collection, doc! { &**from: { "$exists": true } }, change)]
        }
        Action::DropField { name } => {
            let change = doc! { "$unset": { &**name: "" } };
            vec![update_all(collection, doc! { &**name: { "$exists": true } }, change)]
        }
        Action::SetValidator(validator) => {
            vec![doc! { "collMod": collection, "validator": validator.clone() }]
        }
    }
}

/// What gives the documents that are there the present moment, where a new column has that for its default.
pub(crate) fn fill(collection: &str, column: &Column) -> Option<Document> {
    let is_now = matches!(column.default, Some(ColumnDefault::Now));
    (is_now && !column.nullable).then(|| {
        let change = [doc! { "$set": { &*column.name: "$$NOW" } }];
        let missing = doc! { &*column.name: { "$exists": false } };
        doc! {
            "update": collection,
            "updates": [{ "q": missing, "u": change.to_vec(), "multi": true }],
            "bypassDocumentValidation": true,
        }
    })
}

fn update_all(collection: &str, filter: Document, change: Document) -> Document {
    doc! {
        "update": collection,
        "updates": [{ "q": filter, "u": change, "multi": true }],
        // a validator follows when all are done
        "bypassDocumentValidation": true,
    }
}

/// The text of a change: one command after the other.
///
/// # Errors
/// As [`actions`].
pub(crate) fn text(change: &SchemaChange) -> Result<Vec<String>> {
    let actions = actions(change)?;
    let of = |action: &Action| match action {
        // the part of the validator, or of the index, that is known here
        Action::AddField(column) | Action::AlterField(column) => {
            let part = validator::condition(&Validator::Columns(vec![column.as_ref().clone()]))?;
            let validate = doc! { "collMod": &**change.table(), "validator": part };
            Ok(commands(change.table(), action).into_iter().chain([validate]).collect())
        }
        Action::RenameIndex { to, .. } => {
            let index = doc! { "createIndexes": &**change.table(), "indexes": [{ "name": &**to }] };
            Ok(commands(change.table(), action).into_iter().chain([index]).collect())
        }
        action => Ok(commands(change.table(), action)),
    };
    let all = actions.iter().map(of).collect::<Result<Vec<Vec<Document>>>>()?;
    Ok(all.into_iter().flatten().map(|command| json::write(&command)).collect())
}

#[cfg(test)]
mod tests;
