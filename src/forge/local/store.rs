//! One bare repository: objects in, objects out, and refs moved by compare-and-swap.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeZone as _;
use gix::ObjectId;
use gix::refs::Target;
use gix::refs::transaction::{Change as RefChange, LogChange, PreviousValue, RefEdit, RefLog};

use super::Inner;
use super::wire::Stored;
use crate::forge::{BRANCH_PREFIX, ForgeError, LOG_BRANCH};
use crate::model::{BranchName, CommitId, Head, RepositoryName, Time, UserName};

/// The file by which processes of this program take turns, and in which they note the refs they are moving.
const LOCK_FILE: &str = "towpath.lock";
/// The domain of the mail addresses in commits that are written here.
const MAIL_DOMAIN: &str = "towpath.local";

/// An open repository.
pub(super) struct Store {
    pub(super) git: gix::Repository,
    inner: Arc<Inner>,
    name: RepositoryName,
    lock: Option<File>,
}

/// What a failure of Git means to the caller: try later, or mend the repository.
pub(super) fn failed<E: Display>(what: impl Into<String>) -> impl FnOnce(E) -> ForgeError {
    let what = what.into();
    move |error| ForgeError::Unavailable { what, why: error.to_string() }
}

impl Store {
    pub(super) fn open(inner: Arc<Inner>, name: &RepositoryName) -> Result<Self, ForgeError> {
        let path = Self::path_in(&inner.root, name);
        if !path.is_dir() {
            return Err(ForgeError::NotFound { what: format!("the repository {}", path.display()) });
        }
        let options = gix::open::Options::isolated();
        let git =
            options.open(&path).map_err(failed(format!("opening {}", path.display())))?.to_thread_local();
        Ok(Self { git, inner, name: name.clone(), lock: None })
    }

    /// Where a repository is.
    pub(super) fn path_in(root: &std::path::Path, name: &RepositoryName) -> PathBuf {
        root.join(format!("{name}.git"))
    }

    pub(super) fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(super) fn bot(&self) -> &UserName {
        &self.inner.bot
    }

    pub(super) fn now(&self) -> Time {
        (self.inner.now)()
    }

    /// A change that was read before from this commit.
    pub(super) fn remembered(&self, commit: ObjectId) -> Option<Arc<Stored>> {
        self.inner.memory.lock().ok()?.get(&commit).cloned()
    }

    pub(super) fn remember(&self, commit: ObjectId, stored: &Arc<Stored>) {
        if let Ok(mut memory) = self.inner.memory.lock() {
            memory.insert(commit, Arc::clone(stored));
        }
    }

