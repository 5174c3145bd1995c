//! Errors of the client, in the words of Eloquent. What the server writes may quote values, so that its
//! texts are looked at for names and never passed on.

use eloquent_core::{Error, ErrorKind};
use mongodb::error::{
    Error as ClientError, ErrorKind as Client, TRANSIENT_TRANSACTION_ERROR, WriteFailure,
};

/// The name of the driver.
pub(crate) const DRIVER: &str = "mongo";

/// An error of this driver.
pub(crate) fn error(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_driver(DRIVER)
}

/// The error of a statement about a collection.
pub(crate) fn of_statement(failed: &ClientError, collection: &str) -> Error {
    // the table first: what is closest to the cause wins, and a clash may name another collection
    match reported(failed) {
        Some(reported) => of_server(&reported, failed).with_table(collection.to_owned()),
        None => of_lost(failed).with_table(collection.to_owned()),
    }
}

/// The error of a commit.
pub(crate) fn of_commit(failed: &ClientError) -> Error {
    match reported(failed) {
        Some(reported) => of_server(&reported, failed),
        None => of_lost(failed),
    }
}

/// The error of something that was sent. The client says of it whether all of the transaction may be run
/// again.
fn of_lost(failed: &ClientError) -> Error {
    let error = of_client(failed, ErrorKind::ConnectionLost);
    if failed.contains_label(TRANSIENT_TRANSACTION_ERROR) { error.retryable() } else { error }
}

/// The error of reaching the server.
pub(crate) fn of_connect(failed: &ClientError) -> Error {
    match reported(failed) {
        Some(reported) => of_server(&reported, failed),
        None => of_client(failed, ErrorKind::Connect),
    }
}

/// Whether the transaction met another one, so that it may succeed when it is run again.
pub(crate) fn is_conflict(failed: &ClientError) -> bool {
    failed.contains_label(TRANSIENT_TRANSACTION_ERROR)
        && reported(failed).is_some_and(|reported| matches!(reported.code, 112 | 24 | 46))
}

/// Whether a read may succeed when it is sent a second time: the server was lost, or is going, or is not the
/// one to ask any more. These are the codes of the specification of retryable reads.
pub(crate) fn is_worth_a_second_read(failed: &ClientError) -> bool {
    match &*failed.kind {
        Client::Io(_) | Client::ConnectionPoolCleared { .. } => true,
        _ => code(failed).is_some_and(|code| {
            matches!(
                code,
                6 | 7 | 89 | 91 | 134 | 189 | 262 | 9001 | 10107 | 11600 | 11602 | 13435 | 13436
            )
        }),
    }
}

/// What the server said.
struct Reported<'e> {
    code: i32,
    name: &'e str,
    message: &'e str,
}

/// The code of the error, where it is one of the server.
pub(crate) fn code(failed: &ClientError) -> Option<i32> {
    reported(failed).map(|reported| reported.code)
}

fn reported(failed: &ClientError) -> Option<Reported<'_>> {
    match &*failed.kind {
        Client::Command(error) => {
            Some(Reported { code: error.code, name: &error.code_name, message: &error.message })
        }
        Client::Write(WriteFailure::WriteError(error)) => Some(Reported {
            code: error.code,
            name: error.code_name.as_deref().unwrap_or_default(),
            message: &error.message,
        }),
        Client::Write(WriteFailure::WriteConcernError(error)) => {
            Some(Reported { code: error.code, name: &error.code_name, message: &error.message })
        }
        Client::InsertMany(error) => match (&error.write_errors, &error.write_concern_error) {
            (Some(errors), _) => errors.first().map(|error| Reported {
                code: error.code,
                name: error.code_name.as_deref().unwrap_or_default(),
                message: &error.message,
            }),
            (None, Some(error)) => {
                Some(Reported { code: error.code, name: &error.code_name, message: &error.message })
            }
            (None, None) => None,
        },
        _ => None,
    }
}

/// The error of a code that a reply holds beside other things.
pub(crate) fn of_code(code: i32, message: &str) -> Error {
    of_reported(&Reported { code, name: "", message }, false)
}

fn of_server(reported: &Reported<'_>, failed: &ClientError) -> Error {
    let is_transient = failed.contains_label(TRANSIENT_TRANSACTION_ERROR);
    let error = of_reported(reported, is_transient);
    if is_transient { error.retryable() } else { error }
}

