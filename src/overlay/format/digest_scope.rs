//! The digests in the document that configures an image, each with where it is: beside the tag, above it, below it or
//! elsewhere.

use std::collections::BTreeMap;

use super::digest::{DigestSpelling, Digits, digits_in};
use super::helm_values::names_image;
use super::spot::ScalarLocation;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::yaml::{NodeId, NodeKind};

/// The key of values that Helm gives to every part of a chart.
const GLOBAL: &str = "global";
/// Keys that say what the mapping around them is about, beside those that name an image.
const OWN_KEYS: [&str; 8] = ["name", "tag", "version", "registry", "repo", "url", "path", "file"];

/// The digests of a document, or of one mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope {
    /// The digests, in the order of the text.
    pub(super) digests: Vec<DigestBeside>,
    /// What is around each mapping and list on the way to a digest.
    above: BTreeMap<NodeId, EnclosingNode>,
}

/// What is around a mapping or list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EnclosingNode {
    collection: NodeId,
    /// The key under which it is there.
    key: String,
}

/// A scalar that holds a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DigestBeside {
    /// The scalar.
    pub(super) at: ScalarLocation,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Its key.
    pub(super) key: String,
    /// The hexadecimal digits of the digests in it.
    pub(super) digits: Vec<String>,
    /// The mapping, or the list of parameters, that it is a value of; `None` in a text that is not parsed.
    pub(super) collection: Option<NodeId>,
    /// Whether it can be the digest of an image whose digest is not known: it is written or named as a digest.
    pub(super) is_likely: bool,
    /// As `is_likely`, for an image that is not beside it.
    pub(super) is_likely_elsewhere: bool,
    /// The nearest mapping around it that says what it is about.
    owner: Option<Owner>,
    /// The name of the image that the text itself refers to.
    refers_to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    mapping: NodeId,
    /// The name of the image that it names.
    image: Option<String>,
}

/// Where a spot is in its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SpotPlace {
    /// The mapping or list of parameters that its scalar is a value of, and all that are around it.
    pub(super) collections: Vec<NodeId>,
    /// What stands before the last dot of its name.
    pub(super) prefix: String,
    /// Whether the innermost of them is about this image alone.
    pub(super) is_image: bool,
}

impl Scope {
    /// The digests of a whole document.
    pub(super) fn document(text: &Text, root: NodeId) -> Self {
        let mut reader = Reader { text, scope: Self::default() };
        reader.below(root, None, "", None);
        reader.scope
    }

    /// The digests among the values of one mapping or list of parameters.
    pub(super) fn collection(text: &Text, collection: NodeId) -> Self {
        let mut reader = Reader { text, scope: Self::default() };
        let of = text.key_of(collection).unwrap_or_default();
        for Named { name, value } in named_values(text, collection) {
            reader.scalar(value, ScalarContext { key: name, of, collection, owner: None });
        }
        reader.scope
    }

    /// Digests of which nothing but their lines is known.
    pub(super) const fn of_lines(digests: Vec<DigestBeside>) -> Self {
        Self { digests, above: BTreeMap::new() }
    }

    /// How a digest lies to a spot.
    pub(super) fn relation(&self, digest: &DigestBeside, place: &SpotPlace) -> Relation {
        let Some(collection) = digest.collection else { return Relation::Beside };
        if place.collections.first() == Some(&collection) {
            return Relation::among(dotted_prefix(&digest.key), &place.prefix);
        }
        let (mut here, mut key) = (collection, digest.key.as_str());
        while !place.collections.contains(&here) {
            let Some(above) = self.above.get(&here) else { return Relation::Elsewhere };
            (here, key) = (above.collection, above.key.as_str());
        }
        let is_around = here == collection;
        let is_within = place.is_image && place.collections.first() == Some(&here);
        let is_foreign =
            digest.owner.as_ref().is_some_and(|owner| !place.collections.contains(&owner.mapping));
        let is_about_images = key == GLOBAL || speaks_of_image(key);
        match (is_foreign, is_around || is_within || is_about_images) {
            (false, true) => Relation::Around,
            (true, _) | (false, false) => Relation::Elsewhere,
        }
    }
}

/// How a digest lies to the tag of an image.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// In the same mapping.
    Beside,
    /// In a mapping around it, below it, or in one for the whole chart or for images.
    Around,
    /// In a mapping about something else.
    Elsewhere,
}

