//! Names of tables, columns and stored variants.

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use syn::LitStr;

use crate::suggest;

/// How `rename_all` writes names.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Case {
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
}

const CASES: [(&str, Case); 4] = [
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
];

impl Case {
    /// The value of `rename_all = ".."`.
    pub(crate) fn parse(text: &LitStr) -> syn::Result<Self> {
        let name = text.value();
        CASES.iter().find(|(known, _)| *known == name).map(|(_, case)| *case).ok_or_else(|| {
            let hint = suggest::hint(&name, CASES.iter().map(|(known, _)| *known));
            syn::Error::new(text.span(), format!("`{name}` is no way to write names; {hint}"))
        })
    }

    /// Writes a name this way.
    pub(crate) fn apply(self, name: &str) -> String {
        match self {
            Case::Pascal => name.to_upper_camel_case(),
            Case::Camel => name.to_lower_camel_case(),
            Case::Snake => name.to_snake_case(),
            Case::ScreamingSnake => name.to_shouty_snake_case(),
        }
    }
}

/// The table of a model that does not name one: the plural of its name, in snake case.
pub(crate) fn table(model: &str) -> String {
    let name = model.to_snake_case();
    match name.rsplit_once('_') {
        Some((before, last)) => format!("{before}_{}", plural(last)),
        None => plural(&name),
    }
}

fn plural(word: &str) -> String {
    match word {
        "person" => return "people".to_owned(),
        "child" => return "children".to_owned(),
        _ => {}
    }
    let consonant_y = word
        .strip_suffix('y')
        .filter(|stem| !stem.is_empty() && !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(stem) = consonant_y {
        format!("{stem}ies")
    } else if ["s", "x", "ch", "sh"].iter().any(|end| word.ends_with(end)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_plurals() {
        for (model, expected) in [
            ("User", "users"),
            ("Category", "categories"),
            ("Day", "days"),
            ("Box", "boxes"),
            ("Bus", "buses"),
            ("Batch", "batches"),
            ("Dish", "dishes"),
            ("Person", "people"),
            ("GrandChild", "grand_children"),
            ("OrderLine", "order_lines"),
            ("GeoLocation", "geo_locations"),
            ("HTTPRequest", "http_requests"),
        ] {
            assert_eq!(table(model), expected);
        }
    }

    #[test]
    fn cases() {
        let written = CASES.map(|(_, case)| case.apply("track_id"));
        assert_eq!(written, ["TrackId", "trackId", "track_id", "TRACK_ID"]);
    }

    #[test]
    fn a_wrong_case_gets_a_suggestion() {
        let text: LitStr = syn::parse_quote!("snake-case");
        let error = Case::parse(&text).unwrap_err().to_string();
        assert_eq!(error, "`snake-case` is no way to write names; did you mean `snake_case`?");
    }
}
