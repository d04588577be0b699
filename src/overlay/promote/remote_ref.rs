//! Versions in the addresses of remote resources that are those of the overlay's images.

use std::collections::BTreeMap;
use std::ops::Range;

use super::address::{belongs_to, is_named_after_version, repeats, version_in, without_version};
use crate::model::{ImageName, RepositoryPath, StayReason, StayingRef, Tag, Tree};
use crate::overlay::edit::rewrite::{Rewrite, rewritten};
use crate::overlay::kustomize::kustomization::{FILE_NAMES, Kustomization, Link};
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::{ImageUse, ResolvedOverlay, look};
use crate::overlay::resolver::Overlays;
use crate::overlay::{EditObstacle, Limit, OverlayError};

/// A version in an address, and what it becomes.
#[derive(Debug)]
struct RefMove {
    file: RepositoryPath,
    link: Link,
    value: String,
    version: Tag,
    /// Why it stays, whoever reads the file.
    stays: Option<StayReason>,
    /// The whole address with the new version.
    address: String,
}

/// The overlay whose remote resources are looked at, and the new tags of its images.
pub(super) struct RemoteRefInput<'a> {
    pub(super) tree: &'a Tree,
    pub(super) overlays: &'a Overlays,
    pub(super) folder: &'a RepositoryPath,
    pub(super) tags: &'a BTreeMap<ImageName, Tag>,
}

/// The files of an overlay in which the addresses of remote resources follow its images: each version that equals the old
/// tag of an image to which the resource plausibly belongs, with or without a leading `v`. It stays where the images that
/// ran at that tag get different ones, and in files to which other kustomizations lead.
///
/// # Errors
/// Where content is missing, or an edit is not safe or moves what this overlay runs.
pub(super) fn moved_refs(
    subject: &RemoteRefInput<'_>,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let mut parsed = Parsed::default();
    let before = look(subject.tree, subject.folder, &mut parsed)?;
    let mut rewrites: BTreeMap<RepositoryPath, Vec<Rewrite>> = BTreeMap::new();
    for moving in moving(subject, &before, &mut parsed)? {
        if moving.stays.is_none() && is_own(subject, &before, &moving.file)? {
            let RefMove { file, link, address, .. } = moving;
            let rewrite = Rewrite::Scalar { line: link.line, old: link.target, new: address };
            rewrites.entry(file).or_default().push(rewrite);
        }
    }
    let edited = |(file, rewrites): (RepositoryPath, Vec<Rewrite>)| {
        let bytes = subject.tree.read(&file).unwrap_or_default();
        let content = rewritten(bytes, &rewrites).map_err(|refused| refused.of(&file))?;
        Ok((file, content))
    };
    let files: Vec<_> = rewrites.into_iter().map(edited).collect::<Result<_, OverlayError>>()?;
    prove(subject, &before, &files, &mut parsed)?;
    Ok(files)
}

/// Every version in an address that stays while the image to which the resource belongs moves, with the reason. `follows`
/// says whether addresses follow images at all. None where this cannot be told.
pub(in crate::overlay) fn staying_refs(subject: &RemoteRefInput<'_>, follows: bool) -> Vec<StayingRef> {
    let mut parsed = Parsed::default();
    let Ok(before) = look(subject.tree, subject.folder, &mut parsed) else { return Vec::new() };
    let found = moving(subject, &before, &mut parsed).unwrap_or_default().into_iter();
    let reason = |moving: &RefMove| match &moving.stays {
        // Nobody would expect it to move.
        Some(StayReason::Unrelated) if !follows => None,
        Some(reason) => Some(*reason),
        None if !follows => Some(StayReason::NotFollowed),
        None => {
            let is_own = is_own(subject, &before, &moving.file).unwrap_or(false);
            (!is_own).then_some(StayReason::Shared)
        }
    };
    let staying = found.filter_map(|moving| {
        let reason = reason(&moving)?;
        let RefMove { file, link, value, version, .. } = moving;
        Some(StayingRef { file, line: link.line, value, version, reason })
    });
    staying.collect()
}

/// Whether a kustomization is this overlay's alone.
fn is_own(
    subject: &RemoteRefInput<'_>,
    before: &ResolvedOverlay,
    file: &RepositoryPath,
) -> Result<bool, OverlayError> {
    if *file == before.file {
        return Ok(subject.overlays.readers(file, subject.folder).next().is_none());
    }
    let is_only = subject.overlays.is_only_reader(subject.tree, subject.folder, file);
    is_only.map_err(OverlayError::Missing)
}

/// Every version in an address of the overlay's kustomizations that bears on an image whose tag changes.
fn moving(
    subject: &RemoteRefInput<'_>,
    before: &ResolvedOverlay,
    parsed: &mut Parsed,
) -> Result<Vec<RefMove>, OverlayError> {
    let changes = changes(subject, before);
    let mut found = Vec::new();
    let files = before.asked.iter().filter(|path| FILE_NAMES.contains(&path.file_name()));
    for file in files.filter(|file| subject.tree.entry(file).is_some()) {
        let own = kustomization(subject.tree, file, parsed)?;
        let links = own.resources.iter().chain(&own.components);
        found.extend(links.filter_map(|link| moving_link(file, link, &changes)));
    }
    Ok(found)
}

