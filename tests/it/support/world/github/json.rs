//! What GitHub's answers look like, with every member that its description calls for.

mod account;
mod git;
mod pull;
mod repository;
mod talk;

use std::fmt::Display;

use towpath::model::Time;

pub(super) use account::{Grants, account, account_id, app, installation, membership, own_account, team};
pub(super) use git::tree_id;
pub(super) use repository::{full_repository, repository};
pub(super) use talk::number;

use super::super::State;

/// Where people look at things.
const WEB: &str = "https://forge.test";

/// An address of the interface.
pub(super) fn api(path: &str) -> String {
    format!("https://api.forge.test{path}")
}

/// An identity in GitHub's other interface.
pub(super) fn node_id(kind: &str, id: impl Display) -> String {
    format!("{kind}_{id}")
}

pub(super) fn time(at: Time) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl State {
    /// An address below the repository.
    pub(super) fn api(&self, path: &str) -> String {
        api(&format!("/repos/{}{path}", self.place.repository))
    }

    /// A page of the repository.
    pub(super) fn web(&self, path: &str) -> String {
        format!("{WEB}/{}{path}", self.place.repository)
    }
}
