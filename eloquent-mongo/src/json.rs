//! Text in the language of the database: JSON, with the forms of MongoDB for what JSON has not
//! (`{"$oid": …}`, `{"$date": …}`). Fields keep their order, which means something in commands.

use eloquent_core::{Error, Result};
use mongodb::bson::Document;

/// A document as JSON, with its values.
pub(crate) fn write(document: &Document) -> String {
    // a document has no part that JSON has no form for
    serde_json::to_string(document).unwrap_or_default()
}

/// The document that a text stands for.
///
/// # Errors
/// [`InvalidInput`](eloquent_core::ErrorKind::InvalidInput) with the place in the text, which is not shown.
pub(crate) fn read(text: &str) -> Result<Document> {
    serde_json::from_str(text).map_err(|fault| {
        let place = format!("line {}, column {}", fault.line(), fault.column());
        Error::invalid(format!("the text is not a JSON object: it fails at {place}"))
            .with_hint("write `{\"…\": …}`; `{\"$date\": \"2026-01-01T00:00:00Z\"}` is a moment")
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Bson, doc};

    use super::*;

    #[test]
    fn the_order_and_the_types_stay() {
        let text =
            r#"{"z":1,"a":{"$date":"2026-01-01T00:00:00Z"},"m":{"$gt":2.5},"l":[true,null]}"#;
        let document = read(text).unwrap();
        assert_eq!(document.keys().collect::<Vec<_>>(), ["z", "a", "m", "l"]);
        assert!(matches!(document.get("a"), Some(Bson::DateTime(_))));
        assert_eq!(read(&write(&document)).unwrap(), document);
        assert_eq!(write(&doc! { "b": 1, "a": "x" }), r#"{"b":1,"a":"x"}"#);
        assert!(read("[1]").is_err() && read("{").unwrap_err().message().contains("line 1"));
    }
}
