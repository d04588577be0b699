//! `towpath status`: what runs where, and what it waits for.

use futures::future::join_all;
use serde_json::{Value, json};

use super::engines::Engines;
use super::output::Output;
use super::{Failure, clock, diff_lines, gone};
use crate::config::Settings;
use crate::decide::Judgement;
use crate::ledger::{Ledger as _, Trouble};
use crate::model::{ImageName, ObservedChange, RunningImage, ServiceName, Time};
use crate::observe::{self, Clock as _, SystemClock};
use crate::reconcile::{Foresight, Freshness};
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
    // Before a look, which reads such listings anew.
    let ahead = clock::listings_ahead(&settings, &engines).await;
    let (mut foreseen, failures) = engines.foresee(Freshness::Any).await;
    note_gone(&engines, &mut foreseen).await;
    failures.iter().for_each(|failure| output.note(&format!("failed: {failure}")));
    foreseen.iter().for_each(|foresight| warn(foresight, output));
    let judgements = foreseen.iter().flat_map(|foresight| &foresight.observation.plan.judgements);
    let warnings = ahead.into_iter().chain(clock::landing_ahead(judgements));
    warnings.for_each(|warning| output.note(&warning));
    let ended = if failures.is_empty() { Ok(()) } else { Err(Failure::Said) };
    if arguments.json {
        let services: Vec<Value> =
            settings.policy.services.iter().map(|own| service(&own.name, &foreseen)).collect();
        let images: Vec<Value> = listed(&settings, &engines).await.iter().map(Listed::as_json).collect();
        let left_out = foreseen.iter().flat_map(|foresight| &foresight.observation.left_out);
        let warnings: Vec<String> = left_out.map(render::left_out).collect();
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
async fn note_gone(engines: &Engines, foreseen: &mut [Foresight]) {
    for foresight in foreseen {
        if let Some(engine) = engines.of(&foresight.observation.world.place.forge) {
            gone::note(engine, &mut foresight.observation.plan.judgements).await;
        }
    }
}

/// Names what does not count in a config repository.
pub(super) fn warn(foresight: &Foresight, output: &mut Output) {
    for left_out in &foresight.observation.left_out {
        let place = &foresight.observation.world.place;
        output.note(&format!("warning: {place}: {}", render::left_out(left_out)));
    }
}

/// How fresh the tags of an image are.
struct Listed {
    image: ImageName,
    listed_at: Option<Time>,
    trouble: Option<Trouble>,
}

impl Listed {
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
async fn listed(settings: &Settings, engines: &Engines) -> Vec<Listed> {
    let Some(engine) = engines.all().next() else { return Vec::new() };
    let ledger = &engine.ports.ledger;
    let listed = observe::images(&settings.policy).into_iter().map(async |image| Listed {
        image: image.clone(),
        listed_at: ledger.listing(image).await.ok().flatten().map(|kept| kept.as_of),
        trouble: ledger.trouble(image).await.ok().flatten(),
    });
    join_all(listed).await
}

fn service(name: &ServiceName, foreseen: &[Foresight]) -> Value {
    let judged = foreseen.iter().flat_map(|foresight| {
        let judgements = foresight.observation.plan.judgements.iter();
        judgements.map(move |judgement| (foresight, judgement))
    });
    let own = judged.filter(|(_, judgement)| judgement.target.service == *name);
    let environments: Vec<Value> =
        own.map(|(foresight, judgement)| environment(foresight, judgement)).collect();
    json!({ "service": name, "environments": environments })
}

fn environment(foresight: &Foresight, judgement: &Judgement) -> Value {
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
