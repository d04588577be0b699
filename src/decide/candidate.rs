//! The candidate: the newest release whose open gates pass, or the one nearest to that.

use super::evidence;
use super::gates;
use super::offers::{Offer, offers};
use super::plan::{GateReport, Verdict};
use super::promotion_view::PromotionView;
use super::reason::{ArtifactReason, GateReason};
use crate::model::{Artifact, ImageReference, Release, Time};

/// How many releases are judged for one target, newest first; older ones are not looked at. A release that only
/// waits costs no request, so a busy environment before does not fill this up with what is really next.
const CANDIDATES_MAX: usize = 2_000;
/// How many further offers name their needs in the same round, for each offer that was passed over before. Without this,
/// a round would look at one offer, and the eight rounds of a look would never get past the newest few.
const AHEAD_PER_PASSED_OVER: usize = 4;
/// How many further offers name their needs in one round at most.
const AHEAD_MAX: usize = 64;

/// A release and what the open gates say of it.
pub(super) struct Candidate {
    pub(super) release: Release,
    pub(super) gates: Vec<GateReport>,
}

/// Which releases a search asks the registry about, whether it still has them.
#[derive(Copy, Clone, Debug)]
pub(super) enum PresenceChecks<'a> {
    /// All whose other gates pass.
    Registry,
    /// Of these only the ones that are newer than this release, which an open change carries.
    NewerThan(&'a Release),
    /// None, since nothing is opened now.
    Nothing,
}

impl PresenceChecks<'_> {
    fn ask_about(self, case: &PromotionView<'_>, release: &Release) -> bool {
        match self {
            Self::Registry => true,
            Self::NewerThan(own) => case.order_of(release) > case.order_of(own),
            Self::Nothing => false,
        }
    }
}

impl Candidate {
    pub(super) fn passes(&self) -> bool {
        gates::all_pass(&self.gates)
    }

    /// That the registry no longer has it, where that is so.
    fn gone(&self) -> impl Iterator<Item = &GateReason> {
        let reasons = self.gates.iter().map(|gate| &gate.reason);
        reasons.filter(|reason| matches!(reason, GateReason::Artifact(ArtifactReason::Gone { .. })))
    }

    fn is_unknown(&self) -> bool {
        self.gates.iter().any(|gate| gate.reason == GateReason::NotObserved)
    }

    /// One that only its edit stops first, since a person has to mend that; then without a refusal, then fewest closed
    /// gates, then the one that opens by itself, and soonest.
    fn distance(&self) -> (bool, bool, usize, bool, Option<Time>) {
        let closed = self.closed().count();
        (!self.is_stopped_by_edit(), self.is_refused(), closed, self.until().is_none(), self.until())
    }

    fn closed(&self) -> impl Iterator<Item = &GateReport> {
        self.gates.iter().filter(|gate| gate.verdict != Verdict::Pass)
    }

    /// Whether all gates pass but that the edit is refused, so that the files have to change first.
    fn is_stopped_by_edit(&self) -> bool {
        self.closed().all(|gate| matches!(gate.reason, GateReason::Obstacle(_)))
    }

    fn is_refused(&self) -> bool {
        self.gates.iter().any(|gate| gate.verdict == Verdict::Fail)
    }

    /// When all gates that open by themselves are open; nothing where none of them waits.
    fn until(&self) -> Option<Time> {
        self.closed().filter_map(|gate| gate.until).max()
    }
}

/// What a search found.
pub(super) struct CandidateSearch {
    /// The candidate of a target, or why there is none.
    pub(super) choice: Result<Candidate, GateReason>,
    /// Newer releases that the search passed over because their registry lacks them, newest first.
    pub(super) passed_over: Vec<GateReason>,
}

/// The same reason without the change on which a command can be written: it is about a release that no change carries, and
/// the words must be the same before and after an opening.
fn without_change(gone: &GateReason) -> GateReason {
    let mut gone = gone.clone();
    if let GateReason::Artifact(ArtifactReason::Gone { change, .. }) = &mut gone {
        *change = None;
    }
    gone
}

