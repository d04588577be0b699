//! The attacks by comment that the grammar itself stops; the others are judged in `decide`.

use super::*;

/// The attack, its comment, and what becomes of it.
const CASES: &[(&str, &str, &str)] = &[
    ("C5 in a block quote", "> /promote approve", ""),
    ("C5 in a code span", "`/promote approve`", ""),
    ("C5 in a code block", "```sh\n/promote approve\n```", ""),
    ("C5 in a link", "[\n/promote approve\n](https://example.org)", ""),
    ("C5 in a heading", "## /promote approve", ""),
    ("C5 in an image", "![\n/promote approve\n](https://example.org/x.png)", ""),
    ("C6 in an HTML comment", "<!--\n/promote approve\n-->", ""),
    ("C6 in an HTML comment past a blank line", "<p>\n<!--\n\n/promote approve\n\n-->\n</p>", ""),
    ("C6 in details", "<details>\n\n/promote approve\n\n</details>", ""),
    ("C7 inside a word", "x/promote approve", ""),
    ("C7 inside an e-mail address", "me@example.org/promote approve", ""),
    ("C8 a homoglyph in the prefix", "/prоmote approve", ""),
    ("C8 zero width before the prefix", "\u{200b}/promote approve", ""),
    ("C8 a no-break space before the prefix", "\u{a0}/promote approve", ""),
    ("C8 a byte order mark before the prefix", "\u{feff}/promote approve", ""),
    ("C8 a direction override before the prefix", "\u{202e}/promote approve", ""),
    ("C8 zero width inside", "/promote appr\u{200d}ove", "U+200D"),
    ("C8 a homoglyph inside", "/promote аpprove", "U+0430"),
    ("C8 a direction override inside", "/promote \u{202e}approve", "U+202E"),
    ("C9 a shell", "/promote prod; rm -rf", "is no `environment`"),
    ("C9 a shell in a value", "/promote prod version=$(id)", "is no `version`"),
    ("C10 a path", "/promote ../../etc", "is no `environment`"),
    ("C10 a path as a version", "/promote prod version=../../x", "is no `version`"),
    ("C11 one of two is wrong", "/promote approve\n/promote hold x", "line 2, column 15"),
    ("C11 one of two is wrong", "/promote hold x\n/promote approve", "line 1, column 15"),
    ("C16 a head that names too little", "/promote approve sha=0a1b2c", "7 to 40 digits"),
];

#[test]
fn attacks_are_ignored_or_refused_with_what_was_wrong() {
    for (attack, body, said) in CASES {
        match parse(body) {
            Ok(commands) => {
                assert!(commands.is_empty() && said.is_empty(), "{attack}: {commands:?}");
            }
            Err(_) => assert!(!said.is_empty() && parsed(body).contains(said), "{attack}: {}", parsed(body)),
        }
    }
}

#[test]
fn no_command_of_a_later_version_is_taken_for_an_environment() {
    for word in RESERVED {
        for line in [format!("{word} production"), format!("staging,{word}"), word.to_uppercase()] {
            assert!(parse(&format!("{PREFIX} {line}")).is_err(), "{line}");
        }
    }
}

#[test]
fn no_verb_in_a_list_is_taken_for_an_environment() {
    for verb in Verb::ALL {
        assert!(parse(&format!("{PREFIX} staging,{verb}")).is_err(), "{verb}");
    }
}

#[test]
fn a_misspelt_verb_asks_for_an_environment_that_nobody_has() {
    let name = EnvironmentName::new("aprove").unwrap();
    let command = Command::Promote { environments: vec![name], version: None };
    assert_eq!(parse("/promote aprove"), Ok(vec![command]));
    assert_eq!(suggest("aprove", help().iter().map(|row| row.verb.word())), Some("approve"));
}

#[test]
fn the_help_of_the_bot_is_quiet() {
    let rows: String = help().iter().map(|row| format!("- `{}`: {}\n", row.syntax, row.meaning)).collect();
    assert!(is_quiet(&rows));
    assert!(!is_quiet("/promote approve"));
    assert!(!is_quiet("/promote approve now"));
}
