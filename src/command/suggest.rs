//! What a misspelt word may have meant.

/// How many letters a misspelt word may differ in from what was meant.
const DISTANCE_MAX: usize = 2;

/// The candidate that a misspelt word may have meant: at most two letters away, and not all of them.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    // In a word of three letters, two wrong ones make another word.
    let allowed = DISTANCE_MAX.min((length.saturating_sub(1) / 2).max(1));
    let near = candidates.into_iter().filter_map(|candidate| {
        let letters = candidate.chars().count();
        // The lengths first: a word may be as long as a comment.
        let may_be_near = length.abs_diff(letters) <= DISTANCE_MAX;
        let distance = may_be_near.then(|| strsim::damerau_levenshtein(&word, &candidate.to_lowercase()))?;
        (distance <= allowed && distance < letters).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}
