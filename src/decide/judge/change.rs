//! The judge of an open change: it is closed, renewed, replaced or merged, or stays and says why.

use chrono::TimeDelta;

use super::{Assessment, named, planned_key, ready};
use crate::decide::candidate::{self, Candidate, PresenceChecks};
use crate::decide::gates::{self, ChangeContent};
use crate::decide::offers;
use crate::decide::plan::{Action, GateReport, GatesPassed, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ActionReason, GateReason};
use crate::model::{BarrierKind, ContentKey, MergeMode, ObservedChange, OnNewer, Release, Time, is_paused};

/// How long a proof that all gates passed may be used, from the oldest right on which it may rest: as long as rights may
/// be old.
const PROOF_VALID: TimeDelta = TimeDelta::seconds(60);

/// The longest pause that is believed before a merge is tried again. The forge notes a day at most; what seems to last
/// longer was noted before the clock was set back.
const BARRIER_MAX: TimeDelta = TimeDelta::days(2);
/// A change is open: close, renew, replace or merge it, or say why it waits.
///
/// In the forge's own queue it is being merged, so that it stays there only while the bot would merge it at this instant.
/// Whatever else is to become of it comes after it was taken out: the forge may let nobody write to what it merges. What a
/// person put there is a person's merge, and left to them and to the status that the queue asks for.
pub(super) fn judge(case: &PromotionView<'_>, observed: &ObservedChange) -> Assessment {
    let mut finding = next_step(case, observed);
    let Some(queue) = &observed.change.queue else { return finding };
    let change = observed.change.number;
    finding.action = match finding.action.take() {
        action if queue.by_bot && !matches!(action, Some(Action::Merge { .. })) => {
            let because = out_of_queue(action, &finding);
            Some(Action::Dequeue { change, target: case.target.clone(), because })
        }
        _stays => {
            finding.notes.push(GateReason::MergeQueued { change });
            None
        }
    };
    finding
}

/// Why a change comes out of the queue: what is to be done with it instead, or what keeps it from being merged.
fn out_of_queue(instead: Option<Action>, finding: &Assessment) -> ActionReason {
    if let Some(Action::Update { because, .. } | Action::Close { because, .. }) = instead {
        return because;
    }
    let waiting = finding.gates.iter().filter(|report| report.verdict != Verdict::Pass);
    let waiting: Vec<GateReason> = waiting.map(|report| report.reason.clone()).collect();
    ActionReason::NotToBeMerged(if waiting.is_empty() { finding.notes.clone() } else { waiting })
}

/// What is to become of an open change, wherever it stands.
fn next_step(case: &PromotionView<'_>, observed: &ObservedChange) -> Assessment {
    let change = observed.change.number;
    let own = if observed.is_ours() { case.release_of(observed) } else { None };
    let Some(release) = own else { return Assessment::note(GateReason::ForeignHead { change }) };
    let mut reports = gates::open(case, &release);
    reports.extend(gates::merge(case, &release, Some(ChangeContent::present(observed))));
    reports.extend(gates::last(case, &release, &reports));
    let finding = if let Some(because) = reason_to_close(case, &release, &reports) {
        let action = Some(Action::Close { change, target: case.target.clone(), because });
        Assessment { action, ..Assessment::default() }
    } else if let Some(note) = unread(observed) {
        Assessment::note(note)
    } else if gates::is_held(case, observed) {
        Assessment::default()
    } else {
        advance(case, observed, &release, &reports)
    };
    renewed(case, observed, Assessment { candidate: Some(release), gates: reports, ..finding })
}

/// Where a change is given new content: what the next look will find of that content, so that both show the same.
fn renewed(case: &PromotionView<'_>, observed: &ObservedChange, finding: Assessment) -> Assessment {
    let Some(Action::Update { release, key, .. }) = &finding.action else { return finding };
    let content = ChangeContent { observed, key: Some(key) };
    let gates = gates::of_renewed(case, release, content);
    let passed_over =
        named(candidate::search(case, PresenceChecks::NewerThan(release)).passed_over).into_iter();
    let notes = passed_over.chain(offers::incomplete(case)).chain(ready(case, &gates)).collect();
    Assessment { candidate: Some(release.clone()), gates, notes, ..finding }
}

/// What is said of a change on which not all can be read: a hold or a refusal may stand there.
fn unread(observed: &ObservedChange) -> Option<GateReason> {
    let change = observed.change.number;
    let barrier = observed.change.barrier.as_ref().filter(|barrier| barrier.kind == BarrierKind::Unread)?;
    Some(GateReason::MergeBlocked { change, why: barrier.why.clone() })
}

/// Why an open change has lost its point, if it has.
fn reason_to_close(
    case: &PromotionView<'_>,
    release: &Release,
    reports: &[GateReport],
) -> Option<ActionReason> {
    let images = release.references();
    let is_asked_for = case.requester_of(release).is_some() && case.may_be_asked_for(&images);
    if case.is_written(&images) || !(is_asked_for || case.is_newer_than_running(&images)) {
        return Some(ActionReason::Overtaken);
    }
    reports.iter().filter(|report| report.verdict == Verdict::Fail).find_map(|report| {
        if let GateReason::Declined { by, .. } = &report.reason {
            return Some(ActionReason::Declined { by: by.clone() });
        }
        matches!(report.reason, GateReason::WithdrawnBefore { .. }).then_some(ActionReason::Withdrawn)
    })
}

