//! Requests to GitHub: with the right token, in bounds, and repeated only where that is safe.

mod call;
mod clock;
mod errors;
mod exchange;
mod redirect;
mod response;
mod response_cache;
mod retry;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::TimeDelta;
use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderValue};
use octocrab::Octocrab;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use self::clock::ServerClock;
use self::response_cache::ResponseCache;
use self::retry::{AttemptError, RetryState};
use super::Now;
use super::auth::{AppRequests, Credentials};
use super::budget::{Budget, Cost, Interface, Lane, Pause};
use super::lock::lock;
use super::refusal::{AccessDenied, GitHubRefusal, RateLimit, refusal_in};
use super::scope::Scope;
use crate::forge::ForgeError;
use crate::model::{ForgeName, Time};
pub(super) use call::{Call, Idempotency, OWN_ACCOUNT, encode_path, encode_query};
pub(super) use errors::{not_installed, token_refused};
pub(super) use exchange::RawResponse;
pub(super) use response::Response;

/// Most pages that are read of one listing.
const PAGES_MAX: usize = 200;
/// Entries on each page of a listing; GitHub gives no more.
pub(super) const PAGE_SIZE: usize = 100;
/// How often an idempotent request is sent.
const ATTEMPTS_MAX: u32 = 4;
/// How much two `Date` headers may differ although no clock was set: they have whole seconds.
const DATE_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// How often and how long a request is retried.
#[derive(Copy, Clone, Debug)]
pub struct RetryPolicy {
    /// The pause before the second attempt; it doubles with each further one.
    pub pause: Duration,
    /// The longest rate-limit pause that a request waits for; a longer one ends it with [`ForgeError::RateLimited`].
    pub wait_max: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { pause: Duration::from_millis(500), wait_max: Duration::from_secs(10) }
    }
}

/// Sends requests to one GitHub.
pub(super) struct Transport {
    /// The forge's name in the configuration.
    forge: String,
    url: String,
    credentials: Credentials,
    retry_policy: RetryPolicy,
    now: Now,
    clock: ServerClock,
    client: OnceLock<Octocrab>,
    /// Responses that are requested again and again: refs, first pages, pull requests.
    cache: Mutex<ResponseCache>,
    /// The rate budgets by account: an installation of the App, or the user of the token.
    budgets: Mutex<BTreeMap<String, Arc<Budget>>>,
}

impl Transport {
    pub(super) fn new(
        forge: &ForgeName,
        url: &str,
        credentials: Credentials,
        retry_policy: RetryPolicy,
        now: Now,
    ) -> Self {
        Self {
            forge: forge.to_string(),
            url: url.trim_end_matches('/').to_owned(),
            credentials,
            retry_policy,
            now,
            clock: ServerClock::default(),
            client: OnceLock::new(),
            cache: Mutex::default(),
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

    /// The current time by this machine's clock.
    pub(super) fn now(&self) -> Time {
        (self.now)()
    }

    /// The current time by GitHub's clock, in whole seconds. Times in GitHub's responses are compared with it.
    pub(super) fn github_now(&self) -> Time {
        self.clock.to_github_time(self.now())
    }

    /// How far GitHub's clock is ahead of ours; `None` before its first response.
    pub(super) fn clock_ahead(&self) -> Option<TimeDelta> {
        self.clock.known_offset()
    }

    /// Removes the cached responses of a path, with any query, and of all paths below it.
    pub(super) fn forget(&self, path: &str) {
        lock(&self.cache).forget(path);
    }

    /// Reads a resource that has to exist.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        scope: Scope<'_>,
        verb: &str,
        path: String,
    ) -> Result<T, ForgeError> {
        let response = self.call(Call::get(scope, verb, path.clone())).await?;
        response.json(&format!("`{path}`"))
    }

    /// Reads a resource unless it has the `ETag` that the caller gives; `None` if it has. A 304 costs nothing of the rate limit.
    pub(super) async fn get_unless(
        &self,
        call: Call<'_>,
        etag: Option<HeaderValue>,
    ) -> Result<Option<Response>, ForgeError> {
        let (response, _) = self.send(&call.in_lane(Lane::Merge), etag).await?;
        Ok(Some(response).filter(|response| response.status != StatusCode::NOT_MODIFIED))
    }

    /// Reads a resource with the `ETag` of the cached response. A 304 costs nothing of the rate limit.
    pub(super) async fn get_if_changed(&self, call: Call<'_>) -> Result<Response, ForgeError> {
        let (etag, cached) = lock(&self.cache).get(&call.path).unzip();
        let path = call.path.clone();
        let (response, headers) = self.send(&call.in_lane(Lane::Merge), etag).await?;
        if let Some(cached) = cached
            && response.status == StatusCode::NOT_MODIFIED
        {
            return Ok(cached);
        }
        match headers.get(ETAG) {
            Some(etag) if response.status.is_success() => {
                lock(&self.cache).insert(&path, etag.clone(), response.clone());
            }
            Some(_) | None => self.forget(&path),
        }
        Ok(response)
    }

    /// Reads every page of a listing. More than [`PAGES_MAX`] pages are an error, because a partial listing would decide wrongly.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        scope: Scope<'_>,
        verb: &str,
        path: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut entries = Vec::new();
        let separator = if path.contains('?') { '&' } else { '?' };
        for page in 1..=PAGES_MAX {
            let path = format!("{path}{separator}per_page={PAGE_SIZE}&page={page}");
            let response = self.call(Call::get(scope, verb, path.clone())).await?;
            entries.extend(response.json::<Vec<T>>(&format!("`{path}`"))?);
            if !response.has_next() {
                return Ok(entries);
            }
        }
        Err(ForgeError::unavailable(
            format!("reading `{path}`"),
            format!("it has more than {PAGES_MAX} pages"),
        ))
    }

