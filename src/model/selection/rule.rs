//! The rules: what tags are compared by, and which are in range.

use std::fmt;

use super::pattern::Pattern;
use super::range::VersionRange;
use super::rank::{Key, Number, Part};
use super::{Rank, SelectionError};
use crate::model::Tag;

/// Parts of a calendar version, the longer spelling before the shorter, and the expression for each.
const LAYOUT_PARTS: [(&str, &str); 12] = [
    ("YYYY", "([0-9]{4})"),
    ("YY", "([0-9]{1,3})"),
    ("0Y", "([0-9]{2,3})"),
    ("MM", "(0?[1-9]|1[0-2])"),
    ("0M", "(0[1-9]|1[0-2])"),
    ("WW", "([0-4]?[0-9]|5[0-3])"),
    ("0W", "([0-4][0-9]|5[0-3])"),
    ("DD", "(0?[1-9]|[12][0-9]|3[01])"),
    ("0D", "(0[1-9]|[12][0-9]|3[01])"),
    ("MAJOR", "([0-9]+)"),
    ("MINOR", "([0-9]+)"),
    ("MICRO", "([0-9]+)"),
];

/// How tags are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// As semantic versions in a range.
    Semver(VersionRange),
    /// By the parts of a layout.
    Calver { layout: String, pattern: Pattern },
    /// By named groups.
    Regex { pattern: Pattern, sort: Vec<String> },
    /// By bytes.
    Alphabetical,
    /// As whole numbers.
    Numerical,
    /// By the dates of their artifacts.
    Newest,
    /// This one, whatever it points to.
    Digest(Tag),
}

impl Rule {
    pub(super) fn semver(range: &str) -> Result<Self, SelectionError> {
        VersionRange::parse(range).map(Self::Semver)
    }

    pub(super) fn calver(layout: &str) -> Result<Self, SelectionError> {
        let (mut expression, mut parts, mut rest) = (String::from("^v?"), 0, layout);
        while let Some(character) = rest.chars().next() {
            let known = LAYOUT_PARTS.iter().find_map(|(name, part)| Some((part, rest.strip_prefix(name)?)));
            if let Some((part, behind)) = known {
                expression.push_str(part);
                parts += 1;
                rest = behind;
            } else {
                expression.push_str(&regex::escape(&character.to_string()));
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
        }
        if parts == 0 {
            let why = "it has none of YYYY, YY, 0Y, MM, 0M, WW, 0W, DD, 0D, MAJOR, MINOR, MICRO".to_owned();
            let example = "YYYY.0M.MICRO";
            return Err(SelectionError {
                text: layout.to_owned(),
                what: "a layout of versions",
                why,
                example,
            });
        }
        let pattern = Pattern::new(&(expression + "$"))?;
        Ok(Self::Calver { layout: layout.to_owned(), pattern })
    }

    pub(super) fn regex(expression: &str, sort: &[String]) -> Result<Self, SelectionError> {
        let pattern = Pattern::new(expression)?;
        let wrong = |why: String| SelectionError {
            text: expression.to_owned(),
            what: "an expression to sort by",
            why,
            example: "^main-(?P<build>[0-9]+)-[0-9a-f]+$",
        };
        let has = |name: &String| pattern.regex().capture_names().flatten().any(|group| group == name);
        if let Some(missing) = sort.iter().find(|name| !has(name)) {
            return Err(wrong(format!("it has no group named `{missing}`")));
        }
        if sort.is_empty() {
            return Err(wrong("no group is named to sort by".to_owned()));
        }
        Ok(Self::Regex { pattern, sort: sort.to_vec() })
    }

    /// What a tag is compared by; nothing where the rule cannot place it.
    pub(super) fn key(&self, tag: &str) -> Option<Key> {
        match self {
            Self::Semver(_) => {
                let text = tag.strip_prefix('v').unwrap_or(tag);
                semver::Version::parse(text).ok().map(Key::Version)
            }
            Self::Calver { pattern, .. } => {
                let groups = pattern.regex().captures(tag)?;
                let parts = groups.iter().skip(1).flatten().map(|group| Part::new(group.as_str()));
                Some(Key::Parts(parts.collect()))
            }
            Self::Regex { pattern, sort } => {
                let groups = pattern.regex().captures(tag)?;
                let part = |name: &String| Part::new(groups.name(name).map_or("", |group| group.as_str()));
                Some(Key::Parts(sort.iter().map(part).collect()))
            }
            Self::Alphabetical => Some(Key::Parts(vec![Part::Text(tag.to_owned())])),
            Self::Numerical => Number::new(tag).map(|number| Key::Parts(vec![Part::Number(number)])),
            // Their names say nothing of their order.
            Self::Newest | Self::Digest(_) => None,
        }
    }

    /// Whether a place in the order is one that the rule takes.
    pub(super) fn is_in_range(&self, rank: &Rank) -> bool {
        match (self, rank.key()) {
            (Self::Semver(range), Key::Version(version)) => range.takes(version),
            (Self::Semver(_), _) => false,
            (
                Self::Calver { .. }
                | Self::Regex { .. }
                | Self::Alphabetical
                | Self::Numerical
                | Self::Newest
                | Self::Digest(_),
                _,
            ) => true,
        }
    }
}

impl Rule {
    /// Whether a place in the order is that of a pre-release that only lacks being asked for.
    pub(super) fn lacks_prerelease(&self, rank: &Rank) -> bool {
        match (self, rank.key()) {
            (Self::Semver(range), Key::Version(version)) => range.lacks_prerelease(version),
            (
                Self::Semver(_)
                | Self::Calver { .. }
                | Self::Regex { .. }
                | Self::Alphabetical
                | Self::Numerical
                | Self::Newest
                | Self::Digest(_),
                _,
            ) => false,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Semver(range) => write!(formatter, "semver {range}"),
            Self::Calver { layout, .. } => write!(formatter, "calver {layout}"),
            Self::Regex { pattern, sort } => {
                write!(formatter, "regex {} by {}", pattern.regex(), sort.join(", "))
            }
            Self::Alphabetical => formatter.write_str("alphabetical"),
            Self::Numerical => formatter.write_str("numerical"),
            Self::Newest => formatter.write_str("newest"),
            Self::Digest(tag) => write!(formatter, "digest of {tag}"),
        }
    }
}