fn of_reported(reported: &Reported<'_>, is_transient: bool) -> Error {
    use ErrorKind::{
        Busy, CheckViolation, ConnectionLost, Database, Encode, Full, InvalidInput, Permission,
        ReadOnly, SerializationFailure, Timeout, Unsupported,
    };
    let (kind, message, hint) = match reported.code {
        11000 | 11001 | 12582 => return clash(reported.message),
        121 => (CheckViolation, "the document does not pass the validator of the collection", ""),
        112 => (SerializationFailure, "another transaction writes the same document", ""),
        251 | 244 | 246 => (SerializationFailure, "the server has ended the transaction", ""),
        24 | 46 => (Busy, "a lock was not granted in time", ""),
        50 | 262 => (Timeout, "the statement took longer than it may", ""),
        11601 => (Timeout, "the statement was ended on the server", ""),
        13 => (Permission, "the user may not do this", "grant the user a role on this database"),
        18 => (Permission, "the server refuses the login", LOGIN),
        40_573 => (Unsupported, "this server does not tell of changes", REPLICA_SET),
        260 | 286 => (InvalidInput, NO_PLACE, "watch without it, and read the collection anew"),
        20 | 263 => (Unsupported, "this server cannot do this", REPLICA_SET),
        11600 | 91 | 189 | 11602 | 6 | 7 | 89 | 9001 => {
            (ConnectionLost, "the server is shutting down or cannot be reached", "")
        }
        10107 | 13435 | 13436 | 10058 => (ReadOnly, "the server is not the primary", ""),
        26 => (InvalidInput, "there is no such collection", ""),
        27 => (InvalidInput, "there is no such index", ""),
        48 => (InvalidInput, "the collection exists already", ""),
        68 | 85 | 86 => (InvalidInput, "an index of this name or kind exists already", ""),
        73 => (InvalidInput, "the server does not take the name of the database or collection", ""),
        66 => (
            InvalidInput,
            "the key of a document cannot be changed",
            "add a new document, and remove the old one",
        ),
        10334 | 17419 | 17420 | 17280 => (Encode, TOO_LARGE, ""),
        15 => (Encode, "the document is nested too deeply", ""),
        241 => (Encode, "the result is out of the range of its type", ""),
        16608 | 16610 | 4_848_401 => (Encode, "division by zero", ""),
        2 if reported.message.contains("divide by zero") => (Encode, "division by zero", ""),
        12501 | 14031 => (Full, "the disk or quota of the server is full", ""),
        _ => (Database, "", ""),
    };
    let kind = if is_transient && kind == Database { SerializationFailure } else { kind };
    let failed = match message {
        "" => {
            let name = if reported.name.is_empty() { "an error" } else { reported.name };
            error(kind, format!("the server reports {name} (code {})", reported.code))
        }
        message => error(kind, message),
    };
    if hint.is_empty() { failed } else { failed.with_hint(hint) }
}

pub(crate) const NO_NAME: &str = "look at the host in `uri`; `mongodb+srv://` takes one name without a port, \
                                  for which the DNS has an SRV record";
const TOO_LARGE: &str = "the document is larger than 16 MB";
const LOGIN: &str = "look at user and password, and at `auth_source`: the database in which the user was made, \
                     often `admin`";
pub(crate) const NO_PLACE: &str = "the server cannot go on from the place to resume after";
pub(crate) const REPLICA_SET: &str = "transactions and change streams need a replica set, which may be one of a single server: \
                           `mongod --replSet rs0` and then `rs.initiate()`";

/// `… collection: app.users index: email_1 dup key: { email: "…" }`: the names, without the values.
fn clash(message: &str) -> Error {
    let clash = error(ErrorKind::UniqueViolation, "a document with this value exists already");
    let Some((_, rest)) = message.split_once(" index: ") else { return clash };
    let (index, key) = rest.split_once(" dup key: ").unwrap_or((rest, ""));
    let is_name = |name: &&str| !name.is_empty() && !name.contains(['"', '{']);
    let field = key.trim_start().strip_prefix('{').and_then(|fields| fields.split_once(':'));
    let field = field.map(|(field, _)| field.trim().trim_matches('"')).filter(is_name);
    let clash = match message.split_once("collection: ").and_then(|(_, rest)| rest.split_once('.'))
    {
        Some((_, rest)) => match rest.split_once(" index: ") {
            Some((collection, _)) => clash.with_table(collection.to_owned()),
            None => clash,
        },
        None => clash,
    };
    let clash = match field {
        Some("_id") => clash.with_column("id"),
        Some(field) => clash.with_column(field.to_owned()),
        None => clash,
    };
    match Some(index.trim()).filter(is_name) {
        Some(index) => clash.with_constraint(index.to_owned()),
        None => clash,
    }
}