    /// Sends a request and returns the response, whose status may be an error that the caller understands.
    ///
    /// # Errors
    /// If GitHub denies access, limits the rate, or does not respond.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Response, ForgeError> {
        self.send(&call, None).await.map(|(response, _)| response)
    }

    /// The same, with the headers.
    pub(super) async fn call_with_headers(
        &self,
        call: Call<'_>,
    ) -> Result<(Response, HeaderMap), ForgeError> {
        self.send(&call, None).await
    }

    /// Sends a request, and again while [`RetryState`] allows it.
    async fn send(
        &self,
        call: &Call<'_>,
        etag: Option<HeaderValue>,
    ) -> Result<(Response, HeaderMap), ForgeError> {
        let mut retries = RetryState::new(self.retry_policy);
        loop {
            // Getting a token has retries of its own.
            let token = self.credentials.token_for(self, call.bearer()).await?;
            let attempt = Attempt { call, token: &token, etag: etag.clone(), retries: &retries };
            match self.attempt(attempt).await {
                Ok(response) => return Ok(response),
                Err(error) => retries.wait(error).await?,
            }
        }
    }

    /// Sends a request once, if the budget of its account allows it, and counts it there.
    async fn attempt(&self, attempt: Attempt<'_>) -> Result<(Response, HeaderMap), AttemptError> {
        let (call, retries) = (attempt.call, attempt.retries);
        let budget = self.budget(call.bearer());
        ensure_not_paused(call, &budget, retries, self.now())?;
        let taken = budget.take(call.cost(), self.now());
        taken.map_err(|wait| AttemptError::permanent(ForgeError::RateLimited { wait }))?;
        let result = self.send_once(attempt, &budget).await;
        budget.count_request(call.cost(), outcome_label(&result));
        result
    }

    /// The rate budget of the account that a scope belongs to.
    fn budget(&self, scope: Scope<'_>) -> Arc<Budget> {
        let account = self.credentials.account(scope);
        let mut budgets = lock(&self.budgets);
        let budget =
            budgets.entry(account.to_owned()).or_insert_with(|| Arc::new(Budget::new(&self.forge, account)));
        Arc::clone(budget)
    }

    /// The number of writes that the budget allows now, at least `min`.
    ///
    /// # Errors
    /// [`ForgeError::RateLimited`] if it allows fewer.
    pub(super) fn available_writes(&self, scope: Scope<'_>, lane: Lane, min: u32) -> Result<u32, ForgeError> {
        let cost = Cost { lane, interface: Interface::Rest, writes: min, tokens: 0 };
        let available = self.budget(scope).available_writes(cost, self.now());
        available.map_err(|wait| ForgeError::RateLimited { wait })
    }

    async fn send_once(
        &self,
        attempt: Attempt<'_>,
        budget: &Budget,
    ) -> Result<(Response, HeaderMap), AttemptError> {
        let Attempt { call, token, etag, retries } = attempt;
        let is_idempotent = call.idempotency == Idempotency::Safe;
        let permit = budget.acquire_slot().await;
        // A response to another request may have asked for a pause while this one waited for the slot.
        ensure_not_paused(call, budget, retries, self.now())?;
        let clock_before = self.clock.ahead();
        let exchanged = self.exchange(call, token, etag).await;
        drop(permit);
        let response = exchanged.map_err(|error| AttemptError::retryable_if(is_idempotent, error))?;
        if response.other_host.is_some() {
            return other_host_response(call, response);
        }
        let interface = call.cost().interface;
        budget.record_headers(&response.headers, interface, self.now());
        let refusal = refusal_in(interface, &response);
        match refusal {
            None if interface == Interface::Graph && response.status == StatusCode::NOT_FOUND => {
                Err(AttemptError::permanent(errors::graphql_not_found(call, &self.url)))
            }
            None => Ok((Response::new(response.status, &response.headers, response.body), response.headers)),
            Some(GitHubRefusal::RateLimited(limit)) => {
                Err(AttemptError::rate_limited(self.pause(budget, limit, interface)))
            }
            Some(GitHubRefusal::ServerError(message)) => {
                Err(AttemptError::retryable_if(is_idempotent, ForgeError::unavailable(call.verb, message)))
            }
            Some(GitHubRefusal::Unauthorized) => {
                let clock_changed =
                    call.is_from_app() && (self.clock.ahead() - clock_before).abs() > DATE_TOLERANCE;
                let error = errors::unauthorized(&self.credentials, call, &response.message());
                Err(self.unauthorized(call, token, clock_changed, error))
            }
            Some(GitHubRefusal::AccessDenied(denied)) => Err(self.access_denied(call, denied)),
        }
    }

    /// The error for a rejected token. A rejected request had no effect, so even one that is not idempotent may be sent again:
    /// with another token, or with a proof of the App that was dated by the wrong clock.
    fn unauthorized(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        clock_changed: bool,
        error: ForgeError,
    ) -> AttemptError {
        let may_get_another = self.credentials.token_rejected(call.bearer(), token, self.now());
        AttemptError::retryable_if(may_get_another || clock_changed, error)
    }

    /// The error for a request that the bot may not make. With a new token it is sent again, because not all of GitHub's
    /// servers know the permissions of a token at once.
    fn access_denied(&self, call: &Call<'_>, denied: AccessDenied) -> AttemptError {
        let may_be_early = matches!(denied, AccessDenied::Right(..));
        let is_early = may_be_early && self.credentials.is_fresh(call.bearer(), self.now());
        AttemptError::retryable_if(is_early, errors::access_denied(&self.credentials, call, denied))
    }

    /// Pauses all requests of an account, as GitHub asks in the response to one: to one interface for an hourly limit, to both
    /// for a secondary one.
    fn pause(&self, budget: &Budget, limit: RateLimit, interface: Interface) -> Pause {
        let paused = if limit.is_hourly { Some(interface) } else { None };
        Pause { wait: limit.wait, until: budget.pause(limit.wait, paused, self.now()) }
    }
}

