use super::*;
use proptest::prelude::*;

fn parsed(body: &str) -> String {
    match parse(body) {
        Ok(commands) => commands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "),
        Err(errors) => {
            let errors =
                errors.iter().map(|error| format!("{}:{}: {}", error.line, error.column, error.kind));
            errors.collect::<Vec<_>>().join(" | ")
        }
    }
}

#[test]
fn every_command_is_read_back_as_it_is_written() {
    for text in [
        "/promote",
        "/promote staging",
        "/promote staging,production version=1.4.2",
        "/promote approve",
        "/promote approve sha=0a1b2c3",
        "/promote reject reason=\"too big\"",
        "/promote hold until=2026-11-30T08:00:00+00:00 reason=\"wait, please\"",
        "/promote resume",
        "/promote status",
        "/promote why",
        "/promote help",
    ] {
        assert_eq!(parsed(text), text);
    }
}

#[test]
fn people_write_in_many_ways() {
    assert_eq!(parsed("Fine by me!\n\n/PROMOTE Approve\r\n\r\nThanks"), "/promote approve");
    assert_eq!(parsed("text before\n/promote approve\ntext after"), "/promote approve");
    assert_eq!(
        parsed("/promote hold until=2026-11-30T08:00Z"),
        "/promote hold until=2026-11-30T08:00:00+00:00"
    );
    assert_eq!(
        parsed("/promote reject reason=“not now – später”"),
        "/promote reject reason=\"not now – später\""
    );
    assert_eq!(parsed("/promote approve\n/promote status"), "/promote approve | /promote status");
}

#[test]
fn only_lines_of_top_level_paragraphs_are_commands() {
    for body in [
        "> /promote approve",
        "> quote\n/promote approve",
        "```\n/promote approve\n```",
        "```\n/promote approve",
        "    /promote approve",
        "- /promote approve",
        "- a\n/promote approve",
        "1. /promote approve",
        "# /promote approve",
        "/promote approve\n===",
        "<!-- /promote approve -->",
        "<!--\n/promote approve\n-->",
        "<div>\n/promote approve\n</div>",
        "<details>\n\n/promote approve\n\n</details>",
        "`code\n/promote approve\nspan`",
        "see /promote approve",
        " /promote approve",
        "/promoted approve",
        "x@/promote approve",
        "| a |\n|---|\n/promote approve",
        "\u{200b}/promote approve",
        "\u{a0}/promote approve",
    ] {
        assert_eq!(parsed(body), "", "{body:?}");
    }
    assert_eq!(parsed("<details>\n\nx\n\n</details>\n\n/promote approve"), "/promote approve");
}

#[test]
fn what_does_not_parse_says_where_and_what_to_do() {
    insta::assert_snapshot!(parsed("/promote freeze production"), @"1:10: `freeze` is no command that I know");
    insta::assert_snapshot!(parsed("/promote approve now"), @"1:18: `now` does not belong here");
    insta::assert_snapshot!(parsed("/promote approve shaa=1"), @"1:18: this command takes no `shaa=`; did you mean `sha`?");
    insta::assert_snapshot!(parsed("/promote approve sha=xyz"), @"1:18: `sha` takes 7 to 40 digits of a commit");
    insta::assert_snapshot!(parsed("/promote reject reason=\"a"), @"1:24: the quote is not closed");
    insta::assert_snapshot!(parsed("/promote reject reason=\"a\" reason=\"b\""), @"1:28: `reason=` stands twice");
    insta::assert_snapshot!(parsed("/promote hold until=tomorrow"), @"1:15: `until` takes an instant such as `2026-11-30T08:00Z`");
    insta::assert_snapshot!(parsed("/promote ../../etc"), @"1:10: `environment` takes names of environments, separated by commas");
    insta::assert_snapshot!(parsed("/promote prod; rm -rf"), @"1:10: `environment` takes names of environments, separated by commas");
    insta::assert_snapshot!(parsed("/promote appr\u{200b}ove"), @"1:14: the character U+200B is invisible or looks like another; type the line by hand");
    insta::assert_snapshot!(parsed("/promote аpprove"), @"1:10: the character U+0430 is invisible or looks like another; type the line by hand");
}

#[test]
fn one_bad_line_stops_the_whole_comment() {
    assert_eq!(parsed("/promote approve\n/promote hold x"), "2:15: `x` does not belong here");
}

#[test]
fn there_are_bounds() {
    let many = "/promote status\n".repeat(COMMANDS_PER_COMMENT_MAX + 1);
    assert!(parsed(&many).contains("more than 20 commands"));
    let long = format!("/promote status\n{}", "x".repeat(BODY_BYTES_MAX));
    assert!(parsed(&long).contains("too long"));
}

#[test]
fn every_verb_has_a_row_of_help() {
    assert_eq!(help().len(), Verb::ALL.len());
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(body in "(/promote |\\PC|\n|`|>|-|<details>|</details>|\"|=){0,60}") {
        drop(parse(&body));
    }

    #[test]
    fn a_quoted_or_fenced_command_never_fires(text in "(approve|status|production version=1)") {
        let quoted = ["> /promote {}\n> more", "~~~\n/promote {}\n~~~", "* item\n\n  /promote {}"];
        for shape in quoted {
            let body = shape.replace("{}", &text);
            prop_assert!(is_quiet(&body), "{}", body);
        }
    }
}
