//! What a command would send, as far as that is known before.

use eloquent::migration::{
    MigrationState, Migrations, Migrator, Pretended, Reach, Rollback, async_trait,
};
use eloquent::{Connection, Result};

use super::{Common, Migrate, migrations};
use crate::command::Context;
use crate::command::guard::Planner;
use crate::target::Targets;

/// The plan of a command.
pub(super) struct Of<'o> {
    pub(super) context: &'o Context<'o>,
    pub(super) migrate: &'o Migrate,
    pub(super) targets: &'o Targets,
}

#[async_trait]
impl Planner for Of<'_> {
    async fn plan(&self, on: &Connection) -> Result<Vec<String>> {
        let common = self.migrate.common();
        let known = known(self.context, self.targets, common, on)?;
        match self.migrate {
            // what is in Rust runs once it is allowed, and not to find out what it would do
            Migrate::Run { reach, .. } => {
                let status = Migrator::new(on, known).status().await?;
                let waiting = status.into_iter().filter(|one| one.state != MigrationState::Applied);
                let names: Vec<String> = waiting.map(|one| one.name).collect();
                Ok(lines(within(&names, &reach.reach())))
            }
            Migrate::Rollback { what, .. } => undone(on, known, what.what()).await,
            Migrate::Reset { .. } => undone(on, known, Rollback::All).await,
            Migrate::Refresh { .. } => {
                let then = then(&known);
                Ok(undone(on, known, Rollback::All).await?.into_iter().chain(then).collect())
            }
            Migrate::Fresh { .. } => of_fresh(self.context, self.targets, common, on).await,
            Migrate::Status { .. } | Migrate::Resolve { .. } | Migrate::Unlock { .. } => {
                Ok(Vec::new())
            }
        }
    }
}

async fn undone(on: &Connection, known: Migrations, what: Rollback) -> Result<Vec<String>> {
    Migrator::new(on, known).pretend_rollback(what).await.map(statements)
}

/// What is sent to begin anew, and the names of the migrations behind it.
pub(in crate::command) async fn of_fresh(
    context: &Context<'_>,
    targets: &Targets,
    common: &Common,
    on: &Connection,
) -> Result<Vec<String>> {
    let known = known(context, targets, common, on)?;
    let then = then(&known);
    Ok(Migrator::new(on, known).pretend_wipe().await?.into_iter().chain(then).collect())
}

fn known(
    context: &Context<'_>,
    targets: &Targets,
    common: &Common,
    on: &Connection,
) -> Result<Migrations> {
    Ok(migrations(context, targets, &common.path, on.name())?.unwrap_or_default())
}

/// The migrations that run behind what is shown: what they send hangs on what is there by then.
fn then(known: &Migrations) -> Vec<String> {
    lines(known.names())
}

fn lines(names: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    names.into_iter().map(|name| format!("-- then {}", name.as_ref())).collect()
}

/// Those that are reached.
fn within<'n>(names: &'n [String], reach: &Reach) -> &'n [String] {
    match reach {
        Reach::Steps(most) => &names[..names.len().min(*most)],
        Reach::To(last) => &names[..names.partition_point(|name| name <= last)],
        _ => names,
    }
}

fn statements(all: Vec<Pretended>) -> Vec<String> {
    all.into_iter().flat_map(|one| one.statements).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_planned_than_is_reached() {
        let names: Vec<String> = ["a", "b", "d"].map(str::to_owned).into();
        for (reach, expected) in [
            (Reach::All, 3),
            (Reach::Steps(0), 0),
            (Reach::Steps(2), 2),
            (Reach::Steps(9), 3),
            (Reach::To("b".to_owned()), 2),
            (Reach::To("c".to_owned()), 2),
        ] {
            assert_eq!(within(&names, &reach).len(), expected, "{reach:?}");
        }
    }
}
