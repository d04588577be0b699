//! stub
use super::Failure;
use super::output::Output;
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// once
    #[arg(long)]
    once: bool,
}
pub(super) async fn run(_arguments: &Arguments, _output: &mut Output) -> Result<(), Failure> {
    Ok(())
}
