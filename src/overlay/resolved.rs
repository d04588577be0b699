//! What an overlay runs, with the line that says so, and what of it is not certain.

use super::kustomization::Kustomization;
use super::walk::{Doubt, Note, Use, Walked, walk};
use super::written::Written;
use super::{OverlayError, Refused};
use crate::model::{ImageName, ImageReference, RepositoryPath, Running, RunningImage, Tree, words};

words! {
    /// What decides the tag, or else the digest, of an image.
    SetBy {
        /// The manifest that uses it.
        Manifest = "manifest",
        /// An entry of a kustomization's `images`.
        Images = "images",
        /// Helm values.
        HelmValues = "helm-values",
        /// A dependency in `Chart.yaml`.
        Chart = "chart",
        /// Flux's `HelmRelease`.
        HelmRelease = "helm-release",
        /// Flux's `OCIRepository`.
        OciRepository = "oci-repository",
        /// Argo CD's `Application` or `ApplicationSet`.
        Application = "application",
        /// What Argo CD Image Updater wrote.
        ArgoCdSource = "argocd-source",
        /// A scalar below a comment of Renovate.
        Renovate = "renovate",
        /// A scalar with a marker of Flux.
        Marker = "marker",
        /// A scalar that the configuration declares.
        Declared = "declared",
    }
}

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
    /// The name under which the overlay's own `images` see it.
    pub seen_as: String,
    /// The last of the overlay's own entries that matches, from 0.
    pub(super) entry: Option<usize>,
}

impl ImageUse {
    /// An image in a file that no kustomization reads.
    pub(super) fn plain(
        reference: ImageReference,
        file: &RepositoryPath,
        line: usize,
        set_by: SetBy,
    ) -> Self {
        let seen_as = reference.image.to_string();
        Self { reference, file: file.clone(), line, set_by, seen_as, entry: None }
    }
}

/// Something that is not evaluated and could change what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertain {
    /// The file that holds it.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// What it is.
    pub why: String,
    pub(super) doubt: Doubt,
}

impl Uncertain {
    /// A line behind which an image may lie that is not seen.
    pub(super) fn hiding(file: &RepositoryPath, line: usize, why: String) -> Self {
        Self { file: file.clone(), line, why, doubt: Doubt::Hides }
    }

    /// Whether an image may lie behind it that nothing shows. A text that is no image name is none, unless a
    /// variable stands in it.
    fn could_hold_any(&self) -> bool {
        match &self.doubt {
            Doubt::Hides | Doubt::Alters { .. } => true,
            Doubt::Concerns(name) => name.contains("$("),
        }
    }
}

impl std::fmt::Display for Uncertain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.why)
    }
}

/// What an overlay runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Every use of an image, in the order in which kustomize reads them.
    pub uses: Vec<ImageUse>,
    /// What could change that.
    pub uncertain: Vec<Uncertain>,
}

impl Resolved {
    /// Whether the same images run, wherever that is written.
    pub(super) fn runs_the_same(&self, other: &Self) -> bool {
        let references = |resolved: &Self| -> Vec<ImageReference> {
            resolved.uses.iter().map(|found| found.reference.clone()).collect()
        };
        references(self) == references(other)
    }

    /// The uses of one image.
    pub(super) fn uses_of<'a>(&'a self, image: &'a ImageName) -> impl Iterator<Item = &'a ImageUse> {
        self.uses.iter().filter(move |found| found.reference.image == *image)
    }
}

/// Everything that a folder runs.
///
/// # Errors
/// Where content is missing, or a kustomization cannot be judged.
pub(super) fn resolve(tree: &Tree, folder: &RepositoryPath) -> Result<Resolved, OverlayError> {
    look(tree, folder).map(|looked| looked.resolved)
}

/// What a folder runs of one image: one reference, however often it is used.
///
/// # Errors
/// As [`resolve`]; also where the image is not there, where two uses disagree, and where something that is not
/// evaluated could change the answer.
pub(super) fn running(
    tree: &Tree,
    folder: &RepositoryPath,
    image: &ImageName,
) -> Result<Running, OverlayError> {
    let looked = look(tree, folder)?;
    looked.reject_doubts(image)?;
    let mut uses = looked.resolved.uses_of(image);
    let Some(first) = uses.next() else { return Err(looked.not_found(image)) };
    if let Some(other) = uses.find(|other| other.reference != first.reference) {
        return Err(disagree(first, other));
    }
    let ImageUse { reference, file, line, .. } = first.clone();
    Ok(Running { images: vec![RunningImage { reference, file, line }] })
}

fn disagree(first: &ImageUse, other: &ImageUse) -> OverlayError {
    let why = format!(
        "`{}` runs here, but `{}` runs by {}:{}",
        other.reference, first.reference, first.file, first.line
    );
    Refused::at_line(other.line, why, "set both with one entry of the overlay's own `images`").of(&other.file)
}

