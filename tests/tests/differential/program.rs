//! A program: what is done, step by step, and how it is run.

use eloquent_core::ErrorKind;
use eloquent_core::statement::Statement;
use eloquent_core::value::Value;

/// A step of a program.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// One statement.
    Run(Statement),
    /// Steps that are kept or undone together. The first that fails ends them and undoes them.
    Together { steps: Vec<Step>, commit: bool },
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// A transaction or savepoint was begun, kept or undone.
    Done,
    /// So many rows were written.
    Wrote(u64),
    /// These rows were read.
    Read(Vec<Vec<Value>>),
    /// It failed: with one of these kinds, where any of several faults may be told.
    Failed(Vec<ErrorKind>, String),
}

/// What was done last, for reports: the number of the step, in the steps around it.
pub(crate) type Place = Vec<usize>;

/// One thing that was done, and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Event<'p> {
    pub(crate) place: Place,
    pub(crate) what: What<'p>,
    pub(crate) outcome: Outcome,
}

/// What was done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'p> {
    Run(&'p Statement),
    Begin,
    Commit,
    Rollback,
}

/// What programs run on.
pub(crate) trait Machine {
    async fn run(&mut self, statement: &Statement) -> Outcome;
    async fn begin(&mut self, depth: u32) -> Outcome;
    async fn commit(&mut self, depth: u32) -> Outcome;
    async fn rollback(&mut self, depth: u32) -> Outcome;
}

/// Runs a program and says what came of each step.
pub(crate) async fn run<'p, M: Machine>(program: &'p [Step], machine: &mut M) -> Vec<Event<'p>> {
    let mut events = Vec::new();
    block(program, machine, 0, &mut Place::new(), &mut events).await;
    events
}

/// Runs steps and says whether none failed, which inside a transaction ends them.
async fn block<'p, M: Machine>(
    steps: &'p [Step],
    machine: &mut M,
    depth: u32,
    place: &mut Place,
    events: &mut Vec<Event<'p>>,
) -> bool {
    for (number, step) in (1..).zip(steps) {
        place.push(number);
        let well = match step {
            Step::Run(statement) => {
                let outcome = machine.run(statement).await;
                let failed = matches!(outcome, Outcome::Failed(..));
                events.push(Event { place: place.clone(), what: What::Run(statement), outcome });
                !failed
            }
            Step::Together { steps, commit } => {
                let outcome = machine.begin(depth).await;
                events.push(Event { place: place.clone(), what: What::Begin, outcome });
                let well = Box::pin(block(steps, machine, depth + 1, place, events)).await;
                let (what, outcome) = match well && *commit {
                    true => (What::Commit, machine.commit(depth).await),
                    false => (What::Rollback, machine.rollback(depth).await),
                };
                events.push(Event { place: place.clone(), what, outcome });
                // whoever is around it goes on, as after an error that was handled
                true
            }
        };
        place.pop();
        if !well && depth > 0 {
            return false;
        }
    }
    true
}
