//! What only documents know: names and values that could be operators, keys that are object ids, the
//! bounds of BSON.

use eloquent::prelude::*;
use eloquent::query::Expr;
use eloquent::value::{Document, NaiveDateTime, Value};

type Data = Json<serde_json::Value>;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(document)]
struct Login {
    id: i64,
    name: String,
    #[model(default)]
    password: String,
    data: Option<Data>,
    fields: Option<Document>,
    #[model(default)]
    big: u64,
    #[model(default)]
    small: i32,
    #[model(default)]
    wide: i64,
    exact: Option<Decimal>,
    #[model(decimal(6, 2), default)]
    amount: Decimal,
    at: Option<DateTime<Utc>>,
    local: Option<NaiveDateTime>,
    blob: Option<Vec<u8>>,
}

/// Runs tests on the server, each on its own thread.
macro_rules! on_documents {
    ($($name:ident)*) => {
        mod mongo {
            $(#[test]
            fn $name() {
                crate::fixture::on(crate::fixture::MONGO, super::$name);
            })*
        }
    };
}

mod generated;
mod operators;
mod values;

async fn count(condition: impl FnOnce(LoginColumns) -> Expr<bool>) -> u64 {
    Login::query().filter(condition).count().await.unwrap()
}

fn json(text: &str) -> Data {
    Json(serde_json::from_str(text).unwrap())
}

fn fields(name: &str, value: Value) -> Document {
    Document::from_iter([(name.to_owned(), value)])
}
