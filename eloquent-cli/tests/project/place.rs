//! A folder for projects.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder, and what projects in it are built with.
pub(crate) struct Place {
    folder: TempDir,
    /// Where commands run.
    pub(crate) here: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, texts: &[&str]) -> &Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{all}");
        for text in texts {
            assert!(all.contains(text), "`{text}` is not in\n{all}");
        }
        self
    }
}

/// The clone that this is a test of.
pub(crate) fn clone() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace")
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let here = folder.path().to_owned();
        Place { folder, here, variables: Vec::new() }
    }

    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.variables.push((variable.to_owned(), value.to_owned()));
    }

    pub(crate) fn enter(&mut self, name: &str) {
        self.here.push(name);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.here.join(name)).unwrap_or_else(|_| panic!("there is {name}"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.here.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// A project, which is built with the versions of this workspace and without a network.
    pub(crate) fn project(&mut self, name: &str, options: &str) {
        let clone = clone().display();
        self.run(&format!("eloquent new {name} {options} --eloquent-path {clone}"))
            .expect(0, &[&format!("made {name}/src/main.rs")]);
        self.enter(name);
        self.use_lock();
    }

    /// Versions that are here need no network.
    pub(crate) fn use_lock(&self) {
        fs::copy(clone().join("Cargo.lock"), self.here.join("Cargo.lock")).expect("a lock file");
    }

    /// Runs a command of the program, or of cargo.
    pub(crate) fn run(&self, line: &str) -> Said {
        let mut words = line.split_whitespace();
        let program = match words.next() {
            Some("eloquent") => env!("CARGO_BIN_EXE_eloquent"),
            Some("cargo") => "cargo",
            other => panic!("what is {other:?}?"),
        };
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.here).stdin(Stdio::null());
        // only what says where programs are: none of the settings of the tests
        command.env_clear();
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // what projects share is built once, and their programs, which have the same names, lie apart; a cargo
        // that knows no such folder builds all of it in each
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects");
        command.env("CARGO_BUILD_BUILD_DIR", shared);
        command.env("CARGO_TARGET_DIR", self.root().join("target"));
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }
}
