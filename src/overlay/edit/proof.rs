//! Proves of an edit that every use shows what is wanted, and that nothing else has moved: no other image of this
//! overlay, and no image of another one that reads an edited file. An edit in place is also held against everything else
//! that the overlay renders; an entry of `images` reaches nothing but images, and an object is compared by its images.

use std::sync::Arc;

use crate::model::{ImageReference, RepositoryPath, Tree};
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::trail::SetBy;
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::{ImageUse, ResolvedOverlay, look};
use crate::overlay::limit::Limit;
use crate::overlay::resolver::Overlays;
use crate::overlay::{EditObstacle, OverlayError, SetTo};

/// The marker of a resource that kustomize reads and does not render.
const LOCAL_CONFIG: [&str; 3] = ["metadata", "annotations", "config.kubernetes.io/local-config"];

/// The change of a scalar that a replacement copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct SourceChange {
    pub(in crate::overlay) old: String,
    pub(in crate::overlay) new: String,
}

/// The wanted image shows in every use, and no other use has moved.
///
/// # Errors
/// Where that is not so.
pub(in crate::overlay) fn prove(
    before: &ResolvedOverlay,
    after: &ResolvedOverlay,
    wanted: &ImageReference,
) -> Result<(), OverlayError> {
    after.reject_doubts(&wanted.image)?;
    let refuse = |found: &ImageUse, why: String| {
        Err(EditObstacle::at_line(Limit::Shared, found.line, why).of(&found.file))
    };
    for (old, new) in before.resolved.uses.iter().zip(&after.resolved.uses) {
        let expected = if old.reference.image == wanted.image { wanted } else { &old.reference };
        if new.reference != *expected && !(old.merged.is_some() && says_in_object(new, wanted)) {
            let why = format!("the edit would leave `{}` here instead of `{expected}`", new.reference);
            return refuse(new, why);
        }
    }
    if notes(before) != notes(after) || before.resolved.uses.len() != after.resolved.uses.len() {
        let why = "the edit would change more than this image";
        return Err(EditObstacle::whole(Limit::Shared, why).of(&after.file));
    }
    Ok(())
}

/// The wanted image shows in every object, as far as there is room for it, and no other use has moved.
///
/// # Errors
/// Where that is not so.
pub(super) fn prove_in_objects(
    before: &ResolvedOverlay,
    after: &ResolvedOverlay,
    wanted: &ImageReference,
) -> Result<(), OverlayError> {
    after.reject_doubts(&wanted.image)?;
    let is_right = |(old, new): (&ImageUse, &ImageUse)| {
        let is_meant = old.merged.is_some() && old.reference.image == wanted.image;
        if is_meant { says_in_object(new, wanted) } else { new.reference == old.reference }
    };
    let (old, new) = (&before.resolved.uses, &after.resolved.uses);
    if old.len() == new.len() && old.iter().zip(new).all(is_right) && notes(before) == notes(after) {
        return Ok(());
    }
    let why = "the edit of an object would not have exactly the wanted effect";
    Err(EditObstacle::whole(Limit::Unsafe, why).of(&after.file))
}

/// Whether an object says what is wanted; it may have no room for a digest.
fn says_in_object(found: &ImageUse, wanted: &ImageReference) -> bool {
    let to = SetTo { tag: wanted.tag.clone(), digest: wanted.digest.clone() };
    let is_meant = found.reference.image == wanted.image;
    is_meant && found.merged.as_ref().is_some_and(|merged| merged.merged.says(merged.index, &to))
}

/// No image of any other overlay that reads the edited files has moved.
///
/// # Errors
/// Where one has.
pub(super) fn spare_others(
    edited: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    files: &[(RepositoryPath, Vec<u8>)],
    parsed: &mut Parsed,
) -> Result<(), OverlayError> {
    for (file, _) in files {
        for (other, before) in overlays.readers(file, folder) {
            let after = look(edited, other, parsed)?;
            let runs = |looked: &ResolvedOverlay| {
                looked.resolved.uses.iter().map(|found| found.reference.clone()).collect::<Vec<_>>()
            };
            if runs(before) != runs(&after) || notes(before) != notes(&after) {
                let why = format!("the edit would also change what `{other}` runs");
                return Err(EditObstacle::whole(Limit::Shared, why).of(file));
            }
        }
    }
    Ok(())
}

/// What is not certain, without lines, which an edit may shift, and without quotes that are not there, which an edit
/// writes.
fn notes(overlay: &ResolvedOverlay) -> Vec<(&RepositoryPath, &str)> {
    let others = overlay.resolved.uncertain.iter().filter(|note| note.limit != Limit::UnquotedTag);
    others.map(|note| (&note.file, note.why.as_str())).collect()
}

/// Whether nothing that an overlay renders differs but the wanted image, and what the replacements copy.
pub(super) fn only_moves(
    before: &[Resource],
    after: &[Resource],
    wanted: &ImageReference,
    sources: &[SourceChange],
) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(old, new)| {
            let comparison = Comparison { resource: new, wanted, sources };
            Arc::ptr_eq(&old.value, &new.value) || comparison.allows(&old.value, &new.value)
        })
}

/// One resource before and after an edit.
struct Comparison<'a> {
    /// As it is after the edit.
    resource: &'a Resource,
    wanted: &'a ImageReference,
    sources: &'a [SourceChange],
}

impl Comparison<'_> {
    /// As deep as `yaml::DEPTH_MAX`.
    fn allows(&self, old: &Value, new: &Value) -> bool {
        match (old, new) {
            (Value::Scalar(old), Value::Scalar(new)) => {
                (old.text == new.text && old.is_null == new.is_null)
                    || self.is_wanted(old, new)
                    || self.is_source(old, new)
            }
            (Value::Map(old), Value::Map(new)) => {
                let is_same = |((key, old), (other, new)): (&(String, Value), &(String, Value))| {
                    key == other && self.allows(old, new)
                };
                old.len() == new.len() && old.iter().zip(new).all(is_same)
            }
            (Value::List(old), Value::List(new)) => {
                old.len() == new.len() && old.iter().zip(new).all(|(old, new)| self.allows(old, new))
            }
            (Value::Unread { .. }, Value::Unread { .. }) => true,
            (Value::Scalar(_) | Value::Map(_) | Value::List(_) | Value::Unread { .. }, _) => false,
        }
    }

    fn is_wanted(&self, old: &Scalar, new: &Scalar) -> bool {
        let is_of_image = WrittenImage::new(&old.text).name == WrittenImage::new(&new.text).name;
        is_of_image && WrittenImage::new(&new.text).reference().as_ref() == Ok(self.wanted)
    }

    /// What a replacement copies is the value itself, not one of its copies. A digest comes into it only where one was
    /// there, or where the resource is not rendered: others may read it as a plain version.
    fn is_source(&self, old: &Scalar, new: &Scalar) -> bool {
        let change = SourceChange { old: old.text.clone(), new: new.text.clone() };
        let is_copy =
            trail_of(new, &self.resource.file).last().is_some_and(|step| step.set_by == SetBy::Replacement);
        let is_local = self.resource.value.text_at(&LOCAL_CONFIG) == Some("true");
        let is_plain = old.text.contains('@') || !new.text.contains('@');
        self.sources.contains(&change) && !is_copy && (is_local || is_plain)
    }
}
