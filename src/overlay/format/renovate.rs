//! Renovate's comments, `# renovate: datasource=docker depName=ghcr.io/acme/shop`: the line below holds the tag.

use super::line::{LineScalar, lines};
use crate::model::ImageName;
use crate::overlay::written::Written;

const PREFIX: &str = "renovate:";

/// A comment and the scalar below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct Hinted {
    /// The line of the scalar, from 1.
    pub(in crate::overlay) line: usize,
    /// What it says.
    pub(in crate::overlay) image: Written,
    /// Whether it holds the whole reference and not the tag alone.
    pub(in crate::overlay) is_whole: bool,
    /// The scalar.
    pub(in crate::overlay) scalar: LineScalar,
}

/// Whether a file can hold such a comment at all.
pub(in crate::overlay) fn could_hold(bytes: &[u8]) -> bool {
    bytes.windows(PREFIX.len()).any(|window| window == PREFIX.as_bytes())
}

/// All scalars that such a comment names.
pub(in crate::overlay) fn find(text: &str) -> Vec<Hinted> {
    let mut above: Option<ImageName> = None;
    let mut found = Vec::new();
    for line in lines(text) {
        let name = std::mem::replace(&mut above, line.only_comment().and_then(image));
        if let (Some(name), Some((scalar, _))) = (name, line.scalar()) {
            found.push(Hinted::new(line.number, &name, scalar));
        }
    }
    found
}

/// The image that a comment names.
fn image(comment: &str) -> Option<ImageName> {
    let words = comment.trim().strip_prefix(PREFIX)?.split_whitespace();
    let fields: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
    let field = |name: &str| fields.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    if field("datasource").is_some_and(|source| source != "docker") {
        return None;
    }
    let keys: &[&str] =
        if field("datasource").is_some() { &["packageName", "lookupName", "depName"] } else { &["image"] };
    keys.iter().find_map(|key| field(key)).and_then(|name| ImageName::new(name).ok())
}

impl Hinted {
    fn new(line: usize, name: &ImageName, scalar: LineScalar) -> Self {
        let whole = Written::new(&scalar.value);
        let is_whole = whole.name == name.as_str();
        let tag = || Written::new(&format!("{name}:{}", scalar.value));
        Self { line, image: if is_whole { whole } else { tag() }, is_whole, scalar }
    }
}
