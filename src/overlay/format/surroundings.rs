//! What stands around the scalars of a spot and bears on an edit: digests that would stay behind, and aliases that
//! would change along.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::digest::{DigestSpelling, digits_in};
use super::line::{Line, LineScalar};
use super::spot::{At, Spot};
use crate::overlay::text::Text;
use crate::yaml::{NodeId, NodeKind};

/// How many lines of a file that is not parsed are looked at above and below a scalar.
const LINES_BESIDE_MAX: usize = 100;

/// A scalar beside a spot's own that holds a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DigestBeside {
    /// The scalar.
    pub(super) at: At,
    /// Its line, from 1.
    pub(super) line: usize,
    /// Its key.
    pub(super) key: String,
    /// The hexadecimal digits of the digest.
    pub(super) digits: String,
    /// Whether it can be the digest of an image whose digest is not known: it holds nothing else, and is written or
    /// named as a digest.
    pub(super) is_likely: bool,
}

/// A scalar with an anchor (`&…`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AnchoredScalar {
    /// The scalar.
    pub(super) node: NodeId,
    /// Its line, from 1.
    pub(super) line: usize,
    /// The aliases of its anchor, each with its line.
    pub(super) aliases: Vec<(NodeId, usize)>,
}

/// What stands around the scalars of a spot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Digests in the same mapping, or under the same beginning of a dotted name.
    pub(super) digests: Vec<DigestBeside>,
    /// Those of the spot's scalars that have an anchor.
    pub(super) anchored: Vec<AnchoredScalar>,
}

impl Surroundings {
    /// Whether one of the spot's scalars has an anchor.
    pub(super) fn has_anchor(&self, node: NodeId) -> bool {
        self.anchored.iter().any(|anchored| anchored.node == node)
    }
}

/// Notes the surroundings of spots in a parsed text, for those whose scalars are nodes of it.
pub(super) fn note(text: &Text, spots: &mut [Spot]) {
    let mut digests = BTreeMap::new();
    for spot in spots.iter_mut().filter(|spot| spot.within.is_none()) {
        let At::Node(node) = spot.at else { continue };
        let scalars = spot.scalars();
        let nodes = scalars.iter().filter_map(|at| match at {
            At::Node(node) => Some(*node),
            At::Line(_) => None,
        });
        let anchored = nodes.filter(|node| text.tree.node(*node).anchored);
        spot.surroundings.anchored = anchored.map(|node| anchored_scalar(text, node)).collect();
        let read_at = spot.aliases.first().copied().unwrap_or(node);
        spot.surroundings.digests = digests_beside(text, read_at, &mut digests);
    }
}

fn anchored_scalar(text: &Text, node: NodeId) -> AnchoredScalar {
    let aliases = text.tree.aliases_of(node).map(|alias| (alias, text.line(alias))).collect();
    AnchoredScalar { node, line: text.line(node), aliases }
}

/// A named value of a mapping, or of a list of parameters.
struct NamedValue<'a> {
    name: &'a str,
    value: NodeId,
}

type Digests = BTreeMap<NodeId, Rc<[DigestBeside]>>;

/// The digests beside a value, which are read once for each collection.
fn digests_beside(text: &Text, node: NodeId, known: &mut Digests) -> Vec<DigestBeside> {
    let Some(collection) = collection_of(text, node) else { return Vec::new() };
    let found = known.entry(collection).or_insert_with(|| digests_in_collection(text, collection)).clone();
    if found.is_empty() {
        return Vec::new();
    }
    let named = named_values(text, collection);
    let own = named.iter().find(|named| named.value == node).map_or("", |named| named.name);
    let prefix = dotted_prefix(own);
    found.iter().filter(|digest| dotted_prefix(&digest.key) == prefix).cloned().collect()
}

/// The mapping that a value is an entry of, or the list of parameters that its parameter is an item of.
fn collection_of(text: &Text, node: NodeId) -> Option<NodeId> {
    let map = text.tree.parent(node).filter(|map| !text.tree.entries(*map).is_empty())?;
    let list = text.tree.parent(map).filter(|list| !text.tree.items(*list).is_empty());
    let is_parameter = text.tree.get(map, "name").is_some() && text.tree.get(map, "value") == Some(node);
    list.filter(|_| is_parameter).or(Some(map))
}

