//! What MySQL does in its own way, against a server that is taken for one.

use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::{Connection as _, Session};
use eloquent_core::schema::ColumnType;
use eloquent_core::statement::{
    Assignment, ColumnRef, Expression, Insert, RawSql, Source, Statement, Update,
};
use eloquent_core::value::Value;

use crate::config::Settings;
use crate::connection::ServerConnection;
use crate::flavour::Flavour;

const DATABASE: &str = "eloquent_mysql_flavour";

fn settings(name: Option<&str>) -> Settings {
    let keys = [("host", "DB_HOST"), ("port", "DB_PORT"), ("user", "DB_USER")];
    let keys = keys.into_iter().chain([("password", "DB_PASSWORD")]);
    let config = ConnectionConfig::new("test", "mysql").set("host", "127.0.0.1");
    let config = keys.fold(config, |config, (key, variable)| match std::env::var(variable) {
        Ok(value) => config.set(key, value),
        Err(_) => config,
    });
    Settings::read(&config.set("name", name.unwrap_or_default())).unwrap()
}

async fn session(name: Option<&str>) -> Box<dyn Session> {
    let hint =
        "run it within `scripts/with-servers`, or set DB_HOST, DB_PORT, DB_USER, DB_PASSWORD";
    let connection = ServerConnection::open_as(settings(name), Some(Flavour::MySql)).await;
    connection.expect(hint).session().await.expect(hint)
}

async fn raw(session: &mut dyn Session, text: &str) -> eloquent_core::driver::Affected {
    let statement = Statement::Raw(RawSql::trusted(text.to_owned()));
    session.execute(&statement).await.unwrap()
}

async fn numbered() -> Box<dyn Session> {
    let mut admin = session(None).await;
    raw(&mut *admin, &format!("DROP DATABASE IF EXISTS {DATABASE}")).await;
    raw(&mut *admin, &format!("CREATE DATABASE {DATABASE}")).await;
    let mut session = session(Some(DATABASE)).await;
    let text = "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, a INT, b INT)";
    raw(&mut *session, text).await;
    session
}

fn insert(columns: &[&'static str], rows: &[&[i64]]) -> Statement {
    Statement::Insert(Insert {
        table: "t".into(),
        columns: columns.iter().map(|column| (*column).into()).collect(),
        values: rows.iter().copied().flatten().map(|n| Value::I64(*n)).collect(),
        conflict: None,
        returning: None,
    })
}

fn reference(name: &'static str) -> ColumnRef {
    ColumnRef { source: Source(0), name: name.into(), ty: Some(ColumnType::I64) }
}

#[tokio::test]
async fn numbers_are_told_and_assignments_take_turns() {
    let mut session = numbered().await;
    let session = &mut *session;
    let one = session.execute(&insert(&["a"], &[&[5]])).await.unwrap();
    assert_eq!((one.rows, one.last_id), (1, Some(1)));
    let three = session.execute(&insert(&["a"], &[&[6], &[7], &[8]])).await.unwrap();
    assert_eq!((three.rows, three.last_id), (3, Some(4)), "the last one");
    assert!(session.ids_follow("t").await.unwrap());
    assert!(!session.ids_follow("missing").await.unwrap());
    raw(session, "SET auto_increment_increment = 10").await;
    assert!(!session.ids_follow("t").await.unwrap(), "they come in steps");
    raw(session, "SET auto_increment_increment = 1, sql_mode = 'STRICT_ALL_TABLES'").await;
    // without the mode in which assignments are simultaneous, as on the other server
    let change = Update {
        table: "t".into(),
        assignments: vec![
            Assignment { column: reference("a"), value: Expression::Value(Value::I64(9)) },
            Assignment { column: reference("b"), value: Expression::Column(reference("a")) },
        ],
        filter: Vec::new(),
        all: true,
        by_key: false,
        returning: None,
    };
    assert_eq!(session.execute(&Statement::Update(change)).await.unwrap().rows, 4);
    let check = "UPDATE t SET id = id WHERE a = 9 AND b BETWEEN 5 AND 8";
    assert_eq!(raw(session, check).await.rows, 4);
    // a change to the schema that was made before
    let index = |drop| {
        use eloquent_core::schema::{Index, SchemaChange};
        let (name, table) = ("i".into(), "t".into());
        match drop {
            true => SchemaChange::DropIndex { table, name, if_exists: true },
            false => {
                let columns = vec!["a".into()];
                let index = Index { name, table, columns, ..Index::default() };
                SchemaChange::CreateIndex(Index { if_not_exists: true, ..index })
            }
        }
    };
    for drop in [true, false, false, true, true] {
        session.alter(&index(drop)).await.unwrap();
    }
}
