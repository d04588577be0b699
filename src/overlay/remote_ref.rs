//! The `ref` of a remote resource that names the version which the overlay's images run at.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::kustomization::{FILE_NAMES, Kustomization, Link};
use super::parsed::Parsed;
use super::resolved::{Looked, look};
use super::resolver::Overlays;
use super::rewrite::{Rewrite, rewritten};
use super::{Limit, OverlayError, Refused};
use crate::model::{ImageName, RepositoryPath, StayingRef, Tag, Tree};

/// A `ref`, and what it becomes.
#[derive(Debug)]
struct Moving {
    file: RepositoryPath,
    link: Link,
    value: String,
    version: Tag,
    /// Whether every image that runs at the old version gets this one.
    is_agreed: bool,
    /// The whole address with the new `ref`.
    address: String,
}

/// The overlay whose remote resources are looked at, and the new tags of its images.
pub(super) struct Subject<'a> {
    pub(super) tree: &'a Tree,
    pub(super) overlays: &'a Overlays,
    pub(super) folder: &'a RepositoryPath,
    pub(super) tags: &'a BTreeMap<ImageName, Tag>,
}

/// The files of an overlay with each `ref` changed that equals the old tag of an image, with or without a leading `v`;
/// not in files to which other kustomizations lead.
///
/// # Errors
/// Where content is missing, or an edit is not safe or moves what the overlay or another one runs.
pub(super) fn moved_refs(subject: &Subject<'_>) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let mut parsed = Parsed::default();
    let before = look(subject.tree, subject.folder, &mut parsed)?;
    let mut rewrites: BTreeMap<RepositoryPath, Vec<Rewrite>> = BTreeMap::new();
    for moving in moving(subject, &before, &mut parsed)? {
        if moving.is_agreed && is_own(subject, &before, &moving.file)? {
            let Moving { file, link, address, .. } = moving;
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

/// Every `ref` that equals the old tag of an image whose tag changes, and stays: all of them, or with `follows` those
/// in files to which other kustomizations lead, or whose images get different versions. None where this cannot be told.
pub(super) fn staying_refs(subject: &Subject<'_>, follows: bool) -> Vec<StayingRef> {
    let mut parsed = Parsed::default();
    let Ok(before) = look(subject.tree, subject.folder, &mut parsed) else { return Vec::new() };
    let found = moving(subject, &before, &mut parsed).unwrap_or_default().into_iter();
    let stays = |moving: &Moving| {
        !follows || !moving.is_agreed || !is_own(subject, &before, &moving.file).unwrap_or(false)
    };
    let staying = found.filter(stays).map(|moving| StayingRef {
        file: moving.file,
        line: moving.link.line,
        value: moving.value,
        version: moving.version,
    });
    staying.collect()
}

/// Whether a kustomization is this overlay's alone.
fn is_own(subject: &Subject<'_>, before: &Looked, file: &RepositoryPath) -> Result<bool, OverlayError> {
    if *file == before.file {
        return Ok(subject.overlays.readers(file, subject.folder).next().is_none());
    }
    let is_only = subject.overlays.is_only_reader(subject.tree, subject.folder, file);
    is_only.map_err(OverlayError::Missing)
}

/// Every `ref` of the overlay's kustomizations that equals the old tag of an image whose tag changes.
fn moving(subject: &Subject<'_>, before: &Looked, parsed: &mut Parsed) -> Result<Vec<Moving>, OverlayError> {
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

fn moving_link(file: &RepositoryPath, link: &Link, changes: &Changes<'_>) -> Option<Moving> {
    let range = ref_in(&link.target)?;
    let value = link.target.get(range.clone())?;
    let (new, version, is_agreed) = changes.iter().find_map(|(old, versions)| {
        let version = *versions.first()?;
        Some((related(value, old, version)?, version, versions.len() == 1))
    })?;
    let mut address = link.target.clone();
    address.replace_range(range, &new);
    Some(Moving {
        file: file.clone(),
        link: link.clone(),
        value: value.to_owned(),
        version: version.clone(),
        is_agreed,
        address,
    })
}

/// Old tags, each with the new ones that take its place in the images that run at it.
type Changes<'a> = BTreeMap<&'a Tag, BTreeSet<&'a Tag>>;

fn changes<'a>(subject: &Subject<'a>, before: &'a Looked) -> Changes<'a> {
    let mut changes = Changes::new();
    for found in &before.resolved.uses {
        let (Some(old), Some(new)) = (&found.reference.tag, subject.tags.get(&found.reference.image)) else {
            continue;
        };
        changes.entry(old).or_default().insert(new);
    }
    changes.retain(|old, new| !new.contains(old));
    changes
}

/// The bytes of an address that hold its `ref`. kustomize takes `version` where there is no `ref`
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md>).
fn ref_in(address: &str) -> Option<Range<usize>> {
    let start = address.find('?')? + 1;
    let value_of = |key: &str| {
        let mut at = start;
        for parameter in address.get(start..)?.split('&') {
            let end = at + parameter.len();
            if let Some(value) = parameter.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')) {
                return (!value.is_empty()).then(|| end - value.len()..end);
            }
            at = end + 1;
        }
        None
    };
    value_of("ref").or_else(|| value_of("version"))
}

/// The new `ref` for one that is the old tag, has a `v` before it, or lacks its `v`.
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
    subject: &Subject<'_>,
    before: &Looked,
    files: &[(RepositoryPath, Vec<u8>)],
    parsed: &mut Parsed,
) -> Result<(), OverlayError> {
    if files.is_empty() {
        return Ok(());
    }
    let edited = subject.tree.with_files(files);
    let after = look(&edited, subject.folder, parsed)?;
    let runs = |looked: &Looked| {
        looked.resolved.uses.iter().map(|found| found.reference.clone()).collect::<Vec<_>>()
    };
    let refuse = |file: &RepositoryPath| {
        Err(Refused::whole(Limit::Unsafe, "the edit of `ref` would change what runs").of(file))
    };
    for (file, _) in files {
        let links = |own: &Kustomization| {
            let links = own.resources.iter().chain(&own.components);
            links.map(|link| without_ref(&link.target)).collect::<Vec<_>>()
        };
        let old = kustomization(subject.tree, file, parsed)?;
        let new = kustomization(&edited, file, parsed)?;
        if links(&old) != links(&new) || runs(before) != runs(&after) {
            return refuse(file);
        }
    }
    Ok(())
}

fn without_ref(address: &str) -> String {
    let mut address = address.to_owned();
    if let Some(range) = ref_in(&address) {
        address.replace_range(range, "");
    }
    address
}
