//! What one installation of the bot may still ask of GitHub; what exceeds it is not sent.
//!
//! GitHub punishes whoever runs into its limits with pauses for all, so they are kept here, each a little short of what
//! GitHub says. What is most urgent goes deepest: each lane leaves a reserve to the lanes above it, so that a storm of
//! new promotions and new texts never keeps a merge waiting.
//!
//! Each account has one budget, and the App itself has one: 80 writes a minute and 500 an hour, points, and the primary
//! limit as the headers report it. Git objects and each mutation count as writes. The lanes are, in order: merges and
//! the log, answers, everything else (12 promotions a minute, 80 an hour), deployments. What exceeds the budget is
//! `ForgeError::RateLimited` and waits for the next look. See
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.

mod primary;
mod window;

#[cfg(test)]
mod tests;

use std::sync::Mutex;
use std::time::Duration;

use chrono::TimeDelta;
use http::HeaderMap;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::connection::lock;
use crate::model::{Time, is_paused};
pub(super) use primary::BLUR;
use primary::Primary;
use window::Window;

/// What GitHub takes of writes in a minute, and in an hour.
const WRITES_A_MINUTE: u32 = 80;
const WRITES_AN_HOUR: u32 = 500;
/// What deployments may take of that, however little else is written: nobody waits for them, and others wait for the rest.
const SHOWN_A_MINUTE: u32 = 16;
const SHOWN_AN_HOUR: u32 = 100;
/// What GitHub takes in a minute of points by REST, and by GraphQL.
const REST_POINTS_A_MINUTE: u32 = 900;
const GRAPH_POINTS_A_MINUTE: u32 = 2_000;
/// What a request costs of them that only reads, and one that writes.
const READ_POINTS: u32 = 1;
const WRITE_POINTS: u32 = 5;
/// How many tokens GitHub gives an App in an hour.
const TOKENS_AN_HOUR: u32 = 2_000;
/// How many requests are under way at once; GitHub takes 100.
const UNDER_WAY_MAX: usize = 20;
/// By how much a minute and an hour are longer here than there: requests arrive later than they are sent, and not all
/// equally late.
const MARGIN: TimeDelta = TimeDelta::seconds(5);
/// The longest pause that is believed. Limits of GitHub end within an hour; what seems to last longer than a day was noted
/// before the clock was set back.
const PAUSE_MAX: TimeDelta = TimeDelta::days(1);

/// How urgent a request is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Merges, the log on which they rest, and the questions of which a look at a quiet repository consists.
    Merge,
    /// Answers to people, and everything else that is read.
    Command,
    /// Texts, statuses, new promotions, branches that ended.
    Refresh,
    /// Deployments, which people only look at.
    Show,
}

impl Lane {
    const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Command => "command",
            Self::Refresh => "refresh",
            Self::Show => "show",
        }
    }

    /// How much of a limit is kept for the lanes above, in percent.
    const fn reserve(self) -> u32 {
        match self {
            Self::Merge => 0,
            Self::Command => 10,
            Self::Refresh => 20,
            Self::Show => 30,
        }
    }

    /// What this lane may use of a limit.
    const fn share(self, limit: u32) -> u32 {
        limit - limit / 100 * self.reserve() - limit % 100 * self.reserve() / 100
    }
}

/// The interface that is asked; GitHub counts them apart.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Interface {
    /// REST, which GitHub calls `core` in its headers.
    Rest,
    /// GraphQL.
    Graph,
}

impl Interface {
    const fn word(self) -> &'static str {
        match self {
            Self::Rest => "core",
            Self::Graph => "graphql",
        }
    }
}

/// What a request takes of the budget.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// How urgent it is.
    pub(super) lane: Lane,
    /// Where it goes.
    pub(super) interface: Interface,
    /// How much it writes. GitHub does not say what content is, so every POST, PATCH, PUT and DELETE counts, Git objects
    /// that nothing points to among them, and each mutation in a GraphQL document; tokens of the App do not.
    pub(super) writes: u32,
    /// How many tokens of the App it asks for.
    pub(super) tokens: u32,
}

