//! Dates and times as text, for databases that have no type of their own for them.
//!
//! The written form is `YYYY-MM-DD HH:MM:SS[.fraction]`, the fraction without trailing zeros: it is
//! exact to the nanosecond, sorts as text in the order of time, and is what SQLite's own date functions
//! read. An instant is written in UTC, without a zone, for the same reason.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};

use super::{DateTime, Mismatch};

/// `YYYY-MM-DD`.
///
/// # Errors
/// Outside the years 0 to 9999, where text no longer sorts as time.
pub fn format_date(date: NaiveDate) -> Result<String, Mismatch> {
    if !(0..=9999).contains(&date.year()) {
        return Err(Mismatch::because("only the years 0 to 9999 can be stored"));
    }
    Ok(date.format("%Y-%m-%d").to_string())
}

/// `HH:MM:SS[.fraction]`.
///
/// # Errors
/// In a leap second, which stored text cannot tell from the next second.
pub fn format_time(time: NaiveTime) -> Result<String, Mismatch> {
    let nanos = time.nanosecond();
    if nanos >= 1_000_000_000 {
        return Err(Mismatch::because("a leap second cannot be stored"));
    }
    let mut text = time.format("%H:%M:%S").to_string();
    if nanos > 0 {
        let fraction = format!(".{nanos:09}");
        text.push_str(fraction.trim_end_matches('0'));
    }
    Ok(text)
}

/// `YYYY-MM-DD HH:MM:SS[.fraction]`.
///
/// # Errors
/// As [`format_date`] and [`format_time`].
pub fn format_date_time(moment: NaiveDateTime) -> Result<String, Mismatch> {
    Ok(format!("{} {}", format_date(moment.date())?, format_time(moment.time())?))
}

pub(super) fn midnight(moment: NaiveDateTime) -> Result<NaiveDate, Mismatch> {
    if moment.time() == NaiveTime::MIN {
        Ok(moment.date())
    } else {
        Err(Mismatch::because("expected a date, found a date with a time of day"))
    }
}

pub(super) fn parse_date(text: &str) -> Result<NaiveDate, Mismatch> {
    if text.len() > 10 {
        return parse_date_time(text).and_then(midnight);
    }
    strict_date(text).ok_or(Mismatch::because("expected a date, found other text"))
}

pub(super) fn parse_time(text: &str) -> Result<NaiveTime, Mismatch> {
    strict_time(text).ok_or(Mismatch::because("expected a time, found other text"))
}

pub(super) fn parse_date_time(text: &str) -> Result<NaiveDateTime, Mismatch> {
    let parts = split_moment(text);
    match parts {
        Some((date, time, "")) => {
            strict_date(date).zip(strict_time(time)).map(|(d, t)| d.and_time(t))
        }
        Some(_) => {
            return Err(Mismatch::because(
                "expected a date and time without a zone, found one with a zone",
            ));
        }
        None => strict_date(text).map(|date| date.and_time(NaiveTime::MIN)),
    }
    .ok_or(Mismatch::because("expected a date and time, found other text"))
}

pub(super) fn parse_timestamp(text: &str) -> Result<DateTime<Utc>, Mismatch> {
    let other = || Mismatch::because("expected a timestamp, found other text");
    let Some((date, time, zone)) = split_moment(text) else {
        return strict_date(text)
            .map(|date| date.and_time(NaiveTime::MIN).and_utc())
            .ok_or_else(other);
    };
    let local =
        strict_date(date).zip(strict_time(time)).map(|(d, t)| d.and_time(t)).ok_or_else(other)?;
    let east =
        if matches!(zone, "" | "Z" | "z") { 0 } else { offset_seconds(zone).ok_or_else(other)? };
    let utc = local.checked_sub_signed(chrono::TimeDelta::seconds(east)).ok_or_else(other)?;
    Ok(utc.and_utc())
}

/// Date, time and zone of `date[ T]time[zone]`.
fn split_moment(text: &str) -> Option<(&str, &str, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    let zone = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(zone);
    Some((date, time.trim_end_matches(' '), zone))
}

fn strict_date(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    shape.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

/// chrono takes `:60` for a leap second and digits past the ninth for nothing; both are refused here.
fn strict_time(text: &str) -> Option<NaiveTime> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let well_formed = clock.bytes().all(|b| b.is_ascii_digit() || b == b':')
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|b| b.is_ascii_digit());
    let format = match clock.len() {
        8 => "%H:%M:%S",
        5 => "%H:%M",
        _ => return None,
    };
    let time = well_formed.then(|| NaiveTime::parse_from_str(clock, format).ok()).flatten()?;
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    if time.nanosecond() == 0 { time.with_nanosecond(nanos) } else { None }
}

fn offset_seconds(zone: &str) -> Option<i64> {
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i64>().ok()?, 0),
        4 => (digits[..2].parse::<i64>().ok()?, digits[2..].parse::<i64>().ok()?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> NaiveDateTime {
        parse_date_time(text).unwrap()
    }

    #[test]
    fn text_keeps_every_nanosecond_and_sorts_as_time() {
        let texts = [
            "2024-02-29 23:59:59",
            "2024-02-29 23:59:59.000000001",
            "2024-02-29 23:59:59.25",
            "2024-02-29 23:59:59.5",
            "2024-03-01 00:00:00",
        ];
        for text in texts {
            assert_eq!(format_date_time(moment(text)).unwrap(), text);
        }
        assert!(texts.is_sorted());
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "2023-02-29 00:00:00",
            "2023-01-01 25:61:00",
            "2023-01-01 23:59:60",
            "2023-01-01 10:00:00.1234567890",
            "2023-1-1 10:00:00",
            "2023-01-01 10:00:00 x",
            "now",
            "",
        ] {
            assert!(parse_date_time(text).is_err(), "{text}");
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_zone_is_applied_to_instants_and_refused_elsewhere() {
        let utc = parse_timestamp("2024-07-01T12:00:00.5+02:00").unwrap();
        assert_eq!(utc, moment("2024-07-01 10:00:00.5").and_utc());
        assert_eq!(parse_timestamp("2024-07-01 10:00:00.5").unwrap(), utc);
        assert_eq!(parse_timestamp("2024-07-01T10:00:00.5Z").unwrap(), utc);
        assert!(parse_date_time("2024-07-01T12:00:00+02:00").is_err());
    }

    #[test]
    fn what_text_cannot_order_is_not_written() {
        assert!(format_date(NaiveDate::from_ymd_opt(-1, 1, 1).unwrap()).is_err());
        assert!(format_date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()).is_err());
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        assert!(format_time(leap).is_err());
    }
}