fn named_values(text: &Text, collection: NodeId) -> Vec<NamedValue<'_>> {
    let entry =
        |(key, value): &(NodeId, NodeId)| Some(NamedValue { name: text.tree.scalar(*key)?, value: *value });
    let parameter = |item: &NodeId| {
        let name = text.tree.scalar(text.tree.get(*item, "name")?)?;
        Some(NamedValue { name, value: text.tree.get(*item, "value")? })
    };
    match &text.tree.node(collection).kind {
        NodeKind::Mapping(entries) => entries.iter().filter_map(entry).collect(),
        NodeKind::Sequence(items) => items.iter().filter_map(parameter).collect(),
        NodeKind::Scalar { .. } | NodeKind::Alias => Vec::new(),
    }
}

fn digests_in_collection(text: &Text, collection: NodeId) -> Rc<[DigestBeside]> {
    let key = key_of(text, collection).unwrap_or_default();
    let digest = |named: NamedValue<'_>| {
        let node = text.resolved(named.value);
        let value = text.tree.scalar(node)?;
        let digits = digits_in(value)?.to_owned();
        let is_likely = is_likely_digest(value, key, named.name);
        let line = text.line(named.value);
        Some(DigestBeside { at: At::Node(node), line, key: named.name.to_owned(), digits, is_likely })
    };
    named_values(text, collection).into_iter().filter_map(digest).collect()
}

/// The key whose value is this collection.
fn key_of(text: &Text, collection: NodeId) -> Option<&str> {
    let entries = text.tree.entries(text.tree.parent(collection)?);
    let entry = entries.iter().find(|(_, value)| *value == collection);
    entry.and_then(|(key, _)| text.tree.scalar(*key))
}

/// Whether a value is a digest and nothing else. The digits alone may also be a secret or the like, so they count
/// only where their name, or what they belong to, speaks of a digest or an image.
fn is_likely_digest(value: &str, of: &str, name: &str) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["digest", "sha", "hash", "checksum", "image"].iter().any(|word| text.contains(word))
    };
    match DigestSpelling::read(value) {
        Some((_, DigestSpelling::Whole)) => true,
        Some((_, DigestSpelling::Digits)) => speaks(name) || speaks(of),
        None => false,
    }
}

/// What stands before the last dot of a name, the dot included.
fn dotted_prefix(name: &str) -> &str {
    name.rfind('.').map_or("", |dot| &name[..=dot])
}

/// The digests on lines around one, where the text is not parsed: those of the same mapping, as far as indentation
/// and dashes tell.
pub(super) fn digests_around(lines: &[Line<'_>], scalar: &LineScalar) -> Vec<DigestBeside> {
    let own = lines.partition_point(|line| line.start <= scalar.range.start).saturating_sub(1);
    let Some(line) = lines.get(own) else { return Vec::new() };
    let indentation = line.indentation();
    let belongs = |line: &&Line<'_>| line.is_aside() || line.indentation() >= indentation;
    let starts = |line: &&Line<'_>| line.starts_item() && line.indentation() == indentation;
    let mut beside = Vec::new();
    if !line.starts_item() {
        let above = lines.iter().take(own).rev().take(LINES_BESIDE_MAX);
        for line in above.take_while(belongs) {
            beside.push(line);
            if starts(&line) {
                break;
            }
        }
    }
    let below = lines.iter().skip(own + 1).take(LINES_BESIDE_MAX);
    beside.extend(below.take_while(|line| belongs(line) && !starts(line)));
    let same = beside.into_iter().filter(|line| line.indentation() == indentation);
    same.filter_map(digest_on).collect()
}

fn digest_on(line: &Line<'_>) -> Option<DigestBeside> {
    let (scalar, _) = line.scalar()?;
    let digits = digits_in(&scalar.value)?.to_owned();
    let key = line.text.trim_start_matches([' ', '-']).split(':').next().unwrap_or_default().to_owned();
    let is_likely = is_likely_digest(&scalar.value, "", &key);
    Some(DigestBeside { line: line.number, at: At::Line(scalar), key, digits, is_likely })
}
