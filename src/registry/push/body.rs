//! The body of an event, as far as a product's reader needs it.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The part of an event that matters.
pub(super) fn part<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}
