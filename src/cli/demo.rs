//! `towpath demo`: the whole journey on this machine, in a temporary folder that goes away with it.

mod files;
mod play;
mod registry;
mod scene;
mod story;
mod verify;

use nix::sys::stat::{Mode, umask};

use super::Failure;
use super::output::Output;
use super::serve::StopSignals;
use scene::Scene;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Play the whole story without a person, verify it by reading the Git repository, and end
    #[arg(long)]
    pub(super) once: bool,
}

pub(super) async fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    // What the demo makes, by Git too, is for its own user alone, whatever the umask was.
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
    let mut signals = StopSignals::watch()?;
    let scene = Scene::set().await?;
    if !arguments.once {
        return play::play(&scene, signals, output).await;
    }
    // Whatever ends it, the folder is removed with the scene.
    tokio::select! {
        told = story::tell(&scene, output) => told,
        () = signals.received() => Err(Failure::Failed(anyhow::anyhow!("interrupted"))),
    }
}