impl AppRequests for Transport {
    fn now(&self) -> Time {
        self.now()
    }

    fn github_now(&self) -> Time {
        self.github_now()
    }

    async fn call(&self, call: Call<'_>) -> Result<Response, ForgeError> {
        self.call(call).await
    }
}

/// One attempt at a request.
struct Attempt<'a> {
    call: &'a Call<'a>,
    token: &'a SecretString,
    /// The `ETag` of a conditional request.
    etag: Option<HeaderValue>,
    /// The attempts before this one.
    retries: &'a RetryState,
}

/// Returns an error while GitHub asks for a pause, unless this request already waited for it.
fn ensure_not_paused(
    call: &Call<'_>,
    budget: &Budget,
    retries: &RetryState,
    now: Time,
) -> Result<(), AttemptError> {
    let pause = budget.active_pause(call.cost(), now).filter(|pause| !retries.waited_for(*pause));
    pause.map_or(Ok(()), |pause| Err(AttemptError::rate_limited(pause)))
}

/// The response of a host to which GitHub redirected, such as its storage of archives. Its 401, 403 and 429 say nothing about
/// the bot's token or rate limit at GitHub.
fn other_host_response(
    call: &Call<'_>,
    response: RawResponse,
) -> Result<(Response, HeaderMap), AttemptError> {
    let RawResponse { status, headers, body, other_host } = response;
    let is_transient = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS];
    if is_transient || refusals.contains(&status) {
        let host = other_host.unwrap_or_default();
        let error = ForgeError::unavailable(call.verb, format!("`{host}` answered {status}"));
        let is_retryable = is_transient && call.idempotency == Idempotency::Safe;
        return Err(AttemptError::retryable_if(is_retryable, error));
    }
    Ok((Response::new(status, &headers, body), headers))
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Transport").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The value of the label `outcome` of `towpath_forge_requests_total`.
fn outcome_label(result: &Result<(Response, HeaderMap), AttemptError>) -> &'static str {
    match result {
        Ok((response, _)) if response.status == StatusCode::NOT_MODIFIED => "unchanged",
        Ok((response, _)) if response.status.is_success() => "done",
        Ok(_) => "refused",
        Err(error) => match error.error {
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
