use super::*;

fn shown(pattern: &str, template: &str) -> String {
    match extracted(pattern, template) {
        Ok(Extracted { pattern, group, holds, is_whole }) => {
            format!("{pattern} by {group}: {holds:?}{}", if is_whole { ", whole" } else { "" })
        }
        Err(why) => why,
    }
}

#[test]
fn groups_are_known_by_what_they_may_hold() {
    for (pattern, template, wanted) in [
        ("^main-(?P<ts>[0-9]+)$", "$ts", "^main-(?P<ts>[0-9]+)$ by ts: Digits"),
        (r"^(?P<ts>\d{8})-[a-f0-9]+", "${ts}", r"^(?P<ts>\d{8})-[a-f0-9]+ by ts: DigitsOfOneLength"),
        ("^main-[a-f0-9]+-(?P<ts>.*)", "$ts", "^main-[a-f0-9]+-(?P<ts>.*) by ts: Rest"),
        ("^main-([0-9]+)-([0-9]+)$", "$2", "^main-([0-9]+)-(?P<order>[0-9]+)$ by order: Digits"),
        ("^(?P<a>x)-(?P<b>[a-z]+)$", "$1", "^(?P<a>x)-(?P<b>[a-z]+)$ by a: Text"),
        ("(?P<sha>[a-f0-9]{8})", "$sha", "(?P<sha>[a-f0-9]{8}) by sha: Mixed"),
        (r"(?P<day>\d{4}-\d{2}-\d{2})", "$day", r"(?P<day>\d{4}-\d{2}-\d{2}) by day: Text"),
        (r"^v(?P<version>.*)$", "$version", "^v(?P<version>.*)$ by version: Rest, whole"),
        (r"^v?(?P<version>1\.[0-9.]+)$", "$version", r"^v?(?P<version>1\.[0-9.]+)$ by version: Text, whole"),
        (r"^(?P<version>[0-9.]+)-alpine$", "$version", r"^(?P<version>[0-9.]+)-alpine$ by version: Mixed"),
        ("^(?P<a>.)(?P<b>.)$", "$a$b", "`extract: $a$b` is more than one group of the expression"),
        ("^(?P<a>.)$", "$z", "`extract: $z` is no group"),
        ("^(a)$", "$2", "`extract: $2` is not a group of the expression"),
    ] {
        assert_eq!(shown(pattern, template), wanted, "{pattern}");
    }
}

#[test]
fn an_expression_that_go_reads_otherwise_is_not_carried_over() {
    for (text, is_same) in [
        ("^[a-z[:digit:]]+$", true),
        (r"^main-[^-]+(-\d+)?$", true),
        ("[[a]", false),
        ("[a-z&&[^b]]", false),
        ("[a--b]", false),
        (r"\Qa\E", false),
        ("(", false),
    ] {
        assert_eq!(expression(text).is_ok(), is_same, "{text}");
    }
}

#[test]
fn globs_match_the_whole_tag() {
    for (text, wanted) in [
        ("latest", "^latest$"),
        ("*-rc?", r"^.*\-rc.$"),
        ("v[0-9].*", r"^v[0-9]\..*$"),
        ("[^a]*", "^[^a].*$"),
        (r"a\*b", r"^a\*b$"),
    ] {
        assert_eq!(glob(text).unwrap(), wanted, "{text}");
    }
    assert!(glob("[a").is_err(), "a class has to be closed");
}
