//! What shells complete with.

use std::process::Command;

use crate::run::Place;

#[test]
fn each_shell_gets_its_own() {
    let place = Place::new();
    for (shell, part) in [
        ("bash", "complete -F _eloquent"),
        ("zsh", "#compdef eloquent"),
        ("fish", "complete -c eloquent"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let said = place.run(&format!("completions {shell}"));
        said.expect(0, &[part]);
        assert!(said.stdout.contains("migrate:rollback"), "{shell}");
    }
    let (code, document) = place.json("completions fish");
    assert_eq!((code, &document["shell"]), (0, &"fish".into()));
    place.run("completions tcsh").expect(2, &[]).complains(&["bash"]);
}

/// A `:` ends a word for bash, unless it is told otherwise.
#[test]
fn bash_completes_names_with_a_colon() {
    let script = Place::new().run("completions bash").stdout;
    let line = "COMP_WORDS=(eloquent migrate:ro); COMP_CWORD=1; _eloquent eloquent migrate:ro eloquent; \
                echo \"${COMPREPLY[@]} ${COMP_WORDBREAKS//[!:]/}\"";
    let output = Command::new("bash").args(["-c", &format!("{script}\n{line}")]).output();
    let output = output.expect("there is a bash");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.trim(), "migrate:rollback", "{output:?}");
}
