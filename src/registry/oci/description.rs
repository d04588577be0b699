//! What an artifact says about itself: at most two requests for a single manifest, three for an index.

use chrono::{DateTime, Utc};
use oci_distribution::manifest;
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::RegistryError;
use super::content::{
    Annotations, ChartConfig, Content, Descriptor, ImageConfig, Manifest, platforms, spokesman,
};
use super::question::Question;
use crate::model::{ArtifactKind, Description, Digest, Time};

/// The configuration of a Helm chart.
const CHART_CONFIG_TYPE: &str = "application/vnd.cncf.helm.config.v1+json";
/// The labels and annotations that are read.
const CREATED: &str = "org.opencontainers.image.created";
const SOURCE: &str = "org.opencontainers.image.source";
const REVISION: &str = "org.opencontainers.image.revision";
const VERSION: &str = "org.opencontainers.image.version";
/// Builds that shall be the same each time set their clock to an early year; such a date says nothing.
const YEAR_MIN: i32 = 1990;

impl Question<'_> {
    /// What the artifact at a digest says about itself; nothing where there is none.
    pub(super) async fn description(&self, digest: &Digest) -> Result<Option<Description>, RegistryError> {
        let Some(manifest) = self.manifest(digest).await? else { return Ok(None) };
        let children = match manifest.content {
            Content::Single(config) => return self.described(manifest.annotations, &config).await.map(Some),
            Content::Index(children) => children,
        };
        let Some(child) = spokesman(&children) else {
            return Ok(Some(described_by(&manifest.annotations, ArtifactKind::Other)));
        };
        let (mut annotations, config) = self.single(child).await?;
        annotations.extend(manifest.annotations);
        let mut description = self.described(annotations, &config).await?;
        let platforms = platforms(&children);
        if !platforms.is_empty() {
            description.platforms = platforms;
        }
        Ok(Some(description))
    }

    /// The notes and the configuration of a manifest that an index names.
    async fn single(&self, child: &Descriptor) -> Result<(Annotations, Descriptor), RegistryError> {
        let digest = child.digest().map_err(|why| self.unavailable(why))?;
        match self.manifest(&digest).await? {
            Some(Manifest { annotations, content: Content::Single(config) }) => Ok((annotations, config)),
            Some(Manifest { content: Content::Index(_), .. }) => {
                let why =
                    format!("its index leads to another index, `{}`, where an image belongs", digest.short());
                Err(self.unavailable(why))
            }
            None => Err(self.unavailable(format!("its index leads to `{digest}`, which is not there"))),
        }
    }

    async fn described(
        &self,
        annotations: Annotations,
        config: &Descriptor,
    ) -> Result<Description, RegistryError> {
        match config.media_type.as_str() {
            manifest::IMAGE_CONFIG_MEDIA_TYPE | manifest::IMAGE_DOCKER_CONFIG_MEDIA_TYPE => {
                Ok(of_image(annotations, self.config(config).await?))
            }
            CHART_CONFIG_TYPE => Ok(of_chart(annotations, self.config(config).await?)),
            _ => Ok(described_by(&annotations, ArtifactKind::Other)),
        }
    }

    async fn config<T: serde::de::DeserializeOwned>(&self, config: &Descriptor) -> Result<T, RegistryError> {
        let digest = config.digest().map_err(|why| self.unavailable(why))?;
        let content = self.blob(&digest).await?;
        serde_json::from_slice(&content).map_err(|error| {
            self.unavailable(format!("its configuration `{}` cannot be read: {error}", digest.short()))
        })
    }

    /// A blob, from wherever the registry keeps it: what comes is held against the digest.
    async fn blob(&self, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let response = self.ask(Method::GET, &url, HeaderMap::new()).await?;
        let response = self.follow_to_storage(response).await?;
        let response = self.expect_success(response).await?;
        self.proven(response, digest).await
    }
}

/// Labels are often those of the base image, so that what is said of this very manifest wins.
fn of_image(annotations: Annotations, config: ImageConfig) -> Description {
    let platform = config.platform();
    let built = config.created.as_deref().and_then(time);
    let annotated = annotations.get(CREATED).and_then(|text| time(text));
    let mut texts = config.into_labels();
    let labelled = texts.get(CREATED).and_then(|text| time(text));
    texts.extend(annotations);
    Description {
        created: annotated.or(built).or(labelled),
        platforms: platform.into_iter().collect(),
        ..described_by(&texts, ArtifactKind::Image)
    }
}

fn of_chart(annotations: Annotations, chart: ChartConfig) -> Description {
    let own = described_by(&annotations, ArtifactKind::Chart);
    let text = |text: Option<String>| text.and_then(|text| Description::text(&text));
    Description {
        source: own.source.clone().or_else(|| text(chart.sources.into_iter().next().or(chart.home))),
        version: own.version.clone().or_else(|| text(chart.version)),
        ..own
    }
}

fn described_by(texts: &Annotations, kind: ArtifactKind) -> Description {
    let text = |name| texts.get(name).and_then(|text| Description::text(text));
    Description {
        created: texts.get(CREATED).and_then(|text| time(text)),
        source: text(SOURCE),
        revision: text(REVISION),
        version: text(VERSION),
        ..Description::of(kind)
    }
}

/// A date that says something.
fn time(text: &str) -> Option<Time> {
    use chrono::Datelike as _;
    let time = DateTime::parse_from_rfc3339(text.trim()).ok()?.with_timezone(&Utc);
    (time.year() >= YEAR_MIN).then_some(time)
}
