//! The real kustomize, as an independent witness of what an overlay means.

use std::path::Path;
use std::process::Command;

use serde::Deserialize as _;
use serde_yaml::Value;

use super::peer;

/// Every image that the kustomization in `folder` runs, in the order of the rendered manifests.
///
/// # Panics
///
/// When kustomize refuses the folder; with what it said.
pub(crate) fn render(folder: &Path) -> Vec<String> {
    let mut images = Vec::new();
    for document in serde_yaml::Deserializer::from_str(&kustomize(folder)) {
        collect_images(&Value::deserialize(document).expect("kustomize prints YAML"), &mut images);
    }
    images
}

fn kustomize(folder: &Path) -> String {
    build(folder).unwrap_or_else(|refusal| panic!("kustomize refuses {}: {refusal}", folder.display()))
}

/// What `folder` renders to, or why kustomize refuses it.
pub(crate) fn build(folder: &Path) -> Result<String, String> {
    let kubectl = peer::find("kubectl", "TOWPATH_TEST_KUBECTL");
    let output = Command::new(&kubectl).arg("kustomize").arg(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{} does not run: {error}", kubectl.display()));
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).expect("kustomize prints UTF-8"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Adds the text of every key `image` below `value`.
fn collect_images(value: &Value, images: &mut Vec<String>) {
    if let Some(Value::String(image)) = value.get("image") {
        images.push(image.clone());
    }
    match value {
        Value::Mapping(entries) => entries.values().for_each(|entry| collect_images(entry, images)),
        Value::Sequence(items) => items.iter().for_each(|item| collect_images(item, images)),
        Value::Tagged(tagged) => collect_images(&tagged.value, images),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
