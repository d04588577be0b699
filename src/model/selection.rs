//! Which tags of an image are releases, and which of two is newer: a total, stable order.

mod pattern;
mod range;
mod rank;
mod rule;

pub use pattern::Pattern;
pub use rank::Rank;

use super::{Tag, words};
use crate::sanitize::line;
use rule::Rule;

/// Why a text is not what a selection needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {what} ({}); write for example `{example}`", line(.text), line(.why))]
pub struct SelectionError {
    text: String,
    what: &'static str,
    why: String,
    example: &'static str,
}

/// The rule by which tags become releases, and the patterns that narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    rule: Rule,
    /// One of these must match; none where empty.
    allow: Vec<Pattern>,
    /// None of these may match.
    ignore: Vec<Pattern>,
}

/// What tells which of two artifacts is newer.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Basis<'a> {
    /// Their tags.
    Tag,
    /// When they were made.
    Date,
    /// The turn in which this tag pointed to them.
    Turn(&'a Tag),
}

words! {
    /// Why a selection does not take a tag.
    NotTaken {
        /// The rule cannot place it in its order.
        NoRank = "does not fit the rule",
        /// It has fewer than the three numbers of a semantic version.
        ShortVersion = "is not a full version of three numbers, such as `1.10.0`",
        /// It is outside of the range.
        OutOfRange = "is outside of the range",
        /// It is a pre-release between the bounds of a range that does not ask for pre-releases.
        Prerelease = "is a pre-release, which the range does not ask for",
        /// Another tag is followed.
        NotFollowed = "is not the tag that is followed",
        /// None of the patterns under `allow` matches.
        NotAllowed = "matches no pattern under `allow`",
        /// A pattern under `ignore` matches.
        Ignored = "matches a pattern under `ignore`",
    }
}

impl Selection {
    /// Semantic versions in a range such as `>=1.0.0, <2.0.0` or `^1.4 || ^2.1`; `*` takes every release. Of the
    /// pre-releases it takes those of a version of which the range names a pre-release, as Cargo does.
    ///
    /// # Errors
    /// Where the text is not a range of semantic versions.
    pub fn semver(range: &str) -> Result<Self, SelectionError> {
        Rule::semver(range).map(Self::of)
    }

    /// Calendar versions of a layout such as `YYYY.0M.MICRO`, as <https://calver.org> spells them.
    ///
    /// # Errors
    /// Where the layout has no part that can be compared.
    pub fn calver(layout: &str) -> Result<Self, SelectionError> {
        Rule::calver(layout).map(Self::of)
    }

    /// Tags that match an expression, compared by its named groups in this order; digits compare as numbers.
    ///
    /// # Errors
    /// Where the expression is none, or has no such group.
    pub fn regex(expression: &str, sort: &[String]) -> Result<Self, SelectionError> {
        Rule::regex(expression, sort).map(Self::of)
    }

    /// All tags, by their bytes.
    #[must_use]
    pub const fn alphabetical() -> Self {
        Self::of(Rule::Alphabetical)
    }

    /// Tags of nothing but digits, as whole numbers of any size.
    #[must_use]
    pub const fn numerical() -> Self {
        Self::of(Rule::Numerical)
    }

    /// All tags, by the dates of their artifacts.
    #[must_use]
    pub const fn newest() -> Self {
        Self::of(Rule::Newest)
    }

    /// One tag, whatever it points to.
    #[must_use]
    pub const fn digest(tag: Tag) -> Self {
        Self::of(Rule::Digest(tag))
    }

    /// The same selection with every pre-release between the bounds of its range, or without; `None` if it selects by
    /// something other than a range of semantic versions. `2.0.0-rc.1` is not between the bounds of `<2.0.0`.
    #[must_use]
    pub fn with_prereleases(self, prereleases: bool) -> Option<Self> {
        match self.rule {
            Rule::Semver(range) => {
                Some(Self { rule: Rule::Semver(range.with_prereleases(prereleases)), ..self })
            }
            Rule::Calver { .. }
            | Rule::Regex { .. }
            | Rule::Alphabetical
            | Rule::Numerical
            | Rule::Newest
            | Rule::Digest(_) => None,
        }
    }

