use proptest::prelude::*;

use super::*;

fn chosen(range: &str, tags: &[&str]) -> Vec<String> {
    let tags: Vec<Tag> = tags.iter().map(|tag| Tag::new(*tag).unwrap()).collect();
    let selection = Selection::semver(range).unwrap();
    selection.newest_first(&tags).into_iter().map(ToString::to_string).collect()
}

#[test]
fn ten_is_newer_than_nine_and_prereleases_stay_out() {
    let tags = ["1.9.0", "1.10.0", "2.0.0-rc.1", "latest", "sha-0a1b2c3", "1.1"];
    assert_eq!(chosen("*", &tags), ["1.10.0", "1.9.0"]);
    assert_eq!(chosen(">=2.0.0-rc.0", &tags), ["2.0.0-rc.1"]);
}

/// What a range with `prereleases: true` takes of these tags, newest first.
fn with_prereleases(range: &str, tags: &str) -> String {
    taken(&Selection::semver(range).unwrap().with_prereleases(true).unwrap(), tags)
}

#[test]
fn prereleases_are_taken_over_all_versions_where_they_are_asked_for() {
    let tags = "1.0.0-rc.1 1.0.0 1.2.0-beta 1.2.0-beta.2 1.2.0 1.3.0-rc.1 2.0.0-rc.1 2.0.0 latest";
    for (range, wanted) in [
        ("*", "2.0.0 2.0.0-rc.1 1.3.0-rc.1 1.2.0 1.2.0-beta.2 1.2.0-beta 1.0.0 1.0.0-rc.1"),
        // The end of a range keeps out the pre-releases of that end, unless one of them is named.
        (">=1.0.0, <2.0.0", "1.3.0-rc.1 1.2.0 1.2.0-beta.2 1.2.0-beta 1.0.0"),
        (">=2.0.0-0, <2.0.0", "2.0.0-rc.1"),
        ("<2.0.0-rc.2, >1.2.0", "2.0.0-rc.1 1.3.0-rc.1"),
        ("<=1.2.0", "1.2.0 1.2.0-beta.2 1.2.0-beta 1.0.0 1.0.0-rc.1"),
        // A full version begins at itself, an open one with its first pre-release.
        ("^1.2.0", "1.3.0-rc.1 1.2.0"),
        ("^1.2", "1.3.0-rc.1 1.2.0 1.2.0-beta.2 1.2.0-beta"),
        ("^1.2.0-beta.1", "1.3.0-rc.1 1.2.0 1.2.0-beta.2"),
        ("~1.2.0-beta.1", "1.2.0 1.2.0-beta.2"),
        ("1.2.*", "1.2.0 1.2.0-beta.2 1.2.0-beta"),
        (">1.2", "2.0.0 2.0.0-rc.1 1.3.0-rc.1"),
        ("=1.2.0", "1.2.0"),
        ("=1.2.0-beta", "1.2.0-beta"),
        ("~1.0 || ^2.0.0-rc.1", "2.0.0 2.0.0-rc.1 1.0.0 1.0.0-rc.1"),
    ] {
        assert_eq!(with_prereleases(range, tags), wanted, "{range}");
    }
}

#[test]
fn a_prerelease_that_is_left_out_for_that_reason_says_so() {
    let why = |range: &str, tag: &str| Selection::semver(range).unwrap().judge(&tag.parse().unwrap());
    assert_eq!(why("*", "2.0.0-rc.1"), Err(NotTaken::Prerelease));
    assert_eq!(why(">=1.0.0, <2.0.0", "1.3.0-rc.1"), Err(NotTaken::Prerelease));
    assert_eq!(why(">=1.0.0, <2.0.0", "2.0.0-rc.1"), Err(NotTaken::OutOfRange));
    assert_eq!(why("^1 || ^3", "v3.1.0-rc.1"), Err(NotTaken::Prerelease));
    assert_eq!(why("^1 || ^3", "v2.1.0-rc.1"), Err(NotTaken::OutOfRange));
    assert_eq!(why(">=2.0.0-rc.0", "2.0.0-rc.1"), Ok(()));
    let sentence = NotTaken::Prerelease.to_string();
    assert_eq!(sentence, "is a pre-release, which the range does not ask for");
}

