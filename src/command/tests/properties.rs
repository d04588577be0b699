//! What holds for every text.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

fn environment() -> impl Strategy<Value = EnvironmentName> {
    let taken = |name: &str| {
        RESERVED
            .iter()
            .copied()
            .chain(Verb::ALL.iter().map(|v| v.word()))
            .any(|w| w.eq_ignore_ascii_case(name))
    };
    "[a-zA-Z0-9][a-zA-Z0-9_-]{0,12}"
        .prop_filter("the name of a command", move |name| !taken(name))
        .prop_map(|name| EnvironmentName::new(name).unwrap())
}

fn environments() -> impl Strategy<Value = Vec<EnvironmentName>> {
    prop::collection::btree_set(environment(), 0..5).prop_map(|names| names.into_iter().collect())
}

fn version() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}".prop_map(|tag| Tag::new(tag).unwrap())
}

fn instant() -> impl Strategy<Value = Time> {
    // The years 0 to 9999.
    (-62_167_219_200_i64..=253_402_300_799, 0_u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn reason() -> impl Strategy<Value = String> {
    "[ -~éж漢–“”‘’❤]{1,60}"
        .prop_filter("a quote, or nothing", |text| !text.contains('"') && !text.trim().is_empty())
}

fn any_command() -> impl Strategy<Value = Command> {
    use prop::option::of;
    prop_oneof![
        (environments(), of(version()))
            .prop_map(|(environments, version)| Command::Promote { environments, version }),
        of("[0-9a-f]{7,40}").prop_map(|head| Command::Approve { head }),
        of(reason()).prop_map(|reason| Command::Reject { reason }),
        (of(instant()), of(reason())).prop_map(|(until, reason)| Command::Hold { until, reason }),
        Just(Command::Resume),
        Just(Command::Status),
        Just(Command::Why),
        Just(Command::Help),
    ]
}

/// Texts that are made of what matters to the grammar.
const NOISE: &str = "(/promote |/promote|approve|reason=|\\PC|\r|\n|`|```|>|- |<details>|</details>|<!--|-->|<|\"|“|=|,|\u{200b}|\\$|\\[|\\]|\\(){0,60}";

/// Places that are no paragraph.
const SURROUNDINGS: [&str; 12] = [
    "> {}\n> more",
    "> {}\nmore",
    "~~~\n{}\n~~~",
    "```\n{}",
    "    {}",
    "* item\n\n  {}",
    "1. {}",
    "# {}",
    "<!--\n{}\n-->",
    "<details>\n\n{}\n\n</details>",
    "<div>\n{}\n</div>",
    "text {}",
];

proptest! {
    #[test]
    fn arbitrary_text_never_panics(body in NOISE) {
        let _outcome = parse(&body).is_ok();
    }

    #[test]
    fn what_is_printed_is_read_back_as_itself(command in any_command()) {
        prop_assert_eq!(parse(&command.to_string()), Ok(vec![command]));
    }

    #[test]
    fn what_was_read_is_printed_in_its_canonical_form(body in NOISE) {
        for command in parse(&body).unwrap_or_default() {
            prop_assert_eq!(parse(&command.to_string()), Ok(vec![command]));
        }
    }

    #[test]
    fn paragraphs_around_a_command_change_nothing(command in any_command(), prose in "[a-z ,.]{0,40}") {
        for end in ["\n", "\r\n"] {
            let body = format!("x{prose}{end}{end}{command}{end}{end}x{prose}");
            prop_assert_eq!(parse(&body), Ok(vec![command.clone()]));
        }
    }

    #[test]
    fn up_to_three_spaces_before_a_command_change_nothing(command in any_command(), spaces in 0..8_usize) {
        let body = format!("{}{command}", " ".repeat(spaces));
        let expected = if spaces <= 3 { vec![command] } else { Vec::new() };
        prop_assert_eq!(parse(&body), Ok(expected));
    }

    #[test]
    fn no_command_fires_from_a_place_that_is_no_paragraph(command in any_command()) {
        for shape in SURROUNDINGS {
            let body = shape.replace("{}", &command.to_string());
            prop_assert!(is_quiet(&body), "{}", body);
        }
    }

    #[test]
    fn an_answer_that_repeats_the_errors_is_quiet_and_one_line_each(body in NOISE) {
        for error in parse(&body).err().unwrap_or_default() {
            prop_assert!(!error.to_string().contains(['\n', '\r']));
            prop_assert!(is_quiet(&error.to_string()));
            prop_assert_eq!(error.to_string().matches('`').count() % 2, 0);
        }
    }

    #[test]
    fn an_error_points_into_the_comment(body in NOISE) {
        let lines = body.split(['\n', '\r']).count();
        for error in parse(&body).err().unwrap_or_default() {
            prop_assert!((1..=lines).contains(&error.line));
            prop_assert!((1..=error.text.chars().count().max(1)).contains(&error.column));
        }
    }
}
