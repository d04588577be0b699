//! Planned actions become concrete commits, proposals, merges and comments, worded and ready. Still without I/O.

mod content;
mod presentation;
mod words;

use crate::decide::{Action, GatesPassed, Plan};
use crate::model::{
    BranchName, ChangeNumber, CommitId, Deployment, FileChange, Merge, NewReaction, Policy, Presentation,
    Proposal, PublishedComment, Record, ServiceEnvironment, Tree, World,
};
use crate::overlay::Overlays;

/// What is done at the forge, complete in every byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Append a line to the log.
    Record(Record),
    /// Open a change, or give it new content.
    Propose(Box<Proposal>),
    /// Bring title, text and status of a change up to date.
    Present {
        /// The change.
        change: ChangeNumber,
        /// What people see.
        presentation: Presentation,
    },
    /// Merge a change.
    Merge {
        /// The proof that it may be merged.
        gates: GatesPassed,
        /// The merge.
        merge: Merge,
        /// What the change has to show by then, where it shows something else.
        presentation: Option<Box<Presentation>>,
    },
    /// Take a change out of the forge's own queue.
    Dequeue {
        /// The change.
        change: ChangeNumber,
    },
    /// Close a change.
    Close {
        /// The change.
        change: ChangeNumber,
    },
    /// Delete a branch.
    DeleteBranch {
        /// The branch.
        branch: BranchName,
        /// What it must point to.
        expected: CommitId,
    },
    /// Write a comment.
    Comment {
        /// The change.
        change: ChangeNumber,
        /// The comment.
        remark: PublishedComment,
    },
    /// Leave a reaction.
    React {
        /// The change.
        change: ChangeNumber,
        /// The reaction, and on which comment.
        reaction: NewReaction,
    },
    /// Tell the forge of a landing.
    Announce(Deployment),
}

impl Effect {
    /// The record that is appended to the log.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        if let Self::Record(record) = self { Some(record) } else { None }
    }

    /// Whether people are only told of what is so anyway.
    #[must_use]
    pub const fn is_announcement(&self) -> bool {
        matches!(self, Self::Announce(_))
    }

    /// The reaction that is left, and on which change.
    #[must_use]
    pub const fn reaction(&self) -> Option<(ChangeNumber, &NewReaction)> {
        if let Self::React { change, reaction } = self { Some((*change, reaction)) } else { None }
    }

    /// Whether it only answers people, so that it comes after everything that moves releases.
    #[must_use]
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Comment { .. } | Self::React { .. })
    }

    /// The change that is opened or moved.
    #[must_use]
    pub fn proposal(&self) -> Option<&Proposal> {
        if let Self::Propose(proposal) = self { Some(proposal) } else { None }
    }
}

/// One thing to do, with what people want to know about it beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What is done.
    pub effect: Effect,
    /// The action's word: open, update, merge, close, delete-branch, comment, record or announce.
    pub action: &'static str,
    /// Where, for whatever concerns a target.
    pub target: Option<ServiceEnvironment>,
    /// The release, where there is one, by its name.
    pub release: Option<String>,
    /// Why, in a sentence.
    pub because: String,
    /// The content that changes.
    pub files: Vec<FileChange>,
}

/// A plan made concrete, and what of it cannot be done, in sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts {
    /// What to do, in order.
    pub drafts: Vec<Draft>,
    /// What cannot be done, each with its reason.
    pub refused: Vec<String>,
}

/// Makes a plan concrete on the tree of the world's head, whose overlays tell what an edit may not move. An empty result means that nothing is to be done.
#[must_use]
pub fn draft(world: &World, policy: &Policy, (tree, overlays): (&Tree, &Overlays), plan: &Plan) -> Drafts {
    let subject = DraftInput { world, policy, tree, overlays, plan };
    let mut drafts = Drafts::default();
    for action in &plan.actions {
        match draft_action(&subject, action) {
            Ok(draft) => drafts.drafts.push(draft),
            Err(refused) => drafts.refused.push(refused),
        }
    }
    drafts.drafts.extend(presentation::renewed(&subject));
    drafts
}

fn draft_action(subject: &DraftInput<'_>, action: &Action) -> Result<Draft, String> {
    match action {
        Action::Record { record } => Ok(words::record(record, action)),
        Action::Open { target, release, key, expected, .. } => {
            let wanted = content::DesiredContent { target, release, key, expected: expected.clone() };
            content::propose(subject, action, &wanted)
        }
        Action::Update { target, release, key, expected, .. } => {
            let wanted = content::DesiredContent { target, release, key, expected: Some(expected.clone()) };
            content::propose(subject, action, &wanted)
        }
        Action::Merge { target, release, gates, .. } => {
            Ok(content::merge(subject, action, (target, release), gates))
        }
        Action::Dequeue { change, target, .. } => {
            Ok(words::simple(action, target, Effect::Dequeue { change: *change }))
        }
        Action::Close { change, target, .. } => {
            Ok(words::simple(action, target, Effect::Close { change: *change }))
        }
        Action::DeleteBranch { branch, target, expected, .. } => {
            let effect = Effect::DeleteBranch { branch: branch.clone(), expected: expected.clone() };
            Ok(words::simple(action, target, effect))
        }
        Action::Comment { change, target, remark, .. } => {
            let remark = words::remark(subject, target, remark);
            Ok(words::simple(action, target, Effect::Comment { change: *change, remark }))
        }
        Action::React { change, target, comment, reaction, .. } => {
            let reaction = NewReaction { comment: comment.clone(), reaction: *reaction };
            let effect = Effect::React { change: *change, reaction };
            Ok(words::simple(action, target, effect))
        }
        Action::Announce { target, images, change } => {
            let deployment = words::deployment(subject, target, (images, *change));
            Ok(words::simple(action, target, Effect::Announce(deployment)))
        }
    }
}

/// What every draft is made from.
struct DraftInput<'a> {
    world: &'a World,
    policy: &'a Policy,
    tree: &'a Tree,
    /// The overlays of that tree, none of which an edit may move but its own.
    overlays: &'a Overlays,
    plan: &'a Plan,
}
