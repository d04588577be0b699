//! Where people look at things: the pages beside the interface.

use super::{GitHubForge, URL};
use crate::model::{ChangeNumber, RepositoryName};

/// Where GitHub's own pages are.
const WEB: &str = "https://github.com";
/// What the address of the interface of GitHub Enterprise Server ends in.
const ENTERPRISE_PATH: &str = "/api/v3";

/// The address of the pages of a GitHub whose interface is at this address, without a slash at its end.
pub(super) fn pages_of(interface: &str) -> &str {
    let interface = interface.trim_end_matches('/');
    if interface == URL { WEB } else { interface.strip_suffix(ENTERPRISE_PATH).unwrap_or(interface) }
}

impl GitHubForge {
    /// The page of a change.
    pub(super) fn page_of(&self, repository: &RepositoryName, change: ChangeNumber) -> String {
        format!("{}/{repository}/pull/{}", pages_of(self.inner.connection.url()), change.0)
    }
}
