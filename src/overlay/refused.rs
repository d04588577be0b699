//! Why an overlay cannot be judged or edited, in sentences that name the place and what to do.

use std::borrow::Cow;
use std::fmt;

use super::limit::Limit;
use crate::model::{ImageName, Missing, RepositoryPath};
use crate::yaml::{self, YamlError};

/// What stands in the way within one file, and what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct EditObstacle {
    /// The row of the table that it comes from.
    pub limit: Limit,
    /// The line, from 1; nothing where the whole file is meant.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub why: String,
    /// What to do about it.
    pub way_out: Cow<'static, str>,
}

impl EditObstacle {
    /// A refusal that concerns a whole file.
    pub(super) fn whole(limit: Limit, why: impl Into<String>) -> Self {
        let way_out = Cow::Borrowed(limit.way_out());
        Self { limit, line: None, column: None, why: why.into(), way_out }
    }

    /// A refusal at a line.
    pub(super) fn at_line(limit: Limit, line: usize, why: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::whole(limit, why) }
    }

    /// The same, with a way out that says more than the table.
    pub(super) fn or_else(self, way_out: impl Into<String>) -> Self {
        Self { way_out: Cow::Owned(way_out.into()), ..self }
    }

    /// The same, with the file that it is about.
    pub(super) fn of(self, file: &RepositoryPath) -> OverlayError {
        OverlayError::Refused { file: file.clone(), refused: self }
    }
}

impl fmt::Display for EditObstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(formatter, "{line}: ")?;
        }
        write!(formatter, "{}; {}", self.why, self.way_out)
    }
}

impl From<yaml::EditRefusal> for EditObstacle {
    fn from(refusal: yaml::EditRefusal) -> Self {
        Self {
            column: Some(refusal.position.column),
            ..spoken(Limit::Unsafe, refusal.position.line, &refusal.to_string())
        }
    }
}

impl From<YamlError> for EditObstacle {
    fn from(error: YamlError) -> Self {
        Self {
            column: Some(error.position.column),
            ..spoken(Limit::NotYaml, error.position.line, &error.what)
        }
    }
}

/// A refusal whose sentence may bring its own way out, behind `; `.
fn spoken(limit: Limit, line: usize, sentence: &str) -> EditObstacle {
    match sentence.split_once("; ") {
        Some((why, way_out)) => EditObstacle::at_line(limit, line, why).or_else(way_out),
        None => EditObstacle::at_line(limit, line, sentence),
    }
}

/// Why a question about an overlay has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverlayError {
    /// The content of these files is needed first.
    Missing(Missing),
    /// Something in a file cannot be judged or edited safely.
    Refused {
        /// The file.
        file: RepositoryPath,
        /// What is wrong there, and what to do.
        refused: EditObstacle,
    },
    /// Nothing in the overlay shows the image.
    NotFound {
        /// The image.
        image: ImageName,
        /// The environment's own kustomization.
        file: RepositoryPath,
        /// The first thing that could hold the image and cannot be evaluated, with file and line.
        hidden: Option<String>,
        /// What to do about it.
        way_out: Cow<'static, str>,
    },
}

impl OverlayError {
    /// Whether this row of the table of limits is the reason.
    pub(super) fn is_limit(&self, limit: Limit) -> bool {
        matches!(self, Self::Refused { refused, .. } if refused.limit == limit)
    }

    /// What is wrong, with file and line where there is one, without what to do about it.
    #[must_use]
    pub fn fact(&self) -> String {
        match self {
            Self::Missing(missing) => {
                format!("{} that the overlay leads to were not read yet", files(missing))
            }
            Self::Refused { file, refused: EditObstacle { line: Some(line), why, .. } } => {
                format!("{file}:{line}: {why}")
            }
            Self::Refused { file, refused } => format!("{file}: {}", refused.why),
            Self::NotFound { image, file, hidden, .. } => {
                let hidden = hidden.as_deref().map(|why| format!(", as far as it can be evaluated ({why})"));
                let hidden = hidden.unwrap_or_default();
                format!("{file}: the image `{image}` is nowhere in this overlay{hidden}")
            }
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        match self {
            Self::Missing(_) => None,
            Self::Refused { refused, .. } => Some(&refused.way_out),
            Self::NotFound { way_out, .. } => Some(way_out),
        }
    }
}

impl fmt::Display for OverlayError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.fact())?;
        self.way_out().map_or(Ok(()), |way_out| write!(formatter, "; {way_out}"))
    }
}

impl std::error::Error for OverlayError {}

fn files(missing: &Missing) -> String {
    match missing.0.len() {
        1 => "one file".to_owned(),
        count => format!("{count} files"),
    }
}
