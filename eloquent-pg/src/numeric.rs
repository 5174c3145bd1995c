//! Decimals in the binary form of the server: digits to the base of 10,000.

use bytes::{BufMut as _, BytesMut};
use rust_decimal::Decimal;

const BASE: u128 = 10_000;
/// How many decimal digits one digit of the server has.
const WIDTH: u32 = 4;
const NEGATIVE: u16 = 0x4000;
/// More digits to the base of 10,000 than the 32 decimal ones of a padded decimal fill.
const MOST_DIGITS: usize = 9;

/// Writes a decimal with all its digits, zeros at the end included.
pub(crate) fn encode(value: Decimal, out: &mut BytesMut) {
    let scale = value.scale();
    let padding = (WIDTH - scale % WIDTH) % WIDTH;
    let mut rest = value.mantissa().unsigned_abs() * 10_u128.pow(padding);
    let mut digits = [0_i16; MOST_DIGITS];
    let mut count = 0_i16;
    while rest > 0 {
        if let Some(place) = digits.iter_mut().nth_back(usize::from(count.unsigned_abs())) {
            *place = i16::try_from(rest % BASE).unwrap_or_default(); // less than 10,000
        }
        rest /= BASE;
        count += 1;
    }
    let fraction = i16::try_from((scale + padding) / WIDTH).unwrap_or_default(); // at most 7
    let used = &digits[MOST_DIGITS - usize::from(count.unsigned_abs())..];
    let kept = used.len() - used.iter().rev().take_while(|digit| **digit == 0).count();
    out.put_i16(i16::try_from(kept).unwrap_or_default()); // at most 9
    out.put_i16(if kept == 0 { 0 } else { count - 1 - fraction });
    out.put_u16(if kept > 0 && value.is_sign_negative() { NEGATIVE } else { 0 });
    out.put_u16(u16::try_from(scale).unwrap_or_default()); // at most 28
    used[..kept].iter().for_each(|digit| out.put_i16(*digit));
}

/// A number of the server, in its digits.
pub(crate) struct Numeric<'r> {
    digits: &'r [u8],
    /// The power of 10,000 that the first digit counts.
    weight: i32,
    sign: u16,
    /// The decimal digits behind the point.
    scale: u16,
}

impl<'r> Numeric<'r> {
    /// Takes the bytes apart.
    pub(crate) fn read(raw: &'r [u8]) -> Option<Self> {
        let (head, digits) = raw.split_at_checked(8)?;
        let field = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
        let count = usize::from(field(0)?);
        let weight = i32::from(i16::from_be_bytes(field(2)?.to_be_bytes()));
        let well_formed = digits.len() == 2 * count;
        well_formed.then_some(())?;
        Some(Numeric { digits, weight, sign: field(4)?, scale: field(6)? })
    }

