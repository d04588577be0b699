//! Where a path in a kustomization leads.

use super::kustomization::{FILE_NAMES, Link};
use crate::model::{EntryKind, RepositoryPath, Tree};
use crate::overlay::EditObstacle;
use crate::overlay::limit::Limit;

/// What a link leads to.
#[derive(Clone, Debug)]
pub(in crate::overlay) enum Target {
    /// A file of this repository.
    File(RepositoryPath),
    /// A folder of this repository.
    Folder(RepositoryPath),
    /// Something outside of it.
    Remote,
}

/// Follows a link from a folder. What exists in the repository comes before what looks like an address.
pub(in crate::overlay) fn follow(
    tree: &Tree,
    folder: &RepositoryPath,
    link: &Link,
) -> Result<Target, EditObstacle> {
    let refuse =
        |limit, why: &str| EditObstacle::at_line(limit, link.line, format!("`{}` {why}", link.target));
    if link.target.contains("://") {
        return Ok(Target::Remote);
    }
    let Some(path) = folder.join(&link.target) else {
        return Err(refuse(Limit::OutOfRepository, "leads out of the repository"));
    };
    if let Some(kind) = obstacle(tree, &path) {
        return Err(refuse(Limit::Obstacle, &format!("leads to {}", what(kind))));
    }
    match tree.entry(&path) {
        Some(_) => Ok(Target::File(path)),
        None if tree.is_folder(&path) => Ok(Target::Folder(path)),
        None if looks_remote(&link.target) => Ok(Target::Remote),
        None => Err(refuse(Limit::NoFile, "does not exist")),
    }
}

/// The paths at which a folder's kustomization may stand.
pub(in crate::overlay) fn candidates(folder: &RepositoryPath) -> impl Iterator<Item = RepositoryPath> + '_ {
    FILE_NAMES.iter().filter_map(|name| folder.join(name))
}

/// The one kustomization of a folder.
pub(in crate::overlay) fn kustomization(
    tree: &Tree,
    folder: &RepositoryPath,
) -> Result<RepositoryPath, (RepositoryPath, EditObstacle)> {
    let paths: Vec<RepositoryPath> = candidates(folder).collect();
    let first = paths.first().cloned().unwrap_or_else(|| folder.clone());
    let present: Vec<&RepositoryPath> = paths.iter().filter(|path| tree.entry(path).is_some()).collect();
    if let Some(kind) = obstacle(tree, present.first().copied().unwrap_or(&first)) {
        let refused =
            EditObstacle::whole(Limit::Obstacle, format!("this is, or lies behind, {}", what(kind)));
        return Err((present.first().copied().unwrap_or(&first).clone(), refused));
    }
    match present.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let why = "there is no kustomization in this folder";
            Err((first, EditObstacle::whole(Limit::NoKustomization, why)))
        }
        [one, two, ..] => {
            let why = format!("`{}` stands beside it, and kustomize takes only one", two.file_name());
            Err(((*one).clone(), EditObstacle::whole(Limit::SeveralKustomizations, why)))
        }
    }
}

/// What stands at a path, or above it, and is neither file nor folder.
fn obstacle(tree: &Tree, path: &RepositoryPath) -> Option<EntryKind> {
    let above = path.ancestors();
    let mut kinds = above.filter_map(|path| tree.entry(&path).map(|entry| entry.kind));
    kinds.find(|kind| *kind != EntryKind::File)
}

const fn what(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "a file",
        EntryKind::SymbolicLink => "a symbolic link, which is never followed",
        EntryKind::Submodule => "a submodule, which is never entered",
    }
}

/// `git@host:…`, `git::…`, `host.tld/owner/repository…` or anything with `?ref=`.
fn looks_remote(target: &str) -> bool {
    let host = target.split('/').next().unwrap_or_default();
    let is_host = target.contains('/') && host.contains('.') && !host.starts_with('.');
    is_host || target.contains('@') || target.contains("::") || target.contains("?ref=")
}
