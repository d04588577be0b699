//! Constraints as Masterminds' documentation defines them, and what is made of them here.

use std::cmp::Ordering;

use proptest::prelude::*;
use semver::{Prerelease, Version};

use super::translate;
use crate::model::{Selection, Tag};

/// The versions that the table is about.
const VERSIONS: &str =
    "0.0.3 0.0.4 0.2.3 0.2.9 0.3.0 1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6 2.0.0 2.3.4 3.0.0 4.5.9";
/// The same with pre-releases.
const WITH_PRERELEASES: &str = "0.0.0-rc.1 1.0.0-rc.1 1.0.0 1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0 2.0.0-0 2.0.0-rc.1 2.0.0 3.0.0-rc.1";

/// The selection that is made of a constraint.
fn selection(constraint: &str) -> Selection {
    let translated = translate(constraint).unwrap_or_else(|why| panic!("{constraint} {why}"));
    let selection = Selection::semver(&translated.range).unwrap();
    selection.with_prereleases(translated.prereleases).unwrap()
}

fn taken(constraint: &str, versions: &str) -> String {
    let selection = selection(constraint);
    let is_taken = |version: &&str| selection.judge(&version.parse::<Tag>().unwrap()).is_ok();
    versions.split_whitespace().filter(is_taken).collect::<Vec<_>>().join(" ")
}

