//! The judge of one target: what is next here, what the gates say of it, and the one thing to do now.

mod change;

use super::candidate::{self, Candidate, PresenceChecks};
use super::evidence;
use super::gates;
use super::landings;
use super::offers;
use super::plan::{Action, GateReport, JourneyStep, Judgement};
use super::presence;
use super::promotion_view::PromotionView;
use super::reason::{ActionReason, GateReason};
use crate::model::{ContentKey, Environment, MergeMode, Origin, Release, Time};

/// How many releases are named that were passed over because their registry lacks them, the newest ones.
const PASSED_OVER_NAMED_MAX: usize = 3;

/// What was found out about a target, on the way to its judgement.
#[derive(Default)]
struct Assessment {
    candidate: Option<Release>,
    gates: Vec<GateReport>,
    notes: Vec<GateReason>,
    action: Option<Action>,
    next_look: Option<Time>,
}

impl Assessment {
    fn note(reason: GateReason) -> Self {
        Self { notes: vec![reason], ..Self::default() }
    }
}

/// Judges a target, and says what to do there now.
pub(super) fn judge(case: &PromotionView<'_>) -> (Judgement, Option<Action>) {
    let open = case.open_change();
    // Both name what they lack in the same round.
    let lacking = [evidence::lacking(case), landings::lacking(case)].into_iter().flatten().next();
    let finding = match (case.world.running.get(&case.target), open) {
        (Some(Ok(_)), _) if let Some(reason) = lacking => Assessment::note(reason),
        (None, _) => Assessment::note(GateReason::NotObserved),
        (Some(Err(obstacle)), _) if case.unquoted().is_none() => {
            Assessment::note(GateReason::Obstacle(obstacle.clone()))
        }
        (Some(Ok(_) | Err(_)), Some(change)) => change::judge(case, change),
        (Some(Ok(_) | Err(_)), None) => judge_candidate(case),
    };
    let mut notes: Vec<GateReason> = rewritten(case).into_iter().collect();
    notes.extend(unquoted(case, open.is_some() || finding.action.is_some()));
    notes.extend(finding.notes);
    notes.extend(presence::of_running(case));
    gates::watch_running(case);
    notes.extend(gates::running_notes(case));
    let requester = finding.candidate.as_ref().and_then(|release| case.requester_of(release)).cloned();
    let journey = finding.candidate.as_ref().map(|release| journey(case, release)).unwrap_or_default();
    let judgement = Judgement {
        target: case.target.clone(),
        running: case.running().map(|running| running.images.clone()).unwrap_or_default(),
        landed_at: case.history.last_landing(&case.target).map(|landing| landing.at),
        candidate: finding.candidate,
        gates: gates::without_vain_requests(finding.gates),
        journey,
        change: open.map(|observed| observed.change.number),
        requester,
        notes,
        next_look: finding.next_look,
    };
    (judgement, finding.action)
}

/// No change is open: is there something to open?
fn judge_candidate(case: &PromotionView<'_>) -> Assessment {
    let candidate::CandidateSearch { choice, passed_over } =
        candidate::search(case, PresenceChecks::Registry);
    let mut passed_over = named(passed_over);
    let choice = match choice {
        Ok(choice) => choice,
        Err(GateReason::NothingNewer) => {
            passed_over.push(odd_offer(case).unwrap_or(GateReason::UpToDate));
            passed_over.extend(offers::not_compared(case));
            return Assessment { notes: passed_over, ..Assessment::default() };
        }
        Err(reason) => return Assessment::note(reason),
    };
    passed_over.retain(|reason| choice.gates.iter().all(|gate| gate.reason != *reason));
    let passes = choice.passes();
    let because = because(case, &choice);
    let Candidate { release, gates: mut reports } = choice;
    reports.extend(gates::merge(case, &release, None));
    // The next look finds it on the open change.
    if passes {
        reports.extend(gates::noted(case, &release));
    }
    let opened = if passes { open(case, &release, because) } else { Ok(None) };
    let (action, note) = match opened {
        Ok(action) => (action, None),
        Err(reason) => (None, Some(reason)),
    };
    let incomplete = offers::incomplete(case).into_iter();
    let notes = if action.is_some() {
        // What the next look will find of the open change, and no more, is written when it is opened.
        passed_over.into_iter().chain(incomplete).chain(ready(case, &reports)).collect()
    } else {
        let notes = note.into_iter().chain(passed_over).chain(incomplete);
        notes.chain(offers::not_compared(case)).collect()
    };
    Assessment { candidate: Some(release), gates: reports, notes, action, next_look: None }
}

/// That what runs came back by a rewrite of the branch, while nothing landed since.
fn rewritten(case: &PromotionView<'_>) -> Option<GateReason> {
    let last = case.history.last_landing(&case.target)?;
    (last.origin == Origin::Rewritten).then_some(GateReason::Rewritten { since: last.at })
}

/// That what runs is not known until the entries of the images are in quotes: those of a change, or of a person.
fn unquoted(case: &PromotionView<'_>, has_change: bool) -> Option<GateReason> {
    case.unquoted()?;
    let obstacle = case.world.running.get(&case.target)?.as_ref().err()?.clone();
    Some(if has_change { GateReason::Unquoted(obstacle) } else { GateReason::Obstacle(obstacle) })
}

/// Where and when a release landed on its way through the pipeline.
fn journey(case: &PromotionView<'_>, release: &Release) -> Vec<JourneyStep> {
    let stop = |environment: &Environment| {
        let landing = case.landing_of(release, &case.sibling(&environment.name));
        JourneyStep { environment: environment.name.clone(), landed_at: landing.map(|landing| landing.at) }
    };
    case.pipeline().environments.iter().map(stop).collect()
}

/// That a person may merge now, where it is a person who merges.
fn ready(case: &PromotionView<'_>, reports: &[GateReport]) -> Option<GateReason> {
    (case.environment.merge == MergeMode::Manual && gates::all_pass(reports))
        .then_some(GateReason::ManualMerge)
}

/// What is newer but cannot come by itself, if there is such a thing.
fn odd_offer(case: &PromotionView<'_>) -> Option<GateReason> {
    offers::incomplete(case).or_else(|| offers::mixed(case))
}

fn because(case: &PromotionView<'_>, choice: &Candidate) -> ActionReason {
    match case.requester_of(&choice.release) {
        Some(by) => ActionReason::Requested { by: by.clone() },
        None => ActionReason::GatesPass(choice.gates.iter().map(|gate| gate.reason.clone()).collect()),
    }
}

/// A branch that is there without an open change is ours to take if we wrote its tip.
fn open(
    case: &PromotionView<'_>,
    release: &Release,
    because: ActionReason,
) -> Result<Option<Action>, GateReason> {
    let Some(key) = planned_key(case, release) else { return Ok(None) };
    let branch = case.branch();
    let expected = match case.world.branches.get(&branch) {
        None => None,
        Some(tip) if tip.by_bot => Some(tip.commit.clone()),
        Some(_) => return Err(GateReason::BranchTaken { branch }),
    };
    Ok(Some(Action::Open {
        target: case.target.clone(),
        release: release.clone(),
        key: key.clone(),
        expected,
        requester: case.requester_of(release).cloned(),
        because,
    }))
}

fn planned_key<'a>(case: &PromotionView<'a>, release: &Release) -> Option<&'a ContentKey> {
    case.facts.key(&case.target, release)?.as_ref().ok()
}

/// The releases that are named of those that a search passed over.
fn named(mut passed_over: Vec<GateReason>) -> Vec<GateReason> {
    passed_over.truncate(PASSED_OVER_NAMED_MAX);
    passed_over
}
