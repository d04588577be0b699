//! What registries said about the presence of artifacts, as long as this process lives.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::facts::is_fresh;
use super::listings::Failure;
use crate::model::{Composition, Digest, Fact, ImageName, ImageReference, Presence, Time};

/// How many responses are remembered; then all are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// What registries said about the presence of artifacts.
#[derive(Debug, Default)]
pub struct Presences {
    responses: Mutex<BTreeMap<(Purpose, ImageReference), Response>>,
    compositions: Mutex<Compositions>,
}

/// What the manifest at each digest consists of.
type Compositions = BTreeMap<(ImageName, Digest), Arc<Composition>>;

#[derive(Clone, Debug)]
struct Response {
    as_of: Time,
    presence: Result<Presence, Failure>,
}

/// Why somebody wants to know whether an artifact is there, which decides on the age that a response may have.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// It is about to be promoted.
    Promotion,
    /// It is about to be merged, so that the registry is asked anew.
    Merge,
    /// It runs.
    Running,
    /// It runs, and a person asks, so that more requests may be spent.
    Report,
}

impl Presences {
    /// What is known without asking again.
    pub(super) async fn known(
        &self,
        key: &(Purpose, ImageReference),
        oldest: Time,
        now: Time,
    ) -> Option<Fact<Presence>> {
        let responses = self.responses.lock().await;
        let response = responses.get(key)?;
        match &response.presence {
            Ok(presence) => {
                is_fresh(response.as_of, oldest, now).then(|| Fact::known(presence.clone(), response.as_of))
            }
            Err(failed) => failed.stands(oldest, now).then(|| failed.fact()),
        }
    }

    pub(super) async fn remember(
        &self,
        key: (Purpose, ImageReference),
        presence: Result<Presence, Failure>,
        as_of: Time,
    ) -> Fact<Presence> {
        let fact = match &presence {
            Ok(presence) => Fact::known(presence.clone(), as_of),
            Err(failed) => failed.fact(),
        };
        let mut responses = self.responses.lock().await;
        if responses.len() >= REMEMBERED_MAX {
            responses.clear();
        }
        responses.insert(key, Response { as_of, presence });
        fact
    }

    /// What the manifest at a digest consists of, if it was read before.
    pub(super) async fn composition(&self, key: &(ImageName, Digest)) -> Option<Arc<Composition>> {
        self.compositions.lock().await.get(key).cloned()
    }

    /// Remembers what the manifest at a digest consists of.
    pub(super) async fn keep_composition(&self, key: (ImageName, Digest), composition: &Arc<Composition>) {
        let mut all = self.compositions.lock().await;
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(key, Arc::clone(composition));
    }
}
