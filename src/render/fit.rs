//! Texts that must fit.

use std::fmt::Display;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

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

/// The text in exactly as many columns of a terminal, filled with blanks, or with `…` for its end where it is wider.
///
/// Chinese, Japanese and Korean characters and most emoji take two columns.
pub(super) fn in_columns(text: &str, columns: usize) -> String {
    let shown = if text.width() <= columns { text.to_owned() } else { cut_to_columns(text, columns) };
    let missing = columns.saturating_sub(shown.width());
    format!("{shown}{}", " ".repeat(missing))
}

fn cut_to_columns(text: &str, columns: usize) -> String {
    let mut left = columns.saturating_sub(1);
    let fits = |character: &char| {
        let rest = left.checked_sub(character.width().unwrap_or(0));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    // A selector behind a character can make it wider than the two are apart.
    while kept.width() > columns.saturating_sub(1) {
        kept.pop();
    }
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
