//! The options of a pool, from variables.

use std::time::Duration;

use eloquent_core::Result;

use super::block::Block;
use super::keys::READ_STICKY;
use crate::database::PoolOptions;

/// What follows the prefix.
pub(super) const KEYS: &[&str] = &[
    MAX,
    "pool_acquire_timeout_ms",
    "pool_connect_timeout_ms",
    "pool_reset_timeout_ms",
    "pool_statement_timeout_ms",
    "pool_max_lifetime_ms",
];
const MAX: &str = "pool_max";
/// More sessions than that are a mistake.
const MOST: u64 = 65_535;

/// Reads the options; those of a twin may come from the application's block.
pub(super) fn options(block: &Block<'_>) -> Result<PoolOptions> {
    let mut options = PoolOptions::default();
    for key in KEYS {
        let Some(number) = number(block, key)? else { continue };
        let time = Duration::from_millis(number);
        match *key {
            MAX => options.max_sessions = usize::try_from(number).unwrap_or(usize::MAX),
            "pool_acquire_timeout_ms" => options.acquire_timeout = time,
            "pool_connect_timeout_ms" => options.connect_timeout = time,
            "pool_reset_timeout_ms" => options.reset_timeout = time,
            "pool_statement_timeout_ms" => {
                options.statement_timeout = Some(time).filter(|time| !time.is_zero());
            }
            _ => options.max_lifetime = Some(time).filter(|time| !time.is_zero()),
        }
    }
    Ok(options)
}

/// How long reads avoid replicas after a write.
pub(super) fn sticky(block: &Block<'_>) -> Result<Option<Duration>> {
    Ok(number(block, READ_STICKY)?.map(Duration::from_millis))
}

fn number(block: &Block<'_>, key: &str) -> Result<Option<u64>> {
    let Some(found) = block.shared(key)? else { return Ok(None) };
    let number = found.value.trim().parse().ok().filter(|n| key != MAX || (1..=MOST).contains(n));
    number.map(Some).ok_or_else(|| {
        let what = if key == MAX { "a number from 1 to 65535" } else { "a number of milliseconds" };
        block.error(format!("`{}` ({}) is not {what}", found.variable, found.origin))
    })
}
