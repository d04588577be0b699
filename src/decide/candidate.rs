//! The candidate: the newest release whose open gates pass, or the one nearest to that.

use std::collections::BTreeSet;

use super::case::Case;
use super::evidence;
use super::gates;
use super::offers::{Offer, offers};
use super::plan::{GateReport, Need, Verdict};
use super::reason::{ArtifactReason, Reason};
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
pub(super) struct Choice {
    pub(super) release: Release,
    pub(super) gates: Vec<GateReport>,
}

impl Choice {
    pub(super) fn passes(&self) -> bool {
        gates::all_pass(&self.gates)
    }

    fn is_unknown(&self) -> bool {
        self.gates.iter().any(|gate| gate.reason == Reason::NotObserved)
    }

    /// Without a refusal first, then fewest closed gates, then the one that opens by itself, and soonest.
    fn distance(&self) -> (bool, usize, bool, Option<Time>) {
        let closed: Vec<&GateReport> =
            self.gates.iter().filter(|gate| gate.verdict != Verdict::Pass).collect();
        (self.is_refused(), closed.len(), self.until().is_none(), self.until())
    }

    fn is_refused(&self) -> bool {
        self.gates.iter().any(|gate| gate.verdict == Verdict::Fail)
    }

    /// When all gates that open by themselves are open; nothing where none of them waits.
    fn until(&self) -> Option<Time> {
        self.gates.iter().filter(|gate| gate.verdict != Verdict::Pass).filter_map(|gate| gate.until).max()
    }
}

/// The candidate of a target, or why there is none.
pub(super) fn search(case: &Case<'_>, needs: &mut BTreeSet<Need>) -> Result<Choice, Reason> {
    let offers = offers(case, needs)?;
    let mut nearest: Option<Choice> = None;
    for (passed_over, offer) in offers.iter().enumerate().take(CANDIDATES_MAX) {
        let release = match release_of(case, offer, needs) {
            Ok(None) => continue,
            Ok(Some(release)) => release,
            Err(reason) => {
                ask_ahead(case, &offers, passed_over, needs);
                return nearest.ok_or(reason);
            }
        };
        // What comes after this in the order is older than what is written.
        if case.is_written(&release.references()) {
            let release = release.name().clone();
            return nearest.ok_or_else(|| ArtifactReason::DigestRuns { release }.into());
        }
        let choice = Choice { gates: gates::open(case, &release, needs), release };
        if choice.passes() {
            return Ok(choice);
        }
        if choice.is_unknown() {
            ask_ahead(case, &offers, passed_over, needs);
            return Ok(choice);
        }
        if nearest.as_ref().is_none_or(|best| choice.distance() < best.distance()) {
            nearest = Some(choice);
        }
    }
    nearest.ok_or(Reason::NothingNewer)
}

/// The release that an offer makes and its open gates; `None` if one of its tags is gone from the registry.
fn choice_of(
    case: &Case<'_>,
    offer: &[ImageReference],
    needs: &mut BTreeSet<Need>,
) -> Result<Option<Choice>, Reason> {
    let release = release_of(case, offer, needs)?;
    Ok(release.map(|release| Choice { gates: gates::open(case, &release, needs), release }))
}

/// Names the needs of the offers after the one at which a search stops, in proportion to what it passed over.
fn ask_ahead(case: &Case<'_>, offers: &[Offer], passed_over: usize, needs: &mut BTreeSet<Need>) {
    let ahead = (passed_over * AHEAD_PER_PASSED_OVER).min(AHEAD_MAX);
    for offer in offers.iter().skip(passed_over + 1).take(ahead) {
        drop(choice_of(case, offer, needs));
    }
}

/// When something newer than a release may become the candidate by itself.
pub(super) fn next_newer(case: &Case<'_>, release: &Release, needs: &mut BTreeSet<Need>) -> Option<Time> {
    let order = case.order_of(release);
    let is_newer = |offer: &Vec<ImageReference>| case.order(offer) > order;
    let newer = offers(case, needs).ok()?.into_iter().take(CANDIDATES_MAX).filter(is_newer);
    let choices = newer.filter_map(|offer| choice_of(case, &offer, needs).ok()?);
    choices.filter(|choice| !choice.is_refused()).filter_map(|choice| choice.until()).min()
}

/// The release that an offer makes; nothing where one of its tags is gone from the registry.
pub(super) fn release_of(
    case: &Case<'_>,
    offer: &[ImageReference],
    needs: &mut BTreeSet<Need>,
) -> Result<Option<Release>, Reason> {
    // All are asked for at once, whichever of them is known.
    let artifacts: Vec<_> = offer.iter().map(|reference| artifact_of(case, reference, needs)).collect();
    let artifacts: Option<Vec<Artifact>> = artifacts.into_iter().collect::<Result<_, Reason>>()?;
    Ok(artifacts.and_then(Release::of_all))
}

fn artifact_of(
    case: &Case<'_>,
    reference: &ImageReference,
    needs: &mut BTreeSet<Need>,
) -> Result<Option<Artifact>, Reason> {
    let Some(tag) = &reference.tag else { return Ok(None) };
    let digest = evidence::digest(case, reference, needs)?;
    Ok(digest.map(|digest| Artifact { image: reference.image.clone(), tag: tag.clone(), digest }))
}
