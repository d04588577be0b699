//! Makes a location run a release.

pub(super) mod address;
mod chart_lock;
mod isolation;
pub(super) mod remaining;
mod remote_ref;
mod rendered;

use std::collections::{BTreeMap, BTreeSet};

use super::edit::requote;
use super::format::Replaced;
use super::format::values::MergedFiles;
use super::{OverlayError, Overlays, SetTo, format, set_image};
use crate::model::{
    Digest, FileChange, ImageDiscovery, ImageName, Location, Release, RepositoryPath, StayingRef, Tag, Tree,
    WriteMode, Writing,
};
use isolation::PlannedEdit;
use remote_ref::{RemoteRefInput, moved_refs, staying_refs};

/// What is promoted, where, and how it is written.
#[derive(Clone, Debug)]
pub struct Promotion<'a> {
    /// Where.
    pub location: &'a Location,
    /// What.
    pub release: &'a Release,
    /// How it is written.
    pub writing: Writing,
    /// The digests of what runs there now, as far as they are known: none of them may stay.
    pub running: BTreeSet<Digest>,
}

/// The file changes that make a location run every artifact of a release; none where it already does. Where the
/// service says so, the `ref` of remote resources moves along, and only tags are written.
///
/// # Errors
/// As [`set_image`], for any of the artifacts; also where a digest of what runs now would stay anywhere in what configures
/// the location, and where another environment or service would run something else.
pub fn promote(
    tree: &Tree,
    overlays: &Overlays,
    promotion: &Promotion<'_>,
) -> Result<Vec<FileChange>, OverlayError> {
    let Promotion { location, release, writing, .. } = promotion;
    // One entry without quotes keeps kustomize from reading the entries of all other images too.
    let mut files: Vec<(RepositoryPath, Vec<u8>)> = promotion.quoted(tree).into_iter().collect();
    if writing.follow_ref && !format::is_plain(tree, location) {
        let (tags, tree) = (promotion.tags(), &tree.with_files(&files));
        let moved = moved_refs(&RemoteRefInput { tree, overlays, folder: &location.path, tags: &tags })?;
        replace(&mut files, moved);
    }
    for artifact in release.artifacts() {
        let digest = (writing.mode == WriteMode::Digest).then(|| artifact.digest.clone());
        let to = SetTo { tag: Some(artifact.tag.clone()), digest };
        let edited = tree.with_files(&files);
        replace(&mut files, set_image(&edited, overlays, location, &artifact.image, &to)?);
    }
    promotion.check_replaced(&tree.with_files(&files))?;
    let images: Vec<&ImageName> = release.artifacts().map(|artifact| &artifact.image).collect();
    chart_lock::check(tree, &files)?;
    isolation::check(&PlannedEdit { tree, overlays, location, images: &images, files: &files })?;
    let change = |(path, new): (RepositoryPath, Vec<u8>)| {
        let old = tree.read(&path).ok().map(<[u8]>::to_vec);
        FileChange { path, old, new: Some(new) }
    };
    Ok(files.into_iter().map(change).collect())
}

/// Puts edited files in the place of their earlier content.
fn replace(files: &mut Vec<(RepositoryPath, Vec<u8>)>, edited: Vec<(RepositoryPath, Vec<u8>)>) {
    files.retain(|(path, _)| edited.iter().all(|(other, _)| other != path));
    files.extend(edited);
}

/// Every `ref` of a remote resource that equals the version of an image and stays what it is in a promotion.
#[must_use]
pub fn staying(tree: &Tree, overlays: &Overlays, promotion: &Promotion<'_>) -> Vec<StayingRef> {
    let location = promotion.location;
    if format::is_plain(tree, location) {
        return Vec::new();
    }
    let quoted: Vec<_> = promotion.quoted(tree).into_iter().collect();
    let (tags, tree) = (promotion.tags(), &tree.with_files(&quoted));
    let subject = RemoteRefInput { tree, overlays, folder: &location.path, tags: &tags };
    staying_refs(&subject, promotion.writing.follow_ref)
}

impl Promotion<'_> {
    /// The location's kustomization with the entries of the release's images in quotes, if that makes it readable.
    fn quoted(&self, tree: &Tree) -> Option<(RepositoryPath, Vec<u8>)> {
        let images: Vec<&ImageName> = self.release.artifacts().map(|artifact| &artifact.image).collect();
        requote::quoted_location(tree, self.location, &images)
    }

    /// Refuses an edit after which a digest of what ran before is still there.
    fn check_replaced(&self, edited: &Tree) -> Result<(), OverlayError> {
        let images = self.release.artifacts().map(|artifact| &artifact.image).collect();
        let is_kept = |digest: &&Digest| self.release.artifacts().any(|artifact| artifact.digest == **digest);
        let replaced = Replaced::new(self.running.iter().filter(|digest| !is_kept(digest)), images);
        if replaced.is_empty() || !edited.is_edited() {
            return Ok(());
        }
        match &self.location.finding {
            ImageDiscovery::Values(files) => {
                MergedFiles::read(edited, self.location, files)?.check_replaced(&replaced)
            }
            ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
                if format::is_plain(edited, self.location) {
                    format::check_replaced(edited, self.location, &replaced)
                } else {
                    rendered::check_replaced(edited, &self.location.path, &replaced)
                }
            }
        }
    }

    fn tags(&self) -> BTreeMap<ImageName, Tag> {
        self.release.artifacts().map(|artifact| (artifact.image.clone(), artifact.tag.clone())).collect()
    }
}