impl Cost {
    const fn points(self) -> u32 {
        if self.writes == 0 { READ_POINTS } else { WRITE_POINTS }
    }
}

/// What one installation may still ask.
#[derive(Debug)]
pub(super) struct Budget {
    /// Whose it is, for those who look at the metrics.
    labels: [(&'static str, String); 2],
    spent: Mutex<Spent>,
    under_way: Semaphore,
}

#[derive(Debug)]
struct Spent {
    /// Nothing is sent to an interface before this instant: GitHub asked for patience.
    not_before: [Option<Time>; 2],
    minute: Window,
    hour: Window,
    /// What deployments took of both.
    shown: [Window; 2],
    points: [Window; 2],
    primary: [Option<Primary>; 2],
    tokens: Window,
}

/// A pause that GitHub asked for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// How long it still is.
    pub(super) wait: Duration,
    /// When it ends.
    pub(super) until: Time,
}

impl Budget {
    /// The whole budget of an account of a forge.
    pub(super) fn new(forge: &str, account: &str) -> Self {
        let minute = || Window::new(TimeDelta::minutes(1) + MARGIN);
        let hour = || Window::new(TimeDelta::hours(1) + MARGIN);
        let spent = Spent {
            not_before: [None, None],
            minute: minute(),
            hour: hour(),
            shown: [minute(), hour()],
            points: [minute(), minute()],
            primary: [None, None],
            tokens: hour(),
        };
        Self {
            labels: [("forge", forge.to_owned()), ("account", account.to_owned())],
            spent: Mutex::new(spent),
            under_way: Semaphore::new(UNDER_WAY_MAX),
        }
    }

    /// Waits until few enough requests are under way.
    pub(super) async fn enter(&self) -> SemaphorePermit<'_> {
        self.under_way.acquire().await.expect("nobody closes it")
    }

    /// Takes what a request costs.
    ///
    /// # Errors
    /// Where the budget does not have it: how long to wait. Nothing is taken then.
    pub(super) fn take(&self, cost: Cost, now: Time) -> Result<(), Duration> {
        let mut spent = lock(&self.spent);
        let wait = spent.wait(cost, now);
        if wait > TimeDelta::zero() {
            return Err(self.refused(cost.lane, wait));
        }
        spent.take(cost, now);
        let written = [("minute", spent.minute.sum()), ("hour", spent.hour.sum())];
        drop(spent);
        for (window, sum) in written {
            self.show("towpath_forge_writes", ("window", window), sum);
        }
        Ok(())
    }

    /// The pause in which a request would fall; whoever waited for it already may go.
    pub(super) fn held(&self, cost: Cost, now: Time) -> Option<Pause> {
        let until = lock(&self.spent).not_before[cost.interface as usize]?;
        is_paused(until, PAUSE_MAX, now).then(|| Pause { wait: self.refused(cost.lane, until - now), until })
    }

    /// How many writes may go out now, at least as many as the cost says.
    ///
    /// # Errors
    /// Where there are fewer: how long to wait.
    pub(super) fn room(&self, least: Cost, now: Time) -> Result<u32, Duration> {
        if let Some(pause) = self.held(least, now) {
            return Err(pause.wait);
        }
        let mut spent = lock(&self.spent);
        let wait = spent.wait(least, now);
        if wait > TimeDelta::zero() {
            return Err(self.refused(least.lane, wait));
        }
        let minute = least.lane.share(WRITES_A_MINUTE).saturating_sub(spent.minute.sum());
        let hour = least.lane.share(WRITES_AN_HOUR).saturating_sub(spent.hour.sum());
        Ok(minute.min(hour))
    }

