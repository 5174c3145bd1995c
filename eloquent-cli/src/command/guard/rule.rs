//! Which consent a command needs: decided by what it does, the environment and the tag of the database.

/// What a name of an environment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Local,
    Test,
    Production,
    /// There is no name, or one that says nothing: it may be production.
    Unknown,
}

/// What a command does to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It changes the schema or rows, as is meant in production too.
    Changes,
    /// Data is lost.
    Destroys,
}

/// What has to be there before it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    Nothing,
    /// Somebody says that it is meant.
    Word,
    /// Somebody says that it is meant, and for which database; see [`super::Consent`].
    Full,
}

/// What is known of where a command is to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// What `APP_ENV` says.
    pub(crate) environment: Place,
    /// What the database says; `None` when it says nothing.
    pub(crate) tag: Option<Place>,
    /// Whether it is the twin for tests of a connection.
    pub(crate) is_twin: bool,
    /// Whether there is nothing in the database.
    pub(crate) is_empty: bool,
}

impl Place {
    /// Reads a name.
    pub(crate) fn of(name: Option<&str>) -> Place {
        match name.map(|name| name.trim().to_lowercase()).as_deref() {
            Some("local" | "dev" | "development") => Place::Local,
            Some("test" | "testing" | "ci") => Place::Test,
            Some("production" | "prod" | "prd" | "live") => Place::Production,
            _ => Place::Unknown,
        }
    }

    fn is_harmless(self) -> bool {
        matches!(self, Place::Local | Place::Test)
    }
}

impl Site {
    /// Where it runs, as far as the variables tell: a twin is for tests.
    fn place(self) -> Place {
        if self.is_twin { Place::Test } else { self.environment }
    }

    /// What a command needs here.
    pub(crate) fn need(self, weight: Weight) -> Need {
        match weight {
            Weight::Destroys if self.may_lose() => Need::Nothing,
            Weight::Destroys => Need::Full,
            Weight::Changes => self.need_to_change(),
        }
    }

    /// The least that a command needs here, whatever the database says.
    pub(crate) fn least(self, weight: Weight) -> Need {
        let tags = [None, Some(Place::Local), Some(Place::Test), Some(Place::Production)];
        let needs = tags.into_iter().map(|tag| Site { tag, is_empty: true, ..self }.need(weight));
        needs.min().unwrap_or(Need::Full)
    }

    /// Whether environment and database agree that data may be lost.
    fn may_lose(self) -> bool {
        match (self.place(), self.tag) {
            (Place::Production | Place::Unknown, _) => false,
            (_, Some(Place::Test)) | (Place::Local, Some(Place::Local)) => true,
            (_, None) => self.is_empty || self.is_twin,
            (_, Some(_)) => false,
        }
    }

    fn need_to_change(self) -> Need {
        match (self.place(), self.tag) {
            // a harmless environment that leads to what is none
            (place, Some(Place::Production | Place::Unknown)) if place.is_harmless() => Need::Full,
            (Place::Production, _) | (_, Some(Place::Production)) => Need::Word,
            (Place::Unknown, Some(tag)) if tag.is_harmless() => Need::Word,
            _ => Need::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 4] = [Place::Local, Place::Test, Place::Production, Place::Unknown];

    #[test]
    fn names_are_read_as_they_are_written() {
        for (name, place) in [
            ("local", Place::Local),
            (" Dev ", Place::Local),
            ("CI", Place::Test),
            ("PROD", Place::Production),
            (" production ", Place::Production),
            ("prd", Place::Production),
            ("staging", Place::Unknown),
            ("", Place::Unknown),
            ("tset", Place::Unknown),
        ] {
            assert_eq!(Place::of(Some(name)), place, "{name}");
        }
        assert_eq!(Place::of(None), Place::Unknown);
    }

    /// Every site, against the sentences of the guide and not against the code above.
    #[test]
    fn nothing_is_lost_where_environment_and_database_do_not_agree() {
        let tags = PLACES.into_iter().map(Some).chain([None]);
        for (environment, tag) in PLACES.into_iter().flat_map(|e| tags.clone().map(move |t| (e, t)))
        {
            for (is_twin, is_empty) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let site = Site { environment, tag, is_twin, is_empty };
                let need = site.need(Weight::Destroys);
                let is_risky = |place| matches!(place, Place::Production | Place::Unknown);
                if tag.is_some_and(is_risky) || (is_risky(environment) && !is_twin) {
                    assert_eq!(need, Need::Full, "{site:?}");
                }
                if tag == Some(Place::Test) && (is_twin || !is_risky(environment)) {
                    assert_eq!(need, Need::Nothing, "not refused for nothing: {site:?}");
                }
                if tag.is_none() && !is_empty && !is_twin {
                    assert_eq!(need, Need::Full, "nobody knows what it is: {site:?}");
                }
                assert_ne!(need, Need::Word, "a word alone never destroys: {site:?}");
                assert!(
                    site.least(Weight::Destroys) <= need
                        && site.least(Weight::Changes) <= site.need(Weight::Changes)
                );
            }
        }
    }
}
