//! Helm values: `repository` with `tag` and `digest` beside it, a whole reference under a key `image`, and the same
//! with dotted names, as parameters give them.

use std::collections::BTreeMap;

use super::digest::{DigestScalar, DigestSpelling};
use super::spot::{DigestLocation, ImageLocation, Writing};
use crate::overlay::SetBy;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::{SUBSTITUTION, WrittenImage};
use crate::yaml::NodeId;

/// A value under a name: an entry of a mapping, or a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    /// The name.
    pub(super) name: &'a str,
    /// The value.
    pub(super) value: NodeId,
}

/// Adds all images below a mapping of values.
pub(super) fn find(text: &Text, values: NodeId, set_by: SetBy, spots: &mut Vec<ImageLocation>) {
    below(text, "", values, set_by, spots);
}

/// As deep as `yaml::DEPTH_MAX`.
fn below(text: &Text, key: &str, node: NodeId, set_by: SetBy, spots: &mut Vec<ImageLocation>) {
    let entries: Vec<Named<'_>> = text
        .tree
        .entries(node)
        .iter()
        .filter_map(|(name, value)| Some(Named { name: text.tree.scalar(*name)?, value: *value }))
        .collect();
    among(text, &ValueContext { key, map: Some(node), set_by }, &entries, spots);
    for Named { name, value } in entries {
        below(text, name, value, set_by, spots);
    }
    for item in text.tree.items(node) {
        below(text, "", *item, set_by, spots);
    }
}

/// Where values stand beside each other.
pub(super) struct ValueContext<'a> {
    /// The key that holds them.
    pub(super) key: &'a str,
    /// The mapping that they are entries of, if new ones can be put there.
    pub(super) map: Option<NodeId>,
    /// What they are.
    pub(super) set_by: SetBy,
}

/// Adds the images that values beside each other name.
pub(super) fn among(
    text: &Text,
    place: &ValueContext<'_>,
    named: &[Named<'_>],
    spots: &mut Vec<ImageLocation>,
) {
    let could_name = |entry: &&Named<'_>| NameKey::of(split_name(entry.name).1) != NameKey::None;
    let names: Vec<&Named<'_>> = named.iter().filter(could_name).collect();
    if names.is_empty() {
        return;
    }
    let index = named.iter().map(|entry| {
        let (prefix, last) = split_name(entry.name);
        (prefix.to_owned() + &folded(last), entry.value)
    });
    let index: BTreeMap<String, NodeId> = index.collect();
    for entry in names {
        let (prefix, last) = split_name(entry.name);
        let Some(value) = written_text(text, entry.value) else { continue };
        let siblings = Siblings { text, place, index: &index, prefix };
        let is_image = is_image_key(if prefix.is_empty() { place.key } else { prefix.trim_end_matches('.') });
        match NameKey::of(last) {
            NameKey::Repository => spots.extend(siblings.split(entry, value, is_image)),
            NameKey::Name if is_image && siblings.keyed("", "repository").is_none() => {
                spots.extend(siblings.split(entry, value, is_image));
            }
            NameKey::Beginning(stem) => spots.extend(siblings.tagged(value, &stem)),
            NameKey::Image(stem) => {
                if let Some(whole) = siblings.whole(entry, value, &stem, is_image) {
                    let again = siblings.tag_again(&whole, &stem);
                    spots.extend(std::iter::once(whole).chain(again));
                }
            }
            NameKey::Name | NameKey::None => {}
        }
    }
}

/// A name up to its last dot, the dot included, and what follows.
fn split_name(name: &str) -> (&str, &str) {
    name.split_at(name.rfind('.').map_or(0, |dot| dot + 1))
}

/// What the key of a value says about an image's name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NameKey {
    /// `repository`.
    Repository,
    /// `name`, which is an image's name only in what belongs to an image.
    Name,
    /// `webImageRepository`, `webImageName` and the like, by what stands before `image`.
    Beginning(String),
    /// `image`, `webImage` and the like, by what stands before `image`.
    Image(String),
    /// Nothing.
    None,
}

impl NameKey {
    fn of(key: &str) -> Self {
        match key {
            "repository" => return Self::Repository,
            "name" => return Self::Name,
            _ => {}
        }
        let folded = folded(key);
        let before = |endings: &[&str]| {
            endings.iter().find_map(|ending| folded.strip_suffix(ending)).map(str::to_owned)
        };
        match (before(&["imagerepository", "imagerepo", "imagename"]), before(&["image"])) {
            (Some(stem), _) => Self::Beginning(stem),
            (None, Some(stem)) => Self::Image(stem),
            (None, None) => Self::None,
        }
    }
}

