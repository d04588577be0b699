//! `towpath tags IMAGE`: every tag, taken or not, and why.

use std::collections::BTreeMap;

use futures::stream::StreamExt as _;
use serde_json::{Value, json};

use super::Failure;
use super::output::Output;
use super::registries::registry;
use crate::config::Settings;
use crate::decide::{DATED_TAGS_MAX, Undated, date_of};
use crate::model::{
    Basis, Composition, Defect, ImageName, IndexEntry, NotTaken, Selection, Service, ServiceImage,
    ServiceName, Tag, Time,
};
use crate::observe::{Clock as _, SystemClock};
use crate::registry::any::AnyRegistry;
use crate::registry::{Listing, Registry as _, RegistryError};
use crate::render;

/// How many artifacts are asked for at once.
const DATES_AT_ONCE: usize = 8;
/// How many tags are looked at whose names tell the order, the newest ones; each costs one request.
const CHECKED_TAGS_MAX: usize = 100;
/// Of how many tags the manifest is read as well, the newest ones. A registry may count each as a pull of the image, as
/// Docker Hub does: <https://docs.docker.com/docker-hub/usage/pulls/>
const READ_TAGS_MAX: usize = 10;
/// How many manifests of one index are asked for.
const ENTRIES_CHECKED_MAX: usize = 16;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The image, without tag
    image: String,
    /// Only tags that are taken
    #[arg(long)]
    taken: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How a service judges a tag.
struct ServiceVerdict<'a> {
    service: &'a ServiceName,
    tag: &'a Tag,
    verdict: Result<(), NotTaken>,
    /// What was found behind it, where it was looked at.
    found: Option<TagArtifact>,
}

/// What is behind a tag.
#[derive(Clone, Debug)]
enum TagArtifact {
    /// A manifest; how old it is does not count.
    Manifest,
    /// An artifact that was made then.
    Made(Time),
    /// Nothing that can be promoted, for this reason.
    Unusable(Undated),
    /// The registry gave no usable response.
    Unknown(String),
}

/// What is behind some tags.
type TagArtifacts = BTreeMap<Tag, TagArtifact>;

impl ServiceVerdict<'_> {
    /// Why the tag is not taken.
    fn why_not(&self) -> Option<String> {
        match (&self.verdict, &self.found) {
            (Err(why), _) => Some(why.to_string()),
            (Ok(()), Some(TagArtifact::Unusable(why))) => {
                Some(format!("passed over: {}", render::undated(why)))
            }
            (Ok(()), Some(TagArtifact::Manifest | TagArtifact::Made(_) | TagArtifact::Unknown(_)) | None) => {
                None
            }
        }
    }

    const fn made(&self) -> Option<Time> {
        match &self.found {
            Some(TagArtifact::Made(made)) => Some(*made),
            Some(TagArtifact::Manifest | TagArtifact::Unusable(_) | TagArtifact::Unknown(_)) | None => None,
        }
    }
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let image = image(&arguments.image)?;
    let of = |service: &'_ Service| service.images.iter().find(|own| own.name == image).cloned();
    let services = settings.policy.services.iter();
    let services: Vec<_> = services.filter_map(|service| Some((&service.name, of(service)?))).collect();
    if services.is_empty() {
        return Err(Failure::Usage(unused(&settings, &image)));
    }
    let tags = match registry(&settings)?.tags(&image, None).await? {
        Listing::Tags { tags, .. } => tags,
        // Nobody asked whether anything changed, so there is nothing that could be unchanged.
        Listing::Unchanged => Vec::new(),
    };
    let mut judged: Vec<ServiceVerdict<'_>> = Vec::new();
    for (service, own) in &services {
        let looked = look(&settings, own, &tags).await?;
        judged.extend(judge(service, &own.selection, &tags, &looked));
    }
    judged.retain(|judged| !arguments.taken || judged.why_not().is_none());
    if arguments.json {
        output.json(&Value::Array(judged.iter().map(as_json).collect()));
    } else if !judged.is_empty() {
        print(&judged, output);
    }
    for (service, own) in &services {
        let missed = own.selection.nearest_miss(&tags);
        if tags.is_empty() || missed.is_some() {
            let line = format!("{service}: {}", render::nothing_selected(&image, tags.len(), missed));
            if arguments.json { output.note(&line) } else { output.line(&line) }
        }
    }
    Ok(())
}

/// The image that was named.
fn image(written: &str) -> Result<ImageName, Failure> {
    ImageName::new(written).map_err(|error| {
        let bare = written.split('@').next().unwrap_or(written);
        let bare = bare.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(bare, |(name, _)| name);
        let message = match ImageName::new(bare) {
            Ok(name) => format!("`{written}` names a tag or digest, and all tags are listed; write `{name}`"),
            Err(_) => error.to_string(),
        };
        Failure::Usage(message)
    })
}

fn unused(settings: &Settings, image: &ImageName) -> String {
    let mut known: Vec<String> = settings
        .policy
        .services
        .iter()
        .flat_map(|service| &service.images)
        .map(|image| format!("`{}`", image.name))
        .collect();
    known.sort();
    known.dedup();
    if known.is_empty() {
        return format!(
            "no service uses `{image}`; the configuration has no services yet, add one under `services`"
        );
    }
    format!("no service uses `{image}`; the images are {}", known.join(", "))
}

