//! `towpath check`: whether the configuration holds, and all that is wrong with it.

use std::path::Path;

use serde_json::json;

use super::engines::{Engines, RealEngine};
use super::output::Output;
use super::{Failure, secrets};
use crate::config::{self, ConfigReport, Problems, ServicePart};
use crate::decide::health::{
    Diagnosis, Level, OverlayFinding, Topic, holder_findings, overlay_findings, override_findings,
};
use crate::forge::{Forge as _, ForgeError};
use crate::model::ConfigBranch;
use crate::observe::{self, Survey};
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
            secrets::report_unusable(&mut examined);
            let of_secrets = secrets::warnings(file, &examined);
            let checked = examined.finish();
            warnings.extend(checked.is_ok().then_some(of_secrets).into_iter().flatten());
            checked
        }
        Err(problems) => Err(problems),
    };
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
async fn add_repositories(examined: &mut ConfigReport) -> anyhow::Result<Vec<String>> {
    let Some(settings) = examined.settings() else { return Ok(Vec::new()) };
    let engines = Engines::of_this_machine(settings).await?;
    let mut found = Vec::new();
    for (place, engine) in engines.places() {
        match observe::survey(&engine.ports, &engine.policy, place).await {
            Ok(survey) => found.extend(wrong_overlays(engine, place, &survey)),
            Err(error) => found.extend(of_each_service(engine, place, &unread(engine, place, error).await)),
        }
    }
    let mut warnings = Vec::new();
    for forge in &settings.forges {
        warnings.extend(holder_findings(&settings.policy, forge.name()).as_ref().map(sentence));
    }
    for (part, diagnosis) in found {
        let (finding, advice) = render::diagnosis(&diagnosis);
        if diagnosis.level == Level::Warning {
            warnings.push(sentence(&diagnosis));
        } else {
            examined.report(&part, &finding, advice.as_deref());
        }
    }
    Ok(warnings)
}

/// A finding with what to do about it.
fn sentence(diagnosis: &Diagnosis) -> String {
    let (finding, advice) = render::diagnosis(diagnosis);
    advice.map_or(finding.clone(), |advice| format!("{finding}; {advice}"))
}

/// Why the files of a place cannot be read.
async fn unread(engine: &RealEngine, place: &ConfigBranch, error: ForgeError) -> Topic {
    let is_absent = matches!(error, ForgeError::NotFound { .. });
    if is_absent && engine.ports.forge.branches(place).await.is_ok() {
        return Topic::BranchMissing(place.branch.clone());
    }
    Topic::LocalRepositoryUnseen(error.to_string())
}

/// A finding about a repository or branch, at each service that names it.
fn of_each_service(
    engine: &RealEngine,
    place: &ConfigBranch,
    matter: &Topic,
) -> Vec<(ServicePart, Diagnosis)> {
    let is_branch = matches!(matter, Topic::BranchMissing(_));
    let part = if is_branch { ServicePart::Branch } else { ServicePart::Repository };
    let services = engine.policy.services_at(place);
    let diagnosis = || Diagnosis { level: Level::Wrong, matter: matter.clone() };
    services.map(|service| (part(service.name.clone()), diagnosis())).collect()
}

/// What is wrong with the overlays at a place, each with the part of its service that says where they are.
fn wrong_overlays(
    engine: &RealEngine,
    place: &ConfigBranch,
    survey: &Survey,
) -> Vec<(ServicePart, Diagnosis)> {
    let found =
        overlay_findings(&engine.policy, place, &survey.entries, &survey.running, &survey.lacking_quotes);
    fn part(own: OverlayFinding) -> (ServicePart, Diagnosis) {
        let is_refused = matches!(own.diagnosis.matter, Topic::OverlayRefused { .. });
        let part = if is_refused { ServicePart::Images } else { ServicePart::Path };
        (part(own.target), own.diagnosis)
    }
    let found = found.into_iter().map(part);
    match &survey.overrides {
        Ok(overrides) => found.chain(override_findings(overrides).into_iter().map(part)).collect(),
        Err(why) => {
            found.chain(of_each_service(engine, place, &Topic::LocalRepositoryUnseen(why.clone()))).collect()
        }
    }
}
