//! The body of a change: one screen that says what changes, why, what it waits for and what people can do.
//!
//! Every part is bounded and the diff takes what is left, file by file, so that no input makes a body too long. What
//! has no place goes to the details of the check, where there is one.

use super::diff::readable_diff;
use super::escape::{block, quoted};
use super::gates;
use super::messages::CommitMetadata;
use super::reasons::person;
use super::source::{ImageSource, sources};
use super::time::instant;
use crate::decide::{GateName, JourneyStep, Judgement};
use crate::model::{
    ContentMark, EnvironmentName, FileChange, ImageReference, RemainingReference, StayReason, StayingRef,
};

/// How long a diff may be before it is folded, in lines.
const DIFF_LINES_OPEN_MAX: usize = 40;
/// How long a body may be, in characters; forges refuse those over 65,536.
const BODY_CHARACTERS_MAX: usize = 65_000;
/// How much of a body a table or paragraph may take, in characters, so that the rest has its place.
const PART_CHARACTERS_MAX: usize = 8_000;
/// The longest mark that is written, in characters: a longer one nobody reads.
const MARK_CHARACTERS_MAX: usize = 16 * 1024;
/// How many references to what ran before are named.
const REMAINING_MAX: usize = 20;
/// How long the details of a status may be, in bytes.
const DETAILS_BYTES_MAX: usize = 65_000;
/// What the frame of a diff takes at most, in characters: fences, the fold, the sentence that it was cut.
const FRAME_CHARACTERS: usize = 400;

/// Everything that a body says.
#[derive(Clone, Debug)]
pub struct BodyInput<'a> {
    /// What is carried where.
    pub carriage: CommitMetadata<'a>,
    /// What was judged of it.
    pub judgement: &'a Judgement,
    /// The content.
    pub files: &'a [FileChange],
    /// What is known of the source code of its images.
    pub sources: Vec<ImageSource<'a>>,
    /// What names the old version in the same overlay, and stays.
    pub staying: Vec<StayingRef>,
    /// Each reference to what ran before that is not changed.
    pub remaining: Vec<RemainingReference>,
    /// The status whose details hold what does not fit; nothing where statuses have none.
    pub overflow: Option<String>,
}

/// A body, and what it has no room for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The body, in Markdown, with its hidden mark at the end.
    pub text: String,
    /// The rest of the content, in Markdown, where there is a place for it.
    pub details: String,
}

/// The body, in Markdown.
#[must_use]
pub fn body(input: &BodyInput<'_>) -> Body {
    let mark = ContentMark { key: input.carriage.key.clone(), images: input.carriage.release.references() };
    let mark = Some(mark.write()).filter(|mark| mark.chars().count() <= MARK_CHARACTERS_MAX);
    let gates = gates::published(input.judgement);
    let before = [
        what(input),
        staying(input),
        remaining(input),
        requester(input),
        sources(&input.sources),
        gates,
        journey(input),
    ];
    let before = before.map(|part| bounded(&part));
    let after = [commands(input), mark.unwrap_or_default()];
    let rest: usize = before.iter().chain(&after).map(|part| part.chars().count() + 2).sum();
    let room = BODY_CHARACTERS_MAX.saturating_sub(rest + FRAME_CHARACTERS);
    let Packed { shown, details } = pack(input, room);
    let parts = before.into_iter().chain([shown]).chain(after);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    Body { text: parts.join("\n\n") + "\n", details }
}

/// A part with as many whole lines as it may take. A fold that is cut is closed.
fn bounded(part: &str) -> String {
    if part.chars().count() <= PART_CHARACTERS_MAX {
        return part.to_owned();
    }
    let kept = within(part, PART_CHARACTERS_MAX);
    let open = kept.matches("<details>").count().saturating_sub(kept.matches("</details>").count());
    let more = part.lines().count() - kept.lines().count();
    format!("{}\n\n{}{more} more lines do not fit here.", kept.trim_end(), "</details>\n\n".repeat(open))
}

fn what(input: &BodyInput<'_>) -> String {
    let rows = input.carriage.release.references().into_iter().map(|artifact| {
        let from = input.carriage.from.iter().find(|from| from.image == artifact.image);
        let from = from.map_or_else(|| "not known".to_owned(), reference);
        format!("| {} | {from} | {} |", quoted(artifact.image.as_str()), reference(&artifact))
    });
    let table =
        format!("| image | from | to |\n| --- | --- | --- |\n{}", rows.collect::<Vec<_>>().join("\n"));
    let note = "Only tags change: each digest is the one that runs already.";
    if input.carriage.release.has_digests_of(input.carriage.from) {
        format!("{table}\n\n{note}")
    } else {
        table
    }
}

