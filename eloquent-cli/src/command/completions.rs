//! `eloquent completions`: what a shell completes commands and options with.

use serde_json::json;

use crate::output::{Exit, Page, Report};

pub(super) fn run(shell: &str, text: &str) -> Report {
    let mut page = Page::default();
    page.script(text);
    let json = json!({ "ok": true, "shell": shell, "script": text });
    Report { exit: Exit::Done, json, page, errors: Vec::new() }
}
