//! One entry of a kustomization's `images`: which images it matches, and what it makes of them.

use super::Refused;
use super::text::Text;
use super::written::Written;
use crate::yaml::{NodeId, NodeKind};

/// Characters that kustomize reads as parts of a regular expression; `.` matches itself, so it may stand.
const PATTERN_CHARACTERS: &str = "^$*+?()[]{}|\\";

/// A value and the line that it stands on.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) value: String,
    pub(super) line: usize,
}

/// An entry of `images`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) node: NodeId,
    pub(super) name: String,
    pub(super) new_name: Option<String>,
    pub(super) new_tag: Option<Field>,
    pub(super) digest: Option<Field>,
    pub(super) tag_suffix: Option<Field>,
}

impl Entry {
    pub(super) fn read(text: &Text, node: NodeId) -> Result<Self, Refused> {
        reject_sharing(text, node)?;
        let name = field(text, node, "name")?.ok_or_else(|| {
            text.refuse(
                node,
                "this entry of `images` has no `name`",
                "give it the name of the image to change",
            )
        })?;
        if let Some(special) = name.value.chars().find(|c| PATTERN_CHARACTERS.contains(*c)) {
            let why = format!("the image name `{}` is a pattern (`{special}`)", name.value);
            return Err(Refused::at_line(name.line, why, "write the name of one image"));
        }
        Ok(Self {
            node,
            name: name.value,
            new_name: field(text, node, "newName")?.map(|field| field.value),
            new_tag: field(text, node, "newTag")?,
            digest: field(text, node, "digest")?,
            tag_suffix: field(text, node, "tagSuffix")?,
        })
    }

    /// Whether kustomize applies this entry to an image: its name, then at most a tag and a digest.
    pub(super) fn matches(&self, image: &Written) -> bool {
        image.to_string().strip_prefix(&self.name).is_some_and(is_tag_and_digest)
    }

    /// The field that decides the tag, or else the digest.
    pub(super) fn decides(&self) -> Option<&Field> {
        self.new_tag.as_ref().or(self.digest.as_ref())
    }

    /// What the entry makes of an image that it matches. A tag alone drops the digest, and the other way round.
    pub(super) fn apply(&self, image: &mut Written) {
        if let Some(name) = &self.new_name {
            image.name.clone_from(name);
        }
        if self.decides().is_some() {
            image.tag = self.new_tag.as_ref().map(|field| field.value.clone());
            image.digest = self.digest.as_ref().map(|field| field.value.clone());
        }
    }

    /// What the entry itself names, for images that lie where nobody can look.
    pub(super) fn outcome(&self) -> Written {
        let mut image = Written { name: self.name.clone(), tag: None, digest: None };
        self.apply(&mut image);
        image
    }
}

/// `(:tag)?(@sha256:digest)?`, with the characters that kustomize allows there.
fn is_tag_and_digest(rest: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
    let rest = rest.strip_prefix(':').map_or(rest, |rest| rest.trim_start_matches(is_inner));
    let rest = rest.strip_prefix("@sha256:").map_or(rest, |rest| rest.trim_start_matches(is_inner));
    rest.is_empty()
}

/// The text of a key that is there and says something; an empty text says nothing, as kustomize takes it.
fn field(text: &Text, entry: NodeId, key: &str) -> Result<Option<Field>, Refused> {
    let Some((_, node)) = text.entry(entry, key) else { return Ok(None) };
    let way_out = "write the value itself here, on one line";
    let Some(value) = text.tree.scalar(node) else {
        return Err(text.refuse(node, format!("`{key}` is no plain text"), way_out));
    };
    if value.contains("{{") || value.contains("{%") {
        return Err(text.refuse(node, format!("`{key}` is a template"), way_out));
    }
    let field = Field { value: value.to_owned(), line: text.line(node) };
    Ok(Some(field).filter(|field| !field.value.is_empty()))
}

/// An entry that takes values from elsewhere cannot be read or changed here alone.
fn reject_sharing(text: &Text, node: NodeId) -> Result<(), Refused> {
    let way_out = "write the entry out";
    match &text.tree.node(node).kind {
        NodeKind::Alias => Err(text.refuse(node, "this entry of `images` is an alias (`*…`)", way_out)),
        NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
            Err(text.refuse(node, "this entry of `images` is no mapping", "write `name:` and `newTag:`"))
        }
        NodeKind::Mapping(entries) => {
            match entries.iter().find(|(key, _)| text.tree.scalar(*key) == Some("<<")) {
                Some((key, _)) => {
                    Err(text.refuse(*key, "this entry of `images` has a merge key (`<<`)", way_out))
                }
                None => Ok(()),
            }
        }
    }
}
