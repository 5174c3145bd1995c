//! A crate of many models.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{library::Library, meter};

pub struct Krate {
    folder: PathBuf,
}

impl Krate {
    pub fn new(folder: &Path, library: Library) -> Result<Self> {
        let folder = folder.join(library.name());
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[workspace]\n\n[package]\nname = \"{}-models\"\nversion = \"0.0.0\"\n\
             edition = \"2024\"\n\n[dependencies]\n{}\n",
            library.name(),
            library.dependency()
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        Ok(Self { folder })
    }

    /// A module per model; in the template `@N@` is its number, `@NEXT@` and `@BEFORE@` those of
    /// its neighbors in the ring.
    pub fn write(&self, models: usize, template: &str) -> Result<&Self> {
        let mut root = String::new();
        for number in 0..models {
            let module = template
                .replace("@NEXT@", &((number + 1) % models).to_string())
                .replace("@BEFORE@", &((number + models - 1) % models).to_string())
                .replace("@N@", &number.to_string());
            fs::write(self.folder.join(format!("src/m{number}.rs")), module)?;
            root += &format!("pub mod m{number};\n");
        }
        fs::write(self.root(), root)?;
        self.cargo_check()?;
        Ok(self)
    }

    /// CPU seconds to check the crate, its dependencies being built: the least of some runs.
    pub fn check(&self, runs: usize) -> Result<f64> {
        let mut least = f64::INFINITY;
        for _ in 0..runs {
            let root = fs::read(self.root())?;
            fs::write(self.root(), root)?;
            let before = meter::children_cpu()?;
            self.cargo_check()?;
            least = least.min(meter::children_cpu()? - before);
        }
        Ok(least)
    }

    fn cargo_check(&self) -> Result<()> {
        let target = fs::canonicalize(&self.folder)?.with_file_name("target");
        let status = Command::new("cargo")
            .args(["check", "--quiet"])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_INCREMENTAL", "0")
            .status()
            .context("run cargo")?;
        ensure!(status.success(), "{} does not compile", self.folder.display());
        Ok(())
    }

    fn root(&self) -> PathBuf {
        self.folder.join("src/lib.rs")
    }
}
