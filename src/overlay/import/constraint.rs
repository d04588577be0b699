//! Translates version constraints of Flux and Argo CD Image Updater into the ranges of `select`.
//!
//! Both follow <https://github.com/Masterminds/semver> 3.4: `1.2.3` is one version, a comparator with a missing or
//! wildcard part is a series, and one pre-release in a group that is joined by *and* makes that whole group take
//! pre-releases by precedence.

use std::fmt;

use semver::{BuildMetadata, Prerelease, Version};

use crate::model::Selection;

/// The operators; longer spellings come before their beginnings.
const OPERATORS: [(&str, Operator); 11] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("=>", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=<", Operator::LessOrEqual),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];
/// How many alternatives one group may come to; each `!=` doubles them.
const ALTERNATIVES_MAX: usize = 16;
/// The lowest pre-release.
const LOWEST: &str = "0";

/// A range as `select` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translated {
    /// The text of the range.
    pub(super) range: String,
    /// Whether `prereleases: true` belongs beside it.
    pub(super) prereleases: bool,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Tilde,
    Caret,
}

/// An operator and a version whose last parts may be missing or wildcards.
#[derive(Clone, Debug)]
struct Comparator {
    operator: Operator,
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    pre: Prerelease,
}

/// Comparators of a range of ours that all have to hold.
type Conjunction = Vec<String>;

/// The range that takes exactly the same versions.
///
/// # Errors
/// Why there is none, as the end of a sentence that starts with the constraint.
pub(super) fn translate(constraint: &str) -> Result<Translated, String> {
    let groups: Vec<Vec<Comparator>> =
        constraint.split("||").map(group).collect::<Option<_>>().ok_or("is not a version constraint")?;
    let prereleases = groups.iter().any(|group| takes_prereleases(group) && !is_one_version(group));
    if prereleases && !groups.iter().all(|group| takes_prereleases(group) || is_one_version(group)) {
        return Err("takes pre-releases in one alternative and not in another".to_owned());
    }
    let mut alternatives = Vec::new();
    for group in &groups {
        alternatives.extend(conjunctions(group, prereleases)?);
    }
    let texts: Vec<String> = alternatives.iter().map(|comparators| text(comparators)).collect();
    let range = texts.join(" || ");
    Selection::semver(&range).map_err(|error| format!("has no counterpart: {error}"))?;
    Ok(Translated { range, prereleases })
}

fn takes_prereleases(group: &[Comparator]) -> bool {
    group.iter().any(|comparator| !comparator.pre.is_empty())
}

/// Whether a group is one full version, which means the same with and without pre-releases.
fn is_one_version(group: &[Comparator]) -> bool {
    matches!(group, [only] if only.operator == Operator::Equal && only.patch.is_some())
}

fn text(comparators: &[String]) -> String {
    let told: Vec<&str> = comparators.iter().map(String::as_str).filter(|text| *text != "*").collect();
    if told.is_empty() { "*".to_owned() } else { told.join(", ") }
}

/// A group joined by *and*, as alternatives of ours.
fn conjunctions(group: &[Comparator], prereleases: bool) -> Result<Vec<Conjunction>, String> {
    let mut all: Vec<Conjunction> = vec![Vec::new()];
    for comparator in group {
        let own = if prereleases { comparator.by_precedence()? } else { comparator.of_releases()? };
        let joined = |before: &Conjunction| -> Vec<Conjunction> {
            own.iter().map(|more| [before.as_slice(), more.as_slice()].concat()).collect()
        };
        all = all.iter().flat_map(joined).collect();
        if all.len() > ALTERNATIVES_MAX {
            return Err("leaves out too many versions (`!=`); name them under `ignore`".to_owned());
        }
    }
    Ok(all)
}

