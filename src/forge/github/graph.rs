//! GraphQL: several writes in one request, each with an outcome of its own.
//!
//! A document that is too large for GitHub is sent once, then in halves; the size that worked is kept for ten minutes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::GitHubForge;
use super::budget::Lane;
use super::scope::Scope;
use super::transport::Call;
use super::wire::{GraphError, GraphResponse};
use crate::forge::ForgeError;

/// How GitHub calls it when one document is too much: too large, or too long under way.
const TOO_MUCH: [&str; 3] = ["RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED", "TIMEOUT"];

/// Some mutations for one document. GitHub carries them out in their order; one that fails stops none of the others.
#[derive(Debug, Default)]
pub(super) struct Mutations {
    variables: String,
    fields: String,
    values: Map<String, Value>,
}

/// What became of each mutation, by its name.
#[derive(Debug, Default)]
pub(super) struct MutationResults {
    done: BTreeMap<String, Value>,
    errors: Vec<GraphError>,
}

impl Mutations {
    /// Adds a mutation under a name of its own; `response` is what to say of it.
    pub(super) fn add(&mut self, name: &str, mutation: &str, response: &str, input: Value) {
        let mut letters = mutation.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
        let kind: String = first.chain(letters).collect();
        let comma = if self.values.is_empty() { "" } else { ", " };
        write!(self.variables, "{comma}${name}: {kind}Input!").expect("a text can be written to");
        writeln!(self.fields, "  {name}: {mutation}(input: ${name}) {{ {response} }}")
            .expect("a text can be written to");
        self.values.insert(name.to_owned(), input);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn call<'a>(self, scope: Scope<'a>, verb: &'a str) -> Call<'a> {
        let count = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        Call::mutation(scope, verb, self.body(), count)
    }

    fn body(self) -> Value {
        json!({
            "query": format!("mutation({}) {{\n{}}}", self.variables, self.fields),
            "variables": self.values,
        })
    }
}

impl MutationResults {
    /// What GitHub says of a mutation that it carried out; nothing where it did not.
    pub(super) fn of<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.done.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Whether a mutation was carried out.
    pub(super) fn is_done(&self, name: &str) -> bool {
        self.done.contains_key(name)
    }

    /// Why something was not done, where GitHub says so.
    pub(super) fn first_error(&self) -> Option<&GraphError> {
        self.errors.first()
    }
}

impl GitHubForge {
    /// Sends mutations in one request. It may be sent twice where nobody knows what became of the first.
    ///
    /// # Errors
    /// Where GitHub carried out none of them and it is not about the matter itself.
    pub(super) async fn mutate(
        &self,
        scope: Scope<'_>,
        verb: &str,
        mutations: Mutations,
    ) -> Result<MutationResults, ForgeError> {
        self.carry_out(mutations.call(scope, verb)).await
    }

    /// The same, before what is less urgent.
    ///
    /// # Errors
    /// As above.
    pub(super) async fn mutate_first(
        &self,
        scope: Scope<'_>,
        verb: &str,
        mutations: Mutations,
    ) -> Result<MutationResults, ForgeError> {
        self.carry_out(mutations.call(scope, verb).in_lane(Lane::Merge)).await
    }

    /// The same, sent once at most: what is too much for GitHub stays too much, and each try counts as all it holds.
    ///
    /// # Errors
    /// As above.
    pub(super) async fn mutate_once(
        &self,
        scope: Scope<'_>,
        verb: &str,
        mutations: Mutations,
    ) -> Result<MutationResults, ForgeError> {
        self.carry_out(mutations.call(scope, verb).once()).await
    }

    async fn carry_out(&self, call: Call<'_>) -> Result<MutationResults, ForgeError> {
        let verb = call.verb;
        let response: GraphResponse = self.inner.transport.call(call).await?.json(verb)?;
        let done = response.data.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null());
        let outcomes = MutationResults { done: done.collect(), errors: response.errors };
        let is_too_much =
            |error: &GraphError| error.kind.as_deref().is_some_and(|kind| TOO_MUCH.contains(&kind));
        if outcomes.done.is_empty()
            && let Some(error) = outcomes.errors.iter().find(|error| is_too_much(error))
        {
            return Err(ForgeError::unavailable(verb, super::message::one_line(&error.message)));
        }
        if outcomes.done.is_empty() && outcomes.errors.is_empty() {
            return Err(ForgeError::unavailable(verb, "GitHub's response says nothing of it"));
        }
        Ok(outcomes)
    }
}
