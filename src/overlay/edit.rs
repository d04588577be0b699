//! Changes which image the files of an overlay name, and proves what runs after it.

pub(super) mod image_edit;
pub(super) mod image_entries;
mod in_place;
pub(super) mod key_path;
mod new_patch;
mod own_patch;
mod proof;
pub(super) mod request;
pub(super) mod requote;
pub(super) mod rewrite;
pub(super) mod scalar_edit;
pub(super) mod set;
mod set_merged;
