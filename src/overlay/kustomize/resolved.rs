//! What an overlay runs, with the line that says so, and what of it is not certain.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::hidden_image::UnusedEntry;
use super::kustomization::Kustomization;
use super::note::{Uncertain, Uncertainty};
use super::parsed::Parsed;
use super::uses::{MergedImage, Use};
use super::walk::{Walked, walk};
use crate::model::{ImageName, ImageReference, RepositoryPath, Running, RunningImage, Tree};
use crate::overlay::document::quotes::Quotes;
use crate::overlay::document::resource::Resource;
use crate::overlay::document::trail::{Place, SetBy, Step};
use crate::overlay::document::written::{Unreadable, WrittenImage};
use crate::overlay::limit::Limit;
use crate::overlay::{EditObstacle, OverlayError, source_override};

/// One image that an overlay runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    /// What runs.
    pub reference: ImageReference,
    /// The file that decides the tag, or else the digest, or else shows the image.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// What kind of line that is.
    pub set_by: SetBy,
    /// Every place that had a say, weakest first.
    pub trail: Vec<Step>,
    /// The note, from 0, that says why this is not certain.
    pub doubt: Option<usize>,
    /// The object that names it, where kustomize's `images` does not reach it.
    pub(in crate::overlay) merged: Option<MergedImage>,
}

impl ImageUse {
    /// The step that decides the tag, or else the digest.
    fn deciding(trail: &[Step]) -> Option<&Step> {
        trail.iter().rev().find(|step| step.decides).or_else(|| trail.last())
    }

    /// The last entry of `images` in a file that had a say, from 0.
    pub(in crate::overlay) fn entry_of(&self, file: &RepositoryPath) -> Option<usize> {
        let own = self.trail.iter().rev().filter(|step| step.file == *file);
        own.filter_map(|step| step.entry).next()
    }

    /// An image in Helm values that were merged; the trail is not empty.
    pub(in crate::overlay) fn merged(reference: ImageReference, trail: Vec<Step>) -> Self {
        let Step { file, line, set_by, .. } = Self::deciding(&trail).expect("an image has a place").clone();
        Self { reference, file, line, set_by, trail, doubt: None, merged: None }
    }

    /// What two uses of one image say together, `None` if they differ. An object may have no room for a digest; one
    /// that leaves it out agrees with a use that has it.
    fn joined(self, other: &Self) -> Option<Self> {
        let runs = |found: &Self| (found.reference.tag.clone(), found.reference.digest.clone());
        let is_equal = runs(&self) == runs(other);
        let may_lack = self.merged.is_some() || other.merged.is_some();
        let digests = [&self.reference.digest, &other.reference.digest];
        let lacks_digest = may_lack && digests.iter().any(|digest| digest.is_none());
        let agrees = is_equal || (lacks_digest && self.reference.tag == other.reference.tag);
        let is_better = self.reference.digest.is_none() && other.reference.digest.is_some();
        agrees.then(|| if is_better { other.clone() } else { self })
    }

    /// An image in a file that no kustomization reads.
    pub(in crate::overlay) fn plain(
        reference: ImageReference,
        file: &RepositoryPath,
        line: usize,
        set_by: SetBy,
    ) -> Self {
        let step = Step::new(&Place::new(file.clone(), line), set_by, &reference.to_string());
        Self { reference, file: file.clone(), line, set_by, trail: vec![step], doubt: None, merged: None }
    }
}

/// What an overlay runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Every use of an image, in the order in which kustomize reads them.
    pub uses: Vec<ImageUse>,
    /// What could change that.
    pub uncertain: Vec<Uncertain>,
    /// Entries of `images` that match nothing.
    pub unused: Vec<UnusedEntry>,
}

impl Resolved {
    /// Adds what is applied after everything else. What may alter any image puts all of them in doubt.
    fn add_override(&mut self, found: Uncertain) {
        if found.doubt == Uncertainty::Alters {
            let note = self.uncertain.len();
            self.uses.iter_mut().for_each(|found| found.doubt = found.doubt.or(Some(note)));
        }
        self.uncertain.push(found);
    }

    /// The uses of one image.
    pub(in crate::overlay) fn uses_of<'a>(
        &'a self,
        image: &'a ImageName,
    ) -> impl Iterator<Item = &'a ImageUse> {
        self.uses.iter().filter(move |found| found.reference.image == *image)
    }

    /// The uses of one image, however its name is written: kustomize itself compares the text alone.
    pub(super) fn uses_meaning<'a>(&'a self, image: &'a ImageName) -> impl Iterator<Item = &'a ImageUse> {
        self.uses.iter().filter(move |found| found.reference.image.is_same_repository(image))
    }
}

