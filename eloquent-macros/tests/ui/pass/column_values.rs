//! Enums and newtypes as values of columns.

use eloquent::__private::ColumnType;
use eloquent::prelude::*;
use eloquent::value::{Value, ValueRef};

#[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
enum Status {
    Open,
    InReview,
    #[column(rename = "done!")]
    Done,
}

#[derive(ColumnValue, Debug, PartialEq)]
#[column(rename_all = "SCREAMING_SNAKE_CASE")]
enum Role {
    SuperUser,
    r#Guest,
}

#[derive(ColumnValue, Debug, PartialEq)]
#[column(integer)]
#[repr(u8)]
enum Level {
    Low,
    High = 1 << 4,
    Higher,
}

#[derive(ColumnValue, Debug, PartialEq)]
struct UserId(i64);

#[derive(ColumnValue, Debug, PartialEq)]
struct Email(String);

#[derive(ColumnValue, Debug, PartialEq)]
struct Tags(Vec<String>);

fn check<T: ColumnValue + std::fmt::Debug + PartialEq>(value: T, stored: Value) {
    assert_eq!(value.to_value(), Ok(stored.clone()));
    assert_eq!(T::from_value(stored.as_ref()).as_ref(), Ok(&value));
    assert_eq!(value.into_value(), Ok(stored));
}

fn main() {
    check(Status::Open, Value::Text("open".into()));
    check(Status::InReview, Value::Text("in_review".into()));
    check(Status::Done, Value::Text("done!".into()));
    check(Role::SuperUser, Value::Text("SUPER_USER".into()));
    check(Role::Guest, Value::Text("GUEST".into()));
    check(Level::Low, Value::I64(0));
    check(Level::High, Value::I64(16));
    check(Level::Higher, Value::I64(17));
    check(UserId(7), Value::I64(7));
    check(Email("ada@example.org".into()), Value::Text("ada@example.org".into()));
    check(Tags(vec!["a".into()]), Value::Array(vec![Value::Text("a".into())]));
    check(vec![Status::Open], Value::Array(vec![Value::Text("open".into())]));
    check(Some(Status::Open), Value::Text("open".into()));

    assert_eq!(Level::from_value(ValueRef::U64(16)), Ok(Level::High));
    assert_eq!(Status::TYPE, ColumnType::String { length: 255 });
    assert_eq!(Level::TYPE, ColumnType::I64);
    assert_eq!(Email::TYPE, ColumnType::Text);

    let unknown = Status::from_value(ValueRef::Text("hunter2")).unwrap_err();
    assert_eq!(unknown.reason(), "the stored value is no Status (known: open, in_review, done!)");
    let unknown = Level::from_value(ValueRef::I64(4711)).unwrap_err();
    assert_eq!(unknown.reason(), "the stored value is no Level (known: Low, High, Higher)");
    let other = Status::from_value(ValueRef::I64(1)).unwrap_err();
    assert_eq!(other.reason(), "expected text, found an integer");
}
