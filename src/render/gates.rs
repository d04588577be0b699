//! What the gates of a target say: on a terminal one line each, in Markdown one row each.

use super::colour::{Colour, Style};
use super::escape::name;
use super::messages::all_called;
use super::reasons::reason;
use super::time::instant;
use crate::decide::{ArtifactReason, GateName, GateReason, GateReport, Judgement, Verdict};

/// Each gate of a target in one sentence, under a line that says what runs and what is next.
#[must_use]
pub fn why(judgement: &Judgement, colour: Colour) -> String {
    let mut lines = vec![colour.paint(Style::Bold, &standing(judgement))];
    let width = judgement.gates.iter().map(|gate| gate.gate.word().len()).max().unwrap_or(0);
    lines.extend(judgement.gates.iter().map(|gate| line(gate, width, colour)));
    lines.extend(judgement.notes.iter().map(|note| format!("  {}", reason(note))));
    lines.join("\n") + "\n"
}

fn line(gate: &GateReport, width: usize, colour: Colour) -> String {
    let mark = colour.paint(style(gate.verdict), &format!("{:<4}", mark(gate.verdict)));
    format!("  {mark}  {:<width$}  {}", gate.gate.word(), reason(&gate.reason))
}

/// `shop in production runs 1.4.1 since Mon 2026-11-23 09:00 UTC; 1.4.2 is next, on #7`
pub(super) fn standing(judgement: &Judgement) -> String {
    let since = judgement.landed_at.map_or(String::new(), |at| format!(" since {}", instant(at)));
    let next =
        judgement.candidate.as_ref().map(|release| format!("; {} is next", name(&release.to_string())));
    let change = judgement.change.map(|change| format!(", on {change}"));
    let next = next.map(|next| next + &change.unwrap_or_default());
    let running = running(judgement).unwrap_or_else(|| "nothing that is known".to_owned());
    format!("{} runs {running}{since}{}", judgement.target, next.unwrap_or_default())
}

/// What runs, by its tags; nothing where that is not known.
pub(super) fn running(judgement: &Judgement) -> Option<String> {
    let references = judgement.running.iter().map(|image| &image.reference);
    (!judgement.running.is_empty()).then(|| all_called(references))
}

/// The gates as a Markdown table, and the notes below it; empty where there is nothing to say.
pub(super) fn markdown(judgement: &Judgement) -> String {
    table(judgement.gates.iter(), &judgement.notes)
}

/// The same as it stands on a change, without the look-up of the tags, which is done right before a merge: a row that comes
/// and goes would be a write at the forge each time.
pub(super) fn published(judgement: &Judgement) -> String {
    let is_transient =
        |gate: &&GateReport| gate.gate == GateName::Tag && gate.verdict == Verdict::Pass && !is_notable(gate);
    table(judgement.gates.iter().filter(|gate| !is_transient(gate)), &judgement.notes)
}

/// Whether people have to know of a tag although it holds nothing up.
const fn is_notable(gate: &GateReport) -> bool {
    matches!(gate.reason, GateReason::Artifact(ArtifactReason::TagMoved { .. }))
}

fn table<'a>(gates: impl Iterator<Item = &'a GateReport>, notes: &[GateReason]) -> String {
    let rows = gates.map(|gate| {
        let mark = match gate.verdict {
            Verdict::Pass => mark(gate.verdict).to_owned(),
            Verdict::Wait | Verdict::Fail => format!("**{}**", mark(gate.verdict)),
        };
        format!("| {} | {mark} | {} |", gate.gate, reason(&gate.reason))
    });
    let rows: Vec<String> = rows.collect();
    let table = (!rows.is_empty())
        .then(|| format!("| gate | state | why |\n| --- | --- | --- |\n{}", rows.join("\n")));
    let notes: Vec<String> = notes.iter().map(|note| format!("- {}", reason(note))).collect();
    let notes = (!notes.is_empty()).then(|| notes.join("\n"));
    [table, notes].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

const fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "ok",
        Verdict::Wait => "wait",
        Verdict::Fail => "no",
    }
}

const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => Style::Green,
        Verdict::Wait => Style::Yellow,
        Verdict::Fail => Style::Red,
    }
}
