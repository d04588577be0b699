//! Renovate's comments, `# renovate: datasource=docker depName=ghcr.io/acme/shop`: the line below holds the tag.

use super::line::{LineScalar, lines};
use crate::model::ImageName;
use crate::overlay::document::text::holds;
use crate::overlay::document::written::WrittenImage;

const PREFIX: &str = "renovate:";
/// Ways of reading versions that agree where a tag has three numbers.
const VERSIONINGS: [&str; 3] = ["docker", "semver", "semver-coerced"];

/// A comment and the scalar below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct Hinted {
    /// The line of the scalar, from 1.
    pub(in crate::overlay) line: usize,
    /// What it says.
    pub(in crate::overlay) image: WrittenImage,
    /// Whether it holds the whole reference and not the tag alone.
    pub(in crate::overlay) is_whole: bool,
    /// Whether the comment says how versions are read (`versioning`, `extractVersion`).
    pub(in crate::overlay) is_narrowed: bool,
    /// The scalar.
    pub(in crate::overlay) scalar: LineScalar,
}

/// What a comment says about the line below.
struct Hint {
    name: ImageName,
    is_narrowed: bool,
}

/// Whether a file can hold such a comment at all.
pub(in crate::overlay) fn could_hold(bytes: &[u8]) -> bool {
    holds(bytes, PREFIX)
}

/// All scalars that such a comment names.
pub(in crate::overlay) fn find(text: &str) -> Vec<Hinted> {
    let mut above: Option<Hint> = None;
    let mut found = Vec::new();
    for line in lines(text) {
        let hint = std::mem::replace(&mut above, line.only_comment().and_then(hint));
        if let (Some(hint), Some((scalar, _))) = (hint, line.scalar()) {
            found.push(Hinted::new(line.number, &hint, scalar));
        }
    }
    found
}

/// What a comment says; `None` if it names no image.
fn hint(comment: &str) -> Option<Hint> {
    let words = comment.trim().strip_prefix(PREFIX)?.split_whitespace();
    let fields: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
    let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    if field("datasource").is_some_and(|source| source != "docker") {
        return None;
    }
    let keys: &[&str] =
        if field("datasource").is_some() { &["packageName", "lookupName", "depName"] } else { &["image"] };
    let name = keys.iter().find_map(|key| field(key)).and_then(|name| ImageName::new(name).ok())?;
    let is_versioned = field("versioning").is_some_and(|versioning| !VERSIONINGS.contains(&versioning));
    Some(Hint { name, is_narrowed: is_versioned || field("extractVersion").is_some() })
}

impl Hinted {
    fn new(line: usize, hint: &Hint, scalar: LineScalar) -> Self {
        let Hint { name, is_narrowed } = hint;
        let whole = WrittenImage::new(&scalar.value);
        let is_whole = whole.name == name.as_str();
        let tag = || WrittenImage::new(&format!("{name}:{}", scalar.value));
        let image = if is_whole { whole } else { tag() };
        Self { line, image, is_whole, is_narrowed: *is_narrowed, scalar }
    }
}
