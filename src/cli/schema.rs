//! `towpath schema`: the JSON Schema of the configuration.

use super::Failure;
use super::output::Output;
use crate::config;

#[expect(clippy::unnecessary_wraps, reason = "every subcommand has the same shape")]
pub(super) fn run(output: &mut Output) -> Result<(), Failure> {
    output.json(&config::schema());
    Ok(())
}
