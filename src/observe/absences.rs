//! What registries did not have, or did not answer: asked for again with the next poll.

use std::collections::BTreeMap;

use tokio::sync::Mutex;

use super::facts::is_fresh;
use super::listings::Failure;
use crate::model::{Fact, ImageName, Time};

/// The questions about an image whose responses are not kept for good: there was nothing, or nothing that lasts, or the
/// registry failed.
#[derive(Debug)]
pub struct Absences<Question, Answer>(Mutex<BTreeMap<(ImageName, Question), Absence<Answer>>>);

#[derive(Clone, Debug)]
enum Absence<Answer> {
    /// The registry said so then, and may say otherwise later.
    Told { answer: Option<Answer>, as_of: Time },
    /// There was no answer.
    Failed(Failure),
}

impl<Question, Answer> Default for Absences<Question, Answer> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Question: Ord, Answer: Clone> Absences<Question, Answer> {
    /// What is known without asking again.
    pub(super) async fn known(
        &self,
        key: &(ImageName, Question),
        oldest: Time,
        now: Time,
    ) -> Option<Fact<Option<Answer>>> {
        match self.0.lock().await.get(key)? {
            Absence::Told { answer, as_of } if is_fresh(*as_of, oldest, now) => {
                Some(Fact::known(answer.clone(), *as_of))
            }
            Absence::Failed(failed) if failed.stands(oldest, now) => Some(failed.fact()),
            Absence::Told { .. } | Absence::Failed(_) => None,
        }
    }

    /// Remembers a response, unless it is kept for good elsewhere.
    pub(super) async fn remember(
        &self,
        key: (ImageName, Question),
        answer: Result<Option<Answer>, Failure>,
        is_kept: bool,
        now: Time,
    ) -> Fact<Option<Answer>> {
        let mut absences = self.0.lock().await;
        match answer {
            Ok(answer) => {
                if is_kept {
                    absences.remove(&key);
                } else {
                    absences.insert(key, Absence::Told { answer: answer.clone(), as_of: now });
                }
                Fact::known(answer, now)
            }
            Err(failed) => {
                let fact = failed.fact();
                absences.insert(key, Absence::Failed(failed));
                fact
            }
        }
    }
}
