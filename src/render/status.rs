//! The one line that stands on a change's head.

use super::reasons::reason;
use crate::decide::{Judgement, Verdict};
use crate::model::StatusState;

/// The longest line that forges show, in characters.
const CHARACTERS_MAX: usize = 140;

/// The state of a change and its line.
#[must_use]
pub fn status(judgement: &Judgement) -> (StatusState, String) {
    let refused = judgement.gates.iter().any(|gate| gate.verdict == Verdict::Fail);
    let closed = judgement.gates.iter().filter(|gate| gate.verdict != Verdict::Pass);
    let reasons: Vec<String> = closed.map(|gate| reason(&gate.reason).replace('`', "")).collect();
    if reasons.is_empty() {
        let notes: Vec<String> = judgement.waiting().map(|note| reason(note).replace('`', "")).collect();
        let line = if notes.is_empty() { String::new() } else { format!("; {}", notes.join("; ")) };
        return (StatusState::Success, cut(&format!("all gates pass{line}")));
    }
    let state = if refused { StatusState::Failure } else { StatusState::Pending };
    let word = if refused { "stopped" } else { "waiting" };
    (state, cut(&format!("{word}: {}", reasons.join(", "))))
}

fn cut(line: &str) -> String {
    if line.chars().count() <= CHARACTERS_MAX {
        return line.to_owned();
    }
    let kept: String = line.chars().take(CHARACTERS_MAX - 1).collect();
    format!("{}…", kept.trim_end())
}
