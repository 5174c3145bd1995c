//! What is asked of the members of a cluster: who answers, and how many must have it.

use std::time::Duration;

/// Which member of a replica set answers reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadPreference {
    /// The primary.
    Primary,
    /// The primary; a secondary when there is none.
    PrimaryPreferred,
    /// A secondary, whose data may be old.
    Secondary,
    /// A secondary; the primary when there is none.
    SecondaryPreferred,
    /// Whichever is nearest.
    Nearest,
}

/// How certain what is read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadConcern {
    /// What the member has, which may be rolled back.
    Local,
    /// The same; of a sharded collection also what is being moved.
    Available,
    /// What a majority of the members has.
    Majority,
    /// What a majority has, including every write that was acknowledged before the read.
    Linearizable,
    /// What a majority had at one moment.
    Snapshot,
}

/// Which members must have a write before it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Acknowledgment {
    /// A majority.
    Majority,
    /// So many, and at least one: a write without any acknowledgment could fail unseen.
    Members(u32),
}

/// When a write counts as done.
///
/// ```
/// use eloquent_core::driver::WriteConcern;
/// use std::time::Duration;
///
/// let durable = WriteConcern::majority().journaled().within(Duration::from_secs(5));
/// assert_eq!(durable.journal, Some(true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct WriteConcern {
    /// Who must have it.
    pub acknowledged_by: Acknowledgment,
    /// Whether it must be in the journal on their disks; `None` leaves that to the database.
    pub journal: Option<bool>,
    /// How long to wait for those who must have it. The write stays when they are late.
    pub timeout: Option<Duration>,
}

impl WriteConcern {
    /// Acknowledged by a majority of the members.
    pub const fn majority() -> Self {
        Self::by(Acknowledgment::Majority)
    }

    /// Acknowledged by so many members.
    pub const fn members(members: u32) -> Self {
        Self::by(Acknowledgment::Members(members))
    }

    const fn by(acknowledged_by: Acknowledgment) -> Self {
        WriteConcern { acknowledged_by, journal: None, timeout: None }
    }

    /// It must be in the journals, too.
    #[must_use]
    pub const fn journaled(mut self) -> Self {
        self.journal = Some(true);
        self
    }

    /// Bounds the wait.
    #[must_use]
    pub const fn within(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// What is asked of the members of a cluster; what is left out is as the connection says.
///
/// ```
/// use eloquent_core::driver::{Concerns, ReadConcern, ReadPreference};
///
/// let reports = Concerns::new().prefer(ReadPreference::Secondary).read(ReadConcern::Majority);
/// assert_eq!(reports.write, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Concerns {
    /// Who answers reads.
    pub read_preference: Option<ReadPreference>,
    /// How certain what is read must be.
    pub read: Option<ReadConcern>,
    /// When a write counts as done.
    pub write: Option<WriteConcern>,
}

impl Concerns {
    /// All as the connection says.
    pub const fn new() -> Self {
        Concerns { read_preference: None, read: None, write: None }
    }

    /// Says who answers reads.
    #[must_use]
    pub const fn prefer(mut self, preference: ReadPreference) -> Self {
        self.read_preference = Some(preference);
        self
    }

    /// Says how certain what is read must be.
    #[must_use]
    pub const fn read(mut self, concern: ReadConcern) -> Self {
        self.read = Some(concern);
        self
    }

    /// Says when a write counts as done.
    #[must_use]
    pub const fn write(mut self, concern: WriteConcern) -> Self {
        self.write = Some(concern);
        self
    }
}
