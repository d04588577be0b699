//! The rate budget of one account at GitHub; a request that exceeds it is not sent.
//!
//! GitHub answers a client that exceeds a limit with a pause of all its requests, so the limits are kept here, each with a
//! small margin. Each lane leaves a reserve to the lanes above it, so that many new promotions and texts never delay a
//! merge.
//!
//! Each account has one budget, and the App itself has one: 80 writes a minute and 500 an hour, points, and the primary
//! limit as the headers report it. Git objects and each mutation count as writes. The lanes are, in order: merges and
//! the log, replies, everything else (12 promotions a minute, 80 an hour), deployments. What exceeds the budget is
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

use super::lock::lock;
use crate::model::{Time, is_paused};
pub(super) use primary::BLUR;
use primary::Primary;
use window::Window;

/// Writes per minute and per hour.
const WRITES_A_MINUTE: u32 = 80;
const WRITES_AN_HOUR: u32 = 500;
/// The part of these that deployments may use, even if nothing else is written: nobody waits for a deployment.
const DEPLOYMENT_WRITES_A_MINUTE: u32 = 16;
const DEPLOYMENT_WRITES_AN_HOUR: u32 = 100;
/// Points per minute of the REST and of the GraphQL API.
const REST_POINTS_A_MINUTE: u32 = 900;
const GRAPH_POINTS_A_MINUTE: u32 = 2_000;
/// The points of a request that reads, and of one that writes.
const READ_POINTS: u32 = 1;
const WRITE_POINTS: u32 = 5;
/// Installation tokens per hour.
const TOKENS_AN_HOUR: u32 = 2_000;
/// Concurrent requests; GitHub allows 100.
const CONCURRENT_REQUESTS_MAX: usize = 20;
/// How much longer than at GitHub a minute and an hour are here, because the time between sending and arriving varies.
const MARGIN: TimeDelta = TimeDelta::seconds(5);
/// The longest valid pause. GitHub's limits end within an hour; a pause that seems to last longer than a day was recorded
/// before the clock was set back.
const PAUSE_MAX: TimeDelta = TimeDelta::days(1);

/// How urgent a request is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Merges, the log that they rest on, and the conditional reads of a look at a quiet repository.
    Merge,
    /// Replies to people, and all other reads.
    Command,
    /// Titles, bodies, statuses, new changes, and branches to delete.
    Refresh,
    /// Deployments.
    Deployment,
}

impl Lane {
    const fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Command => "command",
            Self::Refresh => "refresh",
            Self::Deployment => "show",
        }
    }

    /// The part of a limit that is reserved for the lanes above, in percent.
    const fn reserve(self) -> u32 {
        match self {
            Self::Merge => 0,
            Self::Command => 10,
            Self::Refresh => 20,
            Self::Deployment => 30,
        }
    }

    /// The part of a limit that this lane may use.
    const fn share(self, limit: u32) -> u32 {
        limit - limit / 100 * self.reserve() - limit % 100 * self.reserve() / 100
    }
}

/// The API; GitHub has separate limits for each.
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

/// What a request costs.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Its priority.
    pub(super) lane: Lane,
    /// Its API.
    pub(super) interface: Interface,
    /// The number of writes. GitHub does not say what counts as content creation, so every POST, PATCH, PUT and DELETE counts,
    /// also of Git objects, and each mutation in a GraphQL document; requests for installation tokens do not.
    pub(super) writes: u32,
    /// The number of installation tokens that it requests.
    pub(super) tokens: u32,
}

impl Cost {
    const fn points(self) -> u32 {
        if self.writes == 0 { READ_POINTS } else { WRITE_POINTS }
    }
}

/// The rate budget of one account.
#[derive(Debug)]
pub(super) struct Budget {
    /// The labels of its metrics: forge and account.
    labels: [(&'static str, String); 2],
    spent: Mutex<Spent>,
    permit: Semaphore,
}

#[derive(Debug)]
struct Spent {
    /// The end of the pause that GitHub asked for, by API.
    paused_until: [Option<Time>; 2],
    minute: Window,
    hour: Window,
    /// The writes of deployments in a minute and in an hour.
    deployments: [Window; 2],
    points: [Window; 2],
    primary: [Option<Primary>; 2],
    tokens: Window,
}

/// A pause of all requests that GitHub asked for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// The time that is left.
    pub(super) wait: Duration,
    /// When it ends.
    pub(super) until: Time,
}

impl Budget {
    /// The full budget of an account.
    pub(super) fn new(forge: &str, account: &str) -> Self {
        let minute = || Window::new(TimeDelta::minutes(1) + MARGIN);
        let hour = || Window::new(TimeDelta::hours(1) + MARGIN);
        let spent = Spent {
            paused_until: [None, None],
            minute: minute(),
            hour: hour(),
            deployments: [minute(), hour()],
            points: [minute(), minute()],
            primary: [None, None],
            tokens: hour(),
        };
        Self {
            labels: [("forge", forge.to_owned()), ("account", account.to_owned())],
            spent: Mutex::new(spent),
            permit: Semaphore::new(CONCURRENT_REQUESTS_MAX),
        }
    }

