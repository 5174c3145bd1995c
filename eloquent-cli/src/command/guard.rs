//! What is not done without consent.

use eloquent::{Environment, Error, ErrorKind};

use crate::output::Failure;

/// The environments in which data may be lost.
const HARMLESS: &[&str] = &["local", "dev", "development", "test", "testing", "ci"];

/// Refuses a command that destroys data, unless the environment is known to be harmless, it is about the
/// tests' own databases, or somebody says that it is meant.
pub(super) fn check(
    environment: &Environment,
    what: &str,
    connections: &[String],
    force: bool,
) -> Result<(), Failure> {
    let name = environment.get("APP_ENV").map(|name| name.trim().to_lowercase());
    let is_harmless = name.as_deref().is_some_and(|name| HARMLESS.contains(&name));
    let is_test = connections.iter().all(|connection| connection.ends_with("_test"));
    if force || is_harmless || is_test {
        return Ok(());
    }
    let where_it_is = match name {
        None => "`APP_ENV` is not set, which counts as production".to_owned(),
        Some(_) => "`APP_ENV` names no environment in which data may be lost".to_owned(),
    };
    let message = format!("this {what} of {}, and {where_it_is}", connections.join(", "));
    let error = Error::new(ErrorKind::InvalidInput, message).with_hint(format!(
        "say `--force` if it is meant; `APP_ENV` may be: {}",
        HARMLESS.join(", ")
    ));
    Err(Failure::guard(&error))
}
