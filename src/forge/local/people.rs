//! What people do at a local forge: `towpath changes` and the demo record it here, and the next look acts on it.

use super::store::{Store, branch_ref, commit_id, failed, object_id};
use super::wire::{Deed, load, load_all};
use super::{LocalForge, changes, content, merge};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, Change, ChangeNumber, CommentId, CommitId, FileChange, RepositoryName, RepositoryPath,
    ReviewVerdict, UserName,
};

/// Longest comment that a person may write, in bytes.
const COMMENT_BYTES_MAX: usize = 64 * 1024;

/// A commit that a person makes directly on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandCommit {
    /// The branch; it is created where it does not exist.
    pub branch: BranchName,
    /// Who commits.
    pub by: UserName,
    /// The message.
    pub message: String,
    /// The files with their whole new content; all others stay.
    pub files: Vec<(RepositoryPath, Vec<u8>)>,
}

impl LocalForge {
    /// Every repository below the root.
    ///
    /// # Errors
    /// Where the root cannot be read.
    pub async fn repositories(&self) -> Result<Vec<RepositoryName>, ForgeError> {
        let root = self.inner.root.clone();
        let listed = tokio::task::spawn_blocking(move || names_below(&root, &root)).await;
        let what = || format!("listing the repositories in {}", self.inner.root.display());
        let mut names = listed.map_err(failed(what()))?.map_err(failed(what()))?;
        names.sort();
        Ok(names)
    }

    /// Every change of a repository, oldest first.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub async fn list(&self, repository: &RepositoryName) -> Result<Vec<Change>, ForgeError> {
        self.with(repository, |store| {
            load_all(store)?.iter().map(|stored| changes::view(store, stored)).collect()
        })
        .await
    }

    /// One change.
    ///
    /// # Errors
    /// Where there is none of that number.
    pub async fn show(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
    ) -> Result<Change, ForgeError> {
        self.with(repository, move |store| changes::view(store, &load(store, number)?)).await
    }

    /// What a change changes; also after it ended.
    ///
    /// # Errors
    /// Where there is none of that number.
    pub async fn files(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
    ) -> Result<Vec<FileChange>, ForgeError> {
        self.with(repository, move |store| {
            let change = changes::view(store, &load(store, number)?)?;
            content::changed(store, &change.base, &change.head.commit)
        })
        .await
    }

    /// Writes a comment.
    ///
    /// # Errors
    /// Where it is empty or longer than 64 KiB, or there is no such change.
    pub async fn comment_as(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
        by: &UserName,
        body: &str,
    ) -> Result<CommentId, ForgeError> {
        let refused =
            |why: &str| ForgeError::Unavailable { what: "commenting".to_owned(), why: why.to_owned() };
        if body.trim().is_empty() || body.len() > COMMENT_BYTES_MAX {
            return Err(refused("a comment has between 1 and 65536 bytes"));
        }
        let (by, did) = (by.clone(), Deed::Commented { body: body.to_owned() });
        self.writing(repository, move |store| {
            let mut stored = load(store, number)?;
            stored.add(store, &by, did);
            stored.save(store, &by, &format!("change {number}: comment"))?;
            Ok(stored.event_id(stored.events.len() - 1))
        })
        .await
    }

    /// Approves a change at the head that it has now.
    ///
    /// # Errors
    /// Where it is not open.
    pub async fn approve_as(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
        by: &UserName,
    ) -> Result<(), ForgeError> {
        let by = by.clone();
        self.writing(repository, move |store| {
            let mut stored = load(store, number)?;
            let head = open_head(store, &changes::view(store, &stored)?)?;
            let did = Deed::Reviewed { head, verdict: ReviewVerdict::Approve, body: String::new() };
            stored.add(store, &by, did);
            stored.save(store, &by, &format!("change {number}: approval"))
        })
        .await
    }

    /// Merges a change, as a person, whatever the gates say.
    ///
    /// # Errors
    /// Where it is not open or conflicts with its base.
    pub async fn merge_as(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
        by: &UserName,
    ) -> Result<CommitId, ForgeError> {
        let by = by.clone();
        self.writing(repository, move |store| {
            let change = changes::view(store, &load(store, number)?)?;
            let head = open_head(store, &change)?;
            let message = format!("Merge change {number}: {}\n", change.title);
            merge::merge(store, number, Some(&head), &by, &message)
        })
        .await
    }

    /// Closes a change, as a person: its content is declined.
    ///
    /// # Errors
    /// Where it is not open.
    pub async fn close_as(
        &self,
        repository: &RepositoryName,
        number: ChangeNumber,
        by: &UserName,
    ) -> Result<(), ForgeError> {
        let by = by.clone();
        self.writing(repository, move |store| {
            open_head(store, &changes::view(store, &load(store, number)?)?)?;
            changes::close(store, number, &by)
        })
        .await
    }

    /// Creates a repository with one commit.
    ///
    /// # Errors
    /// Where it is there already.
    pub async fn create_repository(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        files: Vec<(RepositoryPath, Vec<u8>)>,
        by: &UserName,
    ) -> Result<CommitId, ForgeError> {
        let path = Store::path_in(&self.inner.root, repository);
        let created = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&path).map_err(failed(format!("creating {}", path.display())))?;
            gix::init_bare(&path).map(drop).map_err(failed(format!("creating {}", path.display())))
        });
        created.await.map_err(failed("creating a repository"))??;
        let message = "the beginning\n".to_owned();
        self.commit_as(repository, HandCommit { branch: branch.clone(), by: by.clone(), message, files })
            .await
    }

    /// Commits files directly to a branch, which is created where it does not exist.
    ///
    /// # Errors
    /// Where somebody is faster, or a path leads through a link.
    pub async fn commit_as(
        &self,
        repository: &RepositoryName,
        commit: HandCommit,
    ) -> Result<CommitId, ForgeError> {
        self.writing(repository, move |store| {
            let HandCommit { branch, by, message, files } = commit;
            let name = branch_ref(&branch);
            let tip = store.find_ref(&name)?;
            let tree = content::tree_with(store, tip, &files)?;
            let parents: Vec<gix::ObjectId> = tip.into_iter().collect();
            let commit = store.write_commit(&by, &message, tree, &parents)?;
            store.move_ref(&name, tip, Some(commit))?;
            Ok(commit_id(commit))
        })
        .await
    }
}

/// The head of a change that is open.
fn open_head(store: &Store, change: &Change) -> Result<CommitId, ForgeError> {
    store.commit(object_id(&change.head.commit))?;
    if change.is_open() {
        return Ok(change.head.commit.clone());
    }
    let what = format!("change {}", change.number);
    Err(ForgeError::Unavailable { what, why: "it is no longer open".to_owned() })
}

/// Folders that end in `.git`, as `owner/name` relative to the root.
fn names_below(root: &std::path::Path, folder: &std::path::Path) -> std::io::Result<Vec<RepositoryName>> {
    const DEPTH_MAX: usize = 6;
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Ok(relative) = path.strip_prefix(root) else { continue };
        let text = relative.to_string_lossy();
        if let Some(name) = text.strip_suffix(".git") {
            names.extend(RepositoryName::new(name).ok());
        } else if path.is_dir() && relative.components().count() < DEPTH_MAX {
            names.extend(names_below(root, &path)?);
        }
    }
    Ok(names)
}
