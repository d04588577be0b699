//! The values of a `HelmRelease` after kustomize built it are what Towpath says, before an edit and after it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::option::weighted;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_yaml::{Mapping, Value};
use towpath::model::{ImageName, RepositoryPath, Tree};
use towpath::overlay::{self, Resolver, SetTo};

use super::property::tree;
use super::rendered::{Files, render_folder};
use super::values::{images, map, tag, values, with_tag};
use super::written::ENVIRONMENT;
use crate::support::depth;

/// How many layouts are tried.
const LAYOUTS: usize = 200;
/// How many of them one run of kustomize renders.
const BATCH: usize = 20;
/// Of a hundred layouts, how many kustomize has to render for the comparison to mean anything.
const RENDERED_MIN: usize = 70;
/// Of a hundred layouts with an image, how many have to be edited.
const EDITED_MIN: usize = 70;
/// The tag that edits write.
const NEW_TAG: &str = "9.9.9";
/// Another environment with the same base.
const OTHER: &str = "other";

/// A release in a base, and what an environment makes of it.
#[derive(Clone, Debug)]
struct Layout {
    values: Value,
    /// The values of a ConfigMap that the base generates.
    generated: Option<Value>,
    prefix: bool,
    base: Option<Patch>,
    environment: Option<Patch>,
    replacement: bool,
}

#[derive(Clone, Debug)]
enum Patch {
    Merge { values: Value, in_file: bool },
    Operation { op: &'static str, path: &'static str, value: Option<&'static str> },
}

fn layouts() -> impl Strategy<Value = Layout> {
    let base = (values(), weighted(0.3, values()), prop::bool::weighted(0.3), weighted(0.3, patch()));
    let own = (weighted(0.6, patch()), prop::bool::weighted(0.1));
    (base, own).prop_map(|((values, generated, prefix, base), (environment, replacement))| Layout {
        values,
        generated,
        prefix,
        base,
        environment,
        replacement,
    })
}

fn patch() -> impl Strategy<Value = Patch> {
    let operation = |op, path, value| Patch::Operation { op, path, value };
    prop_oneof![
        5 => (values(), any::<bool>()).prop_map(|(values, in_file)| Patch::Merge { values, in_file }),
        2 => tag().prop_map(move |tag| operation("replace", "/spec/values/image/tag", Some(tag))),
        1 => tag().prop_map(move |tag| operation("add", "/spec/values/image/tag", Some(tag))),
        1 => Just(operation("remove", "/spec/values/image/tag", None)),
    ]
}

fn files(layout: &Layout) -> Files {
    let mut files = BTreeMap::new();
    let mut spec = Mapping::new();
    if layout.generated.is_some() {
        let source = map([("kind", Some("ConfigMap".into())), ("name", Some("shop-values".into()))]);
        spec.insert("valuesFrom".into(), Value::Sequence(vec![source]));
    }
    spec.insert("values".into(), layout.values.clone());
    files.insert("base/release.yaml".to_owned(), release(&Value::Mapping(spec)));
    let mut base = "resources: [release.yaml]\n".to_owned();
    if let Some(values) = &layout.generated {
        files.insert("base/shop-values.yaml".to_owned(), serde_yaml::to_string(values).unwrap());
        base.push_str("generatorOptions: { disableNameSuffixHash: true }\n");
        base.push_str("configMapGenerator: [{ name: shop-values, files: [values.yaml=shop-values.yaml] }]\n");
    }
    if layout.prefix {
        base.push_str("namePrefix: p-\n");
    }
    add_patch(&mut files, "base", &mut base, layout.base.as_ref());
    files.insert("base/kustomization.yaml".to_owned(), base);
    let mut own = "resources: [../base]\n".to_owned();
    add_patch(&mut files, ENVIRONMENT, &mut own, layout.environment.as_ref());
    // Kustomize fails without the name of a layout where a replacement is written over a null.
    let has_null = files.values().any(|text| text.contains("null"));
    if layout.replacement && !has_null {
        own.push_str("replacements:\n- sourceValue: '7'\n  targets:\n  - select: { kind: HelmRelease }\n    fieldPaths: [spec.values.image.tag]\n");
    }
    files.insert(format!("{ENVIRONMENT}/kustomization.yaml"), own);
    files.insert(format!("{OTHER}/kustomization.yaml"), "resources: [../base]\n".to_owned());
    files
}

fn release(spec: &Value) -> String {
    let spec: String =
        serde_yaml::to_string(spec).unwrap().lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\nspec:\n{spec}"
    )
}

