//! `towpath why SERVICE ENV`: what each gate says of the next release.

use serde_json::{Value, json};

use super::engines::Engines;
use super::output::Output;
use super::{Failure, diff_lines, gone, status};
use crate::config::Settings;
use crate::decide::{GateReport, Judgement};
use crate::model::ServiceEnvironment;
use crate::reconcile::Freshness;
use crate::render;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The environment
    environment: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let target = target(&settings, arguments)?;
    let engines = Engines::open(&settings).await?;
    for (place, engine) in engines.places() {
        if settings.policy.services_at(place).any(|service| service.name == target.service) {
            let foresight = [engine.preview(place, Freshness::Any).await?];
            status::warnings(&foresight).iter().for_each(|warning| output.warn(warning));
            let [foresight] = foresight;
            if let Some(judgement) = foresight.observation.plan.judgement(&target) {
                let mut judged = [judgement.clone()];
                gone::note(engine, &mut judged).await;
                judged.iter().for_each(|judgement| print(judgement, arguments.json, output));
                let hint = status::how_to_act(&settings, place, &judged);
                if let (Some(hint), false) = (hint, arguments.json) {
                    output.line(&hint);
                }
            }
        }
    }
    Ok(())
}

/// The target that was named, with a suggestion where there is none.
fn target(settings: &Settings, arguments: &Arguments) -> Result<ServiceEnvironment, Failure> {
    let services = &settings.policy.services;
    let found = services.iter().find(|service| service.name.as_str() == arguments.service);
    let service = found.ok_or_else(|| {
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        unknown("service", &arguments.service, &names)
    })?;
    let environments = &settings.policy.pipeline_of(service).environments;
    let found = environments.iter().find(|environment| environment.name.as_str() == arguments.environment);
    let environment = found.ok_or_else(|| {
        let names: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
        unknown("environment", &arguments.environment, &names)
    })?;
    Ok(ServiceEnvironment { service: service.name.clone(), environment: environment.name.clone() })
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    let known = match known {
        [] => format!("the configuration has none yet; add one under `{what}s`"),
        [only] => format!("the only one is {only}"),
        _ => format!("known are {}", known.join(", ")),
    };
    Failure::Usage(format!("there is no {what} `{name}`; {known}"))
}

fn print(judgement: &Judgement, as_json: bool, output: &mut Output) {
    if !as_json {
        output.print(&render::why(judgement, output.colour()));
        return;
    }
    output.json(&json!({
        "service": judgement.target.service,
        "environment": judgement.target.environment,
        "candidate": judgement.candidate.as_ref().map(crate::model::Release::name),
        "gates": judgement.gates.iter().map(gate).collect::<Vec<Value>>(),
        "notes": judgement.notes.iter().map(render::reason).collect::<Vec<String>>(),
    }));
}

fn gate(report: &GateReport) -> Value {
    json!({
        "gate": report.gate,
        "verdict": report.verdict,
        "sentence": render::reason(&report.reason),
        "until": diff_lines::until(report.until),
    })
}
