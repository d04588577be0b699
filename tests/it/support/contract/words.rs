//! What does not fit, in words that name the place and both values.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// Most characters that are shown of a value.
const VALUE_MAX: usize = 160;

/// What is wrong, and where, counted from the whole.
pub(super) fn of(error: &ValidationError<'_>) -> String {
    let (place, sentence) = deepest(error);
    format!(" at `{place}`: {sentence}")
}

/// Of several ways to fit, only the one that fits best is worth a word.
#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the library's")]
fn deepest(error: &ValidationError<'_>) -> (String, String) {
    let place = place_of(error);
    let ways = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => context,
        _ => return (place, cut(&error.masked_or_whole())),
    };
    let fits = |way: &&Vec<ValidationError<'static>>| {
        (way.iter().any(is_of_other_type), way.iter().map(unknown_members).sum::<usize>(), way.len())
    };
    let Some(best) = ways.iter().filter(|way| !way.is_empty()).min_by_key(fits) else {
        return (place, cut(&error.to_string()));
    };
    let (places, sentences): (Vec<_>, Vec<_>) = best.iter().map(deepest).unzip();
    let all = places.iter().zip(sentences).map(|(place, sentence)| format!("`{place}`: {sentence}"));
    (place, format!("the nearest of {} ways: {}", ways.len(), all.collect::<Vec<_>>().join("; ")))
}

/// Whether this is only the way that wants nothing there, or something of another type.
fn is_of_other_type(error: &ValidationError<'static>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str().is_empty()
}

/// How many members a value has that this way knows nothing of.
#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the library's")]
fn unknown_members(error: &ValidationError<'static>) -> usize {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.len(),
        _ => 0,
    }
}

/// Where the error is, `/` for the whole.
fn place_of(error: &ValidationError<'_>) -> String {
    match error.instance_path().as_str() {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

trait Shown {
    fn masked_or_whole(&self) -> String;
}

impl Shown for ValidationError<'_> {
    /// The sentence, with a value that is too long for one cut to its start.
    fn masked_or_whole(&self) -> String {
        let value = short(self.instance());
        self.masked_with(value).to_string()
    }
}

fn short(value: &Value) -> String {
    cut(&value.to_string())
}

/// The start of some bytes.
pub(super) fn short_bytes(bytes: &[u8]) -> String {
    cut(&String::from_utf8_lossy(bytes))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
