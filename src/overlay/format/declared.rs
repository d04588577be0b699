//! Scalars that the configuration declares, by file and path. What each holds is told by what stands there.

use super::sheet::Found;
use super::spot::{At, DigestAt, Spot, Writing};
use crate::model::{Digest, ImageName};
use crate::overlay::resolved::SetBy;
use crate::overlay::text::Text;
use crate::overlay::written::Written;
use crate::yaml::parse_path;

/// Adds the scalar at a path; a part alone belongs to the image that is asked for.
pub(super) fn find(found: &mut Found, text: &Text, path: &str, image: Option<&ImageName>) {
    let segments = parse_path(path).expect("a declared path was proven to be one");
    let mut roots = text.tree.documents().iter();
    let node = roots.find_map(|root| text.tree.at(*root, &segments));
    let Some((node, value)) = node.and_then(|node| Some((node, text.tree.scalar(node)?))) else {
        found.hidden.push((1, format!("there is no scalar at the declared path `{path}`")));
        return;
    };
    let name = image.map_or_else(|| path.to_owned(), ToString::to_string);
    let (image, writing) = read(value, &name);
    found.spots.push(Spot { image, at: At::Node(node), set_by: SetBy::Declared, writing });
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
