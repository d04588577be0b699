//! Patches made of operations on paths (JSON 6902).

use super::patch::Unable;
use super::resource::trail_of;
use super::trail::{Place, SetBy, Step, lengthened};
use super::value::Value;
use crate::model::RepositoryPath;

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
    Test,
    Copy(Vec<String>),
    Move(Vec<String>),
}

impl Operation {
    /// Reads the operations of a patch.
    pub(super) fn read_all(list: &[Value]) -> Result<Vec<Self>, Unable> {
        list.iter().map(Self::read).collect()
    }

    fn read(value: &Value) -> Result<Self, Unable> {
        let pointer = |key| value.get(key).and_then(Value::text).and_then(pointer);
        let content = || value.get("value").cloned().ok_or(Unable("an operation lacks its `value`"));
        let from = || pointer("from").ok_or(Unable("an operation lacks its `from`"));
        let path = pointer("path").ok_or(Unable("an operation has no plain `path`"))?;
        let what = match value.get("op").and_then(Value::text) {
            Some("add") => What::Add(content()?),
            Some("replace") => What::Replace(content()?),
            Some("remove") => What::Remove,
            Some("test") => What::Test,
            Some("copy") => What::Copy(from()?),
            Some("move") => What::Move(from()?),
            Some(_) | None => return Err(Unable("an operation is not known")),
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
            What::Add(Value::Scalar(_)) | What::Replace(Value::Scalar(_)) | What::Remove | What::Test => {
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
    ) -> Result<(), Unable> {
        match &self.what {
            What::Test => Ok(()),
            What::Remove => take(root, &self.path).map(drop),
            What::Add(value) => add(root, &self.path, &self.stamped(value, patch_file)),
            What::Replace(value) => {
                let old = find(root, &self.path)?;
                let mut new = self.stamped(value, patch_file);
                if let (Value::Scalar(old), Value::Scalar(new)) = (&*old, &mut new) {
                    new.trail = lengthened(trail_of(old, file), std::mem::take(&mut new.trail));
                }
                *old = new;
                Ok(())
            }
            What::Copy(from) => {
                let value = find(root, from)?.clone();
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

/// The segments of a JSON pointer.
fn pointer(text: &str) -> Option<Vec<String>> {
    let rest = text.strip_prefix('/')?;
    Some(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

const NOWHERE: Unable = Unable("an operation leads nowhere");

fn find<'a>(root: &'a mut Value, path: &[String]) -> Result<&'a mut Value, Unable> {
    path.iter()
        .try_fold(root, |value, part| match value {
            Value::Map(_) => value.get_mut(part),
            Value::List(items) => items.get_mut(part.parse::<usize>().ok()?),
            Value::Scalar(_) | Value::Unread { .. } => None,
        })
        .ok_or(NOWHERE)
}

fn add(root: &mut Value, path: &[String], value: &Value) -> Result<(), Unable> {
    let (last, parents) = path.split_last().ok_or(NOWHERE)?;
    let parent = find(root, parents)?;
    match parent {
        Value::Map(_) => {
            parent.set(last, value.clone());
            Ok(())
        }
        Value::List(items) => {
            let at = if last == "-" { Some(items.len()) } else { last.parse().ok() };
            let at = at.filter(|at| *at <= items.len()).ok_or(NOWHERE)?;
            items.insert(at, value.clone());
            Ok(())
        }
        Value::Scalar(_) | Value::Unread { .. } => Err(NOWHERE),
    }
}

fn take(root: &mut Value, path: &[String]) -> Result<Value, Unable> {
    let (last, parents) = path.split_last().ok_or(NOWHERE)?;
    match find(root, parents)? {
        Value::Map(entries) => {
            let at = entries.iter().position(|(key, _)| key == last).ok_or(NOWHERE)?;
            Ok(entries.remove(at).1)
        }
        Value::List(items) => {
            let at = last.parse().ok().filter(|at: &usize| *at < items.len()).ok_or(NOWHERE)?;
            Ok(items.remove(at))
        }
        Value::Scalar(_) | Value::Unread { .. } => Err(NOWHERE),
    }
}
