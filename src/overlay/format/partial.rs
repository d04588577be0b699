//! Tags in Helm values without the name of their image, which the chart or another values file sets.

use super::helm_values::{is_image_key, written_text};
use super::scan::ScanResult;
use crate::overlay::Limit;
use crate::overlay::document::text::Text;
use crate::yaml::NodeId;

/// The keys that name an image.
const NAMES: [&str; 3] = ["repository", "name", "image"];
/// The keys that hold a tag beside a name.
const TAG: &str = "tag";

/// Notes every tag below some values whose image is not named beside it.
pub(super) fn note(found: &mut ScanResult, text: &Text, values: NodeId) {
    below(found, text, &mut Vec::new(), values);
}

/// As deep as `yaml::DEPTH_MAX`.
fn below<'a>(found: &mut ScanResult, text: &'a Text, path: &mut Vec<&'a str>, node: NodeId) {
    let in_image = path.last().is_some_and(|key| is_image_key(key));
    if in_image
        && let Some(tag) = text.tree.get(node, TAG)
        && let Some(value) = written_text(text, tag)
        && !NAMES.iter().any(|name| text.tree.get(node, name).is_some())
    {
        let path = path.join(".");
        let why = format!("`{path}.tag` is `{value}`, but no `repository` beside it names the image");
        found.hide(Limit::PartialImage, text.line(tag), why);
    }
    for (key, value) in text.tree.entries(node) {
        path.push(text.tree.scalar(*key).unwrap_or_default());
        below(found, text, path, *value);
        path.pop();
    }
    for item in text.tree.items(node) {
        below(found, text, path, *item);
    }
}
