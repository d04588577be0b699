//! `towpath tags IMAGE`: every tag, taken or not, and why.

use std::collections::BTreeMap;

use futures::stream::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::Failure;
use super::output::Output;
use super::registries::registry;
use crate::config::Settings;
use crate::decide::DATED_TAGS_MAX;
use crate::model::{Basis, ImageName, NotTaken, Selection, Service, ServiceName, Tag, Time};
use crate::registry::{Listing, Registry as _, RegistryError};
use crate::render;

/// How many artifacts are asked for at once.
const DATES_AT_ONCE: usize = 8;

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
struct Judged<'a> {
    service: &'a ServiceName,
    tag: &'a Tag,
    verdict: Result<(), NotTaken>,
    /// When its artifact was made, where that decides.
    made: Option<Time>,
}

/// When the artifacts of some tags were made.
type Dates = BTreeMap<Tag, Time>;

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let image =
        ImageName::new(arguments.image.as_str()).map_err(|error| Failure::Usage(error.to_string()))?;
    let of = |service: &'_ Service| service.images.iter().find(|own| own.name == image).cloned();
    let services = settings.policy.services.iter();
    let services: Vec<_> =
        services.filter_map(|service| Some((&service.name, of(service)?.selection))).collect();
    if services.is_empty() {
        return Err(Failure::Usage(unused(&settings, &image)));
    }
    let tags = match registry(&settings)?.tags(&image, None).await? {
        Listing::Tags { tags, .. } => tags,
        // Nobody asked whether anything changed, so there is nothing that could be unchanged.
        Listing::Unchanged => Vec::new(),
    };
    let is_dated = |(_, selection): &(&ServiceName, Selection)| selection.basis() == Basis::Date;
    let dates = match services.iter().find(|service| is_dated(service)) {
        Some((_, selection)) => dates(&settings, &image, &selection.newest_first(&tags)).await?,
        None => Dates::new(),
    };
    let judged: Vec<Judged<'_>> = services
        .iter()
        .flat_map(|(service, selection)| judge(service, selection, &tags, &dates))
        .filter(|judged| !arguments.taken || judged.verdict.is_ok())
        .collect();
    if arguments.json {
        output.json(&Value::Array(judged.iter().map(as_json).collect()));
    } else if judged.is_empty() {
        output.line("no tags");
    } else {
        print(&judged, output);
    }
    Ok(())
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
    format!("no service uses `{image}`; the images are {}", known.join(", "))
}

/// Asks the registry when each artifact was made.
async fn dates(settings: &Settings, image: &ImageName, tags: &[&Tag]) -> Result<Dates, Failure> {
    if tags.len() > DATED_TAGS_MAX {
        let count = tags.len();
        let message = format!("{count} tags would have to be compared by date, and {DATED_TAGS_MAX} may");
        return Err(Failure::Usage(format!("{message}; narrow them by `allow` or `ignore`")));
    }
    let registry = &registry(settings)?;
    let date = |tag: Tag| async move {
        let digest = registry.digest(image, &tag).await?;
        let description = match &digest {
            Some(digest) => registry.description(image, digest).await?,
            None => None,
        };
        Ok::<_, RegistryError>(description.and_then(|description| Some((tag, description.created?))))
    };
    let tags = tags.iter().map(|tag| (*tag).clone());
    let found: Vec<Option<(Tag, Time)>> =
        futures::stream::iter(tags.map(date)).buffered(DATES_AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// What is taken, newest first, then the rest by name.
fn judge<'a>(
    service: &'a ServiceName,
    selection: &Selection,
    tags: &'a [Tag],
    dates: &Dates,
) -> Vec<Judged<'a>> {
    let is_dated = selection.basis() == Basis::Date;
    let made = |tag: &Tag| dates.get(tag).copied().filter(|_| is_dated);
    let taken = selection.newest_first(tags).into_iter();
    let mut taken: Vec<Judged<'a>> =
        taken.map(|tag| Judged { service, tag, verdict: Ok(()), made: made(tag) }).collect();
    taken.sort_by_key(|judged| std::cmp::Reverse(judged.made));
    let rest = tags.iter().filter_map(|tag| {
        Some(Judged { service, tag, verdict: Err(selection.judge(tag).err()?), made: None })
    });
    let mut rest: Vec<Judged<'a>> = rest.collect();
    rest.sort_by_key(|judged| judged.tag);
    taken.into_iter().chain(rest).collect()
}

fn print(judged: &[Judged<'_>], output: &mut Output) {
    let row = |judged: &Judged<'_>| {
        let made = judged.made.map_or(String::new(), |made| format!(", made {}", render::instant(made)));
        let verdict = judged.verdict.err().map_or(format!("taken{made}"), |why| why.to_string());
        vec![judged.service.to_string(), judged.tag.to_string(), verdict]
    };
    let rows: Vec<Vec<String>> = judged.iter().map(row).collect();
    output.print(&render::table(&["service", "tag", "verdict"], &rows, output.width()));
}

fn as_json(judged: &Judged<'_>) -> Value {
    let why = judged.verdict.err().map(NotTaken::word);
    json!({ "service": judged.service, "tag": judged.tag, "taken": judged.verdict.is_ok(), "why": why,
        "made": judged.made })
}