/// Asks the registry what is behind the tags that the selection of an image takes.
async fn look(settings: &Settings, image: &ServiceImage, tags: &[Tag]) -> Result<TagArtifacts, Failure> {
    let mut taken = image.selection.newest_first(tags);
    let is_dated = image.selection.basis() == Basis::Date;
    if is_dated && taken.len() > DATED_TAGS_MAX {
        let count = taken.len();
        let message = format!("{count} tags would have to be compared by date, and {DATED_TAGS_MAX} may");
        return Err(Failure::Usage(format!("{message}; narrow them by `allow` or `ignore`")));
    }
    taken.truncate(CHECKED_TAGS_MAX);
    let registry = &registry(settings)?;
    let look = |(index, tag): (usize, Tag)| async move {
        let found = match is_dated {
            true => dated(registry, &image.name, &tag).await,
            false => found(registry, image, &tag, index < READ_TAGS_MAX).await,
        };
        (tag, found.unwrap_or_else(|error| TagArtifact::Unknown(error.to_string())))
    };
    let taken = taken.into_iter().cloned().enumerate().map(look);
    Ok(futures::stream::iter(taken).buffered(DATES_AT_ONCE).collect().await)
}

/// What is behind a tag that is compared by date; one that is bad is no error, so that the others are shown.
async fn dated(registry: &AnyRegistry, image: &ImageName, tag: &Tag) -> Result<TagArtifact, RegistryError> {
    let Some(digest) = registry.digest(image, tag).await? else {
        return Ok(TagArtifact::Unusable(Undated::NoManifest));
    };
    let description = registry.description(image, &digest).await?;
    let date = date_of(description.as_ref(), SystemClock.now());
    Ok(date.map_or_else(TagArtifact::Unusable, TagArtifact::Made))
}

/// What is behind a tag that is compared by its name; its manifest is only read on demand.
async fn found(
    registry: &AnyRegistry,
    image: &ServiceImage,
    tag: &Tag,
    reads_manifest: bool,
) -> Result<TagArtifact, RegistryError> {
    let Some(digest) = registry.digest(&image.name, tag).await? else {
        return Ok(TagArtifact::Unusable(Undated::NoManifest));
    };
    if !reads_manifest {
        return Ok(TagArtifact::Manifest);
    }
    let defect = match registry.composition(&image.name, &digest).await? {
        None => return Ok(TagArtifact::Unusable(Undated::NoManifest)),
        Some(Composition::Single) => None,
        Some(Composition::Defective(defect)) => Some(defect),
        Some(Composition::Index(entries)) => lost_entry(registry, image, &entries).await?,
    };
    Ok(defect.map_or(TagArtifact::Manifest, |defect| TagArtifact::Unusable(Undated::Defect(defect))))
}

/// That the registry lacks a manifest which an index names and the service needs.
async fn lost_entry(
    registry: &AnyRegistry,
    image: &ServiceImage,
    entries: &[IndexEntry],
) -> Result<Option<Defect>, RegistryError> {
    let needed = entries.iter().filter(|entry| entry.is_needed(&image.platforms));
    for entry in needed.take(ENTRIES_CHECKED_MAX) {
        if !registry.has_manifest(&image.name, &entry.digest).await? {
            let digest = entry.digest.short();
            let why = format!("its index leads to `{digest}`, which the registry does not have");
            return Ok(Some(Defect::Missing(why)));
        }
    }
    Ok(None)
}

/// What is taken, newest first, then the rest by name.
fn judge<'a>(
    service: &'a ServiceName,
    selection: &Selection,
    tags: &'a [Tag],
    looked: &TagArtifacts,
) -> Vec<ServiceVerdict<'a>> {
    let taken = selection.newest_first(tags).into_iter();
    let mut taken: Vec<ServiceVerdict<'a>> = taken
        .map(|tag| ServiceVerdict { service, tag, verdict: Ok(()), found: looked.get(tag).cloned() })
        .collect();
    taken.sort_by_key(|judged| std::cmp::Reverse(judged.made()));
    let rest = tags.iter().filter_map(|tag| {
        Some(ServiceVerdict { service, tag, verdict: Err(selection.judge(tag).err()?), found: None })
    });
    let mut rest: Vec<ServiceVerdict<'a>> = rest.collect();
    rest.sort_by_key(|judged| judged.tag);
    taken.into_iter().chain(rest).collect()
}

fn print(judged: &[ServiceVerdict<'_>], output: &mut Output) {
    let row = |judged: &ServiceVerdict<'_>| {
        let verdict = judged.why_not().unwrap_or_else(|| match &judged.found {
            Some(TagArtifact::Made(made)) => format!("taken, made {}", render::instant(*made)),
            Some(TagArtifact::Unknown(why)) => format!("not known: {why}"),
            Some(TagArtifact::Manifest | TagArtifact::Unusable(_)) | None => "taken".to_owned(),
        });
        vec![judged.service.to_string(), judged.tag.to_string(), verdict]
    };
    let rows: Vec<Vec<String>> = judged.iter().map(row).collect();
    output.print(&render::table(&["service", "tag", "verdict"], &rows, output.width()));
}

fn as_json(judged: &ServiceVerdict<'_>) -> Value {
    let why = judged.why_not();
    json!({ "service": judged.service, "tag": judged.tag, "taken": why.is_none(), "why": why,
        "made": judged.made() })
}
