//! GitHub's face of the world: the REST interface, as far as Towpath uses it, over HTTP on this machine.
//!
//! It reads and changes the same state as the ports and the people of a story, and is as strict as GitHub: what is
//! there already is refused with 422, a branch moves forward only, an answer carries a mark by which it can be asked
//! for again at no cost.

mod archive;
mod checks;
mod deployments;
mod events;
mod graph;
mod json;
mod read;
mod setup;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State as Shared;
use axum::http::request::Parts;
use axum::http::response::Builder;
use axum::http::{Method, Request, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use towpath::forge::ForgeError;
use towpath::model::{BlobId, ChangeNumber, CommentId, CommitId, Time};

use super::{FakeWorld, State};
use crate::support::contract::Exchange;
use crate::support::fixture::Files;
pub(crate) use checks::FakeCheck;
pub(crate) use deployments::FakeDeployment;

pub(crate) use setup::Setup;

/// The token that the face takes.
pub(crate) const TOKEN: &str = "a-token-that-nobody-may-see";
/// Largest request that is taken, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What the face keeps beside the world.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Trees that were written, by their ids.
    trees: BTreeMap<String, Files>,
    /// Every request, in order, and whether it was answered with "as it was".
    pub(crate) requests: Vec<(String, bool)>,
    /// How large the bodies of all requests were together.
    pub(crate) bytes_received: usize,
    /// Archives of commits.
    pub(crate) archives: archive::Archives,
    /// Check runs, by their numbers.
    pub(crate) checks: Vec<FakeCheck>,
    /// What others built of commits.
    pub(crate) builds: Vec<FakeCheck>,
    /// Whether the request that is being answered is the App's.
    is_app: bool,
    /// What the token of the request that is being answered is good for; nothing where that is all.
    granted: Value,
    /// The tokens that the App got itself, while they are good, and what for.
    pub(crate) tokens: BTreeMap<String, Value>,
    /// Deployments, in the order in which they were made.
    pub(crate) deployments: Vec<FakeDeployment>,
    /// The labels that were made.
    pub(crate) labels: BTreeSet<String>,
    /// When something was written, and how much.
    writes: Vec<(Time, usize)>,
    /// What the App wished its tokens to be good for, in order.
    pub(crate) wishes: Vec<Value>,
    /// How many files a listing of a whole tree holds; nothing where there is no end.
    pub(crate) tree_entries_max: Option<usize>,
    /// What stands in trees for commits of other repositories, which have no content here.
    pub(crate) submodules: BTreeSet<BlobId>,
    /// The commits that GitHub signed.
    pub(crate) signed: BTreeSet<CommitId>,
    /// Who pushed what somebody else is said to have written.
    pub(crate) pushed_by: BTreeMap<CommitId, &'static str>,
    /// Commits of which the list of activity does not tell yet.
    pub(crate) unlisted: BTreeSet<CommitId>,
    /// What the server calls itself as a committer, where that is not what github.com does.
    pub(crate) own_committer: Option<&'static str>,
    /// Whether it keeps no list of activity, as an old server.
    pub(crate) has_no_activity: bool,
    /// The pull requests that are told as they were before their branch moved last, and that they do not go together with
    /// their base.
    pub(crate) lagging: BTreeSet<ChangeNumber>,
    /// Whether files are listed with another mode than Git has.
    pub(crate) lists_old_modes: bool,
    /// Who was asked for a review of each change, users and teams, in the order asked for.
    pub(crate) reviewers: BTreeMap<ChangeNumber, Vec<String>>,
    /// Users and teams that have nothing to do with the repository.
    pub(crate) strangers: BTreeSet<&'static str>,
    /// Names that went to another account since it wrote here.
    pub(crate) taken_over: BTreeSet<&'static str>,
    /// The listing that has always another page, by a part of its path.
    pub(crate) endless: Option<String>,
    /// The pull requests that no listing shows yet.
    pub(crate) unlisted_changes: BTreeSet<ChangeNumber>,
    /// Comments of which GraphQL does not know yet, or knows only an earlier text.
    pub(crate) graph_lags: BTreeMap<CommentId, Option<String>>,
    /// Comments of which GraphQL does not resolve when they were edited, with an error that says so or without one.
    pub(crate) unresolved_edits: BTreeMap<CommentId, bool>,
    /// The reviews that a commit took back, and no person did.
    pub(crate) dismissed_by_push: BTreeSet<CommentId>,
    /// The comments that were hidden.
    pub(crate) hidden: BTreeSet<CommentId>,
    /// How it is set up.
    pub(crate) setup: Setup,
    /// The pull requests that come from somebody's fork.
    pub(crate) from_forks: BTreeSet<ChangeNumber>,
    /// The pull requests to which somebody gave another base.
    pub(crate) retargeted: BTreeSet<ChangeNumber>,
    /// What the next requests of this kind are answered with, instead of what they ask for.
    pub(crate) refusals: Vec<Refusal>,
    /// What was seen when somebody asked for events the last time.
    seen: events::Seen,
}

