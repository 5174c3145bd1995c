//! Lists of the server, read into lists of values.

use eloquent_core::value::Value;

use crate::decode::owned;
use crate::form::Scalar;

/// The most dimensions that the server gives a list.
const DIMENSIONS: usize = 6;

/// Reads a list: its dimensions, and each element behind its length. Several dimensions become lists of
/// lists.
pub(crate) fn read(raw: &[u8], element: Scalar) -> Option<Value> {
    let mut reader = Reader(raw);
    let dimensions = usize::try_from(reader.number()?).ok()?;
    reader.number()?; // whether there are nulls
    reader.number()?; // the type of the elements
    if dimensions == 0 {
        return Some(Value::Array(Vec::new()));
    }
    if dimensions > DIMENSIONS {
        return None;
    }
    let mut lengths = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        lengths.push(usize::try_from(reader.number()?).ok()?);
        reader.number()?; // the number of the first element
    }
    reader.items(&lengths, element)
}

struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    fn number(&mut self) -> Option<i32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*number))
    }

    fn bytes(&mut self, length: usize) -> Option<&'r [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn items(&mut self, lengths: &[usize], element: Scalar) -> Option<Value> {
        let Some((length, inner)) = lengths.split_first() else {
            return match self.number()? {
                -1 => Some(Value::Null),
                length => owned(self.bytes(usize::try_from(length).ok()?)?, element),
            };
        };
        // a length that lies does not reserve anything
        let mut items = Vec::with_capacity((*length).min(self.0.len() / 4));
        for _ in 0..*length {
            items.push(self.items(inner, element)?);
        }
        Some(Value::Array(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[i32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn lists_of_lists() {
        let raw = words(&[2, 0, 23, 2, 1, 2, 1, 4, 1, 4, 2, 4, 3, -1]);
        let row = |items: &[Value]| Value::Array(items.to_vec());
        let one = row(&[Value::I64(1), Value::I64(2)]);
        let two = row(&[Value::I64(3), Value::Null]);
        assert_eq!(read(&raw, Scalar::Int4), Some(row(&[one, two])));
        assert_eq!(read(&words(&[0, 0, 23]), Scalar::Int4), Some(row(&[])));
    }

    #[test]
    fn damaged_lists_are_none() {
        for raw in [
            vec![],
            words(&[1, 0, 23]),
            words(&[1, 0, 23, 2, 1, 4, 1]),
            words(&[1, 0, 23, i32::MAX, 1]),
            words(&[-1, 0, 23]),
            words(&[100, 0, 23]),
            words(&[1, 0, 23, 1, 1, 400, 1]),
        ] {
            assert_eq!(read(&raw, Scalar::Int4), None);
        }
    }
}
