//! Values as BSON, and back.

mod decimal;
mod decode;
mod encode;
mod json;

pub(crate) use decode::{Cell, decode};
pub(crate) use encode::{append, encode, floor};

#[cfg(test)]
mod tests;