/// Everything that a folder runs.
///
/// # Errors
/// Where content is missing, or a kustomization cannot be judged.
pub(in crate::overlay) fn resolve(tree: &Tree, folder: &RepositoryPath) -> Result<Resolved, OverlayError> {
    look(tree, folder, &mut Parsed::default()).map(|looked| looked.resolved)
}

/// What a folder runs of one image: one reference, however often it is used.
///
/// # Errors
/// As [`resolve`]; also where the image is not there, where two uses disagree, and where something that is not
/// evaluated could change the answer.
pub(in crate::overlay) fn running(
    tree: &Tree,
    folder: &RepositoryPath,
    image: &ImageName,
    quotes: Quotes,
) -> Result<Running, OverlayError> {
    let looked = look(tree, folder, &mut Parsed::default())?;
    looked.reject(image, quotes)?;
    looked.agreed(tree, image)
}

/// The names under which a folder uses an image, without repetition.
pub(in crate::overlay) fn names_of(
    tree: &Tree,
    folder: &RepositoryPath,
    image: &ImageName,
) -> Result<BTreeSet<ImageName>, OverlayError> {
    let looked = look(tree, folder, &mut Parsed::default())?;
    Ok(looked.resolved.uses_meaning(image).map(|found| found.reference.image.clone()).collect())
}

fn disagree(first: &ImageUse, other: &ImageUse) -> OverlayError {
    let why = format!(
        "`{}` runs here, but `{}` runs by {}:{}",
        other.reference, first.reference, first.file, first.line
    );
    EditObstacle::at_line(Limit::SeveralVersions, other.line, why).of(&other.file)
}

/// An overlay looked at: its own kustomization and what comes of it.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct ResolvedOverlay {
    pub(in crate::overlay) file: RepositoryPath,
    pub(in crate::overlay) own: Arc<Kustomization>,
    pub(in crate::overlay) resolved: Resolved,
    /// Every path that had a say, whether something stands there or not.
    pub(in crate::overlay) asked: Arc<std::collections::BTreeSet<RepositoryPath>>,
}

pub(in crate::overlay) fn look(
    tree: &Tree,
    folder: &RepositoryPath,
    parsed: &mut Parsed,
) -> Result<ResolvedOverlay, OverlayError> {
    look_closely(tree, folder, parsed).map(|(looked, _)| looked)
}

/// As [`look`], with the resources that the overlay renders.
pub(in crate::overlay) fn look_closely(
    tree: &Tree,
    folder: &RepositoryPath,
    parsed: &mut Parsed,
) -> Result<(ResolvedOverlay, Vec<Resource>), OverlayError> {
    let Walked { file, own, uses, hidden, notes, unused, mut asked, resources } = walk(tree, folder, parsed)?;
    let mut resolved = Resolved::default();
    resolved.uncertain.extend(notes.into_iter().map(Uncertain::from));
    resolved.unused.extend(unused);
    for found in uses {
        match conclude(found) {
            Ok(found) => resolved.uses.push(found),
            Err(uncertain) => resolved.uncertain.push(*uncertain),
        }
    }
    // An image that a manifest shows is not taken to lie in what is not read too.
    for found in hidden.into_iter().filter_map(|hidden| conclude(hidden).ok()) {
        if resolved.uses_of(&found.reference.image).next().is_none() {
            resolved.uses.push(found);
        }
    }
    let (overrides, read) = source_override::over_kustomization(tree, folder, &own)?;
    asked.extend(read);
    overrides.into_iter().for_each(|found| resolved.add_override(found));
    Ok((ResolvedOverlay { file, own, resolved, asked: Arc::new(asked) }, resources))
}

fn conclude(found: Use) -> Result<ImageUse, Box<Uncertain>> {
    let Use { image, trail, doubt, merged } = found;
    let Step { file, line, set_by, .. } = ImageUse::deciding(&trail).expect("an image has a place").clone();
    // What YAML takes for a number or the like, kustomize may write as one.
    let is_text = !crate::yaml::needs_quote(&image.to_string());
    match image.reference() {
        Ok(reference) if is_text => Ok(ImageUse { reference, file, line, set_by, trail, doubt, merged }),
        Ok(_) | Err(_) => {
            let Unreadable { limit, why } = image.unreadable();
            let name = WrittenImage::new(&image.to_string()).name;
            let doubt = Uncertainty::Concerns(name);
            // The last step made it so, even if it sets no tag.
            let Step { file, line, .. } = trail.last().expect("an image has a place").clone();
            Err(Box::new(Uncertain { limit, file, line, why, doubt }))
        }
    }
}