/// The keys of a tag, behind what a key of the image begins with.
const TAG_KEYS: [&str; 4] = ["tag", "imagetag", "version", "imageversion"];
/// Those beside a whole reference, which a `version` need not be about.
const TAG_KEYS_OF_REFERENCE: [&str; 3] = ["tag", "imagetag", "imageversion"];
/// The keys of a digest.
const DIGEST_KEYS: [&str; 6] = ["digest", "imagedigest", "sha256", "imagesha256", "sha", "imagesha"];

/// A key as it is compared: `image_tag` and `image-tag` are `imageTag`.
fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

/// `image`, `sidecarImage` and the like.
pub(super) fn is_image_key(key: &str) -> bool {
    matches!(NameKey::of(key), NameKey::Image(_))
}

/// Whether the last part of a parameter's name is that of an image, its tag or its digest.
pub(in crate::overlay) fn is_image_part(name: &str) -> bool {
    let last = folded(split_name(name).1);
    let is_part = TAG_KEYS.contains(&last.as_str()) || DIGEST_KEYS.contains(&last.as_str());
    is_part || last == "registry" || last == "name" || names_image(&last)
}

/// Whether a key names an image: `repository`, `image`, `webImageName` and the like.
pub(in crate::overlay) fn names_image(key: &str) -> bool {
    !matches!(NameKey::of(key), NameKey::Name | NameKey::None)
}

pub(super) fn written_text(text: &Text, node: NodeId) -> Option<&str> {
    let node = text.resolved(node);
    text.tree.scalar(node).filter(|value| !value.is_empty() && !text.tree.is_null(node))
}

/// What stands beside a value, under names with the same beginning.
struct Siblings<'a> {
    text: &'a Text,
    place: &'a ValueContext<'a>,
    /// The values by their names, the last part of which is folded.
    index: &'a BTreeMap<String, NodeId>,
    /// The beginning, up to a dot.
    prefix: &'a str,
}

/// The scalars of a digest beside an image, and what they say.
#[derive(Default)]
struct DigestsBeside {
    scalars: Vec<DigestScalar>,
    /// The node under the key, which may be an alias, and the scalar.
    read: Vec<[NodeId; 2]>,
    digest: Option<String>,
}

