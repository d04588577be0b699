//! Where in a resource kustomize looks for images.

use std::collections::BTreeMap;

use crate::overlay::document::resource::Id;
use crate::overlay::document::value::Value;

/// Where every kustomization looks, whatever the kind.
const DEFAULTS: [&str; 6] = [
    "spec/containers/image",
    "spec/initContainers/image",
    "spec/volumes/image/reference",
    "spec/template/spec/containers/image",
    "spec/template/spec/initContainers/image",
    "spec/template/spec/volumes/image/reference",
];

/// The same as kustomize writes them.
const DEFAULTS_WRITTEN: [&str; 6] = [
    "spec/containers[]/image",
    "spec/initContainers[]/image",
    "spec/volumes[]/image/reference",
    "spec/template/spec/containers[]/image",
    "spec/template/spec/initContainers[]/image",
    "spec/template/spec/volumes[]/image/reference",
];

/// The lists whose items have images, at any depth.
const LISTS: [&str; 2] = ["containers", "initContainers"];

/// A place for images that a configuration adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSpec {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) path: Vec<String>,
    /// The path as it is written.
    pub(super) written: String,
}

/// Which default places a transformer knows beside the lists.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Defaults {
    /// Those of `images`.
    Known,
    /// None: a transformer names its own.
    Unknown,
}

impl FieldSpec {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let own = |key| value.get(key).and_then(Value::text).unwrap_or_default().to_owned();
        let path = value.get("path")?.text()?;
        let keys = path.split('/').map(|key| key.trim_end_matches("[]").to_owned());
        Some(Self {
            group: own("group"),
            version: own("version"),
            kind: own("kind"),
            path: keys.collect(),
            written: path.to_owned(),
        })
    }

    /// Adds it to others; what is written just like a place that is known already adds nothing.
    pub(super) fn join(self, others: &mut Vec<Self>) {
        let is_bare = self.group.is_empty() && self.version.is_empty() && self.kind.is_empty();
        let is_default = is_bare && DEFAULTS_WRITTEN.contains(&self.written.as_str());
        if !is_default && !others.contains(&self) {
            others.push(self);
        }
    }

    fn is_for(&self, id: &Id) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        fits(&self.group, &id.group) && fits(&self.version, &id.version) && fits(&self.kind, &id.kind)
    }
}

/// The places of the images of a resource, none of a definition of resources, as ways of indices in the order of the document, each with how often an
/// entry of `images` is applied there: images that are mounted as volumes may be out of its reach.
pub(super) fn places(
    value: &Value,
    id: &Id,
    defaults: Defaults,
    extra: &[FieldSpec],
) -> BTreeMap<Vec<u32>, u32> {
    let mut found = Places { places: BTreeMap::new(), route: Vec::new() };
    if id.kind == "CustomResourceDefinition" {
        return found.places;
    }
    found.lists(value);
    if defaults == Defaults::Known {
        for path in DEFAULTS {
            let segments: Vec<&str> = path.split('/').collect();
            found.follow(value, &segments, 1);
        }
    }
    for spec in extra.iter().filter(|spec| spec.is_for(id)) {
        let segments: Vec<&str> = spec.path.iter().map(String::as_str).collect();
        found.follow(value, &segments, 1);
    }
    found.places
}

struct Places {
    places: BTreeMap<Vec<u32>, u32>,
    /// The way to where we are.
    route: Vec<u32>,
}

impl Places {
    fn below(&mut self, index: usize, look: impl FnOnce(&mut Self)) {
        self.route.push(u32::try_from(index).expect("a file has fewer nodes"));
        look(self);
        self.route.pop();
    }

    fn add(&mut self, times: u32) {
        *self.places.entry(self.route.clone()).or_default() += times;
    }

    /// As deep as `yaml::DEPTH_MAX`.
    fn lists(&mut self, value: &Value) {
        for (index, (key, child)) in value.entries().iter().enumerate() {
            self.below(index, |here| {
                here.lists(child);
                if LISTS.contains(&key.as_str()) {
                    here.images(child, &["image"], 1);
                } else if key == "volumes" {
                    here.images(child, &["image", "reference"], 0);
                }
            });
        }
        for (index, child) in value.items().iter().enumerate() {
            self.below(index, |here| here.lists(child));
        }
    }

    /// The images of a list's items.
    fn images(&mut self, list: &Value, path: &[&str], times: u32) {
        for (index, item) in list.items().iter().enumerate() {
            self.below(index, |here| here.follow(item, path, times));
        }
    }

    /// Follows a path of keys; lists on the way are entered.
    fn follow(&mut self, value: &Value, path: &[&str], times: u32) {
        match (value, path) {
            (Value::List(items), _) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(index, |here| here.follow(item, path, times));
                }
            }
            (Value::Scalar(scalar), []) if !scalar.is_null => self.add(times),
            (Value::Map(_), [key, rest @ ..]) => self.follow_key(value, key, rest, times),
            (Value::Scalar(_) | Value::Map(_) | Value::Unread { .. }, _) => {}
        }
    }

    fn follow_key(&mut self, map: &Value, key: &str, rest: &[&str], times: u32) {
        let found = map.entries().iter().enumerate().rev().find(|(_, (name, _))| name == key);
        if let Some((index, (_, child))) = found {
            self.below(index, |here| here.follow(child, rest, times));
        }
    }
}
