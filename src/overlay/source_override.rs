//! `.argocd-source.yaml` and `.argocd-source-APP.yaml`, which Argo CD merges into the source of an application after it has
//! read the folder beside which they are.
//!
//! <https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git>. Argo CD Image Updater writes
//! such files. What they set runs, whatever the kustomization or the values of the folder say. So an image that one of
//! them sets is neither read nor edited in the folder until the entry is deleted.

pub(super) mod file_name;
pub(super) mod objects;
mod setting;

use super::document::text::Text;
use super::format::written_in;
use super::kustomize::kustomization::Kustomization;
use super::kustomize::note::Uncertain;
use super::limit::Limit;
use super::{FILES_MAX, OverlayError};
use crate::model::{
    EntryKind, ImageDiscovery, ImageName, Location, Missing, RepositoryPath, RunningImage, Tree, TreeError,
};
use file_name::{BEGINNING, is_source_file};
use setting::{OverrideSetting, Subject, settings};

/// What the source files beside a kustomization put in doubt, and the paths that the answer rests on.
///
/// # Errors
/// The files whose content is missing.
pub(super) fn over_kustomization(
    tree: &Tree,
    folder: &RepositoryPath,
    own: &Kustomization,
) -> Result<(Vec<Uncertain>, Vec<RepositoryPath>), OverlayError> {
    let sources = read(tree, folder)?;
    let mut found = Vec::new();
    for Source { file, text, .. } in &sources {
        let root = text.tree.root().into_iter();
        for setting in root.flat_map(|root| settings(text, root)) {
            let note = |why| Uncertain::hiding(Limit::SourceOverride, file, setting.line, why);
            match &setting.subject {
                Subject::Image(name) => {
                    let why = format!(
                        "Argo CD applies this file after the kustomization, and it sets the image `{name}`"
                    );
                    let names = names_meant(own, name).into_iter();
                    found.extend(names.map(|name| note(why.clone()).concerning(name)));
                }
                Subject::AnyImage => {
                    let why = "Argo CD applies the patches of this file after the kustomization, and they may set an \
                               image"
                        .to_owned();
                    found.push(note(why).altering());
                }
                Subject::Value(_) => {}
            }
        }
    }
    // A file that appears changes its folder too.
    let asked = sources.into_iter().map(|source| source.file).chain([folder.clone()]);
    Ok((found, asked.collect()))
}

/// The names under which an image may be asked for that a source file sets: an entry of `images` may rename it.
fn names_meant(own: &Kustomization, name: &str) -> Vec<String> {
    let renamed = own.entries.iter().filter(|entry| entry.name == name);
    let renamed = renamed.filter_map(|entry| entry.new_name.as_ref().map(|field| field.value.clone()));
    renamed.chain([name.to_owned()]).collect()
}

/// The folder of a location: the location itself, or the folder of its file.
fn folder_of(tree: &Tree, location: &Location) -> Option<RepositoryPath> {
    let is_file = tree.entry(&location.path).is_some_and(|entry| entry.kind == EntryKind::File);
    if is_file { location.path.parent() } else { Some(location.path.clone()) }
}

/// The value in a source file that decides an image of a location without a kustomization, in place of the line that says
/// what runs. `None` if none does, or the location's own files include the source file, so that it is edited along.
///
/// # Errors
/// The files whose content is missing.
pub(super) fn over_values(
    tree: &Tree,
    location: &Location,
    running: &RunningImage,
) -> Result<Option<Uncertain>, OverlayError> {
    let RunningImage { reference, file, line } = running;
    let sources =
        folder_of(tree, location).map(|folder| read(tree, &folder)).transpose()?.unwrap_or_default();
    let sources = sources.iter().filter(|source| !source.is_edited_with(location, file, &reference.image));
    let Some(values) = tree.read(file).ok().and_then(|bytes| Text::new(bytes).ok()) else { return Ok(None) };
    for Source { file: source, text, .. } in sources {
        let root = text.tree.root().into_iter();
        let mut all = root.flat_map(|root| settings(text, root));
        if let Some(setting) = all.find(|setting| setting.subject.is_value_at(&values, *line)) {
            let why = format!(
                "Argo CD applies this file after the values, and it sets {} in place of {file}:{line}",
                setting.subject
            );
            let found = Uncertain::hiding(Limit::SourceOverride, source, setting.line, why);
            return Ok(Some(found.altering()));
        }
    }
    Ok(None)
}

/// The lines of a source file that set an image or a part of one, each with what it does: "Argo CD sets the image `a`".
pub(super) fn lines_of_source(bytes: &[u8]) -> Vec<(usize, String)> {
    let Ok(text) = Text::new(bytes) else { return Vec::new() };
    let settings = text.tree.root().map(|root| settings(&text, root)).unwrap_or_default();
    let line = |setting: OverrideSetting| (setting.line, format!("Argo CD sets {}", setting.subject));
    settings.into_iter().map(line).collect()
}

/// A source file.
struct Source<'a> {
    file: RepositoryPath,
    bytes: &'a [u8],
    text: Text,
}

impl Source<'_> {
    /// Whether the image is read and edited in this file as well as in, or instead of, the other files of a location.
    fn is_edited_with(&self, location: &Location, file: &RepositoryPath, image: &ImageName) -> bool {
        let names_image = || {
            let mut written = written_in(self.file.file_name(), self.bytes).into_iter();
            written.any(|found| {
                ImageName::new(found.name.as_str()).is_ok_and(|name| name.is_same_repository(image))
            })
        };
        self.file == *file
            || match &location.finding {
                ImageDiscovery::Declared(scalars) => scalars.iter().any(|scalar| scalar.file == self.file),
                ImageDiscovery::ByFormat => location.path != *file && names_image(),
                ImageDiscovery::Marker(_) | ImageDiscovery::Values(_) => false,
            }
    }
}

/// The source files in a folder that are YAML; Argo CD fails on others.
fn read<'a>(tree: &'a Tree, folder: &RepositoryPath) -> Result<Vec<Source<'a>>, OverlayError> {
    let (mut sources, mut missing) = (Vec::new(), Missing::default());
    let named = tree.named_in(folder, BEGINNING).into_iter();
    for file in named.filter(|file| is_source_file(file.file_name())).take(FILES_MAX) {
        match tree.read(file) {
            Ok(bytes) => {
                let text = Text::new(bytes).ok();
                sources.extend(text.map(|text| Source { file: file.clone(), bytes, text }));
            }
            Err(TreeError::Missing) => drop(missing.0.insert(file.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
        }
    }
    if missing.0.is_empty() { Ok(sources) } else { Err(OverlayError::Missing(missing)) }
}
