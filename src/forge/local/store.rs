//! One bare repository: objects in, objects out; its refs are in the module below.

mod history;
mod refs;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeZone as _;
use gix::ObjectId;

pub(super) use refs::branch_ref;

use super::failure::failed;
use super::turn::Turn;
use super::{Inner, ReadChange};
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, CommitId, Head, RepositoryName, Time, UserName};

/// Settings that the repository's own cannot change: how long to wait, in ms, for refs that a push has locked, and
/// that a commit is what its id says, whatever `refs/replace` holds.
const SETTINGS: [&str; 3] =
    ["core.filesRefLockTimeout=500", "core.packedRefsTimeout=1000", "core.useReplaceRefs=false"];
/// The files that Git reads in every repository.
const GIT_FILES: [&str; 3] = ["HEAD", "config", "packed-refs"];
/// The domain of the mail addresses in commits that are written here.
const MAIL_DOMAIN: &str = "towpath.local";

/// How often a branch may have taken in its base before its own commit is no longer looked for.
const MERGES_OF_BASE_MAX: usize = 50;

/// An open repository.
pub(super) struct Store {
    pub(super) git: gix::Repository,
    inner: Arc<Inner>,
    name: RepositoryName,
    turn: Option<Turn>,
}

impl Store {
    pub(super) fn open(inner: Arc<Inner>, name: &RepositoryName) -> Result<Self, ForgeError> {
        let path = Self::path_in(&inner.root, name);
        if !path.is_dir() {
            return Err(ForgeError::NotFound { what: format!("the repository {}", path.display()) });
        }
        expect_regular_files(&path).map_err(failed(format!("opening {}", path.display())))?;
        let options = gix::open::Options::isolated().config_overrides(SETTINGS);
        let git =
            options.open(&path).map_err(failed(format!("opening {}", path.display())))?.to_thread_local();
        Ok(Self { git, inner, name: name.clone(), turn: None })
    }

    /// Where a repository is.
    pub(super) fn path_in(root: &Path, name: &RepositoryName) -> PathBuf {
        root.join(format!("{name}.git"))
    }

    pub(super) fn name(&self) -> &RepositoryName {
        &self.name
    }

    pub(super) fn bot(&self) -> &UserName {
        &self.inner.bot
    }

    /// Whether somebody is a member of any team of the configuration.
    pub(super) fn is_in_a_team(&self, user: &UserName) -> bool {
        self.inner.teams.values().any(|members| members.contains(user))
    }

    pub(super) fn now(&self) -> Time {
        (self.inner.now)()
    }

    /// A change as it was read before, if it still is at this commit.
    pub(super) fn remembered(&self, number: ChangeNumber, commit: ObjectId) -> Option<ReadChange> {
        let memory = self.inner.memory.lock().ok()?;
        let (at, read) = memory.get(&(self.name.clone(), number))?;
        (*at == commit).then(|| read.clone())
    }

    /// Keeps a change for the next look.
    pub(super) fn remember(&self, number: ChangeNumber, commit: ObjectId, read: ReadChange) {
        if let Ok(mut memory) = self.inner.memory.lock() {
            memory.insert((self.name.clone(), number), (commit, read));
        }
    }

    /// Becomes the only writer among all processes of this program, until this is dropped.
    pub(super) fn take_turn(&mut self) -> Result<(), ForgeError> {
        self.turn = Some(Turn::take(self.git.git_dir())?);
        Ok(())
    }

    /// A commit as the head of a change.
    pub(super) fn head_of(&self, id: ObjectId) -> Result<Head, ForgeError> {
        let commit = self.commit(id)?;
        let bot = mail(self.bot());
        // Git takes pushes of commits that it cannot read itself; they are a stranger's and stop nothing.
        let is_bot = |person: Result<gix::actor::SignatureRef<'_>, _>| {
            person.is_ok_and(|person: gix::actor::SignatureRef<'_>| person.email == bot.as_str())
        };
        let by_bot = is_bot(commit.author()) && is_bot(commit.committer());
        let message = commit.message_raw().map(ToString::to_string).unwrap_or_default();
        Ok(Head { commit: commit_id(id), by_bot, message, beneath: None })
    }

    /// The head of a change into a base, with the commit beneath it where it only merges that base.
    pub(super) fn head_above(&self, base: ObjectId, id: ObjectId) -> Result<Head, ForgeError> {
        let mut head = self.head_of(id)?;
        let mut at = id;
        for _merge in 0..MERGES_OF_BASE_MAX {
            let parents: Vec<ObjectId> = self.commit(at)?.parent_ids().map(gix::Id::detach).collect();
            let [own, merged] = parents.as_slice() else { break };
            if !self.is_ancestor(*merged, base)? || self.is_ancestor(*own, base)? {
                break;
            }
            at = *own;
            head.beneath = Some(Box::new(self.head_of(at)?));
        }
        Ok(head)
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

    pub(super) fn parents(&self, commit: ObjectId) -> Result<Vec<ObjectId>, ForgeError> {
        Ok(self.commit(commit)?.parent_ids().map(gix::Id::detach).collect())
    }

    /// When a commit was committed, and by whom: by mail address where it was written here, else by name.
    pub(super) fn committed(&self, commit: ObjectId) -> Result<(Time, UserName), ForgeError> {
        let commit = self.commit(commit)?;
        let Ok(committer) = commit.committer() else { return Ok((Time::UNIX_EPOCH, unknown())) };
        let at = chrono::Utc.timestamp_opt(committer.seconds(), 0).single().unwrap_or_default();
        let mail = committer.email.to_string();
        let local = mail.strip_suffix(MAIL_DOMAIN).and_then(|mail| mail.strip_suffix('@'));
        let name = local.map_or_else(|| committer.name.to_string(), str::to_owned);
        // Nobody becomes the bot by calling himself so.
        let by = UserName::new(name).ok().filter(|by| local.is_some() || by != self.bot());
        Ok((at, by.unwrap_or_else(unknown)))
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

/// Refuses a repository in which something else than a file is where Git reads one: a FIFO would be waited for without end.
fn expect_regular_files(folder: &Path) -> Result<(), String> {
    let is_odd = |name: &&&str| std::fs::metadata(folder.join(name)).is_ok_and(|found| !found.is_file());
    match GIT_FILES.iter().find(is_odd) {
        Some(name) => Err(format!("{name} is not a regular file")),
        None => Ok(()),
    }
}

/// Somebody whose name is not known here.
pub(super) fn unknown() -> UserName {
    UserName::new("unknown").expect("a plain word is a user name")
}

fn mail(by: &UserName) -> String {
    format!("{by}@{MAIL_DOMAIN}")
}

pub(super) fn commit_id(id: ObjectId) -> CommitId {
    CommitId::new(id.to_string()).expect("an object id has forty digits")
}

pub(super) fn object_id(commit: &CommitId) -> ObjectId {
    ObjectId::from_hex(commit.as_str().as_bytes()).expect("a commit id has forty digits")
}
