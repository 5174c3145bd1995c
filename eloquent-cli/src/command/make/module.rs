//! The file `mod.rs` of a folder, of which the program keeps what stands between marks.

use std::fs;
use std::path::Path;

use eloquent::{Error, ErrorKind, Result};

use super::Files;
use super::template::check_rust;

/// What is added between two marks.
#[derive(Debug)]
pub(super) struct Entry {
    /// The name of the marks: `// <eloquent:modules>` and `// </eloquent:modules>`.
    pub(super) mark: &'static str,
    pub(super) line: String,
    /// Whether lines are kept in the order of the alphabet, and not as they came.
    pub(super) sorted: bool,
}

impl Entry {
    /// A module.
    pub(super) fn module(line: String) -> Self {
        Entry { mark: "modules", line, sorted: true }
    }

    /// A line of the list.
    pub(super) fn list(line: String, sorted: bool) -> Self {
        Entry { mark: "list", line, sorted }
    }
}

/// Adds entries to a file, which is made of the template if it is not there. Those that it has already stay
/// as they are.
///
/// # Errors
/// A file that cannot be read, and one without the marks.
pub(super) fn change(
    files: &mut Files,
    path: &Path,
    template: &str,
    entries: &[Entry],
) -> Result<()> {
    let mut text = match (files.pending(path), fs::read_to_string(files.root().join(path))) {
        (Some(pending), _) => pending.to_owned(),
        (None, Ok(text)) => text,
        (None, Err(cause)) if cause.kind() == std::io::ErrorKind::NotFound => template.to_owned(),
        (None, Err(cause)) => {
            let message = format!("{} cannot be read: {}", path.display(), cause.kind());
            return Err(Error::new(ErrorKind::Config, message).with_source(cause));
        }
    };
    for entry in entries {
        text = insert(&text, entry).map_err(|hint| {
            let message = format!("{} has no place for `{}`", path.display(), entry.line);
            Error::new(ErrorKind::Config, message).with_hint(hint)
        })?;
    }
    check_rust(&text).map_err(|why| {
        let message = format!("with `{}` in it, {} {why}", shown(entries), path.display());
        Error::new(ErrorKind::Config, message).with_hint("nothing was written")
    })?;
    files.change(path, text);
    Ok(())
}

fn shown(entries: &[Entry]) -> String {
    entries.iter().map(|entry| entry.line.as_str()).collect::<Vec<_>>().join("`, `")
}

/// # Errors
/// What is missing.
fn insert(text: &str, entry: &Entry) -> std::result::Result<String, String> {
    let (open, close) =
        (format!("// <eloquent:{}>", entry.mark), format!("// </eloquent:{}>", entry.mark));
    let lines: Vec<&str> = text.lines().collect();
    let place = |mark: &str| lines.iter().position(|line| line.trim() == mark);
    let (Some(start), Some(end)) = (place(&open), place(&close)) else {
        return Err(format!("put the lines `{open}` and `{close}` around where it belongs"));
    };
    if end < start {
        return Err(format!("`{close}` stands in front of `{open}`"));
    }
    let indent: String = lines[start].chars().take_while(|c| c.is_whitespace()).collect();
    let mut inside: Vec<String> =
        lines[start + 1..end].iter().map(|line| (*line).to_owned()).collect();
    if !inside.iter().any(|line| line.trim() == entry.line) {
        inside.push(format!("{indent}{}", entry.line));
        if entry.sorted {
            inside.sort();
        }
    }
    let before = lines[..=start].iter().map(|line| (*line).to_owned());
    let after = lines[end..].iter().map(|line| (*line).to_owned());
    let all: Vec<String> = before.chain(inside).chain(after).collect();
    Ok(all.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "// <eloquent:modules>\nmod user;\n// </eloquent:modules>\nconst A: &[u8] = &[\n    \
                        // <eloquent:list>\n    // </eloquent:list>\n];\n";

    #[test]
    fn lines_are_added_between_the_marks_once() {
        let module = Entry::module("mod post;".to_owned());
        let once = insert(TEXT, &module).unwrap();
        assert!(once.starts_with("// <eloquent:modules>\nmod post;\nmod user;\n// </"), "{once}");
        assert_eq!(insert(&once, &module).unwrap(), once);
        let list = insert(TEXT, &Entry::list("1,".to_owned(), false)).unwrap();
        assert!(list.contains("\n    // <eloquent:list>\n    1,\n    // </"), "{list}");
    }

    #[test]
    fn without_marks_it_is_told_where_they_belong() {
        let entry = Entry::module("mod post;".to_owned());
        assert!(insert("mod user;\n", &entry).unwrap_err().contains("<eloquent:modules>"));
        let turned = "// </eloquent:modules>\n// <eloquent:modules>\n";
        assert!(insert(turned, &entry).unwrap_err().contains("in front"));
    }
}
