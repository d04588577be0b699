//! `towpath changes`: the local forge as people use it.

mod comment;
mod show;

use serde_json::Value;

use super::Failure;
use super::engines::local_forges;
use super::output::Output;
use crate::config::Settings;
use crate::forge::local::LocalForge;
use crate::model::{Change, ChangeNumber, ConfigBranch, RepositoryName, UserName};
use crate::render;
use show::{state, to_json};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Who you are
    #[arg(long = "as", value_name = "USER", env = "USER", global = true)]
    user: Option<String>,
    /// The repository, as OWNER/NAME; needed only where there are several
    #[arg(long, value_name = "OWNER/NAME", global = true)]
    repository: Option<String>,
    #[command(subcommand)]
    command: Verb,
}

/// Reads `6` and `#6`.
fn change_number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| "write the number of a change, such as `6`".to_owned())
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// List all changes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a change as people see it
    Show {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a change changes
    Diff {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
    },
    /// Comment on a change, for example '/promote approve'
    Comment {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
        /// The comment
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Approve a change as it is now
    Approve {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
    },
    /// Merge a change as a person, whatever the gates say
    Merge {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
    },
    /// Close a change: its content is declined
    Close {
        /// Its number, with or without `#`
        #[arg(value_parser = change_number)]
        number: u64,
    },
}

/// The forge and repository that are meant.
pub(super) struct SelectedRepository {
    pub(super) forge: LocalForge,
    pub(super) repository: RepositoryName,
}

impl SelectedRepository {
    /// The place of a change: its base branch in this repository.
    fn place_of(&self, change: &Change) -> ConfigBranch {
        ConfigBranch {
            forge: self.forge.name().clone(),
            repository: self.repository.clone(),
            branch: change.base.clone(),
        }
    }
}

/// What is said once something is recorded that the next look acts on.
const ACTED: &str = "recorded; the next look of `towpath serve` or `towpath run --once` acts on it";

pub(super) async fn run(
    settings: Settings,
    arguments: Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let desk = desk(&settings, arguments.repository.as_deref())?;
    let SelectedRepository { forge, repository } = &desk;
    let by = || user(arguments.user.as_deref());
    match arguments.command {
        Verb::List { json } => list(&desk, json, output).await?,
        Verb::Show { number, json } => {
            let shown = show::ChangeView::read(&settings, &desk, ChangeNumber(number)).await?;
            if json { output.json(&shown.as_json()) } else { shown.print(output) }
        }
        Verb::Diff { number } => {
            let files = forge.files(repository, ChangeNumber(number)).await?;
            output.diff(&files);
        }
        Verb::Comment { number, text } => {
            let comment = comment::Comment { change: ChangeNumber(number), by: &by()?, text: &text };
            output.line(&comment.write(&settings.policy, &desk).await?);
        }
        Verb::Approve { number } => {
            forge.approve_as(repository, ChangeNumber(number), &by()?).await?;
            output.line(ACTED);
        }
        Verb::Merge { number } => {
            let commit = forge.merge_as(repository, ChangeNumber(number), &by()?).await?;
            output.line(&format!("merged as {}", commit.short()));
        }
        Verb::Close { number } => {
            let number = ChangeNumber(number);
            forge.close_as(repository, number, &by()?).await?;
            output.line(&format!(
                "closed; this content is not proposed again unless somebody asks for it: `towpath changes comment {} /promote --as USER`",
                number.0
            ));
        }
    }
    Ok(())
}

fn user(name: Option<&str>) -> Result<UserName, Failure> {
    let name = name
        .ok_or_else(|| Failure::Usage("it is not known who you are; say it with `--as USER`".to_owned()))?;
    UserName::new(name).map_err(|error| Failure::Usage(error.to_string()))
}

/// The only repository that the services use, or the one that was named.
pub(super) fn desk(settings: &Settings, named: Option<&str>) -> Result<SelectedRepository, Failure> {
    let mut places = settings.policy.places();
    places.dedup_by(|left, right| (&left.forge, &left.repository) == (&right.forge, &right.repository));
    let is_meant = |place: &&ConfigBranch| {
        named.is_none_or(|name| place.repository.as_str() == name || full_name(place) == name)
    };
    let found: Vec<_> = places.iter().filter(is_meant).collect();
    let known = || places.iter().map(full_name).collect::<Vec<_>>().join(", ");
    let place = match found.as_slice() {
        [place] => *place,
        [] if places.is_empty() => {
            let why = "the configuration names no config repository yet; add a service under `services`";
            return Err(Failure::Usage(why.to_owned()));
        }
        [] => return Err(Failure::Usage(format!("no service uses that repository; known are {}", known()))),
        [..] => {
            let why = format!("there are several repositories; name one with `--repository`: {}", known());
            return Err(Failure::Usage(why));
        }
    };
    let forge = local_forges(settings).into_iter().find(|forge| *forge.name() == place.forge);
    let forge = forge.ok_or_else(|| Failure::Usage(elsewhere(place)))?;
    Ok(SelectedRepository { forge, repository: place.repository.clone() })
}

/// A repository with its forge, which tells two of the same name apart.
fn full_name(place: &ConfigBranch) -> String {
    format!("{}:{}", place.forge, place.repository)
}

async fn list(desk: &SelectedRepository, as_json: bool, output: &mut Output) -> Result<(), Failure> {
    let changes = desk.forge.list(&desk.repository).await?;
    for left_out in desk.forge.unreadable(&desk.repository).await? {
        output.warn(&format!("{}: {}", desk.repository, render::left_out(&left_out)));
    }
    if as_json {
        output.json(&Value::Array(changes.iter().map(to_json).collect()));
    } else if changes.is_empty() {
        output.line("no changes yet");
    } else {
        let row = |change: &Change| {
            let status = change.statuses.last().map(|status| status.text.clone()).unwrap_or_default();
            let status = if change.is_open() { status } else { String::new() };
            vec![change.number.to_string(), state(change).to_owned(), change.title.clone(), status]
        };
        let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
        output.print(&render::table(&["change", "state", "title", "status"], &rows, output.width()));
    }
    Ok(())
}

/// What to say where the changes are not ours to show.
fn elsewhere(place: &ConfigBranch) -> String {
    format!(
        "`{}` is not a local forge; look at the pull requests of {} there, or ask `towpath status`",
        place.forge, place.repository
    )
}
