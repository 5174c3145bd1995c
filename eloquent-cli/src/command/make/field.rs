//! The fields of a model, as they are named on the command line.

use eloquent::{Error, Result};
use minijinja::Value;

use super::name;
use crate::suggest;

/// A type: its name, the type in Rust, what the model says beside it, and how a migration names it.
type Type = (&'static str, &'static str, &'static str, &'static str);

const TYPES: &[Type] = &[
    ("bool", "bool", "", "boolean(NAME)"),
    ("bytes", "Vec<u8>", "", "binary(NAME)"),
    ("date", "eloquent::value::NaiveDate", "", "date(NAME)"),
    ("datetime", "DateTime<Utc>", "", "timestamp(NAME)"),
    ("decimal", "Decimal", "decimal(10, 2)", "decimal(NAME, 10, 2)"),
    ("f64", "f64", "", "double(NAME)"),
    ("i16", "i16", "", "small_integer(NAME)"),
    ("i32", "i32", "", "integer(NAME)"),
    ("i64", "i64", "", "big_integer(NAME)"),
    ("string", "String", "length = 255", "string(NAME, 255)"),
    ("text", "String", "", "text(NAME)"),
    ("time", "eloquent::value::NaiveTime", "", "time(NAME)"),
    ("uuid", "Uuid", "", "uuid(NAME)"),
];

/// Other words for them.
const ALIASES: &[(&str, &str)] = &[
    ("big_integer", "i64"),
    ("boolean", "bool"),
    ("binary", "bytes"),
    ("double", "f64"),
    ("float", "f64"),
    ("int", "i64"),
    ("integer", "i64"),
    ("str", "string"),
    ("timestamp", "datetime"),
];

/// `email:string:unique`, `body:text?`.
#[derive(Debug, Clone)]
pub(super) struct Field {
    name: String,
    ty: Type,
    nullable: bool,
    unique: bool,
    index: bool,
}

/// Reads all of them.
///
/// # Errors
/// What is wrong with the first that is wrong.
pub(super) fn parse(texts: &[String], taken: &[&str]) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::with_capacity(texts.len());
    for text in texts {
        let field = Field::parse(text)?;
        if taken.contains(&field.name.as_str()) {
            return Err(Error::invalid(format!("the field `{}` is made by itself", field.name)));
        }
        if fields.iter().any(|known| known.name == field.name) {
            return Err(Error::invalid(format!("the field `{}` comes twice", field.name)));
        }
        fields.push(field);
    }
    Ok(fields)
}

impl Field {
    fn parse(text: &str) -> Result<Field> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default().to_owned();
        name::check(&name).map_err(|error| match error.hint() {
            Some(_) => error.with_hint("a field is written `name:type`, such as `title:string`"),
            None => error,
        })?;
        let Some(ty) = parts.next() else {
            let error = Error::invalid(format!("the field `{name}` has no type"));
            return Err(error.with_hint(format!("such as `{name}:string`")));
        };
        let (ty, nullable) = match ty.strip_suffix('?') {
            Some(ty) => (ty, true),
            None => (ty, false),
        };
        let plain = ALIASES.iter().find(|(alias, _)| *alias == ty).map_or(ty, |(_, plain)| plain);
        let Some(ty) = TYPES.iter().find(|(known, ..)| *known == plain) else {
            let known: Vec<&str> = TYPES.iter().map(|(known, ..)| *known).collect();
            let shown: String = ty.chars().take(32).collect();
            let error = Error::invalid(format!("`{name}` has a type that there is not: `{shown}`"));
            let near = suggest::nearest(ty, known.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(error.with_hint(format!("{near}the types are: {}", known.join(", "))));
        };
        let mut field = Field { name, ty: *ty, nullable, unique: false, index: false };
        for mark in parts {
            match mark {
                "unique" => field.unique = true,
                "index" => field.index = true,
                _ => {
                    let shown: String = mark.chars().take(32).collect();
                    let message = format!("the field `{}` is neither `{shown}`", field.name);
                    return Err(Error::invalid(message)
                        .with_hint("behind the type stands nothing, `unique` or `index`"));
                }
            }
        }
        Ok(field)
    }

    /// For templates.
    pub(super) fn value(&self) -> Value {
        let (_, rust, says, column) = self.ty;
        let rust = if self.nullable { format!("Option<{rust}>") } else { rust.to_owned() };
        let marks = [(self.unique, "unique"), (self.index && !self.unique, "index")];
        let says = [says].into_iter().filter(|says| !says.is_empty());
        let says = says.chain(marks.iter().filter(|(on, _)| *on).map(|(_, mark)| *mark));
        let mut column = column.replace("NAME", &format!("{:?}", self.name));
        if self.nullable {
            column.push_str(".nullable()");
        }
        for (_, mark) in marks.iter().filter(|(on, _)| *on) {
            column.push_str(&format!(".{mark}()"));
        }
        minijinja::context! {
            name => self.name,
            rust => rust,
            says => says.collect::<Vec<_>>().join(", "),
            column => column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<Field>> {
        let texts: Vec<String> = text.split(' ').map(str::to_owned).collect();
        parse(&texts, &["id"])
    }

    fn shown(text: &str, key: &str) -> String {
        parsed(text).unwrap()[0].value().get_attr(key).unwrap().to_string()
    }

    #[test]
    fn a_field_is_a_name_a_type_and_marks() {
        assert_eq!(shown("email:string:unique", "says"), "length = 255, unique");
        assert_eq!(shown("email:string:unique", "column"), "string(\"email\", 255).unique()");
        assert_eq!(shown("body:text?", "rust"), "Option<String>");
        assert_eq!(shown("body:text?", "column"), "text(\"body\").nullable()");
        assert_eq!(shown("team_id:integer:index", "column"), "big_integer(\"team_id\").index()");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, what) in [
            ("email", "no type"),
            ("email:sting", "did you mean `string`"),
            ("Email:string", "a-z"),
            ("type:string", "word of Rust"),
            ("a:i64:big", "neither"),
            ("a:i64 a:i64", "twice"),
            ("id:i64", "by itself"),
            ("a\";:i64", "a-z"),
        ] {
            let error = parsed(text).unwrap_err();
            let all = format!("{} {}", error.message(), error.hint().unwrap_or_default());
            assert!(all.contains(what), "{text}: {all}");
        }
    }
}
