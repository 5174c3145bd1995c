//! Whether a database is ready to be seeded.

use eloquent::migration::{MigrationState, Migrator};
use eloquent::{Environment, ErrorKind, Result, Schema};

use super::super::migrate::{self, Common};
use super::Context;
use crate::target::Targets;

/// What is missing, a sentence each; nothing when it is ready.
pub(super) async fn of(
    context: &Context<'_>,
    common: &Common,
    targets: &Targets,
    environment: &Environment,
    name: &str,
) -> Result<Vec<String>> {
    let db = context.database(environment, name)?;
    let connection = db.connection(name)?.writer();
    let found = async {
        connection.ping().await?;
        let mut faults = Vec::new();
        if let Some(migrations) = migrate::known(context, targets, common, name)? {
            match Migrator::new(&connection, migrations).status().await {
                Ok(all) => faults.extend(
                    all.iter()
                        .filter(|one| one.state != MigrationState::Applied)
                        .map(|one| format!("migration `{}` is {}", one.name, one.state.name())),
                ),
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                Err(error) => return Err(error),
            }
        }
        for model in context.models.fitting(&connection) {
            match Schema::on(&connection).has_table(model.table).await {
                Ok(true) => {}
                Ok(false) => {
                    faults.push(format!("there is no table `{}` for `{}`", model.table, model.name))
                }
                // what keeps documents makes a collection when it is first written to
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                Err(error) => return Err(error),
            }
        }
        Ok(faults)
    };
    let found = found.await;
    // what matters is what was found
    let _ = db.close().await;
    found
}
