//! Reads the attributes of a model, as they stand.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, DeriveInput, Expr, Field, Ident, LitInt, Token, Type, Visibility};

use crate::attribute::{Grammar, Item, Known};
use crate::errors::Errors;
use crate::input;
use crate::naming::{self, Case};
use crate::suggest;

const ON_STRUCT: &[Known] = &[
    ("table", "table = \"users\""),
    ("connection", "connection = \"mysql\""),
    ("document", "document"),
    ("portable", "portable"),
    ("rename_all", "rename_all = \"camelCase\""),
    ("timestamps", "timestamps = false"),
];

const ON_FIELD: &[Known] = &[
    ("key", "key"),
    ("auto", "auto` or `auto = false"),
    ("uuid", "uuid"),
    ("column", "column = \"name\""),
    ("length", "length = 255"),
    ("decimal", "decimal(10, 2)"),
    ("column_type", "column_type = I32"),
    ("json", "json"),
    ("default", "default` or `default = expression"),
    ("database_default", "database_default"),
    ("unique", "unique"),
    ("index", "index"),
    ("created_at", "created_at"),
    ("updated_at", "updated_at"),
];

const STRUCT: Grammar =
    Grammar { attribute: "model", known: ON_STRUCT, elsewhere: (ON_FIELD, "on a field") };
const FIELD: Grammar =
    Grammar { attribute: "model", known: ON_FIELD, elsewhere: (ON_STRUCT, "on the struct") };

/// The variants of `ColumnType` that have no parameters.
const COLUMN_TYPES: &[&str] = &[
    "Bool",
    "I8",
    "I16",
    "I32",
    "I64",
    "U8",
    "U16",
    "U32",
    "U64",
    "F32",
    "F64",
    "Text",
    "Bytes",
    "Uuid",
    "Date",
    "Time",
    "DateTime",
    "Timestamp",
    "Json",
    "Array",
    "Document",
    "ObjectId",
];

/// A model as it is declared.
pub(super) struct Declared {
    pub(super) ident: Ident,
    pub(super) vis: Visibility,
    pub(super) table: String,
    pub(super) connection: Option<String>,
    pub(super) family: Family,
    pub(super) timestamps: bool,
    pub(super) fields: Vec<DeclaredField>,
}

/// Where a model can live.
#[derive(Clone, Copy)]
pub(super) enum Family {
    Relational,
    Document,
    Portable,
}

/// A field as it is declared.
pub(super) struct DeclaredField {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) docs: Vec<Attribute>,
    pub(super) column: String,
    pub(super) storage: Storage,
    pub(super) default: Option<DefaultValue>,
    pub(super) marks: Marks,
}

/// What a field's column is, beyond what its type says.
pub(super) enum Storage {
    OfType,
    Length(u32, Span),
    Decimal(u8, u8, Span),
    Named(Ident),
    Json(Span),
}

/// What a field holds that a draft leaves out.
pub(super) enum DefaultValue {
    OfType,
    Expression(Box<Expr>),
}

/// The entries without a value, each with its place.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) key: Option<Span>,
    pub(super) auto: Option<(bool, Span)>,
    pub(super) uuid: Option<Span>,
    pub(super) database_default: Option<Span>,
    pub(super) unique: Option<Span>,
    pub(super) index: Option<Span>,
    pub(super) created_at: Option<Span>,
    pub(super) updated_at: Option<Span>,
}

/// Reads a model.
pub(super) fn parse(input: &DeriveInput) -> syn::Result<Declared> {
    let fields = input::named_fields(input, "a model")?;
    let mut errors = Errors::default();
    input::no_generics(input, "a model", &mut errors);
    let mut model = Declared {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        table: naming::table(&input.ident.unraw().to_string()),
        connection: None,
        family: Family::Relational,
        timestamps: true,
        fields: Vec::with_capacity(fields.len()),
    };
    let case = parse_struct(&mut model, &input.attrs, &mut errors);
    for field in fields {
        model.fields.extend(parse_field(field, case, &mut errors));
    }
    errors.finish(model)
}

fn parse_struct(
    model: &mut Declared,
    attributes: &[Attribute],
    errors: &mut Errors,
) -> Option<Case> {
    let mut case = None;
    let mut family = None;
    for item in STRUCT.read(attributes, errors) {
        let result = match item.name.as_str() {
            "table" => item.text().map(|text| model.table = text.value()),
            "connection" => item.text().map(|text| model.connection = Some(text.value())),
            "rename_all" => {
                item.text().and_then(|text| Case::parse(&text)).map(|given| case = Some(given))
            }
            "timestamps" => item.switch().map(|on| model.timestamps = on),
            "document" => parse_family(&item, &mut family, Family::Document),
            _ => parse_family(&item, &mut family, Family::Portable),
        };
        errors.ok(result);
    }
    model.family = family.unwrap_or(Family::Relational);
    case
}

