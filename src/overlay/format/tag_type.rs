//! Tags that whoever reads them does not take as the text that is written: `tag: 1.10` is the number 1.1.

use super::line::LineScalar;
use super::sheet::{Found, Hidden};
use super::spot::{At, Spot, Writing};
use crate::overlay::go_yaml::{ScalarType, is_date, plain_type, rendered, scalar_type};
use crate::overlay::text::Text;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{NodeId, NodeKind, ScalarStyle, Source};

/// Puts every image in doubt whose tag is not read as it is written. Spots within a block are left out: their
/// scalars are in another text.
pub(super) fn note(text: &Text, found: &mut Found) {
    for index in 0..found.spots.len() {
        let spot = found.spots.get(index).filter(|spot| spot.within.is_none());
        let misread = spot.and_then(|spot| Some((text.line(node_of(spot)?), misread(text, spot)?)));
        if let Some((line, why)) = misread {
            mark(found, index, line, why);
        }
    }
}

/// As [`note`], in a file that is not parsed.
pub(super) fn note_on_lines(source: &Source, found: &mut Found) {
    for index in 0..found.spots.len() {
        if let Some(spot) = found.spots.get(index)
            && let At::Line(scalar) = &spot.at
            && let Some(why) = misread_on_line(spot, scalar)
        {
            let line = source.position(scalar.range.start).line;
            mark(found, index, line, why);
        }
    }
}

fn mark(found: &mut Found, index: usize, line: usize, why: String) {
    if let Some(spot) = found.spots.get_mut(index) {
        spot.is_misread = true;
        found.doubt(index, Hidden { limit: Limit::UnquotedTag, line, why });
    }
}

/// What is read instead of the tag of a spot; `None` if it is read as it is written, or has no scalar of its own.
pub(super) fn misread(text: &Text, spot: &Spot) -> Option<String> {
    let node = node_of(spot).filter(|_| matches!(spot.writing, Writing::Parts { .. }))?;
    let (read, written) = (scalar_type(text, node)?, text.written(node));
    let found = text.tree.node(node);
    let is_plain = matches!(&found.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. }) && !found.tagged;
    let is_object = matches!(spot.set_by, SetBy::HelmRelease | SetBy::Application) && spot.within.is_none();
    let is_date = is_plain && is_object && is_date(written);
    if read == ScalarType::Text && !is_date {
        return None;
    }
    let key = key_of(text, spot.aliases.first().copied().unwrap_or(node));
    if is_date {
        return Some(format!(
            "kustomize reads `{key}: {written}` as a date and writes it with a time of day"
        ));
    }
    // Kustomize reads objects as YAML 1.2, where these words are texts.
    let is_word = matches!(read, ScalarType::Boolean(_)) && !is_boolean_in_yaml_1_2(written);
    if is_word && is_object && !spot.is_typed {
        return Some(format!("`{key}: {written}` is a text for kustomize and a boolean for kubectl"));
    }
    sentence(&Tag { key, written }, read, Reader::of(spot))
}

fn is_boolean_in_yaml_1_2(written: &str) -> bool {
    ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(written))
}

const fn node_of(spot: &Spot) -> Option<NodeId> {
    match spot.at {
        At::Node(node) => Some(node),
        At::Line(_) => None,
    }
}

/// As [`misread`], for a scalar on a line, where it stands without quotes.
fn misread_on_line(spot: &Spot, scalar: &LineScalar) -> Option<String> {
    let is_plain = matches!(spot.writing, Writing::Parts { .. }) && scalar.style == ScalarStyle::Plain;
    let tag = Tag { key: "tag", written: &scalar.value };
    sentence(&tag, plain_type(&scalar.value), Reader::of(spot)).filter(|_| is_plain)
}

/// A tag as it is written.
struct Tag<'a> {
    key: &'a str,
    written: &'a str,
}

/// Who reads a tag.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Reader {
    /// Helm, which gives the value to a chart's templates, whatever its type.
    Helm,
    /// Someone who is not known, and may take every type as Helm does.
    Unknown,
    /// Someone whose field takes text alone.
    Typed(&'static str),
}

impl Reader {
    const fn of(spot: &Spot) -> Self {
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

fn sentence(tag: &Tag<'_>, read: ScalarType, reader: Reader) -> Option<String> {
    let Tag { key, written } = tag;
    let (kind, rendered) = match read {
        ScalarType::Null | ScalarType::Text => return None,
        ScalarType::Tagged => {
            return Some(format!("`{key}` has a YAML tag (`!…`), which is not evaluated"));
        }
        ScalarType::Boolean(value) => ("a boolean", value.to_string()),
        ScalarType::Number(number) => ("a number", rendered(number)),
    };
    // Templates take 0 and false for no value at all (`default`).
    let is_kept = matches!(read, ScalarType::Number(number) if number != 0.0) && rendered == *written;
    match reader {
        Reader::Typed(reader) => {
            Some(format!("{reader} reads `{key}: {written}` as {kind}, but it needs text"))
        }
        Reader::Helm | Reader::Unknown if is_kept => None,
        Reader::Unknown => {
            Some(format!("YAML reads `{key}: {written}` as {kind}, which is rendered as `{rendered}`"))
        }
        Reader::Helm => Some(format!("Helm reads `{key}: {written}` as {kind} and renders `{rendered}`")),
    }
}

/// The key under which a node is.
fn key_of(text: &Text, node: NodeId) -> &str {
    let entries = text.tree.parent(node).map(|map| text.tree.entries(map)).unwrap_or_default();
    let key = entries.iter().find(|(_, value)| *value == node).and_then(|(key, _)| text.tree.scalar(*key));
    key.unwrap_or("tag")
}
