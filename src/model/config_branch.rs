//! Where things are: the config repository and branch that one loop looks at, and what it judges there.

use super::{BranchName, EnvironmentName, ForgeName, RepositoryName, ServiceName};

/// A config repository and branch: the key of the reconcile loop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigBranch {
    /// The forge that holds the repository.
    pub forge: ForgeName,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch that the delivery rolls out.
    pub branch: BranchName,
}

impl std::fmt::Display for ConfigBranch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}@{}", self.forge, self.repository, self.branch)
    }
}

/// One service in one environment: what a promotion aims at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ServiceEnvironment {
    /// The service.
    pub service: ServiceName,
    /// The environment.
    pub environment: EnvironmentName,
}

impl std::fmt::Display for ServiceEnvironment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} in {}", self.service, self.environment)
    }
}
