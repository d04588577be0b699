//! Helm values made up at random, and the images that charts find in them.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_yaml::{Mapping, Value};

const NAMES: [&str; 3] = ["ghcr.io/acme/app", "ghcr.io/acme/web", "quay.io/acme/job"];
const TAGS: [&str; 5] = ["1.0.0", "1.10", "2", "v3", "0a1b2c3"];

/// The values of one file, or of one patch: mappings, lists, texts and nulls where charts look for images.
pub(super) fn values() -> impl Strategy<Value = Value> {
    let sidecar = prop_oneof![
        5 => image().prop_map(|image| map([("image", Some(image))])),
        1 => Just(Value::from("off")),
        1 => Just(Value::Null),
    ];
    let jobs = vec(reference(), 0..3).prop_map(|images| {
        Value::Sequence(images.into_iter().map(|image| map([("image", Some(image))])).collect())
    });
    let keys = (
        weighted(0.8, image()),
        weighted(0.5, sidecar),
        weighted(0.3, jobs),
        weighted(0.3, Just(Value::from(3))),
    );
    keys.prop_map(|(image, sidecar, jobs, replicas)| {
        map([("replicas", replicas), ("image", image), ("sidecar", sidecar), ("jobs", jobs)])
    })
}

fn image() -> impl Strategy<Value = Value> {
    let repository = weighted(0.6, select(&NAMES[..]).prop_map(Value::from));
    let tag = prop_oneof![8 => select(&TAGS[..]).prop_map(Value::from), 1 => Just(Value::Null)];
    let split = (repository, weighted(0.7, tag), weighted(0.2, Just(Value::from("Always"))));
    prop_oneof![
        8 => split.prop_map(|(repository, tag, policy)| map([
            ("repository", repository),
            ("tag", tag),
            ("pullPolicy", policy),
        ])),
        1 => reference(),
        1 => Just(Value::Null),
    ]
}

/// The tag of an image.
pub(super) fn tag() -> impl Strategy<Value = &'static str> {
    select(&TAGS[..])
}

fn reference() -> impl Strategy<Value = Value> {
    (select(&NAMES[..]), select(&TAGS[..])).prop_map(|(name, tag)| Value::from(format!("{name}:{tag}")))
}

/// A mapping of the keys that have a value.
pub(super) fn map<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let entries = entries.into_iter().filter_map(|(key, value)| Some((Value::from(key), value?)));
    Value::Mapping(entries.collect::<Mapping>())
}

/// The images in values, sorted: whole references, and repositories with the tag beside them.
pub(super) fn images(values: &Value) -> Vec<String> {
    let mut images = Vec::new();
    collect(values, &mut images);
    images.sort();
    images
}

fn collect(value: &Value, images: &mut Vec<String>) {
    match value {
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if key.as_str() == Some("image") {
                    images.extend(image_in(value));
                }
                collect(value, images);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, images)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
}

fn image_in(value: &Value) -> Option<String> {
    if let Value::String(reference) = value {
        return Some(reference.clone());
    }
    let name = value.get("repository")?.as_str()?;
    Some(match value.get("tag").and_then(Value::as_str) {
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    })
}

/// The images after one of them got another tag.
pub(super) fn with_tag(images: &[String], name: &str, tag: &str) -> Vec<String> {
    let name_of = |image: &String| image.rsplit_once(':').map_or(image.clone(), |(name, _)| name.to_owned());
    let changed = |image: &String| {
        if name_of(image) == name { format!("{name}:{tag}") } else { image.clone() }
    };
    let mut images: Vec<String> = images.iter().map(changed).collect();
    images.sort();
    images
}