    /// Becomes the only writer among all processes of this program, and clears what one that was killed left.
    ///
    /// The operating system releases the lock with the process, however that ends. A process that was killed while
    /// it moved refs leaves their `.lock` files, which would block everyone for ever; it also leaves their names.
    pub(super) fn lock(&mut self) -> Result<(), ForgeError> {
        let path = self.git.git_dir().join(LOCK_FILE);
        let what = || format!("locking {}", path.display());
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed(what()))?;
        file.lock().map_err(failed(what()))?;
        let mut left = String::new();
        file.read_to_string(&mut left).map_err(failed(what()))?;
        for name in left.lines().filter(|name| !name.contains("..")) {
            let stale = self.git.git_dir().join(format!("{name}.lock"));
            if std::fs::remove_file(&stale).is_ok() {
                tracing::info!("removed {}, left by a process that was killed", stale.display());
            }
        }
        file.set_len(0).map_err(failed(what()))?;
        self.lock = Some(file);
        Ok(())
    }

    /// Notes which refs are about to be moved; an empty list afterwards.
    fn note(&mut self, names: &[&str]) -> Result<(), ForgeError> {
        let Some(file) = &mut self.lock else { return Ok(()) };
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(names.join("\n").as_bytes())
        };
        write(file).map_err(failed("noting the refs that are moved"))
    }

    /// The commit that a ref points to.
    pub(super) fn find_ref(&self, name: &str) -> Result<Option<ObjectId>, ForgeError> {
        let found = self.git.try_find_reference(name).map_err(failed(format!("reading `{name}`")))?;
        Ok(found.and_then(|reference| reference.try_id().map(gix::Id::detach)))
    }

    /// The tip of a branch.
    pub(super) fn tip(&self, branch: &BranchName) -> Result<CommitId, ForgeError> {
        self.find_ref(&branch_ref(branch))?
            .map(commit_id)
            .ok_or_else(|| ForgeError::NotFound { what: format!("the branch `{branch}` of `{}`", self.name) })
    }

    /// Moves a ref from what is expected (nothing: it must not exist) to what is wanted (nothing: it goes).
    pub(super) fn move_ref(
        &mut self,
        name: &str,
        expected: Option<ObjectId>,
        wanted: Option<ObjectId>,
    ) -> Result<(), ForgeError> {
        let conflict = || ForgeError::Conflict { what: format!("`{name}` in `{}`", self.name) };
        if self.find_ref(name)? != expected {
            return Err(conflict());
        }
        let previous = expected
            .map_or(PreviousValue::MustNotExist, |id| PreviousValue::MustExistAndMatch(Target::Object(id)));
        let change = match wanted {
            Some(id) => {
                let log =
                    LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: "".into() };
                RefChange::Update { log, expected: previous, new: Target::Object(id) }
            }
            None => RefChange::Delete { expected: previous, log: RefLog::AndReference },
        };
        let full = name.try_into().map_err(failed(format!("the ref `{name}`")))?;
        self.note(&[name, "packed-refs"])?;
        let signature = self.signature(&self.bot().clone());
        let mut time = gix::date::parse::TimeBuf::default();
        let edit = RefEdit { change, name: full, deref: false };
        let moved = self.git.edit_references_as(Some(edit), Some(signature.to_ref(&mut time)));
        self.note(&[])?;
        // Whatever went wrong, the ref either moved or did not: the caller looks again.
        moved.map(drop).map_err(|error| {
            tracing::debug!("moving `{name}`: {error}");
            ForgeError::Conflict { what: format!("`{name}` in `{}`", self.name) }
        })
    }

    /// Deletes a branch that points to the expected commit; it may be gone.
    pub(super) fn delete_branch(
        &mut self,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        let name = branch_ref(branch);
        if self.find_ref(&name)?.is_none() {
            return Ok(());
        }
        self.move_ref(&name, Some(object_id(expected)), None)
    }

    /// The branches under Towpath's prefix, the log apart.
    pub(super) fn towpath_branches(&self) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        let mut branches = BTreeMap::new();
        for (name, id) in self.refs(&format!("refs/heads/{BRANCH_PREFIX}"))? {
            let branch = name.strip_prefix("refs/heads/").and_then(|name| BranchName::new(name).ok());
            if let Some(branch) = branch.filter(|branch| branch.as_str() != LOG_BRANCH) {
                branches.insert(branch, self.head_of(id)?);
            }
        }
        Ok(branches)
    }

    /// All refs with a prefix, by name.
    pub(super) fn refs(&self, prefix: &str) -> Result<Vec<(String, ObjectId)>, ForgeError> {
        let what = || format!("listing `{prefix}` in `{}`", self.name);
        let platform = self.git.references().map_err(failed(what()))?;
        let all = platform.prefixed(prefix).map_err(failed(what()))?;
        let found = all.filter_map(Result::ok).filter_map(|reference| {
            let id = reference.try_id()?.detach();
            Some((reference.name().as_bstr().to_string(), id))
        });
        Ok(found.collect())
    }

    /// A commit as the head of a change.
    pub(super) fn head_of(&self, id: ObjectId) -> Result<Head, ForgeError> {
        let commit = self.commit(id)?;
        let bot = mail(self.bot());
        let what = || format!("reading the commit {id}");
        let author = commit.author().map_err(failed(what()))?;
        let committer = commit.committer().map_err(failed(what()))?;
        let by_bot = author.email == bot.as_str() && committer.email == bot.as_str();
        let message = commit.message_raw().map_err(failed(what()))?.to_string();
        Ok(Head { commit: commit_id(id), by_bot, message })
    }

    pub(super) fn commit(&self, id: ObjectId) -> Result<gix::Commit<'_>, ForgeError> {
        self.git.find_commit(id).map_err(failed(format!("reading the commit {id} in `{}`", self.name)))
    }

    pub(super) fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, ForgeError> {
        let tree = self.commit(commit)?.tree_id().map_err(failed(format!("reading the commit {commit}")))?;
        Ok(tree.detach())
    }

    pub(super) fn first_parent(&self, commit: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
        Ok(self.commit(commit)?.parent_ids().next().map(gix::Id::detach))
    }

    /// When a commit was committed, and by whom.
    pub(super) fn committed(&self, commit: ObjectId) -> Result<(Time, UserName), ForgeError> {
        let commit = self.commit(commit)?;
        let committer = commit.committer().map_err(failed("reading a committer"))?;
        let seconds = committer.seconds();
        let at = chrono::Utc.timestamp_opt(seconds, 0).single().unwrap_or_default();
        let local = committer.email.to_string();
        let name = local.strip_suffix(&format!("@{MAIL_DOMAIN}")).unwrap_or("unknown");
        Ok((at, UserName::new(name).unwrap_or_else(|_| unknown())))
    }

    /// Whether a commit is in the history of another.
    pub(super) fn is_ancestor(&self, ancestor: ObjectId, of: ObjectId) -> Result<bool, ForgeError> {
        Ok(ancestor == of || self.merge_base(ancestor, of)? == Some(ancestor))
    }

    pub(super) fn merge_base(&self, one: ObjectId, two: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
        let base = self.git.merge_base(one, two).map_err(failed(format!("comparing {one} and {two}")))?;
        Ok(base.map(gix::Id::detach))
    }

    /// Writes a commit by somebody, without moving any ref.
    pub(super) fn write_commit(
        &self,
        by: &UserName,
        message: &str,
        tree: ObjectId,
        parents: &[ObjectId],
    ) -> Result<ObjectId, ForgeError> {
        let signature = self.signature(by);
        let (mut one, mut two) = Default::default();
        let (author, committer) = (signature.to_ref(&mut one), signature.to_ref(&mut two));
        let commit = self.git.new_commit_as(committer, author, message, tree, parents.iter().copied());
        Ok(commit.map_err(failed("writing a commit"))?.id)
    }

    fn signature(&self, by: &UserName) -> gix::actor::Signature {
        let time = gix::date::Time::new(self.now().timestamp(), 0);
        gix::actor::Signature { name: by.as_str().into(), email: mail(by).into(), time }
    }
}

/// Somebody whose name is not known here.
pub(super) fn unknown() -> UserName {
    UserName::new("unknown").expect("a plain word is a user name")
}

fn mail(by: &UserName) -> String {
    format!("{by}@{MAIL_DOMAIN}")
}

/// The full name of a branch.
pub(super) fn branch_ref(branch: &BranchName) -> String {
    format!("refs/heads/{branch}")
}

pub(super) fn commit_id(id: ObjectId) -> CommitId {
    CommitId::new(id.to_string()).expect("an object id has forty digits")
}

pub(super) fn object_id(commit: &CommitId) -> ObjectId {
    ObjectId::from_hex(commit.as_str().as_bytes()).expect("a commit id has forty digits")
}
