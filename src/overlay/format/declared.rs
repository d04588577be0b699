//! Scalars that the configuration declares, by file and path. What each holds is told by what stands there.

use super::digest::DigestSpelling;
use super::scan::ScanResult;
use super::spot::{DigestLocation, ImageLocation, Writing};
use crate::model::ImageName;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::{Limit, SetBy};
use crate::yaml::{NodeId, Path, PathSegment};

/// Adds the scalar at a path; a part alone belongs to the image that is asked for.
pub(super) fn find(found: &mut ScanResult, text: &Text, path: &str, image: Option<&ImageName>) {
    let way: Path = path.parse().expect("a declared path was proven to be one");
    let roots = text.tree.documents().iter();
    let ways: Vec<_> = roots.map(|root| text.tree.find(&text.source, *root, &way)).collect();
    let written = ways.iter().find_map(|way| way.as_ref().ok().copied());
    let Some((written, node, value)) = written.and_then(|written| scalar(text, written)) else {
        let refusal = ways.iter().find_map(|way| way.as_ref().err());
        let line = refusal.map_or(1, |refusal| refusal.position.line);
        let why = refusal.map_or_else(|| "it is not a scalar".to_owned(), ToString::to_string);
        found.hide(Limit::DeclaredUnable, line, format!("the declared path `{path}`: {why}"));
        return;
    };
    let name = image.map_or_else(|| path.to_owned(), ToString::to_string);
    let (image, writing) = read(value, &name, names_tag(&way));
    found.spots.push(ImageLocation::new(image, node, SetBy::Declared, writing).through([written, node]));
}

/// The node that a path leads to, the scalar that it stands for, and the text.
fn scalar(text: &Text, written: NodeId) -> Option<(NodeId, NodeId, &str)> {
    let node = text.resolved(written);
    Some((written, node, text.tree.scalar(node)?))
}

/// Whether the last key of a path is that of a tag, which may consist of 64 hexadecimal digits, too.
fn names_tag(path: &Path) -> bool {
    let key = path.segments().last().and_then(|last| match last {
        PathSegment::Key(key) => Some(key.to_ascii_lowercase()),
        PathSegment::Index(_) | PathSegment::Item { .. } => None,
    });
    key.is_some_and(|key| key.ends_with("tag") || key.ends_with("version"))
}

/// A digest, a whole reference of this image, or else a tag.
fn read(value: &str, name: &str, is_tag: bool) -> (WrittenImage, Writing) {
    let whole = WrittenImage::new(value);
    let digest =
        DigestSpelling::read(value).filter(|(_, spelling)| !is_tag || *spelling == DigestSpelling::Whole);
    if let Some((digest, spelling)) = digest {
        let image = WrittenImage { name: name.to_owned(), tag: None, digest: Some(digest.to_string()) };
        (image, Writing::DigestOnly(spelling))
    } else if whole.name == name {
        (whole, Writing::whole(""))
    } else {
        let image = if value.is_empty() {
            WrittenImage::new(name)
        } else {
            WrittenImage::new(&format!("{name}:{value}"))
        };
        let digest = DigestLocation::of_tag(image.digest.is_some());
        (image, Writing::Parts { digest })
    }
}
