use insta::assert_snapshot;

use super::*;

fn error(kind: PushKind, body: &[u8]) -> String {
    read(kind, body).unwrap_err().to_string()
}

#[test]
fn what_is_no_text_is_refused() {
    let nul = b"{\"repository\": \"acme/shop\0\"}";
    for body in [&b"\xff\xfe"[..], b"{\"repository\": \"\xc3\x28\"}", nul] {
        assert_eq!(read(PushKind::Generic, body), Err(PushError::NotText));
    }
}

#[test]
fn deep_nesting_is_refused_without_overflow() {
    let deep = [b"{\"a\":".repeat(10_000), b"[".repeat(10_000)].concat();
    assert_snapshot!(error(PushKind::Generic, &deep), @"the body is not JSON: recursion limit exceeded at line 1 column 636");
}

#[test]
fn half_a_character_is_refused_even_where_nobody_looks() {
    let body = br#"{"repository": "acme/shop", "other": "\ud800"}"#;
    assert!(error(PushKind::Generic, body).starts_with("the body is not JSON"));
}

#[test]
fn what_another_product_sends_is_refused_with_the_reason() {
    let body = br#"{"repository": "acme/shop"}"#;
    assert_snapshot!(error(PushKind::Distribution, body), @"the body is not an event of `distribution`: missing field `events`");
    assert_snapshot!(error(PushKind::Harbor, body), @"the body is not an event of `harbor`: missing field `type`");
    assert_snapshot!(error(PushKind::Ecr, b"[]"), @"the body is not an event of `ecr`: invalid length 0, expected struct Event with 5 elements");
}

#[test]
fn no_product_stumbles_over_odd_json() {
    let odd =
        ["null", "0", "\"text\"", "[]", "{}", "{\"events\":[{}]}", "{\"message\":null}", "{\"action\":{}}"];
    for kind in PushKind::ALL {
        for body in odd {
            drop(read(*kind, body.as_bytes()));
        }
    }
}

#[test]
fn an_event_names_a_bounded_number_of_repositories() {
    let one = |n: usize| format!(r#"{{"action":"push","target":{{"repository":"acme/s{n}","tag":"1"}}}}"#);
    let events: Vec<String> = (0..5_000).map(one).collect();
    let body = format!("{{\"events\":[{}]}}", events.join(","));
    assert_eq!(repositories(PushKind::Distribution, &body).len(), REPOSITORIES_MAX);
}

#[test]
fn a_repository_that_stands_there_twice_counts_once() {
    let event = r#"{"action":"push","target":{"repository":"acme/shop","tag":"1"}}"#;
    let body = format!("{{\"events\":[{event},{event}]}}");
    assert_eq!(repositories(PushKind::Distribution, &body), ["acme/shop"]);
}
