//! Drafts that need no content, with their words.

use super::{Draft, DraftInput, Effect};
use crate::decide::{Action, BotComment};
use crate::model::{
    ChangeNumber, Deployment, Event, ImageReference, PublishedComment, Record, ServiceEnvironment,
};
use crate::render::{self, RemarkInput};

/// A draft of an action that changes no file.
pub(super) fn simple(action: &Action, target: &ServiceEnvironment, effect: Effect) -> Draft {
    Draft {
        effect,
        action: action.word(),
        target: Some(target.clone()),
        release: None,
        because: render::action_because(action),
        files: Vec::new(),
    }
}

/// What the forge is told of a landing.
pub(super) fn deployment(
    subject: &DraftInput<'_>,
    target: &ServiceEnvironment,
    (images, change): (&[ImageReference], Option<ChangeNumber>),
) -> Deployment {
    Deployment {
        target: target.clone(),
        images: images.to_vec(),
        commit: subject.world.head.clone(),
        change,
        is_last: subject.policy.is_last(target),
        description: render::deployment(target, images),
    }
}

/// What the bot says, in words.
pub(super) fn remark(
    subject: &DraftInput<'_>,
    target: &ServiceEnvironment,
    remark: &BotComment,
) -> PublishedComment {
    let judgement = subject.plan.judgement(target);
    let input = RemarkInput { target, judgement, policy: subject.policy, now: subject.world.now };
    let body = render::remark(remark, &input);
    PublishedComment {
        over: remark.over().cloned(),
        outdates: remark.outdates(),
        about: remark.about(),
        body,
    }
}

/// A draft of a line of the log.
pub(super) fn record(record: &Record, action: &Action) -> Draft {
    Draft {
        effect: Effect::Record(record.clone()),
        action: action.word(),
        target: target_of(&record.event).cloned(),
        release: None,
        because: render::action_because(action),
        files: Vec::new(),
    }
}

const fn target_of(event: &Event) -> Option<&ServiceEnvironment> {
    match event {
        Event::Landed { target, .. }
        | Event::Withdrawn { target, .. }
        | Event::ClockCorrected { target, .. }
        | Event::Declined { target, .. } => Some(target),
        Event::TagMoved { .. } | Event::Handled { .. } => None,
    }
}
