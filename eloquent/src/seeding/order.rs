//! Which seeders run, and in which order.

use std::fmt;
use std::sync::Arc;

use eloquent_core::{Error, ErrorKind, Result};

use super::Seeder;

/// A list of seeders, which run in this order.
#[derive(Clone, Default)]
pub struct Seeders(Vec<Arc<dyn Seeder>>);

impl Seeders {
    /// None yet.
    pub fn new() -> Self {
        Seeders::default()
    }

    /// Adds one.
    // what can be chained is easier to keep as a list
    #[allow(clippy::should_implement_trait)]
    #[must_use]
    pub fn add(mut self, seeder: impl Seeder) -> Self {
        self.0.push(Arc::new(seeder));
        self
    }

    /// Adds those of another list.
    #[must_use]
    pub fn and(mut self, other: Seeders) -> Self {
        self.0.extend(other.0);
        self
    }

    /// How many there are, without those that they call.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names, in order, without those that they call.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|seeder| seeder.name())
    }

    /// All of them, each behind those that it calls; of one, that one and what it calls.
    pub(super) fn order(&self, only: Option<&str>) -> Result<Vec<Arc<dyn Seeder>>> {
        let mut all = Order::default();
        for seeder in &self.0 {
            all.visit(seeder)?;
        }
        let Some(name) = only else { return Ok(all.order) };
        let found = all.order.iter().find(|seeder| seeder.name() == name);
        let found = found.ok_or_else(|| unknown(name, &all.order))?;
        let mut one = Order::default();
        one.visit(found)?;
        Ok(one.order)
    }
}

impl fmt::Debug for Seeders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[derive(Default)]
struct Order {
    order: Vec<Arc<dyn Seeder>>,
    /// Those whose calls are being looked at.
    path: Vec<String>,
}

impl Order {
    fn visit(&mut self, seeder: &Arc<dyn Seeder>) -> Result<()> {
        let name = seeder.name();
        if let Some(known) = self.order.iter().find(|known| known.name() == name) {
            if Seeder::type_id(known.as_ref()) == Seeder::type_id(seeder.as_ref()) {
                return Ok(());
            }
            let message = format!("two seeders are called `{name}`");
            return Err(Error::new(ErrorKind::Config, message)
                .with_hint("give one another name with `fn name(&self)`"));
        }
        if let Some(start) = self.path.iter().position(|on| on == name) {
            let circle: Vec<&str> = self.path[start..].iter().map(String::as_str).collect();
            let message = format!("seeders call each other: {}, {name}", circle.join(", "));
            return Err(
                Error::new(ErrorKind::Config, message).with_hint("leave one of the calls out")
            );
        }
        self.path.push(name.to_owned());
        for called in &seeder.calls().0 {
            self.visit(called)?;
        }
        self.path.pop();
        self.order.push(seeder.clone());
        Ok(())
    }
}

fn unknown(name: &str, known: &[Arc<dyn Seeder>]) -> Error {
    let shown: String = name.chars().take(64).collect();
    let known: Vec<&str> = known.iter().map(|seeder| seeder.name()).collect();
    let error = Error::new(ErrorKind::Config, format!("there is no seeder `{shown}`"));
    match known.is_empty() {
        true => error.with_hint("no seeder is known"),
        false => error.with_hint(format!("the seeders are: {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Models, async_trait};
    use super::*;

    struct Named(&'static str, &'static [&'static str]);

    #[async_trait]
    impl Seeder for Named {
        fn name(&self) -> &str {
            self.0
        }

        fn models(&self) -> Models {
            Models::new()
        }

        fn calls(&self) -> Seeders {
            self.1.iter().fold(Seeders::new(), |all, name| match *name {
                "circle" => all.add(Named("circle", &["round"])),
                "round" => all.add(Named("round", &["circle"])),
                name => all.add(Named(name, &[])),
            })
        }

        async fn run(&self) -> Result<()> {
            Ok(())
        }
    }

    struct Other;

    #[async_trait]
    impl Seeder for Other {
        fn models(&self) -> Models {
            Models::new()
        }

        async fn run(&self) -> Result<()> {
            Ok(())
        }
    }

    fn names(seeders: &Seeders, only: Option<&str>) -> Vec<String> {
        let order = seeders.order(only).unwrap();
        order.iter().map(|seeder| seeder.name().to_owned()).collect()
    }

    #[test]
    fn each_runs_once_behind_those_that_it_calls() {
        let seeders =
            Seeders::new().add(Named("a", &["b", "c"])).add(Named("d", &["c"])).add(Other);
        assert_eq!(names(&seeders, None), ["b", "c", "a", "d", "Other"]);
        assert_eq!(names(&seeders, Some("d")), ["c", "d"]);
        assert_eq!(names(&seeders, Some("c")), ["c"], "one that is only called");
    }

    #[test]
    fn circles_and_what_is_unknown_are_told() {
        let circle = Seeders::new().add(Named("x", &["circle"]));
        let error = circle.order(None).err().unwrap();
        assert!(error.message().contains("circle, round, circle"), "{error}");
        let error = Seeders::new().add(Other).order(Some("other")).err().unwrap();
        assert_eq!(error.message(), "there is no seeder `other`");
        assert_eq!(error.hint(), Some("the seeders are: Other"));
        let twice = Seeders::new().add(Other).add(Named("Other", &[]));
        let error = twice.order(None).err().unwrap();
        assert_eq!(error.message(), "two seeders are called `Other`");
    }
}
