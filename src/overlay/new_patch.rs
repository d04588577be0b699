//! A patch that an environment does not have yet: a file of its own, listed in its kustomization.

use super::kustomization::Kustomization;
use super::resource::Id;
use super::{Refused, limit::Limit};
use crate::yaml::{self, Edit, NewNode, ScalarStyle};

/// How far a mapping of a new file is indented below its key.
const INDENTATION: usize = 2;

/// A strategic merge patch of one object.
pub(super) struct NewPatch<'a> {
    /// The object.
    pub(super) id: &'a Id,
    entries: Vec<(String, NewNode)>,
}

impl<'a> NewPatch<'a> {
    /// A patch that names the object and changes nothing yet.
    pub(super) fn new(id: &'a Id) -> Self {
        let text = |text: &str| NewNode::Scalar(text.to_owned());
        let api =
            if id.group.is_empty() { id.version.clone() } else { format!("{}/{}", id.group, id.version) };
        let mut metadata = vec![("name".to_owned(), text(&id.name))];
        if !id.namespace.is_empty() && id.namespace != "default" {
            metadata.push(("namespace".to_owned(), text(&id.namespace)));
        }
        let entries = vec![
            ("apiVersion".to_owned(), NewNode::Scalar(api)),
            ("kind".to_owned(), text(&id.kind)),
            ("metadata".to_owned(), NewNode::Mapping(metadata)),
        ];
        Self { id, entries }
    }

    /// Sets the scalar at the end of some keys.
    pub(super) fn set(&mut self, keys: &[String], value: &str) {
        put(&mut self.entries, keys, value);
    }

    /// The name of its file, such as `patch-helmrelease-shop.yaml`.
    pub(super) fn file_name(&self) -> String {
        format!("patch-{}-{}.yaml", self.id.kind.to_lowercase(), self.id.name)
    }

    /// The content of its file.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut text = String::new();
        write(&mut text, &self.entries, 0);
        text.into_bytes()
    }
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
    pub(super) fn with_patch(&self, path: &str) -> Result<Vec<u8>, Refused> {
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
