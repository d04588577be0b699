//! Images that no manifest shows because a base is not read: what the entries of `images` make of them.
//!
//! Where a kustomization rests on something that is not read, such as a remote base, an entry that matches no image is
//! taken to be about an image in there. Entries of the levels above apply to it as they do to any other.

use super::hidden_image::{HiddenImage, UnusedEntry};
use super::kustomization::Kustomization;
use super::note::Uncertainty;
use super::walk::{Stack, Walk};
use crate::model::RepositoryPath;
use crate::overlay::OverlayError;
use crate::overlay::document::value::Scalar;

impl Walk<'_> {
    /// Applies the entries of a kustomization to hidden images, and takes note of those that match nothing.
    ///
    /// `matched` says which of them matched an image that a manifest shows.
    pub(super) fn hidden_images(
        &mut self,
        file: &RepositoryPath,
        own: &Kustomization,
        matched: &[bool],
        stack: &mut Stack,
    ) -> Result<(), OverlayError> {
        let doubts = self.doubts_since(stack.first_note);
        let (hides, is_doubtful) = (doubts.contains(&&Uncertainty::Hides), !doubts.is_empty());
        self.count_matches(own.entries.len() * (stack.hidden.len() + own.entries.len()), file)?;
        for (index, entry) in own.entries.iter().enumerate() {
            let mut has_matched = matched.get(index).copied().unwrap_or_default();
            for image in stack.hidden.iter_mut().filter(|image| entry.matches(&image.scalar.text)) {
                image.set(index, entry, file);
                has_matched = true;
            }
            if has_matched {
                continue;
            }
            let is_plain = !entry.is_pattern() && entry.tag_suffix.is_none() && !entry.name.is_empty();
            if hides && is_plain {
                let scalar = Scalar { text: entry.name.clone(), line: entry.line, ..Scalar::default() };
                let mut image = HiddenImage { scalar, file: file.clone() };
                image.set(index, entry, file);
                stack.hidden.push(image);
            } else if !is_doubtful && !own.is_component {
                let (line, name) = (entry.line, entry.name.clone());
                self.unused.insert(UnusedEntry { file: file.clone(), line, name });
            }
        }
        Ok(())
    }
}
