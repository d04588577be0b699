//! What was spent lately.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::model::Time;

/// What was spent within the last while, by the instant; never more entries than the largest limit.
#[derive(Debug)]
pub(super) struct Window {
    length: TimeDelta,
    spent: VecDeque<(Time, u32)>,
}

impl Window {
    pub(super) const fn new(length: TimeDelta) -> Self {
        Self { length, spent: VecDeque::new() }
    }

    /// What was spent in it when somebody last asked for a wait.
    pub(super) fn sum(&self) -> u32 {
        self.spent.iter().map(|(_, amount)| amount).sum()
    }

    /// How long until so much more fits below a limit; what never fits waits for an empty window.
    pub(super) fn wait(&mut self, amount: u32, limit: u32, now: Time) -> TimeDelta {
        self.forget(now);
        if amount == 0 {
            return TimeDelta::zero();
        }
        let mut over = (self.sum() + amount.min(limit)).saturating_sub(limit);
        let mut wait = TimeDelta::zero();
        for (at, spent) in &self.spent {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*spent);
            // A clock that was set back must not stop us for longer than the window is.
            wait = (*at + self.length - now).min(self.length);
        }
        wait
    }

    pub(super) fn take(&mut self, amount: u32, now: Time) {
        match self.spent.back_mut() {
            _ if amount == 0 => {}
            Some((at, spent)) if *at == now => *spent += amount,
            Some(_) | None => self.spent.push_back((now, amount)),
        }
    }

    fn forget(&mut self, now: Time) {
        while self.spent.front().is_some_and(|(at, _)| *at + self.length <= now) {
            self.spent.pop_front();
        }
    }
}
