//! What was spent lately.

use std::collections::VecDeque;

use chrono::TimeDelta;

use crate::model::Time;

/// What is spent within this while is counted together, as if all of it came last: so what waits goes on in batches,
/// not one by one, and there are few entries.
const GRAIN: TimeDelta = TimeDelta::seconds(5);

/// What was spent within the last while.
#[derive(Debug)]
pub(super) struct Window {
    length: TimeDelta,
    spent: VecDeque<Grain>,
}

#[derive(Debug)]
struct Grain {
    first: Time,
    last: Time,
    amount: u32,
}

impl Window {
    pub(super) const fn new(length: TimeDelta) -> Self {
        Self { length, spent: VecDeque::new() }
    }

    /// What was spent in it when somebody last asked for a wait.
    pub(super) fn sum(&self) -> u32 {
        self.spent.iter().map(|grain| grain.amount).sum()
    }

    /// How long until so much more fits below a limit; what never fits waits for an empty window.
    pub(super) fn wait(&mut self, amount: u32, limit: u32, now: Time) -> TimeDelta {
        self.forget(now);
        if amount == 0 {
            return TimeDelta::zero();
        }
        let mut over = (self.sum() + amount.min(limit)).saturating_sub(limit);
        let mut wait = TimeDelta::zero();
        for grain in &self.spent {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(grain.amount);
            // A clock that was set back must not stop us for longer than the window is.
            wait = wait.max((grain.last + self.length - now).min(self.length));
        }
        wait
    }

    pub(super) fn take(&mut self, amount: u32, now: Time) {
        match self.spent.back_mut() {
            _ if amount == 0 => {}
            Some(grain) if (now - grain.first).abs() < GRAIN => {
                grain.last = grain.last.max(now);
                grain.amount += amount;
            }
            Some(_) | None => self.spent.push_back(Grain { first: now, last: now, amount }),
        }
    }

    fn forget(&mut self, now: Time) {
        // A clock that was set back: what was spent in its future was spent before now.
        for grain in self.spent.iter_mut().filter(|grain| grain.last > now) {
            grain.last = now;
            grain.first = grain.first.min(now);
        }
        while self.spent.front().is_some_and(|grain| grain.last + self.length <= now) {
            self.spent.pop_front();
        }
    }
}
