//! Places in the order of a selection.

use std::cmp::Ordering;

use crate::model::{Tag, Time};

/// The place of a tag in the order of its selection; later is newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    key: Key,
    /// Build metadata and a leading `v` do not order versions, so the tag's bytes break the tie.
    tag: Tag,
}

/// What tags are compared by; all keys of one selection are of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A semantic version.
    Version(semver::Version),
    /// Parts, the first one first.
    Parts(Vec<Part>),
    /// When the artifact was made.
    Made(Time),
    /// When a followed tag first pointed to the artifact, among all to which it did.
    Turn(usize),
}

/// A part of a tag: numbers come before all other texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A whole number of any size.
    Number(Number),
    /// Any other text, by its bytes.
    Text(String),
}

/// A whole number of any size, by its digits without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number(String);

impl Rank {
    pub(super) const fn new(key: Key, tag: Tag) -> Self {
        Self { key, tag }
    }

    /// The place of an artifact that was made then.
    #[must_use]
    pub const fn made(at: Time, tag: Tag) -> Self {
        Self::new(Key::Made(at), tag)
    }

    /// The place of an artifact to which a followed tag pointed as the `turn`th.
    #[must_use]
    pub const fn turn(turn: usize, tag: Tag) -> Self {
        Self::new(Key::Turn(turn), tag)
    }

    pub(super) const fn key(&self) -> &Key {
        &self.key
    }
}

impl Part {
    pub(super) fn new(text: &str) -> Self {
        Number::new(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }
}

impl Number {
    /// Nothing where the text is anything but digits.
    pub(super) fn new(text: &str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(text.trim_start_matches('0').to_owned()))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
