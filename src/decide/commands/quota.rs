//! How many comments of one person are handled: each is a line of the log and a reaction.
//!
//! Anybody may comment where the forge is public, so what one look handles counts at once: the comments of the look itself
//! are among those that use the quota up.

use std::collections::{BTreeMap, BTreeSet};

use super::{CommentInput, UnhandledComment};
use crate::command::Command;
use crate::model::{
    ChangeNumber, CommandOutcome, Event, Handled, History, Policy, Principal, Record, UserName, World,
};

/// How many comments with commands of one person are handled on one change.
const COMMENTS_PER_PERSON_MAX: usize = 500;
/// The same of somebody for whom nothing was ever done there.
const COMMENTS_PER_STRANGER_MAX: usize = 50;
/// About how many people nobody knows yet the forge is asked in one round: each costs a request or two.
const STRANGERS_ASKED_MAX: usize = 100;

/// What one person did on one change so far.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    /// Comments that were handled, or are about to be.
    comments: usize,
    /// Whether something was done because of one: then this is no stranger.
    did_something: bool,
    was_refused: bool,
}

/// What all people used of their quotas, kept up to date while comments are handled.
pub(in crate::decide) struct Quota<'w> {
    by_change: BTreeMap<ChangeNumber, BTreeMap<UserName, Usage>>,
    world: &'w World,
    /// The people whom the configuration names.
    named: Vec<&'w UserName>,
    /// The strangers whose rights were asked for.
    asked: BTreeSet<UserName>,
}

impl Usage {
    fn count(&mut self, handled: &Handled) {
        self.comments += 1;
        self.learn(handled.did_something(), &handled.outcomes);
    }

    fn learn(&mut self, did_something: bool, outcomes: &[CommandOutcome]) {
        self.did_something |= did_something;
        self.was_refused |= outcomes.iter().any(|outcome| matches!(outcome, CommandOutcome::Refused(_)));
    }

    const fn has_room(self) -> bool {
        let most = if self.did_something { COMMENTS_PER_PERSON_MAX } else { COMMENTS_PER_STRANGER_MAX };
        self.comments < most
    }
}

impl<'w> Quota<'w> {
    /// The quotas before anything is handled.
    pub(in crate::decide) fn new(world: &'w World, policy: &'w Policy) -> Self {
        let named = policy.principals().filter_map(|principal| match principal {
            Principal::User(name) => Some(name),
            Principal::Team(_) | Principal::CodeOwners => None,
        });
        Self { by_change: BTreeMap::new(), world, named: named.collect(), asked: BTreeSet::new() }
    }

    /// The commands of a comment, where its author has room for it. Whoever was never refused a right is heard all the
    /// same where it is about more than a question. What is left out stays as it is.
    pub(in crate::decide) fn admit<'c>(
        &mut self,
        unhandled: &UnhandledComment<'c>,
        history: &History,
    ) -> Option<CommentInput<'c>> {
        let usage = self.usage(unhandled.observed.change.number, unhandled.author(), history);
        // Its text is not even read: whoever floods a change costs no more than the lookup.
        if !usage.has_room() && usage.was_refused {
            return None;
        }
        let word = unhandled.read()?;
        let is_admitted = usage.has_room() || is_act(&word);
        usage.comments += 1;
        is_admitted.then_some(word)
    }

    /// Notes what became of a comment that was admitted.
    pub(in crate::decide) fn note(&mut self, record: &Record, history: &History) {
        if let Event::Handled { change, by, outcomes, .. } = &record.event {
            let did_something = Handled::are_done(outcomes);
            self.usage(*change, by, history).learn(did_something, outcomes);
        }
    }

    /// Whether the forge may be asked in this round what a comment needs to be known; counts strangers. Nobody whom the
    /// configuration names, or for whom something was done, waits for the next round.
    pub(in crate::decide) fn may_ask(&mut self, word: &CommentInput<'_>, history: &History) -> bool {
        let is_known = self.usage(word.observed.change.number, word.author, history).did_something
            || self.named.iter().any(|named| self.world.means(named, word.author));
        if is_known || self.asked.contains(word.author) {
            return true;
        }
        let has_room = self.asked.len() < STRANGERS_ASKED_MAX;
        if has_room {
            self.asked.insert(word.author.clone());
        }
        has_room
    }

    fn usage(&mut self, change: ChangeNumber, by: &UserName, history: &History) -> &mut Usage {
        let people = self.by_change.entry(change).or_insert_with(|| {
            let mut people: BTreeMap<UserName, Usage> = BTreeMap::new();
            for handled in history.handled_on(change) {
                people.entry(handled.by.clone()).or_default().count(handled);
            }
            people
        });
        people.entry(by.clone()).or_default()
    }
}

/// Whether a comment asks for more than an answer.
fn is_act(word: &CommentInput<'_>) -> bool {
    word.commands.iter().any(|command| match command {
        Command::Status | Command::Why | Command::Help => false,
        Command::Promote { .. }
        | Command::Approve { .. }
        | Command::Reject { .. }
        | Command::Hold { .. }
        | Command::Resume => true,
    })
}
