//! `towpath status`: what runs where, and what it waits for.

use serde_json::{Value, json};

use super::engines::Engines;
use super::output::Output;
use super::{Failure, diff_lines};
use crate::config::Settings;
use crate::decide::Judgement;
use crate::model::{ObservedChange, RunningImage, ServiceName};
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
    let (foreseen, failures) = engines.foresee(Freshness::Any).await;
    failures.iter().for_each(|failure| output.note(&format!("failed: {failure}")));
    let ended = if failures.is_empty() { Ok(()) } else { Err(Failure::Said) };
    if arguments.json {
        let services: Vec<Value> =
            settings.policy.services.iter().map(|own| service(&own.name, &foreseen)).collect();
        output.json(&json!({ "services": services }));
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
    if foreseen.is_empty() && ended.is_ok() {
        output.line("the configuration names no service yet; add one under `services`");
    }
    ended
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
