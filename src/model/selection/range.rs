//! Ranges of semantic versions: Cargo's comparators, alternatives between `||`, and whether pre-releases are taken.

use std::fmt;

use semver::{BuildMetadata, Comparator, Op, Prerelease, Version, VersionReq};

use super::SelectionError;

/// What separates alternatives.
const OR: &str = "||";
/// How many alternatives a range may have.
const ALTERNATIVES_MAX: usize = 32;

/// The versions that a selection takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionRange {
    /// A version must be in one of these.
    alternatives: Vec<VersionReq>,
    /// Whether every pre-release between the bounds is taken.
    prereleases: bool,
}

impl VersionRange {
    pub(super) fn parse(text: &str) -> Result<Self, SelectionError> {
        let error = |why: String| SelectionError {
            text: text.to_owned(),
            what: "a range of versions",
            why,
            example: ">=1.0.0, <2.0.0",
        };
        let parts: Vec<&str> = text.split(OR).map(str::trim).collect();
        if parts.len() > ALTERNATIVES_MAX {
            return Err(error(format!("it has more than {ALTERNATIVES_MAX} alternatives")));
        }
        if parts.len() > 1 && parts.contains(&"") {
            return Err(error(format!("an alternative beside `{OR}` is empty")));
        }
        let parsed: Result<Vec<VersionReq>, semver::Error> =
            parts.into_iter().map(VersionReq::parse).collect();
        let alternatives = parsed.map_err(|why| error(why.to_string()))?;
        Ok(Self { alternatives, prereleases: false })
    }

    /// The same range with or without every pre-release between its bounds.
    pub(super) fn with_prereleases(self, prereleases: bool) -> Self {
        Self { prereleases, ..self }
    }

    /// Whether a version is in the range.
    pub(super) fn takes(&self, version: &Version) -> bool {
        let named = self.alternatives.iter().any(|range| range.matches(version));
        named || (self.prereleases && self.bounds(version))
    }

    /// Whether a version is a pre-release between the bounds that is left out only because the range does not ask for
    /// pre-releases.
    pub(super) fn lacks_prerelease(&self, version: &Version) -> bool {
        !self.takes(version) && self.bounds(version)
    }

    /// Whether a version is a pre-release between the bounds.
    fn bounds(&self, version: &Version) -> bool {
        let is_between = |range: &VersionReq| range.comparators.iter().all(|bound| admits(bound, version));
        !version.pre.is_empty() && self.alternatives.iter().any(is_between)
    }
}

/// Whether a pre-release is on the right side of one comparator.
///
/// A comparator without a pre-release judges the release that the pre-release leads to, so that `<2.0.0` and `^1.2` keep
/// `2.0.0-rc.1` out and `1.2.*` takes `1.2.0-rc.1`. A full lower bound keeps out the pre-releases before it.
fn admits(bound: &Comparator, version: &Version) -> bool {
    if bound.pre.is_empty() {
        return bound.matches(&released(version))
            && !(starts_at_release(bound) && is_same_release(bound, version));
    }
    let limit = limit(bound);
    match bound.op {
        Op::Exact => version.cmp_precedence(&limit).is_eq(),
        Op::Greater => version.cmp_precedence(&limit).is_gt(),
        Op::GreaterEq => version.cmp_precedence(&limit).is_ge(),
        Op::Less => version.cmp_precedence(&limit).is_lt(),
        Op::LessEq => version.cmp_precedence(&limit).is_le(),
        // Tilde, caret, and what a later version of the library may add: a lower bound, and a series of releases.
        Op::Tilde | Op::Caret | Op::Wildcard | _ => {
            let series = Comparator { pre: Prerelease::EMPTY, ..bound.clone() };
            version.cmp_precedence(&limit).is_ge() && series.matches(&released(version))
        }
    }
}

/// Whether a comparator takes its own version and nothing before it.
fn starts_at_release(bound: &Comparator) -> bool {
    matches!(bound.op, Op::Exact | Op::GreaterEq | Op::Tilde | Op::Caret)
}

/// Whether a comparator names, in full, the release that a pre-release leads to.
fn is_same_release(bound: &Comparator, version: &Version) -> bool {
    let named = (Some(bound.major), bound.minor, bound.patch);
    named == (Some(version.major), Some(version.minor), Some(version.patch))
}

fn released(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

fn limit(bound: &Comparator) -> Version {
    let (minor, patch) = (bound.minor.unwrap_or_default(), bound.patch.unwrap_or_default());
    Version { pre: bound.pre.clone(), build: BuildMetadata::EMPTY, ..Version::new(bound.major, minor, patch) }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.alternatives.iter().enumerate() {
            let separator = if index == 0 { String::new() } else { format!(" {OR} ") };
            write!(formatter, "{separator}{range}")?;
        }
        formatter.write_str(if self.prereleases { ", with pre-releases" } else { "" })
    }
}
