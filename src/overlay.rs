//! Kustomize-style overlays over an in-memory tree: what runs where, and which scalar to change.
//!
//! Pure: content that is not in the tree yet is named in [`OverlayError::Missing`], fetched by the caller, and
//! the same question asked again. What cannot be evaluated is refused or called uncertain, never guessed.

mod content;
mod error;
mod images;
mod kustomization;
mod manifest;
mod patches;
mod resolve;
mod write;

pub use content::content_key;
pub use error::{OverlayError, Place};
pub use images::{DigestEdit, ImageEdit, edit_kustomization};
pub use resolve::{ImageUse, Resolved, SetBy, Uncertain, resolve};
pub use write::{promote, running, set_image};

#[cfg(test)]
mod tests;
