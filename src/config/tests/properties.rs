//! What holds for every text.

use proptest::prelude::*;

use super::*;

/// The sample with some of its characters replaced, and perhaps cut off.
fn spoilt_samples() -> impl Strategy<Value = String> {
    let characters: Vec<char> = EXAMPLE.chars().collect();
    let edit = (
        0..characters.len(),
        proptest::sample::select("{}[]:,-#&*!|>'\"%@` \n\t\ré0a~".chars().collect::<Vec<_>>()),
    );
    (proptest::collection::vec(edit, 1..8), 0..characters.len()).prop_map(move |(edits, length)| {
        let mut characters = characters.clone();
        for (at, character) in edits {
            characters.splice(at..=at, [character]);
        }
        let cut = if length % 4 == 0 { length } else { characters.len() };
        characters.into_iter().take(cut).collect()
    })
}

/// Reading ends in settings or in problems that all lie in the text and can be shown.
fn check(text: &str) {
    let Err(problems) = read(text, Path::new("towpath.yaml")) else { return };
    assert!(!problems.problems().is_empty());
    let lines = text.lines().count().max(1);
    for problem in problems.problems() {
        assert!((1..=lines + 1).contains(&problem.line), "line {} of {lines}", problem.line);
    }
    assert!(problems.to_string().contains("towpath.yaml"));
}

proptest! {
    #[test]
    fn no_text_whatever_makes_it_panic(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn no_spoilt_configuration_makes_it_panic(text in spoilt_samples()) {
        check(&text);
    }

    #[test]
    fn every_line_of_the_sample_can_be_missing(line in 0..EXAMPLE.lines().count()) {
        let kept: Vec<&str> = EXAMPLE.lines().enumerate().filter(|(n, _)| *n != line).map(|(_, text)| text).collect();
        check(&kept.join("\n"));
    }
}
