//! What a folder runs: its resources, bases and components, transformed in kustomize's order.
//!
//! From weak to strong: manifest, images of a base, images of a component, own images in the order of the list.

use super::error::{OverlayError, Place};
use super::images;
use super::kustomization::{Kustomization, read};
use super::{manifest, patches};
use crate::model::{ImageName, ImageReference, Missing, RepositoryPath, Tree, words};
use crate::yaml::NodeId;

/// How deep kustomizations may refer to each other.
const DEPTH_MAX: usize = 32;
/// How many files one overlay may be made of.
const FILES_MAX: usize = 5_000;

words! {
    /// What decided an image.
    SetBy {
        /// A manifest.
        Manifest = "manifest",
        /// An entry of a kustomization's `images`.
        Images = "images",
    }
}

/// One place where an image is used, as the folder renders it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    /// What runs.
    pub reference: ImageReference,
    /// The file that decides its tag or digest.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// What kind of place that is.
    pub set_by: SetBy,
    /// The name as the folder's own `images` see it.
    pub name_before: ImageName,
}

/// Something that was not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertain {
    /// Where.
    pub place: Place,
    /// What, and the way out.
    pub why: String,
    /// Whether it could change an image that was found; else it could only add some.
    pub decides: bool,
}

/// What a folder runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Every use of an image.
    pub uses: Vec<ImageUse>,
    /// What was not evaluated.
    pub uncertain: Vec<Uncertain>,
}

/// What a folder with a kustomization runs.
///
/// # Errors
/// [`OverlayError::Missing`] with all files that are known to be needed; else what is wrong, with file and line.
pub fn resolve(tree: &Tree, folder: &RepositoryPath) -> Result<Resolved, OverlayError> {
    let mut resolver =
        Resolver { tree, missing: Missing::default(), uncertain: Vec::new(), path: Vec::new(), files: 0 };
    let mut uses = Vec::new();
    resolver.accumulate(folder, None, &mut uses)?;
    if resolver.missing.0.is_empty() {
        Ok(Resolved { uses, uncertain: resolver.uncertain })
    } else {
        Err(OverlayError::Missing(resolver.missing))
    }
}

struct Resolver<'a> {
    tree: &'a Tree,
    missing: Missing,
    uncertain: Vec<Uncertain>,
    path: Vec<RepositoryPath>,
    files: usize,
}

impl Resolver<'_> {
    /// Adds what a kustomization brings to `uses`, and transforms all of them as it says.
    fn accumulate(
        &mut self,
        folder: &RepositoryPath,
        from: Option<&OverlayError>,
        uses: &mut Vec<ImageUse>,
    ) -> Result<(), OverlayError> {
        self.enter(folder, from)?;
        if let Some(kustomization) = self.known(Kustomization::load(self.tree, folder))? {
            for field in ["resources", "bases"] {
                for node in kustomization.list(field) {
                    let mut own = Vec::new();
                    self.resource(&kustomization, *node, &mut own)?;
                    uses.append(&mut own);
                }
            }
            for node in kustomization.list("components") {
                self.component(&kustomization, *node, uses)?;
            }
            let uncertain = self.known(patches::uncertain(self.tree, &kustomization))?;
            self.uncertain.extend(uncertain.into_iter().flatten());
            self.uncertain.extend(images::apply(&kustomization, uses)?);
        }
        self.path.pop();
        Ok(())
    }

    fn enter(&mut self, folder: &RepositoryPath, from: Option<&OverlayError>) -> Result<(), OverlayError> {
        if self.path.contains(folder) || self.path.len() >= DEPTH_MAX {
            let why = format!("`{folder}` leads back to itself, or more than {DEPTH_MAX} folders deep");
            return Err(from.cloned().unwrap_or_else(|| OverlayError::of_file(folder, why)));
        }
        self.path.push(folder.clone());
        self.count(folder)
    }

    fn count(&mut self, path: &RepositoryPath) -> Result<(), OverlayError> {
        self.files += 1;
        if self.files > FILES_MAX {
            return Err(OverlayError::of_file(
                path,
                format!("the overlay is made of more than {FILES_MAX} files"),
            ));
        }
        Ok(())
    }

    /// Notes what is missing and goes on, so that as much as possible is fetched at once.
    fn known<T>(&mut self, result: Result<T, OverlayError>) -> Result<Option<T>, OverlayError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(OverlayError::Missing(more)) => {
                self.missing.0.extend(more.0);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn resource(
        &mut self,
        kustomization: &Kustomization,
        node: NodeId,
        uses: &mut Vec<ImageUse>,
    ) -> Result<(), OverlayError> {
        let Some(path) = self.local_path(kustomization, node)? else { return Ok(()) };
        if self.tree.entry(&path).is_some() {
            self.count(&path)?;
            let Some(source) = self.known(read(self.tree, &path))? else { return Ok(()) };
            let found = manifest::read(&path, &source)?;
            uses.extend(found.uses);
            self.uncertain.extend(found.uncertain);
            return Ok(());
        }
        self.folder(kustomization, node, &path, uses)
    }

    fn component(
        &mut self,
        kustomization: &Kustomization,
        node: NodeId,
        uses: &mut Vec<ImageUse>,
    ) -> Result<(), OverlayError> {
        let Some(path) = self.local_path(kustomization, node)? else { return Ok(()) };
        self.folder(kustomization, node, &path, uses)
    }

    fn folder(
        &mut self,
        kustomization: &Kustomization,
        node: NodeId,
        path: &RepositoryPath,
        uses: &mut Vec<ImageUse>,
    ) -> Result<(), OverlayError> {
        if !self.tree.is_folder(path) {
            return Err(
                kustomization.refuse(node, format!("`{path}` does not exist; mend the path or create it"))
            );
        }
        let circle =
            kustomization.refuse(node, format!("`{path}` leads back here, or too deep; cut the circle"));
        self.accumulate(path, Some(&circle), uses)
    }

    /// The path that an item names; nothing for what lies elsewhere, which is noted as uncertain.
    fn local_path(
        &mut self,
        kustomization: &Kustomization,
        node: NodeId,
    ) -> Result<Option<RepositoryPath>, OverlayError> {
        let Some(text) = kustomization.tree.scalar(node) else {
            return Err(kustomization.refuse(node, "this is no path; write the path itself"));
        };
        if is_remote(text) {
            self.uncertain.push(Uncertain {
                place: kustomization.place(node),
                why: format!("`{text}` lies outside of this repository and is not read"),
                decides: false,
            });
            return Ok(None);
        }
        let outside = || kustomization.refuse(node, format!("`{text}` leads out of the repository"));
        kustomization.folder.join(text).map(Some).ok_or_else(outside)
    }
}

/// Whether kustomize would fetch this from elsewhere.
fn is_remote(text: &str) -> bool {
    let host = text.split('/').next().unwrap_or_default();
    let is_host =
        host.contains('.') && !host.starts_with('.') && text.contains('/') && host.ends_with(".com");
    text.contains("://")
        || text.starts_with("git@")
        || text.contains("?ref=")
        || text.contains(".git//")
        || is_host
}
