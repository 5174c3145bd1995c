//! What hostile, broken and borderline input does: it comes back exactly, or it is refused by an error
//! that says what is wrong and where, with nothing written and the connection fit for use.

// In a test these are the message of a failure, also in what tests share.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[path = "bad_input/decimals.rs"]
mod decimals;
#[path = "bad_input/deep.rs"]
mod deep;
#[cfg(feature = "mongo")]
#[path = "bad_input/documents/mod.rs"]
mod documents;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/fixture.rs"]
mod fixture;
#[path = "bad_input/json.rs"]
mod json;
#[path = "bad_input/keys.rs"]
mod keys;
#[path = "bad_input/lists.rs"]
mod lists;
#[path = "bad_input/locks.rs"]
mod locks;
#[path = "bad_input/names.rs"]
mod names;
#[path = "bad_input/numbers.rs"]
mod numbers;
#[path = "bad_input/pages.rs"]
mod pages;
#[path = "bad_input/raw.rs"]
mod raw;
#[path = "bad_input/secrets.rs"]
mod secrets;
#[cfg(all(feature = "pg", feature = "mysql"))]
#[path = "bad_input/servers.rs"]
mod servers;
#[cfg(all(feature = "pg", feature = "mysql"))]
#[path = "bad_input/sessions.rs"]
mod sessions;
#[cfg(all(feature = "pg", feature = "mysql"))]
#[path = "bad_input/sizes.rs"]
mod sizes;
#[path = "bad_input/text.rs"]
mod text;
#[path = "bad_input/times.rs"]
mod times;
#[path = "bad_input/unbounded.rs"]
mod unbounded;
#[path = "bad_input/upserts.rs"]
mod upserts;
#[path = "bad_input/urls.rs"]
mod urls;
