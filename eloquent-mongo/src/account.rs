//! Who the client is to the server.

use eloquent_core::row::OwnedRow;
use eloquent_core::value::Value;
use eloquent_core::{Error, Result};
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use crate::error::{DRIVER, code, of_connect};
use crate::migrate::row;
use crate::worker;

/// What those may who look after a server. Who may make users or roles gives themselves the rest.
const ADMINISTERS: &[&str] = &["anyAction", "createUser", "createRole", "grantRole", "shutdown"];
/// What changes a database rather than what its collections hold.
const CHANGES: &[&str] = &[
    "anyAction",
    "createCollection",
    "dropCollection",
    "collMod",
    "createIndex",
    "dropIndex",
    "dropDatabase",
];

/// The roles that come with a server and do the one or the other.
const ADMINISTRATORS: &[&str] = &[
    "root",
    "__system",
    "userAdmin",
    "userAdminAnyDatabase",
    "clusterAdmin",
    "clusterManager",
    "hostManager",
    "dbOwner",
    "restore",
];
const CHANGERS: &[&str] =
    &["root", "__system", "dbAdminAnyDatabase", "readWriteAnyDatabase", "restore"];
/// And those that do so in the database that they are of.
const CHANGERS_OF_ONE: &[&str] = &["dbOwner", "dbAdmin", "readWrite"];

/// Who that is, and what they may.
///
/// # Errors
/// What the server reports, or that it does not tell.
pub(crate) async fn ask(db: &Database) -> Result<Vec<OwnedRow>> {
    let told = match db.run_command(doc! { "connectionStatus": 1, "showPrivileges": true }).await {
        // CommandNotFound
        Err(failed) if code(&failed) == Some(59) => {
            return Err(Error::unsupported("telling who somebody is", DRIVER));
        }
        told => told.map_err(|failed| of_connect(&failed))?,
    };
    if let Some(account) = account(&told, db.name()) {
        return Ok(vec![row(account)]);
    }
    // a server that asks for a name refuses this
    worker::collections(db, doc! { "name": "" }).await?;
    Ok(vec![row([Value::Null, Value::I64(1), Value::I64(1)])])
}

/// The account that a server tells of; `None` when it has asked for none.
fn account(told: &Document, db: &str) -> Option<[Value; 3]> {
    let told = told.get_document("authInfo").ok()?;
    let user = told.get_array("authenticatedUsers").ok()?.first()?.as_document()?;
    let part = |key: &str| user.get_str(key).unwrap_or_default();
    let name = format!("{}@{}", part("user"), part("db"));
    let list = |key: &str| {
        let list = told.get_array(key).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Bson::as_document)
    };
    let may = |is_role: &dyn Fn(&str, &str) -> bool,
               actions: &[&str],
               is_about: &dyn Fn(&Document) -> bool| {
        // some servers name roles, and leave out what they consist of
        let has_role = list("authenticatedUserRoles").any(|role| {
            let part = |key: &str| role.get_str(key).unwrap_or_default();
            is_role(part("role"), part("db"))
        });
        let has_right = || {
            list("authenticatedUserPrivileges").any(|right| {
                right.get_document("resource").is_ok_and(is_about) && has_any(right, actions)
            })
        };
        match has_role || has_right() {
            true => Value::I64(1),
            false if list("authenticatedUserPrivileges").next().is_none() => Value::Null,
            false => Value::I64(0),
        }
    };
    let administers = may(&|role, _| ADMINISTRATORS.contains(&role), ADMINISTERS, &|_| true);
    let is_changer = |role: &str, of: &str| {
        CHANGERS.contains(&role) || of == db && CHANGERS_OF_ONE.contains(&role)
    };
    let changes = may(&is_changer, CHANGES, &|resource| {
        resource.get_bool("anyResource").unwrap_or(false)
            || resource.get_str("db").is_ok_and(|name| name.is_empty() || name == db)
    });
    Some([Value::Text(name), administers, changes])
}

/// Whether a privilege holds any of these actions.
fn has_any(right: &Document, actions: &[&str]) -> bool {
    right.get_array("actions").is_ok_and(|held| {
        held.iter().filter_map(Bson::as_str).any(|action| actions.contains(&action))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a server answers to somebody with one privilege.
    fn told(resource: Document, actions: &[&str]) -> Document {
        doc! { "authInfo": {
            "authenticatedUsers": [{ "user": "ada", "db": "admin" }],
            "authenticatedUserPrivileges": [{ "resource": resource, "actions": actions }],
        } }
    }

    #[test]
    fn who_may_more_than_rows_is_told_apart() {
        let rights = |resource, actions: &[&str]| {
            let [name, administers, changes] = account(&told(resource, actions), "shop").unwrap();
            assert_eq!(name, Value::Text("ada@admin".to_owned()));
            (administers, changes)
        };
        let shop = || doc! { "db": "shop", "collection": "" };
        let (no, yes) = (Value::I64(0), Value::I64(1));
        let rows: &[&str] = &["find", "insert", "update", "remove"];
        assert_eq!(rights(shop(), rows), (no.clone(), no.clone()));
        assert_eq!(rights(shop(), &["find", "createIndex"]), (no.clone(), yes.clone()));
        let any = doc! { "db": "", "collection": "" };
        assert_eq!(rights(any, &["dropCollection"]), (no.clone(), yes.clone()));
        let other = doc! { "db": "other", "collection": "" };
        assert_eq!(rights(other, &["dropCollection"]), (no.clone(), no.clone()));
        assert_eq!(rights(doc! { "cluster": true }, &["shutdown"]), (yes.clone(), no.clone()));
        assert_eq!(rights(doc! { "anyResource": true }, &["anyAction"]), (yes.clone(), yes));
    }

    #[test]
    fn what_is_not_told_is_not_guessed() {
        let mut silent = told(doc! {}, &[]);
        let info = silent.get_document_mut("authInfo").unwrap();
        info.remove("authenticatedUserPrivileges");
        info.insert("authenticatedUserRoles", vec![doc! { "role": "rows", "db": "shop" }]);
        assert_eq!(account(&silent, "shop").unwrap()[1..], [Value::Null, Value::Null]);
        let mut with = |role: &str, db: &str| {
            let roles = vec![doc! { "role": role, "db": db }];
            silent.get_document_mut("authInfo").unwrap().insert("authenticatedUserRoles", roles);
            account(&silent, "shop").unwrap()
        };
        let yes = Value::I64(1);
        assert_eq!(with("readWrite", "shop")[1..], [Value::Null, yes.clone()]);
        assert_eq!(with("readWrite", "other")[1..], [Value::Null, Value::Null]);
        assert_eq!(with("root", "admin")[1..], [yes.clone(), yes]);
        assert_eq!(account(&doc! { "authInfo": { "authenticatedUsers": [] } }, "shop"), None);
    }
}
