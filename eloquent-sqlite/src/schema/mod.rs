//! What tables look like, and changes to them. SQLite keeps a table as the text that created it: that is
//! what is read here, and what is written anew where its `ALTER TABLE` has no words for a change.

mod alter;
pub(crate) mod inspect;
mod layout;
mod rebuild;
#[cfg(test)]
mod tests;
mod tokens;
mod types;
