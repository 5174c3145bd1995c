//! Who else gets to see the file with the passwords.

use std::path::Path;
use std::process::{Command, Stdio};

/// What is to be warned of, each in one line with the remedy.
pub(super) fn warnings(file: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    if is_open(file) {
        let file = file.display();
        warnings.push(format!("every user of this machine can read {file}: chmod o= {file}"));
    }
    if is_tracked(file) {
        let file = file.display();
        warnings.push(format!(
            "{file} is tracked by git, with every password in it: git rm --cached {file}, add it to \
             `.gitignore`, and change the passwords"
        ));
    }
    warnings
}

/// Whether every user of the machine may read the file.
#[cfg(unix)]
fn is_open(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// Whether git keeps the file. No, where there is no repository or no git to ask.
fn is_tracked(file: &Path) -> bool {
    let Ok(file) = std::path::absolute(file) else { return false };
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
    if !folder.ancestors().any(|folder| folder.join(".git").exists()) {
        return false;
    }
    let mut git = Command::new("git");
    // the repository is data: what its settings would have git run is left out
    git.args([
        "--literal-pathspecs",
        "-c",
        "core.fsmonitor=false",
        "ls-files",
        "--error-unmatch",
        "--",
    ]);
    git.arg(name).current_dir(folder).env("GIT_OPTIONAL_LOCKS", "0");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        git.env_remove(variable);
    }
    git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    git.status().is_ok_and(|status| status.success())
}
