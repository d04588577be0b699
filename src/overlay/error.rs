//! Why an overlay cannot be read or edited, with file and line.

use crate::model::{ImageName, Missing, RepositoryPath};
use crate::yaml::{Position, Refusal, YamlError};

/// A place in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: RepositoryPath,
    /// The line and column in it.
    pub position: Position,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.position.line, self.position.column)
    }
}

/// Why a question about an overlay has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverlayError {
    /// These files have to be fetched first.
    #[error("{} files were not read yet", .0.0.len())]
    Missing(Missing),
    /// There is no kustomization in a folder.
    #[error("`{folder}` has no kustomization.yaml; create one there, or mend `path` in the configuration")]
    NoKustomization {
        /// The folder.
        folder: RepositoryPath,
    },
    /// The overlay does not run the image.
    #[error(
        "`{folder}` does not run `{image}`; the name must be written as in the manifests or in `newName`, with its registry"
    )]
    NoSuchImage {
        /// The folder.
        folder: RepositoryPath,
        /// The image.
        image: ImageName,
    },
    /// Something that is there cannot be handled.
    #[error("{place}: {why}")]
    Refused {
        /// Where.
        place: Place,
        /// What is wrong, and the way out.
        why: String,
    },
}

impl OverlayError {
    /// A refusal at the first line of a file.
    pub(super) fn of_file(file: &RepositoryPath, why: impl Into<String>) -> Self {
        let place = Place { file: file.clone(), position: Position { line: 1, column: 1 } };
        Self::Refused { place, why: why.into() }
    }

    pub(super) fn of_yaml(file: &RepositoryPath, error: YamlError) -> Self {
        let why = format!("not read as YAML: {}; mend the file", error.what);
        Self::Refused { place: Place { file: file.clone(), position: error.position }, why }
    }

    pub(super) fn of_edit(file: &RepositoryPath, refusal: &Refusal) -> Self {
        Self::Refused {
            place: Place { file: file.clone(), position: refusal.position },
            why: refusal.to_string(),
        }
    }
}
