//! Writes.

use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    Assignment, Conflict, ConflictAction, Delete, Expression, Insert, Projection, Source, Update,
};
use eloquent_core::value::Value;
use eloquent_core::{Error, Name, Result};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::raw::CStr;
use mongodb::bson::{Bson, Document, RawDocumentBuf, doc};
use mongodb::options::UpdateModifications;

use super::plan::Plan;
use super::scope::{Excluded, Scope};
use super::{Form, change, field, select};
use crate::command::{Change, Command, Ids, NEVER, NEW, NewDocuments, Removal, Upsert, UpsertRow};
use crate::error::DRIVER;
use crate::shape::{Shape, damaged};
use crate::value::append;

/// The command of an insert.
pub(super) fn insert(insert: &Insert, form: Form) -> Result<Command> {
    refuse_twice(insert.columns.iter())?;
    let returning = returning(insert.returning.as_ref())?;
    if let Some(conflict) = &insert.conflict {
        return upsert(insert, conflict, returning, form);
    }
    let fields = insert.columns.iter().map(|column| field(column)).collect::<Result<Vec<_>>>()?;
    let names = fields
        .iter()
        .map(|name| {
            <&CStr>::try_from(*name).map_err(|_| Error::invalid("a name has a NUL character"))
        })
        .collect::<Result<Vec<_>>>()?;
    let key = fields.iter().position(|field| *field == "_id");
    let ids = ids(insert, key);
    let rows = if form == Form::Shown { 1 } else { insert.rows() };
    let mut documents = Vec::with_capacity(rows);
    for row in 0..rows {
        let values = insert.values.get(row * names.len()..).unwrap_or_default();
        let room = documents.last().map_or(FIRST, |last: &RawDocumentBuf| last.as_bytes().len());
        let mut document = with_room(room)?;
        if ids == Ids::Made && form == Form::Sent {
            document.append(KEY, ObjectId::new());
        }
        for ((name, column), value) in names.iter().zip(&insert.columns).zip(values) {
            match (form, value) {
                (Form::Shown, _) => document.append(name, "?"),
                // null is not stored, so that it is no value to unique indexes
                (_, Value::Null) => {}
                _ => append(&mut document, name, value)
                    .map_err(|mismatch| mismatch.into_encode_error().with_column(column.clone()))?,
            }
        }
        documents.push(document);
    }
    let collection = insert.table.clone().into_owned();
    Ok(Command::Insert(NewDocuments { collection, documents, ids, returning }))
}

/// How much the first document of an insert has room for: that of most is not used up.
const FIRST: usize = 240;

/// An empty document with room for so many bytes and a little more, so that it does not grow step by step.
fn with_room(bytes: usize) -> Result<RawDocumentBuf> {
    let mut document = Vec::with_capacity(bytes + 16);
    document.extend_from_slice(&[5, 0, 0, 0, 0]);
    RawDocumentBuf::from_bytes(document).map_err(|_| damaged())
}

/// The name of the key.
pub(crate) const KEY: &mongodb::bson::raw::CStr = mongodb::bson::raw::cstr!("_id");

/// Where the keys of new documents come from.
fn ids(insert: &Insert, key: Option<usize>) -> Ids {
    if let Some(key) = key {
        let given = insert.values.iter().skip(key).step_by(insert.columns.len());
        if given.into_iter().all(|value| !value.is_null()) {
            return Ids::Given;
        }
    }
    let columns = match &insert.returning {
        Some(Projection::Columns(columns)) => {
            columns.iter().find(|column| column.name == "id").map(|column| column.ty)
        }
        Some(Projection::Expressions(expressions)) => {
            expressions.iter().find_map(|expression| match expression {
                Expression::Column(column) if column.name == "id" => column.ty,
                _ => None,
            })
        }
        None => None,
    };
    match columns {
        // nothing else fills such a key
        Some(ty) if super::expression::is_integer(ty) => Ids::Numbered,
        Some(ColumnType::ObjectId) => Ids::Made,
        _ => Ids::Asked,
    }
}

fn refuse_twice<'n>(columns: impl Iterator<Item = &'n Name>) -> Result<()> {
    let mut before = Vec::with_capacity(columns.size_hint().0);
    for column in columns {
        // they are few: a search costs less than a set
        let name = field(column)?;
        if before.contains(&name) {
            return Err(Error::invalid("the column is written twice").with_column(column.clone()));
        }
        before.push(name);
    }
    Ok(())
}

/// What is given back: columns, which stand in the documents as they are.
fn returning(projection: Option<&Projection>) -> Result<Option<Shape>> {
    let Some(projection) = projection else { return Ok(None) };
    if let Projection::Columns(columns) = projection {
        return Ok(Some(Plan::of(columns)?.shape.clone()));
    }
    let fields = select::fields(projection)?;
    for expression in &fields {
        match expression {
            Expression::Column(column) if column.source == Source(0) => field(&column.name)?,
            _ => {
                return Err(Error::unsupported(
                    "giving back what is computed of written rows",
                    DRIVER,
                ));
            }
        };
    }
    Ok(Some(Shape::of_results(&fields)))
}