impl ResolvedOverlay {
    /// What runs of one image: one reference, however often it is used.
    ///
    /// The tree is that of the look; in it the error for an image that nothing shows finds what names it.
    pub(in crate::overlay) fn running(
        &self,
        tree: &Tree,
        image: &ImageName,
    ) -> Result<Running, OverlayError> {
        self.reject_doubts(image)?;
        self.agreed(tree, image)
    }

    fn agreed(&self, tree: &Tree, image: &ImageName) -> Result<Running, OverlayError> {
        let mut uses = self.resolved.uses_meaning(image);
        let Some(first) = uses.next() else {
            return Err(self.not_found(image).with_mention(tree, &self.asked));
        };
        let mut agreed = first.clone();
        for other in uses {
            agreed = agreed.joined(other).ok_or_else(|| disagree(first, other))?;
        }
        let ImageUse { reference, file, line, .. } = agreed;
        let reference = ImageReference { image: image.clone(), ..reference };
        Ok(Running { images: vec![RunningImage { reference, file, line }] })
    }

    /// Fails where what is not evaluated could change what runs of this image.
    pub(in crate::overlay) fn reject_doubts(&self, image: &ImageName) -> Result<(), OverlayError> {
        self.reject(image, Quotes::Needed)
    }

    fn reject(&self, image: &ImageName, quotes: Quotes) -> Result<(), OverlayError> {
        match self.doubts(image).find(|note| !quotes.allow(note.limit)) {
            Some(note) => Err(note.refuse()),
            None => Ok(()),
        }
    }

    /// Fails where the chart decides which value holds the tag of an image: an edit would make that look certain.
    pub(in crate::overlay) fn reject_untagged(&self, image: &ImageName) -> Result<(), OverlayError> {
        let notes = &self.resolved.uncertain;
        let mut doubts = self.resolved.uses_meaning(image).filter_map(|found| notes.get(found.doubt?));
        match doubts.find(|note| note.limit == Limit::UntaggedImage) {
            Some(note) => Err(note.refuse()),
            None => Ok(()),
        }
    }

    /// Fails where a file that Argo CD applies last sets this image, so that an edit would have no effect.
    pub(in crate::overlay) fn reject_overrides(&self, image: &ImageName) -> Result<(), OverlayError> {
        match self.doubts(image).find(|note| note.limit == Limit::SourceOverride) {
            Some(note) => Err(note.refuse()),
            None => Ok(()),
        }
    }

    /// What puts this image in doubt.
    fn doubts<'a>(&'a self, image: &'a ImageName) -> impl Iterator<Item = &'a Uncertain> {
        let notes = &self.resolved.uncertain;
        let is_meant = |name: &str| ImageName::new(name).is_ok_and(|name| name.is_same_repository(image));
        let concerns =
            move |note: &&Uncertain| matches!(&note.doubt, Uncertainty::Concerns(name) if is_meant(name));
        let pointed = self.resolved.uses_meaning(image).filter_map(|found| notes.get(found.doubt?));
        pointed.chain(notes.iter().filter(concerns))
    }

    /// Whether a step comes after the `images` of the overlay's own kustomization. Only its own replacements and
    /// transformers do; those in files of their own count as its own where it names them.
    pub(in crate::overlay) fn is_after_own_images(&self, step: &Step) -> bool {
        let paths = self.own.replacements.iter().filter_map(|replacement| replacement.path.as_deref());
        let files =
            self.own.transformers.iter().filter(|one| one.inline.is_none()).map(|one| one.text.as_str());
        let folder = self.file.parent();
        let is_own =
            |path: &str| folder.as_ref().and_then(|folder| folder.join(path)).as_ref() == Some(&step.file);
        step.file == self.file || paths.chain(files).any(is_own)
    }

    /// The error for an image that nothing shows.
    pub(in crate::overlay) fn not_found(&self, image: &ImageName) -> OverlayError {
        let hidden = self.resolved.uncertain.iter().find(|uncertain| uncertain.could_hold_any());
        let hidden = hidden.map(ToString::to_string);
        let names_image = |name: &str| ImageName::new(name).is_ok_and(|name| name.is_same_repository(image));
        let way_out = match self.own.entries.iter().find(|entry| names_image(&entry.name)) {
            Some(entry) => format!(
                "the entry on line {} of `images` names it, but no manifest does; name it in a manifest, or declare where \
                 it stands with `set` in the configuration",
                entry.line
            )
            .into(),
            None => Cow::Borrowed(
                "name it in a manifest or in `images`, or declare where it stands with `set` in the configuration",
            ),
        };
        OverlayError::NotFound { image: image.clone(), file: self.file.clone(), hidden, way_out }
    }
}
