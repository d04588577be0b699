//! The `images` of a kustomization: what its entries do, and how one is edited.

use super::error::OverlayError;
use super::kustomization::Kustomization;
use super::resolve::{ImageUse, SetBy, Uncertain};
use crate::model::{Digest, ImageName, RepositoryPath, Tag};
use crate::yaml::{self, Edit, NodeId, NodeKind, Source};

/// What to do with the digest of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestEdit {
    /// Leave it as it is.
    Keep,
    /// Set it.
    Set(Digest),
    /// Take it out.
    Clear,
}

/// What to change in one entry; what is not named is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageEdit {
    /// The name of the entry; it is added where there is none.
    pub name: ImageName,
    /// The new `newName`.
    pub new_name: Option<ImageName>,
    /// The new `newTag`.
    pub tag: Option<Tag>,
    /// The new `digest`.
    pub digest: DigestEdit,
}

/// One entry of `images`.
pub(super) struct Entry {
    pub(super) node: NodeId,
    pub(super) name: String,
    new_name: Option<NodeId>,
    new_tag: Option<NodeId>,
    digest: Option<NodeId>,
    tag_suffix: Option<NodeId>,
}

impl Entry {
    /// The name that the entry gives.
    pub(super) fn name_after<'a>(&'a self, kustomization: &'a Kustomization) -> &'a str {
        self.new_name.and_then(|node| kustomization.tree.scalar(node)).unwrap_or(&self.name)
    }

    pub(super) fn text<'a>(&self, kustomization: &'a Kustomization, field: Field) -> Option<&'a str> {
        let node = match field {
            Field::Tag => self.new_tag,
            Field::Digest => self.digest,
        };
        kustomization.tree.scalar(node?)
    }

    /// The node that decides what runs: the tag, else the digest, else the name.
    pub(super) fn deciding(&self) -> NodeId {
        self.new_tag.or(self.digest).or(self.new_name).unwrap_or(self.node)
    }
}

/// A field of an entry that names a version.
#[derive(Copy, Clone)]
pub(super) enum Field {
    Tag,
    Digest,
}

/// The entries, in order.
pub(super) fn entries(kustomization: &Kustomization) -> Result<Vec<Entry>, OverlayError> {
    kustomization.list("images").iter().map(|node| entry(kustomization, *node)).collect()
}

fn entry(kustomization: &Kustomization, node: NodeId) -> Result<Entry, OverlayError> {
    let tree = &kustomization.tree;
    if !matches!(tree.node(node).kind, NodeKind::Mapping(_)) {
        return Err(kustomization
            .refuse(node, "this entry of `images` is no mapping; write its `name` and `newTag` out"));
    }
    if let Some(merge) = tree.get(node, "<<") {
        return Err(kustomization.refuse(merge, "the entry has a merge key (`<<`); write its keys out"));
    }
    let field = |name: &str| tree.get_ignore_case(node, name).filter(|value| !tree.is_null(*value));
    let values = ["newName", "newTag", "digest"].map(field);
    if let Some(alias) = values.iter().flatten().find(|value| tree.scalar(**value).is_none()) {
        return Err(kustomization
            .refuse(*alias, "the value is an alias or no single value; write the value itself here"));
    }
    let name = field("name").and_then(|name| tree.scalar(name));
    let name = name.ok_or_else(|| kustomization.refuse(node, "the entry has no `name`"))?;
    let is_pattern = name.contains(['*', '+', '?', '[', ']', '(', ')', '{', '}', '|', '^', '$', '\\']);
    if is_pattern {
        let why = format!(
            "`{name}` is a pattern to kustomize and may match several images; write one name per entry"
        );
        return Err(kustomization.refuse(node, why));
    }
    let [new_name, new_tag, digest] = values;
    Ok(Entry { node, name: name.to_owned(), new_name, new_tag, digest, tag_suffix: field("tagSuffix") })
}

/// Applies the entries to all uses, in the order of the list.
pub(super) fn apply(
    kustomization: &Kustomization,
    uses: &mut [ImageUse],
) -> Result<Vec<Uncertain>, OverlayError> {
    let mut uncertain = Vec::new();
    for found in uses.iter_mut() {
        found.name_before = found.reference.image.clone();
    }
    for entry in entries(kustomization)? {
        for found in uses.iter_mut().filter(|found| found.reference.image.as_str() == entry.name) {
            uncertain.extend(rewrite(kustomization, &entry, found)?);
        }
    }
    Ok(uncertain)
}

/// A tag drops the digest, a digest drops the tag, both together stay both; a name alone keeps them.
fn rewrite(
    kustomization: &Kustomization,
    entry: &Entry,
    found: &mut ImageUse,
) -> Result<Option<Uncertain>, OverlayError> {
    let place = kustomization.place(entry.deciding());
    let refused = |error: crate::model::ImageError| kustomization.refuse(entry.node, error.to_string());
    let tag = entry.text(kustomization, Field::Tag).map(Tag::new).transpose().map_err(refused)?;
    let digest = entry.text(kustomization, Field::Digest).map(Digest::new).transpose().map_err(refused)?;
    found.reference.image = ImageName::new(entry.name_after(kustomization)).map_err(refused)?;
    if tag.is_some() || digest.is_some() {
        found.reference.tag = tag;
        found.reference.digest = digest;
        found.file = place.file;
        found.line = place.position.line;
        found.set_by = SetBy::Images;
    }
    Ok(entry.tag_suffix.map(|suffix| Uncertain {
        place: kustomization.place(suffix),
        why: "`tagSuffix` is not evaluated; write the whole tag as `newTag`".to_owned(),
        decides: true,
    }))
}

