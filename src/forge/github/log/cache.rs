//! What is remembered of the log, so that going on with it costs no reads. It does not grow with the log's text.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::forge::log::{Layout, Segment, SegmentWrite};
use crate::model::{BlobId, CommitId, Time};

/// The files of how many commits are remembered: the tip, and what the ledger knows.
const TREES_MAX: usize = 4;
/// Most bytes of content that are remembered; one append seldom writes more.
const CONTENT_BYTES_MAX: usize = 1 << 20;

/// What is in the log at one commit.
#[derive(Debug)]
pub(in super::super) struct LogTree {
    pub(super) layout: Layout,
    /// What most likely is the id of the commit's tree; GitHub alone knows for sure.
    pub(super) tree: Option<String>,
}

/// What is remembered of the log of one repository.
#[derive(Debug, Default)]
pub(in super::super) struct LogCache {
    /// The latest first.
    trees: VecDeque<(CommitId, Arc<LogTree>)>,
    /// What was read or written last: with its last file the next append goes on.
    contents: Vec<(BlobId, Arc<[u8]>)>,
    /// A tip, and the last commit before it that is proven to be the bot's.
    proven: Option<(CommitId, Option<CommitId>)>,
    /// A tip of which GitHub did not say who pushed it, and when that was seen first.
    unlisted: Option<(CommitId, Time)>,
}

impl LogCache {
    pub(super) fn tree(&self, commit: &CommitId) -> Option<Arc<LogTree>> {
        self.trees.iter().find(|(id, _)| id == commit).map(|(_, tree)| Arc::clone(tree))
    }

    pub(super) fn keep_tree(&mut self, commit: &CommitId, tree: &Arc<LogTree>) {
        self.trees.retain(|(id, _)| id != commit);
        self.trees.push_front((commit.clone(), Arc::clone(tree)));
        self.trees.truncate(TREES_MAX);
    }

    /// The last commit that is proven, as seen from a tip; `None` if that was not found out.
    pub(super) fn proven(&self, tip: &CommitId) -> Option<Option<CommitId>> {
        self.proven.as_ref().filter(|(known, _)| known == tip).map(|(_, proven)| proven.clone())
    }

    pub(super) fn keep_proven(&mut self, tip: &CommitId, proven: Option<&CommitId>) {
        self.proven = Some((tip.clone(), proven.cloned()));
    }

    /// When a tip was seen first of which GitHub does not say who pushed it.
    pub(super) fn first_seen(&mut self, tip: &CommitId, now: Time) -> Time {
        match &self.unlisted {
            Some((known, at)) if known == tip => *at,
            Some(_) | None => {
                self.unlisted = Some((tip.clone(), now));
                now
            }
        }
    }

    /// What is remembered of some files.
    pub(super) fn contents(&self, segments: &[Segment]) -> BTreeMap<BlobId, Arc<[u8]>> {
        let is_asked = |blob: &BlobId| segments.iter().any(|segment| segment.blob == *blob);
        self.contents.iter().filter(|(blob, _)| is_asked(blob)).cloned().collect()
    }

    /// Remembers contents, the last ones above all, instead of those before.
    pub(super) fn keep_contents(&mut self, mut contents: Vec<(BlobId, Arc<[u8]>)>) {
        let mut bytes = 0;
        let fits = |(_, content): &&(BlobId, Arc<[u8]>)| {
            bytes += content.len();
            bytes <= CONTENT_BYTES_MAX
        };
        let most = contents.iter().rev().take_while(fits).count();
        self.contents = contents.split_off(contents.len() - most);
    }

    /// Remembers what an append wrote.
    pub(super) fn keep_appended(
        &mut self,
        commit: &CommitId,
        tree: &Arc<LogTree>,
        written: Vec<SegmentWrite>,
    ) {
        self.keep_tree(commit, tree);
        let contents = written.into_iter().filter_map(|file| {
            let blob = file.segment().ok()?.blob;
            Some((blob, file.text.into_bytes().into()))
        });
        self.keep_contents(contents.collect());
    }
}
