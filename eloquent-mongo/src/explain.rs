//! Commands and plans as text, without values.

use eloquent_core::{Error, Result};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use serde_json::{Map, Value as Json};

use crate::command::Command;
use crate::error::{DRIVER, of_statement};

/// A document as JSON.
pub(crate) fn text(document: &Document) -> String {
    json(&Bson::Document(document.clone())).to_string()
}

/// What commands that are shown are made of.
fn json(value: &Bson) -> Json {
    match value {
        Bson::Document(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), json(value))).collect())
        }
        Bson::Array(items) => items.iter().map(json).collect(),
        Bson::String(text) => text.as_str().into(),
        Bson::Boolean(truth) => (*truth).into(),
        Bson::Int32(integer) => (*integer).into(),
        Bson::Int64(integer) => (*integer).into(),
        Bson::Double(double) => {
            serde_json::Number::from_f64(*double).map_or(Json::Null, Json::Number)
        }
        _ => Json::Null,
    }
}

/// What is shown of the stages of a plan: neither filters nor bounds, which hold values.
const SHOWN: &[&str] = &[
    "stage",
    "indexName",
    "keyPattern",
    "direction",
    "isUnique",
    "limitAmount",
    "skipAmount",
    "sortPattern",
];

/// The plan that the server would choose.
///
/// # Errors
/// What the server reports.
pub(crate) async fn plan(db: &Database, command: &Command) -> Result<String> {
    if let Command::Insert(_) = command {
        return Err(Error::unsupported("the plan of an insert", DRIVER));
    }
    let explained = doc! { "explain": command.document(), "verbosity": "queryPlanner" };
    let reply =
        db.run_command(explained).await.map_err(|e| of_statement(&e, command.collection()))?;
    let mut plans = Vec::new();
    winning(&Bson::Document(reply), &mut plans);
    match plans.is_empty() {
        true => Err(Error::unsupported("a plan", DRIVER)),
        false => Ok(Json::Array(plans).to_string()),
    }
}

/// Finds the plans, wherever they are in a reply.
fn winning(reply: &Bson, plans: &mut Vec<Json>) {
    match reply {
        Bson::Document(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("winningPlan", Bson::Document(stage)) => plans.push(shown(stage)),
                    ("command" | "parsedQuery", _) => {}
                    (_, value) => winning(value, plans),
                }
            }
        }
        Bson::Array(items) => items.iter().for_each(|item| winning(item, plans)),
        _ => {}
    }
}

fn shown(stage: &Document) -> Json {
    let mut shown = Map::new();
    for (name, value) in stage {
        match (name.as_str(), value) {
            ("inputStage" | "outerStage" | "innerStage" | "queryPlan", Bson::Document(inner)) => {
                shown.insert(name.clone(), self::shown(inner));
            }
            ("inputStages", Bson::Array(inner)) => {
                let inner = inner.iter().filter_map(Bson::as_document).map(self::shown);
                shown.insert(name.clone(), inner.collect());
            }
            (name, value) if SHOWN.contains(&name) => {
                shown.insert(name.to_owned(), json(value));
            }
            _ => {}
        }
    }
    Json::Object(shown)
}