/// Searches for the candidate of a target: the newest release that passes the open gates and that the registry still has,
/// as far as `checks` says to ask.
pub(super) fn search(case: &PromotionView<'_>, checks: PresenceChecks<'_>) -> CandidateSearch {
    let offers = match offers(case) {
        Ok(offers) => offers,
        Err(reason) => return CandidateSearch { choice: Err(reason), passed_over: Vec::new() },
    };
    let mut nearest: Option<Candidate> = None;
    let mut passed_over = Vec::new();
    for (index, offer) in offers.iter().enumerate().take(CANDIDATES_MAX) {
        let release = match release_of(case, offer) {
            Ok(Some(release)) => release,
            Ok(None) => {
                passed_over.extend(without_manifest(case, offer));
                continue;
            }
            Err(reason) => {
                ask_ahead(case, &offers, index, checks);
                return CandidateSearch { choice: nearest.ok_or(reason), passed_over };
            }
        };
        // What comes after this in the order is older than what is written.
        if case.is_written(&release.references()) {
            let release = release.name().clone();
            let choice = nearest.ok_or_else(|| ArtifactReason::DigestRuns { release }.into());
            return CandidateSearch { choice, passed_over };
        }
        let choice = judged(case, release, checks);
        if choice.passes() {
            return CandidateSearch { choice: Ok(choice), passed_over };
        }
        if choice.is_unknown() {
            ask_ahead(case, &offers, index, checks);
            return CandidateSearch { choice: Ok(choice), passed_over };
        }
        passed_over.extend(choice.gone().map(without_change));
        if nearest.as_ref().is_none_or(|best| choice.distance() < best.distance()) {
            nearest = Some(choice);
        }
    }
    CandidateSearch { choice: nearest.ok_or(GateReason::NothingNewer), passed_over }
}

/// A release with what the open gates say, the registry last: it is asked only for what nothing else stops.
fn judged(case: &PromotionView<'_>, release: Release, checks: PresenceChecks<'_>) -> Candidate {
    let mut gates = gates::open(case, &release);
    // The content is worked out at the same time, which needs no answer of the registry.
    let is_open =
        |report: &GateReport| report.verdict == Verdict::Pass || report.reason == GateReason::NotObserved;
    if gates.iter().all(is_open) && checks.ask_about(case, &release) {
        gates.extend(gates::missing(case, &release));
    }
    Candidate { release, gates }
}

/// Why an offer makes no release: the registry has no manifest for one of its tags.
fn without_manifest(case: &PromotionView<'_>, offer: &[ImageReference]) -> Option<GateReason> {
    let absent = offer.iter().find(|reference| evidence::digest(case, reference) == Ok(None))?;
    let (image, tag) = (absent.image.clone(), absent.tag.clone()?);
    Some(ArtifactReason::WithoutManifest { image, tag }.into())
}

/// The release that an offer makes and its open gates; `None` if one of its tags is gone from the registry.
fn choice_of(
    case: &PromotionView<'_>,
    offer: &[ImageReference],
    checks: PresenceChecks<'_>,
) -> Result<Option<Candidate>, GateReason> {
    let release = release_of(case, offer)?;
    Ok(release.map(|release| judged(case, release, checks)))
}

/// Names the needs of the offers after the one at which a search stops, in proportion to what it passed over.
fn ask_ahead(case: &PromotionView<'_>, offers: &[Offer], passed_over: usize, checks: PresenceChecks<'_>) {
    let ahead = (passed_over * AHEAD_PER_PASSED_OVER).min(AHEAD_MAX);
    for offer in offers.iter().skip(passed_over + 1).take(ahead) {
        drop(choice_of(case, offer, checks));
    }
}

/// When, on our clock, something newer than a release may become the candidate by itself.
pub(super) fn next_newer(case: &PromotionView<'_>, release: &Release) -> Option<Time> {
    let order = case.order_of(release);
    let is_newer = |offer: &Vec<ImageReference>| case.order(offer) > order;
    let newer = offers(case).ok()?.into_iter().take(CANDIDATES_MAX).filter(is_newer);
    let choices = newer.filter_map(|offer| choice_of(case, &offer, PresenceChecks::Nothing).ok()?);
    let until = choices.filter(|choice| !choice.is_refused()).filter_map(|choice| choice.until()).min();
    until.map(|until| case.world.on_our_clock(until))
}

/// The release that an offer makes; nothing where one of its tags is gone from the registry.
pub(super) fn release_of(
    case: &PromotionView<'_>,
    offer: &[ImageReference],
) -> Result<Option<Release>, GateReason> {
    // All are asked for at once, whichever of them is known.
    let artifacts: Vec<_> = offer.iter().map(|reference| artifact_of(case, reference)).collect();
    let artifacts: Option<Vec<Artifact>> = artifacts.into_iter().collect::<Result<_, GateReason>>()?;
    Ok(artifacts.and_then(Release::of_all))
}

fn artifact_of(case: &PromotionView<'_>, reference: &ImageReference) -> Result<Option<Artifact>, GateReason> {
    let Some(tag) = &reference.tag else { return Ok(None) };
    let digest = evidence::digest(case, reference)?;
    Ok(digest.map(|digest| Artifact { image: reference.image.clone(), tag: tag.clone(), digest }))
}
