//! Decimals in the 128 bits of BSON: a sign, an exponent of 14 bits, and a coefficient of 113.

use eloquent_core::value::{Decimal, Mismatch};
use mongodb::bson::Decimal128;

const BIAS: i32 = 6176;
const COEFFICIENT_BITS: u32 = 113;
/// The bits of the coefficient of a [`Decimal`].
const MAX: u128 = (1 << 96) - 1;
/// The digits behind the point of a [`Decimal`].
const SCALE: i32 = 28;

/// Every decimal fits: it has at most 29 of the 34 digits.
pub(super) fn encode(decimal: Decimal) -> Decimal128 {
    let sign = u128::from(decimal.is_sign_negative()) << 127;
    // at most 28
    let exponent = u128::from(6176 - decimal.scale()) << COEFFICIENT_BITS;
    Decimal128::from_bytes((sign | exponent | decimal.mantissa().unsigned_abs()).to_le_bytes())
}

/// A decimal with more digits than there are is an error, unless it may be rounded, as quotients are.
pub(super) fn decode(stored: Decimal128, may_round: bool) -> Result<Decimal, Mismatch> {
    let bits = u128::from_le_bytes(stored.bytes());
    if (bits >> 122) & 0b1_1110 == 0b1_1110 {
        return Err(Mismatch::because("NaN and infinity are no decimals"));
    }
    // such a coefficient is too large to be one, and counts as 0
    let is_large = (bits >> 125) & 0b11 == 0b11;
    let coefficient = bits & ((1 << COEFFICIENT_BITS) - 1);
    let mut coefficient = if is_large { 0 } else { coefficient };
    let biased = i32::try_from((bits >> COEFFICIENT_BITS) & 0x3fff).unwrap_or(BIAS);
    let mut scale = if coefficient == 0 { (BIAS - biased).clamp(0, SCALE) } else { BIAS - biased };
    let too_many = || Mismatch::because("the stored decimal has more digits than a decimal holds");
    while coefficient > MAX || scale > SCALE {
        let rest = coefficient % 10;
        if rest != 0 && !may_round {
            return Err(too_many());
        }
        coefficient = coefficient / 10 + u128::from(rest >= 5);
        scale -= 1;
        if coefficient == 0 {
            scale = scale.clamp(0, SCALE);
        }
    }
    while scale < 0 {
        coefficient = coefficient.checked_mul(10).filter(|c| *c <= MAX).ok_or_else(too_many)?;
        scale += 1;
    }
    let magnitude = i128::try_from(coefficient).map_err(|_| too_many())?;
    let signed = if bits >> 127 == 1 { -magnitude } else { magnitude };
    let scale = u32::try_from(scale).map_err(|_| too_many())?;
    Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| too_many())
}