fn moving_link(file: &RepositoryPath, link: &Link, changes: &[TagChange<'_>]) -> Option<RefMove> {
    let range = version_in(&link.target)?;
    let value = link.target.get(range.clone())?;
    let (own, others): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| belongs_to(&link.target, &change.image.repository()));
    let follows = |change: &&&TagChange<'_>| related(value, change.old, change.new).is_some();
    let equal: Vec<&&TagChange<'_>> = own.iter().filter(follows).collect();
    let (change, stays) = if let Some(first) = equal.first() {
        let is_agreed = equal.iter().all(|change| change.new == first.new);
        (**first, (!is_agreed).then_some(StayReason::SeveralVersions))
    } else if let Some(other) = others.iter().find(follows) {
        (*other, Some(StayReason::Unrelated))
    } else {
        if !is_version(value) {
            return None;
        }
        (*own.first()?, Some(StayReason::Different))
    };
    let repeated = repeats(&link.target, &range);
    let is_named_after = is_named_after_version(&link.target);
    let stays = stays.or_else(|| (!repeated.is_empty() && !is_named_after).then_some(StayReason::Repeated));
    let moved = related(value, change.old, change.new).unwrap_or_default();
    let address = replaced(&link.target, range, repeated, &moved);
    let (value, version) = (value.to_owned(), change.new.clone());
    Some(RefMove { file: file.clone(), link: link.clone(), value, version, stays, address })
}

/// An address with another version, also where its path repeats that without a leading `v`.
fn replaced(address: &str, version: Range<usize>, repeated: Vec<Range<usize>>, new: &str) -> String {
    let bare = new.strip_prefix('v').unwrap_or(new);
    let mut all: Vec<(Range<usize>, &str)> = repeated.into_iter().map(|range| (range, bare)).collect();
    all.push((version, new));
    // From the end, so that the ranges before stay what they are.
    all.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut address = address.to_owned();
    all.into_iter().for_each(|(range, text)| address.replace_range(range, text));
    address
}

/// Whether a text looks like a version: `1.9`, `v2`. Names of branches do not.
fn is_version(text: &str) -> bool {
    text.strip_prefix('v').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

/// An image whose tag changes.
struct TagChange<'a> {
    image: &'a ImageName,
    old: &'a Tag,
    new: &'a Tag,
}

fn changes<'a>(subject: &RemoteRefInput<'a>, before: &'a ResolvedOverlay) -> Vec<TagChange<'a>> {
    let change = |found: &'a ImageUse| {
        let image = &found.reference.image;
        let (old, new) = (found.reference.tag.as_ref()?, subject.tags.get(image)?);
        (old != new).then_some(TagChange { image, old, new })
    };
    before.resolved.uses.iter().filter_map(change).collect()
}

/// The new version in the place of one that is the old tag, has a `v` before it, or lacks its `v`.
fn related(value: &str, old: &Tag, new: &Tag) -> Option<String> {
    let (old, new) = (old.as_str(), new.as_str());
    if value == old {
        Some(new.to_owned())
    } else if value.strip_prefix('v') == Some(old) {
        Some(format!("v{new}"))
    } else if old.strip_prefix('v') == Some(value) {
        new.strip_prefix('v').map(str::to_owned)
    } else {
        None
    }
}

fn kustomization(
    tree: &Tree,
    file: &RepositoryPath,
    parsed: &mut Parsed,
) -> Result<std::sync::Arc<Kustomization>, OverlayError> {
    let (Some(entry), Ok(bytes)) = (tree.entry(file), tree.read(file)) else {
        return Err(OverlayError::Missing(crate::model::Missing([file.clone()].into())));
    };
    parsed.kustomization(&entry.blob, bytes).map_err(|refused| refused.of(file))
}

/// The overlay runs what it ran, and of its kustomizations only the addresses have changed that were meant.
fn prove(
    subject: &RemoteRefInput<'_>,
    before: &ResolvedOverlay,
    files: &[(RepositoryPath, Vec<u8>)],
    parsed: &mut Parsed,
) -> Result<(), OverlayError> {
    if files.is_empty() {
        return Ok(());
    }
    let edited = subject.tree.with_files(files);
    let after = look(&edited, subject.folder, parsed)?;
    let runs = |looked: &ResolvedOverlay| {
        looked.resolved.uses.iter().map(|found| found.reference.clone()).collect::<Vec<_>>()
    };
    let refuse = |file: &RepositoryPath| {
        Err(EditObstacle::whole(Limit::Unsafe, "the edit of a remote address would change what runs")
            .of(file))
    };
    for (file, _) in files {
        let links = |own: &Kustomization| {
            let links = own.resources.iter().chain(&own.components);
            links.map(|link| without_version(&link.target)).collect::<Vec<_>>()
        };
        let old = kustomization(subject.tree, file, parsed)?;
        let new = kustomization(&edited, file, parsed)?;
        if links(&old) != links(&new) || runs(before) != runs(&after) {
            return refuse(file);
        }
    }
    Ok(())
}
