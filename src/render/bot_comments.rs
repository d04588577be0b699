//! What the bot answers.

use unicode_width::UnicodeWidthStr as _;

use super::escape::{block, quoted};
use super::fit::cut;
use super::gates::{markdown, standing};
use super::reasons::{person, reason};
use super::refusals::refusal;
use super::remark_input::RemarkInput;
use super::time::instant;
use crate::command::{self, Command, ParseError};
use crate::decide::{BotComment, HandledComment, Judgement};
use crate::model::{CommandOutcome, Comment, RefusalReason};
use crate::sanitize;

/// How much of a line that was not understood is shown, in characters.
const LINE_CHARACTERS_MAX: usize = 100;
/// How much of it is shown before the place that was not understood, in characters.
const LINE_CHARACTERS_BEFORE: usize = 60;
/// The longest text of a comment, in characters: GitHub takes 65,536, its mark included.
const TEXT_CHARACTERS_MAX: usize = 60_000;
/// How many lines that were not understood are shown.
const ERRORS_MAX: usize = 5;

/// The text of a remark, in Markdown, with its hidden mark.
#[must_use]
pub fn remark(remark: &BotComment, input: &RemarkInput<'_>) -> String {
    let text = match remark {
        BotComment::Answer { asked, .. } => format!("{}: {}", person(&asked.by), answer(asked, input)),
        BotComment::Answers { asked, .. } => answers(asked, input),
        BotComment::ForeignHead { head } => format!(
            "Somebody else's commit {} is on this branch, so I stop writing here: I replace nothing and merge \
             nothing, and earlier approvals no longer count. Merge or close this change by hand; after that I go on \
             with what is newer.",
            quoted(head.short())
        ),
    };
    format!("{}\n\n{}\n", cut(&text, TEXT_CHARACTERS_MAX), Comment::mark(&remark.about()))
}

/// The answers to several questions; who asked the same gets one together.
fn answers(all: &[HandledComment], input: &RemarkInput<'_>) -> String {
    let mut said: Vec<(Vec<String>, String)> = Vec::with_capacity(all.len());
    for asked in all {
        let (to, answer) = (person(&asked.by), answer(asked, input));
        match said.iter_mut().find(|(_, known)| *known == answer) {
            Some((people, _)) if people.contains(&to) => {}
            Some((people, _)) => people.push(to),
            None => said.push((vec![to], answer)),
        }
    }
    let said: Vec<String> =
        said.iter().map(|(people, answer)| format!("{}: {answer}", people.join(", "))).collect();
    format!(
        "{}\n\n<sub>As of {}. I answer questions here, and edit this comment for each answer.</sub>",
        said.join("\n\n---\n\n"),
        instant(input.now)
    )
}

fn answer(asked: &HandledComment, input: &RemarkInput<'_>) -> String {
    let commands = match command::parse(&asked.body) {
        Ok(commands) => commands,
        // Nothing is carried out there, however it is written.
        Err(_) if asked.outcomes.iter().any(is_elsewhere) => Vec::new(),
        Err(errors) => return unparsable(&errors, &asked.outcomes),
    };
    let mut said = answered(asked, &commands, input);
    said.extend(refused(asked, &commands, input));
    if asked.outcomes.contains(&CommandOutcome::Unparsable) {
        said.push("I did not understand that; `/promote help` lists the commands.".to_owned());
    }
    said.join("\n\n")
}

/// Whether a comment stands where commands are no longer taken.
const fn is_elsewhere(outcome: &CommandOutcome) -> bool {
    matches!(outcome, CommandOutcome::Refused(RefusalReason::EndedChange { .. }))
}

/// The answers to the questions, each once. The n-th answer belongs to the n-th question: nothing else is only answered.
fn answered(asked: &HandledComment, commands: &[Command], input: &RemarkInput<'_>) -> Vec<String> {
    let answered = asked.outcomes.iter().filter(|outcome| **outcome == CommandOutcome::Answered).count();
    let questions = commands.iter().filter_map(|command| match command {
        Command::Status => Some(about(input, status)),
        Command::Why => Some(about(input, why)),
        Command::Help => Some(help()),
        Command::Promote { .. }
        | Command::Approve { .. }
        | Command::Reject { .. }
        | Command::Hold { .. }
        | Command::Resume => None,
    });
    let mut said: Vec<String> = Vec::new();
    for answer in questions.take(answered) {
        if !said.contains(&answer) {
            said.push(answer);
        }
    }
    said
}

