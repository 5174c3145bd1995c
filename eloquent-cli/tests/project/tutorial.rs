//! The tutorial of the guide, followed word for word.

use std::path::Path;

use crate::place::{Place, clone};

const TUTORIAL: &str = include_str!("../../../docs/guide/tutorial.md");

/// A block of the tutorial, and what stands above it.
struct Block {
    kind: String,
    marker: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut marker = String::new();
    let mut lines = TUTORIAL.lines();
    while let Some(line) = lines.next() {
        if let Some(text) = line.strip_prefix("<!-- ") {
            marker = text.trim_end_matches(" -->").to_owned();
        } else if let Some(kind) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            let text = text.fold(String::new(), |text, line| text + line + "\n");
            blocks.push(Block { kind: kind.to_owned(), marker: std::mem::take(&mut marker), text });
        }
    }
    blocks
}

/// The commands of a block, each with the answer that is shown.
fn commands(text: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
            (None, Some((_, answer))) => answer.push(line.to_owned()),
            (None, None) => panic!("`{line}` answers nothing"),
        }
    }
    commands
}

/// A line without what differs from run to run: numbers, units of sizes, and the width of columns.
fn plain(line: &str) -> String {
    let mut out = String::new();
    for word in line.split_whitespace() {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        let word = match word {
            "B" | "KiB" | "MiB" => "size".to_owned(),
            word if is_number && word.chars().all(|c| c.is_ascii_digit() || ".:-".contains(c)) => {
                "0".to_owned()
            }
            word if word.chars().filter(char::is_ascii_digit).count() >= 14 => {
                word.replace(|c: char| c.is_ascii_digit(), "0")
            }
            word => word.to_owned(),
        };
        out.push_str(&word.replace(',', ""));
        out.push(' ');
    }
    out.trim_end().to_owned()
}

/// Checks that the lines that are shown are those that were said, `...` standing for any.
fn compare(command: &str, said: &str, shown: &[String]) {
    let said: Vec<String> = said.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let mut at = 0;
    let mut is_open = false;
    for line in shown.iter().map(|line| plain(line)).filter(|line| !line.is_empty()) {
        if line == "..." {
            is_open = true;
            continue;
        }
        let matches = |said: &String| match line.strip_suffix(" ...") {
            Some(start) => said.starts_with(start),
            None => *said == line,
        };
        let found = said[at..].iter().position(matches);
        match found {
            Some(skipped) if skipped == 0 || is_open => at += skipped + 1,
            _ => panic!("$ {command}\n`{line}` is not next in\n{}", said.join("\n")),
        }
        is_open = false;
    }
    assert!(
        is_open || at == said.len(),
        "$ {command}\nsaid more than is shown:\n{}",
        said[at..].join("\n")
    );
}

#[test]
fn the_tutorial_holds_word_for_word() {
    let mut place = Place::new();
    let uri = std::env::var("MONGO_URI").unwrap_or_default();
    assert!(!uri.is_empty(), "MONGO_URI is not set: run this with scripts/test");
    let mut count = 0;
    for block in blocks() {
        match (block.kind.as_str(), block.marker.split_once(": ")) {
            ("text", _) => {
                for (command, shown) in commands(&block.text) {
                    count += 1;
                    follow(&mut place, &command, &shown);
                }
            }
            ("rust,ignore", Some(("file", path))) => place.write(path, &block.text),
            ("rust,ignore", Some(("shows", path))) => assert_eq!(place.read(path), block.text),
            ("sh", Some(("add to", path))) => {
                // the server of the tests, and a database of this test there
                let text = block.text.replace("mongodb://127.0.0.1:27017", &uri);
                let text = text.replace("=shop", &format!("=tutorial_{}", std::process::id()));
                let before = place.read(path);
                std::fs::write(place.here.join(path), before + &text).expect("a file");
            }
            ("sh", None) => assert!(block.text.starts_with("cargo install ")),
            (kind, marker) => panic!("what is a block of {kind} with {marker:?}?"),
        }
    }
    assert!(count >= 18, "{count} commands are followed");
}

fn follow(place: &mut Place, command: &str, shown: &[String]) {
    if let Some(folder) = command.strip_prefix("cd ") {
        place.enter(folder);
        place.use_lock();
        return;
    }
    let clone: &Path = clone();
    let line = command.replace("../eloquent", &clone.display().to_string());
    let said = place.run(&line);
    // what cargo says of the build is not the answer of a program
    let is_cargo = command.starts_with("cargo ");
    let answer =
        if is_cargo { said.stdout.clone() } else { format!("{}{}", said.stdout, said.stderr) };
    let is_wrong = shown.iter().any(|line| line.starts_with("error["));
    assert_eq!(said.code, Some(i32::from(is_wrong)), "$ {command}\n{said:?}");
    let database = format!("tutorial_{}", std::process::id());
    compare(command, &answer.replace(&database, "shop"), shown);
}
