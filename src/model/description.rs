//! What an artifact says about itself: its kind, where it comes from, when it was made, what it runs on.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{Time, words};

/// Longest text that is kept of a label, in bytes.
const TEXT_BYTES_MAX: usize = 256;
/// Longest part of a platform, in bytes.
const PLATFORM_PART_BYTES_MAX: usize = 64;
/// Builds that shall be the same each time set their clock to an early year; such a date says nothing.
const YEAR_MIN: i32 = 1990;

words! {
    /// What kind of thing an artifact is.
    ArtifactKind {
        /// A container image, for one platform or several.
        Image = "image",
        /// A Helm chart.
        Chart = "chart",
        /// Anything else that a registry can hold.
        Other = "other",
    }
}

/// Why an artifact cannot run and cannot be compared, whatever it says about itself. The texts are clauses such as
/// `its manifest ... cannot be read`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Defect {
    /// A manifest or a configuration cannot be read.
    Unreadable(String),
    /// The index names no image, as that of a build cache.
    NoImage,
    /// The manifest is that of a build cache.
    BuildCache,
    /// The registry lacks something that the artifact names. A push repairs that.
    Missing(String),
}

impl Defect {
    /// Whether the digest has this defect for ever.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        match self {
            Self::Unreadable(_) | Self::NoImage | Self::BuildCache => true,
            Self::Missing(_) => false,
        }
    }
}

/// Whether a date says when something was made.
#[must_use]
pub fn is_usable_date(date: Time) -> bool {
    use chrono::Datelike as _;
    date.year() >= YEAR_MIN
}

/// What an artifact says about itself. Nothing here is proven: whoever pushed it wrote it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Description {
    /// What kind of thing it is.
    pub kind: ArtifactKind,
    /// When it was made, as it states; see [`Description::made`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// Where its source code is, usually an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Which commit of the source it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Which version it claims to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it runs on; nothing where that cannot be said, as of a chart.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub platforms: BTreeSet<Platform>,
    /// Why it is unusable; `None` if it is usable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<Defect>,
}

impl Description {
    /// A description that says nothing but the kind.
    #[must_use]
    pub const fn of(kind: ArtifactKind) -> Self {
        Self {
            kind,
            created: None,
            source: None,
            revision: None,
            version: None,
            platforms: BTreeSet::new(),
            defect: None,
        }
    }

    /// When it was made; `None` if it does not say so, or states a date that builds use as a placeholder.
    #[must_use]
    pub fn made(&self) -> Option<Time> {
        self.created.filter(|date| is_usable_date(*date))
    }

    /// A label's text as it is kept: no control characters, at most 256 bytes; nothing where none is left.
    #[must_use]
    pub fn text(label: &str) -> Option<String> {
        let mut text: String =
            label.trim().chars().filter(|c| !c.is_control()).take(TEXT_BYTES_MAX).collect();
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        (!text.is_empty()).then_some(text)
    }
}

/// Why a text is not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a platform; write `os/architecture` or `os/architecture/variant`, such as `linux/arm64/v8`",
    crate::sanitize::line(.0)
)]
pub struct PlatformError(String);

/// What an image runs on, such as `linux/arm64/v8`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

impl Platform {
    /// A platform of these parts; an empty variant is none.
    ///
    /// # Errors
    /// Where a part is empty, too long, or has other characters than letters, digits, `.`, `_` and `-`.
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Result<Self, PlatformError> {
        let variant = variant.filter(|variant| !variant.is_empty());
        if ![Some(os), Some(architecture), variant].into_iter().flatten().all(is_part) {
            let parts: Vec<&str> = [Some(os), Some(architecture), variant].into_iter().flatten().collect();
            return Err(PlatformError(parts.join("/")));
        }
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.map(str::to_owned),
        })
    }

    /// Whether an artifact for this platform runs where that one is asked for: without a variant, any will do.
    #[must_use]
    pub fn runs(&self, wanted: &Self) -> bool {
        (&self.os, &self.architecture) == (&wanted.os, &wanted.architecture)
            && (wanted.variant.is_none() || wanted.variant == self.variant)
    }

    /// The operating system, such as `linux`.
    #[must_use]
    pub fn os(&self) -> &str {
        &self.os
    }

    /// The architecture, such as `arm64`.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The variant, such as `v8`.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        self.variant.iter().try_for_each(|variant| write!(formatter, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.split('/').collect();
        let platform = match parts.as_slice() {
            [os, architecture] => Self::new(os, architecture, None),
            [os, architecture, variant] if !variant.is_empty() => Self::new(os, architecture, Some(variant)),
            _ => Err(PlatformError(text.to_owned())),
        };
        platform.map_err(|_| PlatformError(text.to_owned()))
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;

    fn try_from(text: String) -> Result<Self, PlatformError> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

fn is_part(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.len() <= PLATFORM_PART_BYTES_MAX && text.chars().all(is_fine)
}

#[cfg(test)]
mod tests;
