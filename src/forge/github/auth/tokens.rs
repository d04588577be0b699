//! The tokens that an App has at the moment: each is fetched once, and leaves when it ended.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use secrecy::SecretString;

use super::Scope;
use super::single_flight::SingleFlight;
use crate::forge::github::lock::lock;
use crate::model::Time;
use crate::sanitize::exposed;

/// How long before its end a token is no longer used.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// How long it may take until all of GitHub knows a new token and what it is good for: seconds were seen, and libraries
/// wait for five (octokit/auth-app.js issues 65 and 589).
const FRESH_FOR: TimeDelta = TimeDelta::seconds(10);
/// How many tokens are kept. GitHub gives two thousand in an hour, for which one is good.
const TOKENS_MAX: usize = 4_000;

/// A token of an installation.
#[derive(Clone)]
pub(super) struct IssuedToken {
    pub(super) token: SecretString,
    /// By our clock.
    pub(super) made_at: Time,
    /// By GitHub's clock.
    pub(super) expires_at: Time,
}

impl IssuedToken {
    pub(super) fn is_good(&self, github_now: Time) -> bool {
        self.expires_at - MARGIN > github_now
    }

    fn is_fresh(&self, now: Time) -> bool {
        (now - self.made_at).abs() < FRESH_FOR
    }
}

/// The tokens, by what they are good for.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<BTreeMap<String, Arc<SingleFlight<IssuedToken>>>>);

impl TokenCache {
    /// The place of a token. Those that ended leave when another one comes.
    pub(super) fn of(&self, scope: Scope<'_>, github_now: Time) -> Arc<SingleFlight<IssuedToken>> {
        let key = format!("{scope:?}");
        let mut all = lock(&self.0);
        if !all.contains_key(&key) {
            make_room(&mut all, github_now);
        }
        Arc::clone(all.entry(key).or_default())
    }

    /// Whether the token of a scope is so new that not all of GitHub's servers may know it.
    pub(super) fn is_fresh(&self, scope: Scope<'_>, now: Time) -> bool {
        let all = lock(&self.0);
        let place = all.get(&format!("{scope:?}"));
        place.and_then(|place| place.look(|granted| granted.is_fresh(now))).unwrap_or_default()
    }

    /// Removes a token that GitHub rejected, unless it is so new that not all of GitHub's servers may know it.
    pub(super) fn rejected(&self, scope: Scope<'_>, token: &SecretString, now: Time) {
        let place = lock(&self.0).get(&format!("{scope:?}")).cloned();
        let Some(place) = place else { return };
        let is_rejected = |granted: &IssuedToken| exposed(&granted.token) == exposed(token);
        place.drop_if(|granted| is_rejected(granted) && !granted.is_fresh(now));
    }
}

/// Removes tokens that ended, and then those that end next while there are too many. Tokens that are being fetched stay.
fn make_room(all: &mut BTreeMap<String, Arc<SingleFlight<IssuedToken>>>, github_now: Time) {
    let is_in_use = |place: &Arc<SingleFlight<IssuedToken>>| Arc::strong_count(place) > 1;
    let is_good = |granted: &IssuedToken| granted.is_good(github_now);
    all.retain(|_, place| is_in_use(place) || place.look(is_good).unwrap_or_default());
    while all.len() >= TOKENS_MAX {
        let idle = all.iter().filter(|(_, place)| !is_in_use(place));
        let next = idle.min_by_key(|(_, place)| place.look(|granted| granted.expires_at));
        let Some(key) = next.map(|(key, _)| key.clone()) else { return };
        all.remove(&key);
    }
}
