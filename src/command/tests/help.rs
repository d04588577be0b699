//! One table: what is parsed, what is listed and what is suggested agree.

use super::*;
use crate::model::COMMAND_WORDS;

#[test]
fn the_help_lists_every_command_with_the_right_it_takes() {
    let rows = help().iter().map(|row| {
        let right = row.who();
        let keys = row.keys.iter().map(|key| format!("    {}= takes {}\n", key.name, key.takes));
        format!("{} ({right})\n  {}\n{}", row.syntax, row.meaning, keys.collect::<String>())
    });
    insta::assert_snapshot!(rows.collect::<String>(), @r#"
    /promote [ENV[,ENV]] [version=V] (promote)
      ask for this release, or exactly this version, in its next environment or the named ones
        version= takes a tag such as `1.4.2`
    /promote approve [sha=HEAD] (approve)
      approve exactly the content that this change shows
        sha= takes the first 7 to 40 digits of a commit
    /promote reject [reason="…"] (approve)
      close this change and do not propose its content again
        reason= takes a text in quotes, of at most 500 characters
    /promote hold [until=TIME] [reason="…"] (promote or approve)
      stop this change, until then or until it is resumed
        until= takes an instant with its zone, such as `2030-01-31T08:00Z`
        reason= takes a text in quotes, of at most 500 characters
    /promote resume (promote or approve)
      lift a hold, and let automation take up an environment that was set by hand
    /promote status (everyone)
      say where this promotion stands
    /promote why (everyone)
      say what each gate says, and why
    /promote help (everyone)
      list these commands
    "#);
}

#[test]
fn every_verb_has_one_row() {
    let verbs: Vec<Verb> = help().iter().map(|row| row.verb).collect();
    assert_eq!(verbs, Verb::ALL);
}

#[test]
fn the_syntax_names_exactly_the_verb_and_its_keys() {
    for row in help() {
        let names = row.syntax.split(['[', ' ']).filter_map(|part| part.split_once('='));
        let written: Vec<&str> = names.map(|(name, _)| name).collect();
        let keys: Vec<&str> = row.keys.iter().map(|key| key.name).collect();
        assert_eq!(written, keys, "{}", row.syntax);
        let word = row.syntax.split(' ').nth(1).unwrap();
        assert_eq!(word == row.verb.word(), row.verb != Verb::Promote, "{}", row.syntax);
    }
}

#[test]
fn every_verb_that_is_listed_is_parsed_as_itself() {
    for row in help().iter().filter(|row| row.verb != Verb::Promote) {
        let commands = parse(&format!("{PREFIX} {}", row.verb)).unwrap();
        assert_eq!(commands.iter().map(Command::verb).collect::<Vec<_>>(), [row.verb]);
    }
}

#[test]
fn the_bound_of_a_reason_is_the_one_that_people_read() {
    let reason = help().iter().flat_map(|row| row.keys).find(|key| key.name == "reason").unwrap();
    assert!(reason.takes.contains(&format!("at most {REASON_CHARACTERS_MAX} characters")));
}

#[test]
fn no_word_of_a_command_is_left_for_an_environment() {
    let words: Vec<&str> = Verb::ALL.iter().map(|verb| verb.word()).chain(RESERVED).collect();
    assert_eq!(words, COMMAND_WORDS);
}

#[test]
fn no_word_is_both_a_command_of_now_and_of_later() {
    for word in RESERVED {
        assert_eq!(Verb::from_word(word), None);
    }
}
