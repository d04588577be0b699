//! Changes to the entries of one kustomization's `images`, byte for byte.

use super::image_edit::{ImageEdit, Setting};
use super::requote::quoted_entry;
use crate::model::{Digest, ImageName, Tag};
use crate::overlay::EditObstacle;
use crate::overlay::document::go_yaml::{ScalarType, scalar_type};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::kustomization::Kustomization;
use crate::overlay::kustomize::kustomization::entry::Entry;
use crate::overlay::limit::Limit;
use crate::yaml::{self, Edit, NodeId};

/// Edits a kustomization alone, without a look at what it leads to: the lossless editor behind
/// `towpath edit set-image`.
///
/// Every byte that need not change stays; where nothing changes, the text comes back as it was.
///
/// # Errors
/// Where the kustomization cannot be judged or an entry cannot be edited safely.
///
/// ```
/// use towpath::overlay::{ImageEdit, Setting, edit_kustomization};
///
/// let text = b"images:\n  - name: shop # ours\n    newTag: \"1.9.0\" # pinned\n";
/// let tag = Setting::Set("1.10".parse().unwrap());
/// let request = ImageEdit { name: "shop".to_owned(), new_name: Setting::Keep, tag, digest: Setting::Keep };
/// let edited = edit_kustomization(text, &[request]).unwrap();
/// assert_eq!(edited, b"images:\n  - name: shop # ours\n    newTag: \"1.10\" # pinned\n");
/// ```
pub fn edit_kustomization(text: &[u8], requests: &[ImageEdit]) -> Result<Vec<u8>, EditObstacle> {
    let mut bytes = text.to_vec();
    for request in requests {
        let own = Kustomization::read_for_edit(&bytes)?;
        let index = own.entry_for(request)?;
        let entry = index.and_then(|index| own.entries.get(index));
        bytes = own.with_image(entry, request)?;
        if let Some(index) = index {
            bytes = quoted_entry(&bytes, index)?;
        }
    }
    match Kustomization::read(&bytes) {
        Ok(_) => Ok(bytes),
        Err(refused) => Err(with_other_faults(refused, &bytes)),
    }
}

/// A refusal of a value of the wrong type that names the other ones too: kustomize reads the file once all are mended.
fn with_other_faults(refused: EditObstacle, bytes: &[u8]) -> EditObstacle {
    let faults = Kustomization::type_faults(bytes).into_iter();
    let others: Vec<String> = faults
        .filter(|fault| fault.line != refused.line)
        .map(|fault| format!("line {}: {}", fault.line.unwrap_or(1), fault.why))
        .collect();
    if refused.limit != Limit::ScalarType || others.is_empty() {
        return refused;
    }
    let way_out = format!("{}; the same goes for {}", refused.way_out, others.join(", and for "));
    refused.or_else(way_out)
}

/// A key of an entry and what becomes of its value.
struct Change<'a> {
    key: &'static str,
    setting: Setting<&'a str>,
}

impl ImageEdit {
    /// The same, where the entry's `newName` brings a tag or digest of its own (`newName: reg/web:1.0.0`): kustomize
    /// would put the new one behind it, so it goes.
    fn with_bare_name(&self, entry: &Entry) -> Self {
        let sets = matches!(self.tag, Setting::Set(_)) || matches!(self.digest, Setting::Set(_));
        let written = entry.new_name.as_ref().map(|field| WrittenImage::new(&field.value));
        let written = written.filter(|written| written.tag.is_some() || written.digest.is_some());
        match written.and_then(|written| ImageName::new(written.name).ok()) {
            Some(name) if sets && self.new_name == Setting::Keep => {
                Self { new_name: Setting::Set(name), ..self.clone() }
            }
            Some(_) | None => self.clone(),
        }
    }

    /// The changes in the order in which new keys are written.
    fn changes(&self) -> [Change<'_>; 3] {
        let new_name = self.new_name.as_ref(ImageName::as_str);
        let tag = self.tag.as_ref(Tag::as_str);
        let digest = self.digest.as_ref(Digest::as_str);
        [
            Change { key: "newName", setting: new_name },
            Change { key: "newTag", setting: tag },
            Change { key: "digest", setting: digest },
        ]
    }
}

impl<T> Setting<T> {
    fn as_ref<'a>(&'a self, text: impl FnOnce(&'a T) -> &'a str) -> Setting<&'a str> {
        match self {
            Self::Keep => Setting::Keep,
            Self::Set(value) => Setting::Set(text(value)),
            Self::Clear => Setting::Clear,
        }
    }
}

impl Kustomization {
    /// The entry that a request changes: the last one of its name, else the one that names the same image otherwise, such
    /// as `postgres` for `docker.io/library/postgres`, or in its `newName`. `None` if a new one is needed.
    fn entry_for(&self, request: &ImageEdit) -> Result<Option<usize>, EditObstacle> {
        if let Some(own) = self.entries.iter().rposition(|entry| entry.name == request.name) {
            return Ok(Some(own));
        }
        let Ok(image) = ImageName::new(request.name.as_str()) else { return Ok(None) };
        let names_image = |name: &str| ImageName::new(name).is_ok_and(|name| name.is_same_repository(&image));
        let becomes = |entry: &Entry| {
            entry.new_name.as_ref().is_some_and(|field| names_image(&WrittenImage::new(&field.value).name))
        };
        let matching =
            |(index, entry): (usize, &Entry)| (names_image(&entry.name) || becomes(entry)).then_some(index);
        let found: Vec<usize> = self.entries.iter().enumerate().filter_map(matching).collect();
        let (Some(first), Some(second)) = (found.first(), found.get(1)) else {
            return Ok(found.first().copied());
        };
        let name = |index: &usize| self.entries.get(*index).map_or("", |entry| entry.name.as_str());
        let line = self.entries.get(*second).map_or(1, |entry| entry.line);
        let (first, second) = (name(first), name(second));
        let why = format!("the entries `{first}` and `{second}` both set `{}`", request.name);
        Err(EditObstacle::at_line(Limit::SeveralVersions, line, why).or_else("name one of these entries"))
    }

