//! CPU seconds of `cargo check` per model, for Eloquent and its peers.
//!
//! Writes a crate of many models, checks it once so that everything it depends on is built, then
//! checks the crate alone again and counts the CPU time of cargo and the compiler. The same crate
//! without models is the baseline that is taken off.

mod krate;
mod library;
mod meter;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;

use krate::Krate;
use library::Library;

/// CPU seconds of `cargo check` per model.
#[derive(Parser)]
struct Options {
    /// Models in the crate.
    #[arg(long, default_value_t = 100)]
    models: usize,

    /// Checks per crate; the cheapest counts.
    #[arg(long, default_value_t = 3)]
    runs: usize,

    #[arg(long, value_enum, value_name = "NAME,..", value_delimiter = ',')]
    only: Vec<Library>,

    /// Instead, check that a ring of this many related Eloquent models compiles at the default
    /// recursion limit.
    #[arg(long, value_name = "MODELS")]
    ring: Option<usize>,

    /// Where the crates are written and built.
    #[arg(long, default_value_os_t = default_folder())]
    folder: PathBuf,
}

fn default_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from);
    target.join("compile-cost")
}

fn main() -> Result<()> {
    let options = Options::parse();
    ensure!(options.runs > 0, "no runs, no figure");
    match options.ring {
        Some(models) => ring(&options, models),
        None => compare(&options),
    }
}

fn compare(options: &Options) -> Result<()> {
    println!("| library | baseline, s | {} models, s | per model, s |", options.models);
    println!("|---|---:|---:|---:|");
    for &library in Library::ALL
        .iter()
        .filter(|library| options.only.is_empty() || options.only.contains(library))
    {
        let krate = Krate::new(&options.folder, library)?;
        let baseline = krate.write(0, library.template())?.check(options.runs)?;
        let whole = krate.write(options.models, library.template())?.check(options.runs)?;
        let each = (whole - baseline) / options.models as f64;
        println!("| {} | {baseline:.2} | {whole:.2} | {each:.3} |", library.name());
    }
    Ok(())
}

fn ring(options: &Options, models: usize) -> Result<()> {
    let krate = Krate::new(&options.folder, Library::Eloquent)?;
    let whole = krate.write(models, library::RING)?.check(1)?;
    let each = whole / models as f64;
    println!("a ring of {models} models compiles: {whole:.2} CPU s, {each:.3} per model");
    Ok(())
}
