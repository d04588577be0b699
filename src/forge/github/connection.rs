//! Requests to GitHub: with the right token, in bounds, and repeated only where that is safe.

mod answer;
mod call;
mod redirect;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use self::redirect::Hop;
use super::budget::{Budget, Cost, Interface, Lane};
use super::credentials::{Credentials, Scope};
use super::refusal::{Refused, refused};
use super::{Now, failed};
use crate::forge::ForgeError;
use crate::model::{ForgeName, Time};
pub(super) use answer::Answer;
pub(super) use call::{Again, Call, in_path, in_query};

/// Most bytes that are read of an answer; the largest are trees of 100,000 files.
const BODY_BYTES_MAX: usize = 64 << 20;
/// Most pages that are read of one listing.
const PAGES_MAX: usize = 200;
/// Entries on each page of a listing; GitHub gives no more.
pub(super) const PAGE_SIZE: usize = 100;
/// How often a request that may be repeated is sent.
const TRIES_MAX: u32 = 4;
/// How long GitHub may take to accept a connection, and to go on with an answer.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// The version of the REST interface that the wire types are of.
const API_VERSION: &str = "2022-11-28";
const API_VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");

/// How patient requests are.
#[derive(Copy, Clone, Debug)]
pub struct Patience {
    /// The pause before the second try; it doubles with each.
    pub pause: Duration,
    /// The longest pause that GitHub may ask for and that is waited out on the spot.
    pub wait_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause: Duration::from_millis(500), wait_max: Duration::from_secs(10) }
    }
}

/// An answer and the mark by which GitHub knows whether it still holds.
type Kept = (HeaderValue, Answer);

/// The way to one GitHub.
pub(super) struct Connection {
    /// The forge's name in the configuration.
    forge: String,
    url: String,
    credentials: Credentials,
    patience: Patience,
    now: Now,
    client: OnceLock<Octocrab>,
    /// Answers that are asked for again and again: refs, first pages. As many as there are such addresses.
    kept: Mutex<BTreeMap<String, Kept>>,
    /// What may still be asked, by the account that asks: an installation of the App, or the user of the token.
    budgets: Mutex<BTreeMap<String, Arc<Budget>>>,
}

