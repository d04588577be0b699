//! One entry of a kustomization's `images`: which images it matches, and what it makes of them.

use regex::bytes::{Regex, RegexBuilder};

use crate::overlay::EditObstacle;
use crate::overlay::document::text::Text;
use crate::overlay::document::value::Lines;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::limit::Limit;
use crate::yaml::{NodeId, NodeKind};

/// Characters that make a name more than a name; `.` alone is matched by hand.
const PATTERN_CHARACTERS: &str = "^$*+?()[]{}|\\";

/// What other readers of regular expressions understand otherwise than kustomize does.
const FOREIGN_PATTERNS: [&str; 5] = ["&&", "--", "~~", "\\b{", "(?"];

/// How large a compiled pattern may become, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A value and the line that it stands on.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Field {
    pub(in crate::overlay) value: String,
    pub(in crate::overlay) line: usize,
}

/// An entry of `images`.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Entry {
    pub(in crate::overlay) node: NodeId,
    pub(in crate::overlay) line: usize,
    pub(in crate::overlay) name: String,
    /// The name as a regular expression; none where it is a plain name.
    pattern: Option<Regex>,
    pub(in crate::overlay) new_name: Option<Field>,
    pub(in crate::overlay) new_tag: Option<Field>,
    pub(in crate::overlay) digest: Option<Field>,
    pub(in crate::overlay) tag_suffix: Option<Field>,
}

impl Entry {
    pub(in crate::overlay) fn read(text: &Text, node: NodeId) -> Result<Self, EditObstacle> {
        reject_sharing(text, node)?;
        // Kustomize accepts an entry without a name; it matches no image.
        let name = field(text, node, "name")?;
        let name = name.unwrap_or_else(|| Field { value: String::new(), line: text.line(node) });
        Ok(Self {
            node,
            line: name.line,
            pattern: pattern(&name)?,
            name: name.value,
            new_name: field(text, node, "newName")?,
            new_tag: field(text, node, "newTag")?,
            digest: field(text, node, "digest")?,
            tag_suffix: field(text, node, "tagSuffix")?,
        })
    }

    /// The same, with the lines of the file that its text lies in.
    pub(in crate::overlay) fn inside(mut self, lines: Lines) -> Self {
        self.line = lines.of(self.line);
        let fields = [&mut self.new_name, &mut self.new_tag, &mut self.digest, &mut self.tag_suffix];
        for field in fields.into_iter().flatten() {
            field.line = lines.of(field.line);
        }
        self
    }

    /// Whether its name may stand for more than one image.
    pub(in crate::overlay) const fn is_pattern(&self) -> bool {
        self.pattern.is_some()
    }

    /// Whether kustomize applies this entry to an image: its name, then at most a tag and a digest.
    pub(in crate::overlay) fn matches(&self, image: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.is_match(image.as_bytes()),
            None => after_name(image, &self.name).is_some_and(is_tag_and_digest),
        }
    }

    /// The field that decides the tag, or else the digest.
    pub(in crate::overlay) fn decides(&self) -> Option<&Field> {
        self.new_tag.as_ref().or(self.digest.as_ref()).or(self.tag_suffix.as_ref())
    }

    /// What the entry makes of an image that it matches: a tag alone drops the digest, and the other way round;
    /// a suffix counts only where there is neither, and drops the digest too.
    pub(in crate::overlay) fn apply(&self, image: &str) -> String {
        let WrittenImage { mut name, tag, digest } = WrittenImage::new(image);
        let says = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (mut tag, mut digest) = (says(tag), says(digest));
        if let Some(new) = &self.new_name {
            name.clone_from(&new.value);
        }
        if self.new_tag.is_some() || self.digest.is_some() {
            tag = self.new_tag.as_ref().map(|field| field.value.clone());
            digest = self.digest.as_ref().map(|field| field.value.clone());
        } else if let Some(suffix) = &self.tag_suffix {
            tag = Some(format!("{}{}", tag.unwrap_or_default(), suffix.value));
            digest = None;
        }
        WrittenImage { name, tag, digest }.to_string()
    }
}

/// What follows a name in an image; a `.` of the name stands for any character.
fn after_name<'a>(image: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = image.chars();
    for expected in name.chars() {
        let found = rest.next()?;
        if found != expected && (expected != '.' || found == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

/// `(:tag)?(@sha256:digest)?`, with the characters that kustomize allows there.
fn is_tag_and_digest(rest: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "_.{}-".contains(c);
    let rest = rest.strip_prefix(':').map_or(rest, |rest| rest.trim_start_matches(is_inner));
    let rest = rest.strip_prefix("@sha256:").map_or(rest, |rest| rest.trim_start_matches(is_inner));
    rest.is_empty()
}

/// Whether the name of an entry is a pattern.
pub(in crate::overlay) fn is_pattern(name: &str) -> bool {
    name.contains(|c| PATTERN_CHARACTERS.contains(c))
}

/// The regular expression that kustomize makes of a name, where it is more than a name.
fn pattern(name: &Field) -> Result<Option<Regex>, EditObstacle> {
    if !is_pattern(&name.value) {
        return Ok(None);
    }
    let whole = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", name.value);
    let is_foreign = FOREIGN_PATTERNS.iter().any(|foreign| name.value.contains(foreign));
    let compiled = RegexBuilder::new(&whole).unicode(false).size_limit(PATTERN_BYTES_MAX).build();
    match compiled {
        Ok(compiled) if !is_foreign => Ok(Some(compiled)),
        Ok(_) | Err(_) => {
            let why = format!("the image name `{}` is not a supported regular expression", name.value);
            Err(EditObstacle::at_line(Limit::BadPattern, name.line, why))
        }
    }
}

/// The text of a key that is there and says something; an empty text says nothing, as kustomize takes it.
fn field(text: &Text, entry: NodeId, key: &str) -> Result<Option<Field>, EditObstacle> {
    let Some((_, node)) = text.entry(entry, key) else { return Ok(None) };
    let way_out = "write the value itself here, on one line";
    let Some(value) = text.tree.scalar(node) else {
        let is_alias = matches!(text.tree.node(node).kind, NodeKind::Alias);
        let limit = if is_alias { Limit::Alias } else { Limit::Malformed };
        return Err(text.refuse(node, limit, format!("`{key}` is not a plain string")).or_else(way_out));
    };
    if value.contains("{{") || value.contains("{%") {
        return Err(text.refuse(node, Limit::Template, format!("`{key}` is a template")).or_else(way_out));
    }
    let field = Field { value: value.to_owned(), line: text.line(node) };
    Ok(Some(field).filter(|field| !field.value.is_empty()))
}

/// An entry that takes values from elsewhere cannot be read or changed here alone.
fn reject_sharing(text: &Text, node: NodeId) -> Result<(), EditObstacle> {
    match &text.tree.node(node).kind {
        NodeKind::Alias => Err(text.refuse(node, Limit::Alias, "this entry of `images` is an alias (`*…`)")),
        NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
            Err(text.refuse(node, Limit::Malformed, "this entry of `images` is not a mapping"))
        }
        NodeKind::Mapping(entries) => {
            match entries.iter().find(|(key, _)| text.tree.scalar(*key) == Some("<<")) {
                Some((key, _)) => {
                    Err(text.refuse(*key, Limit::Alias, "this entry of `images` has a merge key (`<<`)"))
                }
                None => Ok(()),
            }
        }
    }
}
