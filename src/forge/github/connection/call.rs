//! One request to GitHub, before it is sent.
//!
//! A request is repeated only where a second one does no harm: reads, updates with compare-and-swap, objects, and what
//! GitHub rejects the second time. A comment is sent once; the next look finds out whether it exists.

use http::Method;
use serde_json::Value;

use super::super::budget::{Cost, Interface, Lane};
use super::super::credentials::Scope;
use super::super::web;

/// Where GraphQL is asked, beside the REST interface.
const GRAPH_PATH: &str = "/graphql";

/// Where whoever has a token of an account asks whose it is.
pub(in super::super) const OWN_ACCOUNT: &str = "/user";

/// Whether a request may be sent again when nobody knows what became of it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Idempotency {
    /// It reads, or does the same twice, or GitHub refuses the second.
    Safe,
    /// The second would have an effect of its own.
    Never,
}

/// One request.
#[derive(Clone, Debug)]
pub(in super::super) struct Call<'a> {
    pub(in super::super) scope: Scope<'a>,
    /// What it is for, in words that follow "the bot may not", such as `read pull requests`.
    pub(in super::super) verb: &'a str,
    pub(in super::super) method: Method,
    /// The path below the address of the interface, with its query.
    pub(in super::super) path: String,
    pub(in super::super) body: Option<Value>,
    pub(in super::super) again: Idempotency,
    /// How urgent it is.
    pub(in super::super) lane: Lane,
    /// How much it writes, by the count of [`Cost`].
    pub(in super::super) writes: u32,
    /// Whether it asks for a token of the App, and so is the App's own, wherever the token is for.
    pub(in super::super) is_for_token: bool,
}

impl<'a> Call<'a> {
    pub(in super::super) const fn get(scope: Scope<'a>, verb: &'a str, path: String) -> Self {
        let (body, again, lane) = (None, Idempotency::Safe, Lane::Command);
        Self { scope, verb, method: Method::GET, path, body, again, lane, writes: 0, is_for_token: false }
    }

    /// A request that changes something, and may be sent again.
    pub(in super::super) const fn write(
        scope: Scope<'a>,
        verb: &'a str,
        method: Method,
        path: String,
        body: Value,
    ) -> Self {
        let (again, lane) = (Idempotency::Safe, Lane::Refresh);
        let body = Some(body);
        Self { scope, verb, method, path, body, again, lane, writes: 1, is_for_token: false }
    }

    /// A GraphQL document that only asks.
    pub(in super::super) fn query(scope: Scope<'a>, verb: &'a str, document: Value) -> Self {
        Self::mutation(scope, verb, document, 0).in_lane(Lane::Command)
    }

    /// A GraphQL document with so many mutations, which may be sent again.
    pub(in super::super) fn mutation(
        scope: Scope<'a>,
        verb: &'a str,
        document: Value,
        mutations: u32,
    ) -> Self {
        let path = GRAPH_PATH.to_owned();
        Self { writes: mutations, ..Self::write(scope, verb, Method::POST, path, document) }
    }

    /// The same, as a step on the way to a token of the App: everything rests on it, and one too many does no harm.
    pub(in super::super) fn for_token(self) -> Self {
        Self { lane: Lane::Merge, writes: 0, is_for_token: true, ..self }
    }

    /// The same, more or less urgent.
    pub(in super::super) fn in_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }

    pub(super) fn cost(&self) -> Cost {
        let interface = if self.path == GRAPH_PATH { Interface::Graph } else { Interface::Rest };
        let is_new_token = self.is_for_token && self.method == Method::POST;
        Cost { lane: self.lane, interface, writes: self.writes, tokens: u32::from(is_new_token) }
    }

    /// Whose token goes with it.
    pub(super) const fn bearer(&self) -> Scope<'a> {
        if self.is_for_token { Scope::Bot } else { self.scope }
    }

    /// Whether it is the App that asks, not what it is in some place.
    pub(super) fn is_app_s(&self) -> bool {
        self.bearer() == Scope::Bot
    }

    /// Whether it asks which account its token is of.
    pub(super) fn asks_whose_token(&self) -> bool {
        self.path == OWN_ACCOUNT
    }

    /// Where it goes to at a GitHub whose REST interface is at an address.
    pub(super) fn address(&self, rest: &str) -> String {
        match self.cost().interface {
            Interface::Rest => format!("{rest}{}", self.path),
            Interface::Graph => format!("{}{GRAPH_PATH}", web::beside_rest(rest)),
        }
    }

    /// The same, sent once at most.
    pub(in super::super) fn once(self) -> Self {
        Self { again: Idempotency::Never, ..self }
    }
}

/// Makes a text fit for a path; slashes stay.
pub(in super::super) fn in_path(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                path.push(char::from(byte));
            }
            _ => path += &format!("%{byte:02X}"),
        }
    }
    path
}

/// Makes a text fit for a value in a query.
pub(in super::super) fn in_query(text: &str) -> String {
    in_path(text).replace('/', "%2F")
}
