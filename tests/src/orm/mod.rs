//! The ORM on a driver.
use crate::case::Case;
/// stub
pub(crate) const MODULES: &[(&str, &[Case<crate::contract::Contract>])] = &[];
