//! Kustomize-style overlays over an in-memory [`Tree`](crate::model::Tree): what runs where, and which scalar to
//! change.
//!
//! Nothing here reads or writes a disk: a file whose content was not fetched yet is named in
//! [`OverlayError::Missing`]. Images are worked out as kustomize does it, from weak to strong: manifest, bases,
//! components, the folder's own patches, its `images`, its replacements, its transformers. What cannot be evaluated
//! and could change the answer is an [`Uncertain`] note with file and line, never a guess; what is refused is a row
//! of the table [`Limit`].

mod address;
mod canonical;
mod chart_lock;
mod custom_image;
mod edit;
mod entry;
mod field;
mod format;
mod generator;
mod go_yaml;
mod helm;
mod hidden;
mod import;
mod in_place;
mod isolation;
mod json_patch;
mod key;
mod key_path;
mod kustomization;
mod label_selector;
mod limit;
mod link;
mod located;
mod manifest;
mod mention;
mod new_patch;
mod note;
mod object_images;
mod own_patch;
mod parsed;
mod patch;
mod promote;
mod proof;
mod quotes;
mod readers;
mod refused;
mod remaining;
mod remote_ref;
mod rendered;
mod replacement;
mod request;
mod requote;
mod resolved;
mod resolver;
mod resource;
mod rewrite;
mod scalar_edit;
mod schema;
mod selector;
mod set;
mod set_merged;
mod source_override;
mod strategic;
mod symlinks;
mod targets;
mod text;
mod trail;
mod transform;
mod value;
mod walk;
mod written;

pub use edit::{ImageEdit, Setting, edit_kustomization};
pub use hidden::UnusedEntry;
pub use import::import;
pub use key::content_key;
pub use kustomization::FILE_NAMES as KUSTOMIZATION_NAMES;
pub use limit::{
    BYTES_READ_MAX, EDITED_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Limit, LimitKind, MATCHES_MAX,
};
pub use located::{resolve, running, set_image};
pub use promote::{Promotion, promote, staying};
pub use refused::{EditObstacle, OverlayError};
pub use remaining::remaining;
pub use request::RequestError;
pub use requote::running_if_quoted;
pub use resolved::{ImageUse, Resolved, Uncertain};
pub use resolver::{Overlays, Resolver};
pub use set::SetTo;
pub use source_override::objects::{ObjectOverride, object_overrides};
pub use trail::{SetBy, Step};

#[cfg(test)]
mod tests;
