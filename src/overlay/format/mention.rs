//! Where a file names an image that nothing shows: what to do about it depends on that.

use std::collections::BTreeSet;

use crate::model::{ImageName, RepositoryPath, Tree};
use crate::overlay::OverlayError;
use crate::overlay::kustomize::kustomization::FILE_NAMES;

/// What Flux's markers are recognised by.
const MARKER: &str = "$imagepolicy";

/// A line that names an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct Mention {
    file: RepositoryPath,
    /// From 1.
    line: usize,
    /// Whether a marker stands on it.
    is_marked: bool,
    /// Whether the image is only a part of the value, as in `--image=web:1.0`.
    is_within: bool,
}

impl Mention {
    /// The first line of the texts that names the image; one with a marker comes before all others.
    pub(in crate::overlay) fn find<'a>(
        texts: impl Iterator<Item = (&'a RepositoryPath, &'a str)>,
        image: &ImageName,
    ) -> Option<Self> {
        let mut first = None;
        for (file, text) in texts {
            let lines = text.lines().enumerate().filter(|(_, line)| !is_comment(line) && names(line, image));
            for (index, line) in lines {
                let is_marked = line.contains(MARKER);
                let is_within = !is_whole_value(line, image);
                let mention = Self { file: file.clone(), line: index + 1, is_marked, is_within };
                if is_marked {
                    return Some(mention);
                }
                first.get_or_insert(mention);
            }
        }
        first
    }

    /// Whether the image is only a part of the value that names it.
    pub(in crate::overlay) const fn is_within(&self) -> bool {
        self.is_within
    }

    /// What to do, given why the place does not count.
    pub(in crate::overlay) fn way_out(&self, why: &str) -> String {
        let Self { file, line, is_marked, is_within: _ } = self;
        if *is_marked {
            return format!(
                "{file}:{line} names it with a marker, so write `marker: NAMESPACE:NAME` in the configuration"
            );
        }
        format!("{file}:{line} names it, but {why}")
    }
}

impl OverlayError {
    /// The same error with the place that names the image, if a file that was read does. An entry of `images` in a
    /// kustomization makes no image by itself, so those are left out.
    pub(in crate::overlay) fn with_mention(self, tree: &Tree, read: &BTreeSet<RepositoryPath>) -> Self {
        let Self::NotFound { image, file, hidden, way_out } = self else { return self };
        let texts = read
            .iter()
            .filter(|path| !FILE_NAMES.contains(&path.file_name()))
            .filter_map(|path| Some((path, std::str::from_utf8(tree.read(path).ok()?).ok()?)));
        let why = |mention: &Mention| match mention.is_within() {
            true => {
                "inside a longer text, which neither `images` nor `configurations` of kustomize reaches; give the image a \
                     value of its own"
            }
            false => {
                "kustomize's `images` does not reach that place; add it with `configurations`, or declare it with \
                      `set` in the configuration"
            }
        };
        let way_out =
            Mention::find(texts, &image).map_or(way_out, |mention| mention.way_out(why(&mention)).into());
        Self::NotFound { image, file, hidden, way_out }
    }
}

/// Whether the value of a line begins with the image: behind the key or the dash of an item.
fn is_whole_value(line: &str, image: &ImageName) -> bool {
    let is_before = |before: &str| before.is_empty() || before.ends_with(": ") || before.ends_with("- ");
    let starts = line.match_indices(image.as_str()).map(|(at, _)| line.get(..at).unwrap_or_default());
    starts.into_iter().any(|before| is_before(before.trim_start().trim_end_matches(['"', '\''])))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a line names the image, and not another one whose name begins or ends so.
fn names(line: &str, image: &ImageName) -> bool {
    let name = image.as_str();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let behind = line.get(at + name.len()..).and_then(|behind| behind.chars().next());
        !before.is_some_and(is_part) && !behind.is_some_and(is_part)
    })
}
