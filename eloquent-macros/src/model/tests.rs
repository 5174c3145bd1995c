//! What declarations come to mean, and what is said of the wrong ones.

use quote::quote;
use syn::{DeriveInput, parse_quote};

use super::check::{KeySource, Model, check};
use super::parse::parse;

fn model(input: DeriveInput) -> Model {
    parse(&input).and_then(check).unwrap()
}

/// All mistakes in a declaration.
fn mistakes(input: DeriveInput) -> Vec<String> {
    let error = parse(&input).and_then(check).map(|_| ()).unwrap_err();
    error.into_iter().map(|error| error.to_string()).collect()
}

#[test]
fn keys_by_convention_and_by_mark() {
    let user = model(parse_quote! { struct User { name: String, id: i64 } });
    assert_eq!((user.key.as_slice(), user.key_source), (&[1][..], KeySource::Database));

    let marked = model(parse_quote! { struct User { id: i64, #[model(key)] email: String } });
    assert_eq!((marked.key.as_slice(), marked.key_source), (&[1][..], KeySource::Given));

    let both = model(parse_quote! {
        struct Membership { #[model(key)] user_id: i64, #[model(key)] team_id: i64 }
    });
    assert_eq!((both.key.as_slice(), both.key_source), (&[0, 1][..], KeySource::Given));
}

#[test]
fn where_keys_come_from() {
    let source =
        |field: proc_macro2::TokenStream| model(parse_quote! { struct User { #field } }).key_source;
    assert_eq!(source(quote!(id: u32)), KeySource::Database);
    assert_eq!(source(quote!(#[model(auto = false)] id: u32)), KeySource::Given);
    assert_eq!(source(quote!(id: uuid::Uuid)), KeySource::Uuid);
    assert_eq!(source(quote!(#[model(auto = false)] id: Uuid)), KeySource::Given);
    assert_eq!(source(quote!(#[model(database_default)] id: Uuid)), KeySource::Database);
    assert_eq!(source(quote!(#[model(default = next())] id: i64)), KeySource::Given);
    assert_eq!(source(quote!(id: ObjectId)), KeySource::ObjectId);
    assert_eq!(source(quote!(#[model(auto = false)] id: ObjectId)), KeySource::Given);
    assert_eq!(source(quote!(id: UserId)), KeySource::Given);
    assert_eq!(source(quote!(#[model(key, auto)] id: UserId)), KeySource::Database);
    assert_eq!(source(quote!(#[model(key, uuid)] id: UserId)), KeySource::Uuid);
}

#[test]
fn required_fields() {
    let user = model(parse_quote! {
        struct User {
            id: i64,
            name: String,
            #[model(default)] age: i32,
            #[model(database_default)] region: String,
            bio: Option<String>,
            created_at: DateTime<Utc>,
            updated_at: String,
        }
    });
    let required: Vec<usize> = (0..7).filter(|position| user.is_required(*position)).collect();
    assert_eq!(required, [1, 6]);
}

#[test]
fn timestamps() {
    let kept = |input| {
        let model = model(input);
        (model.created_at, model.updated_at)
    };
    let both: DeriveInput = parse_quote! {
        struct User { id: i64, created_at: NaiveDateTime, updated_at: Option<DateTime<Utc>> }
    };
    assert_eq!(kept(both.clone()), (Some(1), Some(2)));
    let mut off = both;
    off.attrs.push(parse_quote!(#[model(timestamps = false)]));
    assert_eq!(kept(off), (None, None));
    let marked = parse_quote! {
        struct User { id: i64, created_at: DateTime<Utc>, #[model(created_at)] born: DateTime<Utc> }
    };
    assert_eq!(kept(marked), (Some(2), None));
}

#[test]
fn columns_are_renamed() {
    let track = model(parse_quote! {
        #[model(rename_all = "PascalCase")]
        struct Track { #[model(key)] track_id: i64, r#type: String, #[model(column = "ms")] length: i64 }
    });
    let columns: Vec<&str> = track.declared.fields.iter().map(|f| f.column.as_str()).collect();
    assert_eq!(columns, ["TrackId", "Type", "ms"]);
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let found = mistakes(parse_quote! {
        #[model(tabel = "users", rename_all = "snake")]
        struct User<T> { #[model(lenght = 3)] name: String, #[model(decimal(40, 2))] total: T }
    });
    assert_eq!(
        found,
        [
            "a model cannot be generic: name its types and own its data",
            "`model` does not know `tabel` here; did you mean `table`?",
            "`snake` is no way to write names; there are `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`",
            "`model` does not know `lenght` here; did you mean `length`?",
            "a decimal has 1 to 28 digits, and not 40",
        ]
    );
}

#[test]
fn what_is_no_model() {
    for (input, found) in [
        (parse_quote! { enum User { A } }, "an enum"),
        (parse_quote! { struct User(i64); }, "a tuple struct"),
        (parse_quote! { struct User; }, "a struct without fields"),
        (parse_quote! { union User { id: i64 } }, "a union"),
    ] {
        let expected = format!(
            "a model is a struct with named fields, and `User` is {found}: write `struct User {{ .. }}`"
        );
        assert_eq!(mistakes(input), [expected]);
    }
}

#[test]
fn types_and_attributes_that_do_not_fit() {
    let found = mistakes(parse_quote! {
        struct User {
            id: Option<i64>,
            #[model(length = 3)] age: i32,
            #[model(decimal(4, 2))] size: f64,
            #[model(created_at)] born: String,
            #[model(column = "age")] years: i32,
            #[model(uuid)] other: Uuid,
        }
    });
    assert_eq!(
        found,
        [
            "`length` is for text, and `age` is `i32`: remove it, or make the field a `String`",
            "`decimal` is for exact decimals, and `size` is `f64`: remove it, or make the field a `Decimal`",
            "`age` and `years` are both stored in the column `age`: give one of them `#[model(column = \"..\")]`",
            "the key `id` is never an `Option`, even when the database makes it: write `i64`",
            "`uuid` is for keys: write `#[model(key, uuid)]`",
            "`created_at` is for times, and `born` is `String`: make it a `DateTime<Utc>`",
        ]
    );
}

#[test]
fn generated_code_is_thin() {
    let code = |fields: usize| {
        let names = (0..fields).map(|i| quote::format_ident!("field_{i}"));
        let input: DeriveInput = parse_quote! { struct User { id: i64, #(#names: String),* } };
        super::derive(&input).unwrap().to_string().len()
    };
    let (one, nine) = (code(1), code(9));
    assert!(one < 6_000, "a model of two fields is {one} bytes of code");
    assert!((nine - one) / 8 < 1_200, "a field is {} bytes of code", (nine - one) / 8);
}
