//! A text that must never be shown.

use std::fmt;

use crate::sanitize;

/// A secret: it can be used, but neither printed nor logged by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// A secret from what was read; blanks and line ends around it are not part of it. Nothing where that is empty,
    /// because an empty secret would let everybody in.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        sanitize::remember(text);
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// What a secret is for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SecretPurpose {
    /// Towpath logs in with it.
    LogIn,
    /// It proves events that come in; `towpath serve` does not start without one that is configured.
    ProveEvents,
}

/// What makes a secret easy to learn, to replace or to guess.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SecretWeakness {
    /// Every user of the machine may read its file.
    ReadableByAll {
        /// The permissions, as `chmod` takes them.
        mode: u32,
    },
    /// Every user of the machine may write its file.
    WritableByAll {
        /// The permissions, as `chmod` takes them.
        mode: u32,
    },
    /// It has fewer than eight characters.
    Short,
}

#[cfg(test)]
mod tests;
