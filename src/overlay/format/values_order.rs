//! Values files of one folder that set the same image: without their order it is not known which one wins.

use super::argo_cd::SOURCE_FILE_PREFIX;
use super::objects;
use super::sheet::{Found, Hidden, Sheet};
use super::spot::At;
use crate::model::RepositoryPath;
use crate::overlay::text::Text;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{NodeId, NodeKind};

/// The keys below an image that say which one runs. Elsewhere they are longer, such as `imageTag`.
const IMAGE_KEYS: [&str; 7] = ["registry", "repository", "name", "tag", "version", "digest", "sha"];

/// Puts images in doubt that another values file of the folder sets too. The files that were not read for the image
/// that is asked for are read here, since a part of an image does not name it.
pub(super) fn note(sheets: &mut [(RepositoryPath, Sheet)], contents: &[(RepositoryPath, &[u8])]) {
    let has_values = |sheet: &Sheet| sheet.found.spots.iter().any(|spot| spot.set_by == SetBy::HelmValues);
    if contents.len() < 2 || !sheets.iter().any(|(_, sheet)| has_values(sheet)) {
        return;
    }
    let texts = contents.iter().filter_map(|(path, bytes)| Some((path, Text::new(bytes).ok()?)));
    let values: Vec<(&RepositoryPath, Text)> = texts.filter(|(path, text)| is_values(path, text)).collect();
    for (path, sheet) in sheets {
        for (other, text) in values.iter().filter(|(other, _)| *other != path) {
            sheet.put_in_doubt(other, text);
        }
    }
}

/// Whether a file may hold Helm values.
fn is_values(path: &RepositoryPath, text: &Text) -> bool {
    let name = path.file_name();
    let is_other = name == "Chart.yaml" || name.starts_with(SOURCE_FILE_PREFIX);
    !is_other && text.tree.root().is_some_and(|root| objects::kind(text, root).is_none())
}

impl Sheet {
    /// Puts the images in doubt that another values file sets too.
    fn put_in_doubt(&mut self, other: &RepositoryPath, other_text: &Text) {
        let Some(text) = self.text() else { return };
        let Some(root) = other_text.tree.root() else { return };
        let mut found = Vec::new();
        for (index, spot) in self.found.spots.iter().enumerate() {
            let (At::Node(node), SetBy::HelmValues) = (&spot.at, spot.set_by) else { continue };
            if sets_image_at(other_text, root, &way(text, *node)) {
                let why = format!(
                    "`{other}` sets the image `{}` too, and which of the two files wins is not known",
                    spot.image.name
                );
                found.push((index, Hidden { limit: Limit::ValuesOrder, line: text.line(*node), why }));
            }
        }
        found.into_iter().for_each(|(index, hidden)| self.found.doubt(index, hidden));
    }
}

impl Found {
    /// Puts an image in doubt; the first reason stands.
    pub(super) fn doubt(&mut self, index: usize, reason: Hidden) {
        if !self.doubts.contains_key(&index) {
            self.doubts.insert(index, self.hidden.len());
            self.hidden.push(reason);
        }
    }
}

/// The keys that lead to a scalar; those below the first list are left out.
fn way(text: &Text, node: NodeId) -> Vec<String> {
    let mut keys = Vec::new();
    let mut below = node;
    while let Some(above) = text.tree.parent(below) {
        match &text.tree.node(above).kind {
            NodeKind::Mapping(entries) => {
                let key = entries.iter().find(|(_, value)| *value == below).map(|(key, _)| *key);
                keys.extend(key.and_then(|key| text.tree.scalar(key)).map(str::to_owned));
            }
            NodeKind::Sequence(_) => keys.clear(),
            NodeKind::Scalar { .. } | NodeKind::Alias => {}
        }
        below = above;
    }
    keys.reverse();
    keys
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