    /// The text with an entry changed, or appended where there is none.
    pub(super) fn with_image(
        &self,
        entry: Option<&Entry>,
        request: &ImageEdit,
    ) -> Result<Vec<u8>, EditObstacle> {
        let edits = match entry {
            Some(entry) => self.changed(entry, &request.with_bare_name(entry))?,
            None => self.appended(request)?,
        };
        if edits.is_empty() {
            return Ok(self.text.source.text().as_bytes().to_vec());
        }
        Ok(yaml::edit(&self.text.source, &self.text.tree, &edits)?.into_bytes())
    }

    fn changed(&self, entry: &Entry, request: &ImageEdit) -> Result<Vec<Edit>, EditObstacle> {
        let edits = entry_edits(&self.text, entry.node, request);
        if edits.is_empty() {
            return Ok(edits);
        }
        self.reject_anchor(entry.node)?;
        match &entry.tag_suffix {
            Some(suffix) => {
                let why = "a `tagSuffix`, which kustomize may append to the tag twice";
                Err(EditObstacle::at_line(Limit::TagSuffix, suffix.line, why))
            }
            None => Ok(edits),
        }
    }

    fn appended(&self, request: &ImageEdit) -> Result<Vec<Edit>, EditObstacle> {
        let set = |change: &Change<'_>| match change.setting {
            Setting::Set(value) => Some((change.key.to_owned(), value.to_owned())),
            Setting::Keep | Setting::Clear => None,
        };
        let mut entries: Vec<(String, String)> = request.changes().iter().filter_map(set).collect();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        entries.insert(0, ("name".to_owned(), request.name.clone()));
        let written = self.text.entry_or_null(self.root, "images");
        Ok(vec![match written {
            Some((_, sequence)) if !self.text.tree.items(sequence).is_empty() => {
                self.reject_anchor(sequence)?;
                Edit::AppendItem { sequence, entries }
            }
            Some((key, _)) => Edit::CreateSequence { map: self.root, key: key.to_owned(), entries },
            None => Edit::CreateSequence { map: self.root, key: "images".to_owned(), entries },
        }])
    }

    /// What carries an anchor may be used elsewhere, which would change with it.
    fn reject_anchor(&self, node: NodeId) -> Result<(), EditObstacle> {
        let list = self.text.entry(self.root, "images").map(|(_, list)| list);
        let anchored = [Some(self.root), list, Some(node)].into_iter().flatten();
        match anchored.into_iter().find(|node| self.text.tree.node(*node).anchored) {
            Some(node) => {
                let why = "an anchor (`&…`), so other places would change with this one";
                Err(self.text.refuse(node, Limit::Anchor, why))
            }
            None => Ok(()),
        }
    }
}

/// Whether kustomize reads a value as text; a plain `1.10` that looks equal is a number.
fn is_text(text: &Text, node: NodeId) -> bool {
    matches!(scalar_type(text, node), Some(ScalarType::Text))
}

/// The edits that change the fields of one entry; none where it says that already.
pub(super) fn entry_edits(text: &Text, entry: NodeId, request: &ImageEdit) -> Vec<Edit> {
    let changes = request.changes();
    changes.iter().filter_map(|change| change_key(text, entry, change, &changes)).collect()
}

fn change_key(text: &Text, map: NodeId, change: &Change<'_>, all: &[Change<'_>]) -> Option<Edit> {
    match (&change.setting, text.entry_or_null(map, change.key)) {
        (Setting::Keep, _) | (Setting::Clear, None) => None,
        (Setting::Clear, Some((key, _))) => Some(Edit::RemoveKey { map, key: key.to_owned() }),
        (Setting::Set(value), Some((_, node))) => {
            let is_same = text.tree.scalar(node) == Some(*value) && is_text(text, node);
            (!is_same).then(|| Edit::SetScalar { node, value: (*value).to_owned() })
        }
        (Setting::Set(value), None) => Some(Edit::InsertKey {
            map,
            after: key_before(text, map, change.key, all),
            key: change.key.to_owned(),
            value: (*value).to_owned(),
        }),
    }
}

/// The key of this entry behind which a new one belongs, as it is written there; none that goes away.
fn key_before(text: &Text, map: NodeId, key: &str, all: &[Change<'_>]) -> Option<String> {
    let order = ["name", "newName", "newTag", "digest"];
    let goes = |key: &str| all.iter().any(|change| change.key == key && change.setting == Setting::Clear);
    let before = order.iter().take_while(|other| **other != key).filter(|other| !goes(other));
    before.filter_map(|other| text.entry_or_null(map, other)).last().map(|(key, _)| key.to_owned())
}