/// The next step of a change that keeps its point: newer content, content on the new base, or the merge.
fn advance(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    release: &Release,
    reports: &[GateReport],
) -> Assessment {
    let candidate::CandidateSearch { choice, passed_over } =
        candidate::search(case, PresenceChecks::NewerThan(release));
    let mut notes = named(passed_over);
    if let Some(newer) = choice.ok().and_then(|choice| newer(case, release, choice)) {
        match gives_way(case, observed, release, &newer) {
            Some(because) => {
                let action = update(case, observed, &newer, because);
                return Assessment { action, ..Assessment::default() };
            }
            None => notes.push(finish_first(observed, release, &newer)),
        }
    }
    notes.extend(offers::incomplete(case));
    let next_look = candidate::next_newer(case, release).into_iter().chain(next_try(case, observed)).min();
    let (action, note) = go_on(case, observed, release, reports);
    notes.extend(note);
    Assessment { action, notes, next_look, ..Assessment::default() }
}

/// The next step of a change that nothing newer replaces.
fn go_on(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    release: &Release,
    reports: &[GateReport],
) -> (Option<Action>, Option<GateReason>) {
    let Some(key) = planned_key(case, release) else { return (None, None) };
    if observed.is_base_lost {
        return (update(case, observed, release, ActionReason::BaseRewritten), None);
    }
    if observed.change.conflicted || Some(key) != observed.key.as_ref() {
        return (update(case, observed, release, ActionReason::BaseMoved), None);
    }
    if !gates::all_pass(reports) {
        return (None, None);
    }
    match case.environment.merge {
        MergeMode::Auto => {
            let merge = merge(case, observed, release, key);
            past_barrier(case, observed, release, merge)
        }
        MergeMode::Manual => (None, ready(case, reports)),
    }
}

/// The merge, unless the forge said that it does not merge this yet.
///
/// A branch that has to hold the newest base first is made anew on it, as after a conflict: the bytes stay ours, the move
/// is compare-and-swap, and approvals bind the content, which stays the same.
fn past_barrier(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    release: &Release,
    merge: Action,
) -> (Option<Action>, Option<GateReason>) {
    let change = observed.change.number;
    let Some(barrier) = &observed.change.barrier else { return (Some(merge), None) };
    match barrier.kind {
        BarrierKind::Behind => (update(case, observed, release, ActionReason::BaseMoved), None),
        BarrierKind::Unread => (None, unread(observed)),
        BarrierKind::Blocked => {
            let may_try = !barrier.until.is_some_and(|until| is_paused(until, BARRIER_MAX, case.world.now));
            let why = barrier.why.clone();
            (may_try.then_some(merge), Some(GateReason::MergeBlocked { change, why }))
        }
    }
}

/// When the forge is worth asking again for a merge that it refused.
fn next_try(case: &PromotionView<'_>, observed: &ObservedChange) -> Option<Time> {
    let until = observed.change.barrier.as_ref().and_then(|barrier| barrier.until);
    until.filter(|until| is_paused(*until, BARRIER_MAX, case.world.now))
}

/// What would be opened now if the change were not there, where that is something else.
fn newer(case: &PromotionView<'_>, release: &Release, choice: Candidate) -> Option<Release> {
    let is_other = choice.release.id() != release.id();
    // In a first environment a tag that moved means what it means now.
    let is_moved = case.history.moved_tag(release).is_some()
        && case.environment.after.environments.is_empty()
        && case.order_of(&choice.release) == case.order_of(release);
    let is_wanted =
        case.request().is_some() || is_moved || case.order_of(&choice.release) > case.order_of(release);
    (choice.passes() && is_other && is_wanted).then_some(choice.release)
}

/// Why the change takes up other content, if it does: a person's wish always takes the place; a newer release only
/// that of content which nobody approved.
fn gives_way(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    release: &Release,
    newer: &Release,
) -> Option<ActionReason> {
    if let Some(by) = case.request().and(case.requester_of(newer)) {
        return Some(ActionReason::Requested { by: by.clone() });
    }
    let may_replace = match case.environment.on_newer {
        OnNewer::Replace => gates::approvers(case, release, observed).is_empty(),
        OnNewer::Finish => false,
    };
    may_replace.then(|| ActionReason::Newer { replaces: release.name().clone() })
}

fn finish_first(observed: &ObservedChange, release: &Release, newer: &Release) -> GateReason {
    GateReason::FinishFirst {
        change: observed.change.number,
        release: release.name().clone(),
        newer: newer.name().clone(),
    }
}

fn update(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    release: &Release,
    because: ActionReason,
) -> Option<Action> {
    Some(Action::Update {
        change: observed.change.number,
        target: case.target.clone(),
        release: release.clone(),
        key: planned_key(case, release)?.clone(),
        expected: observed.change.head.commit.clone(),
        requester: case.requester_of(release).cloned(),
        because,
    })
}

fn merge(case: &PromotionView<'_>, observed: &ObservedChange, release: &Release, key: &ContentKey) -> Action {
    let approved_by = gates::approvers(case, release, observed);
    let now = case.world.now;
    // Rights may be remembered from earlier, and the proof is no younger than what it rests on.
    let rests_on = case.facts.oldest_right().map_or(now, |told| told.min(now));
    let valid_until = rests_on.checked_add_signed(PROOF_VALID).unwrap_or(Time::MAX_UTC);
    let head = observed.change.head.commit.clone();
    Action::Merge {
        target: case.target.clone(),
        release: release.clone(),
        requester: case.requester_of(release).cloned(),
        gates: GatesPassed::new(observed.change.number, head, key.clone(), approved_by, valid_until),
    }
}