impl Siblings<'_> {
    /// The scalar, or an alias of one, under a key that consists of a beginning and an ending.
    fn keyed(&self, stem: &str, ending: &str) -> Option<NodeId> {
        let node = *self.index.get(&format!("{}{stem}{ending}", self.prefix))?;
        self.text.tree.scalar(self.text.resolved(node)).map(|_| node)
    }

    fn tag(&self, stem: &str, keys: &[&str]) -> Option<NodeId> {
        keys.iter().find_map(|key| self.keyed(stem, key))
    }

    /// The digests whose keys consist of a beginning and what a digest is called. One that is empty counts only under
    /// `digest`, where charts take it whole; what is empty elsewhere may be meant for something else.
    fn digests(&self, stem: &str) -> DigestsBeside {
        let mut found = DigestsBeside::default();
        for key in DIGEST_KEYS {
            let Some(node) = self.keyed(stem, key) else { continue };
            let scalar = self.text.resolved(node);
            let value = written_text(self.text, node);
            let read = value.and_then(DigestSpelling::read);
            let spelling = match (&read, key) {
                (Some((_, spelling)), _) => *spelling,
                (None, "digest") => DigestSpelling::Whole,
                (None, _) => continue,
            };
            found.scalars.push(DigestScalar { node: scalar, spelling });
            found.read.push([node, scalar]);
            let written = read.map(|(digest, _)| digest.to_string()).or(value.map(str::to_owned));
            found.digest = found.digest.or(written);
        }
        found
    }

    /// The registry that stands beside a name, with the slash behind it.
    fn registry(&self, stem: &str) -> String {
        let node = ["registry", "imageregistry"].iter().find_map(|key| self.keyed(stem, key));
        let registry = node.and_then(|node| written_text(self.text, node));
        registry.map(|registry| format!("{registry}/")).unwrap_or_default()
    }

    /// A name with registry, tag and digest in scalars of their own.
    fn split(&self, entry: &Named<'_>, value: &str, is_image: bool) -> Option<ImageLocation> {
        let mut image = WrittenImage::new(value);
        image.name = self.registry("") + &image.name;
        if image.tag.is_some() || image.digest.is_some() {
            return None;
        }
        match self.tag("", &TAG_KEYS) {
            Some(node) => Some(self.parts(image, node, self.digests(""))),
            None if is_image => self.unset(entry, image),
            None => None,
        }
    }

    /// A name whose tag stands beside it under the same beginning.
    fn tagged(&self, value: &str, stem: &str) -> Option<ImageLocation> {
        let mut image = WrittenImage::new(value);
        image.name = self.registry(stem) + &image.name;
        let node = self.tag(stem, &TAG_KEYS)?;
        let is_name = image.tag.is_none() && image.digest.is_none();
        is_name.then(|| self.parts(image, node, self.digests(stem)))
    }

    /// A name whose tag is in that node, and the digest behind it or in scalars of its own.
    fn parts(&self, mut image: WrittenImage, node: NodeId, beside: DigestsBeside) -> ImageLocation {
        let written = written_text(self.text, node).map(|tag| WrittenImage::new(&format!(":{tag}")));
        let behind = written.as_ref().is_some_and(|written| written.digest.is_some());
        image.tag = written.as_ref().and_then(|written| written.tag.clone());
        image.digest = beside.digest.or_else(|| written.and_then(|written| written.digest));
        let digest = if beside.scalars.is_empty() {
            DigestLocation::of_tag(behind)
        } else {
            DigestLocation::Own(beside.scalars)
        };
        let scalar = self.text.resolved(node);
        let mut spot = ImageLocation::new(image, scalar, self.place.set_by, Writing::Parts { digest });
        // The value of a parameter is a text, in values it is what YAML makes of it.
        spot.is_typed = self.place.map.is_none();
        beside.read.into_iter().fold(spot.through([node, scalar]), ImageLocation::through)
    }

    /// The tags beside a whole reference that has one: `imageTag`, or `tag` if it is the same. A chart may read either.
    fn tag_again(&self, whole: &ImageLocation, stem: &str) -> Vec<ImageLocation> {
        if !matches!(whole.writing, Writing::Whole { .. }) {
            return Vec::new();
        }
        let mut spots = Vec::new();
        for key in TAG_KEYS {
            let Some(node) = self.keyed(stem, key) else { continue };
            let Some(value) = written_text(self.text, node) else { continue };
            let image = WrittenImage::new(&format!(":{value}"));
            let is_meant = key.starts_with("image") || image.tag == whole.image.tag;
            if is_meant {
                let image = WrittenImage { name: whole.image.name.clone(), ..image };
                spots.push(self.parts(image, node, DigestsBeside::default()));
            }
        }
        spots
    }

    /// A name whose tag is left to the chart.
    fn unset(&self, entry: &Named<'_>, image: WrittenImage) -> Option<ImageLocation> {
        if !self.prefix.is_empty() {
            return None;
        }
        let map = self.place.map?;
        let writing =
            Writing::Unset { map, after: entry.name.to_owned(), key: "tag".to_owned(), takes_digest: false };
        let spot = ImageLocation::new(image, entry.value, self.place.set_by, writing);
        Some(ImageLocation { is_chart_value: true, ..spot })
    }

    /// A whole reference; its registry, its tag and its digest may stand beside it.
    fn whole(&self, entry: &Named<'_>, value: &str, stem: &str, is_image: bool) -> Option<ImageLocation> {
        let mut image = WrittenImage::new(value);
        let has_host = image.reference().is_ok_and(|read| read.image.as_str().starts_with(read.image.host()));
        let registry = if has_host { String::new() } else { self.registry(stem) };
        let beside = self.digests(stem);
        if image.tag.is_none() && image.digest.is_none() {
            let own = if stem.is_empty() { None } else { self.tag(stem, &TAG_KEYS) };
            if let Some(node) = own.or_else(|| self.tag("", &TAG_KEYS_OF_REFERENCE)) {
                image.name = registry + &image.name;
                return Some(self.parts(image, node, beside));
            }
            // The chart puts registry, image and a tag of its own together.
            if is_image && !registry.is_empty() {
                image.name = registry + &image.name;
                return self.unset(entry, image);
            }
        }
        let is_readable = image.reference().is_ok() || value.contains(SUBSTITUTION);
        if !is_readable || !value.contains(['/', ':', '@']) {
            return None;
        }
        image.name = registry.clone() + &image.name;
        // Where a digest's own scalar is empty, the one behind the tag decides, and it stays there.
        let own = if beside.digest.is_some() { beside } else { DigestsBeside::default() };
        image.digest = own.digest.or(image.digest);
        let scalar = self.text.resolved(entry.value);
        let writing = Writing::Whole { prefix: String::new(), registry, digests: own.scalars };
        let spot =
            ImageLocation::new(image, scalar, self.place.set_by, writing).through([entry.value, scalar]);
        let spot = ImageLocation { is_chart_value: true, ..spot };
        Some(own.read.into_iter().fold(spot, ImageLocation::through))
    }
}