#[test]
fn the_tag_that_is_named_as_left_out_is_the_last_in_the_order() {
    let left_out = |range: &str, tags: &str| {
        let tags: Vec<Tag> = tags.split_whitespace().map(|tag| tag.parse().unwrap()).collect();
        let found =
            Selection::semver(range).unwrap().newest_left_out(&tags).map(|(tag, why)| (tag.clone(), why));
        found.map(|(tag, why)| format!("{tag} {why}")).unwrap_or_default()
    };
    let prerelease = "2.0.0-rc.2 is a pre-release, which the range does not ask for";
    assert_eq!(left_out("*", "latest 2.0.0-rc.1 2.0.0-rc.2 1.0.0 zzz"), prerelease);
    assert_eq!(left_out("<1", "latest 1.0.0"), "1.0.0 is outside of the range");
    assert_eq!(left_out("*", "latest"), "latest does not fit the rule");
    assert_eq!(left_out("*", "1.0.0"), "");
}

#[test]
fn a_range_may_have_alternatives() {
    let tags = "1.4.0 1.9.0 2.0.0 3.0.1 4.0.0";
    assert_eq!(taken(&Selection::semver("^1.5 || =2.0.0 || ~3.0").unwrap(), tags), "3.0.1 2.0.0 1.9.0");
    assert_eq!(Selection::semver("^1.5||=2.0.0").unwrap().to_string(), "semver ^1.5 || =2.0.0");
    let error = Selection::semver("^1 ||").unwrap_err().to_string();
    assert!(error.contains("an alternative beside `||` is empty"), "{error}");
    assert!(Selection::semver(&["1"; 33].join("||")).is_err());
}

#[test]
fn the_order_does_not_depend_on_the_listing() {
    assert_eq!(chosen("*", &["v1.0.0", "1.0.0"]), chosen("*", &["1.0.0", "v1.0.0"]));
}

#[test]
fn a_version_out_of_range_has_an_order_but_no_rank() {
    let selection = Selection::semver("<2").unwrap();
    let tag = Tag::new("2.1.0").unwrap();
    assert_eq!(selection.rank(&tag), None);
    assert!(selection.order(&tag) > selection.order(&Tag::new("1.9.9").unwrap()));
}

#[test]
fn a_bad_range_says_what_to_write() {
    let error = Selection::semver(">=one").unwrap_err().to_string();
    assert!(error.contains("`>=one`") && error.contains(">=1.0.0, <2.0.0"), "{error}");
}

#[test]
fn a_tag_of_two_numbers_is_not_a_full_version() {
    let judged = |selection: &Selection, tag: &str| selection.judge(&tag.parse().unwrap());
    let any = Selection::semver("*").unwrap();
    for tag in ["1.10", "v2", "3"] {
        assert_eq!(judged(&any, tag), Err(NotTaken::ShortVersion), "{tag}");
    }
    for tag in ["latest", "1.x", "1.2.3.4", "01.2.3"] {
        assert_eq!(judged(&any, tag), Err(NotTaken::NoRank), "{tag}");
    }
    assert_eq!(judged(&Selection::calver("YYYY.0M.MICRO").unwrap(), "1.10"), Err(NotTaken::NoRank));
}

