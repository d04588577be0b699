//! The one line that stands on a change's head.

use super::fit::{cut, joined};
use super::reasons::fact;
use crate::decide::{ArtifactReason, GateReason, Judgement, Verdict};
use crate::model::StatusState;

/// The longest line that forges show, in characters.
const CHARACTERS_MAX: usize = 140;

/// The state of a change and its line: what is still missing, never how long that will take.
#[must_use]
pub fn status(judgement: &Judgement) -> (StatusState, String) {
    let stops = facts(judgement, StatusState::Failure);
    let waits = facts(judgement, StatusState::Pending);
    if !stops.is_empty() {
        return (StatusState::Failure, joined("stopped: ", &[stops, waits].concat(), CHARACTERS_MAX));
    }
    if !waits.is_empty() {
        return (StatusState::Pending, joined("waiting: ", &waits, CHARACTERS_MAX));
    }
    let notes = facts(judgement, StatusState::Success);
    let beginning = if judgement.gates.is_empty() { Vec::new() } else { vec!["all gates pass".to_owned()] };
    let line = [beginning, notes].concat().join("; ");
    let line = if line.is_empty() { "nothing is next".to_owned() } else { line };
    (StatusState::Success, cut(&line, CHARACTERS_MAX))
}

/// The gates below that line, in Markdown, for forges that have room for them.
#[must_use]
pub fn summary(judgement: &Judgement) -> String {
    super::gates::published(judgement)
}

/// What speaks for a state; of the gates that pass nothing is said.
fn facts(judgement: &Judgement, state: StatusState) -> Vec<String> {
    let gates = judgement.gates.iter().filter_map(|gate| match gate.verdict {
        Verdict::Pass => None,
        Verdict::Wait => Some((StatusState::Pending, &gate.reason)),
        Verdict::Fail => Some((StatusState::Failure, &gate.reason)),
    });
    let notes = judgement.notes.iter().map(|note| (weight(note), note));
    gates.chain(notes).filter(|(own, _)| *own == state).map(|(_, reason)| plain(reason)).collect()
}

/// Without backticks: a status is not Markdown.
fn plain(reason: &GateReason) -> String {
    if matches!(reason, GateReason::ManualMerge) {
        "ready to merge".to_owned()
    } else {
        fact(reason).replace('`', "")
    }
}

/// What a note that belongs to no gate makes of a change.
const fn weight(note: &GateReason) -> StatusState {
    match note {
        GateReason::Artifact(reason) => weight_of_artifacts(reason),
        GateReason::Obstacle(_)
        | GateReason::ForeignHead { .. }
        | GateReason::BranchTaken { .. }
        | GateReason::Declined { .. }
        | GateReason::WithdrawnBefore { .. } => StatusState::Failure,
        GateReason::TagsUnknown { .. }
        | GateReason::DigestUnknown { .. }
        | GateReason::NotObserved
        | GateReason::HistoryUnknown { .. }
        | GateReason::NotLandedBefore { .. }
        | GateReason::Soaking { .. }
        | GateReason::SoakNotBegun { .. }
        | GateReason::SoaksFor { .. }
        | GateReason::SetByHand { .. }
        | GateReason::ApprovalsMissing { .. }
        | GateReason::Held { .. } => StatusState::Pending,
        GateReason::FirstEnvironment
        | GateReason::LandedBefore { .. }
        | GateReason::Soaked { .. }
        | GateReason::NothingSoaks
        | GateReason::NotDeclined
        | GateReason::Automatic
        | GateReason::Rewritten { .. }
        | GateReason::Approved { .. }
        | GateReason::NotHeld
        | GateReason::UpToDate
        | GateReason::NothingNewer
        | GateReason::Unquoted(_)
        | GateReason::NothingSelected { .. }
        | GateReason::FinishFirst { .. }
        | GateReason::ManualMerge
        // Anybody may write a command, and where a gate waits for it the gate says so.
        | GateReason::RightUnknown { .. }
        // What the forge waits for may be this very status: it must not wait for the forge in turn.
        | GateReason::MergeBlocked { .. }
        | GateReason::MergeQueued { .. } => StatusState::Success,
    }
}

const fn weight_of_artifacts(note: &ArtifactReason) -> StatusState {
    match note {
        ArtifactReason::PlatformsMissing { .. } => StatusState::Failure,
        ArtifactReason::DescriptionUnknown { .. }
        | ArtifactReason::Defective { .. }
        | ArtifactReason::Gone { .. }
        | ArtifactReason::NoUsableDate { .. }
        | ArtifactReason::PresenceUnknown { .. }
        | ArtifactReason::TagAbsent { .. }
        | ArtifactReason::TooManyToDate { .. }
        | ArtifactReason::NotQuiet { .. }
        | ArtifactReason::TagUnstable { .. }
        | ArtifactReason::TagMismatch { .. }
        | ArtifactReason::WrittenTagMoved { .. }
        | ArtifactReason::NoDate { .. } => StatusState::Pending,
        ArtifactReason::PlatformsThere
        | ArtifactReason::PlatformsUnsaid { .. }
        | ArtifactReason::NotCompared { .. }
        | ArtifactReason::TagsStay
        | ArtifactReason::TagMoved { .. }
        | ArtifactReason::RunningTagMoved { .. }
        | ArtifactReason::Quiet { .. }
        | ArtifactReason::Incomplete { .. }
        | ArtifactReason::DigestRuns { .. }
        | ArtifactReason::WithoutManifest { .. }
        // What runs today says nothing against what comes next.
        | ArtifactReason::RunningGone { .. }
        | ArtifactReason::Mixed { .. } => StatusState::Success,
    }
}
