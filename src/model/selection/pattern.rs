//! Regular expressions over tags, of bounded size.

use regex::{Regex, RegexBuilder};

use super::SelectionError;
use crate::model::Tag;

/// How large a compiled expression may be, in bytes.
const SIZE_MAX: usize = 1 << 20;

/// An expression that must match somewhere in a tag; `^` and `$` tie it to the ends.
///
/// Matching takes time in proportion to the tag, whatever the expression.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// Where it is none, or too large.
    pub fn new(expression: &str) -> Result<Self, SelectionError> {
        let compiled = RegexBuilder::new(expression).size_limit(SIZE_MAX).build();
        compiled.map(Self).map_err(|error| SelectionError {
            text: expression.to_owned(),
            what: "a regular expression",
            why: last_line(&error.to_string()),
            example: "^main-[0-9]+$",
        })
    }

    /// Whether it matches a tag.
    #[must_use]
    pub fn matches(&self, tag: &Tag) -> bool {
        self.0.is_match(tag.as_str())
    }

    pub(super) const fn regex(&self) -> &Regex {
        &self.0
    }
}

/// The library draws the place over several lines and says what is wrong in the last one.
fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ").to_owned()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Pattern {}
