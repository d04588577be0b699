//! A value at the end of some keys, put into a file that need not have any of them.

use crate::overlay::EditObstacle;
use crate::overlay::document::text::Text;
use crate::overlay::limit::Limit;
use crate::yaml::{self, Edit, NewNode, NodeKind, ScalarStyle};

/// How far a mapping is indented below its key in a file without values.
const INDENTATION: usize = 2;

/// A value and the keys that lead to it, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct ValueAt {
    /// The keys; there is at least one.
    pub(in crate::overlay) keys: Vec<String>,
    /// The value.
    pub(in crate::overlay) value: String,
}

impl ValueAt {
    /// The file with this value: a scalar that is there is set, and what is missing on the way is added.
    ///
    /// # Errors
    /// Where something else than a mapping is on the way, or the edit is not safe.
    pub(in crate::overlay) fn put(&self, bytes: &[u8]) -> Result<Vec<u8>, EditObstacle> {
        let text = Text::new(bytes)?;
        let Some(root) = text.tree.root().filter(|root| !text.tree.is_null(*root)) else {
            return Ok(self.appended(&text));
        };
        let (mut map, mut rest) = (root, self.keys.as_slice());
        while let [key, below @ ..] = rest
            && let Some(next) = text.tree.get(map, key)
            && matches!(text.tree.node(next).kind, NodeKind::Mapping(_))
        {
            (map, rest) = (next, below);
        }
        let [key, below @ ..] = rest else {
            return Err(EditObstacle::whole(Limit::Unsafe, "the value to set is a mapping here"));
        };
        let edit = match text.tree.get(map, key) {
            Some(node) if below.is_empty() => Edit::SetScalar { node, value: self.value.clone() },
            Some(node) => {
                let why = format!("`{key}` is not a mapping here, so nothing can be set below it");
                return Err(text.refuse(node, Limit::Unsafe, why));
            }
            None => {
                let nested = |inner: NewNode, key: &String| NewNode::Mapping(vec![(key.clone(), inner)]);
                let value = below.iter().rev().fold(NewNode::Scalar(self.value.clone()), nested);
                Edit::PutKey { map, after: None, key: key.clone(), value }
            }
        };
        Ok(yaml::edit(&text.source, &text.tree, &[edit])?.into_bytes())
    }

    /// A file without values, with this one behind what stands there.
    fn appended(&self, text: &Text) -> Vec<u8> {
        let mut written = text.source.text().to_owned();
        if !written.is_empty() && !written.ends_with('\n') {
            written.push('\n');
        }
        for (depth, key) in self.keys.iter().enumerate() {
            let value = if depth + 1 == self.keys.len() {
                format!(" {}", yaml::render_scalar(&self.value, ScalarStyle::Plain))
            } else {
                String::new()
            };
            let key = yaml::render_scalar(key, ScalarStyle::Plain);
            written += &format!("{}{key}:{value}\n", " ".repeat(INDENTATION * depth));
        }
        written.into_bytes()
    }
}
