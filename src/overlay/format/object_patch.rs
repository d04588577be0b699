//! Patches in objects of Flux and Argo CD, which are applied to what these objects deploy and are not evaluated here.

use super::objects;
use super::sheet::{Found, Hidden};
use crate::overlay::Limit;
use crate::overlay::text::Text;
use crate::yaml::NodeId;

/// The keys under which kustomize's options hold patches.
const KEYS: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

/// The patches below some options of kustomize that may set an image, as what is not certain.
pub(super) fn find(text: &Text, options: NodeId) -> Option<Hidden> {
    let patches = KEYS.iter().filter_map(|key| Some((key, objects::at(text, options, &[key])?)));
    let mut setting = patches.filter(|(_, patches)| may_set_image(text.written(*patches)));
    let (key, patches) = setting.next()?;
    let why = format!("`{key}` here may set an image, and is not evaluated");
    Some(Hidden { limit: Limit::ObjectPatch, line: text.line(patches), why })
}

/// Notes the patches below some options that may set an image.
pub(super) fn note(found: &mut Found, text: &Text, options: NodeId) {
    found.hidden.extend(find(text, options));
}

/// Whether patches, as they are written, may set the image of a container: `imagePullPolicy` and `imagePullSecrets` are
/// none, and a container that goes away takes its image along.
fn may_set_image(patches: &str) -> bool {
    let patches = patches.to_ascii_lowercase();
    let is_image =
        |(at, word): (usize, &str)| !patches.get(at + word.len()..).unwrap_or_default().starts_with("pull");
    let moves = ["remove", "move", "copy"].iter().any(|op| patches.contains(op));
    patches.match_indices("image").any(is_image)
        || patches.contains("$patch")
        || (moves && patches.contains("containers"))
}
