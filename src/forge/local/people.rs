//! What people do at a local forge: `towpath changes` and the demo record it here, and the next look acts on it.

use super::failure::failed;
use super::store::{Store, branch_ref, commit_id};
use super::wire::{ChangeEvent, load};
use super::{LocalForge, changes, content, log, merge};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, CommentId, CommitId, FileChange, LeftOut, RepositoryName,
    RepositoryPath, ReviewVerdict, UserName,
};

/// How deep below the root repositories are looked for, in folders.
const DEPTH_MAX: usize = 6;

/// A commit that a person makes directly on a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonCommit {
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
        self.with(repository, changes::list).await
    }

    /// The changes of a repository that cannot be read, because somebody else wrote them.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub async fn unreadable(&self, repository: &RepositoryName) -> Result<Vec<LeftOut>, ForgeError> {
        self.with(repository, changes::unreadable).await
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
        let (by, body) = (by.clone(), body.to_owned());
        self.writing(repository, move |store| {
            refuse_bot(store, &by)?;
            changes::comment(store, number, &by, &body)
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
            refuse_bot(store, &by)?;
            let mut stored = changes::load_settled(store, number)?;
            let head = open_head(&changes::view(store, &stored)?)?;
            let did = ChangeEvent::Reviewed { head, verdict: ReviewVerdict::Approve, body: String::new() };
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
            refuse_bot(store, &by)?;
            let change = changes::view(store, &load(store, number)?)?;
            let head = open_head(&change)?;
            if change.conflicted {
                let why = format!(
                    "it conflicts with `{}`; resolve the conflict on its branch, or close it",
                    change.base
                );
                return Err(failed(format!("merging change {number}"))(why));
            }
            let message = format!("Merge change {number}: {}\n", change.title);
            merge::merge(store, number, &head, &by, &message)
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
            refuse_bot(store, &by)?;
            open_head(&changes::view(store, &load(store, number)?)?)?;
            changes::close(store, number, &by)
        })
        .await
    }

    /// Accepts the log of a repository that lost the key of its log, up to a commit of it; later ones do not count.
    ///
    /// # Errors
    /// If the log has a key, or the commit is not one of the log's.
    pub async fn accept_log(&self, repository: &RepositoryName, commit: &CommitId) -> Result<(), ForgeError> {
        let commit = commit.clone();
        self.writing(repository, move |store| log::accept(store, &commit)).await
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
        let first = branch.clone();
        let created = tokio::task::spawn_blocking(move || create(&path, &first)).await;
        created.map_err(failed("creating a repository"))??;
        let message = "the beginning\n".to_owned();
        self.commit_as(repository, PersonCommit { branch: branch.clone(), by: by.clone(), message, files })
            .await
    }

    /// Commits files directly to a branch, which is created where it does not exist.
    ///
    /// # Errors
    /// Where somebody is faster, or a path leads through a link.
    pub async fn commit_as(
        &self,
        repository: &RepositoryName,
        commit: PersonCommit,
    ) -> Result<CommitId, ForgeError> {
        self.writing(repository, move |store| {
            let PersonCommit { branch, by, message, files } = commit;
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
fn open_head(change: &Change) -> Result<CommitId, ForgeError> {
    let why = match &change.state {
        ChangeState::Open => return Ok(change.head.commit.clone()),
        ChangeState::Merged { by, .. } => format!("{by} has merged it"),
        ChangeState::Closed { by, .. } => format!("{by} has closed it"),
    };
    Err(ForgeError::Unavailable { what: format!("writing to change {}", change.number), why })
}

/// What the bot wrote is trusted, so nobody writes in its name.
fn refuse_bot(store: &Store, by: &UserName) -> Result<(), ForgeError> {
    if by != store.bot() {
        return Ok(());
    }
    let why = format!("`{by}` is the name of the bot; choose your own");
    Err(ForgeError::Unavailable { what: "writing as a person".to_owned(), why })
}

/// Makes an empty bare repository whose first branch is the given one.
fn create(path: &std::path::Path, branch: &BranchName) -> Result<(), ForgeError> {
    let what = || format!("creating {}", path.display());
    if path.exists() {
        return Err(failed(what())("it is there already"));
    }
    std::fs::create_dir_all(path).map_err(failed(what()))?;
    gix::init_bare(path).map_err(failed(what()))?;
    std::fs::write(path.join("HEAD"), format!("ref: {}\n", branch_ref(branch))).map_err(failed(what()))
}

/// Folders that end in `.git`, as `owner/name` relative to the root.
fn names_below(root: &std::path::Path, folder: &std::path::Path) -> std::io::Result<Vec<RepositoryName>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let Ok(relative) = path.strip_prefix(root) else { continue };
        let text = relative.to_string_lossy();
        if let Some(name) = text.strip_suffix(".git") {
            names.extend(RepositoryName::new(name).ok());
        } else if relative.components().count() < DEPTH_MAX {
            names.extend(names_below(root, &path)?);
        }
    }
    Ok(names)
}
