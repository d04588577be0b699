//! One request to GitHub, before it is sent.
//!
//! A request is repeated only where a second one does no harm: reads, updates with compare-and-swap, objects, and what
//! GitHub rejects the second time. A comment is sent once; the next look finds out whether it exists.

use http::Method;
use serde_json::Value;

use super::super::budget::{Cost, Interface, Lane};
use super::super::scope::Scope;
use super::super::web;

/// The path of the GraphQL interface.
const GRAPH_PATH: &str = "/graphql";

/// The path that tells which account a token belongs to.
pub(in super::super) const OWN_ACCOUNT: &str = "/user";

/// Whether a request may be sent again after its response was lost.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Idempotency {
    /// It only reads, has the same effect twice, or is refused the second time.
    Safe,
    /// A second one would have a second effect, such as another comment.
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
    pub(in super::super) idempotency: Idempotency,
    /// How urgent it is.
    pub(in super::super) lane: Lane,
    /// How much it writes, by the count of [`Cost`].
    pub(in super::super) writes: u32,
    /// Whether it requests an installation token, and so is authenticated as the App itself.
    pub(in super::super) is_for_token: bool,
}

impl<'a> Call<'a> {
    pub(in super::super) const fn get(scope: Scope<'a>, verb: &'a str, path: String) -> Self {
        let (body, idempotency, lane) = (None, Idempotency::Safe, Lane::Command);
        Self {
            scope,
            verb,
            method: Method::GET,
            path,
            body,
            idempotency,
            lane,
            writes: 0,
            is_for_token: false,
        }
    }

    /// A request that changes something, and may be sent again.
    pub(in super::super) const fn write(
        scope: Scope<'a>,
        verb: &'a str,
        method: Method,
        path: String,
        body: Value,
    ) -> Self {
        let (idempotency, lane) = (Idempotency::Safe, Lane::Refresh);
        let body = Some(body);
        Self { scope, verb, method, path, body, idempotency, lane, writes: 1, is_for_token: false }
    }

    /// A GraphQL document that only reads.
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

    /// The same, as a step on the way to an installation token. Everything else waits for it, so it has the highest lane.
    pub(in super::super) fn for_token(self) -> Self {
        Self { lane: Lane::Merge, writes: 0, is_for_token: true, ..self }
    }

    /// The same in another lane.
    pub(in super::super) fn in_lane(self, lane: Lane) -> Self {
        Self { lane, ..self }
    }

    pub(super) fn cost(&self) -> Cost {
        let interface = if self.path == GRAPH_PATH { Interface::Graph } else { Interface::Rest };
        let is_new_token = self.is_for_token && self.method == Method::POST;
        Cost { lane: self.lane, interface, writes: self.writes, tokens: u32::from(is_new_token) }
    }

    /// The scope of the token that it is sent with.
    pub(super) const fn bearer(&self) -> Scope<'a> {
        if self.is_for_token { Scope::Bot } else { self.scope }
    }

    /// Whether it is authenticated as the App itself, not as an installation.
    pub(super) fn is_from_app(&self) -> bool {
        self.bearer() == Scope::Bot
    }

    /// Whether it asks which account its token belongs to.
    pub(super) fn asks_whose_token(&self) -> bool {
        self.path == OWN_ACCOUNT
    }

    /// The whole address, given that of the REST interface.
    pub(super) fn address(&self, rest: &str) -> String {
        match self.cost().interface {
            Interface::Rest => format!("{rest}{}", self.path),
            Interface::Graph => format!("{}{GRAPH_PATH}", web::beside_rest(rest)),
        }
    }

    /// The same, never repeated.
    pub(in super::super) fn once(self) -> Self {
        Self { idempotency: Idempotency::Never, ..self }
    }
}

/// Percent-encodes a text for a path; slashes stay.
pub(in super::super) fn encode_path(text: &str) -> String {
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

/// Percent-encodes a text for a value in a query.
pub(in super::super) fn encode_query(text: &str) -> String {
    encode_path(text).replace('/', "%2F")
}
