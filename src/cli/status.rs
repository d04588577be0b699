//! `towpath status`: what runs where, and what it waits for.

use futures::future::join_all;
use serde_json::{Value, json};

use super::engines::Engines;
use super::output::Output;
use super::{Failure, clock, diff_lines, gone};
use crate::config::{ForgeSettings, Settings};
use crate::decide::{GateReason, Judgement};
use crate::ledger::{Ledger as _, ListingFailure};
use crate::model::{ConfigBranch, ImageName, ObservedChange, RunningImage, ServiceName, Time};
use crate::observe::{self, Clock as _, Observation, SystemClock};
use crate::reconcile::{Freshness, Preview};
use crate::render::{self, Style};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let engines = Engines::open(&settings).await?;
    let ahead = clock::listings_warning(&engines, &settings.policy).await;
    let (mut foreseen, failures) = engines.foresee(Freshness::Any).await;
    note_gone(&engines, &mut foreseen).await;
    failures.iter().for_each(|failure| output.note(&format!("failed: {failure}")));
    let warnings: Vec<String> = ahead.into_iter().chain(warnings(&foreseen)).collect();
    warnings.iter().for_each(|warning| output.warn(warning));
    let ended = if failures.is_empty() { Ok(()) } else { Err(Failure::Reported) };
    if arguments.json {
        let services: Vec<Value> =
            settings.policy.services.iter().map(|own| service(&own.name, &foreseen)).collect();
        let images: Vec<Value> = listed(&settings, &engines).await.iter().map(ListingAge::as_json).collect();
        output.json(&json!({ "services": services, "images": images, "warnings": warnings }));
        return ended;
    }
    for foresight in &foreseen {
        output.line(&output.colour().paint(Style::Bold, &foresight.observation.world.place.to_string()));
        output.print(&render::status_table(
            &foresight.observation.plan.judgements,
            output.width(),
            output.colour(),
        ));
        let Observation { world, plan, .. } = &foresight.observation;
        how_to_act(&settings, &world.place, &plan.judgements).iter().for_each(|line| output.line(line));
    }
    for listed in listed(&settings, &engines).await {
        output.line(&listed.line());
    }
    if foreseen.is_empty() && ended.is_ok() {
        output.line("the configuration names no service yet; add one under `services`");
    }
    ended
}

/// Notes what runs and is no longer in its registry.
async fn note_gone(engines: &Engines, foreseen: &mut [Preview]) {
    for foresight in foreseen {
        if let Some(engine) = engines.of(&foresight.observation.world.place.forge) {
            gone::note(engine, &mut foresight.observation.plan.judgements).await;
        }
    }
}

/// How people act on a change of a forge on this machine, which has no page for it: one that is open, or on which a command
/// is advised to be written.
pub(super) fn how_to_act<'a>(
    settings: &Settings,
    place: &ConfigBranch,
    judgements: impl IntoIterator<Item = &'a Judgement>,
) -> Option<String> {
    let is_local = |own: &ForgeSettings| matches!(own, ForgeSettings::Local(own) if own.name == place.forge);
    let change_of = |own: &Judgement| own.change.or_else(|| own.waiting().find_map(GateReason::write_on));
    let change = judgements.into_iter().find_map(change_of)?;
    settings.forges.iter().any(is_local).then(|| {
        let number = change.0;
        format!(
            "{change} is on this machine: `towpath changes show {number}` shows it, and \
             `towpath changes comment {number} '/promote approve' --as USER` writes a comment"
        )
    })
}

/// What should be looked at in config repositories, and stops nothing.
pub(super) fn warnings(foreseen: &[Preview]) -> Vec<String> {
    let records = foreseen.iter().flat_map(Preview::records);
    let clock = clock::landing_warning(records);
    clock.into_iter().chain(foreseen.iter().flat_map(Preview::warnings)).collect()
}

/// How fresh the tags of an image are.
struct ListingAge {
    image: ImageName,
    listed_at: Option<Time>,
    trouble: Option<ListingFailure>,
}

impl ListingAge {
    fn as_json(&self) -> Value {
        let trouble = self.trouble.as_ref();
        let trouble =
            trouble.map(|own| json!({ "since": diff_lines::time(Some(own.since)), "why": own.why }));
        json!({ "image": self.image, "listed_at": diff_lines::time(self.listed_at), "trouble": trouble })
    }

    fn line(&self) -> String {
        let trouble = self.trouble.as_ref().map(|own| (own.since, own.why.as_str()));
        render::listing(&self.image, self.listed_at, trouble, SystemClock.now())
    }
}

/// What the ledger says about the tags of every image.
async fn listed(settings: &Settings, engines: &Engines) -> Vec<ListingAge> {
    let Some(engine) = engines.all().next() else { return Vec::new() };
    let ledger = &engine.ports.ledger;
    let listed = observe::images(&settings.policy).into_iter().map(async |image| ListingAge {
        image: image.clone(),
        listed_at: ledger.listing(image).await.ok().flatten().map(|kept| kept.as_of),
        trouble: ledger.trouble(image).await.ok().flatten(),
    });
    join_all(listed).await
}

fn service(name: &ServiceName, foreseen: &[Preview]) -> Value {
    let judged = foreseen.iter().flat_map(|foresight| {
        let judgements = foresight.observation.plan.judgements.iter();
        judgements.map(move |judgement| (foresight, judgement))
    });
    let own = judged.filter(|(_, judgement)| judgement.target.service == *name);
    let environments: Vec<Value> =
        own.map(|(foresight, judgement)| environment(foresight, judgement)).collect();
    json!({ "service": name, "environments": environments })
}

fn environment(foresight: &Preview, judgement: &Judgement) -> Value {
    let changes = &foresight.observation.world.changes;
    let change = changes.iter().find(|observed| Some(observed.change.number) == judgement.change);
    let running: Vec<Value> = judgement.running.iter().map(image).collect();
    let release = judgement.running.first().and_then(|image| image.reference.tag.as_ref());
    json!({
        "environment": judgement.target.environment,
        "running": running,
        "release": release,
        "landed_at": diff_lines::time(judgement.landed_at),
        "change": change.map(open_change),
        "waiting": judgement.waiting().map(render::reason).collect::<Vec<_>>(),
    })
}

fn open_change(observed: &ObservedChange) -> Value {
    let change = &observed.change;
    json!({ "number": change.number, "url": change.url, "head": change.head.commit })
}

fn image(running: &RunningImage) -> Value {
    json!({
        "image": running.reference.image,
        "tag": running.reference.tag,
        "digest": running.reference.digest,
        "file": running.file,
        "line": running.line,
    })
}
