//! The body of a change: one screen that says what changes, why, what it waits for and what people can do.

use super::actions::because;
use super::diff::diff;
use super::escape::{fence, quoted};
use super::messages::Carriage;
use super::reasons::reason;
use super::tables::Colour;
use super::time::instant;
use crate::decide::{Because, Judgement, Verdict};
use crate::model::{ContentMark, EnvironmentName, FileChange, ImageReference, Time};

/// How long a diff may be before it is folded, in lines.
const DIFF_LINES_OPEN_MAX: usize = 40;
/// How long a diff may be at all, in characters; forges refuse bodies over 65,536.
const DIFF_CHARACTERS_MAX: usize = 50_000;

/// One environment on the way of a service.
#[derive(Clone, Debug)]
pub struct Step {
    /// The environment.
    pub environment: EnvironmentName,
    /// What runs there.
    pub running: Option<ImageReference>,
    /// Since when.
    pub since: Option<Time>,
    /// Whether this change goes there.
    pub is_here: bool,
}

/// Everything that a body says.
#[derive(Clone, Debug)]
pub struct BodyInput<'a> {
    /// What is carried where.
    pub carriage: Carriage<'a>,
    /// Why the change was opened or renewed, where that is told anew.
    pub because: Option<&'a Because>,
    /// What was judged of it.
    pub judgement: &'a Judgement,
    /// The environments of the pipeline, in order.
    pub journey: Vec<Step>,
    /// The content.
    pub files: &'a [FileChange],
}

/// The body, in Markdown, with its hidden mark at the end.
#[must_use]
pub fn body(input: &BodyInput<'_>) -> String {
    let mark = ContentMark { key: input.carriage.key.clone(), images: input.carriage.release.references() };
    let parts = [
        what(input),
        why(input),
        gates(input),
        journey(input),
        content(input),
        commands(input),
        mark.write(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

fn what(input: &BodyInput<'_>) -> String {
    let from = input.carriage.from.map_or_else(|| "nothing".to_owned(), reference);
    let rows = input.carriage.release.artifacts().map(|artifact| {
        let to = format!("{}<br>{}", quoted(artifact.tag.as_str()), quoted(artifact.digest.short()));
        format!("| {} | {from} | {to} |", quoted(artifact.image.as_str()))
    });
    format!("| image | from | to |\n| --- | --- | --- |\n{}", rows.collect::<Vec<_>>().join("\n"))
}

fn reference(reference: &ImageReference) -> String {
    let tag = reference.tag.as_ref().map(|tag| quoted(tag.as_str()));
    let digest = reference.digest.as_ref().map(|digest| quoted(digest.short()));
    let parts: Vec<String> = tag.into_iter().chain(digest).collect();
    if parts.is_empty() { "unset".to_owned() } else { parts.join("<br>") }
}

fn why(input: &BodyInput<'_>) -> String {
    let asked = input.carriage.requester.map(|by| format!("Requested by {by}."));
    let reason = input.because.map(|why| format!("Because: {}.", because(why)));
    asked.or(reason).unwrap_or_default()
}

fn gates(input: &BodyInput<'_>) -> String {
    let rows: Vec<String> = input
        .judgement
        .gates
        .iter()
        .map(|gate| {
            let mark = match gate.verdict {
                Verdict::Pass => "passes",
                Verdict::Wait => "**waits**",
                Verdict::Fail => "**refuses**",
            };
            format!("| {} | {mark} | {} |", gate.gate, reason(&gate.reason))
        })
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("| gate | | why |\n| --- | --- | --- |\n{}", rows.join("\n"))
    }
}

fn journey(input: &BodyInput<'_>) -> String {
    let steps = input.journey.iter().map(|step| {
        let here = if step.is_here { " ← this change" } else { "" };
        let running = step.running.as_ref().map_or_else(|| "nothing known".to_owned(), tag_of);
        let since = step.since.map_or(String::new(), |since| format!(", since {}", instant(since)));
        format!("1. **{}**: {running}{since}{here}", step.environment)
    });
    steps.collect::<Vec<_>>().join("\n")
}

fn tag_of(reference: &ImageReference) -> String {
    match (&reference.tag, &reference.digest) {
        (Some(tag), _) => quoted(tag.as_str()),
        (None, Some(digest)) => quoted(digest.short()),
        (None, None) => "unset".to_owned(),
    }
}

fn content(input: &BodyInput<'_>) -> String {
    let whole = diff(input.files, Colour::Never);
    if whole.is_empty() {
        return String::new();
    }
    let cut: String = whole.chars().take(DIFF_CHARACTERS_MAX).collect();
    let note =
        if cut.len() < whole.len() { "\n\nThe rest of the diff is too long for this place." } else { "" };
    let fence = fence(&cut);
    let block = format!("{fence}diff\n{}\n{fence}{note}", cut.trim_end_matches('\n'));
    if cut.lines().count() <= DIFF_LINES_OPEN_MAX {
        block
    } else {
        format!("<details><summary>The whole diff</summary>\n\n{block}\n\n</details>")
    }
}

fn commands(input: &BodyInput<'_>) -> String {
    let environment = &input.carriage.target.environment;
    format!(
        "Comment `/promote approve` to approve this content for {environment}, `/promote hold` or \
         `/promote reject reason=\"…\"` to stop it, `/promote why` to see the gates, `/promote help` for the rest."
    )
}
