//! Requests to GitHub: with the right token, in bounds, and repeated only where that is safe.

mod answer;
mod call;
mod clock;
mod exchange;
mod meaning;
mod redirect;
mod response_cache;
mod retry;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderValue};
use octocrab::Octocrab;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use self::clock::Clock;
use self::exchange::RawResponse;
use self::response_cache::ResponseCache;
use self::retry::{AttemptError, RetryState};
use super::budget::{Budget, Cost, Interface, Lane, Pause};
use super::credentials::{Credentials, Scope};
use super::refusal::{AccessDenied, GitHubRefusal, RateLimit, refused, words};
use super::{Now, failed};
use crate::forge::ForgeError;
use crate::model::{ForgeName, Time};
pub(super) use answer::Answer;
pub(super) use call::{Call, Idempotency, OWN_ACCOUNT, in_path, in_query};
pub(super) use meaning::{no_token, not_installed};

/// Most pages that are read of one listing.
const PAGES_MAX: usize = 200;
/// Entries on each page of a listing; GitHub gives no more.
pub(super) const PAGE_SIZE: usize = 100;
/// How often a request that may be repeated is sent.
const TRIES_MAX: u32 = 4;
/// How far apart two tellings of GitHub's clock are where no clock was set: instants are told in whole seconds.
const CLOCK_BLUR: TimeDelta = TimeDelta::seconds(5);

/// How patient requests are.
#[derive(Copy, Clone, Debug)]
pub struct RetryPolicy {
    /// The pause before the second try; it doubles with each.
    pub pause: Duration,
    /// The longest pause that GitHub may ask for and that is waited out on the spot.
    pub wait_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { pause: Duration::from_millis(500), wait_max: Duration::from_secs(10) }
    }
}

/// The way to one GitHub.
pub(super) struct Connection {
    /// The forge's name in the configuration.
    forge: String,
    url: String,
    credentials: Credentials,
    patience: RetryPolicy,
    now: Now,
    clock: Clock,
    client: OnceLock<Octocrab>,
    /// Answers that are asked for again and again: refs, first pages, pull requests.
    kept: Mutex<ResponseCache>,
    /// What may still be asked, by the account that asks: an installation of the App, or the user of the token.
    budgets: Mutex<BTreeMap<String, Arc<Budget>>>,
}

impl Connection {
    pub(super) fn new(
        (forge, url): (&ForgeName, &str),
        credentials: Credentials,
        patience: RetryPolicy,
        now: Now,
    ) -> Self {
        Self {
            forge: forge.to_string(),
            url: url.trim_end_matches('/').to_owned(),
            credentials,
            patience,
            now,
            clock: Clock::default(),
            client: OnceLock::new(),
            kept: Mutex::default(),
            budgets: Mutex::default(),
        }
    }

    /// The address of the interface, without a slash at its end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// What time it is.
    pub(super) fn now(&self) -> Time {
        (self.now)()
    }

    /// What time it is at GitHub, in whole seconds: what is held against its times must not depend on our clock.
    pub(super) fn github_now(&self) -> Time {
        self.clock.there(self.now())
    }

    /// How far GitHub's clock is ahead of ours; `None` before its first answer.
    pub(super) fn clock_ahead(&self) -> Option<TimeDelta> {
        self.clock.told()
    }

    /// Lets go of the answers that are kept of a path, whatever its query, and of all below it.
    pub(super) fn forget(&self, path: &str) {
        lock(&self.kept).forget(path);
    }

