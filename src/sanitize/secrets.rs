//! The secrets that this process uses, so that nothing which repeats one is shown.
//!
//! A peer may repeat a secret as it is, in base 64 or in hexadecimal digits, where it may be part of something longer such as
//! `user:password`, and may escape that for an address, JSON or HTML. So a text is searched as it is and as it reads without
//! each escaping (`views`), for each spelling of each secret. A secret becomes known when it is first read or used, and the
//! last [`SECRETS_MAX`] are kept.
//!
//! The last bytes of each spelling are the key of a map, and only where they agree is the rest compared. Not the first ones:
//! all tokens in the form of a JWT begin alike. Whoever issues tokens can still make them end alike, so the comparisons in
//! one text have a bound; a text that exceeds it is not shown any further.

mod spelling;
mod views;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use secrecy::{ExposeSecret as _, SecretString};

use spelling::spellings;
use views::{View, views};

/// What stands where a secret was, as in the logs of CI systems; too short to be taken for a secret itself.
const REDACTED: &str = "***";
/// Shortest secret that is redacted, in bytes. Shorter ones are ordinary words, or parts of them.
const SECRET_BYTES_MIN: usize = 8;
/// Longest secret that is redacted, in bytes; tokens of clouds have up to some 8 KiB.
const SECRET_BYTES_MAX: usize = 16 << 10;
/// How many secrets are known at once. Tokens of registries last minutes, and there is one for each image.
pub(super) const SECRETS_MAX: usize = 4096;
/// How many bytes all known secrets have at most; their spellings take some ten times as much.
const SECRETS_BYTES_MAX: usize = 4 << 20;
/// Shortest part of a file that is taken for a secret, in bytes: a line of a private key has 64.
const PART_BYTES_MIN: usize = 32;
/// How many of the last bytes of a spelling are its key.
const KEY_BYTES: usize = SECRET_BYTES_MIN;
/// How many bytes are compared at most for each byte of a text; in ordinary texts it is less than one.
const COMPARED_PER_BYTE_MAX: usize = 64;
/// How many bytes may be compared besides, so that short texts are always shown.
const COMPARED_FREE: usize = 8 << 20;
/// What one comparison costs at least, in bytes.
const COMPARISON_COST: usize = 16;

type Key = [u8; KEY_BYTES];

/// Each known secret by the last bytes of its spellings.
#[derive(Default)]
pub(super) struct KnownSecrets {
    order: VecDeque<Arc<str>>,
    all: BTreeSet<Arc<str>>,
    bytes: usize,
    by_key: HashMap<Key, Vec<Box<[u8]>>>,
}

static KNOWN: LazyLock<RwLock<KnownSecrets>> = LazyLock::new(RwLock::default);

/// Makes a secret known. Of one with blanks or line ends, such as a private key, each long part is a secret, too.
pub fn remember(secret: &str) {
    let secret = secret.trim();
    remember_one(secret);
    if secret.contains(char::is_whitespace) {
        secret.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).for_each(remember_part);
    }
}

/// Returns a secret for the one place that needs it, and makes it known.
pub fn exposed(secret: &SecretString) -> &str {
    #[expect(clippy::disallowed_methods, reason = "the place through which all others go")]
    let text = secret.expose_secret();
    remember(text);
    text
}

/// Returns the text of a file or a response that holds secrets among other things; those become known when they are
/// used themselves.
pub fn opened(secret: &SecretString) -> &str {
    #[expect(clippy::disallowed_methods, reason = "the whole is not a secret that a peer could repeat")]
    secret.expose_secret()
}

fn remember_part(part: &str) {
    if part.len() >= PART_BYTES_MIN {
        remember_one(part);
    }
}

fn remember_one(secret: &str) {
    let has_a_fitting_size = (SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&secret.len());
    let is_known = || KNOWN.read().unwrap_or_else(PoisonError::into_inner).all.contains(secret);
    if has_a_fitting_size && !is_known() {
        KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(secret.into());
    }
}