impl Relation {
    /// Of two names in one mapping or list of parameters, by what stands before their last dots.
    fn among(digest: &str, spot: &str) -> Self {
        if digest == spot {
            Self::Beside
        } else if digest.starts_with(spot) || spot.starts_with(digest) || digest == "global." {
            // The empty beginning of `imageDigest` is around `image.`; `proxy.image.` is not below an empty one.
            if spot.is_empty() { Self::Elsewhere } else { Self::Around }
        } else {
            Self::Elsewhere
        }
    }
}

impl DigestBeside {
    /// A digest on a line of a text that is not parsed.
    pub(super) fn on_line(at: ScalarLocation, line: usize, key: String, value: &str) -> Option<Self> {
        let found = digits_in(value);
        let is_likely = is_likely(value, &found, "", &key);
        Some(Self { line, key, is_likely, ..Self::of(at, value, found)? })
    }

    fn of(at: ScalarLocation, value: &str, found: Vec<Digits>) -> Option<Self> {
        let digits: Vec<String> = found.into_iter().map(|found| found.digits).collect();
        let written = WrittenImage::new(value);
        let refers =
            written.digest.is_some() && written.name.contains(['/', '.']) && !value.contains(['\n', ' ']);
        (!digits.is_empty()).then(|| Self {
            at,
            line: 0,
            key: String::new(),
            digits,
            collection: None,
            is_likely: false,
            is_likely_elsewhere: false,
            owner: None,
            refers_to: refers.then_some(written.name),
        })
    }

    /// Whether it is the digest of an image of another name.
    pub(super) fn is_of_another(&self, image: &str, place: &SpotPlace) -> bool {
        let is_other = |name: &str| !image.ends_with(name) && !name.ends_with(image);
        let owner = self.owner.as_ref().filter(|owner| !place.collections.contains(&owner.mapping));
        let of_owner = owner.and_then(|owner| owner.image.as_deref());
        self.refers_to.as_deref().is_some_and(is_other) || of_owner.is_some_and(is_other)
    }
}

/// What is around a scalar.
#[derive(Copy, Clone)]
struct ScalarContext<'a> {
    key: &'a str,
    /// The key of the collection.
    of: &'a str,
    collection: NodeId,
    owner: Option<&'a Owner>,
}

struct Reader<'a> {
    text: &'a Text,
    scope: Scope,
}

impl Reader<'_> {
    /// As deep as `yaml::DEPTH_MAX`.
    fn below(&mut self, node: NodeId, above: Option<NodeId>, key: &str, owner: Option<&Owner>) {
        let text = self.text;
        let before = self.scope.digests.len();
        let own = owner_of(text, node);
        let owner = own.as_ref().or(owner);
        match &text.tree.node(node).kind {
            NodeKind::Mapping(entries) => {
                for (key_node, value) in entries {
                    let name = text.tree.scalar(*key_node).unwrap_or_default();
                    self.key(*key_node, name, node);
                    self.value(*value, node, ScalarContext { key: name, of: key, collection: node, owner });
                }
            }
            NodeKind::Sequence(items) => {
                for item in items {
                    match parameter(text, *item) {
                        Some(Named { name, value }) => {
                            self.value(
                                value,
                                node,
                                ScalarContext { key: name, of: key, collection: node, owner },
                            );
                        }
                        None => {
                            self.value(*item, node, ScalarContext { key, of: key, collection: node, owner })
                        }
                    }
                }
            }
            NodeKind::Scalar { .. } | NodeKind::Alias => {}
        }
        if let Some(above) = above
            && self.scope.digests.len() > before
        {
            self.scope.above.insert(node, EnclosingNode { collection: above, key: key.to_owned() });
        }
    }

    /// A digest as a key is never taken for one that is not known.
    fn key(&mut self, node: NodeId, key: &str, collection: NodeId) {
        if let Some(digest) = DigestBeside::of(ScalarLocation::Node(node), key, digits_in(key)) {
            let (line, key) = (self.text.line(node), key.to_owned());
            self.scope.digests.push(DigestBeside { line, key, collection: Some(collection), ..digest });
        }
    }

    fn value(&mut self, value: NodeId, collection: NodeId, around: ScalarContext<'_>) {
        match &self.text.tree.node(value).kind {
            NodeKind::Scalar { .. } | NodeKind::Alias => self.scalar(value, around),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                self.below(value, Some(collection), around.key, around.owner);
            }
        }
    }

    fn scalar(&mut self, value: NodeId, around: ScalarContext<'_>) {
        let ScalarContext { key, of, collection, owner } = around;
        let node = self.text.resolved(value);
        let Some(written) = self.text.tree.scalar(node) else { return };
        let found = digits_in(written);
        let (is_likely, is_likely_elsewhere) =
            (is_likely(written, &found, of, key), is_likely_elsewhere(written, &found, of, key));
        let Some(digest) = DigestBeside::of(ScalarLocation::Node(node), written, found) else { return };
        self.scope.digests.push(DigestBeside {
            line: self.text.line(value),
            key: key.to_owned(),
            collection: Some(collection),
            is_likely,
            is_likely_elsewhere,
            owner: owner.cloned(),
            ..digest
        });
    }
}

