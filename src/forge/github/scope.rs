//! What a request is about.

use std::fmt;

use crate::model::RepositoryName;

/// What a request is about, which decides the token that it is sent with.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope<'a> {
    /// One repository.
    Repository(&'a RepositoryName),
    /// One repository with source code, only to read.
    Source(&'a RepositoryName),
    /// The deployments of one repository, which nothing else needs.
    Deployments(&'a RepositoryName),
    /// The reviewers of one repository's pull requests, teams among them.
    Reviews(&'a RepositoryName),
    /// The teams of an organization.
    Organization(&'a str),
    /// The bot itself.
    Bot,
}

impl<'a> Scope<'a> {
    /// The account that owns it: an App has one installation in each account.
    pub(super) fn owner(self) -> &'a str {
        match self {
            Self::Repository(repository)
            | Self::Source(repository)
            | Self::Deployments(repository)
            | Self::Reviews(repository) => repository.owner(),
            Self::Organization(organization) => organization,
            Self::Bot => "app",
        }
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository)
            | Self::Source(repository)
            | Self::Deployments(repository)
            | Self::Reviews(repository) => {
                write!(formatter, "{repository}")
            }
            Self::Organization(organization) => formatter.write_str(organization),
            Self::Bot => formatter.write_str("GitHub"),
        }
    }
}
