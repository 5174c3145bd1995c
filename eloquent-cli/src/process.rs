//! Other programs, started in place of this one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program of that name in one of the folders of `PATH`. Folders that are told relative to where this
/// runs are left out: what lies there came with the project.
pub(crate) fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let suffix = std::env::consts::EXE_SUFFIX;
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(format!("{name}{suffix}")))
        .find(|program| is_program(program))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Becomes the program: it has the terminal, gets the signals, and its exit code is that of this process.
/// Where a process cannot become another one, waits for it and gives back its exit code.
///
/// # Errors
/// When it cannot be started.
#[cfg(unix)]
pub(crate) fn become_it(mut command: Command) -> std::io::Result<u8> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

/// See above.
#[cfg(not(unix))]
pub(crate) fn become_it(mut command: Command) -> std::io::Result<u8> {
    let code = command.status()?.code();
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
