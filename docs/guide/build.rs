//! Makes a doc test of each example of the guide.
//!
//! The examples of a chapter build on each other, as they are read: one that declares something
//! (`struct`, `use`, ..) declares it for those that follow. One that does something runs by itself, in a
//! function of its own, with a fresh database in memory that has the tables of the models declared so
//! far. What it needs beyond that stands in a comment of the chapter, `<!-- before .. -->`, and runs
//! before each of the examples that follow; where that installs a database, it is in place of the other.
//! A whole program stays as it is.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=.");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let mut chapters = String::new();
    let mut paths: Vec<_> =
        fs::read_dir(".")?.collect::<Result<Vec<_>, _>>()?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        let text = Chapter::default().complete(&fs::read_to_string(path)?)?;
        fs::write(out.join(format!("{name}.md")), text)?;
        writeln!(
            chapters,
            "#[doc = include_str!(concat!(env!(\"OUT_DIR\"), \"/{name}.md\"))]\npub mod {} {{}}",
            name.replace('-', "_")
        )?;
    }
    fs::write(out.join("chapters.rs"), chapters)?;
    Ok(())
}

/// What the examples read so far leave to those that follow.
#[derive(Default)]
struct Chapter {
    declarations: String,
    models: Vec<String>,
    before: String,
}

impl Chapter {
    /// The chapter with each example completed by lines that the reader does not see.
    fn complete(mut self, text: &str) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line == "<!-- before" {
                self.before = lines
                    .by_ref()
                    .take_while(|line| *line != "-->")
                    .fold(String::new(), |before, line| before + line + "\n");
            } else if line.starts_with("```rust") {
                let block = lines.by_ref().take_while(|line| *line != "```");
                let block = block.fold(String::new(), |block, line| block + line + "\n");
                writeln!(out, "{line}\n{}```", self.example(&block)?)?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        Ok(out)
    }

    fn example(&mut self, block: &str) -> Result<String, std::fmt::Error> {
        if block.contains("fn main()") {
            return Ok(block.to_owned());
        }
        if declares(block) {
            let whole = format!("{}{block}# fn main() {{}}\n", hidden(&self.declarations)?);
            self.models.extend(models(block));
            self.declarations.push_str(block);
            return Ok(whole);
        }
        let mut out = hidden("#[allow(unused_imports)] use eloquent::prelude::*;")?;
        out += &hidden(&self.declarations)?;
        out += &hidden("#[tokio::main(flavor = \"current_thread\")]")?;
        out += &hidden("async fn main() -> Result<(), Box<dyn std::error::Error>> {")?;
        if !self.before.contains("install()") {
            out += &hidden("Db::connect(\"sqlite::memory:\").await?.install();")?;
            for model in &self.models {
                out += &hidden(&format!("{model}::create_table().await?;"))?;
            }
        }
        out += &hidden(&self.before)?;
        out += block;
        out += &hidden("Ok(())\n}")?;
        Ok(out)
    }
}

/// Whether a block consists of declarations: it begins with one.
fn declares(block: &str) -> bool {
    const BEGINNINGS: &[&str] =
        &["#[", "use ", "struct ", "enum ", "impl ", "fn ", "async fn ", "const ", "pub "];
    let first = block.lines().find(|line| !line.is_empty() && !line.starts_with("//"));
    first.is_some_and(|line| BEGINNINGS.iter().any(|beginning| line.starts_with(beginning)))
}

/// The structs of a block that derive `Model`.
fn models(block: &str) -> impl Iterator<Item = String> {
    block.split("derive(Model").skip(1).filter_map(|rest| {
        let (_, name) = rest.split_once("struct ")?;
        Some(name.split(|c: char| !c.is_alphanumeric()).next()?.to_owned())
    })
}

/// Code that the reader does not see.
fn hidden(code: &str) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    code.lines().try_for_each(|line| writeln!(out, "# {line}"))?;
    Ok(out)
}
