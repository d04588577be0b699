//! Planned actions become concrete commits, proposals, merges and comments, worded and ready. Still without I/O.

mod content;
mod edited_files;
mod presentation;
mod words;

use crate::decide::{Action, ActionKind, GatesPassed, Plan};
use crate::model::{
    BranchName, ChangeNumber, CommitId, Deployment, FileChange, Merge, NewReaction, Policy, Presentation,
    Proposal, PublishedComment, Record, ServiceEnvironment, Tree, World,
};
use crate::overlay::Overlays;

/// One effect, complete in every byte, with what people want to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<E> {
    /// What is sent to the forge.
    pub effect: E,
    /// What people read of it.
    pub summary: DraftSummary,
}

/// What people read of a draft, before it is carried out and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftSummary {
    /// The kind of the action that it carries out.
    pub kind: ActionKind,
    /// The service and environment, where the draft concerns one.
    pub target: Option<ServiceEnvironment>,
    /// The name of the release, where there is one.
    pub release: Option<String>,
    /// The reason, in a sentence.
    pub because: String,
    /// The files that change, with their old and new content.
    pub files: Vec<FileChange>,
}

/// An effect on a change that exists, other than new content, a merge or a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeEdit {
    /// Bring title, body and status up to date.
    Present {
        /// The change.
        change: ChangeNumber,
        /// What it has to show.
        presentation: Presentation,
    },
    /// Take it out of the forge's merge queue.
    Dequeue {
        /// The change.
        change: ChangeNumber,
    },
    /// Close it.
    Close {
        /// The change.
        change: ChangeNumber,
    },
    /// Delete the branch that it came from.
    DeleteBranch {
        /// The branch.
        branch: BranchName,
        /// The commit that the branch has to point to; the branch stays if it points to another.
        expected: CommitId,
    },
}

/// A merge, with the proof that it may happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatedMerge {
    /// The proof.
    pub gates: GatesPassed,
    /// The merge.
    pub merge: Merge,
    /// What the change has to show when it is merged; `None` if it shows that already.
    pub presentation: Option<Presentation>,
}

/// An answer to people. It moves no release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Write a comment.
    Comment {
        /// The change.
        change: ChangeNumber,
        /// The comment.
        comment: PublishedComment,
    },
    /// React to a comment.
    React {
        /// The change.
        change: ChangeNumber,
        /// The reaction, and the comment that gets it.
        reaction: NewReaction,
    },
}

/// A plan made concrete: its effects by kind, in the order in which they are carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drafts {
    /// Lines for the log. Everything else rests on them.
    pub records: Vec<Draft<Record>>,
    /// Changes to open, or to give new content.
    pub proposals: Vec<Draft<Proposal>>,
    /// Other effects on changes that exist.
    pub changes: Vec<Draft<ChangeEdit>>,
    /// Changes to merge.
    pub merges: Vec<Draft<GatedMerge>>,
    /// Comments and reactions.
    pub replies: Vec<Draft<Reply>>,
    /// Landings that the forge is told of. Nothing rests on them.
    pub announcements: Vec<Draft<Deployment>>,
    /// Actions that cannot be carried out, each with its reason in a sentence.
    pub refused: Vec<String>,
}

impl Drafts {
    /// The summaries of all drafts, in the order in which they are carried out.
    pub fn summaries(&self) -> impl Iterator<Item = &DraftSummary> {
        let records = self.records.iter().map(|draft| &draft.summary);
        let proposals = self.proposals.iter().map(|draft| &draft.summary);
        let changes = self.changes.iter().map(|draft| &draft.summary);
        let merges = self.merges.iter().map(|draft| &draft.summary);
        let replies = self.replies.iter().map(|draft| &draft.summary);
        let announcements = self.announcements.iter().map(|draft| &draft.summary);
        records.chain(proposals).chain(changes).chain(merges).chain(replies).chain(announcements)
    }

    fn add(&mut self, input: &DraftInput<'_>, action: &Action) -> Result<(), String> {
        match action {
            Action::Record { record } => self.records.push(words::record(record, action)),
            Action::Open { target, release, key, expected, .. } => {
                let content = content::DesiredContent { target, release, key, expected: expected.clone() };
                self.proposals.push(content::propose(input, action, &content)?);
            }
            Action::Update { target, release, key, expected, .. } => {
                let expected = Some(expected.clone());
                let content = content::DesiredContent { target, release, key, expected };
                self.proposals.push(content::propose(input, action, &content)?);
            }
            Action::Merge { target, release, gates, .. } => {
                self.merges.push(content::merge(input, action, target, release, gates));
            }
            Action::Dequeue { change, target, .. } => {
                self.changes.push(words::simple(action, target, ChangeEdit::Dequeue { change: *change }));
            }
            Action::Close { change, target, .. } => {
                self.changes.push(words::simple(action, target, ChangeEdit::Close { change: *change }));
            }
            Action::DeleteBranch { branch, target, expected, .. } => {
                let edit = ChangeEdit::DeleteBranch { branch: branch.clone(), expected: expected.clone() };
                self.changes.push(words::simple(action, target, edit));
            }
            Action::Comment { change, target, remark, .. } => {
                let comment = words::comment(input, target, remark);
                let reply = Reply::Comment { change: *change, comment };
                self.replies.push(words::simple(action, target, reply));
            }
            Action::React { change, target, comment, reaction, .. } => {
                let reaction = NewReaction { comment: comment.clone(), reaction: *reaction };
                let reply = Reply::React { change: *change, reaction };
                self.replies.push(words::simple(action, target, reply));
            }
            Action::Announce { target, images, change } => {
                let deployment = words::deployment(input, target, images, *change);
                self.announcements.push(words::simple(action, target, deployment));
            }
        }
        Ok(())
    }
}

/// Makes a plan concrete on the tree of the world's head. The overlays of that tree say what an edit may not move. An empty
/// result means that there is nothing to do.
#[must_use]
pub fn draft(world: &World, policy: &Policy, tree: &Tree, overlays: &Overlays, plan: &Plan) -> Drafts {
    let input = DraftInput { world, policy, tree, overlays, plan };
    let mut drafts = Drafts::default();
    for action in &plan.actions {
        if let Err(refused) = drafts.add(&input, action) {
            drafts.refused.push(refused);
        }
    }
    drafts.changes.extend(presentation::renewed(&input));
    drafts
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
