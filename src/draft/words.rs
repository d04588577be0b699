//! Drafts that need no content, with their words.

use super::{Draft, DraftInput, DraftSummary};
use crate::decide::{Action, BotComment};
use crate::model::{
    ChangeNumber, Deployment, Event, ImageReference, PublishedComment, Record, ServiceEnvironment,
};
use crate::render::{self, RemarkInput};

/// A draft of an action that changes no file.
pub(super) fn simple<E>(action: &Action, target: &ServiceEnvironment, effect: E) -> Draft<E> {
    Draft { effect, summary: summary(action, Some(target)) }
}

/// A draft of a line of the log.
pub(super) fn record(record: &Record, action: &Action) -> Draft<Record> {
    Draft { effect: record.clone(), summary: summary(action, target_of(&record.event)) }
}

/// The summary of an action that changes no file.
fn summary(action: &Action, target: Option<&ServiceEnvironment>) -> DraftSummary {
    DraftSummary {
        kind: action.kind(),
        target: target.cloned(),
        release: None,
        because: render::action_because(action),
        files: Vec::new(),
    }
}

/// The deployment that reports a landing to the forge.
pub(super) fn deployment(
    input: &DraftInput<'_>,
    target: &ServiceEnvironment,
    images: &[ImageReference],
    change: Option<ChangeNumber>,
) -> Deployment {
    Deployment {
        target: target.clone(),
        images: images.to_vec(),
        commit: input.world.head.clone(),
        change,
        is_last: input.policy.is_last(target),
        description: render::deployment(target, images),
    }
}

/// A comment of the bot, worded.
pub(super) fn comment(
    input: &DraftInput<'_>,
    target: &ServiceEnvironment,
    comment: &BotComment,
) -> PublishedComment {
    let judgement = input.plan.judgement(target);
    let words = RemarkInput { target, judgement, policy: input.policy, now: input.world.now };
    PublishedComment {
        over: comment.over().cloned(),
        outdates: comment.outdates(),
        about: comment.about(),
        body: render::remark(comment, &words),
    }
}

const fn target_of(event: &Event) -> Option<&ServiceEnvironment> {
    match event {
        Event::Landed { target, .. }
        | Event::Withdrawn { target, .. }
        | Event::ClockCorrected { target, .. }
        | Event::Declined { target, .. } => Some(target),
        Event::TagMoved { .. } | Event::ClockSetBack { .. } | Event::Handled { .. } => None,
    }
}
