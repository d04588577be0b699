//! Edits the steps that set an image where they stand: a patch, a manifest, an `images` entry, a transformer, or the
//! source of a replacement.
//!
//! A version is edited in place only if no other kustomization leads to that file (`resolver::readers`), so every
//! kustomization of the repository is read once a version is set outside of `images` and of the environment's own
//! kustomization. A base beside the environment's folder stays as it is, since an object of Argo CD or Flux, or a user,
//! may deploy it. The edit is proven on everything that the overlay renders, not only on images. Where a part of this
//! fails, the overlay's own `images` are edited.

use std::collections::BTreeMap;

use super::image_edit::{ImageEdit, Setting};
use super::proof::SourceChange;
use super::rewrite::{Rewrite, rewritten};
use crate::model::{ImageReference, RepositoryPath, Tree};
use crate::overlay::OverlayError;
use crate::overlay::document::trail::{SetBy, Step};
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::{ImageUse, ResolvedOverlay};
use crate::overlay::resolver::Overlays;

/// Files with their new content, and the scalars in them that replacements copy from.
#[derive(Debug, Default)]
pub(super) struct InPlace {
    pub(super) files: Vec<(RepositoryPath, Vec<u8>)>,
    pub(super) sources: Vec<SourceChange>,
}

/// What is asked for, and where.
pub(super) struct InPlaceEdit<'a> {
    pub(super) tree: &'a Tree,
    pub(super) overlays: &'a Overlays,
    pub(super) folder: &'a RepositoryPath,
    pub(super) wanted: &'a ImageReference,
}

/// What is to be changed in one file.
#[derive(PartialEq, Eq)]
enum Change {
    /// An entry of its `images`.
    Entry(usize),
    /// A scalar or the `imageTag` of a transformer.
    Rewrite(Rewrite),
}

/// The edits of the steps that decide the tag of every use; `None` where one of them is an entry of the overlay's own
/// `images`, stands in a file that other kustomizations lead to, or cannot be edited.
///
/// # Errors
/// The files whose content is missing, to tell who leads to a file.
pub(in crate::overlay) fn in_place(
    request: &InPlaceEdit<'_>,
    before: &ResolvedOverlay,
    uses: &[&ImageUse],
    parsed: &mut Parsed,
) -> Result<Option<InPlace>, OverlayError> {
    let mut changes: BTreeMap<&RepositoryPath, Vec<Change>> = BTreeMap::new();
    let mut edits = InPlace::default();
    for found in uses {
        let Some(setter) = Setter::of(&found.trail).filter(|setter| !setter.is_own_entry(before)) else {
            return Ok(None);
        };
        let Some(change) = setter.change(request.wanted) else { return Ok(None) };
        edits.sources.extend(setter.source_change(&change));
        let in_file = changes.entry(&setter.place.file).or_default();
        if !in_file.contains(&change) {
            in_file.push(change);
        }
    }
    for file in changes.keys().filter(|file| ***file != before.file) {
        let is_only = request.overlays.is_only_reader(request.tree, request.folder, file);
        if !is_only.map_err(OverlayError::Missing)? {
            return Ok(None);
        }
    }
    for (file, changes) in changes {
        match edited(request, file, &changes, parsed) {
            Some(content) => edits.files.push((file.clone(), content)),
            None => return Ok(None),
        }
    }
    Ok(Some(edits))
}

/// The step that sets the tag of a use, and the place where its text stands.
struct Setter<'a> {
    step: &'a Step,
    /// The same step, or of a replacement the one whose value it copies.
    place: &'a Step,
}

impl<'a> Setter<'a> {
    /// `None` where no step says a tag or digest.
    fn of(trail: &'a [Step]) -> Option<Self> {
        let at = trail.iter().rposition(|step| step.decides)?;
        let step = trail.get(at)?;
        let written = WrittenImage::new(&step.image);
        let says = written.tag.is_some() || written.digest.is_some();
        let place = if step.set_by == SetBy::Replacement { trail.get(at.checked_sub(1)?)? } else { step };
        says.then_some(Self { step, place })
    }