fn about(input: &RemarkInput<'_>, say: fn(&Judgement) -> String) -> String {
    let gone = || format!("{} is no longer in the configuration.", input.target);
    input.judgement.map_or_else(gone, say)
}

/// The refusal, which ends a comment: what stands behind it was not run.
fn refused(asked: &HandledComment, commands: &[Command], input: &RemarkInput<'_>) -> Option<String> {
    let because = asked.outcomes.iter().find_map(|outcome| match outcome {
        CommandOutcome::Refused(because) => Some(because),
        CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Held { .. }
        | CommandOutcome::Resumed { .. }
        | CommandOutcome::Requested { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::NotRun => None,
    })?;
    let why = refusal(because, &asked.by, input);
    if matches!(because, RefusalReason::Edited | RefusalReason::EndedChange { .. }) {
        return Some(ended(&why));
    }
    let is_not_run = |outcome: &&CommandOutcome| **outcome == CommandOutcome::NotRun;
    // Those before it were not run either where it stopped the whole comment.
    let before = asked.outcomes.iter().take_while(is_not_run).count();
    let rest = asked.outcomes.iter().rev().take_while(is_not_run).count();
    let (done, not_run) = commands.split_at(commands.len().saturating_sub(rest));
    // Where all commands of a review's text were not run, the review itself was refused.
    let what = done.last().map_or_else(
        || "your review does not count".to_owned(),
        |command| format!("I did not run {}", quoted(&command.to_string())),
    );
    let not_run = commands.iter().take(before).chain(not_run);
    let not_run: Vec<String> = not_run.map(|command| quoted(&command.to_string())).collect();
    let rest = match not_run.as_slice() {
        [] => String::new(),
        rest => format!(" So I did not run {} either.", rest.join(", ")),
    };
    Some(ended(&format!("{what}: {why}")) + &rest)
}

/// A sentence with its full stop, unless it is a question.
fn ended(sentence: &str) -> String {
    if sentence.ends_with('?') { sentence.to_owned() } else { format!("{sentence}.") }
}

fn status(judgement: &Judgement) -> String {
    let waiting: Vec<String> = judgement.waiting().map(|why| format!("- {}", reason(why))).collect();
    if waiting.is_empty() {
        return format!("{}. Nothing waits.", standing(judgement));
    }
    format!("{}. It waits:\n\n{}", standing(judgement), waiting.join("\n"))
}

fn why(judgement: &Judgement) -> String {
    format!("{}.\n\n{}", standing(judgement), markdown(judgement))
}

fn help() -> String {
    let rows: Vec<String> = command::help()
        .iter()
        .map(|row| format!("| {} | {} | {} |", quoted(row.syntax), row.meaning, row.who()))
        .collect();
    format!(
        "these are the commands, each on a line of its own.\n\n| command | what it does | right |\n\
         | --- | --- | --- |\n{}",
        rows.join("\n")
    )
}

/// Of a comment nothing counts then; of a review its verdict does, or was refused for a reason of its own.
fn unparsable(errors: &[ParseError], outcomes: &[CommandOutcome]) -> String {
    let nothing = match outcomes {
        [CommandOutcome::Unparsable] | [] => "I executed nothing in that comment",
        [..] => "I executed nothing in the text of your review",
    };
    let shown: Vec<String> = errors.iter().take(ERRORS_MAX).map(pointed_out).collect();
    let more = match errors.len() - shown.len() {
        0 => String::new(),
        more => format!("\n\n{more} more lines were not understood."),
    };
    format!(
        "{nothing}, because some of it is not a command that I know.\n\n{}{more}\n\nWrite it again in a \
         new comment; an edit does not count. `/promote help` lists the commands.",
        block("text", &shown.join("\n\n"))
    )
}

/// The line, and below it a caret with what is wrong there.
fn pointed_out(error: &ParseError) -> String {
    if error.text.is_empty() {
        return error.kind.to_string();
    }
    let caret = error.column.saturating_sub(1);
    let hidden = caret.saturating_sub(LINE_CHARACTERS_BEFORE);
    let dots = if hidden == 0 { "" } else { "…" };
    let rest: String = sanitize::line(&error.text).chars().skip(hidden).collect();
    let line = format!("{dots}{}", cut(&rest, LINE_CHARACTERS_MAX));
    let before: String = rest.chars().take(caret - hidden).collect();
    let indent = " ".repeat(dots.width() + before.width());
    format!("{line}\n{indent}^ {}", sanitize::line(&error.kind.to_string()))
}