/// The command of an update.
pub(super) fn update(update: &Update, form: Form) -> Result<Command> {
    refuse_twice(update.assignments.iter().map(|assignment| &assignment.column.name))?;
    let scope = Scope::root(Source(0), form);
    let filter = scope.matching(&update.filter)?;
    let assignments = &update.assignments;
    let mut is_plain = true;
    for assignment in assignments {
        is_plain &= match &assignment.value {
            Expression::Value(_) => true,
            Expression::Changed(changes) => {
                let plain = changes.iter().map(|change| change::is_plain(change, &scope));
                let plain = plain.collect::<Result<Vec<_>>>();
                let column = &assignment.column.name;
                plain.map_err(|e| e.with_column(column.clone()))?.into_iter().all(|plain| plain)
            }
            _ => false,
        };
    }
    let change = if is_plain {
        UpdateModifications::Document(change::Operators::of(assignments, &scope)?)
    } else {
        let mut set = Document::new();
        for assignment in assignments {
            let column = &assignment.column.name;
            match &assignment.value {
                Expression::Changed(changes) => {
                    change::computed_fields(column, changes, &scope, &mut set)
                        .map_err(|error| error.with_column(column.clone()))?;
                }
                _ => drop(set.insert(field(column)?, assigned(assignment, &scope)?)),
            }
        }
        UpdateModifications::Pipeline(vec![doc! { "$set": set }])
    };
    Ok(Command::Update(Change {
        collection: update.table.clone().into_owned(),
        filter,
        change,
        is_one: update.by_key,
        returning: returning(update.returning.as_ref())?,
    }))
}

fn operand(value: &Value, column: &Name, scope: &Scope) -> Result<Bson> {
    let encoded = match scope.form {
        Form::Shown => Ok(Bson::from("?")),
        Form::Sent => crate::value::encode(value),
    };
    encoded.map_err(|mismatch| mismatch.into_encode_error().with_column(column.clone()))
}

/// The new value of a column, as an expression that removes the field where it is null.
fn assigned(assignment: &Assignment, scope: &Scope) -> Result<Bson> {
    let column = &assignment.column.name;
    match &assignment.value {
        Expression::Value(Value::Null) => Ok(Bson::from("$$REMOVE")),
        Expression::Value(value) => Ok(doc! { "$literal": operand(value, column, scope)? }.into()),
        value => {
            let is_bounded = matches!(value, Expression::Excluded(_));
            let value = scope.value(value).map_err(|error| error.with_column(column.clone()))?;
            let value = match assignment.column.ty {
                Some(ty) if !is_bounded => super::arithmetic::bounded(value, ty),
                _ => value,
            };
            Ok(doc! { "$ifNull": [value, "$$REMOVE"] }.into())
        }
    }
}

/// The command of a delete.
pub(super) fn delete(delete: &Delete, form: Form) -> Result<Command> {
    Ok(Command::Delete(Removal {
        collection: delete.table.clone().into_owned(),
        filter: Scope::root(Source(0), form).matching(&delete.filter)?,
        is_one: delete.by_key,
        returning: returning(delete.returning.as_ref())?,
    }))
}

/// The command of an upsert: for each row a filter, and a pipeline that makes a new document, or changes
/// the one that is there. The filter asks that a field be null which no document has: the server puts it
/// into a new document, and so the pipeline knows one.
fn upsert(
    insert: &Insert,
    conflict: &Conflict,
    returning: Option<Shape>,
    form: Form,
) -> Result<Command> {
    let assignments = match &conflict.action {
        ConflictAction::Ignore => &[][..],
        ConflictAction::Update(assignments) => assignments,
    };
    refuse_twice(assignments.iter().map(|assignment| &assignment.column.name))?;
    if conflict.target.is_empty() {
        return Err(Error::invalid("the upsert names no columns that decide"));
    }
    let key = insert.columns.iter().position(|column| field(column).is_ok_and(|f| f == "_id"));
    let rows = if form == Form::Shown { 1 } else { insert.rows() };
    let width = insert.columns.len();
    let mut upserts = Vec::with_capacity(rows);
    for row in 0..rows {
        let values = insert.values.get(row * width..(row + 1) * width).unwrap_or_default();
        upserts.push(upsert_row(insert, values, &conflict.target, assignments, form)?);
    }
    Ok(Command::Upsert(Upsert {
        collection: insert.table.clone().into_owned(),
        rows: upserts,
        ignores: conflict.action == ConflictAction::Ignore,
        ids: ids(insert, key),
        returning,
    }))
}

fn upsert_row(
    insert: &Insert,
    values: &[Value],
    target: &[Name],
    assignments: &[Assignment],
    form: Form,
) -> Result<UpsertRow> {
    let mut scope = Scope::root(Source(0), form);
    let mut row = Document::new();
    for (column, value) in insert.columns.iter().zip(values) {
        if !value.is_null() {
            row.insert(field(column)?, operand(value, column, &scope)?);
        }
    }
    scope.excluded = Some(Excluded { row: row.clone() });
    let mut filter = Document::new();
    for column in target {
        match row.get(field(column)?) {
            Some(value) => filter.insert(field(column)?, doc! { "$eq": value.clone() }),
            // null is equal to no value
            None => filter.insert(NEVER, doc! { "$eq": true }),
        };
    }
    filter.insert(NEW, doc! { "$eq": Bson::Null });
    let mut set = Document::new();
    for (name, value) in &row {
        set.insert(name, either(doc! { "$literal": value.clone() }, format!("${name}")));
    }
    for assignment in assignments {
        let name = field(&assignment.column.name)?;
        let new = match row.get(name) {
            Some(value) => Bson::Document(doc! { "$literal": value.clone() }),
            None => Bson::from("$$REMOVE"),
        };
        set.insert(name, either(new, assigned(assignment, &scope)?));
    }
    let pipeline = vec![doc! { "$set": set }, doc! { "$unset": [NEW, NEVER] }];
    Ok(UpsertRow { filter, pipeline })
}

/// One for a new document, the other for one that is there.
pub(crate) fn either(new: impl Into<Bson>, old: impl Into<Bson>) -> Document {
    let is_new = doc! { "$eq": [{ "$type": format!("${NEW}") }, "null"] };
    doc! { "$cond": [is_new, new.into(), old.into()] }
}
