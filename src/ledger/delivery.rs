//! An event that came in from outside and was acknowledged, and what became of it.

use crate::model::{ImageName, Time};

/// How long a delivery that was handled is remembered, so that the same one sent again is known.
pub const DELIVERY_DAYS_KEPT: i64 = 7;

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

/// An event that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it came from, such as `registry/ghcr.io`.
    pub source: String,
    /// What tells it from others of the same source.
    pub id: DeliveryId,
    /// When it came.
    pub received_at: Time,
    /// The images that it says something about; at least one.
    pub images: Vec<ImageName>,
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
        /// The tags of its images were read again since it came.
        Looked = "looked",
        /// Nobody uses its images any more.
        Unused = "unused",
    }
}
