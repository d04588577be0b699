//! Where people look at things: the pages beside the interface.

#[cfg(test)]
mod tests;

use super::{GitHubForge, URL};
use crate::model::{ChangeNumber, RepositoryName};

/// Where GitHub's own pages are.
const WEB: &str = "https://github.com";
/// What the address of the REST interface of GitHub Enterprise Server ends in.
const ENTERPRISE_PATH: &str = "/api/v3";
/// The version in it, which the other interfaces do not have.
const ENTERPRISE_VERSION: &str = "/v3";
/// What the address of the REST interface starts with where an enterprise has a part of github.com to itself.
const SCHEME_AND_INTERFACE: &str = "https://api.";
/// What such an address ends in.
const RESIDENCE: &str = ".ghe.com";

/// The address of the pages of a GitHub whose REST interface is at this address, without a slash at its end.
pub(super) fn pages_of(rest: &str) -> String {
    let rest = rest.trim_end_matches('/');
    let subdomain = rest.strip_prefix(SCHEME_AND_INTERFACE).filter(|host| host.ends_with(RESIDENCE));
    match subdomain {
        _ if rest == URL => WEB.to_owned(),
        Some(host) => format!("https://{host}"),
        None => rest.strip_suffix(ENTERPRISE_PATH).unwrap_or(rest).to_owned(),
    }
}

/// The address below which the other interfaces are, without a slash at its end.
///
/// `https://HOST/api/v3` has its GraphQL at `https://HOST/api/graphql`: see "About the GraphQL API" in the
/// documentation of GitHub Enterprise Server.
pub(super) fn beside_rest(rest: &str) -> &str {
    let is_server = rest.ends_with(ENTERPRISE_PATH);
    if is_server { rest.strip_suffix(ENTERPRISE_VERSION).unwrap_or(rest) } else { rest }
}

impl GitHubForge {
    /// The page of a change.
    pub(super) fn page_of(&self, repository: &RepositoryName, change: ChangeNumber) -> String {
        format!("{}/{repository}/pull/{}", pages_of(self.inner.transport.url()), change.0)
    }
}