fn of_client(failed: &ClientError, lost: ErrorKind) -> Error {
    match &*failed.kind {
        Client::Authentication { .. } => {
            error(ErrorKind::Permission, "the server refuses the login").with_hint(LOGIN)
        }
        Client::ServerSelection { message, .. } => not_selected(message),
        Client::DnsResolve { .. } => {
            error(ErrorKind::Connect, "the name of the server cannot be resolved")
                .with_hint(NO_NAME)
        }
        Client::InvalidTlsConfig { .. } => error(ErrorKind::Config, "TLS cannot be set up")
            .with_hint("look at the file of `tls_ca_file`"),
        // said by the client before it sends the document
        Client::InvalidArgument { message, .. } if message.contains("bytes, but document") => {
            error(ErrorKind::Encode, TOO_LARGE)
        }
        Client::InvalidArgument { message, .. } if message.starts_with("Message length") => {
            error(ErrorKind::Encode, "the statement is larger than a message to the server may be")
                .with_hint("a document has 16 MB at most")
        }
        Client::InvalidArgument { .. } => {
            error(ErrorKind::InvalidInput, "the client does not take the statement or setting")
        }
        Client::Bson(_) => error(ErrorKind::Decode, "the reply of the server cannot be read"),
        Client::SessionsNotSupported => {
            error(ErrorKind::Unsupported, "the server has no sessions").with_hint(REPLICA_SET)
        }
        Client::Transaction { .. } => {
            error(ErrorKind::TransactionAborted, "the transaction is over")
        }
        Client::IncompatibleServer { .. } => {
            error(ErrorKind::Unsupported, "the server is too old for the client")
                .with_hint("MongoDB 6.0 or later is needed")
        }
        Client::Shutdown => error(lost, "the connection has been closed"),
        _ => error(lost, "the server cannot be reached, or the connection to it was lost"),
    }
}

/// The text is about servers and what became of the attempts to reach them.
fn not_selected(text: &str) -> Error {
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let (kind, message, hint) = if has(&["Authentication", "authentication", "SCRAM"]) {
        (ErrorKind::Permission, "the server refuses the login", LOGIN)
    } else if has(&["Connection refused"]) {
        (
            ErrorKind::Connect,
            "the server refuses connections",
            "look at host and port, and whether the server runs",
        )
    } else if has(&["lookup address", "resolve"]) {
        (
            ErrorKind::Connect,
            "the name of the server cannot be resolved",
            "look at the host in the URI",
        )
    } else if has(&["certificate", "tls", "TLS", "InvalidContentType", "UnexpectedEof"]) {
        (
            ErrorKind::Connect,
            "TLS cannot be agreed on with the server",
            "set `tls=off` for a server without it, or `tls_ca_file` for one whose certificate has an authority \
             of its own",
        )
    } else {
        (
            ErrorKind::Connect,
            "no server answered in time",
            "look at the hosts and at `replicaSet` in the URI; the members of a replica set must be reachable \
             by the names that they give each other",
        )
    };
    error(kind, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clash_names_index_field_and_collection_and_no_value() {
        let text = "E11000 duplicate key error collection: app.users index: users_email_unique dup key: \
                    { email: \"canary: { x\" }";
        let error = clash(text);
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!((error.table(), error.column()), (Some("users"), Some("email")));
        assert_eq!(error.constraint(), Some("users_email_unique"));
        assert!(!error.to_string().contains("canary"));
        let key = clash("E11000 … collection: a.b.c index: _id_ dup key: { _id: 1 }");
        assert_eq!((key.table(), key.column()), (Some("b.c"), Some("id")));
        assert_eq!(clash("canary").constraint(), None);
    }

    /// The client tells only in words what became of its attempts to reach a server.
    #[test]
    fn attempts_that_failed_are_explained() {
        for (text, kind, hint) in [
            (
                "Kind: SCRAM failure: Authentication failed. canary",
                ErrorKind::Permission,
                "auth_source",
            ),
            ("{ Error: Kind: I/O error: Connection refused canary }", ErrorKind::Connect, "port"),
            ("failed to lookup address information: canary", ErrorKind::Connect, "host"),
            ("invalid peer certificate: UnknownIssuer canary", ErrorKind::Connect, "tls_ca_file"),
            ("Server selection timeout: canary", ErrorKind::Connect, "replicaSet"),
        ] {
            let error = not_selected(text);
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.hint().is_some_and(|said| said.contains(hint)), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_read_is_worth_a_second_try_where_the_server_is_not_the_one_to_ask_any_more() {
        let told = |code: i32| {
            let reply = mongodb::bson::doc! { "code": code, "codeName": "", "errmsg": "canary" };
            let error = mongodb::bson::deserialize_from_document(reply).unwrap();
            ClientError::from(Client::Command(error))
        };
        for code in [10107, 11600, 13436, 189] {
            assert!(is_worth_a_second_read(&told(code)), "{code}");
        }
        // what would only fail again, and what has taken its time
        for code in [2, 13, 50, 11000] {
            assert!(!is_worth_a_second_read(&told(code)), "{code}");
        }
        assert!(!is_worth_a_second_read(&ClientError::custom("canary")));
    }

    #[test]
    fn codes_become_kinds() {
        for (code, kind) in [
            (121, ErrorKind::CheckViolation),
            (18, ErrorKind::Permission),
            (13, ErrorKind::Permission),
            (50, ErrorKind::Timeout),
            (112, ErrorKind::SerializationFailure),
            (20, ErrorKind::Unsupported),
            (4242, ErrorKind::Database),
        ] {
            let error = of_code(code, "canary");
            assert_eq!(error.kind(), kind, "{code}");
            assert!(!error.to_string().contains("canary"));
        }
    }
}