/// A sentence for each remote resource whose version is not changed.
fn staying(input: &BodyInput<'_>) -> String {
    let sentence = |stays: &StayingRef| {
        let why = match stays.reason {
            StayReason::NotFollowed => {
                "`follow_ref: true` on the service moves both, unless other kustomizations read that file."
            }
            StayReason::Shared => "Other kustomizations read that file, so it has to be changed by hand.",
            StayReason::Different => "It is not the version that ran, so it has to be changed by hand.",
            StayReason::Repeated => {
                "Its path has the version a second time, so it has to be changed by hand."
            }
            StayReason::Unrelated => {
                "It equals the version that ran, but does not seem to belong to the image; if it does, change it by \
                 hand."
            }
            StayReason::SeveralVersions => {
                "Images that ran at its version get different ones, so it has to be changed by hand."
            }
        };
        format!(
            "The remote resource in {} stays at {}, while the image moves to {}. {why}",
            quoted(&format!("{}:{}", stays.file, stays.line)),
            quoted(&stays.value),
            quoted(stays.version.as_str()),
        )
    };
    input.staying.iter().map(sentence).collect::<Vec<_>>().join("\n\n")
}

/// A sentence with each place that still names the version that ran before.
fn remaining(input: &BodyInput<'_>) -> String {
    let named = input.remaining.iter().take(REMAINING_MAX).map(|place| {
        let RemainingReference { file, line, reference } = place;
        format!("- {} still names {}", quoted(&format!("{file}:{line}")), quoted(reference))
    });
    let lines: Vec<String> = named.collect();
    let more = input.remaining.len().saturating_sub(lines.len());
    let more = if more > 0 { format!("\n- and {more} more") } else { String::new() };
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "Not changed, because Towpath does not know what reads it; change it by hand if it is deployed:\n\n{}{more}",
        lines.join("\n")
    )
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

/// Where this release landed, environment by environment. What else runs there is left out: it changes while this waits.
fn journey(input: &BodyInput<'_>) -> String {
    let here = &input.carriage.target.environment;
    let rows: Vec<String> = input.judgement.journey.iter().map(|stop| row(stop, here)).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("| environment | this release |\n| --- | --- |\n{}", rows.join("\n"))
}

fn row(stop: &JourneyStep, here: &EnvironmentName) -> String {
    let is_here = stop.environment == *here;
    let name = stop.environment.as_str();
    let name = if is_here { format!("**{name}**") } else { name.to_owned() };
    let landed = match stop.landed_at {
        Some(at) => format!("landed on {}", instant(at)),
        None if is_here => "this change brings it".to_owned(),
        None => "not yet".to_owned(),
    };
    format!("| {name} | {landed} |")
}

/// The diff, as far as it fits, and the rest of it.
struct Packed {
    shown: String,
    details: String,
}

/// Packs the diff file by file: each that still fits is shown whole, and at least the beginning of the first.
fn pack(input: &BodyInput<'_>, room: usize) -> Packed {
    let (mut shown, mut rest) = (String::new(), String::new());
    for file in input.files {
        let text = readable_diff(std::slice::from_ref(file));
        let both = format!("{shown}{text}");
        if within(&both, room).len() == both.len() { shown = both } else { rest += &text }
    }
    if shown.is_empty() {
        let beginning = within(&rest, room);
        (shown, rest) = (beginning.to_owned(), rest.split_at(beginning.len()).1.to_owned());
    }
    let (missing, overflow) = (rest.lines().count(), input.overflow.as_deref());
    let note = match overflow {
        _ if missing == 0 => String::new(),
        Some(status) => format!("\n\n{missing} more lines are in the details of the check `{status}`."),
        None => format!("\n\n{missing} more lines do not fit here; the change itself has them all."),
    };
    let details = overflow.map(|_| details(&rest)).unwrap_or_default();
    Packed { shown: content(&shown, &note), details }
}

/// What the body had no room for, as far as that fits in turn.
fn details(rest: &str) -> String {
    if rest.is_empty() {
        return String::new();
    }
    // A character takes at most four bytes, a line of a diff seldom more than one for each.
    let mut characters_max = DETAILS_BYTES_MAX;
    loop {
        let kept = within(rest, characters_max);
        let missing = rest.lines().count() - kept.lines().count();
        let block = block("diff", kept);
        let text = if missing == 0 {
            block
        } else {
            format!("{block}\n\n{missing} more lines do not fit here either; the change itself has them all.")
        };
        if text.len() <= DETAILS_BYTES_MAX {
            return text;
        }
        characters_max = characters_max * 3 / 4;
    }
}

/// The diff: open where it is short, folded where it is long.
fn content(kept: &str, note: &str) -> String {
    match kept.lines().count() {
        0 => note.trim_start().to_owned(),
        1..=DIFF_LINES_OPEN_MAX => format!("{}{note}", block("diff", kept)),
        lines => {
            let block = block("diff", kept);
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