/// The tags that a selection takes, newest first.
fn taken(selection: &Selection, tags: &str) -> String {
    let tags: Vec<Tag> = tags.split_whitespace().map(|tag| tag.parse().unwrap()).collect();
    selection.newest_first(&tags).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[test]
fn calendar_versions_follow_their_layout() {
    let monthly = Selection::calver("YYYY.0M.MICRO").unwrap();
    assert_eq!(
        taken(&monthly, "2026.01.2 2026.1.3 v2026.01.10 2025.12.99 2026.01 latest 2026.01.2-rc1"),
        "v2026.01.10 2026.01.2 2025.12.99"
    );
    let daily = Selection::calver("YYYY.MM.DD").unwrap();
    assert_eq!(
        taken(&daily, "2026.12.31 2026.13.1 2026.0.1 2026.1.32 2026.99.99 2026.1.9"),
        "2026.12.31 2026.1.9"
    );
    let days = Selection::calver("YYYY.0M.0D").unwrap();
    assert_eq!(
        taken(&days, "2026.02.28 2026.02.29 2026.02.31 2024.02.29 2026.04.31 2026.04.30 2100.02.29"),
        "2026.04.30 2026.02.28 2024.02.29"
    );
    let short_days = Selection::calver("YY.MM.DD").unwrap();
    assert_eq!(taken(&short_days, "24.2.29 26.2.29 26.6.31 26.6.30"), "26.6.30 24.2.29");
    let every_year = Selection::calver("MM.DD").unwrap();
    assert_eq!(taken(&every_year, "2.29 2.30"), "2.29");
    let weekly = Selection::calver("YYYY.0W").unwrap();
    assert_eq!(taken(&weekly, "2026.53 2026.54 2026.60 2026.00"), "2026.53 2026.00");
    let short = Selection::calver("YY.MM").unwrap();
    assert_eq!(taken(&short, "24.04 23.10 9.2 24.10"), "24.10 24.04 23.10 9.2");
    assert!(Selection::calver("v1").unwrap_err().to_string().contains("YYYY.0M.MICRO"));
}

#[test]
fn named_groups_sort_in_the_order_in_which_they_are_named() {
    let sort = ["day".to_owned(), "build".to_owned()];
    let nightly = Selection::regex("^main-(?P<day>[0-9]{8})-(?P<build>[0-9]+)$", &sort).unwrap();
    assert_eq!(
        taken(&nightly, "main-20260101-9 main-20260101-10 main-20251231-99 dev-20270101-1"),
        "main-20260101-10 main-20260101-9 main-20251231-99"
    );
    let error = Selection::regex("^x(?P<a>.)$", &["b".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("it has no group named `b`"), "{error}");
    assert!(Selection::regex("(", &sort).unwrap_err().to_string().contains("unclosed group"));
}

#[test]
fn numbers_of_any_size_are_numbers() {
    let builds = Selection::numerical();
    assert_eq!(
        taken(&builds, "9 10 0010 99999999999999999999999 latest 1.2"),
        "99999999999999999999999 10 0010 9"
    );
}

#[test]
fn the_alphabet_is_that_of_bytes() {
    assert_eq!(taken(&Selection::alphabetical(), "b B a 10 9"), "b a B 9 10");
}

#[test]
fn patterns_narrow_a_selection_and_say_why() {
    let pattern = |text: &str| Pattern::new(text).unwrap();
    let selection = Selection::semver(">=1").unwrap();
    let selection = selection.narrowed(vec![pattern("^v")], vec![pattern("-windows$")]);
    let why = |tag: &str| selection.judge(&tag.parse().unwrap()).map(drop);
    assert_eq!(why("v1.2.0"), Ok(()));
    assert_eq!(why("1.2.0"), Err(NotTaken::NotAllowed));
    assert_eq!(why("v1.2.0-windows"), Err(NotTaken::Ignored));
    assert_eq!(why("v0.9.0"), Err(NotTaken::OutOfRange));
    assert_eq!(why("vlatest"), Err(NotTaken::NoRank));
}

#[test]
fn an_expression_that_would_be_huge_is_refused() {
    assert!(Pattern::new("(a{1000}){1000}").is_err());
}

proptest! {
    #[test]
    fn every_order_is_total_stable_and_independent_of_the_listing(
        tags in prop::collection::vec("[a-z0-9][a-z0-9.-]{0,6}|v?[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(-[a-b0-2.]{1,3})?|[0-9]{1,30}", 0..12),
        seed in any::<u64>(),
    ) {
        let tags: Vec<Tag> = tags.iter().filter_map(|tag| tag.parse().ok()).collect();
        let mut shuffled = tags.clone();
        shuffled.sort_by_key(|tag| tag.as_str().bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))));
        for selection in [
            Selection::semver("*").unwrap(),
            Selection::semver("<2 || >=3.0.0").unwrap().with_prereleases(true).unwrap(),
            Selection::calver("YY.MM.MICRO").unwrap(),
            Selection::regex("(?P<a>[a-z]*)(?P<n>[0-9]*)", &["n".to_owned(), "a".to_owned()]).unwrap(),
            Selection::alphabetical(),
            Selection::numerical(),
        ] {
            prop_assert_eq!(selection.newest_first(&tags), selection.newest_first(&shuffled), "{}", selection);
            let ranks: Vec<Rank> = tags.iter().filter_map(|tag| selection.order(tag)).collect();
            for (left, right) in ranks.iter().flat_map(|left| ranks.iter().map(move |right| (left, right))) {
                prop_assert_eq!(left.cmp(right), right.cmp(left).reverse());
                prop_assert_eq!(left == right, left.cmp(right).is_eq());
            }
        }
    }
}
