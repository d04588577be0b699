//! The proof of an edit: the result, parsed again, gives the old events but for what was asked.

use super::edit::{Edit, Refusal, RefusalReason};
use super::parse::parse;
use super::quote::needs_quote;
use super::source::{Position, Source};
use super::tree::{NodeId, NodeKind, ScalarStyle, Tree};

/// One event, as far as its meaning goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sign {
    Document,
    MapStart {
        anchored: bool,
        tagged: bool,
    },
    SequenceStart {
        anchored: bool,
        tagged: bool,
    },
    End,
    Alias(String),
    Scalar {
        value: String,
        style: ScalarStyle,
        anchored: bool,
        tagged: bool,
    },
    /// A scalar that the edit writes: any style in which it means this text.
    New(String),
}

/// Compares what the edited text means with what it should mean.
pub(super) fn prove(source: &Source, tree: &Tree, edits: &[Edit], text: &str) -> Result<(), Refusal> {
    let unprovable =
        |position: Position, what: String| Refusal { position, reason: RefusalReason::Unprovable(what) };
    let edited = Source::new(text).map_err(|error| unprovable(error.position, error.what))?;
    let new_tree = parse(&edited).map_err(|error| unprovable(error.position, error.what))?;
    let expected = signs(source, tree, edits);
    let found = signs(&edited, &new_tree, &[]);
    let first_difference = expected.iter().zip(&found).position(|(expected, found)| !agrees(expected, found));
    if first_difference.is_none() && expected.len() == found.len() {
        return Ok(());
    }
    Err(unprovable(Position { line: 1, column: 1 }, "it reads differently afterwards".to_owned()))
}

fn agrees(expected: &Sign, found: &Sign) -> bool {
    match (expected, found) {
        (Sign::New(wanted), Sign::Scalar { value, style, anchored: false, tagged: false }) => {
            wanted == value && (*style != ScalarStyle::Plain || !needs_quote(value))
        }
        (expected, found) => expected == found,
    }
}

/// The events of a tree after some edits.
fn signs(source: &Source, tree: &Tree, edits: &[Edit]) -> Vec<Sign> {
    let mut walk = Walk { source, tree, edits, signs: Vec::new() };
    for root in tree.documents() {
        walk.signs.push(Sign::Document);
        walk.node(*root);
    }
    walk.signs
}

struct Walk<'a> {
    source: &'a Source,
    tree: &'a Tree,
    edits: &'a [Edit],
    signs: Vec<Sign>,
}

impl Walk<'_> {
    /// As deep as [`super::DEPTH_MAX`], which `parse` has checked.
    fn node(&mut self, id: NodeId) {
        let node = self.tree.node(id);
        let (anchored, tagged) = (node.anchored, node.tagged);
        match &node.kind {
            NodeKind::Alias => {
                let name = self.source.text().get(node.span.clone()).unwrap_or_default();
                self.signs.push(Sign::Alias(name.to_owned()));
            }
            NodeKind::Scalar { value, style } => {
                let sign = self.set_to(id).map_or_else(
                    || Sign::Scalar { value: value.clone(), style: *style, anchored, tagged },
                    Sign::New,
                );
                self.signs.push(sign);
            }
            NodeKind::Mapping(entries) => self.mapping(id, entries, (anchored, tagged)),
            NodeKind::Sequence(items) => {
                self.signs.push(Sign::SequenceStart { anchored, tagged });
                items.iter().for_each(|item| self.node(*item));
                self.appended(id);
                self.signs.push(Sign::End);
            }
        }
    }

    /// The items that go to the end of a list.
    fn appended(&mut self, id: NodeId) {
        for edit in self.edits {
            if let Edit::AppendItem { sequence, entries } = edit
                && *sequence == id
            {
                self.item(entries);
            }
        }
    }

    fn mapping(&mut self, id: NodeId, entries: &[(NodeId, NodeId)], (anchored, tagged): (bool, bool)) {
        self.signs.push(Sign::MapStart { anchored, tagged });
        for (index, (key, value)) in entries.iter().enumerate() {
            let name = self.tree.scalar(*key);
            let is_removed = self.edits.iter().any(
                |edit| matches!(edit, Edit::RemoveKey { map, key } if *map == id && Some(key.as_str()) == name),
            );
            if !is_removed {
                self.node(*key);
                self.value(id, name, *value);
            }
            self.inserted(id, name, index + 1 == entries.len());
        }
        self.created(id);
        self.signs.push(Sign::End);
    }

    /// A value, or the list that fills an empty one.
    fn value(&mut self, map: NodeId, name: Option<&str>, value: NodeId) {
        let filled = self.edits.iter().find_map(|edit| match edit {
            Edit::CreateSequence { map: of, key, entries } if *of == map && Some(key.as_str()) == name => {
                Some(entries)
            }
            Edit::CreateSequence { .. }
            | Edit::SetScalar { .. }
            | Edit::InsertKey { .. }
            | Edit::RemoveKey { .. }
            | Edit::AppendItem { .. } => None,
        });
        match filled {
            Some(entries) if self.tree.items(value).is_empty() => self.list(entries),
            Some(_) | None => self.node(value),
        }
    }

    /// The keys that go behind an entry.
    fn inserted(&mut self, id: NodeId, name: Option<&str>, is_last: bool) {
        for edit in self.edits {
            if let Edit::InsertKey { map, after, key, value } = edit {
                let is_here = after.as_deref().map_or(is_last, |after| Some(after) == name);
                if *map == id && is_here {
                    self.signs.extend([Sign::New(key.clone()), Sign::New(value.clone())]);
                }
            }
        }
    }

    /// The list that a mapping gets under a new key, at its end.
    fn created(&mut self, id: NodeId) {
        for edit in self.edits {
            if let Edit::CreateSequence { map, key, entries } = edit
                && *map == id
                && self.tree.get(id, key).is_none()
            {
                self.signs.push(Sign::New(key.clone()));
                self.list(entries);
            }
        }
    }

    fn list(&mut self, entries: &[(String, String)]) {
        self.signs.push(Sign::SequenceStart { anchored: false, tagged: false });
        self.item(entries);
        self.signs.push(Sign::End);
    }

    fn item(&mut self, entries: &[(String, String)]) {
        self.signs.push(Sign::MapStart { anchored: false, tagged: false });
        for (key, value) in entries {
            self.signs.extend([Sign::New(key.clone()), Sign::New(value.clone())]);
        }
        self.signs.push(Sign::End);
    }

    fn set_to(&self, id: NodeId) -> Option<String> {
        self.edits.iter().find_map(|edit| match edit {
            Edit::SetScalar { node, value } if *node == id => Some(value.clone()),
            Edit::SetScalar { .. }
            | Edit::InsertKey { .. }
            | Edit::RemoveKey { .. }
            | Edit::AppendItem { .. }
            | Edit::CreateSequence { .. } => None,
        })
    }
}
