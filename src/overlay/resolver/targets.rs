//! The locations and images that the policy asks about, by the files and folders that they are read from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{ImageDiscovery, ImageName, Location, RepositoryPath};

/// An image that one environment of one service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct Target {
    /// Where its configuration is.
    pub(in crate::overlay) location: Location,
    /// The image.
    pub(in crate::overlay) image: ImageName,
}

/// Every target that was asked about. None is ever forgotten, because the policy does not change while Towpath runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets(Arc<BTreeMap<RepositoryPath, Vec<Target>>>);

impl Targets {
    /// Remembers a target.
    pub(super) fn note(&mut self, location: &Location, image: &ImageName) {
        for path in paths_of(location) {
            let is_known = |target: &Target| target.image == *image && target.location == *location;
            if !self.0.get(path).is_some_and(|targets| targets.iter().any(is_known)) {
                let target = Target { location: location.clone(), image: image.clone() };
                Arc::make_mut(&mut self.0).entry(path.clone()).or_default().push(target);
            }
        }
    }

    /// The targets that are read from a path itself, or from a folder above it.
    pub(super) fn covering(&self, path: &RepositoryPath) -> impl Iterator<Item = &Target> {
        path.ancestors().filter_map(|path| self.0.get(&path)).flatten()
    }

    /// The targets whose location is a folder.
    pub(super) fn at<'a>(&'a self, folder: &RepositoryPath) -> impl Iterator<Item = &'a Target> {
        self.0.get(folder).into_iter().flatten()
    }

    /// Whether a target is read from a path, from a folder above it, or from something below it.
    pub(super) fn is_near(&self, path: &RepositoryPath) -> bool {
        let below = format!("{path}/");
        // Names such as `folder.yaml` sort between a folder and what lies in it.
        let from_here = self.0.range(path.clone()..).map(|(other, _)| other.as_str());
        let mut near = from_here.take_while(|other| other.starts_with(path.as_str()));
        self.covering(path).next().is_some() || near.any(|other| other.starts_with(&below))
    }
}

/// The files, or the folder, that a location is read from.
fn paths_of(location: &Location) -> Vec<&RepositoryPath> {
    match &location.finding {
        ImageDiscovery::Declared(scalars) => scalars.iter().map(|scalar| &scalar.file).collect(),
        ImageDiscovery::Values(files) => files.iter().map(|file| &file.path).collect(),
        ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) => vec![&location.path],
    }
}
