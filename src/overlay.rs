//! Kustomize-style overlays over an in-memory [`Tree`](crate::model::Tree): what runs where, and which scalar to
//! change.
//!
//! Nothing here reads or writes a disk: a file whose content was not fetched yet is named in
//! [`OverlayError::Missing`]. Images are worked out as kustomize does it, from weak to strong: manifest, bases,
//! components, the folder's own patches, its `images`, its replacements, its transformers. What cannot be evaluated
//! and could change the answer is an [`Uncertain`] note with file and line, never a guess; what is refused is a row
//! of the table [`Limit`].

mod document;
mod edit;
mod format;
mod import;
mod key;
mod kustomize;
mod limit;
mod located;
mod promote;
mod refused;
mod resolver;
mod source_override;

pub use document::trail::{SetBy, Step};
pub use edit::image_edit::{ImageEdit, SetTo, Setting};
pub use edit::image_entries::edit_kustomization;
pub use edit::request::RequestError;
pub use import::import;
pub use key::content_key;
pub use kustomize::hidden_image::UnusedEntry;
pub use kustomize::kustomization::FILE_NAMES as KUSTOMIZATION_NAMES;
pub use kustomize::note::Uncertain;
pub use kustomize::resolved::{ImageUse, Resolved};
pub use limit::{
    BYTES_READ_MAX, EDITED_BYTES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Limit, LimitKind, MATCHES_MAX,
};
pub use located::{resolve, running, running_if_quoted, set_image};
pub use promote::remaining::remaining;
pub use promote::{Promotion, promote, staying};
pub use refused::{EditObstacle, OverlayError};
pub use resolver::{Overlays, Resolver};
pub use source_override::objects::{ObjectOverride, SearchError, object_overrides};

#[cfg(test)]
mod tests;
