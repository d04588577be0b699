//! The refs of a repository: read steadily, moved by compare-and-swap.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::refs::Target;
use gix::refs::transaction::{Change as RefChange, LogChange, PreviousValue, RefEdit, RefLog};

use super::super::failure::failed;
use super::{Store, commit_id, object_id};
use crate::forge::{BRANCH_PREFIX, ForgeError, LOG_BRANCH};
use crate::model::{BranchName, CommitId, Head};

/// How many refs of one kind a repository may have.
const REFS_MAX: usize = 100_000;
/// How often refs are read again because Git was packing them.
const READS_MAX: usize = 10;
/// How deep folders below a prefix are searched for files that are broken.
const DEPTH_MAX: usize = 16;

/// The refs with a prefix.
#[derive(Debug, Default)]
pub(in crate::forge::local) struct RefListing {
    /// The names and commits of those that can be read, by name.
    pub(in crate::forge::local) readable: Vec<(String, ObjectId)>,
    /// The names of those whose file holds no commit, as after a power failure.
    pub(in crate::forge::local) broken: Vec<String>,
}

impl Store {
    /// The commit that a ref points to.
    pub(in crate::forge::local) fn find_ref(&self, name: &str) -> Result<Option<ObjectId>, ForgeError> {
        let what = || format!("reading `{name}` in `{}`", self.name);
        let found = self.steadily(|| self.git.try_find_reference(name).map_err(failed(what())));
        let found = found.map_err(|error| self.naming_broken_file(name, error))?;
        let Some(reference) = found else { return Ok(None) };
        let id = reference.try_id().ok_or("it points to another ref; make it point to a commit");
        Ok(Some(id.map_err(failed(what()))?.detach()))
    }

    /// Reads refs until Git did not pack any meanwhile: one that is just being packed would seem not to be there, or
    /// its file is gone between its listing and its reading. What is truly broken fails each time.
    fn steadily<T>(&self, mut read: impl FnMut() -> Result<T, ForgeError>) -> Result<T, ForgeError> {
        let busy = "Git keeps packing them; try again later";
        let mut answer = Err(failed(format!("reading the refs of `{}`", self.name))(busy));
        for _try in 0..READS_MAX {
            let before = self.packed();
            match read() {
                Ok(found) if self.packed() == before => return Ok(found),
                Ok(_) => {}
                Err(error) => answer = Err(error),
            }
        }
        answer
    }

