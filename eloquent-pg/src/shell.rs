//! `psql`, for people to type in.

use eloquent_core::Result;
use eloquent_core::config::ConnectionConfig;
use eloquent_core::driver::Shell;

use crate::config::{Place, Settings, SslMode};

/// How it is started on a connection. All is told in variables: an argument that names the database may
/// name a server as well.
///
/// # Errors
/// Settings that are wrong.
pub(crate) fn of(config: &ConnectionConfig) -> Result<Vec<Shell>> {
    let settings = Settings::read(config)?;
    let host = match &settings.place {
        Place::Host(host) => host.clone(),
        Place::Socket(folder) => folder.to_string_lossy().into_owned(),
    };
    let ssl_mode = match settings.ssl_mode {
        SslMode::Disable => "disable",
        SslMode::Require => "require",
        SslMode::VerifyCa => "verify-ca",
        SslMode::VerifyFull => "verify-full",
    };
    // words end at a blank unless it is escaped
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(' ', "\\ ");
    let path = config.get("search_path").map(|path| format!("-c search_path={}", escaped(path)));
    let certificates = settings.ssl_root_cert.map(|path| path.to_string_lossy().into_owned());
    // the application trusts the system's certificates where no others are named
    let verifies = matches!(settings.ssl_mode, SslMode::VerifyCa | SslMode::VerifyFull);
    let certificates = certificates.or_else(|| verifies.then(|| "system".to_owned()));
    Ok(vec![
        Shell::new("psql")
            .variable("PGHOST", Some(host))
            .variable("PGPORT", Some(settings.port.to_string()))
            .variable("PGUSER", Some(settings.user))
            .variable("PGPASSWORD", settings.password.map(|password| password.0))
            .variable("PGDATABASE", Some(settings.name))
            .variable("PGSSLMODE", Some(ssl_mode))
            .variable("PGSSLROOTCERT", certificates)
            .variable("PGOPTIONS", path),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stands_in_the_arguments() {
        let config = ConnectionConfig::new("main", "pg")
            .set("host", "127.0.0.1")
            .set("user", "ada")
            .set("password", "canary")
            .set("name", "host=evil")
            .set("search_path", "a, b");
        let shell = of(&config).unwrap().remove(0);
        assert!(shell.arguments.is_empty());
        for (name, value) in [
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", "5432"),
            ("PGPASSWORD", "canary"),
            ("PGDATABASE", "host=evil"),
            ("PGSSLMODE", "disable"),
            ("PGOPTIONS", "-c search_path=a,\\ b"),
        ] {
            assert!(shell.variables.contains(&(name, value.to_owned())), "{name}");
        }
        assert!(!shell.variables.iter().any(|(name, _)| *name == "PGSSLROOTCERT"));
    }
}
