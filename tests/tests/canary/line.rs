//! What the command line writes, for every command.

use eloquent_cli::{Cli, Console};

use crate::capture::{CANARY, Captured};
use crate::settings::environments;

const LINES: &[&[&str]] = &[
    &["about"],
    &["drivers"],
    &["env:check"],
    &["db:ping"],
    &["db:ping", "--pg"],
    &["db:ping", "--mysql"],
    &["db:ping", "--sqlite"],
    &["db:ping", "--all-connections"],
    &["db:ping", "--test"],
    &["--help"],
    &["--version"],
    &["about", "--help"],
    &["drivers", "--help"],
    &["env:check", "--help"],
    &["db:ping", "--help"],
    &["nonsense"],
];

pub(crate) async fn capture(captured: &mut Captured) {
    for environment in environments() {
        let cli = Cli::new().environment(environment);
        captured.debug("Cli", &cli);
        for line in LINES {
            for form in [&[][..], &["--json"], &["--color", "always"]] {
                said(captured, &cli, &[line, form].concat()).await;
            }
        }
    }
    let url = format!("postgres://app:{CANARY}@127.0.0.1/shop");
    said(captured, &Cli::new(), &["db:ping", "--connection", &url]).await;
}

async fn said(captured: &mut Captured, cli: &Cli, line: &[&str]) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&mut stdout, &mut stderr).width(100);
    captured.debug("Console", &console);
    cli.run_with(std::iter::once(&"eloquent").chain(line), &mut console).await;
    for text in [stdout, stderr] {
        captured.text(&line.join(" "), String::from_utf8(text).expect("text"));
    }
}
