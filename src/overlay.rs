//! Kustomize-style overlays over an in-memory [`Tree`](crate::model::Tree): what runs where, and which scalar to
//! change.
//!
//! Nothing here reads or writes a disk: a file whose content was not fetched yet is named in
//! [`OverlayError::Missing`]. Images are worked out as kustomize does it, from weak to strong: manifest, the
//! `images` of bases, those of components, the folder's own. What cannot be evaluated and could change the answer
//! is an [`Uncertain`] note with file and line, never a guess.

mod edit;
mod entry;
mod format;
mod import;
mod key;
mod kustomization;
mod limit;
mod link;
mod located;
mod manifest;
mod patch;
mod promote;
mod refused;
mod request;
mod resolved;
mod set;
mod text;
mod walk;
mod written;

pub use edit::{ImageEdit, Setting, edit_kustomization};
pub use import::import;
pub use key::content_key;
pub use limit::{BYTES_READ_MAX, FILES_MAX, FOLDER_DEPTH_MAX, MATCHES_MAX};
pub use located::{resolve, running, set_image};
pub use promote::promote;
pub use refused::{OverlayError, Refused};
pub use request::RequestError;
pub use resolved::{ImageUse, Resolved, SetBy, Uncertain};
pub use set::SetTo;

#[cfg(test)]
mod tests;
