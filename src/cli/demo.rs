//! `towpath demo`: the whole journey on this machine, in a temporary folder that goes away with it.

mod files;
mod play;
mod registry;
mod stage;
mod story;
mod verify;

use super::Failure;
use super::output::Output;
use stage::Stage;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Play the whole story without a person, verify it by reading the Git repository, and end
    #[arg(long)]
    pub(super) once: bool,
}

pub(super) async fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let stage = Stage::set().await?;
    if arguments.once { story::tell(&stage, output).await } else { play::play(&stage, output).await }
}
