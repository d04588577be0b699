//! What stands around the scalars of a spot and bears on an edit: digests that would stay behind, and aliases that
//! would change along.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::digest_scope::{Scope, SpotPlace, digest_on, dotted_prefix, named_values};
use super::helm_values::is_image_key;
use super::line::{Line, LineScalar};
use super::neighbours::AnchoredScalar;
use super::objects;
use super::spot::{ImageLocation, ScalarLocation, Writing};
use crate::overlay::document::text::Text;
use crate::yaml::NodeId;

/// The objects that hold values of charts.
const CHART_KINDS: [&str; 4] = ["HelmRelease", "Application", "ApplicationSet", "HelmChart"];
/// The keys of objects under which the values of a chart are.
const VALUES_KEYS: [&str; 2] = ["values", "valuesObject"];
/// The keys at the top of values whose entries are there to be used elsewhere. Helm passes `global` to every subchart.
/// <https://helm.sh/docs/chart_template_guide/subcharts_and_globals/>
const DEFINING_KEYS: [&str; 4] = ["global", "versions", "anchors", "definitions"];
/// How many lines of a file that is not parsed are looked at above and below a scalar.
const LINES_BESIDE_MAX: usize = 100;

/// Notes the surroundings of spots in a parsed text, for those whose scalars are nodes of it.
pub(super) fn note(text: &Text, spots: &mut [ImageLocation]) {
    let mut scopes = Scopes::default();
    for spot in spots.iter_mut().filter(|spot| spot.within.is_none()) {
        let Some(node) = spot.at.node() else { continue };
        let scalars = spot.scalars();
        let nodes = scalars.iter().filter_map(ScalarLocation::node);
        let anchored = nodes.filter(|node| text.tree.node(*node).anchored);
        let anchored: Vec<AnchoredScalar> = anchored.map(|node| anchored_scalar(text, node, spot)).collect();
        spot.surroundings.anchored = anchored;
        let read_at = spot.read_at().unwrap_or(node);
        let Some(collection) = collection_of(text, read_at) else { continue };
        let scope = scopes.around(text, collection);
        if !scope.digests.is_empty() {
            spot.surroundings.place = place_of(text, read_at, collection);
            spot.surroundings.scope = scope;
        }
    }
}

fn anchored_scalar(text: &Text, node: NodeId, spot: &ImageLocation) -> AnchoredScalar {
    let aliases = text.tree.aliases_of(node).map(|alias| (alias, text.line(alias))).collect();
    // A digest, or a reference with its name, is of this image wherever it stands; a tag may be that of anything.
    let is_tag = spot.at.node() == Some(node) && !matches!(spot.writing, Writing::Whole { .. });
    let is_definition = !is_tag || is_definition(text, node, &spot.image.name);
    AnchoredScalar { node, line: text.line(node), aliases, is_definition }
}

/// Whether a value stands where people define values for aliases, and nothing else is expected to read it: below a key that
/// no chart reads, or at the top of the values, where its name is that of the image or of no component at all.
fn is_definition(text: &Text, node: NodeId, image: &str) -> bool {
    let keys = keys_below_values(text, node);
    let (Some(top), Some(own)) = (keys.first(), keys.last()) else { return false };
    let is_own = own.as_deref().is_some_and(|own| names_version_of(own, image));
    match keys.as_slice() {
        [_] => is_own,
        [_, _] if top.as_deref().is_some_and(|top| DEFINING_KEYS.contains(&top)) => is_own,
        _ => top.as_deref().is_some_and(|top| top.starts_with(['_', '.']) || top.starts_with("x-")),
    }
}

