//! The ports of one engine, and what was read through them.

use std::sync::Arc;

use super::absences::Absences;
use super::listings::Listings;
use super::{Comparisons, Presences, Snapshots};
use crate::model::{Description, Digest, Tag};

/// Everything outside that Towpath talks to.
#[derive(Debug, Default)]
pub struct Ports<F, R, L, C> {
    /// Where config repositories live.
    pub forge: F,
    /// Where artifacts live.
    pub registry: R,
    /// Where what can be read again is kept.
    pub ledger: L,
    /// The clock.
    pub clock: C,
    /// The files that were read, shared by all observations.
    pub snapshots: Snapshots,
    /// What is known of the tags of images, shared by all that use an image, whatever their forge.
    pub listings: Arc<Listings>,
    /// The tags that led nowhere.
    pub absent_tags: Absences<Tag, Digest>,
    /// The digests that led nowhere, or to an artifact that lacks a part.
    pub absent_digests: Absences<Digest, Description>,
    /// Whether artifacts are in their registries.
    pub presences: Presences,
    /// What was compared of source code.
    pub comparisons: Comparisons,
}

impl<F, R, L, C> Ports<F, R, L, C> {
    /// Ports through which nothing was read yet.
    pub fn new(forge: F, registry: R, ledger: L, clock: C) -> Self {
        Self {
            forge,
            registry,
            ledger,
            clock,
            snapshots: Snapshots::default(),
            listings: Arc::default(),
            absent_tags: Absences::default(),
            absent_digests: Absences::default(),
            presences: Presences::default(),
            comparisons: Comparisons::default(),
        }
    }

    /// The same, with what is known of tags shared with other ports.
    #[must_use]
    pub fn with_listings(self, listings: Arc<Listings>) -> Self {
        Self { listings, ..self }
    }
}
