//! What is said while a command runs: notes, questions, how far it is.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eloquent::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Input;
use super::{Console, Form, escape};

type BoxFuture<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// Who a command talks to while it runs.
pub(crate) trait Terminal: Sync {
    /// Shows lines for people; programs read them in the document.
    fn say(&self, text: &str);

    /// Whether somebody is there to answer.
    fn is_interactive(&self) -> bool;

    /// Asks, and waits for a line. `None` when nobody answers.
    fn ask<'t>(&'t self, question: &'t str) -> BoxFuture<'t, Option<String>>;

    /// Shows how far something is, until what this gives is dropped.
    fn watch(&self, progress: &Progress) -> Bar;
}

/// The console, lent to a command.
pub(crate) struct Talk<'c, 'w> {
    console: Mutex<&'c mut Console<'w>>,
    form: Form,
}

impl<'c, 'w> Talk<'c, 'w> {
    pub(crate) fn new(console: &'c mut Console<'w>, form: Form) -> Self {
        Talk { console: Mutex::new(console), form }
    }

    fn write(&self, text: &str) {
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        // nobody is left to be told
        let _ = console.stderr.write_all(text.as_bytes());
        let _ = console.stderr.flush();
    }
}

impl Terminal for Talk<'_, '_> {
    fn say(&self, text: &str) {
        // whoever is asked has to know what about
        let is_heard = !self.form.quiet || self.is_interactive();
        if !self.form.json && is_heard {
            self.write(&text.lines().map(|line| escape(line) + "\n").collect::<String>());
        }
    }

    fn is_interactive(&self) -> bool {
        let console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        !self.form.json && !matches!(console.input, Input::Nobody)
    }

    fn ask<'t>(&'t self, question: &'t str) -> BoxFuture<'t, Option<String>> {
        Box::pin(async move {
            self.write(&format!("{} ", escape(question)));
            let given = match &mut self.console.lock().unwrap_or_else(PoisonError::into_inner).input
            {
                Input::Nobody => return None,
                Input::Given(lines) => Some(lines.pop_front()),
                Input::Process => None,
            };
            match given {
                Some(answer) => answer,
                None => line().await,
            }
        })
    }

    fn watch(&self, progress: &Progress) -> Bar {
        let console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = console.draws && !self.form.json && !self.form.quiet;
        Bar::new(shown, progress.clone())
    }
}

/// A line of the process's terminal. The thread that waits for it is left behind when nobody wants it any
/// more, so that the process can end.
async fn line() -> Option<String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = io::stdin().read_line(&mut text).ok().filter(|bytes| *bytes > 0);
        // nobody may want it any more
        let _ = sender.send(read.map(|_| text.trim_end_matches(['\r', '\n']).to_owned()));
    });
    receiver.await.ok().flatten()
}

/// A line that is drawn over while something runs, and gone when this is dropped.
pub(crate) struct Bar {
    shown: Option<(ProgressBar, tokio::task::JoinHandle<()>)>,
}

impl Bar {
    fn new(shown: bool, progress: Progress) -> Self {
        if !shown {
            return Bar { shown: None };
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let drawn = bar.clone();
        let task = tokio::spawn(async move {
            let template = "{elapsed_precise} [{bar:24}] {pos}/{len} {msg}";
            drawn.set_style(style(template));
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            loop {
                ticks.tick().await;
                drawn.set_length(progress.of());
                drawn.set_position(progress.done());
                drawn.set_message(message(&progress, drawn.elapsed()));
            }
        });
        Bar { shown: Some((bar, task)) }
    }
}

/// A template that is wrong is one of ours: then the bar looks as bars do.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

fn message(progress: &Progress, elapsed: Duration) -> String {
    let now = escape(&progress.now());
    match progress.rows() {
        0 => now,
        rows => format!("{now}: {rows} rows, {}/s", per_second(rows, elapsed)),
    }
}

/// How many of these there were in a second.
pub(crate) fn per_second(rows: u64, elapsed: Duration) -> u64 {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    rows.saturating_mul(1000) / milliseconds
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((bar, task)) = self.shown.take() {
            task.abort();
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_per_second() {
        assert_eq!(per_second(500, Duration::from_millis(250)), 2000);
        assert_eq!(per_second(5, Duration::ZERO), 5000);
        assert_eq!(per_second(u64::MAX, Duration::from_secs(1)), u64::MAX / 1000);
    }
}
