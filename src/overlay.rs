//! Kustomize-style overlays over an in-memory [`Tree`](crate::model::Tree): what runs where, and which scalar to
//! change.
//!
//! Nothing here reads or writes a disk: a file whose content was not fetched yet is named in
//! [`OverlayError::Missing`]. Images are worked out as kustomize does it, from weak to strong: manifest, bases,
//! components, the folder's own patches, its `images`, its replacements, its transformers. What cannot be evaluated
//! and could change the answer is an [`Uncertain`] note with file and line, never a guess; what is refused is a row
//! of the table [`Limit`].

mod argument;
mod edit;
mod entry;
mod field;
mod generator;
mod json_patch;
mod key;
mod kustomization;
mod limit;
mod link;
mod manifest;
mod parsed;
mod patch;
mod promote;
mod refused;
mod replacement;
mod replay;
mod resolved;
mod resolver;
mod resource;
mod selector;
mod set;
mod strategic;
mod text;
mod trail;
mod transform;
mod value;
mod walk;
mod written;

pub use argument::ArgumentError;
pub use edit::{ImageEdit, Setting, edit_kustomization};
pub use key::content_key;
pub use limit::{
    BYTES_READ_MAX, EDITED_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Limit, LimitKind, MATCHES_MAX,
};
pub use promote::promote;
pub use refused::{OverlayError, Refused};
pub use replay::resolve_bytes;
pub use resolved::{ImageUse, Resolved, Uncertain, resolve, running};
pub use resolver::{Overlays, Resolver};
pub use set::{SetTo, set_image};
pub use trail::{SetBy, Step};

#[cfg(test)]
mod tests;