    /// What tells which of two artifacts is newer.
    #[must_use]
    pub const fn basis(&self) -> Basis<'_> {
        match &self.rule {
            Rule::Semver(_)
            | Rule::Calver { .. }
            | Rule::Regex { .. }
            | Rule::Alphabetical
            | Rule::Numerical => Basis::Tag,
            Rule::Newest => Basis::Date,
            Rule::Digest(tag) => Basis::Turn(tag),
        }
    }

    const fn of(rule: Rule) -> Self {
        Self { rule, allow: Vec::new(), ignore: Vec::new() }
    }

    /// The same, for tags that match one of the first patterns, unless there are none, and none of the second.
    #[must_use]
    pub fn narrowed(self, allow: Vec<Pattern>, ignore: Vec<Pattern>) -> Self {
        Self { allow, ignore, ..self }
    }

    /// Whether the selection takes a tag, by its name.
    ///
    /// # Errors
    /// The first reason not to take it.
    pub fn judge(&self, tag: &Tag) -> Result<(), NotTaken> {
        if !self.allow.is_empty() && !self.allow.iter().any(|pattern| pattern.matches(tag)) {
            return Err(NotTaken::NotAllowed);
        }
        if self.ignore.iter().any(|pattern| pattern.matches(tag)) {
            return Err(NotTaken::Ignored);
        }
        match self.basis() {
            Basis::Date => return Ok(()),
            Basis::Turn(followed) => {
                return if tag == followed { Ok(()) } else { Err(NotTaken::NotFollowed) };
            }
            Basis::Tag => {}
        }
        let without_rank = || if self.rule.is_short(tag) { NotTaken::ShortVersion } else { NotTaken::NoRank };
        let rank = self.order(tag).ok_or_else(without_rank)?;
        if self.rule.is_in_range(&rank) {
            return Ok(());
        }
        let lacks_prerelease = self.rule.lacks_prerelease(&rank);
        Err(if lacks_prerelease { NotTaken::Prerelease } else { NotTaken::OutOfRange })
    }

    /// The place of a tag in the order, or nothing where the selection does not take it, or not by its name.
    #[must_use]
    pub fn rank(&self, tag: &Tag) -> Option<Rank> {
        self.judge(tag).ok().and_then(|()| self.order(tag))
    }

    /// The place of a tag in the order, taken or not: what runs may lie outside of the range. Nothing where names
    /// do not tell.
    #[must_use]
    pub fn order(&self, tag: &Tag) -> Option<Rank> {
        self.rule.key(tag.as_str()).map(|key| Rank::new(key, tag.clone()))
    }

    /// The tags that the selection takes, newest first; where names do not tell, the last by its bytes first.
    #[must_use]
    pub fn newest_first<'a>(&self, tags: impl IntoIterator<Item = &'a Tag>) -> Vec<&'a Tag> {
        let taken = tags.into_iter().filter(|tag| self.judge(tag).is_ok());
        let mut ranked: Vec<((Option<Rank>, &Tag), &Tag)> =
            taken.map(|tag| ((self.order(tag), tag), tag)).collect();
        ranked.sort_by(|(left, _), (right, _)| right.cmp(left));
        ranked.into_iter().map(|(_, tag)| tag).collect()
    }
}

impl Selection {
    /// The tag that the selection does not take and that comes last in its order, and why; `None` if it takes all. Tags
    /// without a place in the order come before those that have one.
    #[must_use]
    pub fn newest_left_out<'a>(
        &self,
        tags: impl IntoIterator<Item = &'a Tag>,
    ) -> Option<(&'a Tag, NotTaken)> {
        let left_out = tags.into_iter().filter_map(|tag| Some((tag, self.judge(tag).err()?)));
        left_out.max_by_key(|(tag, _)| (self.order(tag), *tag))
    }

    /// Where no tag is taken: the one that comes nearest to it, and why it is not. `None` if one is taken, or there is none.
    #[must_use]
    pub fn nearest_miss<'a>(&self, tags: &'a [Tag]) -> Option<(&'a Tag, NotTaken)> {
        let is_any_taken = tags.iter().any(|tag| self.judge(tag).is_ok());
        if is_any_taken { None } else { self.newest_left_out(tags) }
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.rule.fmt(formatter)
    }
}

#[cfg(test)]
mod tests;
