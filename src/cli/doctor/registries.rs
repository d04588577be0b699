//! The registries: whether they list the images, and whether they still have what runs.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _};

use super::Surveys;
use super::report::{Report, registry_heading};
use crate::cli::clock;
use crate::cli::engines::{Engines, Unusable};
use crate::cli::registries::registry;
use crate::config::{SecretOwner, Settings};
use crate::decide::health::{Diagnosis, Level, Topic};
use crate::ledger::sqlite::SqliteLedger;
use crate::model::{ImageName, ImageReference, ServiceEnvironment, Tag};
use crate::observe;
use crate::registry::{Listing, Registry as _, RegistryError};

/// How many images are asked for at once.
const IMAGES_AT_ONCE: usize = 8;

/// The registries that are asked.
pub(super) struct Asked<'a> {
    /// The settings without what cannot be used.
    pub(super) settings: &'a Settings,
    pub(super) unusable: &'a [Unusable],
}

impl Asked<'_> {
    /// Adds what is found of every image, below its registry.
    pub(super) async fn images(&self, report: &mut Report) -> anyhow::Result<()> {
        let registry = &registry(self.settings)?;
        let images = observe::images(&self.settings.policy).into_iter().filter(|image| self.is_asked(image));
        let asked = images.map(async |image| (image, self.image(image, registry.tags(image, None).await)));
        let found: Vec<(&ImageName, Vec<Diagnosis>)> =
            stream::iter(asked).buffered(IMAGES_AT_ONCE).collect().await;
        for (image, diagnoses) in found {
            let about = registry_heading(image.host());
            diagnoses.into_iter().for_each(|diagnosis| report.add(about.clone(), diagnosis));
        }
        Ok(())
    }

    /// Adds times of the ledger that lie in the future.
    pub(super) async fn clock(&self, ledger: &SqliteLedger, report: &mut Report) {
        let Some(ahead) = clock::listings_ahead(ledger, &self.settings.policy).await else { return };
        let about = registry_heading(ahead.image.host());
        let matter = Topic::ListingsAhead(ahead);
        report.add(about, Diagnosis { level: Level::Warning, matter });
    }

    /// Adds what runs and is no longer there. Config repositories that cannot be read have their own findings.
    pub(super) async fn lost(&self, engines: &Engines, surveys: &Surveys<'_>, report: &mut Report) {
        let Some(engine) = engines.all().next() else { return };
        let running = self.running(surveys);
        let references = running.keys().cloned().collect();
        for (reference, presence) in observe::lost(&engine.ports, &engine.policy, references).await {
            let about = registry_heading(reference.image.host());
            let targets = running.get(&reference).cloned().unwrap_or_default();
            let matter = Topic::RunningGone(reference, presence, targets);
            report.add(about, Diagnosis { level: Level::Warning, matter });
        }
    }

    /// Whether the registry of an image is asked.
    fn is_asked(&self, image: &ImageName) -> bool {
        !self
            .unusable
            .iter()
            .any(|own| matches!(&own.owner, SecretOwner::Registry(host) if host == image.host()))
    }

    /// What runs where, as far as it can be asked for.
    fn running(&self, surveys: &Surveys<'_>) -> BTreeMap<ImageReference, Vec<ServiceEnvironment>> {
        let mut running: BTreeMap<ImageReference, Vec<ServiceEnvironment>> = BTreeMap::new();
        for (target, found) in surveys.values().flatten().flat_map(|survey| &survey.running) {
            let references = found.as_ref().map(|found| found.references()).unwrap_or_default();
            let references: BTreeSet<ImageReference> = references.into_iter().collect();
            for reference in references.into_iter().filter(|reference| self.is_asked(&reference.image)) {
                running.entry(reference).or_default().push(target.clone());
            }
        }
        running
    }

    fn image(&self, image: &ImageName, listing: Result<Listing, RegistryError>) -> Vec<Diagnosis> {
        let (level, matter) = match listing {
            Ok(Listing::Tags { tags, .. }) => return self.listed(image, &tags),
            // Only a request with a validator is answered so.
            Ok(Listing::Unchanged) => (Level::Fine, Topic::ImageListed(image.clone(), 0)),
            Err(RegistryError::NotFound { .. }) => (Level::Wrong, Topic::ImageAbsent(image.clone())),
            Err(error) => (Level::Wrong, Topic::ImageUnlisted(image.clone(), error.to_string())),
        };
        vec![Diagnosis { level, matter }]
    }

    /// How many tags an image has, and the services that select none of them.
    fn listed(&self, image: &ImageName, tags: &[Tag]) -> Vec<Diagnosis> {
        let matter = Topic::ImageListed(image.clone(), tags.len());
        let level = if tags.is_empty() { Level::Warning } else { Level::Fine };
        let mut all = vec![Diagnosis { level, matter }];
        for service in &self.settings.policy.services {
            let own = service.images.iter().filter(|own| own.name == *image);
            let missed = own.filter_map(|own| own.selection.nearest_miss(tags));
            all.extend(missed.map(|(tag, why)| Diagnosis {
                level: Level::Warning,
                matter: Topic::NothingSelected {
                    service: service.name.clone(),
                    image: image.clone(),
                    tags: tags.len(),
                    nearest: (tag.clone(), why),
                },
            }));
        }
        all
    }
}