/// A no that a test plans.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// How the request starts, such as `PUT /repos`.
    pub(crate) request: &'static str,
    pub(crate) status: u16,
    /// What it says; an object in JSON, and a page for people, is the whole answer.
    pub(crate) message: &'static str,
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// One request, taken apart.
struct Asked<'a> {
    /// The path below the repository, in parts.
    parts: Vec<&'a str>,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Asked<'_> {
    fn query(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }

    fn text(&self, key: &str) -> &str {
        self.body.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What the face says: a status and JSON.
type Said = (u16, Value);

impl FakeWorld {
    /// Serves this world as GitHub until the runtime ends, and says where.
    pub(crate) async fn serve_github(&self) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let server = Self { watch: self.watch.for_a_server(), ..self.clone() };
        let router = Router::new().fallback(answer).with_state(server);
        tokio::spawn(async move { axum::serve(listener, router).await });
        self.serve_archives().await;
        address
    }
}

async fn answer(Shared(world): Shared<FakeWorld>, request: Request<Body>) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    head.uri = below_enterprise(&head.uri);
    let body = to_bytes(body, BODY_BYTES_MAX).await.expect("the bot sends small bodies");
    let (response, is_planned) = world.state().respond(&head, &body);
    let exchange = Exchange {
        method: head.method.as_str(),
        target: head.uri.path_and_query().expect("a request has a path").as_str(),
        sent: &body,
        status: response.status().as_u16(),
        said: response.body().as_bytes(),
        is_planned,
    };
    // A page comes from whoever is no interface of GitHub's, and so is not as that is described.
    let is_page = is_planned && exchange.said.starts_with(b"<");
    if !is_page {
        world.watch.look(&exchange);
    }
    response.map(Body::from)
}

/// Where github.com has what a GitHub Enterprise Server has at an address; elsewhere it has nothing there.
fn below_enterprise(uri: &axum::http::Uri) -> axum::http::Uri {
    let text = uri.to_string();
    let rest = text.strip_prefix("/api/v3").filter(|path| !path.starts_with("/graphql"));
    let path = rest.or_else(|| text.strip_prefix("/api").filter(|path| path.starts_with("/graphql")));
    path.map_or_else(|| uri.clone(), |path| path.parse().expect("a part of a path is one"))
}

impl State {
    /// The answer to a request, and whether a test planned it.
    fn respond(&mut self, head: &Parts, body: &[u8]) -> (Response<String>, bool) {
        let line = format!("{} {}", head.method, head.uri);
        self.github.bytes_received += body.len();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").unwrap_or_default();
        let token = bearer.trim_start_matches("Bearer ");
        let is_allowed = self.github.takes(token, head.uri.path(), self.clock());
        self.github.is_app = token != TOKEN;
        self.github.granted = self.github.tokens.get(token).cloned().unwrap_or_default();
        if let Some(refusal) = self.github.planned(&line) {
            self.github.requests.push((line, false));
            return (refused(&refusal, self.clock()), true);
        }
        let (status, value) = if header("user-agent").is_none() {
            (403, error("Request forbidden by administrative rules."))
        } else if !is_allowed {
            (401, error("Bad credentials"))
        } else if self.faults.is_down {
            (503, error("no power"))
        } else {
            self.answer(&head.method, &head.uri, body)
        };
        let (writes, now) = (writes_in(head, body), self.now);
        self.github.count_writes(writes, now);
        let mut builder = self.with_headers(Response::builder());
        if self.github.endless.as_ref().is_some_and(|part| head.uri.path().contains(part)) {
            builder = builder.header("link", "<http://elsewhere.test>; rel=\"next\"");
        }
        let response = paged(builder, &head.uri, status, value, header("if-none-match"));
        self.github.requests.push((line, response.status() == StatusCode::NOT_MODIFIED));
        (response, false)
    }
}

