//! Images in custom resources, where neither kustomize nor Towpath knows that a field is one: `spec.image`, also with
//! repository and tag in fields of their own.

use crate::overlay::document::resource::Id;
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::document::written::WrittenImage;
use crate::overlay::format::names_image;

/// The keys of the lists whose items are containers, which are read as images.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];
/// The ends of API groups that hold no custom resource with an image that runs.
const OTHER_GROUPS: [&str; 2] = ["k8s.io", "toolkit.fluxcd.io"];
/// The keys of an image's name, where its tag has a field of its own.
const NAME_KEYS: [&str; 3] = ["repository", "name", "image"];
/// The keys that hold a tag or digest beside the name of an image; a `version` beside a `repository` may be that of a chart.
const VERSION_KEYS: [&str; 3] = ["tag", "digest", "version"];

/// The first image of a custom resource, as what is not certain.
pub(in crate::overlay) struct CustomImage<'a> {
    /// The image, or its name.
    pub(in crate::overlay) scalar: &'a Scalar,
    /// Why.
    pub(in crate::overlay) why: String,
}

/// The first field of a custom resource that may be an image, and that is not known otherwise.
pub(in crate::overlay) fn custom_image(
    object: &Value,
    is_known: impl Fn(&Scalar) -> bool,
) -> Option<CustomImage<'_>> {
    let Id { group, kind, .. } = Id::of(object);
    if !is_custom(&group) {
        return None;
    }
    let Candidate { keys, scalar, version } = first(object, &is_known, &mut Vec::new())?;
    let image = version.map_or_else(|| scalar.text.clone(), |version| format!("{}:{version}", scalar.text));
    let why = format!("`{keys}` of this {kind} may be an image (`{image}`)");
    Some(CustomImage { scalar, why })
}

/// Whether an API group, or an `apiVersion`, is one of custom resources.
pub(in crate::overlay) fn is_custom(group: &str) -> bool {
    let group = group.split('/').next().unwrap_or_default();
    group.contains('.') && !OTHER_GROUPS.iter().any(|other| group.ends_with(other))
}

/// What may be an image.
struct Candidate<'a> {
    /// The keys that lead there.
    keys: String,
    /// The image, or its name.
    scalar: &'a Scalar,
    /// The tag or digest that has a field of its own.
    version: Option<&'a str>,
}

/// As deep as `yaml::DEPTH_MAX`.
fn first<'a>(
    value: &'a Value,
    is_known: &impl Fn(&Scalar) -> bool,
    keys: &mut Vec<&'a str>,
) -> Option<Candidate<'a>> {
    for (key, below) in value.entries() {
        keys.push(key);
        if let Value::Scalar(scalar) = below
            && names_image(key)
            && key != "repository"
            && is_reference(&scalar.text)
            && !is_known(scalar)
        {
            return Some(Candidate { keys: keys.join("."), scalar, version: None });
        }
        if let Some((scalar, version)) = in_parts(key, below).filter(|(scalar, _)| !is_known(scalar)) {
            return Some(Candidate { keys: keys.join("."), scalar, version: Some(version) });
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

/// The name, and the tag or digest, of a mapping that holds both: one under `image` and the like, or any with a
/// `repository`.
fn in_parts<'a>(key: &str, value: &'a Value) -> Option<(&'a Scalar, &'a str)> {
    let (names, versions) = if names_image(key) {
        (&NAME_KEYS[..], &VERSION_KEYS[..])
    } else {
        (&NAME_KEYS[..1], &VERSION_KEYS[..2])
    };
    let name = names.iter().find_map(|name| match value.get(name) {
        Some(Value::Scalar(scalar)) if !scalar.is_null && is_name(&scalar.text) => Some(scalar),
        Some(_) | None => None,
    })?;
    let version = versions.iter().find_map(|key| value.get(key).and_then(Value::text))?;
    Some((name, version))
}

fn is_reference(text: &str) -> bool {
    text.contains(['/', ':']) && WrittenImage::new(text).reference().is_ok()
}

/// Whether a text is the name of an image; a repository of something else has a scheme.
fn is_name(text: &str) -> bool {
    WrittenImage::new(text).reference().is_ok_and(|read| read.tag.is_none() && read.digest.is_none())
}