    /// Whether it is an entry of the overlay's own `images`, which is edited as it always was.
    fn is_own_entry(&self, before: &ResolvedOverlay) -> bool {
        self.step.set_by == SetBy::Images && self.step.file == before.file
    }

    /// What to write there; `None` where that cannot be told.
    fn change(&self, wanted: &ImageReference) -> Option<Change> {
        let line = self.place.line;
        match self.step.set_by {
            SetBy::Images => self.step.entry.map(Change::Entry),
            SetBy::Transformer => Some(Change::Rewrite(Rewrite::ImageTag { line, wanted: wanted.clone() })),
            SetBy::Manifest | SetBy::Patch | SetBy::Replacement => {
                let old = self.place.image.clone();
                let new = self.text_for(wanted)?;
                Some(Change::Rewrite(Rewrite::Scalar { line, old, new }))
            }
            SetBy::HelmValues
            | SetBy::Chart
            | SetBy::HelmRelease
            | SetBy::FluxKustomization
            | SetBy::OciRepository
            | SetBy::Application
            | SetBy::ArgoCdSource
            | SetBy::Renovate
            | SetBy::Marker
            | SetBy::Declared => None,
        }
    }

    /// The new text: a whole image under the name that is written there, or the tag and digest of one.
    fn text_for(&self, wanted: &ImageReference) -> Option<String> {
        let tag = wanted.tag.as_ref().map(ToString::to_string);
        let digest = wanted.digest.as_ref().map(ToString::to_string);
        let after = WrittenImage::new(&self.step.image);
        if self.place.image == self.step.image {
            return Some(WrittenImage { name: after.name, tag, digest }.to_string());
        }
        let says = |tag: Option<&str>, digest: Option<&str>| match (tag, digest) {
            (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
            (None, None) => None,
        };
        let present = says(after.tag.as_deref(), after.digest.as_deref())?;
        let wanted = says(tag.as_deref(), digest.as_deref())?;
        (present == self.place.image && after.tag.is_some()).then_some(wanted)
    }

    /// The change of the scalar that a replacement copies.
    fn source_change(&self, change: &Change) -> Option<SourceChange> {
        match change {
            Change::Rewrite(Rewrite::Scalar { old, new, .. }) if self.step.set_by == SetBy::Replacement => {
                Some(SourceChange { old: old.clone(), new: new.clone() })
            }
            Change::Rewrite(_) | Change::Entry(_) => None,
        }
    }
}

/// A file with its changes made; `None` where one is not safe, so that the overlay's own `images` are edited instead.
fn edited(
    request: &InPlaceEdit<'_>,
    file: &RepositoryPath,
    changes: &[Change],
    parsed: &mut Parsed,
) -> Option<Vec<u8>> {
    let bytes = request.tree.read(file).ok()?;
    let mut rewrites = Vec::new();
    let mut content = None;
    for change in changes {
        match change {
            Change::Rewrite(rewrite) => rewrites.push(rewrite.clone()),
            // One edit of `images` for each file: a second one would need the lines of the first.
            Change::Entry(index) if content.is_none() => {
                content = Some(with_entry(request, file, *index, parsed)?);
            }
            Change::Entry(_) => return None,
        }
    }
    match content {
        Some(content) if rewrites.is_empty() => Some(content),
        Some(_) => None,
        None => rewritten(bytes, &rewrites).ok(),
    }
}

/// A kustomization with one of its `images` changed.
fn with_entry(
    request: &InPlaceEdit<'_>,
    file: &RepositoryPath,
    index: usize,
    parsed: &mut Parsed,
) -> Option<Vec<u8>> {
    let blob = request.tree.entry(file)?.blob;
    let own = parsed.kustomization(&blob, request.tree.read(file).ok()?).ok()?;
    let entry = own.entries.get(index).filter(|entry| !entry.is_pattern())?;
    let tag = request.wanted.tag.clone().map_or(Setting::Clear, Setting::Set);
    let digest = request.wanted.digest.clone().map_or(Setting::Clear, Setting::Set);
    let edit = ImageEdit { name: entry.name.clone(), new_name: Setting::Keep, tag, digest };
    own.with_image(Some(entry), &edit).ok()
}