impl Desk {
    /// Whether a token is good for a path. The App's own proof, a JSON Web Token, is good for asking for tokens.
    fn takes(&self, token: &str, path: &str, clock: Time) -> bool {
        let is_about_the_app = path.starts_with("/app") || path.ends_with("/installation");
        if is_about_the_app {
            is_proof(token, clock)
        } else {
            token == TOKEN || self.tokens.contains_key(token)
        }
    }

    /// A process knows nothing of what one before it wrote. GitHub tells it to wait where that was too much.
    pub(crate) fn forget_writes(&mut self) {
        self.writes.clear();
    }

    /// GitHub would stop a bot that writes more than this, so no process may.
    fn count_writes(&mut self, writes: usize, now: Time) {
        self.writes.push((now, writes));
        for (span, most) in [(TimeDelta::minutes(1), 80), (TimeDelta::hours(1), 500)] {
            let lately = self.writes.iter().rev().take_while(|(at, _)| *at > now - span);
            let sum: usize = lately.map(|(_, writes)| writes).sum();
            assert!(sum <= most, "{sum} writes within {span}");
        }
    }

    fn planned(&mut self, line: &str) -> Option<Refusal> {
        let index = self.refusals.iter().position(|refusal| line.starts_with(refusal.request))?;
        Some(self.refusals.remove(index))
    }
}

/// Whether a text is the proof of an App, made by now and good for no more than ten minutes.
fn is_proof(token: &str, clock: Time) -> bool {
    let [_, claims, _] = token.split('.').collect::<Vec<_>>()[..] else { return false };
    let Ok(claims) = URL_SAFE_NO_PAD.decode(claims) else { return false };
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    let [made, ends] = ["iat", "exp"].map(|name| claims[name].as_i64().expect("an instant"));
    let now = clock.timestamp();
    made <= now && now < ends && ends <= now + 600
}

/// How much a request writes, by the strictest reading: each mutation, and each request that is none and no question.
fn writes_in(head: &Parts, body: &[u8]) -> usize {
    match (&head.method, head.uri.path()) {
        (&Method::GET, _) => 0,
        (_, path) if path.ends_with("/access_tokens") => 0,
        (_, "/graphql") => {
            let document: Value = serde_json::from_slice(body).expect("a document is JSON");
            graph::fields(document["query"].as_str().unwrap_or_default()).count()
        }
        _ => 1,
    }
}

fn refused(refusal: &Refusal, clock: Time) -> Response<String> {
    let mut builder = Response::builder().status(refusal.status).header("content-type", "application/json");
    builder = builder.header("date", setup::date(clock));
    if let Some((name, value)) = refusal.header {
        builder = builder.header(name, value);
    }
    let is_whole = refusal.message.starts_with(['{', '<']);
    let body = if is_whole { refusal.message.to_owned() } else { error(refusal.message).to_string() };
    builder.body(body).expect("a response")
}

/// The page of a list that was asked for, unless the asker has it already.
fn paged(
    builder: Builder,
    uri: &axum::http::Uri,
    status: u16,
    value: Value,
    known: Option<&str>,
) -> Response<String> {
    let query = query_of(uri);
    let number = |key: &str| query.get(key).and_then(|text| text.parse::<usize>().ok());
    let (size, page) = (number("per_page").unwrap_or(30), number("page").unwrap_or(1));
    let mut builder = builder.header("content-type", "application/json");
    let is_list_in_pages = !uri.path().contains("/matching-refs/");
    let value = match value {
        Value::Array(all) if is_list_in_pages => {
            if all.len() > page * size {
                builder = builder.header("link", "<http://elsewhere.test>; rel=\"next\"");
            }
            Value::Array(all.into_iter().skip((page - 1) * size).take(size).collect())
        }
        // The one listing here that is no array.
        Value::Object(mut whole) if whole.contains_key("check_runs") => {
            let all = whole["check_runs"].as_array_mut().expect("it is an array");
            if all.len() > page * size {
                builder = builder.header("link", "<http://elsewhere.test>; rel=\"next\"");
            }
            *all = all.drain(..).skip((page - 1) * size).take(size).collect();
            Value::Object(whole)
        }
        whole @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => whole,
    };
    if status == 302 {
        return builder
            .status(status)
            .header("location", archive::elsewhere(&value))
            .body(String::new())
            .expect("a response");
    }
    let text = value.to_string();
    let tag = format!("W/\"{:016x}\"", mark_of(&text));
    if status == 200 && known == Some(tag.as_str()) {
        return builder.status(304).body(String::new()).expect("a response");
    }
    let text = if status == 204 { String::new() } else { text };
    builder.status(status).header("etag", tag).body(text).expect("a response")
}

