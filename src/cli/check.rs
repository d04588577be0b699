//! `towpath check`: whether the configuration holds, and all that is wrong with it.

use std::path::Path;

use serde_json::json;

use super::Failure;
use super::output::Output;
use crate::config;
use crate::render;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(file: &Path, arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let checked = config::check_on_disk(file);
    if arguments.json {
        let problems = checked.as_ref().err().map(|problems| problems.problems()).unwrap_or_default();
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| {
                json!({ "line": problem.line, "column": problem.column, "message": problem.message,
                        "suggestion": problem.suggestion })
            })
            .collect();
        output.json(&json!({ "file": file, "problems": problems }));
    }
    let settings = checked.map_err(|problems| Failure::Usage(problems.render(output.error_colour())))?;
    if !arguments.json {
        let policy = &settings.policy;
        let services = render::count(policy.services.len(), "service", "services");
        let pipelines = render::count(policy.pipelines.len(), "pipeline", "pipelines");
        let places = render::count(policy.places().len(), "config repository", "config repositories");
        output.line(&format!("{}: fine; {services}, {pipelines}, {places}", file.display()));
    }
    Ok(())
}
