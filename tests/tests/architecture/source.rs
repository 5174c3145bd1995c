//! Reads the code of the workspace: without comments and tests, and what it uses.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A file of Rust code.
pub(crate) struct File {
    /// Its path from the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text without comments and tests; as many lines as the text has up to there.
    pub(crate) code: String,
}

impl File {
    pub(crate) fn read(path: &str) -> File {
        let text = read(path);
        let mut code = String::new();
        let mut in_tests = false;
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let next = lines.peek().map_or("", |next| next.trim_start());
            if line.starts_with("#[cfg(test)]") && next.starts_with("mod ") && next.ends_with('{') {
                in_tests = true; // by convention the last thing in a file
            }
            if in_tests {
                break;
            }
            let line = if line.trim_start().starts_with("//") { "" } else { line };
            code.push_str(line.split(" // ").next().unwrap_or(line));
            code.push('\n');
        }
        File { path: path.to_owned(), text, code }
    }

    /// The code, line by line, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// The module of the crate that it is a part of; `None` for the root.
    pub(crate) fn module(&self) -> Option<String> {
        let (_, inside) = self.path.split_once("/src/")?;
        let first = inside.split('/').next()?.trim_end_matches(".rs");
        (first != "lib").then(|| first.to_owned())
    }

    /// The paths behind `crate::`, and in the root of a module those behind `super::`.
    pub(crate) fn uses(&self) -> Vec<String> {
        let (_, inside) = self.path.split_once("/src/").unwrap_or_default();
        let is_top = inside.matches('/').count() == 0
            || inside.matches('/').count() == 1 && inside.ends_with("/mod.rs");
        let prefixes: &[&str] =
            if is_top { &["crate::", "super::"] } else { &["crate::", "super::super::"] };
        let mut used = Vec::new();
        for prefix in prefixes {
            for rest in self.code.split(prefix).skip(1) {
                used.extend(paths(rest));
            }
        }
        used
    }
}

/// The paths of the use tree at the start of a text: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(crate) fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    tree(text.trim_start(), "", &mut found);
    found
}

/// Reads one tree; gives what follows it.
fn tree<'t>(text: &'t str, prefix: &str, found: &mut Vec<String>) -> &'t str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '*'));
    let (path, rest) = text.split_at(end.unwrap_or(text.len()));
    let path = format!("{prefix}{path}");
    let Some(mut rest) = rest.strip_prefix('{') else {
        let path = path.trim_end_matches(':');
        if !path.is_empty() {
            found.push(path.to_owned());
        }
        return rest;
    };
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('}') {
            return rest.get(1..).unwrap_or_default();
        }
        let before = rest.len();
        rest = tree(rest, &path, found);
        // what follows a name: `as other`, and the comma
        let next = rest.find([',', '}']).unwrap_or(rest.len());
        rest = rest[next..].strip_prefix(',').unwrap_or(&rest[next..]);
        if rest.len() == before {
            return rest;
        }
    }
}

/// The library code of a package.
pub(crate) fn library_files(package: &str) -> Vec<File> {
    let source = Path::new(ROOT).join(package).join("src");
    let is_test = |path: &Path| {
        path.components().any(|part| part.as_os_str() == "tests")
            || path.file_stem().is_some_and(|stem| stem == "tests")
    };
    let root = Path::new(ROOT);
    files(&source, &|path| !is_test(path.strip_prefix(&source).unwrap_or(path)), true)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let path =
                path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            File::read(&path)
        })
        .collect()
}

/// The files of a folder, in order.
pub(crate) fn files(folder: &Path, wanted: &dyn Fn(&Path) -> bool, deep: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths.into_iter().filter(|path| wanted(path)) {
        match path.is_dir() {
            true if deep => found.extend(files(&path, wanted, deep)),
            true => {}
            false => found.push(path),
        }
    }
    found
}

pub(crate) fn read(path: &str) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn use_trees_are_read() {
    assert_eq!(paths("a::B;"), ["a::B"]);
    assert_eq!(
        paths("{Error, model::{A as C, b::D}, e};"),
        ["Error", "model::A", "model::b::D", "e"]
    );
    assert_eq!(paths("query::Query)"), ["query::Query"]);
    assert_eq!(paths("{\n    a::B,\n};"), ["a::B"]);
}
