//! What is said while a command runs: notes, questions, how far it is.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eloquent::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::console::Input;
use super::page::broken;
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
            let width = self.console.lock().unwrap_or_else(PoisonError::into_inner).width;
            let lines = text.lines().flat_map(|line| broken(&escape(line), width));
            self.write(&lines.map(|line| line + "\n").collect::<String>());
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
        let bar = bar(ProgressDrawTarget::stderr());
        let drawn = bar.clone();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            loop {
                ticks.tick().await;
                let message = message(&progress.now(), progress.rows(), drawn.elapsed());
                draw(&drawn, progress.done(), progress.of(), message);
            }
        });
        Bar { shown: Some((bar, task)) }
    }
}

/// A line that is never longer than the terminal: what does not fit of the message is left out.
fn bar(target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let style = ProgressStyle::with_template("{elapsed_precise} [{bar:24}] {pos}/{len} {wide_msg}");
    // a template that is wrong is one of ours: then the bar looks as bars do
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar
}

fn draw(bar: &ProgressBar, done: u64, of: u64, message: String) {
    bar.set_length(of);
    bar.set_position(done);
    bar.set_message(message);
}

fn message(now: &str, rows: u64, elapsed: Duration) -> String {
    let now = escape(now);
    match rows {
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
    use std::sync::Arc;

    use indicatif::TermLike;

    use super::*;

    /// A terminal of this width, which keeps what is drawn.
    #[derive(Debug, Clone)]
    struct Screen(u16, Arc<Mutex<Vec<String>>>);

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.0
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.1.lock().unwrap().push(text.to_owned());
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the bar looks like, without the time.
    fn drawn(width: u16, message: String) -> String {
        let screen = Screen(width, Arc::default());
        let bar = bar(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        draw(&bar, 2, 4, message);
        bar.force_draw();
        let texts = screen.1.lock().unwrap().clone();
        let line = texts.iter().rfind(|text| text.contains('[')).expect("a line").clone();
        assert!(texts.iter().all(|text| text.chars().count() <= width.into()), "{texts:?}");
        line.split_once(' ').expect("the time").1.trim_end().to_owned()
    }

    #[test]
    fn a_bar_is_one_line_on_narrow_and_wide_terminals() {
        let second = Duration::from_secs(2);
        let short = message("UserSeeder", 1200, second);
        for width in [80, 200] {
            let line = drawn(width, short.clone());
            assert_eq!(line, "[============>           ] 2/4 UserSeeder: 1200 rows, 600/s");
        }
        let long = message(&format!("20260101000000_{}", "a".repeat(180)), 0, second);
        assert_eq!(drawn(80, long.clone()).chars().count(), 80 - "00:00:00 ".len());
        assert!(drawn(200, long).ends_with("aaa"));
        let steers = message("a\u{1b}[2J\n", 0, second);
        assert!(drawn(80, steers).ends_with("a\\u{1b}[2J\\n"));
    }

    #[test]
    fn rows_per_second() {
        assert_eq!(per_second(500, Duration::from_millis(250)), 2000);
        assert_eq!(per_second(5, Duration::ZERO), 5000);
        assert_eq!(per_second(u64::MAX, Duration::from_secs(1)), u64::MAX / 1000);
    }
}
