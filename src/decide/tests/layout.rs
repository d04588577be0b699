//! What the services, images and environments of a simulation look like.

use std::collections::BTreeMap;
use std::time::Duration;

use super::simulation::ENVIRONMENTS;
use crate::model::{
    After, AfterMode, ConfigBranch, Environment, Gate, ImageReference, MergeMode, OnNewer, Pipeline, Policy,
    Selection, Service, ServiceImage, Together, Writing,
};

/// Which parts of a reference the files have room for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As `newTag` and `digest` of a kustomization.
    TagAndDigest,
    /// As Helm values with a tag alone.
    Tag,
    /// As an image that is pinned without a tag.
    Digest,
}

impl Format {
    pub(super) fn written(self, reference: ImageReference) -> ImageReference {
        match self {
            Self::TagAndDigest => reference,
            Self::Tag => ImageReference { digest: None, ..reference },
            Self::Digest => ImageReference { tag: None, ..reference },
        }
    }
}

/// What a simulated service looks like.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) services: usize,
    /// The images of each service.
    pub(super) images: usize,
    pub(super) together: Together,
    pub(super) selection: Selection,
    pub(super) format: Format,
    /// The gates into production.
    pub(super) gates: Vec<Gate>,
    pub(super) quiet: Duration,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            services: 1,
            images: 1,
            together: Together::Independent,
            selection: Selection::semver("*").unwrap(),
            format: Format::TagAndDigest,
            gates: Vec::new(),
            quiet: Duration::ZERO,
        }
    }
}

/// The policy of all services of a layout.
pub(super) fn policy(layout: &Layout) -> Policy {
    let environment = |(index, name): (usize, &&str)| Environment {
        name: name.parse().unwrap(),
        after: After {
            mode: AfterMode::All,
            environments: index
                .checked_sub(1)
                .map(|before| ENVIRONMENTS[before].parse().unwrap())
                .into_iter()
                .collect(),
        },
        gates: if *name == "production" { layout.gates.clone() } else { Vec::new() },
        merge: MergeMode::Auto,
        on_newer: OnNewer::Replace,
    };
    let environments = ENVIRONMENTS.iter().enumerate().map(environment).collect();
    let pipeline = Pipeline { name: "standard".parse().unwrap(), environments };
    let service = |index: usize| Service {
        name: format!("service-{index}").parse().unwrap(),
        pipeline: pipeline.name.clone(),
        group: format!("service-{index}").parse().unwrap(),
        images: (0..layout.images)
            .map(|image| {
                let name = format!("registry.test/acme/{index}/{image}").parse().unwrap();
                ServiceImage::new(name, layout.selection.clone())
            })
            .collect(),
        together: layout.together,
        quiet: layout.quiet,
        writing: Writing::default(),
        place: place(),
        locations: BTreeMap::new(),
    };
    let services = (0..layout.services).map(service).collect();
    Policy { pipelines: BTreeMap::from([(pipeline.name.clone(), pipeline)]), services, ..Policy::default() }
}

/// The one config repository.
pub(super) fn place() -> ConfigBranch {
    ConfigBranch {
        forge: "here".parse().unwrap(),
        repository: "acme/deploy".parse().unwrap(),
        branch: "main".parse().unwrap(),
    }
}
