//! The command line of Eloquent, with the drivers that it is built with.

fn main() -> std::process::ExitCode {
    eloquent_cli::Cli::new().stand_alone().start()
}
