//! References to the version that ran before which a promotion leaves in the files of its environment: in keys that no
//! convention knows, in environment variables, arguments and longer texts. Towpath does not guess what reads them, so the
//! change names them.

use std::collections::BTreeSet;

use crate::model::{ImageDiscovery, ImageReference, RemainingReference, RepositoryPath, Tree};
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::format::lines_outside_comments;
use crate::overlay::format::values::MergedFiles;
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::look;
use crate::overlay::kustomize::walk::rendered;
use crate::overlay::{OverlayError, Promotion, format};

/// Every place in the files of a promotion that still refers to what ran before, once the release is written. `edited` is
/// the tree with the edit. What cannot be read has none.
#[must_use]
pub fn remaining(
    edited: &Tree,
    promotion: &Promotion<'_>,
    before: &[ImageReference],
) -> Vec<RemainingReference> {
    let is_replaced = |old: &&ImageReference| {
        let is_new = |new: &ImageReference| new.image == old.image && new.tag != old.tag;
        old.tag.is_some() && promotion.release.references().iter().any(is_new)
    };
    let search =
        Search { edited, references: before.iter().filter(is_replaced).filter_map(written).collect() };
    if search.references.is_empty() {
        return Vec::new();
    }
    let found = search.find(promotion).unwrap_or_default();
    found.into_iter().collect()
}

/// The name and tag of an image.
fn written(reference: &ImageReference) -> Option<String> {
    Some(format!("{}:{}", reference.image, reference.tag.as_ref()?))
}

/// References that are looked for in a tree.
struct Search<'a> {
    edited: &'a Tree,
    references: Vec<String>,
}

impl Search<'_> {
    fn find(&self, promotion: &Promotion<'_>) -> Result<BTreeSet<RemainingReference>, OverlayError> {
        let (tree, location) = (self.edited, promotion.location);
        let mut found = BTreeSet::new();
        if let ImageDiscovery::Values(files) = &location.finding {
            let merged = MergedFiles::read(tree, location, files)?;
            merged.places(&mut |place, text| self.add(&place.file, place.line, text, &mut found));
        } else if format::is_plain(tree, location) {
            let looked = format::look(tree, location, None)?;
            for (file, text) in looked.texts() {
                for (line, text) in lines_outside_comments(text) {
                    self.add(file, line, text, &mut found);
                }
            }
        } else {
            self.find_rendered(&location.path, &mut found)?;
        }
        Ok(found)
    }

    /// Of what an overlay renders, because a base may name a version that the overlay replaces.
    fn find_rendered(
        &self,
        folder: &RepositoryPath,
        found: &mut BTreeSet<RemainingReference>,
    ) -> Result<(), OverlayError> {
        let mut parsed = Parsed::default();
        let looked = look(self.edited, folder, &mut parsed)?;
        // Most overlays name the version nowhere else, which is known without rendering all of it.
        let holds = |path: &RepositoryPath| {
            let bytes = self.edited.read(path).unwrap_or_default();
            self.references.iter().any(|text| memchr::memmem::find(bytes, text.as_bytes()).is_some())
        };
        if looked.asked.iter().any(holds) {
            for resource in rendered(self.edited, folder, &mut parsed)? {
                self.find_in(&resource, &resource.value, found);
            }
        }
        Ok(())
    }

    /// As deep as `yaml::DEPTH_MAX`.
    fn find_in(&self, resource: &Resource, value: &Value, found: &mut BTreeSet<RemainingReference>) {
        match value {
            Value::Scalar(scalar) => self.find_in_scalar(resource, scalar, found),
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.find_in(resource, value, found)),
            Value::List(items) => items.iter().for_each(|value| self.find_in(resource, value, found)),
            Value::Unread { .. } => {}
        }
    }

    fn find_in_scalar(&self, resource: &Resource, scalar: &Scalar, found: &mut BTreeSet<RemainingReference>) {
        if self.references.iter().all(|reference| !scalar.text.contains(reference.as_str())) {
            return;
        }
        let Some(step) = trail_of(scalar, &resource.file).pop() else { return };
        // The text of a block begins below the line of its key.
        let first = step.line + usize::from(scalar.text.contains('\n'));
        for (index, line) in scalar.text.lines().enumerate() {
            self.add(&step.file, first + index, line, found);
        }
    }

    fn add(&self, file: &RepositoryPath, line: usize, text: &str, found: &mut BTreeSet<RemainingReference>) {
        for reference in self.references.iter().filter(|reference| names(text, reference)) {
            found.insert(RemainingReference { file: file.clone(), line, reference: reference.clone() });
        }
    }
}

/// Whether a text names a reference, and not one that begins or ends so.
fn names(text: &str, reference: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.match_indices(reference).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + reference.len()..).and_then(|behind| behind.chars().next());
        !before.is_some_and(|c| is_part(c) || c == '/') && !behind.is_some_and(is_part)
    })
}
