//! Pages of rows.

mod cursor;
mod page;

pub use cursor::CursorPage;
pub use page::{Page, SimplePage};
