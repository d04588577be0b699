//! The body of a change: one screen that says what changes, why, what it waits for and what people can do.

use super::diff::readable;
use super::gates;
use super::harmless::{block, quoted};
use super::messages::{Carriage, called};
use super::reasons::person;
use super::time::instant;
use crate::decide::{GateName, Judgement};
use crate::model::{ContentMark, EnvironmentName, FileChange, ImageReference, Time};

/// How long a diff may be before it is folded, in lines.
const DIFF_LINES_OPEN_MAX: usize = 40;
/// How long a diff may be at all, in characters.
const DIFF_CHARACTERS_MAX: usize = 60_000;
/// How long a body may be, in characters; forges refuse those over 65,536.
const BODY_CHARACTERS_MAX: usize = 65_000;
/// What the frame of a diff takes at most, in characters: fences, the fold, the sentence that it was cut.
const FRAME_CHARACTERS: usize = 300;

/// One environment on the way of a service.
#[derive(Clone, Debug)]
pub struct Step {
    /// The environment.
    pub environment: EnvironmentName,
    /// What runs there of the service's images, in their order.
    pub running: Vec<ImageReference>,
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
    let before = [what(input), requester(input), gates::markdown(input.judgement), journey(input)];
    let after = [commands(input), mark.write()];
    let rest: usize = before.iter().chain(&after).map(|part| part.chars().count()).sum();
    let room = BODY_CHARACTERS_MAX.saturating_sub(rest + FRAME_CHARACTERS).min(DIFF_CHARACTERS_MAX);
    let parts = before.into_iter().chain([content(input.files, room)]).chain(after);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}

fn what(input: &BodyInput<'_>) -> String {
    let rows = input.carriage.release.references().into_iter().map(|artifact| {
        let from = input.carriage.from.iter().find(|from| from.image == artifact.image);
        let from = from.map_or_else(|| "nothing".to_owned(), reference);
        format!("| {} | {from} | {} |", quoted(artifact.image.as_str()), reference(&artifact))
    });
    format!("| image | from | to |\n| --- | --- | --- |\n{}", rows.collect::<Vec<_>>().join("\n"))
}

/// Tag and digest, one below the other in a cell.
fn reference(reference: &ImageReference) -> String {
    let tag = reference.tag.as_ref().map(|tag| quoted(tag.as_str()));
    let digest = reference.digest.as_ref().map(|digest| quoted(digest.short()));
    let parts: Vec<String> = tag.into_iter().chain(digest).collect();
    if parts.is_empty() { "unset".to_owned() } else { parts.join("<br>") }
}

fn requester(input: &BodyInput<'_>) -> String {
    input.carriage.requester.map(|by| format!("Requested by {}.", person(by))).unwrap_or_default()
}

/// Every environment, what it runs and since when; where this release runs already is said so.
fn journey(input: &BodyInput<'_>) -> String {
    let rows: Vec<String> = input.journey.iter().map(|step| row(step, &input.carriage)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("| environment | runs | since |\n| --- | --- | --- |\n{}", rows.join("\n"))
}

fn row(step: &Step, carriage: &Carriage<'_>) -> String {
    let running = step.running.first().map_or_else(|| "nothing known".to_owned(), |it| quoted(&called(it)));
    let is_it = carriage.release.is_among(&step.running);
    let remark = match (step.is_here, is_it) {
        (_, true) => ", this release".to_owned(),
        (true, false) => format!(", this change brings {}", quoted(carriage.release.name().as_str())),
        (false, false) => String::new(),
    };
    let since = step.since.map(instant).unwrap_or_default();
    let environment = step.environment.as_str();
    let environment = if step.is_here { format!("**{environment}**") } else { environment.to_owned() };
    format!("| {environment} | {running}{remark} | {since} |")
}

/// The diff: open where it is short, folded where it is long, cut where it would not fit.
fn content(files: &[FileChange], room: usize) -> String {
    let whole = readable(files);
    let kept = within(&whole, room);
    let missing = whole.lines().count() - kept.lines().count();
    let note = if missing == 0 {
        String::new()
    } else {
        format!("\n\n{missing} more lines do not fit here; the change itself has them all.")
    };
    let block = block("diff", kept);
    match kept.lines().count() {
        0 if missing == 0 => String::new(),
        0..=DIFF_LINES_OPEN_MAX => format!("{block}{note}"),
        lines => {
            format!("<details><summary>The diff, {lines} lines</summary>\n\n{block}\n\n</details>{note}")
        }
    }
}

/// As many whole lines as fit into that many characters; a run of backticks costs as much again, for the fence.
fn within(text: &str, characters_max: usize) -> &str {
    let (mut end, mut used, mut fence) = (0, 0, 0);
    for line in text.split_inclusive('\n') {
        let run = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        fence = fence.max(run);
        used += line.chars().count();
        if used + 2 * fence > characters_max {
            break;
        }
        end += line.len();
    }
    text.get(..end).expect("lines end at the edges of characters")
}

fn commands(input: &BodyInput<'_>) -> String {
    let environment = &input.carriage.target.environment;
    let takes_approvals = input.judgement.gates.iter().any(|gate| gate.gate == GateName::Approvals);
    let approve = if takes_approvals {
        format!("`/promote approve` to approve exactly this content for {environment}, ")
    } else {
        String::new()
    };
    format!(
        "Comment {approve}`/promote hold` to stop it, `/promote reject reason=\"…\"` to close it for good, \
         `/promote why` to see the gates, `/promote help` for the rest."
    )
}
