//! Images, tags and digests, checked against the grammar of the OCI distribution specification.

use std::fmt;
use std::str::FromStr;

use super::checked_text;
use crate::sanitize::line;

/// Why a text is not an image name, tag, digest or reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// The name part breaks the grammar.
    #[error("`{}` is not an image name; write `host/repository` in lower case, such as `ghcr.io/acme/shop`", line(.0))]
    Name(String),
    /// The tag breaks the grammar.
    #[error(
        "`{}` is not an image tag; it has at most 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`",
        line(.0)
    )]
    Tag(String),
    /// The digest breaks the grammar or uses an algorithm that is not allowed.
    #[error("`{}` is not a digest; write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128", line(.0))]
    Digest(String),
}

checked_text!(
    /// An image without tag or digest, such as `127.0.0.1:5000/acme/shop`.
    ImageName, is_image_name, ImageError, ImageError::Name
);
checked_text!(
    /// A tag, such as `1.10.0`.
    Tag, is_tag, ImageError, ImageError::Tag
);
checked_text!(
    /// A digest, such as `sha256:…`.
    Digest, is_digest, ImageError, ImageError::Digest
);

impl ImageName {
    /// The registry's host and port; `docker.io` where the name has none.
    #[must_use]
    pub fn host(&self) -> &str {
        self.split().0
    }

    /// The repository within the registry; official Docker Hub images get their `library/`.
    #[must_use]
    pub fn repository(&self) -> String {
        let (host, path) = self.split();
        if host == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path.to_owned() }
    }

    /// Whether both names mean one repository of one registry: `postgres` is `docker.io/library/postgres`.
    #[must_use]
    pub fn is_same_repository(&self, other: &Self) -> bool {
        self == other || (self.host() == other.host() && self.repository() == other.repository())
    }

    /// Splits host and path; the first part is a host if it has a dot or a port, or is `localhost`. Docker takes
    /// `index.docker.io` for `docker.io`: <https://github.com/distribution/reference/blob/main/normalize.go>
    fn split(&self) -> (&str, &str) {
        match self.0.split_once('/') {
            Some(("index.docker.io", path)) => ("docker.io", path),
            Some((host, path)) if is_host(host) => (host, path),
            _ => ("docker.io", &self.0),
        }
    }
}

impl Digest {
    /// The algorithm and the first twelve digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        let end = self.0.find(':').map_or(0, |colon| colon + 13);
        self.0.get(..end).unwrap_or(&self.0)
    }
}

/// An image as written in a file: a name, with a tag or digest or both or neither.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ImageReference {
    /// The name without tag or digest.
    pub image: ImageName,
    /// The tag, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// The digest, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl ImageReference {
    /// Whether this can be the same artifact as another reference: the same image, no part that differs, and at least
    /// one part, tag or digest, that both have.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let parts =
            [same(self.tag.as_ref(), other.tag.as_ref()), same(self.digest.as_ref(), other.digest.as_ref())];
        self.image == other.image && !parts.contains(&Some(false)) && parts.contains(&Some(true))
    }

    /// What is pulled: the digest where there is one, whatever the tag points to by now; else the tag.
    #[must_use]
    pub fn pulled(&self) -> Self {
        let tag = if self.digest.is_some() { None } else { self.tag.clone() };
        Self { image: self.image.clone(), tag, digest: self.digest.clone() }
    }
}

/// Whether two parts are the same; `None` if one of them is missing.
fn same<T: PartialEq>(left: Option<&T>, right: Option<&T>) -> Option<bool> {
    Some(left? == right?)
}

impl FromStr for ImageReference {
    type Err = ImageError;

    fn from_str(text: &str) -> Result<Self, ImageError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::new(digest)?)),
            None => (text, None),
        };
        let name_start = rest.rfind('/').map_or(0, |slash| slash + 1);
        let colon = rest.get(name_start..).and_then(|last| last.find(':')).map(|at| name_start + at);
        let (name, tag) = match colon.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((name, tag)) => (name, Some(Tag::new(tag)?)),
            None => (rest, None),
        };
        Ok(Self { image: ImageName::new(name)?, tag, digest })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.image)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

fn is_host(text: &str) -> bool {
    text == "localhost" || text.contains(['.', ':'])
}

fn is_image_name(text: &str) -> bool {
    let (host, path) = match text.split_once('/') {
        Some((host, path)) if is_host(host) => (Some(host), path),
        _ => (None, text),
    };
    let host_is_fine = |host: &str| {
        let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
            && port.is_none_or(|port| port.parse::<u16>().is_ok())
    };
    text.len() <= 255 && host.is_none_or(host_is_fine) && path.split('/').all(is_path_component)
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_path_component(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators_are_fine = text
        .split(is_plain)
        .filter(|separator| !separator.is_empty())
        .all(|separator| matches!(separator, "." | "_" | "__") || separator.chars().all(|c| c == '-'));
    text.starts_with(is_plain) && text.ends_with(is_plain) && separators_are_fine
}

fn is_tag(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    text.len() <= 128 && starts_well && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let digits = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == digits && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

#[cfg(test)]
mod tests;
