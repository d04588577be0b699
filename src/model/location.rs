//! Where the configuration of one environment is, and how its images are found there.

use super::{Marker, RepositoryPath};

/// The file names that a kustomization may have; a folder has exactly one of them. See
/// <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>.
pub const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How the images of a service are found in its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ImageDiscovery {
    /// By what the files are: a kustomization, Helm values, an object of Flux or Argo CD, a manifest.
    #[default]
    ByFormat,
    /// By Flux's markers of one policy, in all files below.
    Marker(Marker),
    /// At the scalars that the configuration declares.
    Declared(Vec<DeclaredScalar>),
    /// In Helm values files, in the order in which Helm merges them.
    Values(Vec<ValuesFile>),
}

/// One of the Helm values files of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesFile {
    /// The file.
    pub path: RepositoryPath,
    /// Who else reads it, as the configuration says.
    pub sharing: ValuesSharing,
}

/// Who reads a values file beside one service in one environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesSharing {
    /// Nobody.
    Own,
    /// Other services, all in the same environment.
    Services,
    /// Other environments.
    Environments,
}

/// A scalar that the configuration declares: a tag, a digest, or a whole reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredScalar {
    /// The file.
    pub file: RepositoryPath,
    /// The way to the scalar, such as `spec.images[0].tag`; proven to be one.
    pub path: String,
}

/// Where the configuration of one environment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The folder or file.
    pub path: RepositoryPath,
    /// How images are found there.
    pub finding: ImageDiscovery,
}

impl From<RepositoryPath> for Location {
    fn from(path: RepositoryPath) -> Self {
        Self { path, finding: ImageDiscovery::ByFormat }
    }
}
