//! `towpath check`: whether the configuration holds, and all that is wrong with it.

use std::path::Path;

use serde_json::json;

use super::engines::{Engines, RealEngine};
use super::output::Output;
use super::{Failure, paths, secrets};
use crate::config::{self, Examined, ForgeSettings, Problems, ServicePart, Settings};
use crate::decide::health::{Diagnosis, Level, Matter};
use crate::forge::{Forge as _, ForgeError};
use crate::model::{Place, Target};
use crate::render;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: &Path, arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let mut warnings = Vec::new();
    let checked = match config::examine_on_disk(file) {
        Ok(mut examined) => {
            warnings.extend(add_repositories(&mut examined).await?);
            examined.finish()
        }
        Err(problems) => Err(problems),
    };
    warnings.extend(checked.as_ref().map(secrets::warnings).unwrap_or_default());
    if arguments.json {
        let problems = checked.as_ref().err().map(Problems::problems).unwrap_or_default();
        let problems = problems.iter().map(|problem| {
            json!({ "line": problem.line, "column": problem.column, "message": problem.message,
                    "suggestion": problem.suggestion })
        });
        let problems: Vec<_> = problems.collect();
        let warnings: Vec<_> = warnings.iter().map(|warning| json!({ "message": warning })).collect();
        output.json(&json!({ "file": file, "problems": problems, "warnings": warnings }));
    }
    let settings = checked.map_err(|problems| Failure::Usage(problems.render(output.error_colour())))?;
    if !arguments.json {
        let policy = &settings.policy;
        let services = render::count(policy.services.len(), "service", "services");
        let pipelines = render::count(policy.pipelines.len(), "pipeline", "pipelines");
        let places = render::count(policy.places().len(), "config repository", "config repositories");
        for warning in &warnings {
            output.line(&format!("warning: {warning}"));
        }
        let verdict = match warnings.len() {
            0 => "fine".to_owned(),
            count => format!("valid, with {}", render::count(count, "warning", "warnings")),
        };
        output.line(&format!("{}: {verdict}; {services}, {pipelines}, {places}", file.display()));
    }
    Ok(())
}

/// Adds what is wrong with the config repositories on this machine, and returns what is to be warned of. `towpath doctor`
/// looks at all others.
async fn add_repositories(examined: &mut Examined) -> anyhow::Result<Vec<String>> {
    let Some(settings) = examined.settings() else { return Ok(Vec::new()) };
    let engines = Engines::in_memory(&on_this_machine(settings)).await?;
    let mut found = Vec::new();
    for (place, engine) in engines.places() {
        match wrong_repository(engine, place).await {
            Some(matter) => found.extend(of_each_service(engine, place, &matter)),
            None => found.extend(wrong_overlays(engine, place).await),
        }
    }
    let mut warnings = Vec::new();
    for (part, diagnosis) in found {
        let (finding, advice) = render::diagnosis(&diagnosis);
        if diagnosis.level == Level::Warning {
            warnings.push(advice.map_or(finding.clone(), |advice| format!("{finding}; {advice}")));
        } else {
            examined.report(&part, &finding, advice.as_deref());
        }
    }
    Ok(warnings)
}

/// The settings without what lies elsewhere: nothing of it is asked, and its secrets are not read.
fn on_this_machine(settings: &Settings) -> Settings {
    let is_local = |forge: &&ForgeSettings| match forge {
        // A folder that is missing is reported at `root`.
        ForgeSettings::Local(own) => own.root.is_dir(),
        ForgeSettings::GitHub(_) => false,
    };
    let forges = settings.forges.iter().filter(is_local).cloned().collect();
    Settings { forges, registries: Vec::new(), ..settings.clone() }
}

/// Why the branch of a place cannot be read.
async fn wrong_repository(engine: &RealEngine, place: &Place) -> Option<Matter> {
    match engine.ports.forge.head(place).await {
        Ok(_) => None,
        Err(ForgeError::NotFound { .. }) if engine.ports.forge.branches(place).await.is_ok() => {
            Some(Matter::BranchMissing(place.branch.clone()))
        }
        Err(error) => Some(Matter::LocalRepositoryUnseen(error.to_string())),
    }
}

/// A finding about a repository or branch, at each service that names it.
fn of_each_service(engine: &RealEngine, place: &Place, matter: &Matter) -> Vec<(ServicePart, Diagnosis)> {
    let is_branch = matches!(matter, Matter::BranchMissing(_));
    let part = if is_branch { ServicePart::Branch } else { ServicePart::Repository };
    let services = engine.policy.services_at(place);
    let diagnosis = || Diagnosis { level: Level::Wrong, matter: matter.clone() };
    services.map(|service| (part(service.name.clone()), diagnosis())).collect()
}

/// What is wrong with the overlays at a place, each with the part of its service that says where they are.
async fn wrong_overlays(engine: &RealEngine, place: &Place) -> Vec<(ServicePart, Diagnosis)> {
    let wrong = paths::wrong(engine, place).await.unwrap_or_default();
    wrong.into_iter().filter_map(|diagnosis| Some((part(&diagnosis)?, diagnosis))).collect()
}

/// Where the service of a finding about an overlay says what is wrong.
fn part(diagnosis: &Diagnosis) -> Option<ServicePart> {
    if let Matter::PathMissing(own) = &diagnosis.matter {
        let target = Target { service: own.service.clone(), environment: own.environment.clone() };
        return Some(ServicePart::Path(target));
    }
    if let Matter::OverlayRefused { target, .. } = &diagnosis.matter {
        return Some(ServicePart::Images(target.clone()));
    }
    None
}
