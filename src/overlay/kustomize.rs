//! What kustomize builds: a kustomization is read, and its resources are followed through bases, patches, `images`,
//! replacements and transformers in kustomize's order.

pub(super) mod field;
pub(super) mod hidden;
pub(super) mod kustomization;
pub(super) mod link;
mod note;
pub(super) mod object_images;
pub(super) mod parsed;
pub(super) mod patch;
mod replacement;
pub(super) mod resolved;
mod selector;
mod transform;
pub(super) mod walk;
