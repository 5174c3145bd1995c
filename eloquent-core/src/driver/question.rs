//! What migrations and the command line want to know of a server, and ask it to do, beside statements.

/// Something that a [session](super::Session::ask) is asked. Each says what rows answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'q> {
    /// Takes the lock of this name if it is free, for as long as the session lasts: 1, else 0. −1 where
    /// such a lock would not keep all others out.
    TryLock(&'q str),
    /// Whether the session holds the lock: 1 or 0. Behind a pooler the answer may change.
    HoldsLock(&'q str),
    /// Gives the lock back: 1 if the session held it, else 0.
    Unlock(&'q str),
    /// Who holds the lock. No row when nobody does; else the session, the user, from where, since how many
    /// seconds the session has been at what it does. All but the number are text, each may be null.
    LockHolder(&'q str),
    /// The text by which [`RunsIn`](Question::RunsIn) finds the session.
    SessionId,
    /// What runs in the session of this id. No row when nothing does; else the seconds that it has been
    /// running.
    RunsIn(&'q str),
    /// The clock of the server: milliseconds since 1970.
    Clock,
    /// Whether there is a table of this name: 1 or 0.
    HasTable(&'q str),
    /// What the application has made, to be dropped when it begins anew: name and kind. The kind is `table`,
    /// `view`, or a word of the driver's own, which is handed back to its
    /// [`drop_all`](super::Session::drop_all).
    Objects,
    /// What the tables of the application take up, where the database knows: name and number of bytes.
    Sizes,
    /// Who the session is to the database: the name of its account; 1 if that administers the server, else 0;
    /// 1 if it may change the schema, else 0. Each is null where the database does not tell, and all are
    /// where it has no accounts. One that has them, but asks nobody for theirs, answers no name and twice 1.
    Account,
}

/// Something that the application has made, as [`Question::Objects`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name; what a driver has another kind for, it names as it will drop it.
    pub name: String,
    /// `table`, `view`, or a word of the driver's own.
    pub kind: String,
}

impl Object {
    /// An object of this kind.
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Object { name: name.into(), kind: kind.into() }
    }
}
