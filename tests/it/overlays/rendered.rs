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

/// What each layout runs.
pub(super) fn render(layouts: &[Files]) -> Vec<Outcome> {
    let rendered = render_folder(layouts, ENVIRONMENT).into_iter();
    rendered.map(|documents| documents.map(|documents| images(&documents))).collect()
}

/// The documents that one folder of each layout renders, or why kustomize refuses it. One bad layout makes kustomize
/// refuse all, so the one that it names is taken out.
pub(super) fn render_folder(layouts: &[Files], rendered: &str) -> Vec<Result<Vec<Value>, String>> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), layouts, rendered);
    let mut refused: BTreeMap<usize, String> = BTreeMap::new();
    let text = loop {
        let left = (0..layouts.len()).filter(|case| !refused.contains_key(case));
        let all: String = left.map(|case| format!("- wrap{case}\n")).collect();
        if all.is_empty() {
            break String::new();
        }
        fs::write(folder.path().join("kustomization.yaml"), format!("resources:\n{all}")).unwrap();
        match kubectl::build(folder.path()) {
            Ok(text) => break text,
            Err(refusal) => drop(refused.insert(named_in(&refusal), refusal)),
        }
    };
    let rendered = documents(&text, layouts.len()).into_iter().enumerate();
    rendered.map(|(case, documents)| refused.remove(&case).map_or(Ok(documents), Err)).collect()
}

/// The layout that a refusal names.
fn named_in(refusal: &str) -> usize {
    let (_, rest) = refusal.split_once("'wrap").unwrap_or_else(|| panic!("no layout is named: {refusal}"));
    rest.split_once('\'').and_then(|(case, _)| case.parse().ok()).expect("a number follows")
}

/// Each layout in a folder of its own; a prefix tells what is whose.
fn write(folder: &Path, layouts: &[Files], rendered: &str) {
    for (index, files) in layouts.iter().enumerate() {
        for (name, text) in files {
            let path = folder.join(format!("case{index}")).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let wrapper = folder.join(format!("wrap{index}"));
        fs::create_dir_all(&wrapper).unwrap();
        let text = format!("resources: [../case{index}/{rendered}]\nnamePrefix: case{index}-\n");
        fs::write(wrapper.join("kustomization.yaml"), text).unwrap();
    }
}

/// The documents of each layout, in the order in which they are rendered.
fn documents(text: &str, count: usize) -> Vec<Vec<Value>> {
    let mut documents = vec![Vec::new(); count];
    for document in serde_yaml::Deserializer::from_str(text) {
        let document = Value::deserialize(document).unwrap();
        if document.is_null() {
            continue;
        }
        let name = document.get("metadata").and_then(|metadata| metadata.get("name"));
        let name = name.and_then(Value::as_str).and_then(|name| name.strip_prefix("case"));
        let name = name.unwrap_or_else(|| panic!("this is nobody's: {document:?}"));
        let case = name.split_once('-').unwrap().0.parse::<usize>().unwrap();
        documents[case].push(document);
    }
    documents
}

/// The images of some documents, sorted.
pub(super) fn images(documents: &[Value]) -> Vec<String> {
    let mut images = Vec::new();
    documents.iter().for_each(|document| collect(document, &mut images));
    images.sort();
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
                images.extend(items.filter_map(found).filter_map(|image| text_of(&image)));
                collect(value, images);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, images)),
        Value::Tagged(tagged) => collect(&tagged.value, images),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The text of a scalar; kustomize may write a tag that it was told to take for an image as a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}
