//! The settings of another updater in a repository, in the terms of Towpath, for users who change over.

use super::{
    ImageName, Marker, Pattern, RepositoryName, RepositoryPath, Selection, SelectionError, ServiceName, Tag,
};

/// What was understood of a repository that another tool keeps up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What it keeps up to date.
    pub services: Vec<ImportedService>,
    /// What has no counterpart, for the user to look at.
    pub leftovers: Vec<NotImported>,
    /// The repository at github.com that it was read from, if that is known.
    pub github: Option<RepositoryName>,
}

impl Imported {
    /// Adds a service, under a name that no other has; the same image in other files joins the one that is there.
    pub fn add(&mut self, mut service: ImportedService) {
        let is_same = |other: &&mut ImportedService| {
            (&other.image, &other.selection, &other.marker)
                == (&service.image, &service.selection, &service.marker)
        };
        if let Some(other) = self.services.iter_mut().find(is_same) {
            other.paths.append(&mut service.paths);
            other.paths.sort();
            other.paths.dedup();
            return;
        }
        let is_taken = |name: &str| self.services.iter().any(|other| other.name.as_str() == name);
        let names = std::iter::once(service.name.to_string())
            .chain((2..).map(|number| format!("{}-{number}", service.name)));
        if let Some(name) = names.into_iter().find(|name| !is_taken(name)).and_then(|name| name.parse().ok())
        {
            service.name = name;
            self.services.push(service);
        }
    }
}

/// One image that another tool keeps up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedService {
    /// A name for it.
    pub name: ServiceName,
    /// The image.
    pub image: ImageName,
    /// Which tags it takes; `None` if that has no counterpart, so that the user has to say it.
    pub selection: Option<ImportedSelection>,
    /// The policy whose markers name the scalars.
    pub marker: Option<Marker>,
    /// The files and folders in which it is set, one for each environment.
    pub paths: Vec<RepositoryPath>,
}

/// Which tags of an image are releases, as texts for the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedSelection {
    /// The rule.
    pub rule: ImportedRule,
    /// Expressions of which a tag must match one.
    pub allow: Vec<String>,
    /// Expressions of which a tag must match none.
    pub ignore: Vec<String>,
}

/// By what tags are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportedRule {
    /// As semantic versions.
    Semver {
        /// The range.
        range: String,
        /// Whether every pre-release in it is taken.
        prereleases: bool,
    },
    /// By one or more named groups of an expression.
    Regex {
        /// The expression.
        pattern: String,
        /// The groups, the most important first.
        sort: Vec<String>,
    },
    /// By their bytes.
    Alphabetical,
    /// As whole numbers.
    Numerical,
    /// By the dates of their artifacts.
    Newest,
    /// One tag is followed.
    Digest(Tag),
}

/// Something that was not carried over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotImported {
    /// The file.
    pub file: RepositoryPath,
    /// The line, from 1.
    pub line: usize,
    /// What it is, and what to do about it.
    pub what: String,
}

impl ImportedSelection {
    /// A rule without patterns that narrow it.
    #[must_use]
    pub const fn of(rule: ImportedRule) -> Self {
        Self { rule, allow: Vec::new(), ignore: Vec::new() }
    }

    /// The selection that the configuration makes of it.
    ///
    /// # Errors
    /// If one of its texts is not what the configuration takes.
    pub fn selection(&self) -> Result<Selection, SelectionError> {
        let selection = match &self.rule {
            ImportedRule::Semver { range, prereleases } => {
                let selection = Selection::semver(range)?;
                selection.clone().with_prereleases(*prereleases).unwrap_or(selection)
            }
            ImportedRule::Regex { pattern, sort } => Selection::regex(pattern, sort)?,
            ImportedRule::Alphabetical => Selection::alphabetical(),
            ImportedRule::Numerical => Selection::numerical(),
            ImportedRule::Newest => Selection::newest(),
            ImportedRule::Digest(tag) => Selection::digest(tag.clone()),
        };
        let patterns =
            |texts: &[String]| texts.iter().map(|text| Pattern::new(text)).collect::<Result<Vec<_>, _>>();
        Ok(selection.narrowed(patterns(&self.allow)?, patterns(&self.ignore)?))
    }
}
