//! The variables that choose: the default connection, test mode, the role.

use eloquent::{Environment, Error, Registry, Result};
use serde_json::{Value, json};

use super::settings::place;
use crate::output::Fault;

/// A variable that chooses, and what it says.
#[derive(Debug)]
pub(super) struct Selector {
    pub(super) variable: &'static str,
    /// What holds; `None` when nothing does.
    pub(super) value: Option<String>,
    /// Where it comes from; `None` when the variable is not set.
    pub(super) origin: Option<String>,
    pub(super) error: Option<Error>,
}

/// All of them.
pub(super) fn read(environment: &Environment, registry: &Registry) -> [Selector; 4] {
    let default = |is_test| environment.clone().test_mode(is_test).default_connection(registry);
    let is_test = environment.is_test().map(|is_test| if is_test { "on" } else { "off" });
    let role = environment.role().map(|role| role.name());
    let selector = |variable, value: Result<Option<String>>| {
        // empty counts as not set
        let is_set = value.is_err() || environment.get(variable).is_some();
        let origin = environment.origin(variable).filter(|_| is_set);
        let origin = origin.map(|origin| place(environment, origin));
        let (value, error) = match value {
            Ok(value) => (value, None),
            Err(error) => (None, Some(error)),
        };
        Selector { variable, value, origin, error }
    };
    [
        selector("DB_CONNECTION", default(false)),
        selector("DB_TEST_CONNECTION", default(true)),
        selector("ELOQUENT_TEST", is_test.map(|mode| Some(mode.to_owned()))),
        selector("ELOQUENT_DB_ROLE", role.map(|role| Some(role.to_owned()))),
    ]
}

impl Selector {
    /// The cells of its row.
    pub(super) fn row(&self) -> [&str; 3] {
        let value = match (&self.value, &self.error) {
            (_, Some(_)) => "wrong",
            (Some(value), None) => value,
            (None, None) => "",
        };
        [self.variable, value, self.origin.as_deref().unwrap_or("not set")]
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "variable": self.variable,
            "value": self.value,
            "origin": self.origin,
            "error": self.error.as_ref().map(|error| Fault::from(error).json()),
        })
    }
}
