//! Values files of one folder that set the same image: without their order it is not known which one wins.

use std::collections::BTreeSet;

use super::objects;
use super::scan::HiddenLine;
use super::sheet::ScannedFile;
use super::spot::ScalarLocation;
use crate::model::{EntryKind, Location, Missing, RepositoryPath, Tree, TreeError};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::source_override::file_name::is_source_file;
use crate::overlay::{EditObstacle, FILES_MAX, Limit, OverlayError, SetBy};
use crate::yaml::{NodeId, NodeKind};

/// The keys below an image that say which one runs. Elsewhere they are longer, such as `imageTag`.
const IMAGE_KEYS: [&str; 7] = ["registry", "repository", "name", "tag", "version", "digest", "sha"];

/// Puts images in doubt that another values file of the folder sets too. The files that were not read for the image
/// that is asked for are read here, since a part of an image does not name it.
pub(super) fn note(sheets: &mut [(RepositoryPath, ScannedFile)], contents: &[(RepositoryPath, &[u8])]) {
    let has_values =
        |sheet: &ScannedFile| sheet.found.spots.iter().any(|spot| spot.set_by == SetBy::HelmValues);
    if contents.len() < 2 || !sheets.iter().any(|(_, sheet)| has_values(sheet)) {
        return;
    }
    let texts = contents.iter().filter_map(|(path, bytes)| Some((path, Text::new(bytes).ok()?)));
    let values: Vec<(&RepositoryPath, Text)> = texts.filter(|(path, text)| is_values(path, text)).collect();
    for (path, sheet) in sheets {
        for (other, text) in values.iter().filter(|(other, _)| *other != path) {
            sheet.put_in_doubt(other, text, Naming::Any);
        }
    }
}

