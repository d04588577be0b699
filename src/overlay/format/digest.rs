//! Digests that have a scalar of their own: whole, or the hexadecimal digits alone, as charts such as Grafana's take
//! them (`image.sha`, which the template writes behind `@sha256:`).

use crate::model::Digest;
use crate::yaml::NodeId;

/// The algorithm that is meant where a scalar holds the digits alone.
const ALGORITHM: &str = "sha256:";
/// The same in names where a colon is not allowed, such as the labels of Kubernetes.
const ALGORITHM_DASHED: &str = "sha256-";
/// How many hexadecimal digits a SHA-256 digest has.
const DIGITS: usize = 64;

/// How a scalar spells a digest.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum DigestSpelling {
    /// With its algorithm: `sha256:…`.
    Whole,
    /// With a dash behind the algorithm: `sha256-…`.
    Dashed,
    /// The digits alone.
    Digits,
}

/// A scalar that holds a digest and nothing else.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct DigestScalar {
    /// The scalar.
    pub(super) node: NodeId,
    /// How the digest is spelled there.
    pub(super) spelling: DigestSpelling,
}

impl DigestSpelling {
    /// A digest and how it is spelled; `None` for any other text.
    pub(super) fn read(text: &str) -> Option<(Digest, Self)> {
        if let Ok(digest) = Digest::new(text) {
            return Some((digest, Self::Whole));
        }
        let (digits, spelling) = match text.strip_prefix(ALGORITHM_DASHED) {
            Some(digits) => (digits, Self::Dashed),
            None => (text, Self::Digits),
        };
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let digest = Digest::new(format!("{ALGORITHM}{}", digits.to_ascii_lowercase())).ok()?;
        Some((digest, spelling))
    }

    /// The text of a digest, empty for none; `None` where the digits would stand for another digest.
    pub(super) fn write(self, digest: Option<&Digest>) -> Option<String> {
        let Some(digest) = digest else { return Some(String::new()) };
        match self {
            Self::Whole => Some(digest.to_string()),
            Self::Dashed => {
                digest.as_str().strip_prefix(ALGORITHM).map(|digits| format!("{ALGORITHM_DASHED}{digits}"))
            }
            Self::Digits => digest.as_str().strip_prefix(ALGORITHM).map(str::to_owned),
        }
    }
}

/// The digits of a SHA-256 digest in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    /// The 64 hexadecimal digits, in lower case.
    pub(super) digits: String,
    /// Whether the algorithm stands before them, in upper or lower case.
    pub(super) has_algorithm: bool,
}

/// Every SHA-256 digest in a text.
pub(super) fn digits_in(text: &str) -> Vec<Digits> {
    let mut found = Vec::new();
    if text.len() < DIGITS {
        return found;
    }
    let is_other = |c: char| !c.is_ascii_hexdigit();
    let mut start = 0;
    for piece in text.split_inclusive(is_other) {
        let run = piece.trim_end_matches(is_other);
        if run.len() == DIGITS {
            let before = text.get(..start).unwrap_or_default();
            let algorithm = before.len().checked_sub(ALGORITHM.len()).and_then(|at| before.get(at..));
            let is_algorithm = |found: &str| {
                [ALGORITHM, ALGORITHM_DASHED].iter().any(|algorithm| found.eq_ignore_ascii_case(algorithm))
            };
            let has_algorithm = algorithm.is_some_and(is_algorithm);
            found.push(Digits { digits: run.to_ascii_lowercase(), has_algorithm });
        }
        start += piece.len();
    }
    found
}