/// A mapping with a key that says what it is about.
fn owner_of(text: &Text, mapping: NodeId) -> Option<Owner> {
    let (mut is_owner, mut image) = (false, None);
    for (key, value) in text.tree.entries(mapping) {
        let Some(key) = text.tree.scalar(*key) else { continue };
        let Some(value) = text.tree.scalar(text.resolved(*value)) else { continue };
        if names_image(key) {
            is_owner = true;
            image = Some(WrittenImage::new(value).name);
        }
        is_owner |= OWN_KEYS.contains(&key);
    }
    is_owner.then_some(Owner { mapping, image })
}

/// A named value of a mapping, or of a list of parameters.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) value: NodeId,
}

fn parameter(text: &Text, item: NodeId) -> Option<Named<'_>> {
    let name = text.tree.scalar(text.tree.get(item, "name")?)?;
    Some(Named { name, value: text.tree.get(item, "value")? })
}

/// The values of a mapping, or of a list of parameters.
pub(super) fn named_values(text: &Text, collection: NodeId) -> Vec<Named<'_>> {
    let entry =
        |(key, value): &(NodeId, NodeId)| Some(Named { name: text.tree.scalar(*key)?, value: *value });
    match &text.tree.node(collection).kind {
        NodeKind::Mapping(entries) => entries.iter().filter_map(entry).collect(),
        NodeKind::Sequence(items) => items.iter().filter_map(|item| parameter(text, *item)).collect(),
        NodeKind::Scalar { .. } | NodeKind::Alias => Vec::new(),
    }
}

/// Whether a value is about a digest. The digits alone may also be a secret or the like, so they count only where
/// their name, or what they belong to, speaks of a digest or an image.
fn is_likely(value: &str, found: &[Digits], of: &str, name: &str) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["digest", "sha", "hash", "checksum", "image", "pin"].iter().any(|word| text.contains(word))
    };
    match DigestSpelling::read(value) {
        Some((_, DigestSpelling::Whole | DigestSpelling::Dashed)) => true,
        Some((_, DigestSpelling::Digits)) => speaks(name) || speaks(of),
        None => !value.contains('\n') && found.iter().any(|found| found.has_algorithm),
    }
}

/// As [`is_likely`], for an image that is not beside it: what has a checksum of its own is mostly something else.
fn is_likely_elsewhere(value: &str, found: &[Digits], of: &str, name: &str) -> bool {
    let is_checksum = ["checksum", "hash"].iter().any(|word| name.to_ascii_lowercase().contains(word));
    let is_digits =
        DigestSpelling::read(value).is_some_and(|(_, spelling)| spelling == DigestSpelling::Digits);
    let speaks = speaks_of_image(name) || speaks_of_image(of);
    is_likely(value, found, of, name) && !is_checksum && (!is_digits || speaks)
}

/// Whether a key speaks of an image or its digest.
fn speaks_of_image(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["digest", "sha256", "image", "pin"].iter().any(|word| key.contains(word)) || key == "sha"
}

/// What stands before the last dot of a name, the dot included.
pub(super) fn dotted_prefix(name: &str) -> &str {
    name.rfind('.').map_or("", |dot| &name[..=dot])
}

/// The digest on a line of a text that is not parsed.
pub(super) fn digest_on(line: &super::line::Line<'_>) -> Option<DigestBeside> {
    let (scalar, _) = line.scalar()?;
    let value = scalar.value.clone();
    let key = scalar.key.clone().unwrap_or_else(|| value.clone());
    DigestBeside::on_line(ScalarLocation::Line(scalar), line.number, key, &value)
}
