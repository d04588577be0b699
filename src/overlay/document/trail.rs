//! The trail of an image: every place that made it what it is.

use crate::model::{RepositoryPath, words};

words! {
    /// What kind of place sets an image.
    SetBy {
        /// The manifest that uses it.
        Manifest = "manifest",
        /// A patch of a kustomization.
        Patch = "patch",
        /// An entry of a kustomization's `images`.
        Images = "images",
        /// A replacement of a kustomization, or the value that it copies.
        Replacement = "replacement",
        /// An image tag transformer.
        Transformer = "transformer",
        /// Helm values.
        HelmValues = "helm-values",
        /// A dependency in `Chart.yaml`.
        Chart = "chart",
        /// Flux's `HelmRelease`.
        HelmRelease = "helm-release",
        /// The `images` of Flux's `Kustomization`.
        FluxKustomization = "flux-kustomization",
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

/// One place that had a say in what an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// What kind of place it is.
    pub set_by: SetBy,
    /// The image as it is after this step.
    pub image: String,
    /// Whether it decides the tag, or else the digest; a new name alone does not.
    pub decides: bool,
    /// Which entry of its file's `images`, from 0.
    pub(in crate::overlay) entry: Option<usize>,
}

impl Step {
    pub(in crate::overlay) fn new(place: &Place, set_by: SetBy, image: &str) -> Self {
        Self {
            file: place.file.clone(),
            line: place.line,
            set_by,
            image: image.to_owned(),
            decides: true,
            entry: None,
        }
    }
}

/// How many steps a trail keeps: the last ones.
const STEPS_MAX: usize = 64;

/// A trail with more steps behind it.
pub(in crate::overlay) fn lengthened(
    mut trail: Vec<Step>,
    more: impl IntoIterator<Item = Step>,
) -> Vec<Step> {
    trail.extend(more);
    let surplus = trail.len().saturating_sub(STEPS_MAX);
    trail.drain(..surplus);
    trail
}

/// A line of a file.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Place {
    pub(in crate::overlay) file: RepositoryPath,
    pub(in crate::overlay) line: usize,
}

impl Place {
    pub(in crate::overlay) const fn new(file: RepositoryPath, line: usize) -> Self {
        Self { file, line }
    }
}
