//! Types that are given out as text: what the server itself would show of them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::owned;
use crate::form::Scalar;
use crate::text;

/// The text of a value of a type that has no other form.
pub(crate) fn text_of(raw: &[u8], scalar: Scalar) -> Option<String> {
    match scalar {
        Scalar::Inet => address(raw),
        Scalar::Macaddr => {
            let pairs: Vec<_> = raw.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(pairs.join(":"))
        }
        Scalar::Interval => interval(raw),
        Scalar::Timetz => {
            let (time, zone) = raw.split_at_checked(8)?;
            let micros = i64::from_be_bytes(time.try_into().ok()?);
            let west = i32::from_be_bytes(zone.try_into().ok()?);
            Some(clock(micros.unsigned_abs()) + &offset(-west))
        }
        Scalar::Bit => {
            let (length, bits) = raw.split_first_chunk::<4>()?;
            let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
            let mut text: String = bits.iter().map(|byte| format!("{byte:08b}")).collect();
            (length <= text.len()).then(|| text.truncate(length))?;
            Some(text)
        }
        _ => None,
    }
}

/// An address, with its network where that is not the address alone.
fn address(raw: &[u8]) -> Option<String> {
    let [_, bits, is_network, _, address @ ..] = raw else { return None };
    let (text, all) = match address.len() {
        4 => (Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(), 32),
        16 => (Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string(), 128),
        _ => return None,
    };
    Some(if *is_network == 0 && *bits == all { text } else { format!("{text}/{bits}") })
}

/// Months, days and a time, which do not add up to a length.
fn interval(raw: &[u8]) -> Option<String> {
    let (micros, rest) = raw.split_first_chunk::<8>()?;
    let (days, months) = rest.split_first_chunk::<4>()?;
    let micros = i64::from_be_bytes(*micros);
    let (days, months) = (i32::from_be_bytes(*days), i32::from_be_bytes(months.try_into().ok()?));
    let mut parts = Vec::new();
    for (number, one, many) in
        [(months / 12, "year", "years"), (months % 12, "mon", "mons"), (days, "day", "days")]
    {
        if number != 0 {
            parts.push(format!("{number} {}", if number == 1 { one } else { many }));
        }
    }
    if micros != 0 || parts.is_empty() {
        let sign = if micros < 0 { "-" } else { "" };
        parts.push(format!("{sign}{}", clock(micros.unsigned_abs())));
    }
    Some(parts.join(" "))
}

fn clock(micros: u64) -> String {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros > 0 {
        let fraction = format!(".{micros:06}");
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes) = (seconds.abs() / 3600, seconds.abs() / 60 % 60);
    if minutes == 0 {
        format!("{sign}{hours:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}")
    }
}

/// The text of a range: `[1,5)`.
pub(crate) fn range(raw: &[u8], element: Scalar) -> Option<String> {
    const EMPTY: u8 = 1;
    const LOW_INCLUDED: u8 = 2;
    const HIGH_INCLUDED: u8 = 4;
    const NO_LOW: u8 = 8;
    const NO_HIGH: u8 = 16;
    let (flags, mut rest) = raw.split_first()?;
    if flags & EMPTY != 0 {
        return Some("empty".to_owned());
    }
    let mut text = String::from(if flags & LOW_INCLUDED != 0 { "[" } else { "(" });
    for (absent, behind) in [(NO_LOW, ","), (NO_HIGH, "")] {
        if flags & absent == 0 {
            let (length, bytes) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
            let (bound, more) = bytes.split_at_checked(length)?;
            let bound = text::text_of(owned(bound, element)?.as_ref()).ok()?;
            let quote =
                if bound.contains([' ', ',', '"', '\\', '(', ')', '[', ']']) { "\"" } else { "" };
            let _ =
                write!(text, "{quote}{}{quote}", bound.replace('\\', "\\\\").replace('"', "\"\""));
            rest = more;
        }
        text.push_str(behind);
    }
    text.push(if flags & HIGH_INCLUDED != 0 { ']' } else { ')' });
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(address(&[2, 32, 0, 4, 127, 0, 0, 1]).unwrap(), "127.0.0.1");
        assert_eq!(address(&[2, 8, 1, 4, 10, 0, 0, 0]).unwrap(), "10.0.0.0/8");
        assert_eq!(address(&[2, 32]), None);
    }

    #[test]
    fn intervals() {
        let raw = |micros: i64, days: i32, months: i32| {
            let parts = [&micros.to_be_bytes()[..], &days.to_be_bytes(), &months.to_be_bytes()];
            interval(&parts.concat()).unwrap()
        };
        assert_eq!(raw(0, 0, 0), "00:00:00");
        assert_eq!(raw(-1_500_000, 1, 14), "1 year 2 mons 1 day -00:00:01.5");
        assert_eq!(raw(0, -3, 0), "-3 days");
    }

    #[test]
    fn ranges() {
        let raw = [&[2_u8][..], &[0, 0, 0, 4, 0, 0, 0, 1], &[0, 0, 0, 4, 0, 0, 0, 5]].concat();
        assert_eq!(range(&raw, Scalar::Int4).unwrap(), "[1,5)");
        assert_eq!(range(&[24], Scalar::Int4).unwrap(), "(,)");
        assert_eq!(range(&[1], Scalar::Int4).unwrap(), "empty");
        assert_eq!(range(&[0, 0], Scalar::Int4), None);
    }
}
