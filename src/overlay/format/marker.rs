//! Flux's markers, `# {"$imagepolicy": "namespace:name[:tag|:name|:digest]"}`: a comment behind a scalar says which
//! policy sets it. The comment itself is never touched.
//!
//! Beyond Flux: a marker on the line above works too, so does one in a template, and what cannot be resolved is said.

use serde_json::Value;

use super::digest::DigestSpelling;
use super::line::{Line, LineScalar, lines};
use crate::model::{Marker, NameError};
use crate::overlay::document::text::holds;
use crate::overlay::document::written::WrittenImage;

/// What a marker is recognised by, before anything is read.
const KEY: &str = "$imagepolicy";

/// Which part of an image a scalar holds.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum Part {
    /// Name, tag and digest.
    Whole,
    /// The name alone.
    Name,
    /// The tag alone.
    Tag,
    /// The digest alone.
    Digest,
}

/// A marker and the scalar that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct Marked {
    /// The line of the scalar, from 1.
    pub(in crate::overlay) line: usize,
    /// The policy.
    pub(in crate::overlay) marker: Marker,
    /// What the scalar holds.
    pub(in crate::overlay) part: Part,
    /// The scalar.
    pub(in crate::overlay) scalar: LineScalar,
}

/// Whether a file can hold a marker at all.
pub(in crate::overlay) fn could_hold(bytes: &[u8]) -> bool {
    holds(bytes, KEY)
}

/// All markers of a text, and the lines with one that cannot be used, with the reason.
pub(in crate::overlay) fn find(text: &str) -> (Vec<Marked>, Vec<(usize, String)>) {
    let (mut found, mut unusable) = (Vec::new(), Vec::new());
    let mut above = None;
    for line in lines(text) {
        let own = line.scalar();
        let comment = own.as_ref().and_then(|(_, comment)| *comment).filter(|comment| comment.contains(KEY));
        let from_above = if own.is_some() { above.take() } else { None };
        let marker = comment.map(read).or(from_above);
        above = line.only_comment().filter(|comment| is_marker_alone(comment)).map(read);
        match (marker, own) {
            (Some(Ok((marker, part))), Some((scalar, _))) => {
                found.push(Marked { line: line.number, marker, part, scalar });
            }
            (Some(Err(why)), _) => unusable.push((line.number, why)),
            (None, None) if is_behind_something_else(&line) => {
                let why = "the marker does not follow a scalar on its line".to_owned();
                unusable.push((line.number, why));
            }
            (Some(Ok(_)), None) | (None, _) => {}
        }
    }
    (found, unusable)
}

/// Whether a comment that has its line for itself is a marker for the line below; else it is a line that was commented
/// out, with the marker behind it.
fn is_marker_alone(comment: &str) -> bool {
    comment.trim_start().starts_with('{') && comment.contains(KEY)
}

fn is_behind_something_else(line: &Line<'_>) -> bool {
    line.text.contains(KEY) && line.only_comment().is_none()
}

/// The comment is one JSON object of texts, and nothing else.
fn read(comment: &str) -> Result<(Marker, Part), String> {
    let wrong = |why: String| format!("the marker {why}; write `{{\"{KEY}\": \"namespace:name:tag\"}}`");
    let object: Value =
        serde_json::from_str(comment.trim()).map_err(|_| wrong("is not a JSON object".to_owned()))?;
    let object = object.as_object().ok_or_else(|| wrong("is not a JSON object".to_owned()))?;
    if object.values().any(|value| !value.is_string()) {
        return Err(wrong("contains a value that is not a string".to_owned()));
    }
    let policy = object.get(KEY).and_then(Value::as_str).ok_or_else(|| wrong(format!("has no `{KEY}`")))?;
    let mut parts = policy.splitn(3, ':');
    let (namespace, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let part = match parts.next() {
        None => Part::Whole,
        Some("name") => Part::Name,
        Some("tag") => Part::Tag,
        Some("digest") => Part::Digest,
        Some(other) => return Err(wrong(format!("ends with `:{other}`, not `:tag`, `:name` or `:digest`"))),
    };
    let marker =
        Marker::new(format!("{namespace}:{name}")).map_err(|error: NameError| wrong(error.to_string()))?;
    Ok((marker, part))
}

impl Marked {
    /// What the scalar says; a part alone goes by the name of the image that the policy is about.
    pub(in crate::overlay) fn written(&self, name: &str) -> WrittenImage {
        let value = || Some(self.scalar.value.clone()).filter(|value| !value.is_empty());
        let of = |tag, digest| WrittenImage { name: name.to_owned(), tag, digest };
        match self.part {
            Part::Whole => WrittenImage::new(&self.scalar.value),
            Part::Name => WrittenImage::new(&self.scalar.value),
            Part::Tag => of(value(), None),
            Part::Digest => {
                let digest = DigestSpelling::read(&self.scalar.value).map(|(digest, _)| digest.to_string());
                of(None, digest.or_else(value))
            }
        }
    }
}
