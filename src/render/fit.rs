//! Texts that must fit.

use std::fmt::Display;

/// How many names one sentence lists.
const NAMES_MAX: usize = 8;

/// The text, with `…` for its end where it is longer than that.
pub(super) fn cut(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// As many items as fit behind a beginning, and how many more there are.
pub(super) fn joined(beginning: &str, items: &[String], characters_max: usize) -> String {
    let whole = |shown: usize| {
        let more = items.len() - shown;
        let rest = if more == 0 { String::new() } else { format!(", {more} more") };
        format!("{beginning}{}{rest}", items.iter().take(shown).cloned().collect::<Vec<_>>().join(", "))
    };
    let fitting = (1..=items.len()).rev().map(whole).find(|line| line.chars().count() <= characters_max);
    fitting.unwrap_or_else(|| cut(&whole(items.len()), characters_max))
}

/// `a`, `a and b`, `a, b and c`, or with another word; very many are counted.
pub(super) fn listed<T: Display>(items: &[T], word: &str) -> String {
    let mut words: Vec<String> = items.iter().take(NAMES_MAX).map(ToString::to_string).collect();
    if items.len() > words.len() {
        words.push(format!("{} more", items.len() - words.len()));
    }
    match words.as_slice() {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
