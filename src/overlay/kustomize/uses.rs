//! The images that a kustomization's resources use, and what made them so.

use std::sync::Arc;

use crate::overlay::document::resource::Id;
use crate::overlay::document::trail::Step;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::format::Merged;

/// An image that an overlay shows.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) image: WrittenImage,
    /// What made it so, weakest first; never empty.
    pub(super) trail: Vec<Step>,
    /// The note that puts it in doubt.
    pub(super) doubt: Option<usize>,
    /// The object that names it, where kustomize's `images` does not reach it.
    pub(super) merged: Option<MergedImage>,
}

/// One image of a merged value.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct MergedImage {
    /// The merged value.
    pub(in crate::overlay) merged: Arc<Merged>,
    /// Which of its images.
    pub(in crate::overlay) index: usize,
    /// What identifies the object.
    pub(in crate::overlay) object: Arc<ObjectIds>,
}

impl PartialEq for MergedImage {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.merged.text() == other.merged.text()
    }
}

impl Eq for MergedImage {}

/// What identifies an object to patches.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct ObjectIds {
    /// Everything that ever identified it: a patch may use each.
    pub(in crate::overlay) all: Vec<Arc<Id>>,
    /// What a new patch uses: the first of them that no other resource has had.
    pub(in crate::overlay) patched: Arc<Id>,
}