    /// Reads something that has to be there.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        scope: Scope<'_>,
        verb: &str,
        path: String,
    ) -> Result<T, ForgeError> {
        let answer = self.call(Call::get(scope, verb, path.clone())).await?;
        answer.json(&format!("`{path}`"))
    }

    /// Reads something, unless it is as it was in the answer that the caller took in last; then that costs nothing.
    pub(super) async fn get_unless(
        &self,
        call: Call<'_>,
        taken: Option<HeaderValue>,
    ) -> Result<Option<Answer>, ForgeError> {
        let (answer, _) = self.send(&call.in_lane(Lane::Merge), taken).await?;
        Ok(Some(answer).filter(|answer| answer.status != StatusCode::NOT_MODIFIED))
    }

    /// Reads something that may be as it was, and then costs nothing.
    pub(super) async fn get_if_changed(&self, call: Call<'_>) -> Result<Answer, ForgeError> {
        let (condition, kept) = lock(&self.kept).get(&call.path).unzip();
        let path = call.path.clone();
        let (answer, headers) = self.send(&call.in_lane(Lane::Merge), condition).await?;
        if let Some(kept) = kept
            && answer.status == StatusCode::NOT_MODIFIED
        {
            return Ok(kept);
        }
        match headers.get(ETAG).filter(|_| answer.status.is_success()) {
            Some(mark) => lock(&self.kept).keep(&path, mark.clone(), answer.clone()),
            None => self.forget(&path),
        }
        Ok(answer)
    }

    /// Reads every page of a listing. A listing without an end is an error: a part would decide wrongly.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        scope: Scope<'_>,
        verb: &str,
        path: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut all = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        for page in 1..=PAGES_MAX {
            let path = format!("{path}{joint}per_page={PAGE_SIZE}&page={page}");
            let answer = self.call(Call::get(scope, verb, path.clone())).await?;
            all.extend(answer.json::<Vec<T>>(&format!("`{path}`"))?);
            if !answer.has_next() {
                return Ok(all);
            }
        }
        Err(failed(format!("reading `{path}`"), format!("it has more than {PAGES_MAX} pages")))
    }

    /// Sends a request and gives its answer, which may be a no that the caller understands.
    ///
    /// # Errors
    /// Where GitHub refuses the bot, asks for patience, or gives no answer.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, ForgeError> {
        self.send(&call, None).await.map(|(answer, _)| answer)
    }

    /// The same, with what else GitHub says of itself in the headers.
    pub(super) async fn ask(&self, call: Call<'_>) -> Result<(Answer, HeaderMap), ForgeError> {
        self.send(&call, None).await
    }

    async fn send(
        &self,
        call: &Call<'_>,
        condition: Option<HeaderValue>,
    ) -> Result<(Answer, HeaderMap), ForgeError> {
        let mut tries = RetryState::new(self.patience);
        loop {
            // Whatever goes wrong on the way to a token was tried often enough there.
            let token = self.credentials.token_for(self, call.bearer()).await?;
            let setback = match self.admitted(call, &tries) {
                Ok(budget) => {
                    let answered = self.send_once(call, (&token, condition.clone()), (&budget, &tries)).await;
                    budget.counted(call.cost(), outcome(&answered));
                    match answered {
                        Ok(answered) => return Ok(answered),
                        Err(setback) => setback,
                    }
                }
                Err(setback) => setback,
            };
            tries.wait(setback).await?;
        }
    }

    /// Takes what a request costs from the budget of its account.
    fn admitted(&self, call: &Call<'_>, tries: &RetryState) -> Result<Arc<Budget>, AttemptError> {
        let budget = self.budget(call.bearer());
        self.expect_no_pause(call, &budget, tries)?;
        let taken = budget.take(call.cost(), self.now());
        taken.map_err(|wait| AttemptError::last(ForgeError::RateLimited { wait })).map(|()| budget)
    }

    /// Refuses to send while GitHub asks for patience, unless this request waited for that.
    fn expect_no_pause(
        &self,
        call: &Call<'_>,
        budget: &Budget,
        tries: &RetryState,
    ) -> Result<(), AttemptError> {
        let pause = budget.held(call.cost(), self.now()).filter(|pause| !tries.waited_for(*pause));
        pause.map_or(Ok(()), |pause| Err(AttemptError::held(pause)))
    }

    /// What the account may still ask that answers for a scope.
    fn budget(&self, scope: Scope<'_>) -> Arc<Budget> {
        let account = self.credentials.account(scope);
        let mut budgets = lock(&self.budgets);
        let budget =
            budgets.entry(account.to_owned()).or_insert_with(|| Arc::new(Budget::new(&self.forge, account)));
        Arc::clone(budget)
    }

    /// How many writes may go out now, at least so many.
    ///
    /// # Errors
    /// Where there are fewer, [`ForgeError::RateLimited`] with how long to wait.
    pub(super) fn room(&self, scope: Scope<'_>, lane: Lane, least: u32) -> Result<u32, ForgeError> {
        let least = Cost { lane, interface: Interface::Rest, writes: least, tokens: 0 };
        self.budget(scope).room(least, self.now()).map_err(|wait| ForgeError::RateLimited { wait })
    }

    async fn send_once(
        &self,
        call: &Call<'_>,
        (token, condition): (&SecretString, Option<HeaderValue>),
        (budget, tries): (&Budget, &RetryState),
    ) -> Result<(Answer, HeaderMap), AttemptError> {
        let is_repeatable = call.again == Idempotency::Safe;
        let under_way = budget.enter().await;
        // It may have stood in line while GitHub told another one to wait.
        self.expect_no_pause(call, budget, tries)?;
        let ahead = self.clock.ahead();
        let exchanged = self.exchange(call, token, condition).await;
        drop(under_way);
        let exchanged = exchanged.map_err(|error| AttemptError::passing(error, is_repeatable))?;
        let RawResponse { status, headers, body, elsewhere } = exchanged;
        if let Some(host) = elsewhere {
            return said_elsewhere(call, &host, (status, headers, body));
        }
        let interface = call.cost().interface;
        budget.learn(&headers, interface, self.now());
        let Some(refused) = refused(interface, (status, &headers, &body)) else {
            if interface == Interface::Graph && status == StatusCode::NOT_FOUND {
                return Err(AttemptError::last(meaning::no_graph(call, &self.url)));
            }
            return Ok((Answer::new(status, &headers, body), headers));
        };
        Err(match refused {
            GitHubRefusal::RateLimited(limit) => AttemptError::held(self.paused(budget, limit, interface)),
            GitHubRefusal::Broken(why) => AttemptError::passing(failed(call.verb, why), is_repeatable),
            GitHubRefusal::Token => {
                let was_our_clock = call.is_app_s() && (self.clock.ahead() - ahead).abs() > CLOCK_BLUR;
                self.not_let_in(call, token, (&words(status, &body), was_our_clock))
            }
            GitHubRefusal::AccessDenied(barred) => self.barred(call, barred),
        })
    }

    /// What follows where GitHub does not take the token. What is refused had no effect, so that all may be tried again.
    fn not_let_in(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        (words, was_our_clock): (&str, bool),
    ) -> AttemptError {
        let error = meaning::not_let_in(&self.credentials, call, words);
        let goes_on = self.credentials.doubt(call.bearer(), token, self.now());
        AttemptError::passing(error, goes_on || was_our_clock)
    }

    /// The same where the bot may not do it: of a new token it may not be known everywhere what it is good for.
    fn barred(&self, call: &Call<'_>, barred: AccessDenied) -> AttemptError {
        let may_be_early = matches!(barred, AccessDenied::Right(..));
        let is_early = may_be_early && self.credentials.is_fresh(call.bearer(), self.now());
        AttemptError::passing(meaning::barred(&self.credentials, call, barred), is_early)
    }

    /// Has all that the account asks wait for what GitHub said to one request.
    fn paused(&self, budget: &Budget, limit: RateLimit, interface: Interface) -> Pause {
        let of = Some(interface).filter(|_| limit.is_hourly);
        Pause { wait: limit.wait, until: budget.pause(limit.wait, of, self.now()) }
    }
}