/// The edits that bring an entry to what is wanted, or add one.
pub(super) fn edits(
    kustomization: &Kustomization,
    entry: Option<&Entry>,
    wanted: &ImageEdit,
) -> Result<Vec<Edit>, OverlayError> {
    let Some(entry) = entry else { return Ok(vec![addition(kustomization, wanted)]) };
    let tree = &kustomization.tree;
    if tree.node(entry.node).anchored {
        let why = "the entry has an anchor (`&…`), so other places would change with it; write it without";
        return Err(kustomization.refuse(entry.node, why));
    }
    if let Some(suffix) = entry.tag_suffix {
        return Err(
            kustomization.refuse(suffix, "`tagSuffix` is not edited; write the whole tag as `newTag`")
        );
    }
    let mut edits = Vec::new();
    let fields = [
        ("newName", entry.new_name, wanted.new_name.as_ref().map(ImageName::as_str)),
        ("newTag", entry.new_tag, wanted.tag.as_ref().map(Tag::as_str)),
    ];
    for (key, node, value) in fields {
        edits.extend(value.and_then(|value| set(kustomization, entry, (key, node), value)));
    }
    match (&wanted.digest, entry.digest) {
        (DigestEdit::Set(digest), node) => {
            edits.extend(set(kustomization, entry, ("digest", node), digest.as_str()));
        }
        (DigestEdit::Clear, Some(_)) => {
            let key = written_key(kustomization, entry, "digest").unwrap_or_else(|| "digest".to_owned());
            edits.push(Edit::RemoveKey { map: entry.node, key });
        }
        (DigestEdit::Clear, None) | (DigestEdit::Keep, _) => {}
    }
    Ok(edits)
}

/// Sets a field that is there and says something else, or inserts it behind those that stand before it.
fn set(
    kustomization: &Kustomization,
    entry: &Entry,
    (key, node): (&str, Option<NodeId>),
    value: &str,
) -> Option<Edit> {
    let empty = || kustomization.tree.get_ignore_case(entry.node, key);
    match node.or_else(empty) {
        Some(node) if kustomization.tree.scalar(node) == Some(value) => None,
        Some(node) => Some(Edit::SetScalar { node, value: value.to_owned() }),
        None => {
            let order = ["newTag", "newName", "name"];
            let after = order.iter().find_map(|field| written_key(kustomization, entry, field));
            Some(Edit::InsertKey { map: entry.node, after, key: key.to_owned(), value: value.to_owned() })
        }
    }
}

/// A key of the entry as it is written, whatever its case.
fn written_key(kustomization: &Kustomization, entry: &Entry, key: &str) -> Option<String> {
    let keys = kustomization.tree.entries(entry.node).iter();
    let mut names = keys.filter_map(|(id, _)| kustomization.tree.scalar(*id));
    names.find(|name| name.eq_ignore_ascii_case(key)).map(str::to_owned)
}

fn addition(kustomization: &Kustomization, wanted: &ImageEdit) -> Edit {
    let mut entries = vec![("name".to_owned(), wanted.name.to_string())];
    let digest = match &wanted.digest {
        DigestEdit::Set(digest) => Some(digest.to_string()),
        DigestEdit::Keep | DigestEdit::Clear => None,
    };
    let optional = [
        ("newName", wanted.new_name.as_ref().map(ToString::to_string)),
        ("newTag", wanted.tag.as_ref().map(ToString::to_string)),
        ("digest", digest),
    ];
    entries.extend(optional.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    let tree = &kustomization.tree;
    let list = kustomization.field("images").filter(|list| !tree.items(*list).is_empty());
    match list {
        Some(sequence) => Edit::AppendItem { sequence, entries },
        None => {
            let written = tree.entries(kustomization.root).iter().filter_map(|(key, _)| tree.scalar(*key));
            let key = written
                .into_iter()
                .find(|key| key.eq_ignore_ascii_case("images"))
                .unwrap_or("images")
                .to_owned();
            Edit::CreateSequence { map: kustomization.root, key, entries }
        }
    }
}

/// Edits the entries of a kustomization's text, one after the other, and keeps every other byte.
///
/// # Errors
/// Where the text is no kustomization, or an entry cannot be edited safely, with `file` and line.
pub fn edit_kustomization(
    text: &[u8],
    file: &RepositoryPath,
    requests: &[ImageEdit],
) -> Result<Vec<u8>, OverlayError> {
    let mut text = text.to_vec();
    for wanted in requests {
        let source = Source::from_bytes(&text).map_err(|error| OverlayError::of_yaml(file, error))?;
        let folder = file.parent().unwrap_or_else(|| file.clone());
        let kustomization = Kustomization::parse(folder, file.clone(), source)?;
        let entries = entries(&kustomization)?;
        let entry = entries.iter().rfind(|entry| entry.name == wanted.name.as_str());
        text = edited(&kustomization, &edits(&kustomization, entry, wanted)?)?;
    }
    Ok(text)
}

/// The text of a kustomization after some edits.
pub(super) fn edited(kustomization: &Kustomization, edits: &[Edit]) -> Result<Vec<u8>, OverlayError> {
    let text = yaml::edit(&kustomization.source, &kustomization.tree, edits);
    text.map(String::into_bytes).map_err(|refusal| OverlayError::of_edit(&kustomization.file, &refusal))
}
