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

/// Any year with a 29th of February.
const LEAP_YEAR: i32 = 2000;
/// The year that `YY` counts from.
const SHORT_YEARS_START: i32 = 2000;
/// Years below this are counted from [`SHORT_YEARS_START`].
const SHORT_YEARS_END: i32 = 1000;

/// How tags are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// As semantic versions in a range.
    Semver(VersionRange),
    /// By the parts of a layout.
    Calver { layout: String, pattern: Pattern, date: Option<DateParts> },
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

/// Which parts of a layout, from 0, are a date.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct DateParts {
    /// Without one, the 29th of February counts as a day.
    year: Option<usize>,
    month: usize,
    day: usize,
}

impl DateParts {
    /// `None` if a layout has no day of a month.
    fn of(names: &[&str]) -> Option<Self> {
        let position = |wanted: &[&str]| names.iter().position(|name| wanted.contains(name));
        let (month, day) = (position(&["MM", "0M"])?, position(&["DD", "0D"])?);
        Some(Self { year: position(&["YYYY", "YY", "0Y"]), month, day })
    }

    /// Whether the parts of a tag are a day of the calendar. `YY` counts from 2000 (<https://calver.org/>).
    fn is_day(self, parts: &[&str]) -> bool {
        let number = |index: usize| parts.get(index)?.parse::<u32>().ok();
        let year = self.year.map_or(Some(LEAP_YEAR), |index| {
            let year = parts.get(index)?.parse::<i32>().ok()?;
            Some(if year < SHORT_YEARS_END { year + SHORT_YEARS_START } else { year })
        });
        let date = year.zip(number(self.month)).zip(number(self.day));
        date.is_some_and(|((year, month), day)| chrono::NaiveDate::from_ymd_opt(year, month, day).is_some())
    }
}

impl Rule {
    pub(super) fn semver(range: &str) -> Result<Self, SelectionError> {
        VersionRange::parse(range).map(Self::Semver)
    }

    pub(super) fn calver(layout: &str) -> Result<Self, SelectionError> {
        let (mut expression, mut parts, mut rest) = (String::from("^v?"), Vec::new(), layout);
        while let Some(character) = rest.chars().next() {
            let known =
                LAYOUT_PARTS.iter().find_map(|(name, part)| Some((*name, part, rest.strip_prefix(name)?)));
            if let Some((name, part, behind)) = known {
                expression.push_str(part);
                parts.push(name);
                rest = behind;
            } else {
                expression.push_str(&regex::escape(&character.to_string()));
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
        }
        if parts.is_empty() {
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
        Ok(Self::Calver { layout: layout.to_owned(), pattern, date: DateParts::of(&parts) })
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
            Self::Calver { pattern, date, .. } => {
                let groups = pattern.regex().captures(tag)?;
                let parts: Vec<&str> = groups.iter().skip(1).flatten().map(|group| group.as_str()).collect();
                let is_date = date.is_none_or(|date| date.is_day(&parts));
                is_date.then(|| Key::Parts(parts.into_iter().map(Part::new).collect()))
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
    /// Whether a tag is one or two numbers, of which semantic versions have three.
    pub(super) fn is_short(&self, tag: &Tag) -> bool {
        let numbers: Vec<&str> = tag.as_str().strip_prefix('v').unwrap_or(tag.as_str()).split('.').collect();
        let are_numbers = numbers.iter().all(|part| Number::new(part).is_some());
        matches!(self, Self::Semver(_)) && are_numbers && numbers.len() < 3
    }

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
