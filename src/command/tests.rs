use super::*;

mod errors;
mod help;
mod properties;
mod shapes;
mod threats;

/// What a comment asks for, or what is wrong with it.
fn parsed(body: &str) -> String {
    match parse(body) {
        Ok(commands) => commands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
    }
}

#[test]
fn every_command_is_read_back_as_it_is_written() {
    for text in [
        "/promote",
        "/promote staging",
        "/promote version=1.4.2",
        "/promote staging,production version=1.4.2",
        "/promote approve",
        "/promote approve sha=0a1b2c3",
        "/promote reject",
        "/promote reject reason=\"too big\"",
        "/promote hold",
        "/promote hold until=2026-11-30T08:00:00Z reason=\"wait, please\"",
        "/promote resume",
        "/promote status",
        "/promote why",
        "/promote help",
    ] {
        assert_eq!(parsed(text), text);
    }
}

#[test]
fn prefix_verb_and_keys_may_be_written_in_capitals_and_names_may_not_change() {
    assert_eq!(parsed("/PROMOTE Approve SHA=0A1B2C3"), "/promote approve sha=0a1b2c3");
    assert_eq!(parsed("/Promote Staging"), "/promote Staging");
}

#[test]
fn words_may_stand_in_any_order_and_distance() {
    assert_eq!(
        parsed("/promote\thold   reason=later  until=2026-11-30T08:00Z \t"),
        "/promote hold until=2026-11-30T08:00:00Z reason=\"later\""
    );
}

#[test]
fn instants_are_taken_in_every_zone_and_written_in_utc() {
    assert_eq!(parsed("/promote hold until=2026-11-30T08:00Z"), "/promote hold until=2026-11-30T08:00:00Z");
    assert_eq!(
        parsed("/promote hold until=2026-11-30T08:00+01:00"),
        "/promote hold until=2026-11-30T07:00:00Z"
    );
    assert_eq!(
        parsed("/promote hold until=\"2026-11-30T08:00:30.5-05:00\""),
        "/promote hold until=2026-11-30T13:00:30.500Z"
    );
}

#[test]
fn curly_quotes_are_quotes_and_plain_quotes_may_hold_curly_ones() {
    for text in ["“not now – später”", "„not now – später“", "\"not now – später\""] {
        assert_eq!(
            parsed(&format!("/promote reject reason={text}")),
            "/promote reject reason=\"not now – später\""
        );
    }
    let nested = "/promote reject reason=\"it’s “no” ❤️\"";
    assert_eq!(parsed(nested), nested);
}

#[test]
fn commands_run_in_the_order_in_which_they_are_written() {
    assert_eq!(
        parsed("/promote hold\ntext\n/promote status\n\nmore\n\n/promote resume"),
        "/promote hold | /promote status | /promote resume"
    );
}

#[test]
fn a_suggestion_is_near_and_shares_a_letter() {
    let candidates = ["staging", "Production", "qa"];
    assert_eq!(suggest("stagign", candidates), Some("staging"));
    assert_eq!(suggest("production", candidates), Some("Production"));
    assert_eq!(suggest("q", candidates), Some("qa"));
    assert_eq!(suggest("it", candidates), None);
    assert_eq!(suggest("development", candidates), None);
    assert_eq!(suggest(&"s".repeat(BODY_BYTES_MAX), candidates), None);
}

#[test]
fn as_many_commands_as_allowed_are_read_and_one_more_is_refused() {
    let many = "/promote status\n".repeat(COMMANDS_PER_COMMENT_MAX);
    assert_eq!(parse(&many).unwrap().len(), COMMANDS_PER_COMMENT_MAX);
    let error = parsed(&format!("{many}/promote why"));
    insta::assert_snapshot!(error, @"line 21, column 1: more than 20 commands; split the comment");
}

#[test]
fn a_long_comment_is_refused_only_where_it_seems_to_hold_a_command() {
    let command = "/promote status\n";
    let fits = format!("{command}{}", "x".repeat(BODY_BYTES_MAX - command.len()));
    assert_eq!(parsed(&fits), "/promote status");
    insta::assert_snapshot!(parsed(&format!("{fits}x")), @"line 1, column 1: the comment is longer than 64 KiB; write the command in a short one");
    assert!(is_quiet(&format!("{}\nsee the folder /promote", "x".repeat(BODY_BYTES_MAX))));
}

#[test]
fn values_have_bounds() {
    let reason = |length| format!("/promote reject reason=\"{}\"", "é".repeat(length));
    assert_eq!(parsed(&reason(REASON_CHARACTERS_MAX)), reason(REASON_CHARACTERS_MAX));
    assert!(parse(&reason(REASON_CHARACTERS_MAX + 1)).is_err());

    let names = |count| (0..count).map(|n| format!("e{n}")).collect::<Vec<_>>().join(",");
    assert!(parse(&format!("/promote {}", names(ENVIRONMENTS_PER_COMMAND_MAX))).is_ok());
    assert!(parse(&format!("/promote {}", names(ENVIRONMENTS_PER_COMMAND_MAX + 1))).is_err());
}
