//! What the real kustomize makes of many layouts in one run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize as _;
use serde_yaml::Value;

use super::written::ENVIRONMENT;
use crate::support::kubectl;

/// The files of a layout.
pub(super) type Files = BTreeMap<String, String>;

/// The images of a layout, sorted; or why kustomize refuses it.
pub(super) type Outcome = Result<Vec<String>, String>;

/// What each layout runs. One bad layout makes kustomize refuse all, so halves are tried on their own.
pub(super) fn render(layouts: &[Files]) -> Vec<Outcome> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), layouts);
    match kubectl::build(folder.path()) {
        Ok(text) => images(&text, layouts.len()).into_iter().map(Ok).collect(),
        Err(refusal) if layouts.len() == 1 => vec![Err(refusal)],
        Err(_) => {
            let (left, right) = layouts.split_at(layouts.len() / 2);
            [render(left), render(right)].concat()
        }
    }
}

/// Each layout in a folder of its own; a prefix tells what is whose.
fn write(folder: &Path, layouts: &[Files]) {
    let mut all = String::from("resources:\n");
    for (index, files) in layouts.iter().enumerate() {
        for (name, text) in files {
            let path = folder.join(format!("case{index}")).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let wrapper = folder.join(format!("wrap{index}"));
        fs::create_dir_all(&wrapper).unwrap();
        let text = format!("resources: [../case{index}/{ENVIRONMENT}]\nnamePrefix: case{index}-\n");
        fs::write(wrapper.join("kustomization.yaml"), text).unwrap();
        all.push_str(&format!("- wrap{index}\n"));
    }
    fs::write(folder.join("kustomization.yaml"), all).unwrap();
}

fn images(text: &str, count: usize) -> Vec<Vec<String>> {
    let mut images = vec![Vec::new(); count];
    for document in serde_yaml::Deserializer::from_str(text) {
        let document = Value::deserialize(document).unwrap();
        let name = document.get("metadata").and_then(|metadata| metadata.get("name")).unwrap();
        let case = name.as_str().unwrap().strip_prefix("case").unwrap().split_once('-').unwrap().0;
        collect(&document, &mut images[case.parse::<usize>().unwrap()]);
    }
    images.iter_mut().for_each(|images| images.sort());
    images
}

/// The images of containers, and those that are mounted as volumes.
fn collect(value: &Value, images: &mut Vec<String>) {
    match value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                let key = key.as_str().unwrap_or_default();
                let items = value.as_sequence().into_iter().flatten();
                let found = |item: &Value| match key {
                    "containers" | "initContainers" => item.get("image").cloned(),
                    "volumes" => item.get("image").and_then(|image| image.get("reference")).cloned(),
                    _ => None,
                };
                images.extend(items.filter_map(found).filter_map(|image| image.as_str().map(str::to_owned)));
                collect(value, images);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, images)),
        Value::Tagged(tagged) => collect(&tagged.value, images),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