    /// What tells one state of the packed refs from another.
    fn packed(&self) -> Option<(std::time::SystemTime, u64)> {
        let metadata = std::fs::metadata(self.git.git_dir().join("packed-refs")).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    /// The tip of a branch.
    pub(in crate::forge::local) fn tip(&self, branch: &BranchName) -> Result<CommitId, ForgeError> {
        self.find_ref(&branch_ref(branch))?
            .map(commit_id)
            .ok_or_else(|| ForgeError::NotFound { what: format!("the branch `{branch}` of `{}`", self.name) })
    }

    /// Moves a ref from what is expected (nothing: it must not exist) to what is wanted (nothing: it goes).
    pub(in crate::forge::local) fn move_ref(
        &mut self,
        name: &str,
        expected: Option<ObjectId>,
        wanted: Option<ObjectId>,
    ) -> Result<(), ForgeError> {
        if self.find_ref(name)? != expected {
            return Err(self.moved_meanwhile(name));
        }
        let edit = edit(name, expected, wanted)?;
        let signature = self.signature(&self.bot().clone());
        let mut time = gix::date::parse::TimeBuf::default();
        let turn = self.turn.as_mut().ok_or("refs are moved only by the one whose turn it is");
        let turn = turn.map_err(failed(format!("moving `{name}`")))?;
        turn.note(name)?;
        let moved = self.git.edit_references_as(Some(edit), Some(signature.to_ref(&mut time)));
        turn.rest()?;
        match moved {
            Ok(_) => Ok(()),
            // Somebody holds the ref's own lock, or was faster.
            Err(error) if error.is_retryable() => Err(self.moved_meanwhile(name)),
            Err(_) if self.find_ref(name)? != expected => Err(self.moved_meanwhile(name)),
            Err(error) => Err(failed(format!("moving `{name}` in `{}`", self.name))(format!("{error:#}"))),
        }
    }

    fn moved_meanwhile(&self, name: &str) -> ForgeError {
        ForgeError::Conflict { what: format!("`{name}` in `{}`", self.name) }
    }

    /// Deletes a branch that points to the expected commit; it may be gone.
    pub(in crate::forge::local) fn delete_branch(
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
    pub(in crate::forge::local) fn towpath_branches(&self) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        let mut branches = BTreeMap::new();
        for (name, id) in self.refs(&format!("refs/heads/{BRANCH_PREFIX}"))?.readable {
            let branch = name.strip_prefix("refs/heads/").and_then(|name| BranchName::new(name).ok());
            if let Some(branch) = branch.filter(|branch| branch.as_str() != LOG_BRANCH) {
                branches.insert(branch, self.head_of(id)?);
            }
        }
        Ok(branches)
    }

    /// All refs with a prefix. One that is broken keeps no other from being read.
    pub(in crate::forge::local) fn refs(&self, prefix: &str) -> Result<RefListing, ForgeError> {
        self.steadily(|| self.list(prefix).map_err(failed(format!("listing `{prefix}` in `{}`", self.name))))
    }

    fn list(&self, prefix: &str) -> Result<RefListing, String> {
        let platform = self.git.references().map_err(|error| error.to_string())?;
        let all = platform.prefixed(prefix).map_err(|error| error.to_string())?;
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for reference in all {
            let reference = match reference {
                Ok(reference) => reference,
                Err(error) => {
                    errors.push(error.to_string());
                    continue;
                }
            };
            let Some(id) = reference.try_id() else { continue };
            found.push((reference.name().as_bstr().to_string(), id.detach()));
            if found.len() > REFS_MAX {
                return Err(format!("there are more than {REFS_MAX}; delete some"));
            }
        }
        // A file that is merely gone since it was listed was packed meanwhile: then all are read again.
        let broken = if errors.is_empty() { Vec::new() } else { self.broken_refs(prefix) };
        match errors.pop() {
            // `errors` is shorter by this one: each broken file explains one error.
            Some(error) if broken.len() <= errors.len() => Err(error),
            Some(_) | None => Ok(RefListing { readable: found, broken }),
        }
    }

    /// The refs below a prefix whose files cannot be understood.
    fn broken_refs(&self, prefix: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![(prefix.trim_end_matches('/').to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(self.git.git_dir().join(&folder)) else { continue };
            for entry in entries.flatten() {
                let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && depth < DEPTH_MAX => folders.push((name, depth + 1)),
                    Ok(kind) if kind.is_file() && self.git.try_find_reference(&name).is_err() => {
                        names.push(name)
                    }
                    Ok(_) | Err(_) => {}
                }
            }
        }
        names.sort();
        names
    }

    /// The error of a ref that cannot be read, with its file where that is the reason.
    fn naming_broken_file(&self, name: &str, error: ForgeError) -> ForgeError {
        let file = self.git.git_dir().join(name);
        let ForgeError::Unavailable { what, why } = &error else { return error };
        if !file.is_file() {
            return error;
        }
        let why =
            format!("{why}; {} is broken: restore the commit that it held, as from a clone", file.display());
        ForgeError::Unavailable { what: what.clone(), why }
    }
}

/// A ref's move as Git's transactions take it.
fn edit(name: &str, expected: Option<ObjectId>, wanted: Option<ObjectId>) -> Result<RefEdit, ForgeError> {
    let expected = expected
        .map_or(PreviousValue::MustNotExist, |id| PreviousValue::MustExistAndMatch(Target::Object(id)));
    let change = match wanted {
        Some(id) => {
            let log =
                LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: "".into() };
            RefChange::Update { log, expected, new: Target::Object(id) }
        }
        None => RefChange::Delete { expected, log: RefLog::AndReference },
    };
    let name = name.try_into().map_err(failed(format!("the ref `{name}`")))?;
    Ok(RefEdit { change, name, deref: false })
}

/// The full name of a branch.
pub(in crate::forge::local) fn branch_ref(branch: &BranchName) -> String {
    format!("refs/heads/{branch}")
}

#[cfg(test)]
mod tests;