impl Comparator {
    /// What takes the same releases, where no pre-release is taken.
    fn of_releases(&self) -> Result<Vec<Conjunction>, String> {
        if self.major.is_none() {
            return self.of_anything("*");
        }
        let same = |operator: &str| Ok(vec![vec![format!("{operator}{self}")]]);
        match self.operator {
            Operator::Equal if self.patch.is_some() => same("="),
            Operator::Tilde if self.is_zero() => Err(self.without_counterpart()),
            Operator::Equal | Operator::Tilde => same("~"),
            Operator::NotEqual => Ok(vec![vec![format!("<{self}")], vec![format!(">{self}")]]),
            Operator::Greater => same(">"),
            Operator::GreaterOrEqual => same(">="),
            Operator::Less => same("<"),
            Operator::LessOrEqual => same("<="),
            Operator::Caret => same("^"),
        }
    }

    /// What takes the same versions beside `prereleases: true`, in full versions, so that precedence alone decides.
    fn by_precedence(&self) -> Result<Vec<Conjunction>, String> {
        let Some(major) = self.major else { return self.of_anything(">=0.0.0") };
        let limit = self.limit();
        let one = |text: String| Ok(vec![vec![text]]);
        let next = || self.next_series().ok_or_else(|| self.without_counterpart());
        let series = || Ok(vec![vec![at_least(&limit), format!("<{}", next()?)]]);
        match self.operator {
            Operator::Equal if self.patch.is_some() => one(format!("={limit}")),
            Operator::Tilde if self.is_zero() => Err(self.without_counterpart()),
            Operator::Equal | Operator::Tilde if self.minor.is_none() => series(),
            Operator::Equal | Operator::Tilde => one(format!("~{limit}")),
            Operator::NotEqual if self.patch.is_none() => Err(self.without_counterpart()),
            Operator::NotEqual => Ok([before(&limit), vec![vec![format!(">{limit}")]]].concat()),
            Operator::Greater if self.patch.is_none() => one(format!(">={}", next()?)),
            Operator::Greater => one(format!(">{limit}")),
            Operator::GreaterOrEqual => one(at_least(&limit)),
            Operator::Less => Ok(before(&limit)),
            Operator::LessOrEqual if self.patch.is_none() => one(format!("<{}", next()?)),
            Operator::LessOrEqual => one(format!("<={limit}")),
            Operator::Caret if self.minor.is_none() => series(),
            Operator::Caret if self.patch.is_none() && major == 0 => one(format!("~{limit}")),
            Operator::Caret => one(format!("^{limit}")),
        }
    }

    /// A comparator without a number; `releases` takes all releases.
    fn of_anything(&self, releases: &str) -> Result<Vec<Conjunction>, String> {
        match self.operator {
            Operator::Equal | Operator::Tilde | Operator::GreaterOrEqual if self.pre.is_empty() => {
                Ok(vec![vec![releases.to_owned()]])
            }
            Operator::Equal | Operator::Tilde | Operator::GreaterOrEqual => {
                Ok(vec![vec![at_least(&self.limit())]])
            }
            Operator::NotEqual
            | Operator::Greater
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Caret => Err(self.without_counterpart()),
        }
    }

    fn without_counterpart(&self) -> String {
        format!("holds `{self}` with an operator that is not documented for it")
    }

    /// Whether this is `0.0.0`, which a tilde treats in a way of its own.
    fn is_zero(&self) -> bool {
        (self.major, self.minor, self.patch) == (Some(0), Some(0), Some(0))
    }

    /// The version with zeros for what is missing.
    fn limit(&self) -> Version {
        let part = |part: Option<u64>| part.unwrap_or_default();
        let (pre, build) = (self.pre.clone(), BuildMetadata::EMPTY);
        Version { major: part(self.major), minor: part(self.minor), patch: part(self.patch), pre, build }
    }

    /// The first pre-release behind the series that the parts name.
    fn next_series(&self) -> Option<Version> {
        let next = match (self.major?, self.minor) {
            (major, None) => Version::new(major.checked_add(1)?, 0, 0),
            (major, Some(minor)) => Version::new(major, minor.checked_add(1)?, 0),
        };
        Some(Version { pre: lowest(), ..next })
    }

