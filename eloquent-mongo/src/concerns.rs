//! What is asked of the members of a replica set, in the words of the client.

use eloquent_core::driver::{Acknowledgment, Concerns, ReadConcern, ReadPreference, WriteConcern};
use eloquent_core::{Error, ErrorKind, Result};
use mongodb::options::{
    Acknowledgment as ClientAcknowledgment, DatabaseOptions, ReadConcern as ClientReadConcern,
    ReadPreference as ClientReadPreference, SelectionCriteria, TransactionOptions,
    WriteConcern as ClientWriteConcern,
};
use mongodb::{Client, Database};

use crate::error::{DRIVER, error};

/// Refuses what the client would not take.
///
/// # Errors
/// [`InvalidInput`](eloquent_core::ErrorKind::InvalidInput) for a write without acknowledgment.
pub(crate) fn check(concerns: &Concerns) -> Result<()> {
    match concerns.write.map(|concern| concern.acknowledged_by) {
        Some(Acknowledgment::Members(0)) => Err(unacknowledged()),
        _ => Ok(()),
    }
}

pub(crate) fn unacknowledged() -> Error {
    error(ErrorKind::InvalidInput, "a write that nobody acknowledges could fail unseen")
        .with_hint("ask for one member, or for a majority")
}

/// A handle on the database with these concerns; what they leave out is as `db` says.
pub(crate) fn database(client: &Client, db: &Database, concerns: &Concerns) -> Result<Database> {
    check(concerns)?;
    let mut options = DatabaseOptions::default();
    options.read_concern = concerns.read.map(read).or_else(|| db.read_concern().cloned());
    options.write_concern = concerns.write.map(write).or_else(|| db.write_concern().cloned());
    options.selection_criteria =
        concerns.read_preference.map(prefer).or_else(|| db.selection_criteria().cloned());
    Ok(client.database_with_options(db.name(), options))
}

/// How a transaction is begun with these concerns. Its reads go to the primary, and see the data as of its
/// start unless they ask for something weaker.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for what the server does not do in transactions.
pub(crate) fn transaction(concerns: &Concerns) -> Result<TransactionOptions> {
    check(concerns)?;
    if !matches!(concerns.read_preference, None | Some(ReadPreference::Primary)) {
        let refused = Error::unsupported("a transaction that reads from secondaries", DRIVER);
        return Err(
            refused.with_hint("leave the read preference out, or read without a transaction")
        );
    }
    let read_concern = match concerns.read {
        None => ClientReadConcern::snapshot(),
        Some(concern @ (ReadConcern::Local | ReadConcern::Majority | ReadConcern::Snapshot)) => {
            read(concern)
        }
        Some(other) => {
            let what = format!("a transaction with the read concern {other:?}");
            return Err(Error::unsupported(&what, DRIVER)
                .with_hint("transactions take `Snapshot`, `Majority` and `Local`"));
        }
    };
    let mut options = TransactionOptions::default();
    options.read_concern = Some(read_concern);
    options.write_concern = Some(concerns.write.map_or_else(ClientWriteConcern::majority, write));
    options.selection_criteria = Some(primary());
    Ok(options)
}

/// The primary, for what has to see its own writes.
pub(crate) fn primary() -> SelectionCriteria {
    SelectionCriteria::ReadPreference(ClientReadPreference::primary())
}

pub(crate) fn prefer(preference: ReadPreference) -> SelectionCriteria {
    SelectionCriteria::ReadPreference(match preference {
        ReadPreference::PrimaryPreferred => ClientReadPreference::primary_preferred(None),
        ReadPreference::Secondary => ClientReadPreference::secondary(None),
        ReadPreference::SecondaryPreferred => ClientReadPreference::secondary_preferred(None),
        ReadPreference::Nearest => ClientReadPreference::nearest(None),
        _ => ClientReadPreference::primary(),
    })
}

pub(crate) fn read(concern: ReadConcern) -> ClientReadConcern {
    match concern {
        ReadConcern::Available => ClientReadConcern::available(),
        ReadConcern::Majority => ClientReadConcern::majority(),
        ReadConcern::Linearizable => ClientReadConcern::linearizable(),
        ReadConcern::Snapshot => ClientReadConcern::snapshot(),
        _ => ClientReadConcern::local(),
    }
}

pub(crate) fn write(concern: WriteConcern) -> ClientWriteConcern {
    let mut written = ClientWriteConcern::default();
    written.w = Some(match concern.acknowledged_by {
        Acknowledgment::Members(members) => ClientAcknowledgment::Nodes(members),
        _ => ClientAcknowledgment::Majority,
    });
    written.journal = concern.journal;
    written.w_timeout = concern.timeout;
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_take_what_the_server_does_in_them() {
        let options = transaction(&Concerns::new()).unwrap();
        assert_eq!(options.read_concern, Some(ClientReadConcern::snapshot()));
        assert_eq!(options.write_concern, Some(ClientWriteConcern::majority()));
        for refused in [
            Concerns::new().prefer(ReadPreference::Secondary),
            Concerns::new().read(ReadConcern::Linearizable),
        ] {
            let error = transaction(&refused).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.hint().is_some());
        }
        let nobody = Concerns::new().write(WriteConcern::members(0));
        assert_eq!(transaction(&nobody).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_write_concern_is_sent_whole() {
        let concern = write(
            WriteConcern::members(2).journaled().within(std::time::Duration::from_millis(70)),
        );
        assert_eq!(concern.w, Some(ClientAcknowledgment::Nodes(2)));
        assert_eq!(concern.journal, Some(true));
        assert_eq!(concern.w_timeout, Some(std::time::Duration::from_millis(70)));
    }
}
