//! The content key: what a change changes, whatever else its base holds.
//!
//! A key is made of the environment and, for each changed file, the lines taken out and put in (without context or
//! line numbers) and the YAML paths whose source text differs. So it survives a newer base whose other lines
//! changed, and any other byte within the change makes another one.

use std::collections::BTreeMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::document::text::Text;
use crate::model::{ContentKey, EnvironmentName, FileChange};
use crate::yaml::{self, NodeId, NodeKind};

/// How many lines of a file may lie between its first and last difference for a line-by-line comparison. Beyond,
/// all of them count as one hunk: the time to compare grows with their square.
const LINES_COMPARED_MAX: usize = 5_000;

/// How many bytes the YAML paths of a file may have together. Long keys above many scalars make far more of them
/// than the file has; beyond, only lines count.
const PATH_BYTES_MAX: usize = 32 << 20;

/// What an item adds to a path, beside its name.
const ITEM_BYTES: usize = 8;

/// The key of the changes to an environment. Files that do not differ count for nothing, nor does their order.
#[must_use]
pub fn content_key(environment: &EnvironmentName, files: &[FileChange]) -> ContentKey {
    let mut changed: Vec<&FileChange> = files.iter().filter(|file| file.old != file.new).collect();
    changed.sort_by(|left, right| {
        (&left.path, &left.old, &left.new).cmp(&(&right.path, &right.old, &right.new))
    });
    let mut parts = vec![format!("environment {environment}")];
    for file in changed {
        parts.push(format!("file {}", file.path));
        parts.push(format!("exists {} {}", file.old.is_some(), file.new.is_some()));
        let old = file.old.as_deref().unwrap_or_default();
        let new = file.new.as_deref().unwrap_or_default();
        hunks(old, new, &mut parts);
        scalars(old, new, &mut parts);
    }
    ContentKey::of(&parts)
}

/// The lines that differ, each hunk behind a line that says so.
fn hunks(old: &[u8], new: &[u8], parts: &mut Vec<String>) {
    let (old, new) = differing(lines(old), lines(new));
    let operations = if old.len().max(new.len()) > LINES_COMPARED_MAX {
        vec![DiffOp::Replace { old_index: 0, old_len: old.len(), new_index: 0, new_len: new.len() }]
    } else {
        capture_diff_slices(Algorithm::Myers, &old, &new)
    };
    for operation in operations.iter().filter(|operation| !matches!(operation, DiffOp::Equal { .. })) {
        parts.push("hunk".to_owned());
        push_lines('-', &old, operation.old_range(), parts);
        push_lines('+', &new, operation.new_range(), parts);
    }
}

/// Escaped, so that every byte counts whether the file is text or not.
fn push_lines(sign: char, lines: &[&[u8]], range: Range<usize>, parts: &mut Vec<String>) {
    let lines = lines.get(range).unwrap_or_default();
    parts.extend(lines.iter().map(|line| format!("{sign}{}", line.escape_ascii())));
}

/// Lines with their line breaks.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Both without the lines that they share at the start and at the end.
fn differing<'a>(mut old: Vec<&'a [u8]>, mut new: Vec<&'a [u8]>) -> (Vec<&'a [u8]>, Vec<&'a [u8]>) {
    let start = old.iter().zip(&new).take_while(|(left, right)| left == right).count();
    old.drain(..start);
    new.drain(..start);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(left, right)| left == right).count();
    old.truncate(old.len() - end);
    new.truncate(new.len() - end);
    (old, new)
}

/// The YAML paths whose source text differs, where both sides can be read as YAML; an absent file has none.
fn scalars(old: &[u8], new: &[u8], parts: &mut Vec<String>) {
    let (Some(old), Some(new)) = (flat(old), flat(new)) else { return };
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        if before != after {
            parts.push(format!("path {path}"));
            parts.extend(before.into_iter().flatten().map(|text| format!("-{text}")));
            parts.extend(after.into_iter().flatten().map(|text| format!("+{text}")));
        }
    }
}

/// Source texts by path; a path may stand for several.
fn flat(bytes: &[u8]) -> Option<BTreeMap<String, Vec<String>>> {
    let text = Text::new(bytes).ok()?;
    let roots = text.tree.documents().iter();
    if roots.map(|root| path_bytes(&text, *root, 0)).sum::<usize>() > PATH_BYTES_MAX {
        return None;
    }
    let mut flat: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, value) in yaml::flatten(&text.source, &text.tree).ok()? {
        flat.entry(path).or_default().push(value);
    }
    Some(flat)
}

/// About how many bytes the paths of all scalars below a node have, of which `above` lie above it. As deep as
/// `yaml::DEPTH_MAX`.
fn path_bytes(text: &Text, node: NodeId, above: usize) -> usize {
    let tree = &text.tree;
    match &tree.node(node).kind {
        NodeKind::Scalar { .. } | NodeKind::Alias => above,
        NodeKind::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| path_bytes(text, *value, above + text.written(*key).len() + 1))
            .sum(),
        NodeKind::Sequence(items) => {
            let name = |item| tree.get(item, "name").and_then(|name| tree.scalar(name)).map_or(0, str::len);
            items.iter().map(|item| path_bytes(text, *item, above + name(*item) + ITEM_BYTES)).sum()
        }
    }
}
