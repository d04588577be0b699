//! The files of a service that has no kustomization, and what each of them says.

use std::collections::BTreeSet;

use super::helm_repositories::HelmRepositories;
use super::sheet::ScannedFile;
use super::spot::ImageLocation;
use super::{flux, objects, values_order};
use crate::model::{
    DeclaredScalar, EntryKind, ImageDiscovery, ImageName, Location, Missing, RepositoryPath, Tree, TreeEntry,
    TreeError,
};
use crate::overlay::document::text::holds;
use crate::overlay::kustomize::kustomization::FILE_NAMES;
use crate::overlay::{BYTES_READ_MAX, EditObstacle, FILES_MAX, Limit, OverlayError};

/// How the templates are called that helmfile fills in.
const GO_TEMPLATE: &str = ".gotmpl";
/// The kind of the objects that hold the addresses of charts.
const HELM_REPOSITORY: &str = "HelmRepository";
/// What stands behind the ending of YAML in the name of a template.
const TEMPLATE_ENDINGS: [&str; 3] = [GO_TEMPLATE, ".tmpl", ".tpl"];

/// Everything that the files of a location say.
#[derive(Debug)]
pub(in crate::overlay) struct Looked {
    /// The file or folder.
    pub(super) path: RepositoryPath,
    /// How images are found in it.
    pub(super) finding: ImageDiscovery,
    /// What was read, by file.
    pub(super) sheets: Vec<(RepositoryPath, ScannedFile)>,
}

/// Whether a location is none that kustomize reads: a file, a folder with YAML files and no kustomization, or one
/// whose scalars are named otherwise.
pub(in crate::overlay) fn is_plain(tree: &Tree, location: &Location) -> bool {
    let is_file = tree.entry(&location.path).is_some_and(|entry| entry.kind == EntryKind::File);
    let has = |name: &str| location.path.join(name).is_some_and(|path| tree.entry(&path).is_some());
    match &location.finding {
        ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) | ImageDiscovery::Values(_) => true,
        ImageDiscovery::ByFormat if is_file => !FILE_NAMES.contains(&location.path.file_name()),
        ImageDiscovery::ByFormat => {
            !FILE_NAMES.iter().any(|name| has(name)) && !files(tree, location).is_empty()
        }
    }
}

/// Reads the files of a location; without bytes that the image would need, a file is not parsed.
///
/// # Errors
/// Where content is missing, or there is too much of it.
pub(in crate::overlay) fn look(
    tree: &Tree,
    location: &Location,
    image: Option<&ImageName>,
) -> Result<Looked, OverlayError> {
    let contents = contents(tree, location)?;
    let needle = image.map(|image| image.as_str().rsplit('/').next().unwrap_or_default());
    let mut sheets = Vec::new();
    for (path, bytes) in &contents {
        let could_hold = match &location.finding {
            ImageDiscovery::Marker(_) => super::marker::could_hold(bytes),
            ImageDiscovery::Declared(_) => true,
            ImageDiscovery::ByFormat | ImageDiscovery::Values(_) => {
                // A release may name a chart whose repository is an object in another file.
                let is_named = |needle| holds(bytes, needle) || holds(bytes, HELM_REPOSITORY);
                contents.len() == 1 || needle.is_none_or(is_named)
            }
        };
        if could_hold {
            let is_template = is_template(path.file_name());
            sheets.push((
                path.clone(),
                if is_template { ScannedFile::template(bytes) } else { ScannedFile::read(bytes) },
            ));
        }
    }
    let mut looked = Looked { path: location.path.clone(), finding: location.finding.clone(), sheets };
    match &location.finding {
        ImageDiscovery::Marker(marker) => {
            looked.sheets.iter_mut().for_each(|(_, sheet)| sheet.find_marked(marker, image))
        }
        ImageDiscovery::Declared(scalars) => looked.find_declared(scalars, image),
        ImageDiscovery::ByFormat | ImageDiscovery::Values(_) => {
            looked.find_by_format();
            values_order::note(&mut looked.sheets, &contents);
            values_order::note_below(tree, location, &mut looked.sheets)?;
        }
    }
    looked.sheets.iter_mut().for_each(|(path, sheet)| sheet.note_surroundings(path.file_name()));
    Ok(looked)
}

