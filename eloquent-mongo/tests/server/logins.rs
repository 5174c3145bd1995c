//! Reaching the server.

use eloquent_core::ErrorKind;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Driver as _;
use eloquent_mongo::MongoDriver;

use crate::ground::{config, connection};

#[tokio::test]
async fn the_server_tells_what_it_is() {
    let connection = connection().await;
    let version = connection.server_version().expect("it told");
    assert!(version.starts_with("MongoDB "), "{version}");
    assert_eq!(connection.max_sessions(), Some(100));
    assert!(connection.ping_after().is_none());
    connection.session().await.unwrap().ping().await.unwrap();
}

/// A port that nothing listens on, and one where something says nothing.
#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_in_time() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [1, silent.local_addr().unwrap().port()];
    for port in ports {
        let config = ConnectionConfig::new("test", "mongo")
            .set("uri", format!("mongodb://ada:canary@127.0.0.1:{port}"))
            .set("db", "app")
            .set("connect_timeout_ms", "300")
            .set("server_selection_timeout_ms", "500");
        let began = std::time::Instant::now();
        let error = MongoDriver.connect(&config).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
        assert!(error.hint().is_some() || error.message().contains("time"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_name_without_records_is_explained() {
    let config = ConnectionConfig::new("test", "mongo")
        .set("uri", "mongodb+srv://ada:canary@cluster.invalid/")
        .set("db", "app")
        .set("connect_timeout_ms", "2000");
    let error = MongoDriver.connect(&config).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("an SRV record")), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
}

#[tokio::test]
async fn a_login_that_is_refused_is_explained() {
    for source in ["admin", "app"] {
        let config = config()
            .set("user", "nobody_of_this_name")
            .set("password", "canary")
            .set("auth_source", source)
            .set("server_selection_timeout_ms", "5000");
        let error = MongoDriver.connect(&config).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
        assert_eq!(error.message(), "the server refuses the login");
        assert!(error.hint().is_some_and(|hint| hint.contains("`auth_source`")), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_uri_that_is_none_is_refused_without_its_password() {
    for uri in
        ["mongodb://ada:can:ary@h", "mongodb://ada:canary@h/?w=x&w=y&nonsense", "http://canary"]
    {
        let config = config().set("uri", uri).set("server_selection_timeout_ms", "100");
        let error = MongoDriver.connect(&config).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
