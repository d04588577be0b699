//! Which commits are in the history of which.
//!
//! Git takes the tree and the parents of a commit from the first lines of its header, and takes a push whatever stands in the
//! lines for author and committer. gix refuses to walk over a commit whose committer it cannot read. So where gix refuses,
//! the history is walked once more, and such a commit counts as made in 1970, as Git counts it.

use gix::ObjectId;
use gix::objs::{CommitRefIter, Data, Kind};

use super::super::failure::failed;
use super::Store;
use crate::forge::ForgeError;

impl Store {
    /// Whether a commit is in the history of another, or is that commit.
    pub(in crate::forge::local) fn is_ancestor(
        &self,
        ancestor: ObjectId,
        of: ObjectId,
    ) -> Result<bool, ForgeError> {
        Ok(ancestor == of || self.merge_base(ancestor, of)? == Some(ancestor))
    }

    /// The best common ancestor of two commits; `None` if they have nothing in common.
    pub(in crate::forge::local) fn merge_base(
        &self,
        one: ObjectId,
        two: ObjectId,
    ) -> Result<Option<ObjectId>, ForgeError> {
        let strict = self.git.merge_base(one, two).map(|base| base.map(gix::Id::detach));
        strict.or_else(|error| {
            let lenient = lenient_merge_base(&self.git, one, two);
            lenient.map_err(|_| failed(format!("comparing {one} and {two}"))(error))
        })
    }
}

fn lenient_merge_base(git: &gix::Repository, one: ObjectId, two: ObjectId) -> gix::Result<Option<ObjectId>> {
    let mut graph = gix::revwalk::Graph::new(LenientObjects(&git.objects), None);
    let base = git.merge_base_with_graph(one, two, &mut graph)?;
    Ok(base.map(gix::Id::detach))
}

/// The objects of a repository, of which every commit can be walked over.
struct LenientObjects<'a>(&'a gix::OdbHandle);

impl gix::objs::Find for LenientObjects<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        let Some(found) = self.0.try_find(id, buffer)? else { return Ok(None) };
        let (kind, object_hash) = (found.kind, found.object_hash);
        let text = if kind == Kind::Commit { walkable(found.data, object_hash) } else { found.data.to_vec() };
        *buffer = text;
        Ok(Some(Data { kind, object_hash, data: buffer }))
    }
}

/// A commit with the tree and the parents of another one, and an author and committer that can be read.
fn walkable(commit: &[u8], hash: gix::hash::Kind) -> Vec<u8> {
    let header = || CommitRefIter::from_bytes(commit, hash);
    if header().committer().is_ok() {
        return commit.to_vec();
    }
    let tree = header().tree_id().unwrap_or_else(|_| ObjectId::empty_tree(hash));
    let parents: String = header().parent_ids().map(|parent| format!("parent {parent}\n")).collect();
    let nobody = "unknown <unknown> 0 +0000";
    format!("tree {tree}\n{parents}author {nobody}\ncommitter {nobody}\n\n").into_bytes()
}
