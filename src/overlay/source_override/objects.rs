//! Objects of Argo CD and Flux anywhere in a repository that set images of what they deploy from a folder of it.
//!
//! A look does not search for them, since every YAML file may hold one. `towpath doctor`, `towpath check` and
//! `towpath import` do.

use super::setting::{OverrideSetting, Subject, settings, settings_of_flux};
use crate::model::{EntryKind, ImageName, Location, Missing, RepositoryPath, Tree, TreeError};
use crate::overlay::document::text::Text;
use crate::overlay::format::objects;
use crate::yaml::NodeId;

/// How many YAML files of one repository are searched.
const SEARCHED_FILES_MAX: usize = 10_000;
/// One of these is in every file with such an object.
const NEEDLES: [&str; 2] = ["argoproj.io/", "kustomize.toolkit.fluxcd.io/"];

/// A setting in an object that deploys a folder of the repository. Whether the object's source is this repository is not
/// known: its address has no one spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectOverride {
    /// The file of the object.
    pub file: RepositoryPath,
    /// The line of the setting, from 1.
    pub line: usize,
    /// The folder that the object deploys.
    pub folder: RepositoryPath,
    /// What sets what, as a sentence.
    pub why: String,
    subject: Subject,
}

impl ObjectOverride {
    /// Whether it may be what an image of a location runs as.
    #[must_use]
    pub fn concerns(&self, tree: &Tree, location: &Location, image: &ImageName) -> bool {
        super::folder_of(tree, location).as_ref() == Some(&self.folder)
            && self.file != location.path
            && self.subject.may_be_of(image)
    }
}

/// Why the objects of a repository could not be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchError {
    /// Content that has to be fetched first.
    Missing(Missing),
    /// There are more YAML files than are searched.
    TooManyFiles {
        /// How many are searched.
        max: usize,
    },
}

/// The settings of all such objects, in the order of the files.
///
/// # Errors
/// Where content is missing, or there are too many files.
pub fn object_overrides(tree: &Tree) -> Result<Vec<ObjectOverride>, SearchError> {
    let is_yaml = |path: &RepositoryPath| path.as_str().ends_with(".yaml") || path.as_str().ends_with(".yml");
    let files = tree.entries().iter().filter(|(path, entry)| entry.kind == EntryKind::File && is_yaml(path));
    let files: Vec<&RepositoryPath> = files.map(|(path, _)| path).take(SEARCHED_FILES_MAX + 1).collect();
    if files.len() > SEARCHED_FILES_MAX {
        return Err(SearchError::TooManyFiles { max: SEARCHED_FILES_MAX });
    }
    let (mut found, mut missing) = (Vec::new(), Missing::default());
    for file in files {
        match tree.read(file) {
            Ok(bytes) => found.extend(in_file(file, bytes)),
            Err(TreeError::Missing) => drop(missing.0.insert(file.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
        }
    }
    if missing.0.is_empty() { Ok(found) } else { Err(SearchError::Missing(missing)) }
}

/// The settings of the objects in one file.
pub(in crate::overlay) fn in_file(file: &RepositoryPath, bytes: &[u8]) -> Vec<ObjectOverride> {
    let holds = |needle: &&str| memchr::memmem::find(bytes, needle.as_bytes()).is_some();
    let text = NEEDLES.iter().any(holds).then(|| Text::new(bytes).ok()).flatten();
    let Some(text) = text else { return Vec::new() };
    objects::all(&text).into_iter().flat_map(|object| in_object(file, &text, object)).collect()
}

fn in_object(file: &RepositoryPath, text: &Text, object: NodeId) -> Vec<ObjectOverride> {
    let is_of = |group: &str| {
        objects::scalar(text, object, &["apiVersion"]).is_some_and(|version| version.starts_with(group))
    };
    let sources: Vec<(NodeId, Vec<OverrideSetting>)> = match objects::kind(text, object) {
        Some("Application" | "ApplicationSet") if is_of("argoproj.io/") => {
            let sources = application_sources(text, object).into_iter();
            sources.map(|source| (source, settings(text, source))).collect()
        }
        Some("Kustomization") if is_of("kustomize.toolkit.fluxcd.io/") => {
            let spec = text.tree.get(object, "spec").into_iter();
            spec.map(|spec| (spec, settings_of_flux(text, spec))).collect()
        }
        Some(_) | None => return Vec::new(),
    };
    let kind = objects::kind(text, object).unwrap_or_default();
    let name = objects::scalar(text, object, &["metadata", "name"]).unwrap_or("without a name");
    let found = sources.into_iter().filter_map(|(source, settings)| {
        let top = RepositoryPath::new("").ok()?;
        let folder = top.join(objects::scalar(text, source, &["path"])?)?;
        Some(settings.into_iter().map(move |OverrideSetting { subject, line }| {
            let (file, folder) = (file.clone(), folder.clone());
            let why = format!(
                "the {kind} `{name}` deploys `{folder}` and sets {subject} after the files of that folder"
            );
            ObjectOverride { file, line, folder, why, subject }
        }))
    });
    found.flatten().collect()
}

fn application_sources(text: &Text, object: NodeId) -> Vec<NodeId> {
    let spec = objects::at(text, object, &["spec", "template", "spec"]);
    let Some(spec) = spec.or_else(|| text.tree.get(object, "spec")) else { return Vec::new() };
    let several = text.tree.get(spec, "sources").map_or(&[][..], |sources| text.tree.items(sources));
    text.tree.get(spec, "source").into_iter().chain(several.iter().copied()).collect()
}
