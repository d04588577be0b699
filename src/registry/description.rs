//! What an artifact says about itself: at most two requests for a single manifest, three for an index.

use chrono::{DateTime, Utc};
use oci_distribution::manifest;
use serde::de::DeserializeOwned;

use super::RegistryError;
use super::content::{
    Annotations, ChartConfig, Content, Descriptor, ImageConfig, Manifest, entries, platforms, spokesman,
};
use crate::model::{ArtifactKind, Composition, Defect, Description, Digest, Time, is_usable_date};

/// The configuration of a Helm chart.
const CHART_CONFIG_TYPE: &str = "application/vnd.cncf.helm.config.v1+json";
/// The configuration of a build cache of BuildKit.
const CACHE_CONFIG_TYPE: &str = "application/vnd.buildkit.cacheconfig.v0";
/// The labels and annotations that are read.
const CREATED: &str = "org.opencontainers.image.created";
const SOURCE: &str = "org.opencontainers.image.source";
const REVISION: &str = "org.opencontainers.image.revision";
const VERSION: &str = "org.opencontainers.image.version";

/// What a registry has at a digest.
#[derive(Debug)]
pub(super) enum FoundContent<T> {
    /// Content that can be read.
    Usable(T),
    /// Content that cannot be read, and why: a predicate such as `cannot be read: ...`.
    Unusable(String),
    /// Nothing.
    Nothing,
}

