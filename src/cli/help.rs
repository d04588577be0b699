//! `towpath help [TOPIC]`: the topics of the manual, which are part of the program, and the help of each command.

use clap::CommandFactory as _;

use super::output::Output;
use super::{Arguments as Program, Failure};
use crate::command;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A topic or a command; without one, all of them are listed
    topic: Option<String>,
}

/// A topic of the manual, in Markdown.
struct Topic {
    name: &'static str,
    /// One line for the list of topics.
    about: &'static str,
    text: &'static str,
}

/// All topics, in the order in which a new user needs them.
const TOPICS: [Topic; 9] = [
    Topic {
        name: "configuration",
        about: "pipelines, environments, gates, services and secrets, by example",
        text: include_str!("../help/configuration.md"),
    },
    Topic {
        name: "selection",
        about: "which tags are releases, and which release is newer",
        text: include_str!("../help/selection.md"),
    },
    Topic {
        name: "commands",
        about: "commands in comments on a change",
        text: include_str!("../help/commands.md"),
    },
    Topic {
        name: "rights",
        about: "who may promote, approve, hold and resume",
        text: include_str!("../help/rights.md"),
    },
    Topic {
        name: "github",
        about: "the App or token, webhooks, branch protection and rate limits",
        text: include_str!("../help/github.md"),
    },
    Topic {
        name: "local",
        about: "config repositories on this machine, without a forge",
        text: include_str!("../help/local.md"),
    },
    Topic {
        name: "registries",
        about: "credentials, polling and push notifications",
        text: include_str!("../help/registries.md"),
    },
    Topic {
        name: "overlays",
        about: "formats, where a version is written, and what is not supported",
        text: include_str!("../help/overlays.md"),
    },
    Topic {
        name: "operations",
        about: "running the service: exit codes, state, endpoints, limits",
        text: include_str!("../help/operations.md"),
    },
];

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let mut program = Program::command();
    let Some(name) = &arguments.topic else {
        output.line(&format!("{}\n{}", program.render_help(), list()));
        return Ok(());
    };
    if let Some(topic) = TOPICS.iter().find(|topic| topic.name == name) {
        output.print(topic.text);
        return Ok(());
    }
    // Without this the usage line of a subcommand lacks the name of the program.
    program.build();
    if let Some(subcommand) = program.find_subcommand_mut(name) {
        output.print(&subcommand.render_long_help().to_string());
        return Ok(());
    }
    Err(unknown(name, &program))
}

/// The topics with what each is about.
fn list() -> String {
    let rows = TOPICS.map(|topic| format!("  {:<15}{}\n", topic.name, topic.about));
    format!("Topics of `towpath help TOPIC`:\n{}", rows.concat())
}

fn unknown(name: &str, program: &clap::Command) -> Failure {
    let names = TOPICS.iter().map(|topic| topic.name);
    let names = names.chain(program.get_subcommands().map(clap::Command::get_name));
    let hint = match command::suggest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`towpath help` lists all of them".to_owned(),
    };
    Failure::Usage(format!("there is no topic or command `{name}`; {hint}"))
}
