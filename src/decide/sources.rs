//! What changed in the source code: asked for only where a change is open or about to be, and nothing waits for it.
//!
//! A comparison is asked for only where both artifacts name one repository on the forge's own pages and a whole commit
//! each, and only within `repositories`: labels are written by whoever pushes images. Builds that did not pass are
//! asked for again, in pauses that double up to an hour.

use super::evidence;
use super::need::Need;
use super::plan::{Action, Judgement};
use super::promotion_view::PromotionView;
use crate::model::{ImageReference, Release, Running, SourceSpan};

/// Names what is not known yet of the source code that a change brings.
pub(super) fn ask(case: &PromotionView<'_>, judgement: &Judgement, action: Option<&Action>) {
    let release = match action {
        // Before a merge the change is shown once more, and has to show what it showed when it was opened.
        Some(
            Action::Open { release, .. } | Action::Update { release, .. } | Action::Merge { release, .. },
        ) => Some(release),
        Some(
            Action::Close { .. }
            | Action::Record { .. }
            | Action::Dequeue { .. }
            | Action::DeleteBranch { .. }
            | Action::Comment { .. }
            | Action::React { .. }
            | Action::Announce { .. },
        )
        | None => judgement.change.and(judgement.candidate.as_ref()),
    };
    if let (Some(release), Some(pages)) = (release, &case.world.capabilities.web_url) {
        ask_of(case, release, pages);
    }
}

fn ask_of(case: &PromotionView<'_>, release: &Release, pages: &str) {
    let running = case.running().map(Running::references).unwrap_or_default();
    for new in release.references() {
        let is_old = |old: &&ImageReference| old.image == new.image && old.digest != new.digest;
        let Some(old) = running.iter().find(is_old) else { continue };
        // What cannot be known is not shown; both are asked for at once.
        let said = [old, &new].map(|reference| evidence::description(case, reference));
        let [Ok(Some(old)), Ok(Some(new))] = said else { continue };
        // An image says what it likes of itself, so it must not decide what the bot reads.
        let is_allowed = |span: &SourceSpan| case.policy.may_use(&case.world.place.forge, &span.repository);
        let is_known = |span: &SourceSpan| case.facts.source(span).is_some();
        let span = SourceSpan::between(pages, old, new);
        if let Some(span) = span.filter(|span| is_allowed(span) && !is_known(span)) {
            case.facts.need(Need::Source(span));
        }
    }
}
