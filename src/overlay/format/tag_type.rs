//! Tags that whoever reads them does not take as the text that is written: `tag: 1.10` is the number 1.1.

use std::fmt;

use super::line::LineScalar;
use super::scan::{HiddenLine, ScanResult};
use super::spot::{ImageLocation, ScalarLocation, Writing};
use crate::overlay::document::go_yaml::{ScalarType, is_date, plain_type, rendered, scalar_type};
use crate::overlay::document::text::Text;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{NodeKind, ScalarStyle, Source};

/// Puts every image in doubt whose tag is not read as it is written. Spots within a block are left out: their
/// scalars are in another text.
pub(super) fn note(text: &Text, found: &mut ScanResult) {
    for index in 0..found.spots.len() {
        let spot = found.spots.get(index).filter(|spot| spot.within.is_none());
        let misread = spot.and_then(|spot| Some((text.line(spot.at.node()?), misread(text, spot)?)));
        if let Some((line, why)) = misread {
            mark(found, index, line, why);
        }
    }
}

/// As [`note`], in a file that is not parsed.
pub(super) fn note_on_lines(source: &Source, found: &mut ScanResult) {
    for index in 0..found.spots.len() {
        if let Some(spot) = found.spots.get(index)
            && let ScalarLocation::Line(scalar) = &spot.at
            && let Some(why) = misread_on_line(spot, scalar)
        {
            let line = source.position(scalar.range.start).line;
            mark(found, index, line, why);
        }
    }
}

fn mark(found: &mut ScanResult, index: usize, line: usize, why: String) {
    if let Some(spot) = found.spots.get_mut(index) {
        spot.is_misread = true;
        found.doubt(index, HiddenLine { limit: Limit::UnquotedTag, line, why });
    }
}

/// What is read instead of the tag of a spot; `None` if it is read as it is written, or has no scalar of its own.
pub(super) fn misread(text: &Text, spot: &ImageLocation) -> Option<String> {
    if !matches!(spot.writing, Writing::Parts { .. }) {
        return None;
    }
    let node = spot.at.node()?;
    let (read, written) = (scalar_type(text, node)?, text.written(node));
    let found = text.tree.node(node);
    let is_plain = matches!(&found.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. }) && !found.tagged;
    let is_object = matches!(spot.set_by, SetBy::HelmRelease | SetBy::Application) && spot.within.is_none();
    let is_date = is_plain && is_object && is_date(written);
    if read == ScalarType::Text && !is_date {
        return None;
    }
    let tag = Tag { key: spot.read_at().and_then(|node| text.key_of(node)), written };
    if is_date {
        return Some(format!("kustomize reads `{tag}` as a date and writes it with a time of day"));
    }
    // Kustomize reads objects as YAML 1.2, where these words are texts.
    let is_word = matches!(read, ScalarType::Boolean(_)) && !is_boolean_in_yaml_1_2(written);
    if is_word && is_object && !spot.is_typed {
        return Some(format!("`{tag}` is a text for kustomize and a boolean for kubectl"));
    }
    sentence(&tag, read, TagReader::of(spot))
}

fn is_boolean_in_yaml_1_2(written: &str) -> bool {
    ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(written))
}

/// As [`misread`], for a scalar on a line, where it stands without quotes.
fn misread_on_line(spot: &ImageLocation, scalar: &LineScalar) -> Option<String> {
    let is_plain = matches!(spot.writing, Writing::Parts { .. }) && scalar.style == ScalarStyle::Plain;
    if !is_plain {
        return None;
    }
    let tag = Tag { key: scalar.key.as_deref(), written: &scalar.value };
    sentence(&tag, plain_type(&scalar.value), TagReader::of(spot))
}

/// A tag as it is written.
struct Tag<'a> {
    /// Its key; `None` for an item of a list.
    key: Option<&'a str>,
    written: &'a str,
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = self.key {
            write!(formatter, "{key}: ")?;
        }
        formatter.write_str(self.written)
    }
}

/// Who reads a tag.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum TagReader {
    /// Helm, which gives the value to a chart's templates, whatever its type.
    Helm,
    /// Someone who is not known, and may take every type as Helm does.
    Unknown,
    /// Someone whose field takes text alone.
    Typed(&'static str),
}

impl TagReader {
    const fn of(spot: &ImageLocation) -> Self {
        if !spot.is_typed {
            let is_named = matches!(spot.set_by, SetBy::Renovate | SetBy::Marker | SetBy::Declared);
            return if is_named { Self::Unknown } else { Self::Helm };
        }
        match spot.set_by {
            SetBy::HelmValues | SetBy::Chart => Self::Typed("Helm"),
            SetBy::HelmRelease | SetBy::FluxKustomization | SetBy::OciRepository => Self::Typed("Flux"),
            SetBy::Application | SetBy::ArgoCdSource => Self::Typed("Argo CD"),
            SetBy::Manifest
            | SetBy::Patch
            | SetBy::Images
            | SetBy::Replacement
            | SetBy::Transformer
            | SetBy::Renovate
            | SetBy::Marker
            | SetBy::Declared => Self::Typed("kustomize"),
        }
    }
}

fn sentence(tag: &Tag<'_>, read: ScalarType, reader: TagReader) -> Option<String> {
    let (kind, rendered) = match read {
        ScalarType::Null | ScalarType::Text => return None,
        ScalarType::Tagged => {
            let named = tag.key.unwrap_or(tag.written);
            return Some(format!("`{named}` has a YAML tag (`!…`), which is not evaluated"));
        }
        ScalarType::Boolean(value) => ("a boolean", value.to_string()),
        ScalarType::Number(number) => ("a number", rendered(number)),
    };
    // Templates take 0 and false for no value at all (`default`).
    let is_kept = matches!(read, ScalarType::Number(number) if number != 0.0) && rendered == tag.written;
    match reader {
        TagReader::Typed(reader) => Some(format!("{reader} reads `{tag}` as {kind}, but it needs text")),
        TagReader::Helm | TagReader::Unknown if is_kept => None,
        TagReader::Unknown => {
            Some(format!("YAML reads `{tag}` as {kind}, which is rendered as `{rendered}`"))
        }
        TagReader::Helm => Some(format!("Helm reads `{tag}` as {kind} and renders `{rendered}`")),
    }
}
