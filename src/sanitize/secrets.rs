//! The secrets that this process uses, so that nothing which repeats one is shown.
//!
//! A peer may repeat a secret as it is, in the spelling of an address, in JSON, or in base 64, where it may be part
//! of something longer such as `user:password`. A secret becomes known when it is first read or used, and the last
//! [`SECRETS_MAX`] are kept. The texts of a process are checked against all of them in one pass: the first bytes of
//! each spelling are the key of a map, and only where they agree is the rest compared.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

/// What stands where a secret was, as in the logs of CI systems; too short to be taken for a secret itself.
const BLANK: &str = "***";
/// Shortest secret that is blanked, in bytes. Shorter ones are ordinary words, or parts of them.
const SECRET_BYTES_MIN: usize = 8;
/// Longest secret that is blanked, in bytes; tokens of clouds have up to some 8 KiB.
const SECRET_BYTES_MAX: usize = 16 << 10;
/// How many secrets are known at once. Tokens of registries last minutes, and there is one for each image.
pub(super) const SECRETS_MAX: usize = 4096;
/// Shortest part of a file that is taken for a secret, in bytes: a line of a private key has 64.
const PART_BYTES_MIN: usize = 32;
/// How many bytes of a spelling are its key.
const KEY_BYTES: usize = SECRET_BYTES_MIN;
/// What RFC 3986 lets stand in an address as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

type Key = [u8; KEY_BYTES];

/// How a secret may be written.
#[derive(Copy, Clone, Debug)]
enum Spelling {
    Plain,
    /// In an address.
    Address,
    /// In a form, where a blank is `+`.
    Form,
    /// In JSON.
    Json,
    /// In base 64, as far as what may stand before and after it does not matter.
    Base64 {
        /// How many bytes stand before it, modulo 3.
        before: usize,
        alphabet: Alphabet,
    },
}

#[derive(Copy, Clone, Debug)]
enum Alphabet {
    /// With `+` and `/`.
    Standard,
    /// With `-` and `_`.
    Address,
    /// With `%2B` and `%2F`.
    Escaped,
}

/// Each secret by the first bytes of its spellings.
#[derive(Default)]
pub(super) struct Known {
    order: VecDeque<Arc<str>>,
    all: BTreeSet<Arc<str>>,
    by_key: HashMap<Key, Vec<(Arc<str>, Spelling)>>,
}

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Makes a secret known. Of a text of several lines, such as a private key, each long part is a secret.
pub fn remember(secret: &str) {
    let secret = secret.trim();
    if secret.contains(char::is_whitespace) {
        secret.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).for_each(remember_part);
    } else {
        remember_one(secret);
    }
}

/// Returns a secret for the one place that needs it, and makes it known.
pub fn exposed(secret: &SecretString) -> &str {
    #[expect(clippy::disallowed_methods, reason = "the place through which all others go")]
    let text = secret.expose_secret();
    remember(text);
    text
}

/// Returns the text of a file or an answer that holds secrets among other things; those become known when they are
/// used themselves.
pub fn opened(secret: &SecretString) -> &str {
    #[expect(clippy::disallowed_methods, reason = "the whole is no secret that anybody repeats")]
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

/// Returns a text with every known secret in it blanked.
pub(super) fn blank(text: &str) -> Cow<'_, str> {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    known.blank(text)
}

impl Known {
    pub(super) fn insert(&mut self, secret: Arc<str>) {
        if !self.all.insert(Arc::clone(&secret)) {
            return;
        }
        if self.order.len() == SECRETS_MAX {
            self.forget_oldest();
        }
        for spelling in spellings() {
            if let Some(key) = key_at(spelling.write(&secret).as_bytes()) {
                self.by_key.entry(key).or_default().push((Arc::clone(&secret), spelling));
            }
        }
        self.order.push_back(secret);
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        self.all.remove(&oldest);
        for spelling in spellings() {
            let Some(key) = key_at(spelling.write(&oldest).as_bytes()) else { continue };
            let Some(spelt) = self.by_key.get_mut(&key) else { continue };
            spelt.retain(|(secret, _)| *secret != oldest);
            if spelt.is_empty() {
                self.by_key.remove(&key);
            }
        }
    }

    pub(super) fn blank<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut blanked = String::new();
        let (mut from, mut at) = (0, 0);
        while let Some(rest) = text.as_bytes().get(at..).filter(|rest| rest.len() >= KEY_BYTES) {
            match self.length_at(rest) {
                0 => at += 1,
                length => {
                    blanked.push_str(text.get(from..at).unwrap_or_default());
                    blanked.push_str(BLANK);
                    at += length;
                    from = at;
                }
            }
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        blanked.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(blanked)
    }

    /// The length of the longest spelling of a secret at the start of a text; 0 if there is none.
    fn length_at(&self, text: &[u8]) -> usize {
        let spelt = key_at(text).and_then(|key| self.by_key.get(&key));
        let lengths = spelt.into_iter().flatten().map(|(secret, spelling)| {
            let written = spelling.write(secret);
            let start = text.get(..written.len());
            if start.is_some_and(|start| start.eq_ignore_ascii_case(written.as_bytes())) {
                written.len()
            } else {
                0
            }
        });
        lengths.max().unwrap_or(0)
    }
}

/// The key of what starts with these bytes. Letters are told in lower case, since some write header values so.
fn key_at(text: &[u8]) -> Option<Key> {
    let mut key = *text.first_chunk::<KEY_BYTES>()?;
    key.make_ascii_lowercase();
    Some(key)
}

fn spellings() -> impl Iterator<Item = Spelling> {
    let alphabets = [Alphabet::Standard, Alphabet::Address, Alphabet::Escaped];
    let in_base_64 = (0..3).flat_map(move |before| {
        alphabets.into_iter().map(move |alphabet| Spelling::Base64 { before, alphabet })
    });
    [Spelling::Plain, Spelling::Address, Spelling::Form, Spelling::Json].into_iter().chain(in_base_64)
}

impl Spelling {
    fn write(self, secret: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => Cow::Borrowed(secret),
            Self::Address => utf8_percent_encode(secret, UNRESERVED).into(),
            Self::Form => form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>().into(),
            Self::Json => {
                let quoted = serde_json::Value::from(secret).to_string();
                let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                inner.unwrap_or_default().to_owned().into()
            }
            Self::Base64 { before, alphabet } => alphabet.write(&in_base_64(before, secret)).into(),
        }
    }
}

/// The characters that stand for a secret alone where some bytes stand before it and others may follow.
fn in_base_64(before: usize, secret: &str) -> String {
    let bytes = [&[0; 3][..before], secret.as_bytes()].concat();
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    // 6 bits for a character: those that hold bits of what stands before or after are left out.
    let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    encoded.get(start..end).unwrap_or_default().to_owned()
}

impl Alphabet {
    fn write(self, standard: &str) -> String {
        match self {
            Self::Standard => standard.to_owned(),
            Self::Address => standard.replace('+', "-").replace('/', "_"),
            Self::Escaped => standard.replace('+', "%2B").replace('/', "%2F"),
        }
    }
}
