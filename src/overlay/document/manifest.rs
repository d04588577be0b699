//! The resources in a manifest.

use std::sync::Arc;

use super::resource::Id;
use super::text::Text;
use super::value::{Lines, Value};
use crate::yaml::YamlError;

/// How many lines that cannot be read are named in one file; more say nothing new.
const HIDDEN_MAX: usize = 100;

/// What a file of resources holds.
#[derive(Debug, Default)]
pub(in crate::overlay) struct Manifest {
    /// Its resources; lists are taken apart.
    pub(in crate::overlay) documents: Vec<Document>,
    /// Lines behind which an image may lie that is not seen, and why.
    pub(in crate::overlay) hidden: Vec<(usize, String)>,
}

/// One resource as it stands in a file.
#[derive(Debug)]
pub(in crate::overlay) struct Document {
    pub(in crate::overlay) value: Arc<Value>,
    pub(in crate::overlay) id: Arc<Id>,
}

/// The bytes without one of which no container, custom resource or object of Flux or Argo CD can name an image.
const NEEDLES: [&[u8]; 6] =
    [b"image", b"Image", b"repository", b"toolkit.fluxcd.io", b"argoproj.io", b"helm.cattle.io"];

/// Whether a manifest may hold an image.
pub(in crate::overlay) fn may_hold_images(bytes: &[u8]) -> bool {
    NEEDLES.iter().any(|needle| memchr::memmem::find(bytes, needle).is_some())
}

impl Manifest {
    pub(in crate::overlay) fn read(bytes: &[u8]) -> Self {
        let mut manifest = Self::default();
        match Text::for_reading(bytes) {
            Ok(text) => {
                for value in Value::documents(&text, Lines::After(0)) {
                    manifest.add(value);
                }
            }
            Err(YamlError { position, what }) => {
                manifest.hidden.push((position.line, format!("the manifest cannot be read ({what})")));
            }
        }
        manifest
    }

    /// As deep as `yaml::DEPTH_MAX`.
    fn add(&mut self, value: Value) {
        match value {
            Value::List(items) => items.into_iter().for_each(|item| self.add(item)),
            Value::Map(mut entries) => {
                let is_list = entries.iter().any(|(key, value)| {
                    key == "kind" && value.text().is_some_and(|kind| kind.ends_with("List"))
                });
                let items =
                    entries.iter().position(|(key, value)| key == "items" && matches!(value, Value::List(_)));
                match items {
                    Some(items) if is_list => self.add(entries.swap_remove(items).1),
                    Some(_) | None => self.document(Value::Map(entries)),
                }
            }
            Value::Unread { line, why } => self.hidden.push((line, why.to_owned())),
            Value::Scalar(_) => {}
        }
    }

    fn document(&mut self, value: Value) {
        value.unread(&mut self.hidden);
        self.hidden.truncate(HIDDEN_MAX);
        let id = Arc::new(Id::of(&value));
        self.documents.push(Document { value: Arc::new(value), id });
    }
}
