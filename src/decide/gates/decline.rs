//! Content that a person declined is not proposed again, and neither is anything older.
//!
//! A declined release also blocks older ones: after a user closed 1.4.2, opening 1.4.1 would surprise them. Another tag of
//! the artifacts that were declined is declined too, since it would run the same.

use crate::decide::need::Need;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::GateReason;
use crate::model::{ContentKey, Decline, Release};

/// Waits for the content key; fails where the edit itself is refused. Of a release that is not next yet, the
/// content is not asked for: there its images tell well enough.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release, is_next: bool) -> GateReport {
    let report = |verdict, reason| GateReport { gate: GateName::Decline, verdict, until: None, reason };
    match case.facts.key(&case.target, release) {
        None if !is_next => verdict(case, release, None),
        None => {
            case.facts.need(Need::Key { target: case.target.clone(), release: release.clone() });
            report(Verdict::Wait, GateReason::NotObserved)
        }
        Some(Err(obstacle)) => report(Verdict::Fail, GateReason::Obstacle(obstacle.clone())),
        Some(Ok(key)) => verdict(case, release, Some(key)),
    }
}

fn verdict(case: &PromotionView<'_>, release: &Release, key: Option<&ContentKey>) -> GateReport {
    let report = |verdict, reason| GateReport { gate: GateName::Decline, verdict, until: None, reason };
    match declined(case, release, key) {
        None => report(Verdict::Pass, GateReason::NotDeclined),
        Some(decline) => report(
            Verdict::Fail,
            GateReason::Declined {
                by: decline.by.clone(),
                change: decline.change,
                environment: case.target.environment.clone(),
                version: release.name().clone(),
                write_on: case.takes_requests(),
            },
        ),
    }
}

fn declined<'a>(
    case: &'a PromotionView<'_>,
    release: &Release,
    key: Option<&ContentKey>,
) -> Option<&'a Decline> {
    let requested = case.last_request_of(release);
    let stands = |decline: &&Decline| requested.is_none_or(|order| order < decline.order);
    let is_older = |decline: &Decline| case.order_of(release) < case.order(&decline.images);
    let mut declines = case.history.declines(&case.target).filter(stands);
    let is_same = |decline: &Decline| {
        let is_content = match key {
            Some(key) => decline.key == *key,
            None => release.is_among(&decline.images),
        };
        is_content || release.has_digests_of(&decline.images)
    };
    declines.find(|decline| is_same(decline) || is_older(decline))
}
