//! Every attribute of a model, at least once.

use eloquent::__private::ColumnType;
use eloquent::model::{KeySource, ModelFamily};
use eloquent::prelude::*;

#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct Address {
    pub city: String,
}

/// An invoice.
#[derive(Model, Debug, Clone)]
#[model(table = "Invoice", connection = "mysql", rename_all = "PascalCase")]
pub struct Invoice {
    #[model(key)]
    pub invoice_id: i64,
    #[model(length = 160, unique)]
    pub number: String,
    #[model(decimal(10, 2), index)]
    pub total: Decimal,
    #[model(column = "ItemCount", column_type = I16, default)]
    pub items: i64,
    #[model(default = "open")]
    pub state: String,
    #[model(default = Some(30))]
    pub days: Option<i32>,
    #[model(database_default)]
    pub region: String,
    #[model(json)]
    pub billing: Address,
    #[model(json)]
    pub shipping: Option<Address>,
    #[model(json, default)]
    pub history: Vec<Address>,
    #[model(created_at)]
    pub issued: DateTime<Utc>,
    #[model(updated_at)]
    pub changed: Option<DateTime<Utc>>,
}

#[derive(Model, Debug)]
#[model(portable, timestamps = false)]
struct Event {
    #[model(key, auto = false)]
    number: i64,
    created_at: DateTime<Utc>,
}

#[derive(Model, Debug)]
#[model(document)]
struct Place {
    id: eloquent::value::ObjectId,
    updated_at: DateTime<Utc>,
}

fn main() {
    let invoice = Invoice::definition();
    assert_eq!((invoice.table, invoice.connection), ("Invoice", Some("mysql")));
    assert_eq!(invoice.family, ModelFamily::Relational);
    assert_eq!((invoice.key, invoice.key_source), (&[0][..], KeySource::Database));
    assert_eq!((invoice.created_at, invoice.updated_at), (Some(10), Some(11)));
    let names = Invoice::column_names();
    assert_eq!(names[..5], ["InvoiceId", "Number", "Total", "ItemCount", "State"]);
    let columns = invoice.columns;
    assert!(columns[0].auto_increment && columns[1].unique && columns[2].index);
    assert_eq!(columns[1].ty, ColumnType::String { length: 160 });
    assert_eq!(columns[2].ty, ColumnType::Decimal { precision: 10, scale: 2 });
    assert_eq!(columns[3].ty, ColumnType::I16);
    assert_eq!((columns[7].ty, columns[7].nullable), (ColumnType::Json, false));
    assert_eq!((columns[8].ty, columns[8].nullable), (ColumnType::Json, true));
    assert!(columns[6].database_default && columns[11].nullable);
    let required: Vec<&str> = Invoice::REQUIRED.iter().map(|(name, _)| *name).collect();
    assert_eq!(required, ["number", "total", "billing"]);

    let city = "Paris".to_owned();
    let _ = new!(Invoice { number: "1", total: Decimal::ONE, billing: Address { city } });

    assert_eq!(Event::definition().family, ModelFamily::Portable);
    assert_eq!(Event::definition().key_source, KeySource::Given);
    assert_eq!(Event::definition().created_at, None);
    assert_eq!(Event::REQUIRED.len(), 2);

    assert_eq!(Place::definition().family, ModelFamily::Document);
    assert_eq!(Place::definition().key_source, KeySource::ObjectId);
    assert_eq!(Place::definition().updated_at, Some(1));
}
