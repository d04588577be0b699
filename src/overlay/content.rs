//! The content key of a change: what it changes, whatever its base.

use similar::{ChangeTag, TextDiff};

use crate::model::{ContentKey, EnvironmentName, FileChange};
use crate::yaml::{self, Source};

/// The key of some file changes into an environment.
///
/// It covers the environment, the files, every removed and added line, and where both sides are YAML the path,
/// the old and the new source text of each scalar that differs. It does not cover line numbers, context, base,
/// head or time; so the same edit on a newer base has the same key, and one more byte gives another.
#[must_use]
pub fn content_key(environment: &EnvironmentName, files: &[FileChange]) -> ContentKey {
    let mut files: Vec<&FileChange> = files.iter().filter(|file| file.old != file.new).collect();
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let mut parts = vec![environment.to_string()];
    for file in files {
        parts.push(format!("file {}", file.path));
        parts.extend(lines(file));
        parts.extend(scalars(file));
    }
    ContentKey::of(&parts)
}

/// Removed and added lines with their line breaks; of what is no text, all bytes.
fn lines(file: &FileChange) -> Vec<String> {
    let sides = [&file.old, &file.new].map(|side| side.as_deref().unwrap_or_default());
    let presence = format!("old {} new {}", file.old.is_some(), file.new.is_some());
    let [Ok(old), Ok(new)] = sides.map(std::str::from_utf8) else {
        return std::iter::once(presence).chain(sides.iter().map(|bytes| format!("{bytes:?}"))).collect();
    };
    let diff = TextDiff::from_lines(old, new);
    let changes = diff.iter_all_changes().filter_map(|change| match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(format!("-{}", change.value())),
        ChangeTag::Insert => Some(format!("+{}", change.value())),
    });
    std::iter::once(presence).chain(changes).collect()
}

/// The scalars that differ, sorted by path.
fn scalars(file: &FileChange) -> Vec<String> {
    let (Some(old), Some(new)) = (flat(file.old.as_deref()), flat(file.new.as_deref())) else {
        return Vec::new();
    };
    let gone =
        old.iter().filter(|scalar| !new.contains(scalar)).map(|(path, text)| format!("-{path}={text}"));
    let come =
        new.iter().filter(|scalar| !old.contains(scalar)).map(|(path, text)| format!("+{path}={text}"));
    let mut parts: Vec<String> = gone.chain(come).collect();
    parts.sort();
    parts
}

fn flat(bytes: Option<&[u8]>) -> Option<std::collections::BTreeSet<(String, String)>> {
    let source = Source::from_bytes(bytes?).ok()?;
    let tree = yaml::parse(&source).ok()?;
    Some(yaml::flatten(&source, &tree).into_iter().collect())
}
