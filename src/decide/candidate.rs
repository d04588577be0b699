//! The candidate: the newest release whose open gates pass, or the one nearest to that.

use std::collections::BTreeSet;

use super::case::Case;
use super::evidence;
use super::gates;
use super::offers::offers;
use super::plan::{GateReport, Need, Verdict};
use super::reason::Reason;
use crate::model::{Artifact, ImageReference, Release, Time};

/// How many releases are judged for one target, newest first; older ones are not looked at. A release that only
/// waits costs no request, so a busy environment before does not fill this up with what is really next.
const CANDIDATES_MAX: usize = 2_000;

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
    let mut absent = 0;
    for (index, offer) in offers.iter().enumerate().take(CANDIDATES_MAX) {
        let release = match release_of(case, offer, needs) {
            Ok(Some(release)) => release,
            Ok(None) => {
                absent += 1;
                continue;
            }
            Err(reason) => {
                // Where many tags lead nowhere, more and more are asked for at once.
                let further = offers.iter().skip(index + 1).take(absent);
                further.for_each(|offer| drop(release_of(case, offer, needs)));
                return nearest.ok_or(reason);
            }
        };
        let choice = Choice { gates: gates::open(case, &release, needs), release };
        if choice.passes() || choice.is_unknown() {
            return Ok(choice);
        }
        if nearest.as_ref().is_none_or(|best| choice.distance() < best.distance()) {
            nearest = Some(choice);
        }
    }
    nearest.ok_or(Reason::NothingNewer)
}

/// When something newer than a release may become the candidate by itself.
pub(super) fn next_newer(case: &Case<'_>, release: &Release, needs: &mut BTreeSet<Need>) -> Option<Time> {
    let order = case.order_of(release);
    let is_newer = |offer: &Vec<ImageReference>| case.order(offer) > order;
    let newer = offers(case, needs).ok()?.into_iter().take(CANDIDATES_MAX).filter(is_newer);
    let choices = newer.filter_map(|offer| {
        let release = release_of(case, &offer, needs).ok()??;
        Some(Choice { gates: gates::open(case, &release, needs), release })
    });
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
