//! Holds the scenarios to all that is public: a new future without one fails here.

use std::collections::BTreeSet;
use std::path::Path;

/// Fails when a public future of the sources is not among what the scenarios cover.
pub(crate) fn check<'c>(covers: impl IntoIterator<Item = &'c str>) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eloquent/src");
    let mut public = BTreeSet::new();
    visit(&sources, &mut public);
    assert!(public.len() > 40, "the sources were not understood: {public:?}");
    let covered: BTreeSet<String> =
        covers.into_iter().flat_map(|covers| covers.split(' ')).map(str::to_owned).collect();
    let missing: Vec<_> = public.difference(&covered).collect();
    assert!(missing.is_empty(), "no scenario drops {missing:?}");
    let unknown: Vec<_> = covered.difference(&public).collect();
    assert!(unknown.is_empty(), "scenarios speak of what there is not: {unknown:?}");
}

fn visit(folder: &Path, public: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            visit(&path, public);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read(&std::fs::read_to_string(&path).expect("text"), public);
        }
    }
}

/// Collects `Type::method` for async functions, and `Type` for what is awaited itself.
fn read(source: &str, public: &mut BTreeSet<String>) {
    let mut of = String::new();
    let mut last = "";
    for line in source.lines() {
        if let Some(header) = line.strip_prefix("impl") {
            let header = without_generics(header);
            let (of_trait, ty) = header.split_once(" for ").unwrap_or(("", &header));
            of = ty.trim().trim_end_matches('{').trim().to_owned();
            if ["IntoFuture", "Stream"].contains(&of_trait.trim()) {
                public.insert(of.clone());
            }
        } else if let Some(header) = line.strip_prefix("pub trait ") {
            of = without_generics(header).split([':', ' ']).next().unwrap_or_default().to_owned();
        }
        let line = line.trim_start();
        let is_future = line.starts_with("fn ") && line.contains("-> impl Future") && of == "Model";
        if line.contains("fn ") {
            last = line.strip_prefix("pub fn ").unwrap_or_default();
        }
        let method = match line.strip_prefix("pub async fn ") {
            Some(rest) => Some(rest),
            None if is_future => line.strip_prefix("fn "),
            // in the same line, or below the parameters
            None if line.contains("-> BoxFuture<") && !last.is_empty() => Some(last),
            None => None,
        };
        if let Some(method) = method {
            let name = method.split(['(', '<']).next().unwrap_or_default();
            public.insert(format!("{of}::{name}"));
        }
    }
}

/// The text without what stands between angle brackets.
fn without_generics(text: &str) -> String {
    let mut depth = 0_u32;
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}
