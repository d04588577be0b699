//! The ledger: an index of the log and a cache of what was read. Losing it loses nothing but time.

mod delivery;
pub mod sqlite;

pub use delivery::{
    Acceptance, DELIVERY_DAYS_KEPT, Delivery, DeliveryId, DeliveryOutcome, DeliverySubject, has_lapsed,
};

use std::future::Future;

use crate::model::{CommitId, ConfigBranch, Description, Digest, ImageName, Tag, Time, Validator};
use crate::sanitize::line;

/// Why the ledger did not do what it was asked. Work goes on without it where it can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger `{}` failed: {}", line(.ledger), line(.why))]
pub struct LedgerError {
    /// Which ledger.
    pub ledger: String,
    /// What went wrong, and what to do.
    pub why: String,
}

/// The log of a config repository as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedLog {
    /// The commit up to which it was read.
    pub tip: Option<CommitId>,
    /// Its lines, in order.
    pub lines: Vec<String>,
}

/// A complete listing of an image's tags, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredListing {
    /// The tags, in no order.
    pub tags: Vec<Tag>,
    /// What the registry gave, to ask whether they are still the same.
    pub validator: Option<Validator>,
    /// When they were read, or last said to be unchanged.
    pub as_of: Time,
}

/// Why the listing of an image was not read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingFailure {
    /// Since when that is so.
    pub since: Time,
    /// What the registry said last, in a sentence.
    pub why: String,
}

/// A store for what can be read again.
pub trait Ledger: Send + Sync {
    /// The log of a place, as far as it was indexed.
    fn log(&self, place: &ConfigBranch) -> impl Future<Output = Result<IndexedLog, LedgerError>> + Send;

    /// Appends lines to the index of a log that was read up to `from`, or replaces it where that is absent.
    ///
    /// Nothing happens where the index is no longer at `from`: another handle was faster, and knows as much.
    fn index_log(
        &self,
        place: &ConfigBranch,
        from: Option<&CommitId>,
        tip: &CommitId,
        lines: &[String],
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// The last complete listing of an image's tags.
    fn listing(
        &self,
        image: &ImageName,
    ) -> impl Future<Output = Result<Option<StoredListing>, LedgerError>> + Send;

    /// Keeps a complete listing of an image's tags, in place of the one before.
    fn keep_listing(
        &self,
        image: &ImageName,
        listing: &StoredListing,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// What a tag pointed to, and when that was read.
    fn digest(
        &self,
        image: &ImageName,
        tag: &Tag,
    ) -> impl Future<Output = Result<Option<(Digest, Time)>, LedgerError>> + Send;

    /// Keeps what a tag pointed to.
    fn keep_digest(
        &self,
        image: &ImageName,
        tag: &Tag,
        digest: &Digest,
        as_of: Time,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// What the artifact at a digest says about itself.
    fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Description>, LedgerError>> + Send;

    /// Keeps for ever what the artifact at a digest says about itself.
    fn keep_description(
        &self,
        image: &ImageName,
        digest: &Digest,
        description: &Description,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Why the listing of an image was not read again the last time; nothing where it was.
    fn trouble(
        &self,
        image: &ImageName,
    ) -> impl Future<Output = Result<Option<ListingFailure>, LedgerError>> + Send;

    /// Keeps why the listing of an image was not read again, or forgets it.
    fn keep_trouble(
        &self,
        image: &ImageName,
        trouble: Option<&ListingFailure>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Keeps a delivery that is to be handled, unless it came before. Once this is done it survives the death of the
    /// process. Deliveries that were handled longer ago than [`DELIVERY_DAYS_KEPT`] are forgotten.
    fn accept(&self, delivery: &Delivery) -> impl Future<Output = Result<Acceptance, LedgerError>> + Send;

    /// The deliveries that are still to be handled, the oldest first.
    fn deliveries(&self) -> impl Future<Output = Result<Vec<Delivery>, LedgerError>> + Send;

    /// Says what became of a delivery; nothing happens where that was said before.
    fn conclude(
        &self,
        delivery: &Delivery,
        outcome: DeliveryOutcome,
        at: Time,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;
}
