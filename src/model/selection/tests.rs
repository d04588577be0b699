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
