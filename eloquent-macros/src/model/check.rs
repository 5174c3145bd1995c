//! Decides what a model's declaration means, or what is wrong with it.

use proc_macro2::Span;
use quote::ToTokens;

use crate::errors::Errors;
use crate::types::{self, Kind};

use super::parse::{Declared, DeclaredField, Storage};

/// The longest tuple that is a key.
const MAX_KEY: usize = 4;

/// A model without mistakes.
pub(super) struct Model {
    pub(super) declared: Declared,
    /// The positions of the key's fields.
    pub(super) key: Vec<usize>,
    pub(super) key_source: KeySource,
    /// The positions of the fields that hold the kept times.
    pub(super) created_at: Option<usize>,
    pub(super) updated_at: Option<usize>,
}

/// Where new keys come from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum KeySource {
    Database,
    Uuid,
    ObjectId,
    Given,
}

/// Checks a model.
pub(super) fn check(declared: Declared) -> syn::Result<Model> {
    let mut errors = Errors::default();
    for field in &declared.fields {
        check_storage(field, &mut errors);
        check_default(field, &mut errors);
    }
    check_names(&declared.fields, &mut errors);
    let key = find_key(&declared, &mut errors);
    check_key(&declared.fields, &key, &mut errors);
    let model = Model {
        key_source: key_source(&declared.fields, &key, &mut errors),
        key,
        created_at: timestamp(&declared, "created_at", &mut errors),
        updated_at: timestamp(&declared, "updated_at", &mut errors),
        declared,
    };
    errors.finish(model)
}

impl Model {
    /// Whether a draft has to give this field.
    pub(super) fn is_required(&self, position: usize) -> bool {
        let field = &self.declared.fields[position];
        let made = self.key_source != KeySource::Given && self.key.contains(&position);
        let kept = [self.created_at, self.updated_at].contains(&Some(position));
        let optional = types::option_inner(&field.ty).is_some();
        let default = field.default.is_some() || field.marks.database_default.is_some();
        !(made || kept || optional || default)
    }

    /// Whether the database numbers new rows in this field.
    pub(super) fn is_numbered(&self, position: usize) -> bool {
        self.key_source == KeySource::Database
            && self.key.contains(&position)
            && self.declared.fields[position].marks.database_default.is_none()
    }
}

fn check_storage(field: &DeclaredField, errors: &mut Errors) {
    let kind = types::kind(&field.ty);
    let (name, ty) = (field.name(), shown(field));
    if !matches!(field.storage, Storage::Json(_)) {
        errors.extend(field.ty_span(), types::mistaken(&field.ty));
    }
    match field.storage {
        Storage::Length(_, span) if !matches!(kind, Kind::Text | Kind::Unknown) => {
            errors.add(
                span,
                format!("`length` is for text, and `{name}` is `{ty}`: remove it, or make the field a `String`"),
            );
        }
        Storage::Decimal(.., span) if !matches!(kind, Kind::Decimal | Kind::Unknown) => {
            errors.add(
                span,
                format!("`decimal` is for exact decimals, and `{name}` is `{ty}`: remove it, or make the field a `Decimal`"),
            );
        }
        _ => {}
    }
}

fn check_default(field: &DeclaredField, errors: &mut Errors) {
    if let (Some(_), Some(span)) = (&field.default, field.marks.database_default) {
        errors.add(
            span,
            format!("`{}` has two defaults: keep `default` (made in Rust) or `database_default` (made by the database)", field.name()),
        );
    }
}

fn check_names(fields: &[DeclaredField], errors: &mut Errors) {
    for (position, field) in fields.iter().enumerate() {
        let earlier = fields[..position].iter().find(|other| other.column == field.column);
        if let Some(other) = earlier {
            errors.add(
                field.ident.span(),
                format!(
                    "`{}` and `{}` are both stored in the column `{}`: give one of them `#[model(column = \"..\")]`",
                    other.name(),
                    field.name(),
                    field.column
                ),
            );
        }
    }
}

/// The marked fields, else the one called `id`.
fn find_key(model: &Declared, errors: &mut Errors) -> Vec<usize> {
    let find = |is_key: &dyn Fn(&DeclaredField) -> bool| -> Vec<usize> {
        let keys = model.fields.iter().enumerate().filter(|(_, field)| is_key(field));
        keys.map(|(position, _)| position).collect()
    };
    let mut key = find(&|field| field.marks.key.is_some());
    if key.is_empty() {
        key = find(&|field| field.ident == "id");
    }
    if key.is_empty() {
        errors.add(
            model.ident.span(),
            format!("`{}` has no key: call a field `id`, or give one `#[model(key)]`", model.ident),
        );
    }
    if let Some(surplus) = key.get(MAX_KEY) {
        let message = format!("a key has at most {MAX_KEY} fields");
        errors.add(model.fields[*surplus].ident.span(), message);
    }
    key
}

