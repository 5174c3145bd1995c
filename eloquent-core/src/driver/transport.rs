//! How what is sent to a server gets there.

/// What others could see of what is sent to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// Nothing leaves this machine.
    Local,
    /// It is encrypted.
    Encrypted,
    /// Whoever is on the way can read it.
    Plain,
}

impl Transport {
    /// What it is, by whether it is encrypted, and whether the server is on this machine.
    ///
    /// ```
    /// use eloquent_core::driver::Transport;
    ///
    /// assert_eq!(Transport::of(false, true), Transport::Local);
    /// assert_eq!(Transport::of(false, false), Transport::Plain);
    /// ```
    #[must_use]
    pub fn of(is_encrypted: bool, is_local: bool) -> Self {
        match (is_encrypted, is_local) {
            (true, _) => Transport::Encrypted,
            (false, true) => Transport::Local,
            (false, false) => Transport::Plain,
        }
    }
}
