//! Drafts as lines and as JSON.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::draft::DraftSummary;
use crate::model::Time;
use crate::render::{self, Colour, Style};

/// One line for a draft: what, where, why.
pub(super) fn line(summary: &DraftSummary, colour: Colour) -> String {
    let target = summary
        .target
        .as_ref()
        .map_or_else(|| "-".to_owned(), |target| format!("{} {}", target.service, target.environment));
    let release = summary.release.as_deref().unwrap_or_default();
    let action = colour.paint(Style::Bold, &format!("{:<13}", summary.kind.word()));
    let because = &summary.because;
    format!("{action} {target:<24} {release:<12} {because}").trim_end().to_owned()
}

/// A draft as the contract has it.
pub(super) fn json(summary: &DraftSummary) -> Value {
    json!({
        "action": summary.kind,
        "service": summary.target.as_ref().map(|target| &target.service),
        "environment": summary.target.as_ref().map(|target| &target.environment),
        "release": summary.release,
        "because": summary.because,
        "diff": (!summary.files.is_empty()).then(|| render::diff(&summary.files, Colour::Never)),
    })
}

/// An instant before which it is too early, as the contract has it: never before it.
pub(super) fn until(time: Option<Time>) -> Value {
    let up = |time: Time| time.checked_add_signed(TimeDelta::nanoseconds(999_999_999)).unwrap_or(time);
    self::time(time.map(up))
}

/// An instant as the contract has it.
pub(super) fn time(time: Option<Time>) -> Value {
    time.map_or(Value::Null, |time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into())
}
