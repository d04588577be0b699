//! What the bot answers.

use super::escape::quoted;
use super::reasons::reason;
use super::tables::gate_word;
use crate::command::{self, Command, ParseError, suggest};
use crate::decide::{Judgement, Remark};
use crate::model::{CommandOutcome, Comment, RefusedBecause, UserName};

/// The text of a remark, with its hidden mark; `judgement` is of the target whose change it stands on.
#[must_use]
pub fn remark(remark: &Remark, judgement: Option<&Judgement>) -> String {
    let text = match remark {
        Remark::Answer { body, to, outcomes, .. } => answer(body, to, outcomes, judgement),
        Remark::ForeignHead { head } => format!(
            "Somebody else's commit {} is on this branch, so I stop writing here: nothing is replaced and nothing \
             is merged by me, and earlier approvals no longer count. Merge or close this by hand; after that I go \
             on with what is newer.",
            quoted(head.short())
        ),
    };
    format!("{text}\n\n{}\n", Comment::mark(&remark.about()))
}

fn answer(body: &str, to: &UserName, outcomes: &[CommandOutcome], judgement: Option<&Judgement>) -> String {
    let commands = match command::parse(body) {
        Ok(commands) => commands,
        Err(errors) => return unparsable(to, &errors),
    };
    // A review is a command of its own in front of those in its text.
    let own = outcomes.len().saturating_sub(commands.len());
    let said = outcomes.iter().enumerate().filter_map(|(index, outcome)| {
        let command = index.checked_sub(own).and_then(|index| commands.get(index));
        one(command, outcome, judgement)
    });
    let said: Vec<String> = said.collect();
    format!("{to}: {}", said.join("\n\n"))
}

fn one(command: Option<&Command>, outcome: &CommandOutcome, judgement: Option<&Judgement>) -> Option<String> {
    let name = command.map_or_else(|| "the review".to_owned(), |command| quoted(&command.to_string()));
    match outcome {
        CommandOutcome::Answered => Some(answered(command, judgement)),
        CommandOutcome::Refused(because) => {
            Some(format!("{name} is refused: {}.", refusal(because, judgement)))
        }
        CommandOutcome::NotRun => Some(format!("{name} was not run, because of that.")),
        CommandOutcome::Unparsable => {
            Some("that was not understood; `/promote help` lists the commands.".to_owned())
        }
        CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Held { .. }
        | CommandOutcome::Resumed { .. }
        | CommandOutcome::Requested { .. } => None,
    }
}

fn answered(command: Option<&Command>, judgement: Option<&Judgement>) -> String {
    let Some(judgement) = judgement else {
        return "this service is no longer in the configuration.".to_owned();
    };
    match command {
        Some(Command::Status) => standing(judgement),
        Some(Command::Why) => gates(judgement),
        Some(
            Command::Help
            | Command::Promote { .. }
            | Command::Approve { .. }
            | Command::Reject { .. }
            | Command::Hold { .. }
            | Command::Resume,
        )
        | None => help(),
    }
}

fn standing(judgement: &Judgement) -> String {
    let running: Vec<String> =
        judgement.running.iter().map(|image| quoted(&image.reference.to_string())).collect();
    let waiting: Vec<String> = judgement.waiting().map(reason).collect();
    let waiting = if waiting.is_empty() { "nothing waits".to_owned() } else { waiting.join(", ") };
    format!("{} runs {}; {waiting}.", judgement.target, running.join(", "))
}

fn gates(judgement: &Judgement) -> String {
    let candidate =
        judgement.candidate.as_ref().map_or_else(|| "nothing".to_owned(), |r| quoted(r.name().as_str()));
    let lines: Vec<String> = judgement
        .gates
        .iter()
        .map(|gate| format!("- {} ({}): {}", gate.gate, gate_word(gate.verdict), reason(&gate.reason)))
        .chain(judgement.notes.iter().map(|note| format!("- {}", reason(note))))
        .collect();
    format!("next for {} is {candidate}.\n\n{}", judgement.target, lines.join("\n"))
}

fn help() -> String {
    let rows: Vec<String> = command::help()
        .iter()
        .map(|row| {
            let right = row.right.map_or("everyone", crate::model::Right::word);
            format!("| `{}` | {} | {right} |", row.syntax, row.meaning)
        })
        .collect();
    format!(
        "these are the commands.\n\n| command | what it does | right |\n| --- | --- | --- |\n{}",
        rows.join("\n")
    )
}

fn unparsable(to: &UserName, errors: &[ParseError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            format!(
                "- line {}, column {}: {} ({})",
                error.line,
                error.column,
                error.kind,
                quoted(&error.text)
            )
        })
        .collect();
    format!(
        "{to}: nothing of that comment was done, because not all of it was understood.\n\n{}\n\nWrite a new comment; \
         `/promote help` lists the commands.",
        lines.join("\n")
    )
}

fn refusal(because: &RefusedBecause, judgement: Option<&Judgement>) -> String {
    match because {
        RefusedBecause::NotEntitled { right, environment } => {
            format!(
                "it takes the right `{right}` in {environment}, which the configuration gives under `rights`"
            )
        }
        RefusedBecause::Requester => {
            "who asked for a promotion cannot approve it; ask somebody else".to_owned()
        }
        RefusedBecause::OtherHead { head } => format!(
            "the content changed at about the same time; read it again and write `/promote approve sha={}`",
            head.short()
        ),
        RefusedBecause::ForeignHead => {
            "somebody else's commit is on the branch, so its content is not what I proposed".to_owned()
        }
        RefusedBecause::NotOpen => "this change is no longer open".to_owned(),
        RefusedBecause::UnknownEnvironment(name) => unknown_environment(name, judgement),
        RefusedBecause::NothingFollows => "no environment comes after this one".to_owned(),
        RefusedBecause::UnknownVersion(version) => {
            format!("no version {} is known where it would come from", quoted(version))
        }
        RefusedBecause::Edited => "comments that were edited give no commands; write a new one".to_owned(),
    }
}

fn unknown_environment(name: &str, judgement: Option<&Judgement>) -> String {
    let verbs = command::help().iter().map(|row| row.verb.word());
    let own = judgement.map(|judgement| judgement.target.environment.to_string()).unwrap_or_default();
    let near = suggest(name, verbs.chain([own.as_str()]));
    let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    format!("{} is no environment of this pipeline and no command{hint}", quoted(name))
}
