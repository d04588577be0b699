//! Helm values: `repository` with `tag` and `digest` beside it, a whole reference under a key `image`, and the same
//! with dotted names, as parameters give them.

use super::spot::{DigestAt, Spot, Writing};
use crate::overlay::SetBy;
use crate::overlay::text::Text;
use crate::overlay::written::Written;
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
pub(super) fn find(text: &Text, values: NodeId, set_by: SetBy, spots: &mut Vec<Spot>) {
    below(text, "", values, set_by, spots);
}

/// As deep as `yaml::DEPTH_MAX`.
fn below(text: &Text, key: &str, node: NodeId, set_by: SetBy, spots: &mut Vec<Spot>) {
    let entries: Vec<Named<'_>> = text
        .tree
        .entries(node)
        .iter()
        .filter_map(|(name, value)| Some(Named { name: text.tree.scalar(*name)?, value: *value }))
        .collect();
    among(text, &Surroundings { key, map: Some(node), set_by }, &entries, spots);
    for Named { name, value } in entries {
        below(text, name, value, set_by, spots);
    }
    for item in text.tree.items(node) {
        below(text, "", *item, set_by, spots);
    }
}

/// Where values stand beside each other.
pub(super) struct Surroundings<'a> {
    /// The key that holds them.
    pub(super) key: &'a str,
    /// The mapping that they are entries of, if new ones can be put there.
    pub(super) map: Option<NodeId>,
    /// What they are.
    pub(super) set_by: SetBy,
}

/// Adds the images that values beside each other name.
pub(super) fn among(text: &Text, place: &Surroundings<'_>, named: &[Named<'_>], spots: &mut Vec<Spot>) {
    for entry in named {
        let (prefix, last) = entry
            .name
            .rsplit_once('.')
            .map_or(("", entry.name), |(_, last)| (&entry.name[..entry.name.len() - last.len()], last));
        let Some(value) = written_text(text, entry.value) else { continue };
        let siblings = Siblings { text, named, prefix };
        let is_image = is_image_key(if prefix.is_empty() { place.key } else { prefix.trim_end_matches('.') });
        match last {
            "repository" => spots.extend(siblings.split(place, entry, value, is_image)),
            "name" if is_image && siblings.value("repository").is_none() => {
                spots.extend(siblings.split(place, entry, value, is_image));
            }
            _ if is_image_key(last) => spots.extend(siblings.whole(place, entry, value)),
            _ => {}
        }
    }
}

/// `image`, `sidecarImage` and the like.
fn is_image_key(key: &str) -> bool {
    key.len() >= 5
        && key.is_char_boundary(key.len() - 5)
        && key[key.len() - 5..].eq_ignore_ascii_case("image")
}

fn written_text(text: &Text, node: NodeId) -> Option<&str> {
    text.tree.scalar(node).filter(|value| !value.is_empty() && !text.tree.is_null(node))
}

/// What stands beside a value, under names with the same beginning.
struct Siblings<'a> {
    text: &'a Text,
    named: &'a [Named<'a>],
    prefix: &'a str,
}

impl Siblings<'_> {
    fn node(&self, last: &str) -> Option<NodeId> {
        let is_it = |entry: &&Named<'_>| entry.name.strip_prefix(self.prefix) == Some(last);
        self.named.iter().rev().find(is_it).map(|entry| entry.value)
    }

    fn value(&self, last: &str) -> Option<&str> {
        self.node(last).and_then(|node| written_text(self.text, node))
    }

    /// A name with registry, tag and digest in scalars of their own.
    fn split(
        &self,
        place: &Surroundings<'_>,
        entry: &Named<'_>,
        value: &str,
        is_image: bool,
    ) -> Option<Spot> {
        let mut image = Written::new(value);
        if let Some(registry) = self.value("registry") {
            image.name = format!("{registry}/{}", image.name);
        }
        if image.tag.is_some() || image.digest.is_some() {
            return None;
        }
        let tag = self.node("tag").or_else(|| self.node("version"));
        let Some(node) = tag.filter(|node| self.text.tree.scalar(*node).is_some()) else {
            return self.unset(place, entry, image).filter(|_| is_image);
        };
        let written = written_text(self.text, node).map(|tag| Written::new(&format!(":{tag}")));
        let behind = written.as_ref().is_some_and(|written| written.digest.is_some());
        image.tag = written.as_ref().and_then(|written| written.tag.clone());
        image.digest = written.and_then(|written| written.digest);
        let own = self.node("digest").filter(|node| self.text.tree.scalar(*node).is_some());
        if let Some(own) = own.and_then(|node| written_text(self.text, node)) {
            image.digest = Some(own.to_owned());
        }
        let digest = match own {
            Some(node) => DigestAt::Own(node),
            None if behind => DigestAt::BehindTag,
            None => DigestAt::Nowhere,
        };
        Some(Spot::new(image, node, place.set_by, Writing::Parts { digest }))
    }

    /// A name whose tag is left to the chart.
    fn unset(&self, place: &Surroundings<'_>, entry: &Named<'_>, image: Written) -> Option<Spot> {
        let map = place.map.filter(|_| self.prefix.is_empty())?;
        let writing = Writing::Unset { map, after: entry.name.to_owned(), key: "tag".to_owned() };
        Some(Spot::new(image, entry.value, place.set_by, writing))
    }

    /// A whole reference; its tag may stand beside it.
    fn whole(&self, place: &Surroundings<'_>, entry: &Named<'_>, value: &str) -> Option<Spot> {
        let image = Written::new(value);
        let beside = ["tag", "imageTag"].into_iter().find_map(|key| self.node(key));
        let beside = beside.filter(|node| self.text.tree.scalar(*node).is_some());
        match beside.filter(|_| image.tag.is_none() && image.digest.is_none()) {
            Some(node) => {
                let tag = written_text(self.text, node).map(str::to_owned);
                let writing = Writing::Parts { digest: DigestAt::Nowhere };
                Some(Spot::new(Written { tag, ..image }, node, place.set_by, writing))
            }
            None if image.reference().is_ok() && value.contains(['/', ':', '@']) => {
                let writing = Writing::Whole { prefix: String::new() };
                Some(Spot::new(image, entry.value, place.set_by, writing))
            }
            None => None,
        }
    }
}
