//! What kustomize builds: a kustomization is read, and its resources are followed through bases, patches, `images`,
//! replacements and transformers in kustomize's order.

pub(super) mod field;
mod hidden;
pub(super) mod hidden_image;
pub(super) mod kustomization;
pub(super) mod link;
pub(super) mod note;
pub(super) mod object_images;
pub(super) mod parsed;
pub(super) mod patch;
mod replacement;
pub(super) mod resolved;
mod selector;
mod transform;
pub(super) mod uses;
pub(super) mod walk;