/// An overlay looked at: its own kustomization and what comes of it.
pub(super) struct Looked {
    pub(super) file: RepositoryPath,
    pub(super) own: Kustomization,
    pub(super) resolved: Resolved,
}

pub(super) fn look(tree: &Tree, folder: &RepositoryPath) -> Result<Looked, OverlayError> {
    let Walked { file, own, uses, notes } = walk(tree, folder)?;
    let mut resolved = Resolved::default();
    resolved.uncertain.extend(notes.into_iter().map(Uncertain::from));
    for found in uses {
        match conclude(found) {
            Ok(found) => resolved.uses.push(found),
            Err(uncertain) => resolved.uncertain.push(uncertain),
        }
    }
    let mut looked = Looked { file, own, resolved };
    looked.add_hidden_uses();
    Ok(looked)
}

fn conclude(found: Use) -> Result<ImageUse, Uncertain> {
    let Use { image, file, line, set_by, seen_as, entry, suffixed } = found;
    if let Some((file, line)) = suffixed {
        let why = format!("a `tagSuffix` changes `{image}`, and kustomize may append it twice");
        return Err(Uncertain { file, line, why, doubt: Doubt::Concerns(image.name) });
    }
    match image.reference() {
        Ok(reference) => Ok(ImageUse { reference, file, line, set_by, seen_as, entry }),
        Err(_) => {
            let why = format!("`{image}` is not an image that can be read");
            let name = Written::new(&image.to_string()).name;
            Err(Uncertain { file, line, why, doubt: Doubt::Concerns(name) })
        }
    }
}

impl From<Note> for Uncertain {
    fn from(Note { file, line, why, doubt }: Note) -> Self {
        Self { file, line, why, doubt }
    }
}

impl Looked {
    /// Where manifests lie out of sight, an own entry that names an image which nothing shows counts as a use.
    fn add_hidden_uses(&mut self) {
        if !self.resolved.uncertain.iter().any(|uncertain| uncertain.doubt == Doubt::Hides) {
            return;
        }
        for (index, entry) in self.own.entries.iter().enumerate().rev() {
            let Some(decides) = entry.decides().filter(|_| entry.tag_suffix.is_none()) else { continue };
            let Ok(reference) = entry.outcome().reference() else { continue };
            if self.resolved.uses_of(&reference.image).next().is_none() {
                self.resolved.uses.push(ImageUse {
                    reference,
                    file: self.file.clone(),
                    line: decides.line,
                    set_by: SetBy::Images,
                    seen_as: entry.name.clone(),
                    entry: Some(index),
                });
            }
        }
    }

    /// Refuses where something that is not evaluated could change what this image runs as.
    pub(super) fn reject_doubts(&self, image: &ImageName) -> Result<(), OverlayError> {
        match self.resolved.uncertain.iter().find(|uncertain| self.puts_in_doubt(uncertain, image)) {
            Some(Uncertain { file, line, why, doubt }) => {
                Err(Refused::at_line(*line, why.clone(), self.way_out(doubt, image)).of(file))
            }
            None => Ok(()),
        }
    }

    fn way_out(&self, doubt: &Doubt, image: &ImageName) -> String {
        match doubt {
            Doubt::Concerns(_) => format!("write the whole tag as `newTag` in the `images` of {}", self.file),
            Doubt::Alters { images, after_own: false }
                if images.iter().any(|name| name == image.as_str()) =>
            {
                format!("set the image in the `images` of {}, which come after it", self.file)
            }
            Doubt::Hides | Doubt::Alters { .. } => {
                "take images out of it and set them with `images`".to_owned()
            }
        }
    }

    fn puts_in_doubt(&self, uncertain: &Uncertain, image: &ImageName) -> bool {
        match &uncertain.doubt {
            Doubt::Hides => false,
            Doubt::Concerns(name) => name == image.as_str(),
            Doubt::Alters { after_own: true, .. } => true,
            Doubt::Alters { images, after_own: false } => !self.overrules(images, image),
        }
    }

    /// Whether own entries decide this image whatever a patch makes of it: all it writes is that image's tag.
    fn overrules(&self, patched: &[String], image: &ImageName) -> bool {
        let is_decided = |found: &ImageUse| found.set_by == SetBy::Images && found.file == self.file;
        let mut uses = self.resolved.uses_of(image).peekable();
        !patched.is_empty()
            && uses.peek().is_some()
            && uses.all(|found| is_decided(found) && patched.iter().all(|name| *name == found.seen_as))
    }

    /// The error for an image that nothing shows.
    pub(super) fn not_found(&self, image: &ImageName) -> OverlayError {
        let hidden = self.resolved.uncertain.iter().find(|uncertain| uncertain.could_hold_any());
        let hidden = hidden.map(ToString::to_string);
        OverlayError::NotFound { image: image.clone(), file: self.file.clone(), hidden }
    }
}
