//! Which tags of an image are releases, and which of two is newer: a total, stable order.

use super::Tag;

/// Why a text is not a selection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a range of versions ({why}); write for example `>=1.0.0, <2.0.0` or `*`")]
pub struct SelectionError {
    text: String,
    why: String,
}

/// The rule by which tags become releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Semantic versions in a range; prereleases only where the range names one.
    Semver(semver::VersionReq),
}

/// The place of a tag in the order of its selection; later is newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    version: semver::Version,
    /// Build metadata and a leading `v` do not order versions, so the tag's bytes break the tie.
    tag: Tag,
}

impl Selection {
    /// Reads a range such as `>=1.0.0, <2.0.0`; `*` takes every release version.
    ///
    /// # Errors
    /// Where the text is not a range of semantic versions.
    pub fn semver(range: &str) -> Result<Self, SelectionError> {
        semver::VersionReq::parse(range)
            .map(Self::Semver)
            .map_err(|error| SelectionError { text: range.to_owned(), why: error.to_string() })
    }

    /// The place of a tag in the order, or nothing where the selection does not take it.
    #[must_use]
    pub fn rank(&self, tag: &Tag) -> Option<Rank> {
        let rank = self.order(tag)?;
        let Self::Semver(range) = self;
        range.matches(&rank.version).then_some(rank)
    }

    /// The place of a tag in the order, in the range or not: what runs may lie outside of it.
    #[must_use]
    pub fn order(&self, tag: &Tag) -> Option<Rank> {
        let Self::Semver(_) = self;
        let text = tag.as_str().strip_prefix('v').unwrap_or(tag.as_str());
        let version = semver::Version::parse(text).ok()?;
        Some(Rank { version, tag: tag.clone() })
    }

    /// The tags that the selection takes, newest first.
    #[must_use]
    pub fn newest_first<'a>(&self, tags: impl IntoIterator<Item = &'a Tag>) -> Vec<&'a Tag> {
        let mut ranked: Vec<(Rank, &Tag)> =
            tags.into_iter().filter_map(|tag| Some((self.rank(tag)?, tag))).collect();
        ranked.sort_by(|(left, _), (right, _)| right.cmp(left));
        ranked.into_iter().map(|(_, tag)| tag).collect()
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Semver(range) = self;
        write!(formatter, "semver {range}")
    }
}

#[cfg(test)]
mod tests;