/// What <https://github.com/Masterminds/semver#checking-version-constraints> says each of these takes.
const DOCUMENTED: [(&str, &str); 42] = [
    ("1.2.3", "1.2.3"),
    ("=1.2.3", "1.2.3"),
    ("= v1.2.3", "1.2.3"),
    ("=1.2.3+build.5", "1.2.3"),
    ("1.2", "1.2.0 1.2.3 1.2.9"),
    ("=1.2", "1.2.0 1.2.3 1.2.9"),
    ("1.2.x", "1.2.0 1.2.3 1.2.9"),
    ("1", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("1.x", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("1.*.*", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("*", VERSIONS),
    ("x", VERSIONS),
    (">= 1.2.x", "1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6 2.0.0 2.3.4 3.0.0 4.5.9"),
    ("=> 2.3.4", "2.3.4 3.0.0 4.5.9"),
    ("<= 2.x", "0.0.3 0.0.4 0.2.3 0.2.9 0.3.0 1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6 2.0.0 2.3.4"),
    ("=< 0.2", "0.0.3 0.0.4 0.2.3 0.2.9"),
    ("< 1.0", "0.0.3 0.0.4 0.2.3 0.2.9 0.3.0"),
    ("> 1.2", "1.3.0 1.4.5 1.4.6 2.0.0 2.3.4 3.0.0 4.5.9"),
    ("> 1", "2.0.0 2.3.4 3.0.0 4.5.9"),
    ("> 1.4.5", "1.4.6 2.0.0 2.3.4 3.0.0 4.5.9"),
    ("~1.2.3", "1.2.3 1.2.9"),
    ("~>1.2.3", "1.2.3 1.2.9"),
    ("~1", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("~2.3", "2.3.4"),
    ("~1.2.x", "1.2.0 1.2.3 1.2.9"),
    ("~1.x", "1.0.0 1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("^1.2.3", "1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("^1.2.x", "1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6"),
    ("^2.3", "2.3.4"),
    ("^2.x", "2.0.0 2.3.4"),
    ("^0.2.3", "0.2.3 0.2.9"),
    ("^0.2", "0.2.3 0.2.9"),
    ("^0.0.3", "0.0.3"),
    ("^0.0", "0.0.3 0.0.4"),
    ("^0", "0.0.3 0.0.4 0.2.3 0.2.9 0.3.0"),
    ("1.2 - 1.4.5", "1.2.0 1.2.3 1.2.9 1.3.0 1.4.5"),
    ("2.3.4 - 4.5", "2.3.4 3.0.0 4.5.9"),
    (">= 1.2, < 3.0.0 || >= 4.2.3", "1.2.0 1.2.3 1.2.9 1.3.0 1.4.5 1.4.6 2.0.0 2.3.4 4.5.9"),
    (">=1.2 <1.4", "1.2.0 1.2.3 1.2.9 1.3.0"),
    ("~1.2 != 1.2.3", "1.2.0 1.2.9"),
    ("^1 !=1.2.x", "1.0.0 1.3.0 1.4.5 1.4.6"),
    ("0.2.3||~2.3||=3.0.0", "0.2.3 2.3.4 3.0.0"),
];

/// Of pre-releases: one in a group joined by *and* makes the whole group take them, by precedence.
const DOCUMENTED_PRERELEASES: [(&str, &str); 16] = [
    ("*", "1.0.0 1.2.3 1.3.0 2.0.0"),
    (">=1.2.3", "1.2.3 1.3.0 2.0.0"),
    (">=0.0.0-0", WITH_PRERELEASES),
    ("*-0", WITH_PRERELEASES),
    (">=1.2.3-0", "1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0 2.0.0-0 2.0.0-rc.1 2.0.0 3.0.0-rc.1"),
    (">=1.2.3-BETA <1.3.0", "1.2.3-alpha 1.2.3 1.3.0-rc.1"),
    (">=1.2.3-0, <2.0.0", "1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0 2.0.0-0 2.0.0-rc.1"),
    (">=1.2.3-0, <2.0.0-0", "1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0"),
    ("^1.2.3-0", "1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0"),
    ("~1.2.3-0", "1.2.3-0 1.2.3-alpha 1.2.3"),
    ("1.2.x-0", "1.2.3-0 1.2.3-alpha 1.2.3"),
    ("~1-0", "1.0.0-rc.1 1.0.0 1.2.3-0 1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0"),
    ("=1.2.3-alpha", "1.2.3-alpha"),
    ("1.2.3 || =2.0.0-rc.1", "1.2.3 2.0.0-rc.1"),
    (">1.2-0", "1.3.0-rc.1 1.3.0 2.0.0-0 2.0.0-rc.1 2.0.0 3.0.0-rc.1"),
    ("1.2.3-alpha - 2.0", "1.2.3-alpha 1.2.3 1.3.0-rc.1 1.3.0 2.0.0-0 2.0.0-rc.1 2.0.0"),
];

#[test]
fn constraints_take_what_their_documentation_says() {
    for (constraint, wanted) in DOCUMENTED {
        assert_eq!(taken(constraint, VERSIONS), wanted, "{constraint}");
    }
}

#[test]
fn prereleases_are_taken_as_the_documentation_says() {
    for (constraint, wanted) in DOCUMENTED_PRERELEASES {
        assert_eq!(taken(constraint, WITH_PRERELEASES), wanted, "{constraint}");
    }
}

#[test]
fn the_ranges_are_those_that_people_would_write() {
    let shown = |constraint: &str| translate(constraint).unwrap().range;
    for (constraint, wanted) in [
        ("1.2.3", "=1.2.3"),
        ("1.2", "~1.2"),
        ("1.2.x", "~1.2"),
        (">=1.0.0 <2.0.0", ">=1.0.0, <2.0.0"),
        (">=0.0.0-0", "*"),
        ("1.2 - 1.4.5", ">=1.2, <=1.4.5"),
        ("^1 !=1.4.0", "^1, <1.4.0 || ^1, >1.4.0"),
        (">=1.0.0-0 <2.0.0-0", ">=1.0.0-0, <2.0.0-0"),
    ] {
        assert_eq!(shown(constraint), wanted, "{constraint}");
    }
}

#[test]
fn what_has_no_counterpart_is_not_made_into_something_else() {
    let why = |constraint: &str| translate(constraint).unwrap_err();
    assert_eq!(why(">=1.0.0-0 || ^3"), "takes pre-releases in one alternative and not in another");
    assert_eq!(why("^*"), "holds `*` with an operator that is not documented for it");
    assert_eq!(why("~0.0.0"), "holds `0.0.0` with an operator that is not documented for it");
    for constraint in ["", "latest", ">=1.0<2", "1.2.3.4", ">> 1", "1,,2", "^1 ||", "1.2.3-", "!", "01.2.3"] {
        assert_eq!(why(constraint), "is not a version constraint", "{constraint}");
    }
    let many = (0..40).map(|patch| format!("!=1.0.{patch}")).collect::<Vec<_>>().join(" ");
    assert_eq!(why(&many), "leaves out too many versions (`!=`); name them under `ignore`");
}

/// A comparator of Masterminds: what is missing is a wildcard.
#[derive(Clone, Debug)]
struct Comparator {
    operator: &'static str,
    numbers: Vec<u64>,
    pre: &'static str,
    /// How it is written, beyond what it means.
    written: Written,
}

#[derive(Clone, Debug)]
struct Written {
    wildcard: &'static str,
    prefix: &'static str,
    gap: &'static str,
    build: &'static str,
}

impl Comparator {
    fn text(&self) -> String {
        let Written { wildcard, prefix, gap, build } = self.written;
        let mut parts: Vec<String> = self.numbers.iter().map(u64::to_string).collect();
        if parts.len() < 3 && (!wildcard.is_empty() || parts.is_empty()) {
            parts.push(if wildcard.is_empty() { "*" } else { wildcard }.to_owned());
        }
        let pre = if self.pre.is_empty() { String::new() } else { format!("-{}", self.pre) };
        format!("{}{gap}{prefix}{}{pre}{build}", self.operator, parts.join("."))
    }

    /// The version with zeros for what is missing.
    fn version(&self) -> Version {
        let part = |index: usize| self.numbers.get(index).copied().unwrap_or_default();
        let pre = Prerelease::new(self.pre).unwrap();
        Version { pre, ..Version::new(part(0), part(1), part(2)) }
    }

    /// Whether it takes a version whose pre-release, if it has one, may be considered.
    fn takes(&self, version: &Version) -> bool {
        let own = self.version();
        let order = version.cmp_precedence(&own);
        let given = [version.major, version.minor, version.patch];
        let given = given.get(..self.numbers.len()).unwrap_or_default();
        let is_full = self.numbers.len() == 3;
        let by_numbers = given.cmp(self.numbers.as_slice());
        let series = |length: usize| {
            order.is_ge() && given.iter().zip(&self.numbers).take(length).all(|(left, right)| left == right)
        };
        match self.operator {
            "" | "=" if is_full => order == Ordering::Equal,
            "" | "=" | "~" | "~>" => series(2),
            "!=" => {
                if is_full {
                    order != Ordering::Equal
                } else {
                    by_numbers != Ordering::Equal
                }
            }
            ">" => {
                if is_full {
                    order.is_gt()
                } else {
                    by_numbers.is_gt()
                }
            }
            ">=" | "=>" => order.is_ge(),
            "<" => order.is_lt(),
            "<=" | "=<" => {
                if is_full {
                    order.is_le()
                } else {
                    by_numbers.is_le()
                }
            }
            "^" => series(self.numbers.iter().position(|number| *number > 0).unwrap_or(2) + 1),
            operator => unreachable!("{operator}"),
        }
    }

    /// Whether the documentation says nothing about it, or it is a special case of the library.
    fn is_odd(&self, with_prereleases: bool) -> bool {
        let is_open = self.numbers.is_empty() && !["", "=", "~", "~>", ">=", "=>"].contains(&self.operator);
        let is_zero = self.numbers == [0, 0, 0] && self.operator.starts_with('~');
        let is_series_left_out = self.operator == "!=" && self.numbers.len() < 3 && with_prereleases;
        is_open || is_zero || is_series_left_out
    }

    fn is_one_version(&self) -> bool {
        ["", "="].contains(&self.operator) && self.numbers.len() == 3
    }
}

type Groups = Vec<Vec<Comparator>>;

/// Whether Masterminds takes a version: a group in which all comparators do, pre-releases only if one of them names one.
fn masterminds(groups: &Groups, version: &Version) -> bool {
    groups.iter().any(|group| {
        let may_be_one = version.pre.is_empty() || group.iter().any(|comparator| !comparator.pre.is_empty());
        may_be_one && group.iter().all(|comparator| comparator.takes(version))
    })
}

/// Whether there is a reason not to carry a constraint over.
fn has_no_counterpart(groups: &Groups) -> bool {
    let is_one = |group: &Vec<Comparator>| matches!(group.as_slice(), [only] if only.is_one_version());
    let takes = |group: &Vec<Comparator>| group.iter().any(|comparator| !comparator.pre.is_empty());
    let with_prereleases = groups.iter().any(|group| takes(group) && !is_one(group));
    let is_mixed = with_prereleases && groups.iter().any(|group| !takes(group) && !is_one(group));
    is_mixed || groups.iter().flatten().any(|comparator| comparator.is_odd(with_prereleases))
}

fn comparator() -> impl Strategy<Value = Comparator> {
    let operators = vec!["", "=", "!=", ">", ">=", "=>", "<", "<=", "=<", "~", "~>", "^"];
    let pre = prop_oneof![4 => Just(""), 1 => Just("0"), 1 => Just("alpha"), 1 => Just("rc.1")];
    let written = (
        prop::sample::select(vec!["", "x", "X", "*"]),
        prop::sample::select(vec!["", "v"]),
        prop::sample::select(vec!["", " "]),
        prop_oneof![4 => Just(""), 1 => Just("+b.1")],
    );
    let written = written.prop_map(|(wildcard, prefix, gap, build)| Written { wildcard, prefix, gap, build });
    let numbers = prop_oneof![1 => 0..1_usize, 8 => 1..4_usize]
        .prop_flat_map(|length| prop::collection::vec(0..3_u64, length));
    (prop::sample::select(operators), numbers, pre, written)
        .prop_map(|(operator, numbers, pre, written)| Comparator { operator, numbers, pre, written })
}

fn text(groups: &Groups, separator: &str) -> String {
    let group =
        |group: &Vec<Comparator>| group.iter().map(Comparator::text).collect::<Vec<_>>().join(separator);
    groups.iter().map(group).collect::<Vec<_>>().join(" || ")
}

/// Tags as a registry lists them: versions with and without `v` and pre-release, and what is none.
fn tags() -> impl Strategy<Value = Vec<String>> {
    let version = "v?[0-3]\\.[0-3]\\.[0-3](-(0|alpha|rc\\.[12]|rc))?";
    prop::collection::vec(
        prop_oneof![9 => version, 1 => "[0-3]\\.[0-3]|latest|[0-3]\\.[0-3]\\.[0-3]_b1"],
        1..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn what_is_carried_over_takes_what_masterminds_takes(
        groups in prop::collection::vec(prop::collection::vec(comparator(), 1..4), 1..3),
        separator in prop::sample::select(vec![" ", ", ", ","]),
        tags in tags(),
    ) {
        let constraint = text(&groups, separator);
        match translate(&constraint) {
            Err(why) => prop_assert!(has_no_counterpart(&groups), "{constraint} {why}"),
            Ok(translated) => {
                prop_assert!(!has_no_counterpart(&groups), "{constraint} became {translated:?}");
                let selection = Selection::semver(&translated.range).unwrap();
                let selection = selection.with_prereleases(translated.prereleases).unwrap();
                let version = |tag: &str| Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok();
                let is_taken = |tag: &&String| version(tag).is_some_and(|version| masterminds(&groups, &version));
                let wanted: Vec<&String> = tags.iter().filter(is_taken).collect();
                let parsed: Vec<Tag> = tags.iter().map(|tag| tag.parse().unwrap()).collect();
                let taken: Vec<String> =
                    parsed.iter().filter(|tag| selection.judge(tag).is_ok()).map(ToString::to_string).collect();
                prop_assert_eq!(&taken, &wanted.into_iter().cloned().collect::<Vec<_>>(), "{} became {:?}", constraint, translated);
                let newest = selection.newest_first(&parsed).first().and_then(|tag| version(tag.as_str()));
                let highest = taken.iter().filter_map(|tag| version(tag)).max_by(Version::cmp_precedence);
                prop_assert_eq!(newest, highest);
            }
        }
    }
}
