//! What somebody probably meant, where a word is not among the known ones.

/// How many letters may differ for a word to be taken for another.
const DISTANCE_MAX: usize = 2;
/// Longest word that is compared; longer ones are no slip of the keyboard.
const WORD_BYTES_MAX: usize = 64;
/// How many known words a message lists.
const WORDS_LISTED_MAX: usize = 15;

/// The way out for an unknown word: the nearest known one, else all of them.
pub(super) fn way_out(word: &str, known: &[&str]) -> String {
    if let Some(nearest) = nearest(word, known) {
        return format!("did you mean `{nearest}`?");
    }
    if known.is_empty() {
        return "none is configured".to_owned();
    }
    let listed: Vec<String> = known.iter().take(WORDS_LISTED_MAX).map(|word| format!("`{word}`")).collect();
    let more = if known.len() > WORDS_LISTED_MAX { ", …" } else { "" };
    format!("known here: {}{more}", listed.join(", "))
}

/// The known word that differs least, where the difference looks like a slip.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let word = word.to_lowercase();
    let distance = |other: &str| strsim::damerau_levenshtein(&word, &other.to_lowercase());
    let near = known.iter().map(|other| (distance(other), *other));
    // In a word of three letters, two wrong ones make another word.
    let allowed = DISTANCE_MAX.min(word.chars().count().saturating_sub(1) / 2);
    // A word of two letters may lack its third.
    let lacks_letter = |distance: usize, other: &str| {
        distance == 1 && word.chars().count() == 2 && other.chars().count() == 3
    };
    near.filter(|(distance, other)| *distance <= allowed || lacks_letter(*distance, other))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}
