//! Patches made of operations on paths (JSON 6902).

use super::NotEvaluated;
use crate::model::RepositoryPath;
use crate::overlay::document::resource::trail_of;
use crate::overlay::document::trail::{Place, SetBy, Step, lengthened};
use crate::overlay::document::value::{Scalar, Value};

/// One operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    what: What,
    path: Vec<String>,
    line: usize,
}

#[derive(Clone, Debug)]
enum What {
    Add(Value),
    Replace(Value),
    Remove,
    Test(Value),
    Copy(Vec<String>),
    Move(Vec<String>),
}

impl Operation {
    /// Reads the operations of a patch.
    pub(super) fn read_all(list: &[Value]) -> Result<Vec<Self>, NotEvaluated> {
        list.iter().map(Self::read).collect()
    }

    fn read(value: &Value) -> Result<Self, NotEvaluated> {
        let pointer = |key| value.get(key).and_then(Value::text).and_then(pointer);
        // Without a value kustomize takes null.
        let content = || value.get("value").cloned().unwrap_or_else(null);
        let from = || pointer("from").ok_or(NotEvaluated("an operation lacks its `from`"));
        let path = pointer("path").ok_or(NotEvaluated("an operation has no plain `path`"))?;
        let what = match value.get("op").and_then(Value::text) {
            Some("add") => What::Add(content()),
            Some("replace") => What::Replace(content()),
            Some("remove") => What::Remove,
            Some("test") => What::Test(content()),
            Some("copy") => What::Copy(from()?),
            Some("move") => What::Move(from()?),
            Some(_) | None => return Err(NotEvaluated("an operation is not known")),
        };
        let line = match value.get("value") {
            Some(Value::Scalar(scalar)) => scalar.line,
            Some(Value::Map(_) | Value::List(_) | Value::Unread { .. }) | None => 0,
        };
        Ok(Self { what, path, line })
    }

    /// Whether it may make a document larger or deeper than it may be.
    pub(super) const fn may_grow(&self) -> bool {
        match &self.what {
            What::Add(Value::Scalar(_)) | What::Replace(Value::Scalar(_)) | What::Remove | What::Test(_) => {
                false
            }
            What::Add(_) | What::Replace(_) | What::Copy(_) | What::Move(_) => true,
        }
    }

    /// Applies it to a resource that was read from `file`.
    pub(super) fn apply(
        &self,
        root: &mut Value,
        file: &RepositoryPath,
        patch_file: &RepositoryPath,
    ) -> Result<(), NotEvaluated> {
        match &self.what {
            What::Test(wanted) => {
                let found = find(root, &self.path).ok();
                let holds = may_equal(found.as_deref(), wanted);
                holds.then_some(()).ok_or(NotEvaluated("a `test` does not hold, which kustomize refuses"))
            }
            What::Remove => take(root, &self.path).map(drop),
            What::Add(value) => add(root, &self.path, &self.stamped(value, patch_file)),
            What::Replace(value) => {
                let Ok(old) = find(root, &self.path) else {
                    return replace_missing(root, &self.path, &self.stamped(value, patch_file));
                };
                let mut new = self.stamped(value, patch_file);
                if let (Value::Scalar(old), Value::Scalar(new)) = (&*old, &mut new) {
                    new.trail = lengthened(trail_of(old, file), std::mem::take(&mut new.trail));
                }
                *old = new;
                Ok(())
            }
            What::Copy(from) => {
                let value = copied(root, from)?;
                add(root, &self.path, &value)
            }
            What::Move(from) => {
                let value = take(root, from)?;
                add(root, &self.path, &value)
            }
        }
    }

    fn stamped(&self, value: &Value, patch_file: &RepositoryPath) -> Value {
        let mut value = value.clone();
        value.each_scalar(&mut |scalar| {
            let line = if scalar.line == 0 { self.line } else { scalar.line };
            let place = Place::new(patch_file.clone(), line);
            scalar.trail = vec![Step::new(&place, SetBy::Patch, &scalar.text)];
        });
        value
    }
}

