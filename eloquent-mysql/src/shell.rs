//! The clients of MariaDB and MySQL, for people to type in.

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Shell;

use crate::config::{Place, Settings, SslMode};

/// How they are started on a connection. The two spell encryption differently.
///
/// # Errors
/// Settings that are wrong.
pub(crate) fn of(config: &ConnectionConfig) -> Result<Vec<Shell>> {
    let settings = Settings::read(config)?;
    let mariadb = match settings.ssl_mode {
        SslMode::Disable => "--skip-ssl",
        SslMode::Require => "--ssl",
        SslMode::VerifyCa | SslMode::VerifyFull => "--ssl-verify-server-cert",
    };
    let mysql = match settings.ssl_mode {
        SslMode::Disable => "--ssl-mode=DISABLED",
        SslMode::Require => "--ssl-mode=REQUIRED",
        SslMode::VerifyCa => "--ssl-mode=VERIFY_CA",
        SslMode::VerifyFull => "--ssl-mode=VERIFY_IDENTITY",
    };
    let shells = [("mariadb", mariadb), ("mysql", mysql)];
    Ok(shells.map(|(program, ssl)| shell(program, ssl, &settings)).into())
}

fn shell(program: &'static str, ssl: &str, settings: &Settings) -> Shell {
    let shell = match &settings.place {
        // without the protocol a server on this machine is looked for behind its socket
        Place::Host(host, port) => Shell::new(program)
            .argument("--protocol=TCP")
            .argument(format!("--host={host}"))
            .argument(format!("--port={port}")),
        Place::Socket(path) => {
            Shell::new(program).argument(format!("--socket={}", path.to_string_lossy()))
        }
    };
    let shell = shell.argument(format!("--user={}", settings.user)).argument(ssl);
    let certificates = settings.ssl_root_cert.iter().map(|path| path.to_string_lossy());
    let shell = certificates.fold(shell, |shell, path| shell.argument(format!("--ssl-ca={path}")));
    let database = settings.database.iter();
    database
        .fold(shell, |shell, name| shell.argument(format!("--database={name}")))
        .variable("MYSQL_PWD", settings.password.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_stands_in_no_argument() {
        let config = ConnectionConfig::new("main", "mysql")
            .set("host", "127.0.0.1")
            .set("password", "canary")
            .set("name", "-x");
        let shells = of(&config).unwrap();
        assert_eq!(shells[0].program, "mariadb");
        assert_eq!(
            shells[1].arguments,
            [
                "--protocol=TCP",
                "--host=127.0.0.1",
                "--port=3306",
                "--user=root",
                "--ssl-mode=DISABLED",
                "--database=-x",
            ]
        );
        assert_eq!(shells[0].variables, [("MYSQL_PWD", "canary".to_owned())]);
        let socket = config.set("host", "").set("socket", "/run/x.sock");
        assert_eq!(of(&socket).unwrap()[0].arguments[0], "--socket=/run/x.sock");
    }
}
