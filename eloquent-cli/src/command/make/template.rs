//! Templates: those of this program, and those that a project has in their place.

use std::fs;
use std::path::Path;

use eloquent::{Error, ErrorKind, Result};
use minijinja::{Environment, UndefinedBehavior, Value};

/// The folder of a project with templates that stand in the place of those of this program.
const FOLDER: &str = "templates";

/// A template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template {
    /// Its file in the project.
    pub(crate) file: &'static str,
    /// What holds without one.
    pub(crate) text: &'static str,
}

/// The text that a template makes.
///
/// # Errors
/// A template of the project that is wrong, and one that makes something that is not Rust.
pub(crate) fn render(root: &Path, template: Template, values: Value) -> Result<String> {
    let path = root.join(FOLDER).join(template.file);
    let own = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
        Err(cause) => {
            let message = format!("{} cannot be read: {}", path.display(), cause.kind());
            return Err(Error::new(ErrorKind::Config, message).with_source(cause));
        }
    };
    let shown = own.as_ref().map_or(template.file.to_owned(), |_| path.display().to_string());
    let wrong = |what: String| {
        let message = format!("the template {shown} {what}");
        Error::new(ErrorKind::Config, message).with_hint(
            "the chapter of the guide on the command line lists what templates are given",
        )
    };
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_keep_trailing_newline(true);
    environment.add_filter("literal", |text: String| format!("{text:?}"));
    let text = environment
        .render_str(own.as_deref().unwrap_or(template.text), values)
        .map_err(|error| wrong(format!("is wrong: {}", describe(&error))))?;
    if template.file.ends_with(".rs") {
        check_rust(&text).map_err(wrong)?;
    }
    Ok(text)
}

/// Whether a text is a file in Rust.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_rust(text: &str) -> Result<(), String> {
    syn::parse_file(text).map(drop).map_err(|error| format!("makes what is not Rust: {error}"))
}

fn describe(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{line}{}{detail}", error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Template =
        Template { file: "x.rs", text: "const A: &str = {{ name|literal }};\n" };

    #[test]
    fn values_become_literals() {
        let folder = tempfile::tempdir().unwrap();
        let text = render(folder.path(), PLAIN, minijinja::context! { name => "a\"b" }).unwrap();
        assert_eq!(text, "const A: &str = \"a\\\"b\";\n");
    }

    #[test]
    fn a_project_has_its_own_and_is_told_what_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("templates")).unwrap();
        for (text, expected) in [
            ("// {{ name }}\n", Ok("// x\n")),
            ("fn {{ name }} {", Err("not Rust")),
            ("{{ nam }}", Err("undefined")),
            ("{% for %}", Err("line 1")),
            ("{% include \"/etc/passwd\" %}", Err("wrong")),
        ] {
            fs::write(folder.path().join("templates/x.rs"), text).unwrap();
            let made = render(folder.path(), PLAIN, minijinja::context! { name => "x" });
            match (made, expected) {
                (Ok(made), Ok(expected)) => assert_eq!(made, expected),
                (Err(error), Err(what)) => {
                    assert!(error.message().contains(what), "{}", error.message());
                }
                (made, _) => panic!("{text}: {made:?}"),
            }
        }
    }
}
