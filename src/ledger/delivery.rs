//! An event that came in from outside and was acknowledged, and what became of it.
//!
//! A delivery is identified by the id that the product sends, for a week. Without an id it is identified by its content
//! until it was handled, because Quay sends identical bytes for two pushes of one tag, and the second one is news once
//! the first was handled.

use chrono::TimeDelta;

use crate::model::{ForgeName, ImageName, RepositoryName, Time};

/// How long a delivery that was handled is remembered, so that the same one sent again is known.
pub const DELIVERY_DAYS_KEPT: i64 = 7;

/// How long an event waits for the look that it asks for. After that it has lapsed: what it is about gives no answer, and
/// will be read in full as soon as it does.
const LAPSES_AFTER: TimeDelta = TimeDelta::hours(1);

/// How the same event sent twice is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryId {
    /// By the name that its product gave it: it comes once, for ever.
    Given(String),
    /// By a hash of its content, which a later event may have too: it comes once until it was handled.
    OfContent(String),
}

impl DeliveryId {
    /// The text that is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let (Self::Given(text) | Self::OfContent(text)) = self;
        text
    }
}

/// What an event says something about, and so what is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverySubject {
    /// Something was pushed to these images; at least one.
    Images(Vec<ImageName>),
    /// Something happened in these repositories of a forge; at least one.
    Repositories(ForgeName, Vec<RepositoryName>),
}

impl DeliverySubject {
    /// The images that it is about.
    #[must_use]
    pub fn images(&self) -> &[ImageName] {
        match self {
            Self::Images(images) => images,
            Self::Repositories(..) => &[],
        }
    }
}

/// An event that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it came from, such as `registry/ghcr.io` or `github/acme`.
    pub source: String,
    /// What tells it from others of the same source.
    pub id: DeliveryId,
    /// When it came.
    pub received_at: Time,
    /// What it says something about.
    pub subject: DeliverySubject,
}

/// Whether an event that came at an instant waited as long as it may.
#[must_use]
pub fn has_lapsed(received_at: Time, now: Time) -> bool {
    now - received_at >= LAPSES_AFTER
}

/// Whether a delivery is news.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It is kept now, and has to be handled.
    New,
    /// It came before.
    Doubled,
}

crate::model::words! {
    /// What became of a delivery.
    DeliveryOutcome {
        /// What it is about was read again since it came.
        Looked = "looked",
        /// What it is about could not be read for as long as it waited; whoever can again reads everything.
        Lapsed = "lapsed",
        /// Nobody uses what it is about any more.
        Unused = "unused",
        /// Another version kept it in words that this one does not understand.
        Unreadable = "unreadable",
    }
}
