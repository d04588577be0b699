//! A patch that an environment does not have yet: a file of its own, listed in its kustomization.

use super::key_path::ValueAt;
use crate::overlay::EditObstacle;
use crate::overlay::document::resource::Id;
use crate::overlay::kustomize::kustomization::Kustomization;
use crate::overlay::limit::Limit;
use crate::yaml::{self, Edit, NewNode, ScalarStyle};

/// How far a mapping of a new file is indented below its key.
const INDENTATION: usize = 2;
/// How many patches of one object may have a number behind their names.
const NUMBERED_MAX: usize = 100;

/// A strategic merge patch of one object.
pub(super) struct NewPatch<'a> {
    /// The object.
    id: &'a Id,
    entries: Vec<(String, NewNode)>,
}

impl<'a> NewPatch<'a> {
    /// A patch that names the object and sets some values in it.
    pub(super) fn new(id: &'a Id, values: &[ValueAt]) -> Self {
        let text = |text: &str| NewNode::Scalar(text.to_owned());
        let api =
            if id.group.is_empty() { id.version.clone() } else { format!("{}/{}", id.group, id.version) };
        let mut metadata = vec![("name".to_owned(), text(&id.name))];
        if id.has_own_namespace() {
            metadata.push(("namespace".to_owned(), text(&id.namespace)));
        }
        let mut entries = vec![
            ("apiVersion".to_owned(), NewNode::Scalar(api)),
            ("kind".to_owned(), text(&id.kind)),
            ("metadata".to_owned(), NewNode::Mapping(metadata)),
        ];
        values.iter().for_each(|ValueAt { keys, value }| put(&mut entries, keys, value));
        Self { id, entries }
    }

    /// The names that its file may have, the best first: `patch-helmrelease-shop.yaml`, then with the namespace, then with
    /// a number.
    pub(super) fn file_names(&self) -> impl Iterator<Item = String> {
        let plain = format!("patch-{}-{}", self.id.kind, self.id.name);
        let namespaced = self.id.has_own_namespace().then(|| format!("{plain}-{}", self.id.namespace));
        let best = namespaced.clone().unwrap_or_else(|| plain.clone());
        let numbered = (2..=NUMBERED_MAX).map(move |number| format!("{best}-{number}"));
        let names = std::iter::once(plain).chain(namespaced).chain(numbered);
        names.map(|name| format!("{}.yaml", as_file_name(&name)))
    }

    /// The content of its file.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut text = String::new();
        write(&mut text, &self.entries, 0);
        text.into_bytes()
    }
}

/// A text as a file name in lower case: what is not a letter, a digit, `.` or `-` could lead to another folder.
fn as_file_name(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    text.chars().map(|c| if is_plain(c) { c.to_ascii_lowercase() } else { '-' }).collect()
}

fn put(entries: &mut Vec<(String, NewNode)>, keys: &[String], value: &str) {
    let Some((key, below)) = keys.split_first() else { return };
    if below.is_empty() {
        entries.retain(|(name, _)| name != key);
        entries.push((key.clone(), NewNode::Scalar(value.to_owned())));
        return;
    }
    let at = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        entries.push((key.clone(), NewNode::Mapping(Vec::new())));
        entries.len() - 1
    });
    if let Some((_, NewNode::Mapping(inner))) = entries.get_mut(at) {
        put(inner, below, value);
    }
}

/// As deep as the keys of a merged object, which `yaml::DEPTH_MAX` bounds.
fn write(text: &mut String, entries: &[(String, NewNode)], indent: usize) {
    for (key, value) in entries {
        let key = yaml::render_scalar(key, ScalarStyle::Plain);
        *text += &format!("{}{key}:", " ".repeat(indent));
        match value {
            NewNode::Scalar(value) => {
                *text += &format!(" {}\n", yaml::render_scalar(value, ScalarStyle::Plain));
            }
            NewNode::Mapping(inner) => {
                text.push('\n');
                write(text, inner, indent + INDENTATION);
            }
            NewNode::Sequence(_) => text.push_str(" []\n"),
        }
    }
}

impl Kustomization {
    /// The text with one more item at the end of `patches`.
    pub(super) fn with_patch(&self, path: &str) -> Result<Vec<u8>, EditObstacle> {
        let item = NewNode::Mapping(vec![("path".to_owned(), NewNode::Scalar(path.to_owned()))]);
        let edit = match self.text.entry_or_null(self.root, "patches") {
            Some((_, list)) if !self.text.tree.items(list).is_empty() => {
                if self.text.tree.node(list).anchored {
                    return Err(self.text.refuse(list, Limit::Anchor, "`patches` has an anchor"));
                }
                Edit::PutItem { sequence: list, value: item }
            }
            Some((key, _)) => self.put_patches(key, item),
            None => self.put_patches("patches", item),
        };
        Ok(yaml::edit(&self.text.source, &self.text.tree, &[edit])?.into_bytes())
    }

    fn put_patches(&self, key: &str, item: NewNode) -> Edit {
        Edit::PutKey {
            map: self.root,
            after: None,
            key: key.to_owned(),
            value: NewNode::Sequence(vec![item]),
        }
    }
}
