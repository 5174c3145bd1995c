//! Values as BSON, and back.

mod decimal;
mod decode;
mod encode;
mod json;

pub(crate) use decode::{Cell, decode};
pub(crate) use encode::{append, encode, encode_inside, floor};

#[cfg(test)]
mod tests;
