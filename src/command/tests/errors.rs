//! What does not parse says what is wrong, where, and what to do.

use super::*;

/// Each comment beside what is said about it.
fn said(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line:?}\n  {}\n", parsed(line))).collect()
}

#[test]
fn about_words() {
    insta::assert_snapshot!(said(&[
        "/promote freeze production",
        "/promote Lock shop",
        "/promote promote staging",
        "/promote diff",
        "/promote wai,freeze",
        "/promote staging,approve",
        "/promote staging,staging",
        "/promote staging,",
        "/promote staging, production",
        "/promote approve now",
        "/promote =x",
    ]), @r#"
    "/promote freeze production"
      line 1, column 10: `freeze` is not a known command; `/promote help` lists those I know
    "/promote Lock shop"
      line 1, column 10: `Lock` is not a known command; `/promote help` lists those I know
    "/promote promote staging"
      line 1, column 10: `promote` is not a known command; `/promote help` lists those I know
    "/promote diff"
      line 1, column 10: `diff` is not a known command; `/promote help` lists those I know
    "/promote wai,freeze"
      line 1, column 14: `freeze` is a command, not an environment; give it a line of its own
    "/promote staging,approve"
      line 1, column 18: `approve` is a command, not an environment; give it a line of its own
    "/promote staging,staging"
      line 1, column 18: `staging` is named twice; name it once
    "/promote staging,"
      line 1, column 18: an environment is missing here; separate several by a comma, without spaces
    "/promote staging, production"
      line 1, column 18: an environment is missing here; separate several by a comma, without spaces
    "/promote approve now"
      line 1, column 18: `now` does not belong here; write `/promote approve [sha=HEAD]`
    "/promote =x"
      line 1, column 10: `=x` is no `environment`, which takes names as the configuration has them, separated by commas
    "#);
}

#[test]
fn about_keys_and_values() {
    insta::assert_snapshot!(said(&[
        "/promote approve shaa=0a1b2c3",
        "/promote approve reason=\"fine\"",
        "/promote status for=me",
        "/promote approve sha=0a1b2",
        "/promote approve sha=0a1b2c3 SHA=0a1b2c4",
        "/promote approve sha=",
        "/promote reject reason=\" \"",
        "/promote staging version",
        "/promote staging version=-1",
        "/promote hold until tomorrow",
        "/promote hold until=tomorrow",
        "/promote hold until=2026-11-30",
        "/promote hold until=9999-12-31T23:59:59-01:00",
    ]), @r#"
    "/promote approve shaa=0a1b2c3"
      line 1, column 18: this command takes no `shaa`; did you mean `sha`?
    "/promote approve reason=\"fine\""
      line 1, column 18: this command takes no `reason`; write `/promote approve [sha=HEAD]`
    "/promote status for=me"
      line 1, column 17: this command takes no `for`; write `/promote status`
    "/promote approve sha=0a1b2"
      line 1, column 18: `0a1b2` is no `sha`, which takes the first 7 to 40 digits of a commit
    "/promote approve sha=0a1b2c3 SHA=0a1b2c4"
      line 1, column 30: `sha` occurs twice; give it once
    "/promote approve sha="
      line 1, column 18: `sha=` has no value; it takes the first 7 to 40 digits of a commit
    "/promote reject reason=\" \""
      line 1, column 17: `reason=` has no value; it takes a text in quotes, of at most 500 characters
    "/promote staging version"
      line 1, column 18: `version=` has no value; it takes a tag such as `1.4.2`
    "/promote staging version=-1"
      line 1, column 18: `-1` is no `version`, which takes a tag such as `1.4.2`
    "/promote hold until tomorrow"
      line 1, column 15: `until=` has no value; it takes an instant with its zone, such as `2030-01-31T08:00Z`
    "/promote hold until=tomorrow"
      line 1, column 15: `tomorrow` is no `until`, which takes an instant with its zone, such as `2030-01-31T08:00Z`
    "/promote hold until=2026-11-30"
      line 1, column 15: `2026-11-30` is no `until`, which takes an instant with its zone, such as `2030-01-31T08:00Z`
    "/promote hold until=9999-12-31T23:59:59-01:00"
      line 1, column 15: `9999-12-31T23:59:59-01:00` is no `until`, which takes an instant with its zone, such as `2030-01-31T08:00Z`
    "#);
}

#[test]
fn about_quotes() {
    insta::assert_snapshot!(said(&[
        "/promote reject reason=\"a",
        "/promote reject reason=\"a”",
        "/promote reject reason=\"say \"no\" now\"",
        "/promote reject reason=\"a\"until=x",
        "/promote reject reason='too big'",
        "/promote reject reason=don’t",
        "/promote \"staging\"",
    ]), @r#"
    "/promote reject reason=\"a"
      line 1, column 24: the quote is not closed; close it on the same line
    "/promote reject reason=\"a”"
      line 1, column 24: the quote is not closed; close it on the same line
    "/promote reject reason=\"say \"no\" now\""
      line 1, column 29: a quote stands only around a whole value, as in `reason="too big"`
    "/promote reject reason=\"a\"until=x"
      line 1, column 26: a quote stands only around a whole value, as in `reason="too big"`
    "/promote reject reason='too big'"
      line 1, column 24: a quote stands only around a whole value, as in `reason="too big"`
    "/promote reject reason=don’t"
      line 1, column 27: a quote stands only around a whole value, as in `reason="too big"`
    "/promote \"staging\""
      line 1, column 10: a quote stands only around a whole value, as in `reason="too big"`
    "#);
}

#[test]
fn about_characters() {
    insta::assert_snapshot!(said(&[
        "/promote\u{a0}approve",
        "/promote\u{200b} approve",
        "/promote appr\u{200b}ove",
        "/promote аpprove",
        "/promote \u{202e}evorppa",
        "/promote approve —sha=0a1b2c3",
        "/promote reject reason=\"a\u{2066}b\"",
        "/promote reject reason=\"a\u{7}b\"",
        "/promote reject reason=\"a\tb\"",
        "/promote reject reason=\"a\u{e0041}b\"",
        "/promote reject reason=später",
    ]), @r#"
    "/promote\u{a0}approve"
      line 1, column 9: the character U+00A0 (no-break space) cannot be seen; type the line again by hand
    "/promote\u{200b} approve"
      line 1, column 9: the character U+200B (zero width space) cannot be seen; type the line again by hand
    "/promote appr\u{200b}ove"
      line 1, column 14: the character U+200B (zero width space) cannot be seen; type the line again by hand
    "/promote аpprove"
      line 1, column 10: the character U+0430 may look like another; use plain letters outside of quotes
    "/promote \u{202e}evorppa"
      line 1, column 10: the character U+202E (text direction override) cannot be seen; type the line again by hand
    "/promote approve —sha=0a1b2c3"
      line 1, column 18: the character U+2014 (em dash) may look like another; use plain letters outside of quotes
    "/promote reject reason=\"a\u{2066}b\""
      line 1, column 26: the character U+2066 (text direction isolate) cannot be seen; type the line again by hand
    "/promote reject reason=\"a\u{7}b\""
      line 1, column 26: the character U+0007 cannot be seen; type the line again by hand
    "/promote reject reason=\"a\tb\""
      line 1, column 26: the character U+0009 (tab) cannot be seen; type the line again by hand
    "/promote reject reason=\"a\u{e0041}b\""
      line 1, column 26: the character U+E0041 (hidden tag character) cannot be seen; type the line again by hand
    "/promote reject reason=später"
      line 1, column 26: the character U+00E4 may look like another; use plain letters outside of quotes
    "#);
}

#[test]
fn one_bad_line_stops_the_whole_comment_and_all_bad_lines_are_named() {
    insta::assert_snapshot!(parsed("/promote approve\n/promote hold x\n\n/promote approve sha=1"), @r#"line 2, column 15: `x` does not belong here; write `/promote hold [until=TIME] [reason="…"]` | line 4, column 18: `1` is no `sha`, which takes the first 7 to 40 digits of a commit"#);
}

#[test]
fn what_a_stranger_wrote_cannot_leave_the_inline_code_that_repeats_it() {
    insta::assert_snapshot!(said(&[
        "/promote approve x`@acme/all`<img>",
        "/promote approve `@acme/all`=1",
        "/promote approve sha=`@acme/all`",
        "/promote `@acme/all`",
    ]), @r#"
    "/promote approve x`@acme/all`<img>"
      line 1, column 18: `x'@acme/all'<img>` does not belong here; write `/promote approve [sha=HEAD]`
    "/promote approve `@acme/all`=1"
      line 1, column 18: this command takes no `'@acme/all'`; write `/promote approve [sha=HEAD]`
    "/promote approve sha=`@acme/all`"
      line 1, column 18: `'@acme/all'` is no `sha`, which takes the first 7 to 40 digits of a commit
    "/promote `@acme/all`"
      line 1, column 10: `'@acme/all'` is no `environment`, which takes names as the configuration has them, separated by commas
    "#);
    let long = parsed(&format!("/promote approve {}", "x".repeat(1000)));
    assert!(long.chars().count() < 200, "{long}");
}

#[test]
fn the_line_is_kept_for_the_answer_but_not_without_end() {
    let error = |body: &str| parse(body).unwrap_err().first().unwrap().text.clone();
    assert_eq!(error("hello\n/promote approve now\r\n"), "/promote approve now");
    assert_eq!(error(&format!("/promote approve {}", "é".repeat(1000))).chars().count(), 256);
}
