//! Where the settings of a connection come from.

use eloquent::Environment;
use eloquent::environment::{Origin, SettingReport, Source};
use serde_json::{Value, json};

/// An origin as it is shown: the file by its name alone, as its path is shown once.
pub(super) fn place(environment: &Environment, origin: &Origin) -> String {
    match origin {
        Origin::File { path, line } if environment.path() == Some(&**path) => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            format!("{}:{line}", name.to_string_lossy())
        }
        origin => origin.to_string(),
    }
}

/// Whether it has been set, by whatever means.
pub(super) fn is_set(setting: &SettingReport) -> bool {
    !matches!(setting.source(), Source::Default | Source::Missing)
}

/// The cells of its row.
pub(super) fn row(environment: &Environment, setting: &SettingReport) -> [String; 3] {
    let hidden = if setting.is_secret() { "(never shown)" } else { "(set)" };
    let from = |how: &str, origin: &Origin| {
        format!("{}, {}{how}", setting.variable(), place(environment, origin))
    };
    let (value, from) = match setting.source() {
        Source::Variable(origin) => (hidden, from("", origin)),
        Source::Url(origin) => (hidden, from(" (URL)", origin)),
        Source::Fallback(origin) => (hidden, from(" (of the application)", origin)),
        Source::Default => ("", "default".to_owned()),
        _ => ("", format!("missing: {}", setting.variable())),
    };
    [setting.key().to_owned(), setting.value().unwrap_or(value).to_owned(), from]
}

pub(super) fn json(environment: &Environment, setting: &SettingReport) -> Value {
    let (source, origin) = match setting.source() {
        Source::Variable(origin) => ("variable", Some(origin)),
        Source::Url(origin) => ("url", Some(origin)),
        Source::Fallback(origin) => ("fallback", Some(origin)),
        Source::Default => ("default", None),
        _ => ("missing", None),
    };
    json!({
        "key": setting.key(),
        "variable": setting.variable(),
        "source": source,
        "origin": origin.map(|origin| place(environment, origin)),
        "value": setting.value(),
        "secret": setting.is_secret(),
    })
}
