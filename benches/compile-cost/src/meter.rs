//! CPU time of the processes this one has started and waited for.

use anyhow::Result;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// User and system time of all of them, in seconds.
pub fn children_cpu() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time() + usage.system_time();
    Ok(cpu.num_microseconds() as f64 / 1e6)
}
