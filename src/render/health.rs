//! How forges and registries stand, in words: what is, and what to do about it.

mod advice;
mod facts;

use serde_json::{Value, json};

use super::colour::{Colour, Style};
use crate::decide::health::{Diagnosis, Level, Section};

/// A part of the report: its heading, and what is said below it.
pub type HealthSection = Section<String>;

/// The report for a terminal: grouped, aligned, with advice below what needs it.
#[must_use]
pub fn health(sections: &[HealthSection], colour: Colour) -> String {
    let parts: Vec<String> = sections.iter().map(|section| part(section, colour)).collect();
    let count = |level| diagnoses(sections).filter(|own| own.level == level).count();
    let (wrong, warnings, unknown) = (count(Level::Wrong), count(Level::Warning), count(Level::Unknown));
    let sum = match (wrong, warnings, unknown) {
        (0, 0, 0) => colour.paint(Style::Green, "all is well"),
        (0, ..) => {
            colour.paint(Style::Yellow, &format!("{warnings} to look at, {unknown} unknown, nothing wrong"))
        }
        _ => colour.paint(Style::Red, &format!("{wrong} wrong, {warnings} to look at, {unknown} unknown")),
    };
    format!("{}\n{sum}\n", parts.join("\n"))
}

/// The same for programs.
#[must_use]
pub fn health_json(sections: &[HealthSection]) -> Value {
    let all = sections.iter().flat_map(|section| {
        section.diagnoses.iter().map(|own| {
            json!({
                "about": section.about,
                "level": word(own.level),
                "finding": facts::sentence(&own.matter),
                "advice": advice(own),
            })
        })
    });
    json!({ "findings": all.collect::<Vec<_>>(), "wrong": diagnoses(sections).any(|own| own.level == Level::Wrong) })
}

/// One diagnosis in words: what is wrong, and what to do about it.
#[must_use]
pub fn diagnosis(own: &Diagnosis) -> (String, Option<String>) {
    (facts::sentence(&own.matter), advice(own))
}

fn diagnoses(sections: &[HealthSection]) -> impl Iterator<Item = &Diagnosis> {
    sections.iter().flat_map(|section| &section.diagnoses)
}

fn part(section: &HealthSection, colour: Colour) -> String {
    let heading = colour.paint(Style::Bold, &section.about);
    let lines: String = section.diagnoses.iter().map(|own| line(own, colour)).collect();
    format!("{heading}\n{lines}")
}

fn line(own: &Diagnosis, colour: Colour) -> String {
    let style = match own.level {
        Level::Fine => Style::Green,
        Level::Unknown => Style::Faint,
        Level::Warning => Style::Yellow,
        Level::Wrong => Style::Red,
    };
    // The colour's own characters have no width.
    let word = colour.paint(style, &format!("{:<8}", word(own.level)));
    let advice = advice(own).map(|advice| format!("            {advice}\n")).unwrap_or_default();
    format!("  {word}  {}\n{advice}", facts::sentence(&own.matter))
}

/// What to do, where something is to be done.
fn advice(own: &Diagnosis) -> Option<String> {
    if own.level == Level::Fine { None } else { advice::sentence(&own.matter) }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Fine => "ok",
        Level::Unknown => "unknown",
        Level::Warning => "warning",
        Level::Wrong => "wrong",
    }
}
