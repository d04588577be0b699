//! How many new changes go into one document: as many as lately went well.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::TimeDelta;

use crate::forge::Proposal;
use crate::forge::github::lock::lock;
use crate::model::{Time, is_paused};

/// How many go into one document at most: GitHub gives a request ten seconds.
const TOGETHER_MAX: usize = 20;
/// How long a smaller number is kept to, where a larger one was too much: what made it so, large files or a slow hour,
/// rarely lasts longer.
const SMALLER_FOR: TimeDelta = TimeDelta::minutes(10);

/// How many changes went well in one document, and until when that is kept to.
#[derive(Debug, Default)]
pub(in crate::forge::github) struct Together(Mutex<Option<(usize, Time)>>);

impl Together {
    /// How many go into one document now.
    pub(in super::super) fn most(&self, now: Time) -> usize {
        let smaller = lock(&self.0).filter(|(_, until)| is_paused(*until, SMALLER_FOR, now));
        smaller.map_or(TOGETHER_MAX, |(smaller, _)| smaller)
    }

    /// So many went well, where a larger number was too much. The last few of many say nothing about more of them.
    pub(super) fn went_well(&self, count: usize, too_much: usize, now: Time) {
        let mut known = lock(&self.0);
        let held = known.filter(|(held, until)| is_paused(*until, SMALLER_FOR, now) && *held < too_much);
        *known = Some((held.map_or(count, |(held, _)| held.max(count)).max(1), now + SMALLER_FOR));
    }
}

/// Proposals for one document.
type Part<'a> = &'a [&'a Proposal];

/// What still has to go out, in documents.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    waiting: VecDeque<Part<'a>>,
    /// The smallest number that was too much.
    too_much: Option<usize>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(all: Part<'a>) -> Self {
        Self { waiting: VecDeque::from([all]), too_much: None }
    }

    /// What goes into the next document, at most so many.
    pub(super) fn next(&mut self, most: usize) -> Option<Part<'a>> {
        let part = self.waiting.pop_front()?;
        let (now, later) = part.split_at_checked(most).unwrap_or((part, &[]));
        if !later.is_empty() {
            self.waiting.push_front(later);
        }
        Some(now)
    }

    /// A document was too much, and goes out in halves.
    pub(super) fn halve(&mut self, part: Part<'a>) {
        self.too_much = Some(self.too_much.map_or(part.len(), |less| less.min(part.len())));
        let (left, right) = part.split_at(part.len() / 2);
        self.waiting.push_front(right);
        self.waiting.push_front(left);
    }

    /// The smallest number that was too much, above one that went well.
    pub(super) fn too_much_above(&self, count: usize) -> Option<usize> {
        self.too_much.filter(|too_much| count < *too_much)
    }

    /// How many do not go out any more.
    pub(super) fn give_up(&mut self) -> usize {
        self.waiting.drain(..).map(<[_]>::len).sum()
    }
}