/// Returns a text with every known secret in it redacted.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).redact(text)
}

impl KnownSecrets {
    pub(super) fn insert(&mut self, secret: Arc<str>) {
        if !self.all.insert(Arc::clone(&secret)) {
            return;
        }
        self.bytes += secret.len();
        for spelling in spellings(&secret) {
            if let Some(key) = key_before_end(&spelling) {
                self.by_key.entry(key).or_default().push(spelling.into());
            }
        }
        self.order.push_back(secret);
        while self.order.len() > SECRETS_MAX || self.bytes > SECRETS_BYTES_MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        self.all.remove(&oldest);
        self.bytes -= oldest.len();
        for spelling in spellings(&oldest) {
            let Some(key) = key_before_end(&spelling) else { continue };
            let Some(spelt) = self.by_key.get_mut(&key) else { continue };
            // Another secret may be spelt alike, so one of them goes.
            if let Some(index) = spelt.iter().position(|other| **other == *spelling) {
                spelt.swap_remove(index);
            }
            if spelt.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }

    pub(super) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.by_key.is_empty() || text.len() < SECRET_BYTES_MIN {
            return Cow::Borrowed(text);
        }
        let mut budget = COMPARED_FREE + text.len().saturating_mul(COMPARED_PER_BYTE_MAX);
        let mut found = Vec::new();
        for view in views(text) {
            self.find(&view, &mut budget, &mut found);
        }
        let shown = if budget == 0 { 0 } else { text.len() };
        replaced(text, found, shown)
    }

    /// Adds where secrets stand in a view of a text. At the end of the budget it stops.
    fn find(&self, view: &View, budget: &mut usize, found: &mut Vec<Range<usize>>) {
        for end in KEY_BYTES..=view.bytes().len() {
            let before = view.bytes().get(..end).unwrap_or_default();
            let length = self.length_before_end(before, budget);
            if *budget == 0 {
                return;
            }
            if length > 0 {
                found.push(view.source(end - length..end));
            }
        }
    }

    /// The length of the longest spelling of a secret at the end of a text in lower case; 0 if there is none.
    fn length_before_end(&self, text: &[u8], budget: &mut usize) -> usize {
        let spelt = key_before_end(text).and_then(|key| self.by_key.get(&key));
        let mut longest = 0;
        for spelling in spelt.into_iter().flatten() {
            *budget = budget.saturating_sub(spelling.len().max(COMPARISON_COST));
            if *budget == 0 {
                return 0;
            }
            if spelling.len() > longest && text.ends_with(spelling) {
                longest = spelling.len();
            }
        }
        longest
    }
}

/// A text up to a length, with parts of it redacted; parts that overlap are one.
fn replaced(text: &str, mut parts: Vec<Range<usize>>, shown: usize) -> Cow<'_, str> {
    if shown < text.len() {
        parts.push(shown..text.len());
    }
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    parts.sort_by_key(|part| (part.start, part.end));
    let mut redacted = String::new();
    let (mut from, mut open): (usize, Option<Range<usize>>) = (0, None);
    for part in parts {
        match &mut open {
            Some(before) if part.start < before.end => before.end = before.end.max(part.end),
            Some(_) | None => {
                if let Some(before) = open.replace(part) {
                    from = write_redacted(&mut redacted, text, from, &before);
                }
            }
        }
    }
    if let Some(last) = open {
        from = write_redacted(&mut redacted, text, from, &last);
    }
    redacted.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(redacted)
}

/// Writes a text from an index on, up to a part and that redacted; returns where the text goes on.
fn write_redacted(redacted: &mut String, text: &str, from: usize, part: &Range<usize>) -> usize {
    redacted.push_str(text.get(from..part.start).unwrap_or_default());
    redacted.push_str(REDACTED);
    part.end
}

/// The key of what ends with these bytes, which are in lower case: some peers write header values so.
fn key_before_end(text: &[u8]) -> Option<Key> {
    text.last_chunk::<KEY_BYTES>().copied()
}