/// The segments of a JSON pointer. What stands before the first `/` does not count, as kustomize takes it.
fn pointer(text: &str) -> Option<Vec<String>> {
    let (_, rest) = text.split_once('/')?;
    Some(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

const NOWHERE: NotEvaluated = NotEvaluated("an operation leads nowhere, which kustomize refuses");

fn find<'a>(root: &'a mut Value, path: &[String]) -> Result<&'a mut Value, NotEvaluated> {
    path.iter()
        .try_fold(root, |value, part| match value {
            Value::Map(_) => value.get_mut(part),
            Value::List(items) => {
                let at = index(part, items.len())?;
                items.get_mut(at)
            }
            Value::Scalar(_) | Value::Unread { .. } => None,
        })
        .ok_or(NOWHERE)
}

/// The place in a list of some length that a segment names; a negative one counts from the end.
fn index(part: &str, length: usize) -> Option<usize> {
    let at: isize = part.parse().ok()?;
    let at = if at < 0 { at.checked_add_unsigned(length)? } else { at };
    usize::try_from(at).ok().filter(|at| *at < length)
}

fn add(root: &mut Value, path: &[String], value: &Value) -> Result<(), NotEvaluated> {
    let (last, parents) = path.split_last().ok_or(NOWHERE)?;
    let parent = find(root, parents)?;
    match parent {
        Value::Map(_) => {
            parent.set(last, value.clone());
            Ok(())
        }
        Value::List(items) => {
            // There is one more place than there are items.
            let length = items.len() + 1;
            let at = if last == "-" { Some(items.len()) } else { index(last, length) };
            items.insert(at.ok_or(NOWHERE)?, value.clone());
            Ok(())
        }
        Value::Scalar(_) | Value::Unread { .. } => Err(NOWHERE),
    }
}

/// A `replace` of a key that its mapping lacks adds it.
fn replace_missing(root: &mut Value, path: &[String], value: &Value) -> Result<(), NotEvaluated> {
    let (last, parents) = path.split_last().ok_or(NOWHERE)?;
    let parent = find(root, parents)?;
    if !matches!(parent, Value::Map(_)) {
        return Err(NOWHERE);
    }
    parent.set(last, value.clone());
    Ok(())
}

/// What a `copy` copies: null where its mapping lacks the key.
fn copied(root: &mut Value, from: &[String]) -> Result<Value, NotEvaluated> {
    let (last, parents) = from.split_last().ok_or(NOWHERE)?;
    match find(root, parents)? {
        Value::Map(entries) => {
            let found = entries.iter().rev().find(|(key, _)| key == last);
            Ok(found.map_or_else(null, |(_, value)| value.clone()))
        }
        Value::List(items) => index(last, items.len()).and_then(|at| items.get(at)).cloned().ok_or(NOWHERE),
        Value::Scalar(_) | Value::Unread { .. } => Err(NOWHERE),
    }
}

fn null() -> Value {
    Value::Scalar(Scalar { is_null: true, ..Scalar::default() })
}

fn take(root: &mut Value, path: &[String]) -> Result<Value, NotEvaluated> {
    let (last, parents) = path.split_last().ok_or(NOWHERE)?;
    match find(root, parents)? {
        Value::Map(entries) => {
            let at = entries.iter().position(|(key, _)| key == last).ok_or(NOWHERE)?;
            Ok(entries.remove(at).1)
        }
        Value::List(items) => {
            let at = index(last, items.len()).ok_or(NOWHERE)?;
            Ok(items.remove(at))
        }
        Value::Scalar(_) | Value::Unread { .. } => Err(NOWHERE),
    }
}

/// Whether a `test` may hold. Texts decide; whether one is a number or a text on either side is not known here.
fn may_equal(found: Option<&Value>, wanted: &Value) -> bool {
    match (found, wanted) {
        (None, wanted) => wanted.is_null(),
        (Some(Value::Scalar(found)), Value::Scalar(wanted)) => {
            found.is_null == wanted.is_null && (found.is_null || found.text == wanted.text)
        }
        (Some(Value::Map(found)), Value::Map(wanted)) => {
            let has = |(key, value): &(String, Value)| {
                found
                    .iter()
                    .find(|(other, _)| other == key)
                    .is_some_and(|(_, found)| may_equal(Some(found), value))
            };
            found.len() == wanted.len() && wanted.iter().all(has)
        }
        (Some(Value::List(found)), Value::List(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| may_equal(Some(found), wanted))
        }
        (Some(Value::Unread { .. }), _) | (Some(_), Value::Unread { .. }) => true,
        (Some(Value::Scalar(_) | Value::Map(_) | Value::List(_)), _) => false,
    }
}
