//! Every mistake has an error that names the variable, says what to do, and shows no value.

use eloquent::{ErrorKind, Registry};

use crate::hosted::{environment, registry};

const CANARY: &str = "canary-4711";

struct Case {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    connection: &'static str,
    kind: ErrorKind,
    /// What the error has to say, in any order.
    says: &'static [&'static str],
}

const fn case(
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    connection: &'static str,
    says: &'static [&'static str],
) -> Case {
    Case { name, variables, connection, kind: ErrorKind::Config, says }
}

const APP: (&str, &str) = ("HO_NAME", "app");
const HOST: (&str, &str) = ("HO_HOST", "db.example");
const PASSWORD: (&str, &str) = ("HO_PASSWORD", "canary-4711");

const CASES: &[Case] = &[
    case("no database", &[HOST, PASSWORD], "hosted", &["`HO_NAME` is not set", "HO_URL"]),
    case("an empty database", &[HOST, ("HO_NAME", "")], "hosted", &["`HO_NAME` is not set"]),
    case(
        "a port of letters",
        &[HOST, APP, ("HO_PORT", "canary-4711")],
        "hosted",
        &["HO_PORT", "65535"],
    ),
    case("a port too high", &[HOST, APP, ("HO_PORT", "99999")], "hosted", &["HO_PORT", "65535"]),
    case("a port of zero", &[HOST, APP, ("HO_PORT", "0")], "hosted", &["HO_PORT", "65535"]),
    case(
        "tests without a database",
        &[HOST, APP, PASSWORD],
        "hosted_test",
        &["the tests have no database of their own", "HO_TEST_NAME", "HO_NAME"],
    ),
    case(
        "tests on the database of the application",
        &[HOST, APP, PASSWORD, ("HO_TEST_NAME", "app")],
        "hosted_test",
        &["same database", "HO_TEST_NAME", "HO_NAME"],
    ),
    case(
        "the same, spelt in another way",
        &[("HO_HOST", "localhost"), APP, ("HO_TEST_HOST", "127.0.0.1"), ("HO_TEST_NAME", "APP")],
        "hosted_test",
        &["same database"],
    ),
    case(
        "the same by URL",
        &[HOST, APP, ("HO_TEST_URL", "hosted://u:canary-4711@db.example/app")],
        "hosted_test",
        &["same database", "HO_TEST_URL"],
    ),
    case(
        "a URL and a host",
        &[HOST, ("HO_URL", "hosted://u:canary-4711@other/app")],
        "hosted",
        &["`HO_URL`", "`HO_HOST`", "both set"],
    ),
    case(
        "a URL of another driver",
        &[("HO_URL", "sqlite:canary-4711")],
        "hosted",
        &["HO_URL", "sqlite"],
    ),
    case("a URL without slashes", &[("HO_URL", "hosted:canary-4711")], "hosted", &["HO_URL", "//"]),
    case(
        "a URL with a bad port",
        &[("HO_URL", "hosted://u:canary-4711@db:99999/app")],
        "hosted",
        &["HO_URL", "port"],
    ),
    case(
        "a URL with a bad code",
        &[("HO_URL", "hosted://u:canary-4711%zz@db/app")],
        "hosted",
        &["HO_URL", "password"],
    ),
    case(
        "a URL with an unknown option",
        &[("HO_URL", "hosted://db/app?sslmod=canary-4711")],
        "hosted",
        &["HO_URL", "option", "ssl_mode"],
    ),
    case(
        "a pool of nothing",
        &[HOST, APP, ("HO_POOL_MAX", "0")],
        "hosted",
        &["HO_POOL_MAX", "1 to 65535"],
    ),
    case(
        "a timeout of letters",
        &[HOST, APP, ("HO_POOL_ACQUIRE_TIMEOUT_MS", "canary-4711")],
        "hosted",
        &["HO_POOL_ACQUIRE_TIMEOUT_MS", "milliseconds"],
    ),
    case(
        "a replica with a bad port",
        &[HOST, APP, ("HO_READ_HOST", "one,two:0")],
        "hosted",
        &["HO_READ_HOST", "port"],
    ),
    case(
        "an unknown role",
        &[HOST, APP, ("ELOQUENT_DB_ROLE", "root")],
        "hosted",
        &["ELOQUENT_DB_ROLE", "migration"],
    ),
    case(
        "a misspelt variable",
        &[("HO_HSOT", "canary-4711"), ("HO_NAM", "x")],
        "hosted",
        &["HO_NAM", "HO_NAME"],
    ),
    Case {
        name: "a driver that is not linked",
        variables: &[],
        connection: "oracle",
        kind: ErrorKind::ConnectionUnknown,
        says: &["oracle", "feature", "as _;"],
    },
    Case {
        name: "nearly a name",
        variables: &[],
        connection: "hostd",
        kind: ErrorKind::ConnectionUnknown,
        says: &["did you mean `hosted`?"],
    },
];

