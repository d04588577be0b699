//! What another tool's settings in a repository come to, for people who change over.

use super::{ImageName, Marker, RepositoryPath, ServiceName};

/// What was understood of a repository that another tool keeps up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What it keeps up to date.
    pub services: Vec<ImportedService>,
    /// What has no counterpart, for a person to look at.
    pub leftovers: Vec<Leftover>,
}

/// One image that another tool keeps up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedService {
    /// A name for it.
    pub name: ServiceName,
    /// The image.
    pub image: ImageName,
    /// The range of versions that it takes.
    pub range: String,
    /// The policy whose markers name the scalars.
    pub marker: Option<Marker>,
    /// The files and folders in which it is set, one for each environment.
    pub paths: Vec<RepositoryPath>,
}

/// Something that was not carried over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leftover {
    /// The file.
    pub file: RepositoryPath,
    /// The line, from 1.
    pub line: usize,
    /// What it is, and what to do about it.
    pub what: String,
}