/// What stands for a text in its mark. Nothing cryptographic: every answer has one.
fn mark_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn query_of(uri: &axum::http::Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%3A", ":").replace("%5B", "[").replace("%5D", "]")
}

impl State {
    fn answer(&mut self, method: &Method, uri: &axum::http::Uri, body: &[u8]) -> Said {
        let path = decoded(uri.path());
        let all: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let body = serde_json::from_slice(body).unwrap_or(Value::Null);
        let mut asked = Asked { parts: all, query: query_of(uri), body };
        let said = match (method.as_str(), asked.parts.as_slice()) {
            ("GET", ["user"]) => Ok((200, json::own_account(self.bot.as_str(), self.started_at()))),
            ("GET", ["app"]) => {
                Ok((200, json::app("towpath", &self.github.setup.grants(), self.started_at())))
            }
            ("GET", ["repos", _, _, "installation"] | ["orgs", _, "installation"]) => {
                Ok((200, json::installation("towpath", &self.github.setup.grants(), self.started_at())))
            }
            ("GET", ["app", "hook", "config"]) => Ok(self.hook_config()),
            ("GET", ["app", "hook", "deliveries"]) => Ok(self.hook_deliveries()),
            ("GET", ["rate_limit"]) => Ok(self.limits()),
            ("POST", ["app", "installations", "7", "access_tokens"]) => Ok(self.give_token(&asked)),
            ("GET", ["users", login]) => Ok((200, self.public_account(login))),
            ("POST", ["graphql"]) => self.graph(&asked),
            ("GET", ["orgs", _, "teams", team, "repos", _, _]) => Ok(self.acquaintance(team)),
            ("GET", ["orgs", organization, "teams", team, rest @ ..]) => {
                self.team(&format!("{organization}/{team}"), rest)
            }
            ("GET", ["orgs", _, rest @ ..]) => Ok(self.settings_of_organization(rest)),
            (_, ["repos", ..]) if self.github.setup.is_gone => Ok(not_found()),
            (method, ["repos", ..]) if self.github.setup.archived && method != "GET" => {
                Ok((403, error("Repository was archived so is read-only.")))
            }
            (_, ["repos", owner, name, ..])
                if format!("{owner}/{name}") == self.place.repository.as_str() =>
            {
                asked.parts.drain(..3);
                if method == Method::GET { self.read(&asked) } else { self.write(method.as_str(), &asked) }
            }
            _ => Ok(not_found()),
        };
        // A fault struck: whether the effect took place nobody knows.
        said.unwrap_or_else(|_: ForgeError| (502, error("Server Error")))
    }
}

impl State {
    /// A token of the App for an hour.
    fn give_token(&mut self, asked: &Asked<'_>) -> Said {
        let token = format!("token-of-the-app-{}", self.github.wishes.len());
        self.github.wishes.push(asked.body.clone());
        let granted = self.github.setup.grants().permissions;
        let wished = asked.body["permissions"].as_object().expect("an object");
        if wished.iter().any(|(name, access)| granted[name] != *access && granted[name] != "write") {
            return (422, error("The permissions requested are not granted to this installation."));
        }
        self.github.tokens.insert(token.clone(), asked.body["permissions"].clone());
        let expires_at = self.forge_now() + chrono::TimeDelta::hours(1);
        (201, json!({ "token": token, "expires_at": json::time(expires_at) }))
    }
}

fn not_found() -> Said {
    (404, error("Not Found"))
}

fn unprocessable(message: &str) -> Said {
    let mut said = error("Validation Failed");
    said["errors"] = json!([{ "resource": "Reference", "code": "custom", "message": message }]);
    (422, said)
}

/// What GitHub says with a no.
fn error(message: &str) -> Value {
    json!({ "message": message, "documentation_url": "https://docs.github.com/rest" })
}