    /// The parts that are there.
    fn numbers(&self) -> String {
        let parts = [self.major, self.minor, self.patch];
        parts.iter().map_while(Option::as_ref).map(u64::to_string).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = if self.major.is_some() { self.numbers() } else { "*".to_owned() };
        formatter.write_str(&numbers)?;
        if self.pre.is_empty() { Ok(()) } else { write!(formatter, "-{}", self.pre) }
    }
}

fn at_least(limit: &Version) -> String {
    let is_lowest = *limit == Version { pre: lowest(), ..Version::new(0, 0, 0) };
    if is_lowest { "*".to_owned() } else { format!(">={limit}") }
}

/// Everything of lower precedence. Our `<2.0.0` keeps out `2.0.0-rc.1`, so that its pre-releases are an alternative.
fn before(limit: &Version) -> Vec<Conjunction> {
    if !limit.pre.is_empty() {
        return vec![vec![format!("<{limit}")]];
    }
    let first = Version { pre: lowest(), ..limit.clone() };
    vec![vec![format!("<{first}")], vec![format!(">={first}"), format!("<{limit}")]]
}

fn lowest() -> Prerelease {
    Prerelease::new(LOWEST).expect("a number is a pre-release")
}

/// The comparators of a group; `None` if it is not one.
fn group(text: &str) -> Option<Vec<Comparator>> {
    let mut comparators = Vec::new();
    let mut rest = text.trim();
    loop {
        let (comparator, behind) = comparator(rest)?;
        let is_apart = behind.starts_with([' ', '\t']);
        let after_hyphen = if is_apart { behind.trim_start().strip_prefix("- ") } else { None };
        match after_hyphen {
            Some(end) if comparator.operator == Operator::Equal => {
                let (last, behind) = version(end.trim_start(), Operator::LessOrEqual)?;
                comparators.extend([Comparator { operator: Operator::GreaterOrEqual, ..comparator }, last]);
                rest = behind;
            }
            Some(_) => return None,
            None => {
                comparators.push(comparator);
                rest = behind;
            }
        }
        let next = rest.trim_start();
        if next.is_empty() {
            return Some(comparators);
        }
        let is_separated = next.len() < rest.len() || next.starts_with(',');
        rest = next.strip_prefix(',').unwrap_or(next).trim_start();
        if !is_separated {
            return None;
        }
    }
}

fn comparator(text: &str) -> Option<(Comparator, &str)> {
    let written = OPERATORS.iter().find_map(|(name, operator)| Some((text.strip_prefix(name)?, *operator)));
    let (rest, operator) = written.unwrap_or((text, Operator::Equal));
    version(rest.trim_start(), operator)
}

/// A version at the start of a text, and what stands behind it.
fn version(text: &str, operator: Operator) -> Option<(Comparator, &str)> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(|letter: char| letter.is_whitespace() || letter == ',').unwrap_or(text.len());
    let (whole, behind) = text.split_at(end);
    let (whole, build) = whole.split_once('+').map_or((whole, None), |(whole, build)| (whole, Some(build)));
    if build.is_some_and(|build| BuildMetadata::new(build).is_err() || build.is_empty()) {
        return None;
    }
    let (numbers, pre) = whole.split_once('-').map_or((whole, None), |(numbers, pre)| (numbers, Some(pre)));
    let pre =
        pre.map_or(Some(Prerelease::EMPTY), |pre| Prerelease::new(pre).ok().filter(|pre| !pre.is_empty()))?;
    let parts: Vec<Option<u64>> = numbers.split('.').map(part).collect::<Option<_>>()?;
    if parts.len() > 3 {
        return None;
    }
    // What follows a wildcard does not count.
    let mut known = parts.into_iter().map_while(|part| part);
    let (major, minor, patch) = (known.next(), known.next(), known.next());
    Some((Comparator { operator, major, minor, patch, pre }, behind))
}

/// A number, or nothing for a wildcard; `None` if it is neither.
fn part(text: &str) -> Option<Option<u64>> {
    if matches!(text, "x" | "X" | "*") {
        return Some(None);
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_number { text.parse().ok().map(Some) } else { None }
}

#[cfg(test)]
mod tests;
