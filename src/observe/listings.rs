//! The tags of all images: one poll for each, shared by all services, environments, config repositories and forges.
//!
//! A look takes what was read last and waits for no registry; who polls, and when, is said by [`poll`]. A registry
//! that fails costs freshness, not judgement: the last complete listing stays, with its age, beside a word about the
//! trouble. A listing that came only in part is an error of the port, so it never gets here.

mod cache;
mod failure;
mod host;
mod lock;
mod look;
mod poll;
mod read;
mod schedule;

use std::collections::BTreeSet;

use crate::model::{ConfigBranch, ImageName, Policy};
pub use cache::Listings;
pub(super) use failure::Failure;
pub(super) use look::{answering, at_place};
pub use poll::{PollResult, poll, recover, say_outcome};

/// Every image that the policy names, each once.
pub fn images(policy: &Policy) -> BTreeSet<&ImageName> {
    policy.services.iter().flat_map(|service| &service.images).map(|image| &image.name).collect()
}

/// Every image that the services at a place use, each once.
pub fn images_at<'a>(policy: &'a Policy, place: &'a ConfigBranch) -> BTreeSet<&'a ImageName> {
    policy.images_at(place).map(|image| &image.name).collect()
}

#[cfg(test)]
mod tests;
