use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

/// Secrets are known to the whole process, so each test uses its own.
fn known(secret: &str) -> &str {
    remember(secret);
    secret
}

#[test]
fn a_line_stays_one_line_and_steers_nothing() {
    let cases = [
        ("plain words, ünïcode ✓", "plain words, ünïcode ✓"),
        ("\u{1b}[31mred\u{1b}[0m", " [31mred [0m"),
        ("one\ntwo\r\nthree\tfour", "one two  three four"),
        ("\u{85}next\u{2028}line", " next line"),
        ("exe.\u{202e}txt", "exe.\u{fffd}txt"),
        ("zero\u{200b}width \u{feff}mark", "zero\u{fffd}width \u{fffd}mark"),
        ("\u{9b}31m", " 31m"),
        ("bell\u{7} back\u{8} delete\u{7f}", "bell  back  delete "),
    ];
    for (text, expected) in cases {
        assert_eq!(line(text), expected, "{text:?}");
    }
}

#[test]
fn several_lines_keep_their_ends_and_tabs() {
    assert_eq!(lines("one\n\ttwo\r\nthree \u{1b}[2J"), "one\n\ttwo \nthree  [2J");
}

#[test]
fn what_is_printed_keeps_colours_and_no_other_sequence() {
    let cases = [
        ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
        ("\u{1b}[m", "\u{1b}[m"),
        ("\u{1b}[2J", " [2J"),
        ("\u{1b}]0;title\u{7}", " ]0;title "),
        ("\u{1b}[31", " [31"),
        ("\u{1b}", " "),
    ];
    for (text, expected) in cases {
        assert_eq!(printed(text), expected, "{text:?}");
    }
}

#[test]
fn texts_in_json_are_sanitized_apart_from_the_contents_of_files() {
    let mut value = serde_json::json!({
        "title": "a\u{1b}b", "list": [{ "by": "c\u{202e}d" }], "diff": "+e\r\n\u{feff}", "number": 1, "none": null,
    });
    json(&mut value);
    let expected = serde_json::json!({
        "title": "a b", "list": [{ "by": "c\u{fffd}d" }], "diff": "+e\r\n\u{feff}", "number": 1, "none": null,
    });
    assert_eq!(value, expected);
}

