//! An image as a file spells it. Placeholders such as `APP_IMAGE` are not valid names, and `images` may still give
//! them one, so nothing is checked before the end.

use std::fmt;

use crate::model::{ImageError, ImageReference};
use crate::overlay::limit::Limit;

/// What the variables begin with that Flux substitutes after a build: `${TAG}`, `${TAG:=1.0.0}`.
/// <https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution>
pub(in crate::overlay) const SUBSTITUTION: &str = "${";

/// Why an image cannot be read.
pub(in crate::overlay) struct Unreadable {
    /// The row of the table of limits.
    pub(in crate::overlay) limit: Limit,
    /// The reason.
    pub(in crate::overlay) why: String,
}

/// An image split as kustomize splits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct WrittenImage {
    pub(in crate::overlay) name: String,
    pub(in crate::overlay) tag: Option<String>,
    pub(in crate::overlay) digest: Option<String>,
}

impl WrittenImage {
    /// Splits at the first `@`, and before that at the first `:` behind the host.
    pub(in crate::overlay) fn new(text: &str) -> Self {
        let (rest, digest) = split(text, '@', 0);
        let (name, tag) = split(rest, ':', rest.find('/').unwrap_or(0));
        Self { name: name.to_owned(), tag, digest }
    }

    /// What keeps it from being read as a reference.
    pub(in crate::overlay) fn unreadable(&self) -> Unreadable {
        let text = self.to_string();
        if text.contains(SUBSTITUTION) {
            let why = format!("`{text}` holds a variable, which Flux fills in when it deploys");
            return Unreadable { limit: Limit::Substitution, why };
        }
        let why = if self.has_two_tags() {
            format!(
                "`{text}` has two tags; write a tag without `:`, and a name such as `newName` without a tag"
            )
        } else {
            format!("`{text}` is not an image that can be read")
        };
        Unreadable { limit: Limit::NotAnImage, why }
    }

    /// Whether what stands before the last tag has a tag, too.
    fn has_two_tags(&self) -> bool {
        let text = self.to_string();
        let rest = text.split('@').next().unwrap_or_default();
        rest.rsplit('/').next().is_some_and(|last| last.matches(':').count() > 1)
    }

    /// The checked reference; a tag may bring a digest with it, as `newTag: v1@sha256:…` does.
    pub(in crate::overlay) fn reference(&self) -> Result<ImageReference, ImageError> {
        self.to_string().parse()
    }
}

fn split(text: &str, separator: char, from: usize) -> (&str, Option<String>) {
    let at = text.get(from..).and_then(|rest| rest.find(separator)).map(|at| from + at);
    match at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
        Some((before, after)) => (before, Some(after.to_owned())),
        None => (text, None),
    }
}

impl fmt::Display for WrittenImage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}
