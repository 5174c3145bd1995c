//! New object ids: a second, five bytes of this process, and a number that counts up.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use eloquent_core::value::{ObjectId, Utc, Uuid};

/// A new object id.
pub(super) fn new() -> ObjectId {
    static START: OnceLock<([u8; 5], u32)> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, first) = START.get_or_init(|| {
        // the last eight bytes of such a UUID are random, but for two bits of the first
        let [.., a, b, c, d, e, x, y, z] = Uuid::now_v7().into_bytes();
        ([a, b, c, d, e], u32::from_be_bytes([0, x, y, z]))
    });
    let second = u32::try_from(Utc::now().timestamp()).unwrap_or(u32::MAX).to_be_bytes();
    let [_, high, middle, low] =
        first.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
    let [a, b, c, d, e] = *process;
    let [s, t, u, v] = second;
    ObjectId::from_bytes([s, t, u, v, a, b, c, d, e, high, middle, low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_differ_and_tell_their_second() {
        let before = Utc::now().timestamp();
        let ids: std::collections::BTreeSet<ObjectId> = (0..10_000).map(|_| new()).collect();
        assert_eq!(ids.len(), 10_000);
        let after = Utc::now().timestamp();
        for id in ids {
            let [s, t, u, v, ..] = id.bytes();
            let second = i64::from(u32::from_be_bytes([s, t, u, v]));
            assert!((before..=after).contains(&second));
        }
    }
}
