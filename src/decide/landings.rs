//! What is true and not yet in the log: landings, set-backs by hand, changes that a person closed.
//!
//! A rewritten branch is recognised by what it lost. Where a head of ours is as it was written but its base is no
//! longer in the branch, the branch was rewritten: the change is committed again first, since merging it would bring
//! back what was dropped. Where what runs ran before, and the merge of the last landing is no longer in the branch, a
//! rewrite set it back, not a user: landings are withdrawn as after a setting by hand, but automation goes on. After a
//! rebase, a later setting by hand to what ran before is taken for a rewrite.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::model::{
    ChangeState, CommitId, Environment, Event, Fact, Gate, ImageName, ImageReference, Landing, LandingStatus,
    ObservedChange, Obstacle, Origin, Record, Time, WithdrawalReason, World,
};

use super::need::Need;
use super::promotion_view::PromotionView;
use super::reason::GateReason;
use super::record_now;

/// How far a landing may be dated in the future because two right clocks differ.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::seconds(60);

/// The records that the log lacks about this target, in the order in which things happened.
pub(super) fn unrecorded(case: &PromotionView<'_>) -> Vec<Record> {
    let mut records = merged(case);
    records.extend(set_otherwise(case, &records));
    records.extend(closed_by_people(case));
    records
}

/// The landings that are dated in the future, for which an environment that follows has to soak. A clock was ahead when they
/// were dated: the forge's time is right where it has a clock of its own, and the present one of this machine elsewhere. The
/// soak counts from now on, so that it takes its length once the clock is right, however far that was ahead.
pub(super) fn clock_corrections(case: &PromotionView<'_>) -> Vec<Record> {
    let has_soak = |follower: &Environment| follower.gates.iter().any(|gate| matches!(gate, Gate::Soak(_)));
    if !case.pipeline().followers(&case.environment.name).any(has_soak) {
        return Vec::new();
    }
    let latest = case.world.forge_time().checked_add_signed(CLOCKS_DIFFER_MAX).unwrap_or(Time::MAX_UTC);
    let is_ahead = |landing: &&Landing| landing.at > latest && landing.standing == LandingStatus::Effective;
    let event = |landing: &Landing| Event::ClockCorrected {
        target: case.target.clone(),
        images: landing.images.clone(),
        was: landing.at,
    };
    let ahead = case.history.landings(&case.target).iter().filter(is_ahead);
    ahead.map(|landing| record_now(case.world, event(landing))).collect()
}

/// That the clock shows an earlier time than a record of the log, where no forge's clock tells which is right: it was set back,
/// or was ahead before. It is recorded once for each such time.
pub(super) fn clock_set_back(world: &World) -> Option<Record> {
    if world.forge_ahead.is_some() {
        return None;
    }
    let latest = world.history.latest()?;
    let is_behind = world.now.checked_add_signed(CLOCKS_DIFFER_MAX).is_some_and(|now| now < latest);
    let is_known = world.history.set_back_from() == Some(latest);
    (is_behind && !is_known).then(|| record_now(world, Event::ClockSetBack { latest }))
}

/// What is adopted at first sight: what runs where the log and the changes know of no landing.
pub(super) fn first_seen(case: &PromotionView<'_>) -> Vec<Record> {
    let is_known = case.history.last_landing(&case.target).is_some() || !merged(case).is_empty();
    if is_known || unread(case).is_some() { Vec::new() } else { set_otherwise(case, &[]) }
}

/// Why the content of a change that is open, or merged and not in the log yet, is not known.
fn unread<'a>(case: &PromotionView<'a>) -> Option<&'a Obstacle> {
    let is_closed = |observed: &&ObservedChange| matches!(observed.change.state, ChangeState::Closed { .. });
    case.changes().filter(|observed| !is_closed(observed)).find_map(|observed| observed.unread.as_ref())
}

/// Landings by our own merged changes, in the order of their merges.
fn merged(case: &PromotionView<'_>) -> Vec<Record> {
    let mut records: Vec<Record> = case.changes().filter_map(|observed| landing_by(case, observed)).collect();
    records.sort_by_key(|record| record.at);
    records
}