/// The files that belong to a location: those that are declared, itself, those of its folder, or with markers all below it.
fn files(tree: &Tree, location: &Location) -> Vec<RepositoryPath> {
    if let ImageDiscovery::Declared(scalars) = &location.finding {
        let files: BTreeSet<&RepositoryPath> = scalars.iter().map(|scalar| &scalar.file).collect();
        return files.into_iter().cloned().collect();
    }
    if let Some(entry) = tree.entry(&location.path) {
        let is_file = entry.kind == EntryKind::File;
        return is_file.then(|| location.path.clone()).into_iter().collect();
    }
    let is_meant = |path: &&RepositoryPath| {
        let name = path.file_name();
        is_yaml(name) || name == "Kustomization" || is_template(name)
    };
    let file = |(path, entry): (_, &TreeEntry)| (entry.kind == EntryKind::File).then_some(path);
    let files: Vec<&RepositoryPath> = match location.finding {
        ImageDiscovery::Marker(_) => tree.below(&location.path).filter_map(file).collect(),
        ImageDiscovery::ByFormat | ImageDiscovery::Declared(_) | ImageDiscovery::Values(_) => {
            tree.directly_in(&location.path).filter_map(file).collect()
        }
    };
    files.into_iter().filter(is_meant).cloned().collect()
}

/// Whether a file name ends as YAML does, whatever the case.
fn is_yaml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// Whether a file is a template of YAML, as helmfile takes them: `values.yaml.gotmpl`.
fn is_template(name: &str) -> bool {
    let stem = TEMPLATE_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    stem.is_some_and(is_yaml) || name.ends_with(GO_TEMPLATE)
}

fn contents<'a>(
    tree: &'a Tree,
    location: &Location,
) -> Result<Vec<(RepositoryPath, &'a [u8])>, OverlayError> {
    let refuse = |why: String| {
        Err(EditObstacle::whole(Limit::TooMuch, why)
            .or_else("name a smaller folder, or a file")
            .of(&location.path))
    };
    let files = files(tree, location);
    if files.len() > FILES_MAX {
        return refuse(format!("there are more than {FILES_MAX} files"));
    }
    let (mut contents, mut missing, mut bytes_read) = (Vec::new(), Missing::default(), 0);
    for path in files {
        match tree.read(&path) {
            Ok(bytes) => {
                bytes_read += bytes.len();
                contents.push((path, bytes));
            }
            Err(TreeError::Missing) => drop(missing.0.insert(path)),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {
                let way_out = "put a file there, or correct the path in the configuration";
                return Err(EditObstacle::whole(Limit::NoFile, "this is not a file")
                    .or_else(way_out)
                    .of(&path));
            }
        }
    }
    if bytes_read > BYTES_READ_MAX {
        return refuse(format!("the files have more than {} MiB", BYTES_READ_MAX >> 20));
    }
    if missing.0.is_empty() { Ok(contents) } else { Err(OverlayError::Missing(missing)) }
}

impl Looked {
    /// Finds what the configuration declares.
    fn find_declared(&mut self, scalars: &[DeclaredScalar], image: Option<&ImageName>) {
        for (path, sheet) in &mut self.sheets {
            for scalar in scalars.iter().filter(|scalar| scalar.file == *path) {
                sheet.find_declared(&scalar.path, image);
            }
        }
    }

    /// Lets each format find what is its own.
    fn find_by_format(&mut self) {
        let mut repositories = HelmRepositories::default();
        for (_, sheet) in &self.sheets {
            let Some(text) = sheet.text() else { continue };
            for object in objects::all(text) {
                if objects::kind(text, object) == Some(HELM_REPOSITORY) {
                    flux::note_repository(text, object, &mut repositories);
                }
            }
        }
        for (path, sheet) in &mut self.sheets {
            sheet.find_by_format(path.file_name(), &repositories);
            sheet.find_hinted();
        }
    }

    /// The files that can be read, with their text.
    pub(in crate::overlay) fn texts(&self) -> impl Iterator<Item = (&RepositoryPath, &str)> {
        self.sheets.iter().filter_map(|(path, sheet)| Some((path, sheet.source()?.text())))
    }

    /// The spots of one image, with their files.
    pub(super) fn spots_of<'a>(
        &'a self,
        image: &'a ImageName,
    ) -> impl Iterator<Item = (&'a RepositoryPath, &'a ScannedFile, &'a ImageLocation)> {
        let all = self
            .sheets
            .iter()
            .flat_map(|(path, sheet)| sheet.found.spots.iter().map(move |spot| (path, sheet, spot)));
        all.filter(|(_, _, spot)| spot.is_of(image))
    }
}
