//! Strategic merge patches.

use std::collections::BTreeSet;

use super::NotEvaluated;
use crate::model::RepositoryPath;
use crate::overlay::document::resource::trail_of;
use crate::overlay::document::trail::{Place, SetBy, Step, lengthened};
use crate::overlay::document::value::{Scalar, Value};

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

/// The key of a directive: what to do with the mapping or the item that it stands in. Other keys that start with `$`
/// change no image and no name.
const DIRECTIVE: &str = "$patch";

/// A merge of one patch into one resource.
pub(in crate::overlay) struct Merge<'a> {
    /// The file of the patch.
    pub(in crate::overlay) patch_file: &'a RepositoryPath,
    /// The file of the resource.
    pub(in crate::overlay) file: &'a RepositoryPath,
    /// Whether lists are merged item by item.
    pub(super) merges_lists: bool,
}

/// Whether kustomize knows which lists of a kind to merge.
pub(in crate::overlay) fn is_known(id: &crate::overlay::document::resource::Id) -> bool {
    KNOWN_KINDS.contains(&(id.group.as_str(), id.version.as_str(), id.kind.as_str()))
}

impl Merge<'_> {
    /// Merges a patch into a value. As deep as `yaml::DEPTH_MAX`.
    pub(in crate::overlay) fn apply(&self, into: &mut Value, patch: &Value) -> Result<(), NotEvaluated> {
        match (&mut *into, patch) {
            (Value::Map(_), Value::Map(entries)) => match directive(patch)? {
                Directive::Merge => {
                    let keys = entries.iter().filter(|(key, _)| !key.starts_with('$'));
                    keys.into_iter().try_for_each(|(key, value)| self.key(into, key, value))
                }
                Directive::Replace | Directive::Delete => {
                    *into = self.stamped(patch);
                    Ok(())
                }
            },
            (Value::Scalar(old), Value::Scalar(new)) => {
                self.scalar(old, new);
                Ok(())
            }
            (_, Value::Scalar(_) | Value::Map(_) | Value::List(_)) => {
                *into = self.stamped(patch);
                Ok(())
            }
            (_, Value::Unread { .. }) => Err(NotEvaluated("it holds what cannot be read")),
        }
    }

    fn key(&self, map: &mut Value, key: &str, patch: &Value) -> Result<(), NotEvaluated> {
        if patch.is_null() || (patch.is_map() && directive(patch)? == Directive::Delete) {
            if let Value::Map(entries) = map {
                entries.retain(|(name, _)| name != key);
            }
            return Ok(());
        }
        match map.get_mut(key) {
            Some(old) if self.merges_lists && NAMED_LISTS.contains(&key) => self.list(old, patch),
            Some(old) => self.apply(old, patch),
            None => {
                map.set(key, self.stamped(patch));
                Ok(())
            }
        }
    }

    /// Items are merged by name; those of the patch come first, in its order.
    fn list(&self, into: &mut Value, patch: &Value) -> Result<(), NotEvaluated> {
        let (Value::List(old), Value::List(new)) = (&mut *into, patch) else {
            return self.apply(into, patch);
        };
        let (orders, items): (Vec<&Value>, Vec<&Value>) =
            new.iter().partition(|item| name_of(item).is_none() && item.get(DIRECTIVE).is_some());
        match orders.as_slice() {
            [] => {}
            [order] if directive(order)? == Directive::Replace => old.clear(),
            [..] => return Err(NotEvaluated("a list has directives (`$patch`) that contradict each other")),
        }
        if !has_names(old.iter()) || !has_names(items.iter().copied()) {
            return Err(NotEvaluated("a list has items without names of their own"));
        }
        let mut merged = Vec::with_capacity(old.len() + items.len());
        for item in items {
            let at = old.iter().position(|other| name_of(other) == name_of(item));
            let before = at.map(|at| old.remove(at));
            merged.extend(self.item(before, item)?);
        }
        merged.append(old);
        *into = Value::List(merged);
        Ok(())
    }

    /// An item of a list after the one of the patch; `None` where that deletes it.
    fn item(&self, before: Option<Value>, item: &Value) -> Result<Option<Value>, NotEvaluated> {
        match (directive(item)?, before) {
            (Directive::Delete, _) => Ok(None),
            (Directive::Replace, _) => Err(NotEvaluated("an item of a list has `$patch: replace`")),
            (Directive::Merge, None) => Ok(Some(self.stamped(item))),
            (Directive::Merge, Some(mut target)) => {
                self.apply(&mut target, item)?;
                Ok(Some(target))
            }
        }
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
        if self.merges_lists {
            value = without_directives(&value);
        }
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

/// What a patch brings where there is nothing to merge it with. In lists of kinds that kustomize does not know
/// directives stay as they are, so this is not for those.
fn without_directives(value: &Value) -> Value {
    let is_deleted = |value: &Value| value.text_at(&[DIRECTIVE]) == Some("delete");
    match value {
        Value::Map(entries) => {
            let kept = entries.iter().filter(|(key, value)| !key.starts_with('$') && !is_deleted(value));
            Value::Map(kept.map(|(key, value)| (key.clone(), without_directives(value))).collect())
        }
        Value::List(items) => {
            let kept = items.iter().filter(|item| !is_deleted(item));
            Value::List(kept.map(without_directives).collect())
        }
        Value::Scalar(_) | Value::Unread { .. } => value.clone(),
    }
}

/// What becomes of a mapping or an item.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(value: &Value) -> Result<Directive, NotEvaluated> {
    match value.get(DIRECTIVE).map(Value::text) {
        None | Some(Some("merge")) => Ok(Directive::Merge),
        Some(Some("replace")) => Ok(Directive::Replace),
        Some(Some("delete")) => Ok(Directive::Delete),
        Some(_) => Err(NotEvaluated("it holds a `$patch` that kustomize does not know")),
    }
}

/// Whether each item of a list has a name that no other has.
fn has_names<'a>(mut items: impl Iterator<Item = &'a Value>) -> bool {
    let mut seen = BTreeSet::new();
    items.all(|item| name_of(item).is_some_and(|name| seen.insert(name)))
}

fn name_of(item: &Value) -> Option<&str> {
    item.get("name")?.text()
}
