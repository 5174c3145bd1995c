//! The command line, with the migrations and seeders of this project.

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let cli = eloquent_cli::Cli::new().seeders({{ krate }}::seeders::all());
    let migrations = {{ krate }}::migrations::all().into_iter();
    migrations.fold(cli, |cli, (connection, all)| cli.migrations(connection, all)).run().await
}
