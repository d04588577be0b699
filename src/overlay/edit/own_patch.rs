//! Sets values of an object with a patch of the environment's own, where a file sets them that others read too.

use super::key_path::ValueAt;
use super::new_patch::NewPatch;
use crate::model::{RepositoryPath, Tree};
use crate::overlay::document::resource::Id;
use crate::overlay::document::text::Text;
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::kustomize::kustomization::Kustomization;
use crate::overlay::kustomize::patch::Body;
use crate::overlay::kustomize::resolved::ResolvedOverlay;
use crate::overlay::kustomize::uses::ObjectIds;
use crate::overlay::limit::Limit;
use crate::overlay::resolver::Overlays;
use crate::overlay::{EditObstacle, OverlayError};

/// A file and its new content.
pub(in crate::overlay) type Edited = (RepositoryPath, Vec<u8>);

/// The environment whose files are edited.
#[derive(Copy, Clone)]
pub(in crate::overlay) struct Environment<'a> {
    /// The tree without the edits.
    pub(in crate::overlay) tree: &'a Tree,
    /// All environments, which tell whose files are shared.
    pub(in crate::overlay) overlays: &'a Overlays,
    /// The environment as it is without the edits.
    pub(in crate::overlay) before: &'a ResolvedOverlay,
}

/// Values that a patch is to set in one object.
pub(super) struct ObjectValues<'a> {
    /// The object.
    pub(super) object: &'a ObjectIds,
    /// The values.
    pub(super) values: Vec<ValueAt>,
}

impl Environment<'_> {
    /// Its folder.
    pub(in crate::overlay) fn folder(&self) -> RepositoryPath {
        self.before.file.parent().unwrap_or_else(|| self.before.file.clone())
    }

    /// Sets values in a patch that the environment lists already and nothing else reads, else in a new one. `files` are
    /// the edits so far.
    ///
    /// # Errors
    /// Where content is missing, or neither kind of patch can be written.
    pub(super) fn set_in_patch(
        &self,
        wanted: &ObjectValues<'_>,
        files: &mut Vec<Edited>,
    ) -> Result<(), OverlayError> {
        let tree = self.tree.with_files(files);
        match self.listed_patch(&tree, wanted)? {
            Some(patch) => put_file(files, patch),
            None => self.add_patch(&tree, wanted, files)?,
        }
        Ok(())
    }

    /// The last listed patch of the object that can take the values, with them.
    fn listed_patch(&self, tree: &Tree, wanted: &ObjectValues<'_>) -> Result<Option<Edited>, OverlayError> {
        let folder = self.folder();
        let own = self.kustomization(tree)?;
        for patch in own.patches.iter().rev().filter(|patch| patch.target.is_none()) {
            let Body::File(target) = &patch.body else { continue };
            let Some(path) = folder.join(target) else { continue };
            let Some(content) = tree.read(&path).ok().and_then(|bytes| wanted.put_into(bytes)) else {
                continue;
            };
            let is_only = self.overlays.is_only_reader(tree, &folder, &path);
            if is_only.map_err(OverlayError::Missing)? {
                return Ok(Some((path, content)));
            }
        }
        Ok(None)
    }

    /// Writes a new patch, and lists it in the environment's own kustomization.
    fn add_patch(
        &self,
        tree: &Tree,
        wanted: &ObjectValues<'_>,
        files: &mut Vec<Edited>,
    ) -> Result<(), OverlayError> {
        let file = &self.before.file;
        let folder = self.folder();
        let patch = NewPatch::new(&wanted.object.patched, &wanted.values);
        let is_free = |path: &RepositoryPath| tree.entry(path).is_none() && !tree.is_folder(path);
        let free = patch.file_names().find_map(|name| Some((folder.join(&name).filter(is_free)?, name)));
        let Some((path, name)) = free else {
            let why = "every name for a file with one more patch is taken";
            return Err(EditObstacle::whole(Limit::ObjectShared, why).of(file));
        };
        let listed = self.kustomization(tree)?.with_patch(&name).map_err(|refused| refused.of(file))?;
        put_file(files, (file.clone(), listed));
        put_file(files, (path, patch.content()));
        Ok(())
    }

    /// The environment's own kustomization as it is in a tree.
    fn kustomization(&self, tree: &Tree) -> Result<Kustomization, OverlayError> {
        let file = &self.before.file;
        let bytes =
            tree.read(file).map_err(|_| EditObstacle::whole(Limit::NoFile, "this is not a file").of(file))?;
        Kustomization::read(bytes).map_err(|refused| refused.of(file))
    }
}

impl ObjectValues<'_> {
    /// A patch with the values; `None` where it is not a plain merge of this object, or cannot take one of them.
    fn put_into(&self, patch: &[u8]) -> Option<Vec<u8>> {
        let text = Text::new(patch).ok()?;
        let [root] = text.tree.documents() else { return None };
        let value = Value::of(&text, *root, Lines::After(0));
        let is_merge = value.is_map() && value.get("$patch").is_none();
        if !is_merge || !self.object.all.iter().any(|id| **id == Id::of(&value)) {
            return None;
        }
        self.values.iter().try_fold(patch.to_vec(), |patch, value| value.put(&patch).ok())
    }
}

/// Puts an edited file in the place of its earlier content.
pub(super) fn put_file(files: &mut Vec<Edited>, edited: Edited) {
    files.retain(|(path, _)| *path != edited.0);
    files.push(edited);
}
