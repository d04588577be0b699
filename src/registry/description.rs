//! What an artifact says about itself: at most two requests for a single manifest, three for an index.

use chrono::{DateTime, Utc};
use oci_distribution::manifest;

use super::RegistryError;
use super::content::{
    Annotations, ChartConfig, Content, Descriptor, ImageConfig, Manifest, platforms, spokesman,
};
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

/// Where manifests and blobs come from, proven to be what their digests name.
pub(super) trait Contents: Sync {
    /// The manifest at a digest; nothing where there is none.
    fn manifest(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Manifest>, RegistryError>> + Send;

    /// The blob at a digest.
    fn blob(&self, digest: &Digest) -> impl Future<Output = Result<Vec<u8>, RegistryError>> + Send;

    /// Content that makes no sense.
    fn unusable(&self, why: String) -> RegistryError;
}

/// What the artifact at a digest says about itself; nothing where there is none.
pub(super) async fn describe(
    contents: &impl Contents,
    digest: &Digest,
) -> Result<Option<Description>, RegistryError> {
    let Some(manifest) = contents.manifest(digest).await? else { return Ok(None) };
    let children = match manifest.content {
        Content::Single(config) => {
            return described(contents, manifest.annotations, &config).await.map(Some);
        }
        Content::Index(children) => children,
    };
    let Some(child) = spokesman(&children) else {
        return Ok(Some(described_by(&manifest.annotations, ArtifactKind::Other)));
    };
    let (mut annotations, config) = single(contents, child).await?;
    annotations.extend(manifest.annotations);
    let mut description = described(contents, annotations, &config).await?;
    let platforms = platforms(&children);
    if !platforms.is_empty() {
        description.platforms = platforms;
    }
    Ok(Some(description))
}

/// The notes and the configuration of a manifest that an index names.
async fn single(
    contents: &impl Contents,
    child: &Descriptor,
) -> Result<(Annotations, Descriptor), RegistryError> {
    let digest = child.digest().map_err(|why| contents.unusable(why))?;
    match contents.manifest(&digest).await? {
        Some(Manifest { annotations, content: Content::Single(config) }) => Ok((annotations, config)),
        Some(Manifest { content: Content::Index(_), .. }) => {
            let short = digest.short();
            let why = format!("its index leads to another index, `{short}`, where an image belongs");
            Err(contents.unusable(why))
        }
        None => Err(contents.unusable(format!("its index leads to `{digest}`, which is not there"))),
    }
}

async fn described(
    contents: &impl Contents,
    annotations: Annotations,
    config: &Descriptor,
) -> Result<Description, RegistryError> {
    match config.media_type.as_str() {
        manifest::IMAGE_CONFIG_MEDIA_TYPE | manifest::IMAGE_DOCKER_CONFIG_MEDIA_TYPE => {
            Ok(of_image(annotations, configuration(contents, config).await?))
        }
        CHART_CONFIG_TYPE => Ok(of_chart(annotations, configuration(contents, config).await?)),
        _ => Ok(described_by(&annotations, ArtifactKind::Other)),
    }
}

async fn configuration<T: serde::de::DeserializeOwned>(
    contents: &impl Contents,
    config: &Descriptor,
) -> Result<T, RegistryError> {
    let digest = config.digest().map_err(|why| contents.unusable(why))?;
    let content = contents.blob(&digest).await?;
    serde_json::from_slice(&content).map_err(|error| {
        contents.unusable(format!("its configuration `{}` cannot be read: {error}", digest.short()))
    })
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
