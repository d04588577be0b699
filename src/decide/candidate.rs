//! The candidate: the newest release whose open gates pass, or the one nearest to that.

use std::collections::BTreeSet;

use super::case::Case;
use super::gates;
use super::plan::{GateReport, Need, Verdict};
use super::reason::Reason;
use crate::model::{Artifact, Fact, ImageReference, Landing, Rank, Release, Standing, Tag, Time};

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
    let offers = offers(case)?;
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
    let is_newer = |offer: &ImageReference| {
        offer.tag.as_ref().and_then(|tag| case.service.selection.order(tag)) > case.order_of(release)
    };
    let newer = offers(case).ok()?.into_iter().take(CANDIDATES_MAX).filter(is_newer);
    let choices = newer.filter_map(|offer| {
        let release = release_of(case, &offer, needs).ok()??;
        Some(Choice { gates: gates::open(case, &release, needs), release })
    });
    choices.filter(|choice| !choice.is_refused()).filter_map(|choice| choice.until()).min()
}

/// What could come here and is newer than what runs, newest first; only what a person asked for, where one did.
fn offers(case: &Case<'_>) -> Result<Vec<ImageReference>, Reason> {
    if let Some(request) = case.request() {
        return Ok(newer(case, request.images.iter().cloned()));
    }
    if case.environment.after.environments.is_empty() {
        let image = &case.service.image;
        let tags = listed(case)?;
        let selected = case.service.selection.newest_first(tags);
        if selected.is_empty() {
            return Err(Reason::NothingSelected { image: image.clone() });
        }
        let reference =
            |tag: &Tag| ImageReference { image: image.clone(), tag: Some(tag.clone()), digest: None };
        return Ok(newer(case, selected.into_iter().map(reference)));
    }
    Ok(newer(case, landed_before(case)))
}

fn newer(case: &Case<'_>, images: impl Iterator<Item = ImageReference>) -> Vec<ImageReference> {
    let is_newer = |image: &ImageReference| {
        image.image == case.service.image
            && image.tag.as_ref().is_some_and(|tag| case.is_newer_than_running(tag))
    };
    let order =
        |image: &ImageReference| -> Option<Rank> { case.service.selection.order(image.tag.as_ref()?) };
    let mut newer: Vec<ImageReference> = images.filter(is_newer).collect();
    newer.sort_by_key(|image| std::cmp::Reverse(order(image)));
    newer.dedup();
    newer
}

fn listed<'a>(case: &Case<'a>) -> Result<&'a [Tag], Reason> {
    match case.world.listings.get(&case.service.image) {
        None => Err(Reason::NotObserved),
        Some(Fact::Unknown { why, .. }) => Err(Reason::TagsUnknown { why: why.to_string() }),
        Some(Fact::Known { value, .. }) => Ok(value),
    }
}

/// What ever landed in an environment before and was not taken back.
fn landed_before(case: &Case<'_>) -> impl Iterator<Item = ImageReference> {
    let before = &case.environment.after.environments;
    let landings = before.iter().flat_map(|name| case.history.landings(&case.sibling(name)));
    let stands = |landing: &&Landing| landing.standing == Standing::Stands;
    landings.filter(stands).flat_map(|landing| landing.images.clone())
}

/// The release that a reference names; nothing where its tag is gone from the registry.
pub(super) fn release_of(
    case: &Case<'_>,
    reference: &ImageReference,
    needs: &mut BTreeSet<Need>,
) -> Result<Option<Release>, Reason> {
    let Some(tag) = &reference.tag else { return Ok(None) };
    let image = reference.image.clone();
    let artifact = |digest| Some(Release::of(Artifact { image: image.clone(), tag: tag.clone(), digest }));
    if let Some(digest) = &reference.digest {
        return Ok(artifact(digest.clone()));
    }
    match case.world.digests.get(&(image.clone(), tag.clone())) {
        Some(Fact::Known { value, .. }) => Ok(value.clone().and_then(artifact)),
        Some(Fact::Unknown { why, .. }) => {
            Err(Reason::DigestUnknown { tag: tag.clone(), why: why.to_string() })
        }
        None => {
            needs.insert(Need::Digest { image, tag: tag.clone() });
            Err(Reason::NotObserved)
        }
    }
}