    /// Sends nothing for a while, because GitHub asks for patience: to one interface, or to both. Says until when.
    pub(super) fn pause(&self, wait: Duration, of: Option<Interface>, now: Time) -> Time {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        let until = now.checked_add_signed(wait).unwrap_or(Time::MAX_UTC);
        let mut spent = lock(&self.spent);
        for interface in [Interface::Rest, Interface::Graph] {
            if of.is_none_or(|of| of == interface) {
                let not_before = &mut spent.not_before[interface as usize];
                let before = not_before.filter(|before| is_paused(*before, PAUSE_MAX, now));
                *not_before = before.max(Some(until));
            }
        }
        until
    }

    /// Learns from an answer what is left of the primary limit.
    pub(super) fn learn(&self, headers: &HeaderMap, interface: Interface, now: Time) {
        let Some((interface, told)) = Primary::in_answer(headers, interface, now) else { return };
        let mut spent = lock(&self.spent);
        let known = &mut spent.primary[interface as usize];
        let left = known.take().map_or(told, |known| known.joined(told));
        *known = Some(left);
        drop(spent);
        self.show("towpath_forge_budget_remaining", ("interface", interface.word()), left.remaining);
    }

    /// Counts a request and what became of it.
    pub(super) fn counted(&self, cost: Cost, outcome: &'static str) {
        let kind = if cost.writes == 0 { "read" } else { "write" };
        let [forge, account] = self.labels.clone();
        let labels = [
            forge,
            account,
            ("interface", cost.interface.word().to_owned()),
            ("kind", kind.to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        metrics::counter!("towpath_forge_requests_total", &labels).increment(1);
    }

    fn refused(&self, lane: Lane, wait: TimeDelta) -> Duration {
        let [forge, account] = self.labels.clone();
        let labels = [forge, account, ("lane", lane.word().to_owned())];
        metrics::counter!("towpath_forge_waits_total", &labels).increment(1);
        wait.to_std().expect("it is longer than nothing")
    }

    fn show(&self, name: &'static str, (key, value): (&'static str, &'static str), number: u32) {
        let [forge, account] = self.labels.clone();
        let labels = [forge, account, (key, value.to_owned())];
        metrics::gauge!(name, &labels).set(f64::from(number));
    }
}

impl Spent {
    /// How long a request has to wait; nothing where it may go.
    fn wait(&mut self, cost: Cost, now: Time) -> TimeDelta {
        let points_max = match cost.interface {
            Interface::Rest => REST_POINTS_A_MINUTE,
            Interface::Graph => GRAPH_POINTS_A_MINUTE,
        };
        let primary = self.primary[cost.interface as usize];
        let waits = [
            self.minute.wait(cost.writes, cost.lane.share(WRITES_A_MINUTE), now),
            self.hour.wait(cost.writes, cost.lane.share(WRITES_AN_HOUR), now),
            self.points[cost.interface as usize].wait(cost.points(), cost.lane.share(points_max), now),
            primary.map_or(TimeDelta::zero(), |primary| primary.wait(cost.lane, now)),
            self.tokens.wait(cost.tokens, TOKENS_AN_HOUR, now),
            self.wait_to_show(cost, now),
        ];
        waits.into_iter().max().unwrap_or_default()
    }

    /// How long a deployment has to wait for those before it.
    fn wait_to_show(&mut self, cost: Cost, now: Time) -> TimeDelta {
        if cost.lane != Lane::Show {
            return TimeDelta::zero();
        }
        let [minute, hour] = &mut self.shown;
        minute.wait(cost.writes, SHOWN_A_MINUTE, now).max(hour.wait(cost.writes, SHOWN_AN_HOUR, now))
    }

    fn take(&mut self, cost: Cost, now: Time) {
        self.minute.take(cost.writes, now);
        self.hour.take(cost.writes, now);
        self.tokens.take(cost.tokens, now);
        if cost.lane == Lane::Show {
            self.shown.iter_mut().for_each(|window| window.take(cost.writes, now));
        }
        self.points[cost.interface as usize].take(cost.points(), now);
        if let Some(primary) = &mut self.primary[cost.interface as usize] {
            primary.remaining = primary.remaining.saturating_sub(1);
        }
    }
}