/// Puts images in doubt of which a values file in a folder below sets a part, or a JSON file. Such files are often those
/// of one environment. One that names another image there is not about this one.
///
/// # Errors
/// Where content is missing, or there are too many files.
pub(super) fn note_below(
    tree: &Tree,
    location: &Location,
    sheets: &mut [(RepositoryPath, ScannedFile)],
) -> Result<(), OverlayError> {
    let keys: Vec<String> = sheets.iter().flat_map(|(_, sheet)| sheet.outer_keys()).collect();
    if keys.is_empty() || !tree.is_folder(&location.path) {
        return Ok(());
    }
    let files = other_files(tree, &location.path);
    if files.len() > FILES_MAX {
        let why = format!("there are more than {FILES_MAX} files below this folder");
        let way_out = "list the values files under `values` in the configuration";
        return Err(EditObstacle::whole(Limit::TooMuch, why).or_else(way_out).of(&location.path));
    }
    let mut missing = Missing::default();
    for other in files {
        match tree.read(other) {
            Ok(bytes) => {
                let holds = keys.iter().any(|key| memchr::memmem::find(bytes, key.as_bytes()).is_some());
                let text = holds.then(|| Text::new(bytes)).and_then(Result::ok);
                if let Some(text) = text.filter(|text| is_values(other, text)) {
                    sheets
                        .iter_mut()
                        .for_each(|(_, sheet)| sheet.put_in_doubt(other, &text, Naming::NoOther));
                }
            }
            Err(TreeError::Missing) => drop(missing.0.insert(other.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
        }
    }
    if missing.0.is_empty() { Ok(()) } else { Err(OverlayError::Missing(missing)) }
}

/// The YAML and JSON files below a folder that are not read as its own: those of charts in it and of their templates are
/// left out.
fn other_files<'a>(tree: &'a Tree, folder: &'a RepositoryPath) -> Vec<&'a RepositoryPath> {
    let files =
        || tree.below(folder).filter(|(_, entry)| entry.kind == EntryKind::File).map(|(path, _)| path);
    let is_chart = |path: &&RepositoryPath| path.file_name() == "Chart.yaml";
    let charts: BTreeSet<RepositoryPath> =
        files().filter(is_chart).filter_map(RepositoryPath::parent).filter(|chart| chart != folder).collect();
    let is_other = |path: &&RepositoryPath| {
        let above = std::iter::successors(path.parent(), RepositoryPath::parent);
        let mut within = above.take_while(|above| above != folder);
        let is_nested = path.parent().as_ref() != Some(folder);
        let name = path.file_name();
        let is_meant =
            name.ends_with(".json") || (is_nested && [".yaml", ".yml"].iter().any(|end| name.ends_with(end)));
        is_meant && !within.any(|above| charts.contains(&above) || above.file_name() == "templates")
    };
    files().filter(is_other).collect()
}

/// What a values file may name and still be about an image.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Naming {
    /// Any image.
    Any,
    /// No other image.
    NoOther,
}

/// Whether a file may hold Helm values.
fn is_values(path: &RepositoryPath, text: &Text) -> bool {
    let name = path.file_name();
    let is_other = name == "Chart.yaml" || is_source_file(name);
    !is_other && text.tree.root().is_some_and(|root| objects::kind(text, root).is_none())
}

impl ScannedFile {
    /// The outermost keys that lead to the images of its values.
    fn outer_keys(&self) -> Vec<String> {
        let Some(text) = self.text() else { return Vec::new() };
        let spots = self.found.spots.iter().filter(|spot| spot.set_by == SetBy::HelmValues);
        spots
            .filter_map(|spot| spot.at.node())
            .filter_map(|node| way(text, node).into_iter().next())
            .collect()
    }

    /// Puts the images in doubt that another values file sets too.
    fn put_in_doubt(&mut self, other: &RepositoryPath, other_text: &Text, naming: Naming) {
        let Some(text) = self.text() else { return };
        let Some(root) = other_text.tree.root() else { return };
        let mut found = Vec::new();
        for (index, spot) in self.found.spots.iter().enumerate() {
            let (ScalarLocation::Node(node), SetBy::HelmValues) = (&spot.at, spot.set_by) else { continue };
            let way = way(text, *node);
            let is_about_another = naming == Naming::NoOther
                && named_at(other_text, root, &way).is_some_and(|name| !spot.image.name.ends_with(&name));
            if sets_image_at(other_text, root, &way) && !is_about_another {
                let why = format!(
                    "`{other}` sets the image `{}` too, and which of the two files wins is not known",
                    spot.image.name
                );
                found.push((index, HiddenLine { limit: Limit::ValuesOrder, line: text.line(*node), why }));
            }
        }
        found.into_iter().for_each(|(index, hidden)| self.found.doubt(index, hidden));
    }
}

/// The keys that lead to a scalar; those below the first list are left out.
fn way(text: &Text, node: NodeId) -> Vec<String> {
    let mut keys = Vec::new();
    let mut below = node;
    while let Some(above) = text.tree.parent(below) {
        match &text.tree.node(above).kind {
            NodeKind::Mapping(_) => keys.extend(text.key_of(below).map(str::to_owned)),
            NodeKind::Sequence(_) => keys.clear(),
            NodeKind::Scalar { .. } | NodeKind::Alias => {}
        }
        below = above;
    }
    keys.reverse();
    keys
}

/// The name of the image beside what some keys lead to.
fn named_at(text: &Text, root: NodeId, keys: &[String]) -> Option<String> {
    let (_, above) = keys.split_last()?;
    let map = above.iter().try_fold(root, |node, key| text.tree.get(node, key))?;
    let named = |(key, value): &(NodeId, NodeId)| {
        let key = text.tree.scalar(*key)?;
        if super::helm_values::names_image(key) {
            super::helm_values::written_text(text, *value)
        } else {
            None
        }
    };
    text.tree.entries(map).iter().find_map(named).map(|name| WrittenImage::new(name).name)
}

/// Whether values set, replace or delete the scalar at the end of some keys, or an image key beside it.
fn sets_image_at(text: &Text, root: NodeId, keys: &[String]) -> bool {
    let Some((last, above)) = keys.split_last() else { return false };
    let mut node = root;
    for key in above {
        let Some(next) = text.tree.get(node, key) else { return false };
        match &text.tree.node(next).kind {
            NodeKind::Mapping(_) => node = next,
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => return true,
        }
    }
    let in_image = above.last().is_some_and(|key| super::helm_values::is_image_key(key));
    let mut keys = text.tree.entries(node).iter().filter_map(|(key, _)| text.tree.scalar(*key));
    keys.any(|key| key == last || names_image(key) || (in_image && IMAGE_KEYS.contains(&key)))
}

/// Whether a key such as `imageTag` says which image runs; `imagePullPolicy` does not.
fn names_image(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("image") && !key.contains("pull")
}
