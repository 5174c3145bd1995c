//! Names that become files, modules and types.

use eloquent::{Error, Result};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// What a name cannot be, as it is a word of Rust.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Types that what is generated refers to: a model of that name would stand in their way.
const TYPES: &[&str] = &[
    "Box",
    "ColumnValue",
    "DateTime",
    "Db",
    "Decimal",
    "Err",
    "Json",
    "Model",
    "Models",
    "None",
    "ObjectId",
    "Ok",
    "Option",
    "Query",
    "Result",
    "Seeder",
    "Seeders",
    "Some",
    "String",
    "Utc",
    "Uuid",
    "Vec",
    "View",
];

/// Files that some systems have a use of their own for.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// Words with folders in front of them: `shop/order`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// The folders, from the outside in.
    pub(crate) folders: Vec<String>,
    /// As of a module: `blog_post`.
    pub(crate) snake: String,
    /// As of a type: `BlogPost`.
    pub(crate) pascal: String,
}

impl Name {
    /// Reads `[a-z][a-z0-9_]*`, with folders of that form and `/` in front of it. `BlogPost` is another
    /// spelling of `blog_post`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Name> {
        if text.len() > 150 {
            return Err(wrong("a name has at most 150 characters"));
        }
        let mut parts = text.split('/').map(part).collect::<Result<Vec<_>>>()?;
        let snake = parts.pop().unwrap_or_default();
        let pascal = snake.to_upper_camel_case();
        if TYPES.contains(&pascal.as_str()) {
            return Err(wrong(format!("`{pascal}` is the name of a type that the file needs")));
        }
        Ok(Name { folders: parts, snake, pascal })
    }

    /// The table of a model of this name that does not name one: as the derive of models says it.
    pub(crate) fn table(&self) -> String {
        match self.pascal.to_snake_case().rsplit_once('_') {
            Some((before, last)) => format!("{before}_{}", plural(last)),
            None => plural(&self.pascal.to_snake_case()),
        }
    }
}

fn plural(word: &str) -> String {
    match word {
        "person" => return "people".to_owned(),
        "child" => return "children".to_owned(),
        _ => {}
    }
    let stem = word
        .strip_suffix('y')
        .filter(|stem| stem.ends_with(|c: char| !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')));
    match stem {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        None => format!("{word}s"),
    }
}

/// Checks a word that becomes an identifier: `[a-z][a-z0-9_]*`, and no word of Rust.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(word: &str) -> Result<()> {
    let is_fine = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_fine || word.len() > 150 {
        return Err(wrong("a name is made of a-z, 0-9 and `_`, and begins with a letter"));
    }
    if KEYWORDS.contains(&word) {
        return Err(wrong(format!("`{word}` is a word of Rust")));
    }
    Ok(())
}

fn part(text: &str) -> Result<String> {
    let is_type = text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric());
    let word = if is_type { text.to_snake_case() } else { text.to_owned() };
    check(&word)?;
    let has_number = |prefix| {
        let number = word.strip_prefix(prefix);
        number.is_some_and(|rest| rest.len() == 1 && rest.chars().all(|c| c.is_ascii_digit()))
    };
    if DEVICES.contains(&word.as_str()) || has_number("com") || has_number("lpt") {
        return Err(wrong(format!("`{word}` cannot be the name of a file everywhere")));
    }
    Ok(word)
}

fn wrong(message: impl Into<String>) -> Error {
    Error::invalid(message.into()).with_hint("such as `user`, `blog_post` or `shop/order`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_path_of_words() {
        let name = Name::parse("shop/order_line").unwrap();
        assert_eq!(name.folders, ["shop"]);
        assert_eq!((name.snake.as_str(), name.pascal.as_str()), ("order_line", "OrderLine"));
        assert_eq!(Name::parse("BlogPost").unwrap(), Name::parse("blog_post").unwrap());
    }

    /// The derive and the generators know nothing of each other.
    #[test]
    fn tables_are_those_of_the_derive() {
        use eloquent::prelude::*;

        macro_rules! check {
            ($($model:ident)*) => {$(
                #[derive(Model, Debug)]
                struct $model {
                    id: i64,
                }
                let name = Name::parse(stringify!($model)).unwrap();
                assert_eq!(name.table(), $model::definition().table);
                assert_eq!(Name::parse(&name.snake).unwrap().table(), name.table());
            )*};
        }
        check!(User Category Day Box2 Bus Batch Dish Fax Person GrandChild OrderLine HttpRequest Y Guy);
    }

    #[test]
    fn what_leads_elsewhere_or_does_not_compile_is_refused() {
        let long = "a".repeat(151);
        for name in [
            "", "/", "../x", "x/..", "/etc/x", "a//b", "a/", "./a", "9x", "_a", "Ä", "ä", "a b",
            "a.b", "a\\b", "x\";", "a-b", "x\0", "a\n", "fn", "self", "Self", "gen", "shop/mod",
            "con", "com1", "option", "Result", &long,
        ] {
            assert!(Name::parse(name).is_err(), "{name:?}");
        }
    }
}