fn parse_family(item: &Item, family: &mut Option<Family>, given: Family) -> syn::Result<()> {
    item.flag()?;
    match family.replace(given) {
        None => Ok(()),
        Some(_) => Err(item.error(
            "a model is `document` or `portable`, not both: `portable` lives in tables and in collections",
        )),
    }
}

fn parse_field(field: &Field, case: Option<Case>, errors: &mut Errors) -> Option<DeclaredField> {
    let ident = field.ident.clone()?;
    let name = ident.unraw().to_string();
    let mut declared = DeclaredField {
        column: case.map_or(name.clone(), |case| case.apply(&name)),
        ident,
        ty: field.ty.clone(),
        docs: field.attrs.iter().filter(|a| a.path().is_ident("doc")).cloned().collect(),
        storage: Storage::OfType,
        default: None,
        marks: Marks::default(),
    };
    for item in FIELD.read(&field.attrs, errors) {
        let result = parse_entry(&mut declared, item);
        errors.ok(result);
    }
    Some(declared)
}

fn parse_entry(field: &mut DeclaredField, item: Item) -> syn::Result<()> {
    let marks = &mut field.marks;
    let mark = match item.name.as_str() {
        "column" => {
            field.column = item.text()?.value();
            return Ok(());
        }
        "default" => {
            let expression = item.expression()?;
            field.default = Some(
                expression.map_or(DefaultValue::OfType, |e| DefaultValue::Expression(Box::new(e))),
            );
            return Ok(());
        }
        "auto" => {
            marks.auto = Some((item.switch()?, item.span));
            return Ok(());
        }
        "length" | "decimal" | "column_type" | "json" => return parse_storage(field, &item),
        "key" => &mut marks.key,
        "uuid" => &mut marks.uuid,
        "database_default" => &mut marks.database_default,
        "unique" => &mut marks.unique,
        "index" => &mut marks.index,
        "created_at" => &mut marks.created_at,
        _ => &mut marks.updated_at,
    };
    item.flag()?;
    *mark = Some(item.span);
    Ok(())
}

fn parse_storage(field: &mut DeclaredField, item: &Item) -> syn::Result<()> {
    if !matches!(field.storage, Storage::OfType) {
        return Err(item.error(
            "a column has one type: keep one of `length`, `decimal`, `column_type` and `json`",
        ));
    }
    field.storage = match item.name.as_str() {
        "length" => Storage::Length(item.number()?, item.span),
        "decimal" => decimal(item)?,
        "column_type" => Storage::Named(column_type(item)?),
        _ => {
            item.flag()?;
            Storage::Json(item.span)
        }
    };
    Ok(())
}

/// `decimal(precision, scale)`.
struct Digits {
    precision: LitInt,
    scale: LitInt,
}

impl Parse for Digits {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let precision = input.parse()?;
        input.parse::<Token![,]>()?;
        let scale = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Digits { precision, scale })
    }
}

fn decimal(item: &Item) -> syn::Result<Storage> {
    let digits: Digits = item.arguments()?;
    let precision: u8 = digits.precision.base10_parse()?;
    let scale: u8 = digits.scale.base10_parse()?;
    if !(1..=28).contains(&precision) {
        let message = format!("a decimal has 1 to 28 digits, and not {precision}");
        return Err(syn::Error::new(digits.precision.span(), message));
    }
    if scale > precision {
        let message = format!(
            "{scale} of {precision} digits cannot be behind the point: write `decimal(digits, digits behind the point)`"
        );
        return Err(syn::Error::new(digits.scale.span(), message));
    }
    Ok(Storage::Decimal(precision, scale, item.span))
}

fn column_type(item: &Item) -> syn::Result<Ident> {
    let name = item.ident()?;
    let text = name.to_string();
    let hint = match text.as_str() {
        known if COLUMN_TYPES.contains(&known) => return Ok(name),
        "String" => "write `length = 255`".to_owned(),
        "Decimal" => "write `decimal(10, 2)`".to_owned(),
        _ => suggest::hint(&text, COLUMN_TYPES.iter().copied()),
    };
    Err(syn::Error::new(name.span(), format!("there is no plain column type `{text}`; {hint}")))
}

impl DeclaredField {
    /// The name, without `r#`.
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Where the type stands.
    pub(super) fn ty_span(&self) -> Span {
        self.ty.span()
    }
}
