//! Where a project has Eloquent from.

use eloquent::{Error, ErrorKind, Result};

use super::{Kind, Options};

/// The dependencies, as they stand in the manifest.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) eloquent: String,
    pub(super) cli: String,
}

/// # Errors
/// A folder without a clone of Eloquent.
pub(super) fn lines(options: &Options, kind: Kind) -> Result<Lines> {
    let from = |package: &str| -> Result<String> {
        match (&options.eloquent_path, &options.eloquent_git) {
            (Some(folder), _) => {
                let path = folder.canonicalize().unwrap_or_else(|_| folder.clone()).join(package);
                if !path.join("Cargo.toml").is_file() {
                    let message = format!("{} is no clone of Eloquent", folder.display());
                    return Err(Error::new(ErrorKind::Config, message).with_hint(
                        "name the folder that has `eloquent` and `eloquent-cli` in it",
                    ));
                }
                Ok(format!("path = {}", quoted(&path.to_string_lossy())?))
            }
            (_, Some(url)) => Ok(format!("git = {}", quoted(url)?)),
            _ => Ok(format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))),
        }
    };
    let (name, features) = (kind.name, "default-features = false, ");
    Ok(Lines {
        eloquent: format!("{{ {}, features = [\"{name}\"] }}", from("eloquent")?),
        cli: format!("{{ {}, {features}features = [\"{name}\"] }}", from("eloquent-cli")?),
    })
}

/// A text as a manifest writes it.
fn quoted(text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        return Err(Error::invalid("the place of Eloquent holds a control character"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted() {
        assert_eq!(quoted("C:\\a \"b\"").unwrap(), "\"C:\\\\a \\\"b\\\"\"");
        assert!(quoted("a\nb = 1").is_err());
    }
}
