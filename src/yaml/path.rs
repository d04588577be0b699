//! Paths to nodes as people write them: `spec.sources[0].helm.values`.

use std::fmt;
use std::str::FromStr;

use super::refusal::{EditRefusal, EditRefusalReason};
use super::source::Source;
use super::tree::{NodeId, NodeKind, Tree};

/// One step on the way to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathSegment {
    /// To the value of a key.
    Key(String),
    /// To an item, from 0.
    Index(usize),
    /// To the first item that has this scalar under this key: `[name=app]`.
    Item {
        /// The key.
        key: String,
        /// Its value.
        value: String,
    },
}

/// A way to a node, from the root of a document.
///
/// Keys are separated by dots; brackets hold the place of an item, from 0, or a key and value of it; a key with
/// dots or brackets stands in quotes (`metadata.annotations."a.b/c"`), or has a backslash before each of them.
/// On a list a key of digits is the place of an item.
///
/// ```
/// use towpath::yaml::Path;
///
/// let path: Path = r#"spec.sources[0].helm."values.yaml"[name=app]"#.parse().unwrap();
/// assert_eq!(path.segments().len(), 6);
/// assert_eq!(path.to_string(), r#"spec.sources[0].helm."values.yaml"[name=app]"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<PathSegment>);

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path: {what}; write it like `spec.images[0].newTag`")]
pub struct PathError {
    /// The text.
    pub path: String,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Path {
    /// The steps, in order.
    #[must_use]
    pub fn segments(&self) -> &[PathSegment] {
        &self.0
    }
}

impl From<Vec<PathSegment>> for Path {
    fn from(segments: Vec<PathSegment>) -> Self {
        Self(segments)
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        let mut segments = Vec::new();
        let mut rest = path;
        while !rest.is_empty() {
            let (segment, behind) = next_segment(rest, segments.is_empty())
                .map_err(|what| PathError { path: path.to_owned(), what })?;
            segments.push(segment);
            rest = behind;
        }
        if segments.is_empty() {
            return Err(PathError { path: path.to_owned(), what: "it is empty" });
        }
        Ok(Self(segments))
    }
}

fn next_segment(rest: &str, is_first: bool) -> Result<(PathSegment, &str), &'static str> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (inside, behind) = inside.split_once(']').ok_or("a `[` is not closed")?;
        return Ok((bracket(inside)?, behind));
    }
    let rest = match rest.strip_prefix('.') {
        Some(rest) => rest,
        None if is_first => rest,
        None => return Err("a dot is missing before a key"),
    };
    let (key, behind) = match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let (key, behind) = rest[1..].split_once(quote).ok_or("a quote is not closed")?;
            (key.to_owned(), behind)
        }
        Some(_) | None => bare_key(rest),
    };
    if key.is_empty() { Err("a key is empty") } else { Ok((PathSegment::Key(key), behind)) }
}

fn bracket(inside: &str) -> Result<PathSegment, &'static str> {
    match inside.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(PathSegment::Item { key: key.to_owned(), value: value.to_owned() })
        }
        Some(_) | None => {
            inside.parse().map(PathSegment::Index).map_err(|_| "brackets hold a number or `key=value`")
        }
    }
}

fn bare_key(rest: &str) -> (String, &str) {
    let mut key = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => key.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (key, &rest[at..]),
            other => key.push(other),
        }
    }
    (key, "")
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            match segment {
                PathSegment::Index(place) => write!(formatter, "[{place}]")?,
                PathSegment::Item { key, value } => write!(formatter, "[{key}={value}]")?,
                PathSegment::Key(key) => {
                    let dot = if index == 0 { "" } else { "." };
                    let quote = match key {
                        key if !key.contains(['.', '[', ']', '\\', '"', '\'']) => "",
                        key if key.contains('"') => "'",
                        _ => "\"",
                    };
                    write!(formatter, "{dot}{quote}{key}{quote}")?;
                }
            }
        }
        Ok(())
    }
}

impl Tree {
    /// The node at the end of a path; of a duplicated key the last.
    #[must_use]
    pub fn at(&self, root: NodeId, path: &[PathSegment]) -> Option<NodeId> {
        path.iter().try_fold(root, |node, segment| self.next(node, segment))
    }

    /// The node at the end of a path, or why and where the way ends before it.
    ///
    /// # Errors
    /// Where a key or an item is missing, a key occurs twice, or the way leads through an alias.
    pub fn find(&self, source: &Source, root: NodeId, path: &Path) -> Result<NodeId, EditRefusal> {
        path.0.iter().try_fold(root, |node, segment| {
            self.next_checked(node, segment).map_err(|reason| EditRefusal {
                position: source.position(self.node(node).span.start),
                reason,
            })
        })
    }

    fn next(&self, node: NodeId, segment: &PathSegment) -> Option<NodeId> {
        match segment {
            PathSegment::Key(key) if !self.items(node).is_empty() => {
                self.items(node).get(key.parse::<usize>().ok()?).copied()
            }
            PathSegment::Key(key) => self.get(node, key),
            PathSegment::Index(index) => self.items(node).get(*index).copied(),
            PathSegment::Item { key, value } => self.item_with(node, key, value),
        }
    }

    fn next_checked(&self, node: NodeId, segment: &PathSegment) -> Result<NodeId, EditRefusalReason> {
        match (&self.node(node).kind, segment) {
            (NodeKind::Alias, _) => return Err(EditRefusalReason::Alias),
            (NodeKind::Scalar { .. }, _) => return Err(EditRefusalReason::NotA("a mapping or a list")),
            (NodeKind::Mapping(entries), PathSegment::Key(key)) => {
                let same = entries.iter().filter(|(id, _)| self.scalar(*id) == Some(key));
                if same.count() > 1 {
                    return Err(EditRefusalReason::DuplicateKey(key.clone()));
                }
            }
            (NodeKind::Mapping(_) | NodeKind::Sequence(_), _) => {}
        }
        self.next(node, segment).ok_or_else(|| match segment {
            PathSegment::Key(key) => EditRefusalReason::NoSuchKey(key.clone()),
            PathSegment::Index(_) | PathSegment::Item { .. } => {
                EditRefusalReason::NoSuchItem(Path(vec![segment.clone()]).to_string())
            }
        })
    }

    /// The first item of a sequence that has this scalar under this key.
    #[must_use]
    pub fn item_with(&self, sequence: NodeId, key: &str, value: &str) -> Option<NodeId> {
        let has = |item: &NodeId| self.get(*item, key).and_then(|found| self.scalar(found)) == Some(value);
        self.items(sequence).iter().copied().find(has)
    }
}