fn check_key(fields: &[DeclaredField], key: &[usize], errors: &mut Errors) {
    for (position, field) in fields.iter().enumerate() {
        let name = field.name();
        if key.contains(&position) {
            if let Some(inner) = types::option_inner(&field.ty) {
                let inner = inner.to_token_stream();
                errors.add(
                    field.ty_span(),
                    format!("the key `{name}` is never an `Option`, even when the database makes it: write `{inner}`"),
                );
            }
            if let Storage::Json(span) = field.storage {
                errors.add(span, format!("the key `{name}` cannot be JSON: keys are compared"));
            }
            continue;
        }
        for (entry, span) in
            [("auto", field.marks.auto.map(|(_, span)| span)), ("uuid", field.marks.uuid)]
        {
            if let Some(span) = span {
                errors.add(span, format!("`{entry}` is for keys: write `#[model(key, {entry})]`"));
            }
        }
    }
}

fn key_source(fields: &[DeclaredField], key: &[usize], errors: &mut Errors) -> KeySource {
    match key {
        [single] => single_key_source(&fields[*single], errors),
        _ => {
            let marks = key.iter().map(|position| &fields[*position].marks);
            for span in marks.filter_map(|m| m.auto.filter(|(on, _)| *on).map(|a| a.1).or(m.uuid)) {
                errors.add(span, "a key of several columns is always given: remove this");
            }
            KeySource::Given
        }
    }
}

fn single_key_source(field: &DeclaredField, errors: &mut Errors) -> KeySource {
    let kind = types::kind(&field.ty);
    let (name, ty) = (field.name(), shown(field));
    match (field.marks.auto, field.marks.uuid) {
        (Some((_, span)), Some(_)) => {
            errors.add(span, "`auto` (the database numbers rows) and `uuid` exclude each other");
            KeySource::Given
        }
        (None, Some(span)) => {
            if !matches!(kind, Kind::Uuid | Kind::Unknown) {
                errors.add(span, format!("`uuid` is for a `Uuid`, and `{name}` is `{ty}`"));
            }
            KeySource::Uuid
        }
        (Some((true, _)), None) if kind == Kind::ObjectId => KeySource::ObjectId,
        (Some((true, span)), None) => {
            if !matches!(kind, Kind::Integer | Kind::Unknown) {
                errors.add(
                    span,
                    format!("`auto` is for integers, and `{name}` is `{ty}`: remove it (a `Uuid` is made without it)"),
                );
            }
            KeySource::Database
        }
        (Some((false, _)), None) => KeySource::Given,
        (None, None) if field.marks.database_default.is_some() => KeySource::Database,
        (None, None) if field.default.is_some() => KeySource::Given,
        (None, None) => match kind {
            Kind::Integer => KeySource::Database,
            Kind::ObjectId => KeySource::ObjectId,
            Kind::Uuid => KeySource::Uuid,
            _ => KeySource::Given,
        },
    }
}

/// The marked field, else the one of that name if it holds a time.
fn timestamp(model: &Declared, name: &str, errors: &mut Errors) -> Option<usize> {
    let mark = |field: &DeclaredField| match name {
        "created_at" => field.marks.created_at,
        _ => field.marks.updated_at,
    };
    let mut marked = None;
    for (position, field) in model.fields.iter().enumerate() {
        let Some(span) = mark(field) else { continue };
        check_timestamp(field, name, span, errors);
        if marked.replace(position).is_some() {
            errors.add(span, format!("another field is `{name}` already"));
        }
    }
    marked.or_else(|| {
        let by_name = |field: &DeclaredField| {
            field.ident == name && types::kind(&field.ty) == Kind::Timestamp
        };
        model.fields.iter().position(by_name).filter(|_| model.timestamps)
    })
}

fn check_timestamp(field: &DeclaredField, entry: &str, span: Span, errors: &mut Errors) {
    if !matches!(types::kind(&field.ty), Kind::Timestamp | Kind::Unknown) {
        let (name, ty) = (field.name(), shown(field));
        errors.add(
            span,
            format!("`{entry}` is for times, and `{name}` is `{ty}`: make it a `DateTime<Utc>`"),
        );
    }
}

/// A field's type, as one would write it.
fn shown(field: &DeclaredField) -> String {
    field.ty.to_token_stream().to_string().replace(" < ", "<").replace(" >", ">")
}
