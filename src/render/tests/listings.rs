use insta::assert_snapshot;

use crate::render::listing;

fn at(text: &str) -> crate::model::Time {
    text.parse().unwrap()
}

fn line(listed_at: Option<&str>, trouble: Option<(&str, &str)>) -> String {
    let trouble = trouble.map(|(since, why)| (at(since), why));
    listing(&"ghcr.io/acme/shop".parse().unwrap(), listed_at.map(at), trouble, at("2026-03-02T12:00:00Z"))
}

#[test]
fn a_listing_has_an_age() {
    assert_snapshot!(line(Some("2026-03-02T11:59:48.7Z"), None), @"ghcr.io/acme/shop: tags read 11s ago");
    assert_snapshot!(line(Some("2026-03-02T11:56:10Z"), None), @"ghcr.io/acme/shop: tags read 3m50s ago");
    assert_snapshot!(line(Some("2026-03-02T08:20:48Z"), None), @"ghcr.io/acme/shop: tags read 3h39m ago");
    assert_snapshot!(line(Some("2026-02-20T08:20:48Z"), None), @"ghcr.io/acme/shop: tags read 10d3h ago");
    assert_snapshot!(line(None, None), @"ghcr.io/acme/shop: tags never read");
}

#[test]
fn a_listing_from_the_future_has_no_age() {
    assert_snapshot!(line(Some("2026-03-02T12:00:07Z"), None), @"ghcr.io/acme/shop: tags read at Mon 2026-03-02 12:00 UTC, which is in the future and counts as never; check the clock");
    assert_snapshot!(line(Some("2027-03-02T12:00:00Z"), None), @"ghcr.io/acme/shop: tags read at Tue 2027-03-02 12:00 UTC, which is in the future and counts as never; check the clock");
}

#[test]
fn a_registry_in_trouble_is_quoted_without_harm() {
    let why =
        "the registry `ghcr.io` gave no usable answer about `ghcr.io/acme/shop`: \u{1b}[31m@acme\nno route";
    assert_snapshot!(line(Some("2026-03-02T10:00:00Z"), Some(("2026-03-02T10:05:17Z", why))), @"ghcr.io/acme/shop: tags read 2h ago; since Mon 2026-03-02 10:05 UTC: the registry `ghcr.io` gave no usable answer about `ghcr.io/acme/shop`:  `[31m@acme` no route");
    assert_snapshot!(line(None, Some(("2026-03-02T10:05:17Z", "no answer"))), @"ghcr.io/acme/shop: tags never read; since Mon 2026-03-02 10:05 UTC: no answer");
}