#[test]
fn s1_a_secret_is_redacted_in_each_spelling() {
    let secret = known(r#"canary/one+"two"=~3"#);
    let basic = STANDARD.encode(format!("robot:{secret}"));
    let cases = [
        (format!("Authorization: Bearer {secret}"), "Authorization: Bearer ***"),
        (format!("{secret}{secret}"), "******"),
        (secret.to_uppercase(), "***"),
        ("?t=canary%2Fone%2B%22two%22%3D~3&u=1".to_owned(), "?t=***&u=1"),
        ("?t=canary%2fone%2b%22two%22%3d%7E3&u=1".to_owned(), "?t=***&u=1"),
        (r#"{"token":"canary/one+\"two\"=~3"}"#.to_owned(), r#"{"token":"***"}"#),
        (STANDARD.encode(secret), "***w=="),
        (format!("Basic {basic}"), "Basic cm9ib3Q6***w=="),
        // As JavaScript, PHP, Go, Python and HTML templates escape it, and an address within JSON.
        ("canary%2Fone%2B%22two%22%3D~3".to_owned(), "***"),
        (r#"canary\/one+\"two\"=~3"#.to_owned(), "***"),
        (r"canary\u002fone\u002B\u0022two\u0022\u003d~3".to_owned(), "***"),
        (r"canary\x2fone+\x22two\x22=~3".to_owned(), "***"),
        ("canary&#x2F;one&#43;&quot;two&quot;&equals;~3".to_owned(), "***"),
        (r"?t=canary%2Fone%2B\u0022two%22%3D~3".to_owned(), "?t=***"),
        ("%2563anary%252Fone%252B%2522two%2522%253D~3".to_owned(), "***"),
        (format!("0x{}!", hexadecimal(secret)), "0x***!"),
        (format!("0x{}!", hexadecimal(secret).to_uppercase()), "0x***!"),
        (STANDARD.encode(secret).replace('/', r"\/"), "***w=="),
    ];
    for (text, expected) in cases {
        assert_eq!(line(&text), expected, "{text}");
    }
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn s1_a_secret_with_blanks_is_redacted_as_a_whole() {
    let secret = known("correct horse\tbattery");
    let cases = [
        (secret.to_owned(), "***"),
        ("p=correct+horse%09battery&x".to_owned(), "p=***&x"),
        ("p=correct%20horse%09battery&x".to_owned(), "p=***&x"),
        (r#"{"p":"correct horse\tbattery"}"#.to_owned(), r#"{"p":"***"}"#),
        ("correct horse".to_owned(), "correct horse"),
    ];
    for (text, expected) in cases {
        assert_eq!(line(&text), expected, "{text}");
    }
}

#[test]
fn s1_parts_that_overlap_are_redacted_together() {
    let (one, two) = (known("overlap-one-end"), known("one-end-of-another"));
    assert_eq!(line("<overlap-one-end-of-another>"), "<***>");
    assert_eq!(line(&format!("<{one}{two}>")), "<******>");
}

#[test]
fn an_escape_that_is_none_changes_nothing() {
    remember("an-unrelated-secret");
    for text in ["100% %zz %", r"\q \u12 \ud800 \x1", "&; &nosuch; &#x110000; &#; AT&T", "a+b", "\u{e9}%C3"] {
        assert_eq!(line(text), text);
    }
}

/// A registry issues tokens, and repeats in an error what it likes.
#[test]
fn a_text_that_costs_too_much_to_check_is_not_shown() {
    let mut known = secrets::KnownSecrets::default();
    for number in 0..secrets::SECRETS_MAX {
        known.insert(format!("{number:04}{}", "a".repeat(900)).into());
    }
    let ordinary = "manifest unknown; ".repeat(1_000);
    assert_eq!(known.redact(&ordinary), ordinary);
    assert_eq!(known.redact(&"a".repeat(1 << 16)), "***");
}

#[test]
fn s1_each_long_part_of_a_private_key_is_a_secret() {
    let part = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    remember(&format!("-----BEGIN PRIVATE KEY-----\n{part}\n-----END PRIVATE KEY-----\n"));
    assert_eq!(line(&format!("it said {part}!")), "it said ***!");
    assert_eq!(line("-----BEGIN PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----");
}

#[test]
fn a_short_secret_is_a_part_of_ordinary_words_and_stays() {
    assert_eq!(line(&format!("pass{}", known("word1"))), "password1");
}

#[test]
fn an_identifier_of_our_own_is_never_redacted() {
    let secret = known("canary-service-name");
    assert_eq!(visible_line(secret), secret);
}

#[test]
fn only_so_many_secrets_are_kept_and_the_oldest_goes() {
    let mut known = secrets::KnownSecrets::default();
    for number in 0..=secrets::SECRETS_MAX {
        known.insert(format!("secret-{number:06}").into());
    }
    assert_eq!(known.redact("secret-000000 secret-000001"), "secret-000000 ***");
    assert_eq!(known.redact("secret-004096"), "***");
}

proptest! {
    #[test]
    fn s1_no_spelling_of_a_secret_is_left(
        secret in "[!-~]{8,60}",
        before in "[!-~]{0,9}",
        after in "[!-~]{0,9}",
    ) {
        remember(&secret);
        let whole = format!("{before}{secret}{after}");
        let encoded: String = form_urlencoded::byte_serialize(whole.as_bytes()).collect();
        for text in [whole.clone(), encoded, STANDARD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
            let shown = line(&text);
            prop_assert!(shown.contains("***"), "{} -> {}", text, shown);
        }
        prop_assert!(!line(&whole).to_lowercase().contains(&secret.to_lowercase()), "{}", whole);
    }

    #[test]
    fn a_sanitized_line_is_harmless_and_stays_as_it_is(text in any::<String>()) {
        let once = line(&text);
        prop_assert!(!once.chars().any(|c| c.is_control() || is_invisible(c)), "{:?}", once);
        prop_assert_eq!(&line(&once), &once);
    }
}
