//! `towpath log`: the log of a local forge, where nothing proves any more which of its commits are the bot's.

use super::Failure;
use super::changes::desk;
use super::output::Output;
use crate::config::Settings;
use crate::model::CommitId;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The repository, as OWNER/NAME; needed only where there are several
    #[arg(long, value_name = "OWNER/NAME", global = true)]
    repository: Option<String>,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Accept the log up to a commit, after the file `towpath.key` was lost; what came later does not count
    Accept {
        /// The last commit on `towpath/log` that the bot wrote, with all 40 digits
        commit: String,
    },
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let desk = desk(&settings, arguments.repository.as_deref())?;
    let Verb::Accept { commit } = &arguments.command;
    // Git takes upper-case digits too.
    let commit =
        CommitId::new(commit.to_ascii_lowercase()).map_err(|error| Failure::Usage(error.to_string()))?;
    desk.forge.accept_log(&desk.repository, &commit).await?;
    output.line(&format!(
        "the log of {} counts up to {}, and goes on from there; keep its new `towpath.key` with your backups",
        desk.repository,
        commit.short()
    ));
    Ok(())
}