    fn digits(&self) -> impl Iterator<Item = u16> + '_ {
        let (pairs, _) = self.digits.as_chunks::<2>();
        pairs.iter().map(|pair| u16::from_be_bytes(*pair))
    }

    /// The number as a decimal, if one holds it exactly.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        let negative = match self.sign {
            0 => false,
            NEGATIVE => true,
            _ => return None, // NaN and the infinities
        };
        let mut mantissa = 0_u128;
        for digit in self.digits() {
            mantissa = mantissa.checked_mul(BASE)?.checked_add(digit.into())?;
        }
        let count = i32::try_from(self.digits.len() / 2).ok()?;
        // the decimal digits behind the point that the mantissa has, and those that it should have
        let mut has = (count - 1 - self.weight) * 4;
        let wanted = i32::from(self.scale);
        if mantissa == 0 {
            has = wanted;
        }
        while has > wanted && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            has -= 1;
        }
        while has < wanted {
            mantissa = match mantissa.checked_mul(10) {
                Some(more) => more,
                None if has >= 0 => break, // fewer zeros at the end are as exact
                None => return None,
            };
            has += 1;
        }
        let mut scale = u32::try_from(has).ok()?;
        loop {
            let signed = i128::try_from(mantissa).ok();
            let decimal = signed.and_then(|m| Decimal::try_from_i128_with_scale(m, scale).ok());
            match decimal {
                Some(mut decimal) => {
                    decimal.set_sign_negative(negative && mantissa > 0);
                    return Some(decimal);
                }
                None if scale > 0 && mantissa.is_multiple_of(10) => {
                    mantissa /= 10;
                    scale -= 1;
                }
                None => return None,
            }
        }
    }

    /// The number in plain notation.
    pub(crate) fn text(&self) -> String {
        let sign = match self.sign {
            0 => "",
            NEGATIVE => "-",
            0xd000 => return "Infinity".to_owned(),
            0xf000 => return "-Infinity".to_owned(),
            _ => return "NaN".to_owned(),
        };
        let digit = |power: i32| {
            let place = usize::try_from(self.weight - power).ok();
            place.and_then(|place| self.digits().nth(place)).unwrap_or(0)
        };
        let mut text = String::from(sign);
        let whole: String =
            (0..=self.weight.max(0)).rev().map(|power| format!("{:04}", digit(power))).collect();
        match whole.trim_start_matches('0') {
            "" => text.push('0'),
            digits => text.push_str(digits),
        }
        if self.scale > 0 {
            let groups = i32::from(self.scale.div_ceil(4));
            let fraction: String =
                (1..=groups).map(|place| format!("{:04}", digit(-place))).collect();
            text.push('.');
            text.extend(fraction.chars().take(self.scale.into()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(text: &str) {
        let value: Decimal = text.parse().unwrap();
        let mut bytes = BytesMut::new();
        encode(value, &mut bytes);
        let numeric = Numeric::read(&bytes).unwrap();
        assert_eq!(numeric.decimal().unwrap().to_string(), text);
        assert_eq!(numeric.text(), text);
    }

    #[test]
    fn decimals_come_back_with_their_zeros() {
        for text in [
            "0",
            "0.00",
            "1",
            "10000",
            "-1.10",
            "0.0001",
            "0.00001",
            "123456789.987654321",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "0.1234567890123456789012345678",
            "7922816251426433759354395033.5",
            "100000000000000000000",
        ] {
            there_and_back(text);
        }
    }

    /// The bytes of a number of these digits.
    fn raw(weight: i16, sign: u16, scale: u16, digits: &[i16]) -> Vec<u8> {
        let mut bytes = BytesMut::new();
        bytes.put_i16(i16::try_from(digits.len()).unwrap());
        bytes.put_i16(weight);
        bytes.put_u16(sign);
        bytes.put_u16(scale);
        digits.iter().for_each(|digit| bytes.put_i16(*digit));
        bytes.to_vec()
    }

    #[test]
    fn what_a_decimal_cannot_hold_is_text() {
        let cases = [
            (raw(0, 0xc000, 0, &[]), "NaN"),
            (raw(0, 0xd000, 0, &[]), "Infinity"),
            (raw(0, 0xf000, 0, &[]), "-Infinity"),
            (raw(7, 0, 0, &[1]), "10000000000000000000000000000"),
            (raw(8, NEGATIVE, 0, &[1]), "-100000000000000000000000000000000"),
            (raw(-8, 0, 32, &[1]), "0.00000000000000000000000000000001"),
        ];
        for (bytes, text) in cases {
            let numeric = Numeric::read(&bytes).unwrap();
            assert_eq!(numeric.text(), text);
            let fits = text.parse::<Decimal>().is_ok_and(|decimal| decimal.to_string() == text);
            assert_eq!(numeric.decimal().is_some(), fits, "{text}");
        }
    }

    #[test]
    fn zeros_beyond_28_digits_are_let_go() {
        let bytes = raw(0, 0, 30, &[1, 5000]);
        assert_eq!(Numeric::read(&bytes).unwrap().decimal(), Some(Decimal::new(15, 1)));
    }

    #[test]
    fn damaged_bytes_are_no_number() {
        for bytes in [&[][..], &[0; 7], &[0, 2, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert!(Numeric::read(bytes).is_none());
        }
    }
}
