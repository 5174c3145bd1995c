//! Reports about several connections.

use eloquent::Error;
use serde_json::{Value, json};

use super::{Exit, Fault, Page, Report};

/// What is told of one connection.
#[derive(Debug)]
pub(crate) struct Part {
    name: String,
    exit: Exit,
    error: Option<Fault>,
    /// What is wrong although it did not fail.
    warnings: Vec<Fault>,
    /// For programs: what is known beside the name and how it went.
    known: Value,
}

impl Part {
    /// A connection, with what failed there, if something did. What is known is an object.
    pub(crate) fn of(name: &str, error: Option<&Error>, known: Value) -> Self {
        Part {
            name: name.to_owned(),
            exit: error.map_or(Exit::Done, Exit::of),
            error: error.map(Fault::from),
            warnings: Vec::new(),
            known,
        }
    }

    /// With something that is wrong although it did not fail.
    #[must_use]
    pub(crate) fn warned(mut self, warnings: Vec<Fault>) -> Self {
        self.warnings = warnings;
        self
    }

    /// What was looked for is not as it should be.
    #[must_use]
    pub(crate) fn unfit(mut self, yes: bool) -> Self {
        if yes && self.exit == Exit::Done {
            self.exit = Exit::Failed;
        }
        self
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let mut document = json!({ "name": self.name, "ok": self.exit == Exit::Done });
        if let (Value::Object(document), Value::Object(known)) = (&mut document, &self.known) {
            document.extend(known.clone());
        }
        document["error"] = json!(self.error.as_ref().map(Fault::json));
        document
    }
}

impl Report {
    /// Of all these connections, which the page shows.
    pub(crate) fn of_parts(page: Page, parts: Vec<Part>) -> Self {
        let exit = Exit::of_all(parts.iter().map(|part| part.exit));
        let connections: Vec<Value> = parts.iter().map(Part::json).collect();
        Report {
            exit,
            json: json!({ "ok": exit == Exit::Done, "connections": connections }),
            page,
            errors: parts
                .into_iter()
                .flat_map(|part| part.error.into_iter().chain(part.warnings))
                .collect(),
        }
    }
}
