//! Tables and lists for a terminal.

use super::reasons::reason;
use crate::decide::{Judgement, Verdict};

/// Whether colour is used.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal.
    Always,
    /// Anywhere else.
    Never,
}

impl Colour {
    /// Puts a text between the codes of a style.
    #[must_use]
    pub fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Never => text.to_owned(),
        }
    }
}

/// Narrowest last column, in characters, whatever the width.
const LAST_COLUMN_MIN: usize = 20;

/// Columns as wide as they need; the last is cut where the whole would be wider than `width` characters.
#[must_use]
pub fn table(headers: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    let header: Vec<String> = headers.iter().map(|text| text.to_uppercase()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&header).chain(rows).collect();
    let cell_width =
        |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..headers.len()).map(|column| cell_width(column).unwrap_or(0)).collect();
    let before: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
    let last_max = width.map(|width| width.saturating_sub(before).max(LAST_COLUMN_MIN));
    all.into_iter().map(|row| line(row, &widths, last_max)).collect()
}

fn line(row: &[String], widths: &[usize], last_max: Option<usize>) -> String {
    let last = row.len().saturating_sub(1);
    let cells = row.iter().zip(widths).enumerate().map(|(index, (cell, width))| match last_max {
        Some(max) if index == last => cut(cell, max),
        Some(_) | None if index == last => cell.clone(),
        Some(_) | None => format!("{cell:<width$}  "),
    });
    format!("{}\n", cells.collect::<String>().trim_end())
}

fn cut(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

pub(super) const fn gate_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "ok",
        Verdict::Wait => "waits",
        Verdict::Fail => "refuses",
    }
}

/// Each gate of a target in one sentence.
#[must_use]
pub fn why(judgement: &Judgement, colour: Colour) -> String {
    let next = judgement
        .candidate
        .as_ref()
        .map_or_else(|| "nothing is next".to_owned(), |release| format!("next is {release}"));
    let change = judgement.change.map_or(String::new(), |change| format!(", on change {change}"));
    let mut lines = vec![format!("{}: {next}{change}", judgement.target)];
    for gate in &judgement.gates {
        let code = match gate.verdict {
            Verdict::Pass => "32",
            Verdict::Wait => "33",
            Verdict::Fail => "31",
        };
        let word = colour.paint(code, &format!("{:<7}", gate_word(gate.verdict)));
        lines.push(format!("  {word} {:<20} {}", gate.gate, reason(&gate.reason)));
    }
    lines.extend(judgement.notes.iter().map(|note| format!("          {}", reason(note))));
    lines.join("\n") + "\n"
}

/// What each environment runs and waits for, one row each.
#[must_use]
pub fn journey(judgements: &[Judgement], width: Option<usize>) -> String {
    let rows: Vec<Vec<String>> = judgements.iter().map(row).collect();
    table(&["service", "environment", "running", "since", "change", "waiting"], &rows, width)
}

fn row(judgement: &Judgement) -> Vec<String> {
    let running: Vec<String> = judgement
        .running
        .iter()
        .map(|image| {
            let tag = image.reference.tag.as_ref().map(ToString::to_string);
            tag.or_else(|| Some(image.reference.digest.as_ref()?.short().to_owned())).unwrap_or_default()
        })
        .collect();
    let waiting: Vec<String> = judgement.waiting().map(reason).collect();
    let candidate = judgement.candidate.as_ref().filter(|_| !waiting.is_empty());
    let waiting =
        candidate.map_or_else(|| waiting.join(", "), |next| format!("{next}: {}", waiting.join(", ")));
    vec![
        judgement.target.service.to_string(),
        judgement.target.environment.to_string(),
        running.join(", "),
        judgement.landed_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default(),
        judgement.change.map(|change| change.to_string()).unwrap_or_default(),
        waiting,
    ]
}