/// The landing that a merged change brought, if it is not in the log.
///
/// A head with a person's commits says nothing reliable about its content; what it brought is then seen as what
/// runs, like any direct push.
fn landing_by(case: &PromotionView<'_>, observed: &ObservedChange) -> Option<Record> {
    let at = PromotionView::merged_at(observed)?;
    let number = observed.change.number;
    if case.history.has_landed(&case.target, number) || !observed.is_ours() {
        return None;
    }
    let images = case.release_of(observed)?.references();
    // Of a merge that a rewrite made anew, only what runs tells that it is there.
    if observed.is_base_lost && !case.running().is_some_and(|running| is_run(&images, &running.references()))
    {
        return None;
    }
    Some(match brought_otherwise(case, observed, &images) {
        Some(running) => landed(case, at, running, Origin::Altered(number)),
        None => landed(case, at, images, Origin::Change(number)),
    })
}

/// What a merge brought, where it is the newest commit and what runs at it is not what the change carried: a squash, a
/// rebase or a person may have changed it. Where the base has moved on, that cannot be told apart from a later setting.
fn brought_otherwise(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
    images: &[ImageReference],
) -> Option<Vec<ImageReference>> {
    let ChangeState::Merged { commit, .. } = &observed.change.state else { return None };
    if *commit != case.world.head {
        return None;
    }
    let running = case.running()?.references();
    (!is_run(images, &running) && same_names(images, &running)).then_some(running)
}

fn landed(case: &PromotionView<'_>, at: Time, images: Vec<ImageReference>, origin: Origin) -> Record {
    Record { at, event: Event::Landed { target: case.target.clone(), images, origin } }
}

/// What runs although nothing in the log brought it: adopted at first sight, set by a person later.
fn set_otherwise(case: &PromotionView<'_>, merged: &[Record]) -> Vec<Record> {
    let Some(running) = case.running().map(crate::model::Running::references) else { return Vec::new() };
    let now = case.world.forge_time();
    match last_known(case, merged) {
        None => vec![landed(case, now, running, Origin::Adopted)],
        Some(known) if is_run(known, &running) => Vec::new(),
        // The head was read after the changes: the merge that brought this may not show yet.
        Some(_) if is_being_merged(case, &running) => Vec::new(),
        // The configuration names other images of the service now; nobody set anything.
        Some(known) if !same_names(known, &running) => vec![landed(case, now, running, Origin::Adopted)],
        Some(_) => {
            let (origin, because) = match lost_merge(case, merged, &running) {
                Some(_) => (Origin::Rewritten, WithdrawalReason::Rewritten),
                None => (Origin::Hand, WithdrawalReason::SetBack),
            };
            let mut records = withdrawn(case, merged, because, &running);
            records.push(landed(case, now, running, origin));
            records
        }
    }
}

/// Why it cannot be told yet whether a person set a target back, the branch was rewritten, or a change of the bot was merged.
/// Nothing may rest on either until then.
pub(super) fn lacking(case: &PromotionView<'_>) -> Option<GateReason> {
    if let Some(obstacle) = unread(case) {
        return Some(GateReason::Obstacle(obstacle.clone()));
    }
    let merged = merged(case);
    let running = case.running()?.references();
    let known = last_known(case, &merged)?;
    if is_run(known, &running) || is_being_merged(case, &running) || !same_names(known, &running) {
        return None;
    }
    let commit = merge_to_ask_for(case, &merged, &running)?;
    match case.facts.contained(commit) {
        Some(Fact::Known { .. }) => None,
        Some(Fact::Unknown { why, .. }) => Some(GateReason::HistoryUnknown { why: why.to_string() }),
        None => {
            case.facts.need(Need::Contained { commit: commit.clone() });
            Some(GateReason::NotObserved)
        }
    }
}

/// The merge that brought the last landing, where the branch was rewritten without it.
fn lost_merge<'a>(
    case: &'a PromotionView<'_>,
    merged: &[Record],
    running: &[ImageReference],
) -> Option<&'a CommitId> {
    let commit = merge_to_ask_for(case, merged, running)?;
    (case.facts.contained(commit)?.value() == Some(&false)).then_some(commit)
}

/// The merge that brought the last landing, where what runs ran here before: only then may a rewrite have brought it back.
fn merge_to_ask_for<'a>(
    case: &'a PromotionView<'_>,
    merged: &[Record],
    running: &[ImageReference],
) -> Option<&'a CommitId> {
    let landings = case.history.landings(&case.target);
    if !landings.iter().any(|landing| is_run(&landing.images, running)) {
        return None;
    }
    let found = merged.last().and_then(landing_origin);
    let origin = found.or_else(|| landings.last().map(|landing| &landing.origin))?;
    let (Origin::Change(number) | Origin::Altered(number)) = origin else { return None };
    let observed = case.changes().find(|observed| observed.change.number == *number)?;
    match &observed.change.state {
        ChangeState::Merged { commit, .. } => Some(commit),
        ChangeState::Open | ChangeState::Closed { .. } => None,
    }
}