    /// Waits for a free slot among the concurrent requests.
    pub(super) async fn acquire_slot(&self) -> SemaphorePermit<'_> {
        self.permit.acquire().await.expect("the semaphore is never closed")
    }

    /// Takes the cost of a request from the budget.
    ///
    /// # Errors
    /// The time to wait, if the budget is too small. Nothing is taken then.
    pub(super) fn take(&self, cost: Cost, now: Time) -> Result<(), Duration> {
        let mut spent = lock(&self.spent);
        let wait = spent.wait(cost, now);
        if wait > TimeDelta::zero() {
            return Err(self.count_wait(cost.lane, wait));
        }
        spent.take(cost, now);
        let written = [("minute", spent.minute.sum()), ("hour", spent.hour.sum())];
        drop(spent);
        for (window, sum) in written {
            self.set_gauge("towpath_forge_writes", "window", window, sum);
        }
        Ok(())
    }

    /// The pause that is active for a request.
    pub(super) fn active_pause(&self, cost: Cost, now: Time) -> Option<Pause> {
        let until = lock(&self.spent).paused_until[cost.interface as usize]?;
        is_paused(until, PAUSE_MAX, now)
            .then(|| Pause { wait: self.count_wait(cost.lane, until - now), until })
    }

    /// The number of writes that may be sent now, at least as many as the cost says.
    ///
    /// # Errors
    /// The time to wait, if there are fewer.
    pub(super) fn available_writes(&self, least: Cost, now: Time) -> Result<u32, Duration> {
        if let Some(pause) = self.active_pause(least, now) {
            return Err(pause.wait);
        }
        let mut spent = lock(&self.spent);
        let wait = spent.wait(least, now);
        if wait > TimeDelta::zero() {
            return Err(self.count_wait(least.lane, wait));
        }
        let minute = least.lane.share(WRITES_A_MINUTE).saturating_sub(spent.minute.sum());
        let hour = least.lane.share(WRITES_AN_HOUR).saturating_sub(spent.hour.sum());
        Ok(minute.min(hour))
    }

    /// Sends nothing for a while, because GitHub limits the rate: to one interface, or to both. Says until when.
    pub(super) fn pause(&self, wait: Duration, of: Option<Interface>, now: Time) -> Time {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        let until = now.checked_add_signed(wait).unwrap_or(Time::MAX_UTC);
        let mut spent = lock(&self.spent);
        for interface in [Interface::Rest, Interface::Graph] {
            if of.is_none_or(|of| of == interface) {
                let paused_until = &mut spent.paused_until[interface as usize];
                let before = paused_until.filter(|before| is_paused(*before, PAUSE_MAX, now));
                *paused_until = before.max(Some(until));
            }
        }
        until
    }

    /// Reads the headers about the primary limit.
    pub(super) fn record_headers(&self, headers: &HeaderMap, interface: Interface, now: Time) {
        let Some((interface, told)) = Primary::in_answer(headers, interface, now) else { return };
        let mut spent = lock(&self.spent);
        let known = &mut spent.primary[interface as usize];
        let left = known.take().map_or(told, |known| known.joined(told));
        *known = Some(left);
        drop(spent);
        self.set_gauge("towpath_forge_budget_remaining", "interface", interface.word(), left.remaining);
    }

    /// Counts a request in the metrics.
    pub(super) fn count_request(&self, cost: Cost, outcome: &'static str) {
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

    fn count_wait(&self, lane: Lane, wait: TimeDelta) -> Duration {
        let [forge, account] = self.labels.clone();
        let labels = [forge, account, ("lane", lane.word().to_owned())];
        metrics::counter!("towpath_forge_waits_total", &labels).increment(1);
        wait.to_std().expect("the wait is positive")
    }

    fn set_gauge(&self, name: &'static str, key: &'static str, value: &'static str, number: u32) {
        let [forge, account] = self.labels.clone();
        let labels = [forge, account, (key, value.to_owned())];
        metrics::gauge!(name, &labels).set(f64::from(number));
    }
}

impl Spent {
    /// How long a request has to wait; zero if it may be sent.
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
            self.deployment_wait(cost, now),
        ];
        waits.into_iter().max().unwrap_or_default()
    }

    /// How long a deployment has to wait because of earlier ones.
    fn deployment_wait(&mut self, cost: Cost, now: Time) -> TimeDelta {
        if cost.lane != Lane::Deployment {
            return TimeDelta::zero();
        }
        let [minute, hour] = &mut self.deployments;
        minute.wait(cost.writes, DEPLOYMENT_WRITES_A_MINUTE, now).max(hour.wait(
            cost.writes,
            DEPLOYMENT_WRITES_AN_HOUR,
            now,
        ))
    }

    fn take(&mut self, cost: Cost, now: Time) {
        self.minute.take(cost.writes, now);
        self.hour.take(cost.writes, now);
        self.tokens.take(cost.tokens, now);
        if cost.lane == Lane::Deployment {
            self.deployments.iter_mut().for_each(|window| window.take(cost.writes, now));
        }
        self.points[cost.interface as usize].take(cost.points(), now);
        if let Some(primary) = &mut self.primary[cost.interface as usize] {
            primary.remaining = primary.remaining.saturating_sub(1);
        }
    }
}
