//! All that the author of a driver writes to have it tested.

use std::process::ExitCode;

use eloquent_conformance::Target;
use eloquent_example_memory as _;

fn main() -> ExitCode {
    eloquent_conformance::main(&[Target::url("memory", "memory:")])
}