/// Whether an open change of ours brings just what runs already. If it was not that change, it closes as overtaken,
/// and what runs is recorded after that.
fn is_being_merged(case: &PromotionView<'_>, running: &[ImageReference]) -> bool {
    let ours = case.open_change().filter(|observed| observed.is_ours());
    let release = ours.and_then(|observed| case.release_of(observed));
    release.is_some_and(|release| release.is_among(running))
}

/// What should run: the last landing, those just found included.
fn last_known<'a>(case: &'a PromotionView<'_>, merged: &'a [Record]) -> Option<&'a [ImageReference]> {
    let found = merged.last().and_then(landing_images);
    found.or_else(|| case.history.last_landing(&case.target).map(|landing| landing.images.as_slice()))
}

fn landing_images(record: &Record) -> Option<&[ImageReference]> {
    match &record.event {
        Event::Landed { images, .. } => Some(images),
        Event::Withdrawn { .. }
        | Event::Declined { .. }
        | Event::TagMoved { .. }
        | Event::ClockCorrected { .. }
        | Event::ClockSetBack { .. }
        | Event::Handled { .. } => None,
    }
}

const fn landing_origin(record: &Record) -> Option<&Origin> {
    match &record.event {
        Event::Landed { origin, .. } => Some(origin),
        Event::Withdrawn { .. }
        | Event::Declined { .. }
        | Event::TagMoved { .. }
        | Event::ClockCorrected { .. }
        | Event::ClockSetBack { .. }
        | Event::Handled { .. } => None,
    }
}

/// The landings that were taken back by setting something older, or something without an order.
fn withdrawn(
    case: &PromotionView<'_>,
    merged: &[Record],
    because: WithdrawalReason,
    running: &[ImageReference],
) -> Vec<Record> {
    let stands = |landing: &&Landing| landing.standing == LandingStatus::Effective;
    let logged =
        case.history.landings(&case.target).iter().filter(stands).map(|landing| landing.images.as_slice());
    let present = case.order(running);
    let mut gone: Vec<&[ImageReference]> = Vec::new();
    for images in logged.chain(merged.iter().filter_map(landing_images)) {
        let is_newer = present.is_unknown() || case.order(images) > present;
        if is_newer && !is_run(images, running) && !gone.contains(&images) {
            gone.push(images);
        }
    }
    let event = |images: &[ImageReference]| Event::Withdrawn {
        target: case.target.clone(),
        images: images.to_vec(),
        because,
    };
    gone.into_iter().map(|images| record_now(case.world, event(images))).collect()
}

/// Changes that a person closed: their content is declined.
fn closed_by_people(case: &PromotionView<'_>) -> Vec<Record> {
    case.changes().filter_map(|observed| decline_of(case, observed)).collect()
}

fn decline_of(case: &PromotionView<'_>, observed: &ObservedChange) -> Option<Record> {
    let change = &observed.change;
    let ChangeState::Closed { at, by } = &change.state else { return None };
    let known = case.history.declines(&case.target).any(|decline| decline.change == change.number);
    if *by == case.world.bot || known {
        return None;
    }
    // What the bot proposed is what was declined, whatever a person committed on top of it.
    let mark = change.content_mark()?;
    let event = Event::Declined {
        target: case.target.clone(),
        images: mark.images,
        key: mark.key,
        change: change.number,
        by: by.clone(),
    };
    Some(Record { at: *at, event })
}

/// Whether two lists are about the same images.
fn same_names(left: &[ImageReference], right: &[ImageReference]) -> bool {
    let names = |images: &[ImageReference]| -> BTreeSet<ImageName> {
        images.iter().map(|reference| reference.image.clone()).collect()
    };
    names(left) == names(right)
}

/// Whether what runs is what landed. Where a format has no place for a digest, or none for a tag, what is written tells.
fn is_run(landed: &[ImageReference], running: &[ImageReference]) -> bool {
    fn agrees<T: PartialEq>(landed: Option<&T>, written: Option<&T>) -> bool {
        written.is_none() || written == landed
    }
    let is_it = |landed: &ImageReference, running: &ImageReference| {
        let says_something = running.tag.is_some() || running.digest.is_some();
        landed == running
            || (landed.image == running.image
                && says_something
                && agrees(landed.tag.as_ref(), running.tag.as_ref())
                && agrees(landed.digest.as_ref(), running.digest.as_ref()))
    };
    landed.len() == running.len() && landed.iter().all(|own| running.iter().any(|other| is_it(own, other)))
}
