//! `towpath tags IMAGE`: every tag, taken or not, and why.

use serde_json::{Value, json};

use super::Failure;
use super::engines::registry;
use super::output::Output;
use crate::config::Settings;
use crate::model::{ImageName, NotTaken, Selection, ServiceName, Tag};
use crate::registry::{Listing, Registry as _};
use crate::render;

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
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let image =
        ImageName::new(arguments.image.as_str()).map_err(|error| Failure::Usage(error.to_string()))?;
    let services: Vec<_> = settings.policy.services.iter().filter(|service| service.image == image).collect();
    if services.is_empty() {
        return Err(Failure::Usage(unused(&settings, &image)));
    }
    let tags = match registry(&settings).tags(&image, None).await? {
        Listing::Tags { tags, .. } => tags,
        // Nobody asked whether anything changed, so there is nothing that could be unchanged.
        Listing::Unchanged => Vec::new(),
    };
    let judged: Vec<Judged<'_>> = services
        .iter()
        .flat_map(|service| judge(&service.name, &service.selection, &tags))
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
    let mut known: Vec<String> =
        settings.policy.services.iter().map(|service| format!("`{}`", service.image)).collect();
    known.sort();
    known.dedup();
    format!("no service uses `{image}`; the images are {}", known.join(", "))
}

/// What is taken, newest first, then the rest by name.
fn judge<'a>(service: &'a ServiceName, selection: &Selection, tags: &'a [Tag]) -> Vec<Judged<'a>> {
    let taken = selection.newest_first(tags).into_iter().map(|tag| Judged { service, tag, verdict: Ok(()) });
    let mut rest: Vec<Judged<'a>> = tags
        .iter()
        .filter_map(|tag| Some(Judged { service, tag, verdict: Err(selection.judge(tag).err()?) }))
        .collect();
    rest.sort_by_key(|judged| judged.tag);
    taken.chain(rest).collect()
}

fn print(judged: &[Judged<'_>], output: &mut Output) {
    let row = |judged: &Judged<'_>| {
        let verdict = judged.verdict.err().map_or("taken".to_owned(), |why| why.to_string());
        vec![judged.service.to_string(), judged.tag.to_string(), verdict]
    };
    let rows: Vec<Vec<String>> = judged.iter().map(row).collect();
    output.print(&render::table(&["service", "tag", "verdict"], &rows, output.width()));
}

fn as_json(judged: &Judged<'_>) -> Value {
    let why = judged.verdict.err().map(NotTaken::word);
    json!({ "service": judged.service, "tag": judged.tag, "taken": judged.verdict.is_ok(), "why": why })
}
