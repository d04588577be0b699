//! `towpath check`: whether the configuration holds, and all that is wrong with it.

use std::path::Path;

use serde_json::json;

use super::engines::local_forges;
use super::output::Output;
use super::{Failure, paths};
use crate::config::{self, Settings};
use crate::decide::health::Diagnosis;
use crate::render;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: &Path, arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let checked = config::check_on_disk(file);
    let missing = match &checked {
        Ok(settings) => missing_paths(settings).await,
        Err(_) => Vec::new(),
    };
    if arguments.json {
        let problems = checked.as_ref().err().map(|problems| problems.problems()).unwrap_or_default();
        let problems = problems.iter().map(|problem| {
            json!({ "line": problem.line, "column": problem.column, "message": problem.message,
                    "suggestion": problem.suggestion })
        });
        let missing = missing.iter().map(|own| {
            json!({ "line": null, "column": null, "message": render::diagnosis(own), "suggestion": null })
        });
        let problems: Vec<_> = problems.chain(missing).collect();
        output.json(&json!({ "file": file, "problems": problems }));
    }
    let settings = checked.map_err(|problems| Failure::Usage(problems.render(output.error_colour())))?;
    if !missing.is_empty() {
        let lines: Vec<String> = missing.iter().map(render::diagnosis).collect();
        return Err(Failure::Usage(lines.join("\nerror: ")));
    }
    if !arguments.json {
        let policy = &settings.policy;
        let services = render::count(policy.services.len(), "service", "services");
        let pipelines = render::count(policy.pipelines.len(), "pipeline", "pipelines");
        let places = render::count(policy.places().len(), "config repository", "config repositories");
        output.line(&format!("{}: fine; {services}, {pipelines}, {places}", file.display()));
    }
    Ok(())
}

/// The paths of services that their config repository does not hold, where it lies on this machine. `towpath doctor` looks
/// at all others.
async fn missing_paths(settings: &Settings) -> Vec<Diagnosis> {
    let mut missing = Vec::new();
    for forge in local_forges(settings) {
        for place in settings.policy.places().iter().filter(|place| place.forge == *forge.name()) {
            // A repository that is not there yet says nothing of its paths.
            missing.extend(paths::missing(&settings.policy, &forge, place).await.unwrap_or_default());
        }
    }
    missing
}
