use super::*;
use crate::model::ArtifactKind;

const PAGES: &str = "https://github.com";

fn said(source: &str, digit: &str) -> Description {
    Description {
        source: Some(source.to_owned()),
        revision: Some(digit.repeat(40)),
        ..Description::of(ArtifactKind::Image)
    }
}

fn repository(source: &str) -> Option<String> {
    let span = SourceSpan::between(PAGES, &said(source, "1"), &said(source, "2"))?;
    Some(span.repository.to_string())
}

#[test]
fn a_repository_of_the_forge_is_named_by_its_page() {
    for address in
        ["https://github.com/acme/shop", "https://github.com/acme/shop.git", "https://github.com/acme/shop/"]
    {
        assert_eq!(repository(address).as_deref(), Some("acme/shop"), "{address}");
    }
}

#[test]
fn every_other_address_is_none() {
    for address in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "http://github.com/acme/shop",
        "https://github.com.evil.test/acme/shop",
        "https://github.com@evil.test/acme/shop",
        "https://evil.test/https://github.com/acme/shop",
        "https://github.com/acme/shop/../../victim/secret",
        "https://github.com/acme/shop?x=y",
        "https://github.com/acme/shop#readme",
        "https://github.com/acme",
        "https://github.com",
        "",
    ] {
        assert_eq!(repository(address), None, "{address}");
    }
}

#[test]
fn two_repositories_or_half_a_commit_are_not_compared() {
    let old = said("https://github.com/acme/shop", "1");
    assert!(SourceSpan::between(PAGES, &old, &said("https://github.com/mallory/shop", "2")).is_none());
    let short = Description { revision: Some("1111111".to_owned()), ..old.clone() };
    assert!(SourceSpan::between(PAGES, &old, &short).is_none());
    let silent = Description { revision: None, ..old.clone() };
    assert!(SourceSpan::between(PAGES, &silent, &old).is_none());
}