/// What a host says to which GitHub sent us on: that it has no time, or does not let us in, is no word of GitHub's.
fn said_elsewhere(
    call: &Call<'_>,
    host: &str,
    (status, headers, body): (StatusCode, HeaderMap, Vec<u8>),
) -> Result<(Answer, HeaderMap), AttemptError> {
    let is_broken = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
    let no = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    if is_broken || no.contains(&status) {
        let error = failed(call.verb, format!("`{host}` answered {status}"));
        return Err(AttemptError::passing(error, is_broken && call.again == Idempotency::Safe));
    }
    Ok((Answer::new(status, &headers, body), headers))
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A lock that outlives a panic elsewhere: what it guards is a cache, replaced as a whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of a request, in a word of few.
fn outcome(answered: &Result<(Answer, HeaderMap), AttemptError>) -> &'static str {
    match answered {
        Ok((answer, _)) if answer.status == StatusCode::NOT_MODIFIED => "unchanged",
        Ok((answer, _)) if answer.status.is_success() => "done",
        Ok(_) => "refused",
        Err(setback) => match setback.error {
            ForgeError::Forbidden { .. } | ForgeError::Misconfigured { .. } => "refused",
            ForgeError::RateLimited { .. } => "limited",
            ForgeError::Unavailable { .. }
            | ForgeError::Conflict { .. }
            | ForgeError::NotYet { .. }
            | ForgeError::NotFound { .. }
            | ForgeError::Blocked { .. } => "failed",
        },
    }
}
