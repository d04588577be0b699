//! Strategic merge patches.

use std::collections::BTreeSet;

use super::patch::Unable;
use super::resource::trail_of;
use super::trail::{Place, SetBy, Step, lengthened};
use super::value::{Scalar, Value};
use crate::model::RepositoryPath;

/// Kinds whose lists are merged item by item; those of all others are replaced.
const KNOWN_KINDS: [(&str, &str, &str); 9] = [
    ("", "v1", "Pod"),
    ("", "v1", "PodTemplate"),
    ("", "v1", "ReplicationController"),
    ("apps", "v1", "DaemonSet"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "ReplicaSet"),
    ("apps", "v1", "StatefulSet"),
    ("batch", "v1", "CronJob"),
    ("batch", "v1", "Job"),
];

/// Lists whose items are told apart by their names.
const NAMED_LISTS: [&str; 6] =
    ["containers", "env", "ephemeralContainers", "imagePullSecrets", "initContainers", "volumes"];

/// A merge of one patch into one resource.
pub(super) struct Merge<'a> {
    /// The file of the patch.
    pub(super) patch_file: &'a RepositoryPath,
    /// The file of the resource.
    pub(super) file: &'a RepositoryPath,
    /// Whether lists are merged item by item.
    pub(super) merges_lists: bool,
}

/// Whether kustomize knows which lists of a kind to merge.
pub(super) fn is_known(id: &super::resource::Id) -> bool {
    KNOWN_KINDS.contains(&(id.group.as_str(), id.version.as_str(), id.kind.as_str()))
}

impl Merge<'_> {
    /// Merges a patch into a value. As deep as `yaml::DEPTH_MAX`.
    pub(super) fn apply(&self, into: &mut Value, patch: &Value) -> Result<(), Unable> {
        match (&mut *into, patch) {
            (Value::Map(_), Value::Map(entries)) => {
                entries.iter().try_for_each(|(key, value)| self.key(into, key, value))
            }
            (Value::Scalar(old), Value::Scalar(new)) => {
                self.scalar(old, new);
                Ok(())
            }
            (_, Value::Scalar(_) | Value::Map(_) | Value::List(_)) => {
                *into = self.stamped(patch);
                Ok(())
            }
            (_, Value::Unread { .. }) => Err(Unable("it holds what cannot be read")),
        }
    }

    fn key(&self, map: &mut Value, key: &str, patch: &Value) -> Result<(), Unable> {
        if key.starts_with('$') {
            return Err(Unable("it holds a directive (`$…`)"));
        }
        if patch.is_null() {
            if let Value::Map(entries) = map {
                entries.retain(|(name, _)| name != key);
            }
            return Ok(());
        }
        match map.get_mut(key) {
            Some(old) if self.merges_lists && NAMED_LISTS.contains(&key) => self.list(old, patch),
            Some(old) => self.apply(old, patch),
            None => {
                reject_directives(patch)?;
                map.set(key, self.stamped(patch));
                Ok(())
            }
        }
    }

    /// Items are merged by name; those of the patch come first, in its order.
    fn list(&self, into: &mut Value, patch: &Value) -> Result<(), Unable> {
        let (Value::List(old), Value::List(new)) = (&mut *into, patch) else {
            return self.apply(into, patch);
        };
        if !has_names(old) || !has_names(new) {
            return Err(Unable("a list has items without names of their own"));
        }
        let mut merged = Vec::with_capacity(old.len() + new.len());
        for item in new {
            let at = old.iter().position(|other| name_of(other) == name_of(item));
            match at {
                Some(at) => {
                    let mut target = old.remove(at);
                    self.apply(&mut target, item)?;
                    merged.push(target);
                }
                None => {
                    reject_directives(item)?;
                    merged.push(self.stamped(item));
                }
            }
        }
        merged.append(old);
        *into = Value::List(merged);
        Ok(())
    }

    fn scalar(&self, old: &mut Scalar, new: &Scalar) {
        let trail = lengthened(trail_of(old, self.file), [self.step(new)]);
        *old = Scalar { trail, ..new.clone() };
    }

    fn step(&self, scalar: &Scalar) -> Step {
        let place = Place::new(self.patch_file.clone(), scalar.line);
        Step::new(&place, SetBy::Patch, &scalar.text)
    }

    /// What the patch brings, with its place; what it empties is left out.
    pub(super) fn stamped(&self, patch: &Value) -> Value {
        let mut value = without_nulls(patch);
        value.each_scalar(&mut |scalar| scalar.trail = vec![self.step(scalar)]);
        value
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            let kept = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Map(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::List(items) => Value::List(items.iter().map(without_nulls).collect()),
        Value::Scalar(_) | Value::Unread { .. } => value.clone(),
    }
}

fn reject_directives(value: &Value) -> Result<(), Unable> {
    if value.has_key(|key| key.starts_with('$')) {
        return Err(Unable("it holds a directive (`$…`)"));
    }
    Ok(())
}

/// Whether each item of a list has a name that no other has.
fn has_names(items: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    items.iter().all(|item| name_of(item).is_some_and(|name| seen.insert(name)))
}

fn name_of(item: &Value) -> Option<&str> {
    item.get("name")?.text()
}
