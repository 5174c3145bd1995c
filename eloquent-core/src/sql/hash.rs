//! Hashing the texts of statements.

use std::hash::Hasher;

/// A fast hash of texts and shapes of statements, for bounded caches. Statements come from the program, not
/// from its users, so it need not withstand chosen collisions; a map compares in full in any case.
///
/// ```
/// use std::collections::HashMap;
/// use std::hash::BuildHasherDefault;
///
/// use eloquent_core::sql::TextHasher;
///
/// let mut prepared: HashMap<Box<str>, u32, BuildHasherDefault<TextHasher>> = HashMap::default();
/// prepared.insert("SELECT 1".into(), 7);
/// assert_eq!(prepared.get("SELECT 1"), Some(&7));
/// ```
#[derive(Debug, Default)]
pub struct TextHasher(u64);

impl TextHasher {
    fn mix(&mut self, left: u64, right: u64) {
        let left = u128::from(self.0 ^ left ^ 0x9e37_79b9_7f4a_7c15);
        let product = left * u128::from(right ^ 0xa076_1d64_78bd_642f);
        // Both halves of the product, folded onto each other.
        #[allow(clippy::cast_possible_truncation)]
        let folded = (product >> 64) as u64 ^ product as u64;
        self.0 = folded;
    }
}

impl Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (pairs, rest) = bytes.as_chunks::<16>();
        for pair in pairs {
            self.mix(word(&pair[..8]), word(&pair[8..]));
        }
        let (left, right) = rest.split_at(rest.len().min(8));
        self.mix(word(left), word(right));
    }

    fn write_usize(&mut self, len: usize) {
        // The length of the slice whose bytes follow, which `write` mixes in.
        self.0 ^= len as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Up to eight bytes as a number.
fn word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(all) => u64::from_le_bytes(*all),
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}
