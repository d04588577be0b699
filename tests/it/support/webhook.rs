//! What GitHub sends, signed as GitHub signs it.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

pub(crate) mod sample;

/// The header that says what an event is.
pub(crate) const EVENT: &str = "X-GitHub-Event";
/// The header that proves where it comes from.
pub(crate) const SIGNATURE: &str = "X-Hub-Signature-256";
/// The header that tells it from others.
pub(crate) const DELIVERY: &str = "X-GitHub-Delivery";

/// The signature of a body.
pub(crate) fn signed(secret: &str, body: &[u8]) -> String {
    let mut mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("a key of any length will do");
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}