/// The keys that lead to a value, from the top of the document or of the values of a chart; `None` for an item of a list, and
/// nothing for what is a key itself.
fn keys_below_values(text: &Text, node: NodeId) -> Vec<Option<String>> {
    if text.is_key(node) {
        return Vec::new();
    }
    let is_root = |node: &NodeId| text.key_of(*node).is_some_and(|key| VALUES_KEYS.contains(&key));
    let below_root = std::iter::successors(Some(node), |node| text.tree.parent(*node));
    let below_root = below_root.take_while(|node| !is_root(node));
    let entries = below_root.filter(|node| text.tree.parent(*node).is_some());
    let mut keys: Vec<_> = entries.map(|node| text.key_of(node).map(str::to_owned)).collect();
    keys.reverse();
    keys
}

/// Whether a key says that it holds a version, and of nothing else than an image: `version`, `imageTag`, or with the last
/// part of the image's name, such as `shopVersion`.
fn names_version_of(key: &str, image: &str) -> bool {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let (key, name) = (plain(key), plain(image.rsplit('/').next().unwrap_or(image)));
    let rest = if name.is_empty() { key } else { key.replacen(&name, "", 1) };
    ["", "version", "tag", "imagetag", "imageversion", "appversion", "release", "digest", "imagedigest"]
        .contains(&rest.as_str())
}

/// The scopes that were read. Each document, and each mapping, is looked at once.
#[derive(Default)]
struct Scopes {
    documents: BTreeMap<NodeId, Arc<Scope>>,
    collections: BTreeMap<NodeId, Arc<Scope>>,
}

impl Scopes {
    /// The digests that bear on the values of a mapping or list of parameters: those of the values of a chart, else those
    /// in it.
    fn around(&mut self, text: &Text, collection: NodeId) -> Arc<Scope> {
        if let Some(known) = self.collections.get(&collection) {
            return Arc::clone(known);
        }
        let scope = match document_of(text, collection) {
            Some(root) => {
                let read = || Arc::new(Scope::document(text, root));
                Arc::clone(self.documents.entry(root).or_insert_with(read))
            }
            None => Arc::new(Scope::collection(text, collection)),
        };
        self.collections.insert(collection, Arc::clone(&scope));
        scope
    }
}

/// The values of a chart, or all below the `spec` of an object that holds some; `None` in other objects.
fn document_of(text: &Text, collection: NodeId) -> Option<NodeId> {
    let mut top = collection;
    for node in std::iter::successors(Some(collection), |node| text.tree.parent(*node)) {
        top = node;
        if let Some(kind) = objects::kind(text, node) {
            return if CHART_KINDS.contains(&kind) { text.tree.get(node, "spec") } else { None };
        }
    }
    Some(top)
}

fn place_of(text: &Text, node: NodeId, collection: NodeId) -> SpotPlace {
    let named = named_values(text, collection);
    let own = named.iter().find(|named| named.value == node).map_or("", |named| named.name);
    let above = |node: &NodeId| text.tree.parent(*node);
    let collections = std::iter::successors(Some(collection), above).collect();
    let is_image = text.key_of(collection).is_some_and(is_image_key);
    SpotPlace { collections, prefix: dotted_prefix(own).to_owned(), is_image }
}

/// The mapping that a value is an entry of, or the list of parameters that its parameter is an item of.
fn collection_of(text: &Text, node: NodeId) -> Option<NodeId> {
    let map = text.tree.parent(node).filter(|map| !text.tree.entries(*map).is_empty())?;
    let list = text.tree.parent(map).filter(|list| !text.tree.items(*list).is_empty());
    let is_parameter = text.tree.get(map, "name").is_some() && text.tree.get(map, "value") == Some(node);
    if is_parameter { list.or(Some(map)) } else { Some(map) }
}

/// The digests on lines around one, where the text is not parsed: those of the same mapping, as far as indentation
/// and dashes tell.
pub(super) fn digests_around(lines: &[Line<'_>], scalar: &LineScalar) -> Scope {
    let own = lines.partition_point(|line| line.start <= scalar.range.start).saturating_sub(1);
    let Some(line) = lines.get(own) else { return Scope::default() };
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
    Scope::of_lines(same.filter_map(digest_on).collect())
}