/// Where manifests and blobs come from, proven to be what their digests name.
pub(super) trait Contents: Sync {
    /// The manifest at a digest.
    fn manifest(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<FoundContent<Manifest>, RegistryError>> + Send;

    /// The blob at a digest.
    fn blob(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<FoundContent<Vec<u8>>, RegistryError>> + Send;
}

/// Why an artifact was not described: the registry failed, or the artifact is unusable.
enum DescriptionError {
    Registry(RegistryError),
    Artifact(Defect),
}

impl From<RegistryError> for DescriptionError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<Defect> for DescriptionError {
    fn from(defect: Defect) -> Self {
        Self::Artifact(defect)
    }
}

/// What the manifest at a digest consists of; `None` if there is nothing at the digest.
pub(super) async fn composition(
    contents: &impl Contents,
    digest: &Digest,
) -> Result<Option<Composition>, RegistryError> {
    Ok(match contents.manifest(digest).await? {
        FoundContent::Usable(Manifest { content: Content::Index(children), .. }) => {
            Some(match entries(&children) {
                entries if entries.is_empty() => Composition::Defective(Defect::NoImage),
                entries => Composition::Index(entries),
            })
        }
        FoundContent::Usable(Manifest { content: Content::Single(config), .. }) if is_cache(&config) => {
            Some(Composition::Defective(Defect::BuildCache))
        }
        FoundContent::Usable(Manifest { content: Content::Single(_), .. }) => Some(Composition::Single),
        FoundContent::Unusable(why) => Some(Composition::Defective(unreadable("manifest", digest, &why))),
        FoundContent::Nothing => None,
    })
}

/// Whether a manifest with this configuration is a build cache, which BuildKit may write as a single manifest
/// (`image-manifest=true`).
fn is_cache(config: &Descriptor) -> bool {
    config.media_type == CACHE_CONFIG_TYPE
}

/// What the artifact at a digest says about itself; nothing where there is none. An artifact that is unusable is no
/// error: it has a defect, and must not keep others from being compared.
pub(super) async fn describe(
    contents: &impl Contents,
    digest: &Digest,
) -> Result<Option<Description>, RegistryError> {
    let manifest = match contents.manifest(digest).await? {
        FoundContent::Nothing => return Ok(None),
        FoundContent::Usable(manifest) => described_as_a_whole(contents, manifest).await,
        FoundContent::Unusable(why) => Err(unreadable("manifest", digest, &why).into()),
    };
    match manifest {
        Ok(description) => Ok(Some(description)),
        Err(DescriptionError::Artifact(defect)) => {
            Ok(Some(Description { defect: Some(defect), ..Description::of(ArtifactKind::Other) }))
        }
        Err(DescriptionError::Registry(error)) => Err(error),
    }
}

async fn described_as_a_whole(
    contents: &impl Contents,
    manifest: Manifest,
) -> Result<Description, DescriptionError> {
    let children = match manifest.content {
        Content::Single(config) => return described(contents, manifest.annotations, &config).await,
        Content::Index(children) => children,
    };
    let child = spokesman(&children).ok_or(Defect::NoImage)?;
    let (mut annotations, config) = single(contents, child).await?;
    annotations.extend(manifest.annotations);
    let mut description = described(contents, annotations, &config).await?;
    let platforms = platforms(&children);
    if !platforms.is_empty() {
        description.platforms = platforms;
    }
    Ok(description)
}

/// The notes and the configuration of a manifest that an index names.
async fn single(
    contents: &impl Contents,
    child: &Descriptor,
) -> Result<(Annotations, Descriptor), DescriptionError> {
    let digest = child.digest().map_err(Defect::Unreadable)?;
    match contents.manifest(&digest).await? {
        FoundContent::Usable(Manifest { annotations, content: Content::Single(config) }) => {
            Ok((annotations, config))
        }
        FoundContent::Usable(Manifest { content: Content::Index(_), .. }) => {
            let short = digest.short();
            let why = format!("its index leads to another index, `{short}`, where an image belongs");
            Err(Defect::Unreadable(why).into())
        }
        FoundContent::Unusable(why) => Err(unreadable("manifest", &digest, &why).into()),
        FoundContent::Nothing => Err(missing("index", &digest).into()),
    }
}

async fn described(
    contents: &impl Contents,
    annotations: Annotations,
    config: &Descriptor,
) -> Result<Description, DescriptionError> {
    match config.media_type.as_str() {
        manifest::IMAGE_CONFIG_MEDIA_TYPE | manifest::IMAGE_DOCKER_CONFIG_MEDIA_TYPE => {
            Ok(of_image(annotations, configuration(contents, config).await?))
        }
        CACHE_CONFIG_TYPE => Err(Defect::BuildCache.into()),
        CHART_CONFIG_TYPE => Ok(of_chart(annotations, configuration(contents, config).await?)),
        _ => Ok(described_by(&annotations, ArtifactKind::Other)),
    }
}

async fn configuration<T: DeserializeOwned>(
    contents: &impl Contents,
    config: &Descriptor,
) -> Result<T, DescriptionError> {
    let digest = config.digest().map_err(Defect::Unreadable)?;
    let content = match contents.blob(&digest).await? {
        FoundContent::Usable(content) => content,
        FoundContent::Unusable(why) => return Err(unreadable("configuration", &digest, &why).into()),
        FoundContent::Nothing => return Err(missing("manifest", &digest).into()),
    };
    let wrong = |error| unreadable("configuration", &digest, &format!("cannot be read: {error}"));
    serde_json::from_slice(&content).map_err(|error| wrong(error).into())
}

fn unreadable(what: &str, digest: &Digest, why: &str) -> Defect {
    Defect::Unreadable(format!("its {what} `{}` {why}", digest.short()))
}

fn missing(from: &str, digest: &Digest) -> Defect {
    Defect::Missing(format!("its {from} leads to `{}`, which the registry does not have", digest.short()))
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
        created: first_usable([annotated, built, labelled]),
        platforms: platform.into_iter().collect(),
        ..described_by(&texts, ArtifactKind::Image)
    }
}

/// The first date that says when something was made; else the first one, which then is the reason why none does.
fn first_usable(dates: [Option<Time>; 3]) -> Option<Time> {
    let mut stated = dates.into_iter().flatten();
    let first = stated.clone().next();
    stated.find(|date| is_usable_date(*date)).or(first)
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

fn time(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|time| time.with_timezone(&Utc))
}
