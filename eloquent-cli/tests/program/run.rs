//! Running the program in a folder and an environment of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder to run in, and the variables that the program sees: no others.
pub(crate) struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Place { folder: TempDir::new().expect("a folder can be made"), variables: Vec::new() }
    }

    /// With a `.env` of these lines.
    pub(crate) fn with_env(lines: &str) -> Self {
        let place = Place::new();
        place.write(".env", lines);
        place
    }

    /// With two databases, the default and its twin.
    pub(crate) fn with_sqlite() -> Self {
        Place::with_env(
            "DB_CONNECTION=sqlite\nDB_TEST_CONNECTION=sqlite_test\n\
             SQLITE_PATH=app.sqlite\nSQLITE_TEST_PATH=test.sqlite\n",
        )
    }

    pub(crate) fn set(mut self, variable: &str, value: &str) -> Self {
        self.variables.push((variable.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        #[cfg(unix)]
        {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, private).expect("permissions can be set");
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eloquent"));
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(variable, value)| (variable, value)));
        command
    }

    /// Runs the command with the arguments of this line.
    pub(crate) fn run(&self, line: &str) -> Said {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn run_args(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("the program runs");
        let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
        let said = Said {
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(!all.contains("panicked"), "{all}");
        said
    }

    /// Runs the command and reads the one document that it writes.
    pub(crate) fn json(&self, line: &str) -> (i32, Value) {
        let said = self.run(&format!("{line} --json"));
        assert_eq!(said.stderr, "", "all is in the document");
        let document = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
        (said.code, document)
    }
}

impl Said {
    /// Checks the exit code, and that each of these stands in one line of the output.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, out: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self:?}");
        for text in out {
            let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let found = self.stdout.lines().any(|line| squeezed(line).contains(text));
            assert!(found, "`{text}` is not in\n{}\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Checks that these stand in the errors.
    #[track_caller]
    pub(crate) fn complains(&self, of: &[&str]) -> &Self {
        for text in of {
            assert!(self.stderr.contains(text), "`{text}` is not in\n{}", self.stderr);
        }
        self
    }
}
