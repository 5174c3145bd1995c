//! Where all outputs are kept, to be looked through at the end.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use eloquent::Error;
use tracing::field::{Field, Visit};
use tracing::span;

/// The secret. Each place that takes one gets it as it is, or with its first letter percent-coded.
pub(crate) const CANARY: &str = "c4n4ry-7F3a";

/// The canary as it stands in a URL.
pub(crate) const CODED: &str = "%634n4ry-7F3a";

/// What every spelling of the canary has, in lower case: as text, and as a list of bytes.
const TRACES: [&str; 3] = ["4n4ry-7f3a", "52, 110, 52, 114, 121", "346e3472792d37463361"];

/// The lines of the log since the beginning.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The message of the last panic.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// What was captured, each text once, with where it is from.
pub(crate) struct Captured {
    outputs: BTreeMap<String, String>,
}

impl Captured {
    /// Captures what the process logs from here on, and the messages of its panics.
    pub(crate) fn of_process() -> Self {
        tracing::subscriber::set_global_default(Ear).expect("nobody else listens");
        log::set_logger(&Ear).expect("nobody else listens");
        log::set_max_level(log::LevelFilter::Trace);
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().name() == Some(PANICS) {
                *PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
            } else {
                usual(info);
            }
        }));
        Captured { outputs: BTreeMap::new() }
    }

    /// Keeps a text.
    pub(crate) fn text(&mut self, from: &str, text: impl Into<String>) {
        self.outputs.entry(text.into()).or_insert_with(|| from.to_owned());
    }

    /// Keeps what a value prints.
    pub(crate) fn debug(&mut self, from: &str, value: &dyn Debug) {
        self.text(from, format!("{value:?}"));
        self.text(from, format!("{value:#?}"));
    }

    /// Keeps all that an error says, what it comes from, and what a panic with it says.
    pub(crate) fn error(&mut self, from: &str, error: Error) {
        self.text(from, error.to_string());
        self.text(from, error.message());
        self.text(from, error.hint().unwrap_or_default());
        self.debug(from, &error);
        let mut source = error.source();
        while let Some(inner) = source {
            self.text(from, inner.to_string());
            self.debug(from, &inner);
            source = inner.source();
        }
        let unwrapped = std::thread::Builder::new().name(PANICS.to_owned()).spawn(move || {
            let _ = panic::catch_unwind(AssertUnwindSafe(|| failed(error).unwrap()));
        });
        unwrapped.expect("a thread").join().expect("the panic is caught");
        let message = PANIC.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.text(from, message.expect("the message of the panic"));
    }

    /// Keeps all that the error says that has to come.
    #[track_caller]
    pub(crate) fn refused<T>(&mut self, from: &str, outcome: Result<T, Error>) {
        match outcome {
            Ok(_) => panic!("{from}: this was not refused"),
            Err(error) => self.error(from, error),
        }
    }

    /// Looks through all of it. Gives the number of outputs, and that of the lines of the log.
    pub(crate) fn finish(self) -> (usize, usize) {
        let logged = std::mem::take(&mut *LOGGED.lock().unwrap_or_else(PoisonError::into_inner));
        let mut shown = String::new();
        let lines = logged.iter().map(|line| ("the log", line));
        let outputs = self.outputs.iter().map(|(text, from)| (from.as_str(), text));
        for (from, text) in outputs.chain(lines) {
            if shows(text) {
                let _ = writeln!(shown, "{from}: {text}");
            }
        }
        assert!(shown.is_empty(), "a secret is shown by\n{shown}");
        (self.outputs.len(), logged.len())
    }
}

fn failed(error: Error) -> Result<(), Error> {
    Err(error)
}

/// The name of threads that are to panic.
const PANICS: &str = "canary";

fn shows(text: &str) -> bool {
    let text = text.to_lowercase();
    TRACES.iter().any(|trace| text.contains(&trace.to_lowercase()))
}

/// Runs what a test has to say itself; what is logged of it does not count.
pub(crate) async fn unheard<F: Future>(step: F) -> F::Output {
    DEAF.store(true, Ordering::Relaxed);
    let outcome = step.await;
    DEAF.store(false, Ordering::Relaxed);
    outcome
}

static DEAF: AtomicBool = AtomicBool::new(false);

fn note(line: String) {
    if DEAF.load(Ordering::Relaxed) {
        return;
    }
    LOGGED.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Hears everything that is logged, at any level.
struct Ear;

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl tracing::Subscriber for Ear {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        note(format!("{}{}", attributes.metadata().name(), fields.0));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        note(fields.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        note(format!("{} {}{}", event.metadata().level(), event.metadata().target(), fields.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl log::Log for Ear {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        note(format!("{} {} {}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

#[test]
fn every_spelling_of_the_canary_is_seen() {
    for text in [CANARY.to_owned(), CODED.to_owned(), CANARY.to_uppercase()] {
        assert!(shows(&format!("x{text}y")), "{text}");
    }
    assert!(shows(&format!("{:?}", CANARY.as_bytes())));
    let hex: String = CANARY.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
    assert!(shows(&hex), "{hex}");
    assert!(!shows("a canary"));
}