#[test]
fn each_mistake_is_told() {
    let registry = registry();
    for case in CASES {
        let name = case.name;
        let found = environment(case.variables);
        let error = match found.config(&registry, case.connection) {
            Ok(config) => unreachable!("{name}: {config:?}"),
            Err(error) => error,
        };
        let text = error.to_string();
        assert_eq!(error.kind(), case.kind, "{name}: {text}");
        for part in case.says {
            assert!(text.contains(part), "{name}: `{part}` is missing in {text}");
        }
        assert!(!text.contains(CANARY), "{name}: {text}");
        assert!(!format!("{error:?}{found:?}").contains(CANARY), "{name}");
        if case.kind == ErrorKind::Config && !text.contains("ELOQUENT_DB_ROLE") {
            assert!(text.contains(case.connection), "{name}: the connection is missing in {text}");
        }
    }
}

#[test]
fn selectors_name_one_connection() {
    let registry = registry();
    let cases: &[(&str, ErrorKind, &[&str])] = &[
        ("hosted,sqlite", ErrorKind::Config, &["DB_CONNECTION", "more than one"]),
        ("hosted sqlite", ErrorKind::Config, &["DB_CONNECTION", "more than one"]),
        ("sqlite;hosted", ErrorKind::Config, &["DB_CONNECTION", "more than one"]),
        ("hosted://u:canary-4711@db/app", ErrorKind::Config, &["DB_CONNECTION", "URL"]),
        ("oracle", ErrorKind::ConnectionUnknown, &["DB_CONNECTION", "oracle", "feature"]),
        ("canary-4711$", ErrorKind::Config, &["DB_CONNECTION"]),
    ];
    for (value, kind, says) in cases {
        let error = environment(&[("DB_CONNECTION", value)])
            .default_connection(&registry)
            .expect_err("it is refused");
        let text = error.to_string();
        assert_eq!(error.kind(), *kind, "{text}");
        assert!(says.iter().all(|part| text.contains(part)) && !text.contains(CANARY), "{text}");
    }
    let unset = [environment(&[]), environment(&[("DB_CONNECTION", "")])];
    for environment in unset {
        assert_eq!(environment.default_connection(&registry).expect("fine"), None);
    }
    let tests = environment(&[("DB_TEST_CONNECTION", "hosted")]).test_mode(true);
    let error = tests.default_connection(&registry).expect_err("it is the application's");
    assert!(error.to_string().contains("hosted_test"), "{error}");
}

#[test]
fn what_nobody_reads_is_told() {
    let registry = Registry::linked_and(&[crate::hosted::HOSTED]).expect("no conflict");
    let environment = environment(&[
        ("DB_MYSQL_CONNECTION", "mysql"),
        ("DB_SQLITE_CONNECTION", "sqlite"),
        ("HO_HSOT", "x"),
        ("HO_HOST", "db"),
        ("PATH", "/bin"),
    ]);
    let notes = environment.notes(&registry);
    let told: Vec<(&str, Option<&str>)> =
        notes.iter().map(|note| (note.key(), note.suggestion())).collect();
    assert_eq!(
        told,
        [
            ("DB_MYSQL_CONNECTION", Some("DB_CONNECTION")),
            ("DB_SQLITE_CONNECTION", Some("DB_CONNECTION")),
            ("HO_HSOT", Some("HO_HOST")),
        ]
    );
}
