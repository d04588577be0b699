//! Blobs that an archive had beyond what was asked for.

use std::sync::Arc;

use super::archive::Contents;
use super::texts::BLOBS_AT_ONCE;
use crate::model::{BlobId, Time};

/// What an archive had beyond what was asked for, for the rest of the look.
#[derive(Debug, Default)]
pub(in super::super) struct BlobCache {
    pub(super) contents: Contents,
    /// Whether an archive was asked for.
    pub(super) is_warm: bool,
    /// When to ask for one again, where there was none.
    pub(super) paused_until: Option<Time>,
}

impl BlobCache {
    /// Gives what it has of some blobs.
    pub(super) fn taken(&self, blobs: &[BlobId]) -> Contents {
        let held = blobs.iter().filter_map(|blob| Some((*blob, Arc::clone(self.contents.get(blob)?))));
        held.collect()
    }

    /// Whether so many missing blobs are worth an archive.
    pub(super) fn is_worth_it(&self, missing: usize, now: Time) -> bool {
        let is_to_be_had = self.paused_until.is_none_or(|paused_until| paused_until <= now);
        is_to_be_had && (missing > BLOBS_AT_ONCE || (missing > 1 && !self.is_warm))
    }

    /// Lets go of what nobody asked for.
    pub(in super::super) fn clear(&mut self) {
        self.contents.clear();
    }
}
