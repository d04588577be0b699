//! The gates: pure functions of recorded facts, one file each, in two phases.
//!
//! The open gates decide whether a change is opened at all; all of them together whether it is merged.
//!
//! The content key is asked for last, when every other gate passes. It costs reading and editing files, and many
//! releases that still soak must not use up the rounds of one look.

mod approvals;
mod decline;
mod follower_soak;
mod hand;
mod hold;
mod platforms;
mod previous;
mod quiet;
mod soak;
mod tag;
mod tag_moves;

pub(super) use approvals::{approvers, uncounted_on};
pub(super) use hold::is_held;
pub(super) use tag::{
    noted, running_notes, unrecorded as unrecorded_moves,
    unrecorded_while_running as unrecorded_running_moves, watch_running,
};

use crate::model::{ContentKey, Gate, MergeMode, ObservedChange, Release, WriteMode};

use super::plan::{GateName, GateReport, Verdict};
use super::presence::EffectPhase;
use super::promotion_view::PromotionView;
use super::reason::{ArtifactReason, GateReason};

/// What the gates say that stand before a change is opened.
pub(super) fn open(case: &PromotionView<'_>, release: &Release) -> Vec<GateReport> {
    let mut reports = vec![previous::judge(case, release)];
    reports.extend(case.environment.gates.iter().filter_map(|gate| match gate {
        Gate::Soak(soak) => Some(soak::judge(case, soak, release)),
        Gate::Approvals(_) => None,
    }));
    reports.extend(follower_soak::judge(case));
    reports.extend(hand::judge(case, release));
    reports.extend(quiet::judge(case, release));
    reports.extend(platforms::judge(case, release));
    reports.extend(tag_moves::unstable(case, release));
    // Working out the content costs, so that comes last and only where everything else passes.
    let is_next = all_pass(&reports);
    reports.push(decline::judge(case, release, is_next));
    reports
}

/// A change with the content that it is judged for: what its head has now, or what it is about to be given.
#[derive(Clone, Copy)]
pub(super) struct ChangeContent<'a> {
    pub(super) observed: &'a ObservedChange,
    /// The key of that content; `None` if the bot did not write the head.
    pub(super) key: Option<&'a ContentKey>,
}

impl<'a> ChangeContent<'a> {
    /// The content of the present head.
    pub(super) fn present(observed: &'a ObservedChange) -> Self {
        Self { observed, key: if observed.is_ours() { observed.key.as_ref() } else { None } }
    }
}

/// What the further gates say that stand before a merge; without a change, what they will say.
pub(super) fn merge(
    case: &PromotionView<'_>,
    release: &Release,
    change: Option<ChangeContent<'_>>,
) -> Vec<GateReport> {
    let mut reports: Vec<GateReport> = Vec::new();
    for gate in &case.environment.gates {
        match gate {
            Gate::Approvals(wanted) => reports.push(approvals::judge(case, wanted, release, change)),
            Gate::Soak(_) => {}
        }
    }
    reports.extend(change.and_then(|change| hold::judge(case, change.observed)));
    reports
}

/// What all gates say of content that a change is about to be given, as the next look will find them.
///
/// The present tags are not looked up: that is done right before a merge.
pub(super) fn of_renewed(
    case: &PromotionView<'_>,
    release: &Release,
    change: ChangeContent<'_>,
) -> Vec<GateReport> {
    let mut reports = open(case, release);
    reports.extend(merge(case, release, Some(change)));
    if !has_tag_report(&reports) {
        reports.extend(noted(case, release));
    }
    reports
}

/// What the last gate says, that costs a request: only where all others pass and the bot would merge at once. While the
/// change waits, it says no more than that its release is no longer in the registry.
pub(super) fn last(
    case: &PromotionView<'_>,
    release: &Release,
    reports: &[GateReport],
) -> Option<GateReport> {
    let merges = case.environment.merge == MergeMode::Auto && all_pass(reports);
    let moment = if merges { EffectPhase::Merging } else { EffectPhase::Waiting };
    if let Some(report) = tag::missing(case, release, moment) {
        return Some(report);
    }
    if has_tag_report(reports) {
        return None;
    }
    if let Some(report) = tag::mismatched(case, release) {
        return Some(report);
    }
    match case.service.writing.mode {
        WriteMode::Digest => {
            tag::noted(case, release).or_else(|| if merges { tag::judge(case, release) } else { None })
        }
        // What is noted is not enough: after the merge the tag alone says what runs.
        WriteMode::Tag => {
            let known = tag::written(case, release);
            let judged = known.or_else(|| if merges { tag::judge(case, release) } else { None });
            judged.or_else(|| tag::noted(case, release))
        }
    }
}

/// Why a release is not opened although all gates before it pass: the registry no longer has it. `None` if it has.
pub(super) fn missing(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    tag::missing(case, release, EffectPhase::Opening)
}

/// Asks nobody to approve what could not be merged then: what its registry lacks, or what cannot run.
pub(super) fn without_vain_requests(mut reports: Vec<GateReport>) -> Vec<GateReport> {
    let is_gone = |own: &GateReport| {
        let reason = &own.reason;
        matches!(reason, GateReason::Artifact(ArtifactReason::Gone { .. } | ArtifactReason::Defective { .. }))
    };
    if !reports.iter().any(is_gone) {
        return reports;
    }
    for report in &mut reports {
        if let GateReason::ApprovalsMissing { from, .. } = &mut report.reason {
            from.clear();
        }
    }
    reports
}

/// Whether an earlier gate reports on the tags, so that there is one line about them.
fn has_tag_report(reports: &[GateReport]) -> bool {
    reports.iter().any(|report| report.gate == GateName::Tag)
}

/// Whether every gate says to go on.
pub(super) fn all_pass(reports: &[GateReport]) -> bool {
    reports.iter().all(|report| report.verdict == Verdict::Pass)
}
