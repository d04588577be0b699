//! Images in custom resources, where neither kustomize nor Towpath knows that a field is one: `spec.image`.

use super::resource::Id;
use super::value::{Scalar, Value};
use super::written::Written;

/// The keys of the lists whose items are containers, which are read as images.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
/// The ends of API groups that hold no custom resource with an image that runs.
const OTHER_GROUPS: [&str; 2] = ["k8s.io", "toolkit.fluxcd.io"];

/// The first image of a custom resource, as what is not certain.
pub(super) struct CustomImage {
    /// The line, from 1.
    pub(super) line: usize,
    /// Why.
    pub(super) why: String,
}

/// The first field `image` of a custom resource that may be an image, and that is not known otherwise.
pub(super) fn custom_image(object: &Value, is_known: impl Fn(&Scalar) -> bool) -> Option<CustomImage> {
    let Id { group, kind, .. } = Id::of(object);
    if !is_custom(&group) {
        return None;
    }
    let (keys, scalar) = first(object, &is_known, &mut Vec::new())?;
    let why = format!("`{keys}` of this {kind} may be an image (`{}`)", scalar.text);
    Some(CustomImage { line: scalar.line, why })
}

/// Whether an API group, or an `apiVersion`, is one of custom resources.
pub(super) fn is_custom(group: &str) -> bool {
    let group = group.split('/').next().unwrap_or_default();
    group.contains('.') && !OTHER_GROUPS.iter().any(|other| group.ends_with(other))
}

/// As deep as `yaml::DEPTH_MAX`.
fn first<'a>(
    value: &'a Value,
    is_known: &impl Fn(&Scalar) -> bool,
    keys: &mut Vec<&'a str>,
) -> Option<(String, &'a Scalar)> {
    for (key, below) in value.entries() {
        keys.push(key);
        if let Value::Scalar(scalar) = below
            && key == "image"
            && is_reference(&scalar.text)
            && !is_known(scalar)
        {
            return Some((keys.join("."), scalar));
        }
        let is_container_list = CONTAINERS.contains(&key.as_str());
        let found = if is_container_list { None } else { first(below, is_known, keys) };
        if found.is_some() {
            return found;
        }
        keys.pop();
    }
    value.items().iter().find_map(|item| first(item, is_known, keys))
}

fn is_reference(text: &str) -> bool {
    text.contains(['/', ':']) && Written::new(text).reference().is_ok()
}
