//! One resource on its way through the kustomizations, and the names under which it can be found.

use std::sync::Arc;

use super::trail::{SetBy, Step};
use super::value::{Scalar, Value};
use crate::model::RepositoryPath;

/// Kinds that lie in no namespace.
const CLUSTER_KINDS: [&str; 22] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ComponentStatus",
    "CustomResourceDefinition",
    "FlowSchema",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// Kinds whose names never get a prefix or suffix.
const FIXED_NAMES: [&str; 3] = ["APIService", "CustomResourceDefinition", "Namespace"];

/// Where a resource lies that names no namespace.
const DEFAULT_NAMESPACE: &str = "default";

/// What identifies a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::overlay) struct Id {
    pub(in crate::overlay) group: String,
    pub(in crate::overlay) version: String,
    pub(in crate::overlay) kind: String,
    pub(in crate::overlay) name: String,
    pub(in crate::overlay) namespace: String,
}

impl Id {
    pub(in crate::overlay) fn of(value: &Value) -> Self {
        let text = |keys: &[&str]| value.text_at(keys).unwrap_or_default().to_owned();
        let api = text(&["apiVersion"]);
        let (group, version) = api.split_once('/').unwrap_or(("", &api));
        let id = Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(&["kind"]),
            name: text(&["metadata", "name"]),
            namespace: String::new(),
        };
        Self { namespace: id.namespaced(text(&["metadata", "namespace"])), ..id }
    }

    /// The namespace that counts: `default` where none is given, none for kinds that lie in none.
    fn namespaced(&self, namespace: String) -> String {
        if self.is_cluster_wide() {
            String::new()
        } else if namespace.is_empty() {
            DEFAULT_NAMESPACE.to_owned()
        } else {
            namespace
        }
    }

    /// Whether it lies in a namespace that has to be named.
    pub(in crate::overlay) fn has_own_namespace(&self) -> bool {
        !self.namespace.is_empty() && self.namespace != DEFAULT_NAMESPACE
    }

    pub(super) fn is_cluster_wide(&self) -> bool {
        CLUSTER_KINDS.contains(&self.kind.as_str())
    }
}

/// A resource.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Resource {
    pub(in crate::overlay) value: Arc<Value>,
    /// The file that it was read from.
    pub(in crate::overlay) file: RepositoryPath,
    /// What identified it, first to last.
    pub(in crate::overlay) ids: Vec<Arc<Id>>,
    /// The note that says why what it shows is not certain.
    pub(in crate::overlay) doubt: Option<usize>,
}

impl Resource {
    pub(in crate::overlay) fn new(value: Value, file: RepositoryPath) -> Self {
        let id = Arc::new(Id::of(&value));
        Self { value: Arc::new(value), file, ids: vec![id], doubt: None }
    }

    /// What identifies it now.
    pub(in crate::overlay) fn id(&self) -> &Id {
        self.ids.last().expect("starts with one id")
    }

    pub(in crate::overlay) fn was_ever(&self, id: &Id) -> bool {
        self.ids.iter().any(|own| **own == *id)
    }

    /// Gives it another name, as `namePrefix` and `nameSuffix` do.
    pub(in crate::overlay) fn rename(&mut self, prefix: &str, suffix: &str) {
        if FIXED_NAMES.contains(&self.id().kind.as_str()) {
            return;
        }
        let name = format!("{prefix}{}{suffix}", self.id().name);
        self.identify("name", &name, |id| id.name.clone_from(&name));
    }

    /// Puts it into a namespace.
    pub(in crate::overlay) fn move_to(&mut self, namespace: &str) {
        if !self.id().is_cluster_wide() {
            self.identify("namespace", namespace, |id| namespace.clone_into(&mut id.namespace));
        }
    }

    /// Takes note of another kind, name or namespace that a patch gave it.
    pub(in crate::overlay) fn identify_again(&mut self) {
        let id = Id::of(&self.value);
        if id != *self.id() {
            self.ids.push(Arc::new(id));
        }
    }

    /// The `labels` or `annotations` that it has now.
    pub(in crate::overlay) fn metadata(&self, key: &str) -> Option<&Value> {
        self.value.get("metadata")?.get(key)
    }

    /// Adds `labels` or `annotations`, as the transformers of these names do.
    pub(in crate::overlay) fn annotate(&mut self, key: &str, pairs: &[(String, String)]) {
        let Some(metadata @ Value::Map(_)) = Arc::make_mut(&mut self.value).get_mut("metadata") else {
            return;
        };
        if !metadata.get(key).is_some_and(Value::is_map) {
            metadata.set(key, Value::Map(Vec::new()));
        }
        let Some(present) = metadata.get_mut(key) else { return };
        pairs.iter().for_each(|(name, text)| present.set(name, Value::scalar(text, 0)));
    }

    fn identify(&mut self, key: &str, text: &str, change: impl FnOnce(&mut Id)) {
        let mut id = self.id().clone();
        change(&mut id);
        self.ids.push(Arc::new(id));
        if let Some(metadata) = Arc::make_mut(&mut self.value).get_mut("metadata") {
            metadata.set(key, Value::scalar(text, 0));
        }
    }

    /// Takes note that it may not be what it seems; the first reason stands.
    pub(in crate::overlay) fn put_in_doubt(&mut self, note: usize) {
        self.doubt.get_or_insert(note);
    }
}

/// What made a scalar so, its manifest included.
pub(in crate::overlay) fn trail_of(scalar: &Scalar, file: &RepositoryPath) -> Vec<Step> {
    if scalar.trail.is_empty() {
        let place = super::trail::Place::new(file.clone(), scalar.line);
        vec![Step::new(&place, SetBy::Manifest, &scalar.text)]
    } else {
        scalar.trail.clone()
    }
}
