//! Drafts as lines and as JSON.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::draft::Draft;
use crate::model::Time;
use crate::render::{self, Colour, Style};

/// One line for a draft: what, where, why.
pub(super) fn line(draft: &Draft, colour: Colour) -> String {
    let target = draft
        .target
        .as_ref()
        .map_or_else(|| "-".to_owned(), |target| format!("{} {}", target.service, target.environment));
    let release = draft.release.as_deref().unwrap_or_default();
    let action = colour.paint(Style::Bold, &format!("{:<13}", draft.action));
    let because = &draft.because;
    format!("{action} {target:<24} {release:<12} {because}").trim_end().to_owned()
}

/// A draft as the contract has it.
pub(super) fn json(draft: &Draft) -> Value {
    json!({
        "action": draft.action,
        "service": draft.target.as_ref().map(|target| &target.service),
        "environment": draft.target.as_ref().map(|target| &target.environment),
        "release": draft.release,
        "because": draft.because,
        "diff": (!draft.files.is_empty()).then(|| render::diff(&draft.files, Colour::Never)),
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
