//! Scalars that the configuration declares, by file and path. What each holds is told by what stands there.

use super::sheet::Found;
use super::spot::{DigestAt, Spot, Writing};
use crate::model::{Digest, ImageName};
use crate::overlay::text::Text;
use crate::overlay::written::Written;
use crate::overlay::{Limit, SetBy};
use crate::yaml::Path;

/// Adds the scalar at a path; a part alone belongs to the image that is asked for.
pub(super) fn find(found: &mut Found, text: &Text, path: &str, image: Option<&ImageName>) {
    let way: Path = path.parse().expect("a declared path was proven to be one");
    let roots = text.tree.documents().iter();
    let ways: Vec<_> = roots.map(|root| text.tree.find(&text.source, *root, &way)).collect();
    let node = ways.iter().find_map(|way| way.as_ref().ok().copied());
    let Some((node, value)) = node.and_then(|node| Some((node, text.tree.scalar(node)?))) else {
        let refusal = ways.iter().find_map(|way| way.as_ref().err());
        let line = refusal.map_or(1, |refusal| refusal.position.line);
        let why = refusal.map_or_else(|| "it is no scalar".to_owned(), ToString::to_string);
        found.hide(Limit::DeclaredUnable, line, format!("the declared path `{path}`: {why}"));
        return;
    };
    let name = image.map_or_else(|| path.to_owned(), ToString::to_string);
    let (image, writing) = read(value, &name);
    found.spots.push(Spot::new(image, node, SetBy::Declared, writing));
}

/// A digest, a whole reference of this image, or else a tag.
fn read(value: &str, name: &str) -> (Written, Writing) {
    let whole = Written::new(value);
    if Digest::new(value).is_ok() {
        let image = Written { name: name.to_owned(), tag: None, digest: Some(value.to_owned()) };
        (image, Writing::DigestOnly)
    } else if whole.name == name {
        (whole, Writing::Whole { prefix: String::new() })
    } else {
        let image =
            if value.is_empty() { Written::new(name) } else { Written::new(&format!("{name}:{value}")) };
        let digest = DigestAt::of_tag(image.digest.is_some());
        (image, Writing::Parts { digest })
    }
}