impl Connection {
    pub(super) fn new(
        (forge, url): (&ForgeName, &str),
        credentials: Credentials,
        patience: Patience,
        now: Now,
    ) -> Self {
        Self {
            forge: forge.to_string(),
            url: url.trim_end_matches('/').to_owned(),
            credentials,
            patience,
            now,
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

    /// Reads something that may be as it was, and then costs nothing.
    ///
    /// Whoever skips what it knows already goes by the tag of the answer that it took in last: that GitHub says "as it was"
    /// does not mean that the caller ever came to its end with it.
    pub(super) async fn get_if_changed(&self, call: Call<'_>) -> Result<Answer, ForgeError> {
        let kept = lock(&self.kept).get(&call.path).cloned();
        let condition = kept.as_ref().map(|(tag, _)| tag.clone());
        let path = call.path.clone();
        let (answer, headers) = self.send(&call.in_lane(Lane::Merge), condition).await?;
        if let Some((_, kept)) = kept
            && answer.status == StatusCode::NOT_MODIFIED
        {
            return Ok(kept);
        }
        let mut all = lock(&self.kept);
        match headers.get(ETAG).filter(|_| answer.status.is_success()) {
            Some(tag) => drop(all.insert(path, (tag.clone(), answer.clone()))),
            None => drop(all.remove(&path)),
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
        let mut pause = self.patience.pause;
        let mut tried = 1;
        loop {
            let budget = self.budget(call.scope);
            budget.take(call.cost(), self.now()).map_err(|wait| ForgeError::RateLimited { wait })?;
            let answered = self.send_once(call, condition.clone(), &budget).await;
            budget.counted(call.cost(), outcome(&answered));
            let error = match answered {
                Ok(answered) => return Ok(answered),
                Err(error) => error,
            };
            let wait = match &error {
                ForgeError::RateLimited { wait } if *wait <= self.patience.wait_max => *wait,
                ForgeError::Unavailable { .. } if call.again == Again::Safe => pause,
                ForgeError::RateLimited { .. }
                | ForgeError::Unavailable { .. }
                | ForgeError::Conflict { .. }
                | ForgeError::NotYet { .. }
                | ForgeError::NotFound { .. }
                | ForgeError::Blocked { .. }
                | ForgeError::Shut { .. }
                | ForgeError::Forbidden { .. } => return Err(error),
            };
            if tried == TRIES_MAX {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
            (pause, tried) = (pause * 2, tried + 1);
        }
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
        let least = Cost { lane, interface: Interface::Rest, writes: least };
        self.budget(scope).room(least, self.now()).map_err(|wait| ForgeError::RateLimited { wait })
    }

    async fn send_once(
        &self,
        call: &Call<'_>,
        condition: Option<HeaderValue>,
        budget: &Budget,
    ) -> Result<(Answer, HeaderMap), ForgeError> {
        let token = self.credentials.token_for(self, call.scope).await?;
        let under_way = budget.enter().await;
        let (status, headers, body) = self.exchange(call, &token, condition).await?;
        drop(under_way);
        budget.learn(&headers, call.cost().interface, self.now());
        let Some(refused) = refused(status, &headers, &body) else {
            return Ok((Answer::new(status, &headers, body), headers));
        };
        Err(match refused {
            Refused::Token => {
                self.credentials.forget(call.scope);
                not_let_in(&self.credentials)
            }
            Refused::ReadOnly => ForgeError::Shut {
                why: format!("`{}` is archived, so nobody can write there", call.scope),
                way_out: "unarchive it, or take its services out of the configuration".to_owned(),
            },
            Refused::Permission(permission) => forbidden(call, &permission),
            Refused::Patience(wait) => {
                if wait > self.patience.wait_max {
                    budget.pause(wait, self.now());
                }
                ForgeError::RateLimited { wait }
            }
            Refused::Broken(why) => failed(call.verb, why),
        })
    }

    /// One request over the wire, and where its answer leads.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        condition: Option<HeaderValue>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), ForgeError> {
        let went_wrong = |error: octocrab::Error| failed(call.verb, said_by(&error));
        let own = own_headers(call, token, condition)?;
        let client = self.client()?;
        let mut hop = Hop::first(&call.address(&self.url)).map_err(|error| failed(call.verb, error))?;
        let (head, body) = loop {
            let mut builder = http::Request::builder()
                .method(call.method.clone())
                .uri(hop.address())
                .header(ACCEPT, "application/vnd.github+json");
            if let Some(headers) = builder.headers_mut().filter(|_| hop.is_home) {
                headers.extend(own.clone());
            }
            let request = client.build_request(builder, call.body.as_ref()).map_err(went_wrong)?;
            let (head, body) = client.send(request).await.map_err(went_wrong)?.into_parts();
            match hop.next(&call.method, head.status, &head.headers) {
                Some(next) => hop = next,
                None => break (head, body),
            }
        };
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
        let body = body.map_err(|error| failed(call.verb, innermost(error.as_ref())))?;
        Ok((head.status, head.headers, body.to_bytes().to_vec()))
    }

    /// The client, made with the first request: it needs certificates of the machine, and a runtime around it.
    fn client(&self) -> Result<&Octocrab, ForgeError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = Octocrab::builder()
            .add_retry_config(RetryConfig::None)
            .set_connect_timeout(Some(SILENCE_MAX))
            .set_read_timeout(Some(SILENCE_MAX))
            .set_write_timeout(Some(SILENCE_MAX))
            .build();
        let made = made.map_err(|error| failed("making connections secure", said_by(&error)))?;
        Ok(self.client.get_or_init(|| made))
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Connection").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What GitHub alone is told with a request.
fn own_headers(
    call: &Call<'_>,
    token: &SecretString,
    condition: Option<HeaderValue>,
) -> Result<HeaderMap, ForgeError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        .map_err(|_| failed(call.verb, "the token has characters that no token has"))?;
    bearer.set_sensitive(true);
    let version = HeaderValue::from_static(API_VERSION);
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (API_VERSION_HEADER, version)]);
    headers.extend(condition.map(|condition| (IF_NONE_MATCH, condition)));
    Ok(headers)
}

/// A lock that outlives a panic elsewhere: what it guards is a cache, replaced as a whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of a request, in a word of few.
fn outcome(answered: &Result<(Answer, HeaderMap), ForgeError>) -> &'static str {
    match answered {
        Ok((answer, _)) if answer.status == StatusCode::NOT_MODIFIED => "unchanged",
        Ok((answer, _)) if answer.status.is_success() => "done",
        Ok(_) | Err(ForgeError::Forbidden { .. } | ForgeError::Shut { .. }) => "refused",
        Err(ForgeError::RateLimited { .. }) => "limited",
        Err(
            ForgeError::Unavailable { .. }
            | ForgeError::Conflict { .. }
            | ForgeError::NotYet { .. }
            | ForgeError::NotFound { .. }
            | ForgeError::Blocked { .. },
        ) => "failed",
    }
}

/// The token is not taken: of an App the next one may be, of a person only another one is.
fn not_let_in(credentials: &Credentials) -> ForgeError {
    match credentials {
        Credentials::Token(_) => ForgeError::Shut {
            why: "GitHub does not take the token: it is wrong, expired or revoked".to_owned(),
            way_out: "make a new one, and put it where `token` of the forge says in the configuration"
                .to_owned(),
        },
        Credentials::App(_) => failed("acting as the App", "GitHub does not take the token that it gave it"),
    }
}

fn forbidden(call: &Call<'_>, permission: &str) -> ForgeError {
    ForgeError::Forbidden {
        verb: call.verb.to_owned(),
        repository: call.scope.to_string(),
        permission: permission.to_owned(),
    }
}

/// What went wrong on the way, in words: the innermost cause, for the outer ones only say that a request failed.
fn said_by(error: &octocrab::Error) -> String {
    innermost(error)
}

fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    super::refusal::one_line(&cause.to_string())
}
