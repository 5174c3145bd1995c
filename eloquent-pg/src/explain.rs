//! What the server says of how it would run a statement.

use std::any::Any;

use eloquent_core::Result;
use eloquent_core::row::{Flow, Row, RowSink};

/// Puts the lines of a plan together.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) text: String,
}

impl RowSink for Plan {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&row.read::<String>(0)?);
        Ok(Flow::Continue)
    }

    fn reset(&mut self) {
        self.text.clear();
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
