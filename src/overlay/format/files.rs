//! The files of a service that has no kustomization, and what each of them says.

use std::collections::BTreeSet;

use super::helm_repositories::HelmRepositories;
use super::sheet::{ScanResult, ScannedFile};
use super::spot::ImageLocation;
use super::{argo_cd, chart, flux, helm_values, manifests, objects, partial, values_order};
use crate::model::{
    DeclaredScalar, EntryKind, ImageDiscovery, ImageName, Location, Missing, RepositoryPath, Tree, TreeEntry,
    TreeError,
};
use crate::overlay::document::text::Text;
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::kustomization::FILE_NAMES;
use crate::overlay::kustomize::object_images::custom_image::{CustomImage, custom_image, is_custom};
use crate::overlay::source_override::is_source_file;
use crate::overlay::{BYTES_READ_MAX, EditObstacle, FILES_MAX, Limit, OverlayError, SetBy};
use crate::yaml::NodeId;

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

fn holds(bytes: &[u8], needle: &str) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
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

/// The images that one file says by its name and its objects, whatever lies beside it.
pub(in crate::overlay) fn written_in(name: &str, bytes: &[u8]) -> Vec<WrittenImage> {
    let mut sheet = ScannedFile::read(bytes);
    sheet.find_by_format(name, &HelmRepositories::default());
    sheet.found.spots.into_iter().map(|spot| spot.image).collect()
}

/// Adds what one object, or a text without kind, says.
pub(super) fn find_in_object(
    found: &mut ScanResult,
    text: &Text,
    object: NodeId,
    repositories: &HelmRepositories,
) {
    match objects::kind(text, object) {
        Some("HelmRelease") => flux::helm_release(found, text, object, repositories),
        Some("Kustomization") if flux::is_kustomization(text, object) => {
            flux::kustomization(found, text, object);
        }
        Some("OCIRepository") => flux::oci_repository(found, text, object),
        Some("Application" | "ApplicationSet") => argo_cd::application(found, text, object),
        Some("HelmChart" | "HelmChartConfig") if is_of_k3s(text, object) => {
            flux::helm_chart(found, text, object)
        }
        Some("CustomResourceDefinition" | "HelmRepository") => {}
        Some(_) => {
            manifests::find(text, object, &mut found.spots);
            note_custom_image(found, text, object);
        }
        None => {
            helm_values::find(text, object, SetBy::HelmValues, &mut found.spots);
            partial::note(found, text, object);
        }
    }
}

/// Notes a field of a custom resource that may be an image.
fn note_custom_image(found: &mut ScanResult, text: &Text, object: NodeId) {
    if !objects::scalar(text, object, &["apiVersion"]).is_some_and(is_custom) {
        return;
    }
    let value = Value::of(text, object, Lines::After(0));
    if let Some(CustomImage { scalar, why }) = custom_image(&value, |_| false) {
        found.hide(Limit::CustomImage, scalar.line, why);
    }
}

/// Whether a `HelmChart` is that of k3s; Flux has a kind of that name without values.
fn is_of_k3s(text: &Text, object: NodeId) -> bool {
    objects::scalar(text, object, &["apiVersion"])
        .is_some_and(|version| version.starts_with("helm.cattle.io/"))
}

/// Adds what a file says whose name tells what it is; otherwise false.
pub(super) fn find_by_name(found: &mut ScanResult, text: &Text, name: &str) -> bool {
    let Some(root) = text.tree.root() else { return true };
    if name == "Chart.yaml" {
        chart::find(found, text, root);
        return true;
    }
    if is_source_file(name) {
        argo_cd::source_file(found, text, root);
        return true;
    }
    false
}