fn add_patch(files: &mut Files, folder: &str, text: &mut String, patch: Option<&Patch>) {
    match patch {
        Some(Patch::Merge { values, in_file }) => {
            let merge = release(&map([("values", Some(values.clone()))]));
            if *in_file {
                files.insert(format!("{folder}/merge.yaml"), merge);
                text.push_str("patches: [{ path: merge.yaml }]\n");
            } else {
                let block: String = merge.lines().map(|line| format!("    {line}\n")).collect();
                write!(text, "patches:\n- patch: |-\n{block}").unwrap();
            }
        }
        Some(Patch::Operation { op, path, value }) => {
            let value = value.map(|value| format!("\n      value: '{value}'")).unwrap_or_default();
            write!(
                text,
                "patches:\n- target: {{ kind: HelmRelease }}\n  patch: |-\n    - op: {op}\n      path: {path}{value}\n"
            )
            .unwrap();
        }
        None => {}
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was compared is what one wants to know of this test")]
fn says_what_kustomize_makes_of_a_helm_release() {
    let mut runner = TestRunner::deterministic();
    let tried = depth::cases(LAYOUTS);
    let layouts: Vec<Files> =
        (0..tried).map(|_| files(&layouts().new_tree(&mut runner).unwrap().current())).collect();
    let (mut rendered, mut with_image) = (0, 0);
    let mut edits: Vec<(Files, Vec<String>)> = Vec::new();
    for (files, found) in layouts.iter().zip(render(&layouts)) {
        let Some(expected) = found else { continue };
        rendered += 1;
        assert_eq!(shown(files), expected, "{}", text(files));
        let Some(name) = expected.first().map(|image| name_of(image)) else { continue };
        // Where the tag is left to the chart, the image is not certain.
        if !expected.iter().filter(|image| name_of(image) == name).all(|image| image.contains(':')) {
            continue;
        }
        with_image += 1;
        if let Ok(edited) = edited(files, &name) {
            edits.push((edited, with_tag(&expected, &name, NEW_TAG)));
        }
    }
    println!("{rendered} of {tried} layouts rendered; {} of {with_image} edited", edits.len());
    assert!(rendered * 100 >= tried * RENDERED_MIN, "only {rendered} of {tried} rendered");
    assert!(edits.len() * 100 >= with_image * EDITED_MIN, "only {} of {with_image} edited", edits.len());
    let after: Vec<Files> = edits.iter().map(|(files, _)| files.clone()).collect();
    for ((files, expected), found) in edits.iter().zip(render(&after)) {
        assert_eq!(found.as_ref(), Some(expected), "{}", text(files));
    }
}

/// The images of each layout's release, sorted; `None` where kustomize refuses the layout.
fn render(layouts: &[Files]) -> Vec<Option<Vec<String>>> {
    let batches = layouts.chunks(BATCH).flat_map(|batch| render_folder(batch, ENVIRONMENT));
    batches.map(|documents| documents.ok().map(|documents| images(&effective_values(&documents)))).collect()
}

/// The values of the release, over those of the ConfigMap that it names.
fn effective_values(documents: &[Value]) -> Value {
    let of_kind = |kind: &str| {
        documents.iter().find(|document| document.get("kind").and_then(Value::as_str) == Some(kind))
    };
    let release = of_kind("HelmRelease").expect("each layout has a release");
    let generated = of_kind("ConfigMap").and_then(|object| object.get("data")?.get("values.yaml")?.as_str());
    let mut merged = generated.map_or(Value::Null, |text| serde_yaml::from_str(text).unwrap());
    let own = release.get("spec").and_then(|spec| spec.get("values")).cloned();
    merge(&mut merged, own.unwrap_or(Value::Null));
    merged
}

fn merge(into: &mut Value, over: Value) {
    match (into, over) {
        (Value::Mapping(into), Value::Mapping(over)) => {
            for (key, value) in over {
                match into.get_mut(&key) {
                    Some(old) => merge(old, value),
                    None => drop(into.insert(key, value)),
                }
            }
        }
        (into, over) => *into = over,
    }
}

fn name_of(image: &str) -> String {
    image.rsplit_once(':').map_or(image, |(name, _)| name).to_owned()
}

fn environment() -> RepositoryPath {
    RepositoryPath::new(ENVIRONMENT).unwrap()
}

fn shown(files: &Files) -> Vec<String> {
    let found = overlay::resolve(&tree(files), &environment().into()).unwrap();
    let is_certain = |found: &overlay::ImageUse| found.doubt.is_none() || found.reference.tag.is_none();
    assert!(found.uses.iter().all(is_certain), "{:?}\n{}", found.uncertain, text(files));
    let mut images: Vec<String> = found.uses.iter().map(|found| found.reference.to_string()).collect();
    images.sort();
    images
}

/// The files with another tag of an image. The base belongs to both environments and stays as it is.
fn edited(files: &Files, name: &str) -> Result<Files, String> {
    let tree: Tree = tree(files);
    let mut resolver = Resolver::default();
    for folder in [ENVIRONMENT, OTHER] {
        resolver.resolve(&tree, &RepositoryPath::new(folder).unwrap().into()).unwrap();
    }
    let to = SetTo { tag: Some(NEW_TAG.parse().unwrap()), digest: None };
    let image = ImageName::new(name).unwrap();
    let changed = overlay::set_image(&tree, &resolver.overlays(), &environment().into(), &image, &to);
    let mut files = files.clone();
    for (path, content) in changed.map_err(|error| error.to_string())? {
        assert!(path.as_str().starts_with(ENVIRONMENT), "{path} is edited\n{}", text(&files));
        files.insert(path.to_string(), String::from_utf8(content).unwrap());
    }
    Ok(files)
}

fn text(files: &Files) -> String {
    files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect()
}
