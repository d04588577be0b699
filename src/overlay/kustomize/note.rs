//! What an overlay holds that is not evaluated, and how that bears on the answer.

use crate::model::RepositoryPath;
use crate::overlay::document::written::SUBSTITUTION;
use crate::overlay::limit::Limit;
use crate::overlay::{EditObstacle, OverlayError};

/// How something that is not evaluated bears on the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Uncertainty {
    /// There may be images that are not seen.
    Hides,
    /// There may be images that are not seen, where kustomize's `images` does not reach.
    HidesBeyondImages,
    /// One image may run otherwise than shown.
    Concerns(String),
    /// Images that point to this note may run otherwise than shown.
    Alters,
}

/// Something that is not evaluated.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) file: RepositoryPath,
    pub(super) line: usize,
    pub(super) limit: Limit,
    pub(super) why: String,
    pub(super) doubt: Uncertainty,
}

/// What puts resources in doubt.
pub(super) struct Cause<'a> {
    pub(super) file: &'a RepositoryPath,
    pub(super) line: usize,
    pub(super) limit: Limit,
    pub(super) why: String,
}

/// Something that is not evaluated and could change what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertain {
    /// The row of the table of limits.
    pub limit: Limit,
    /// The file that holds it.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// What it is.
    pub why: String,
    pub(super) doubt: Uncertainty,
}

impl Uncertain {
    /// A line behind which an image may lie that is not seen.
    pub(in crate::overlay) fn hiding(limit: Limit, file: &RepositoryPath, line: usize, why: String) -> Self {
        Self { limit, file: file.clone(), line, why, doubt: Uncertainty::Hides }
    }

    /// The same for an image that is shown and may run otherwise.
    pub(in crate::overlay) fn altering(self) -> Self {
        Self { doubt: Uncertainty::Alters, ..self }
    }

    /// The same for one image that may run otherwise than shown.
    pub(in crate::overlay) fn concerning(self, image: String) -> Self {
        Self { doubt: Uncertainty::Concerns(image), ..self }
    }

    /// Whether an image may lie behind it that nothing shows. A text that is no image name is none, unless a
    /// variable stands in it.
    pub(super) fn could_hold_any(&self) -> bool {
        match &self.doubt {
            Uncertainty::Hides | Uncertainty::HidesBeyondImages | Uncertainty::Alters => true,
            Uncertainty::Concerns(name) => name.contains("$(") || name.contains(SUBSTITUTION),
        }
    }

    /// The error for an image that this puts in doubt.
    pub(in crate::overlay) fn refuse(&self) -> OverlayError {
        EditObstacle::at_line(self.limit, self.line, self.why.clone()).of(&self.file)
    }
}

impl std::fmt::Display for Uncertain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.why)
    }
}

impl From<Note> for Uncertain {
    fn from(Note { file, line, limit, why, doubt }: Note) -> Self {
        Self { file, line, limit, why, doubt }
    }
}
