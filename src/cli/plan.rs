//! `towpath plan`: what would be done next and why, with the exact diff.

use serde_json::{Value, json};

use super::engines::Engines;
use super::output::Output;
use super::{Failure, diff_lines, status};
use crate::config::Settings;
use crate::decide::Judgement;
use crate::model::{Policy, Release, ServiceEnvironment, Tree};
use crate::observe::{Clock, SystemClock};
use crate::overlay::{self, OverlayError, Uncertain};
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
    let engines = Engines::for_dry_run(&settings).await?;
    let now = SystemClock.now();
    let (foreseen, unread) = engines.foresee(Freshness::Since(now)).await;
    let failures: Vec<String> =
        unread.iter().map(ToString::to_string).chain(foreseen.iter().flat_map(Preview::failures)).collect();
    let warnings = status::warnings(&foreseen);
    if arguments.json {
        let drafts = foreseen.iter().flat_map(|foresight| foresight.drafts.summaries());
        let next = foreseen.iter().filter_map(|foresight| foresight.observation.plan.next_look).min();
        let actions: Vec<_> = drafts.map(diff_lines::json).collect();
        let targets: Vec<Value> =
            foreseen.iter().flat_map(|foresight| targets(&settings.policy, foresight)).collect();
        let refused: Vec<&String> = foreseen.iter().flat_map(|foresight| &foresight.drafts.refused).collect();
        output.json(&json!({
            "actions": actions,
            "next_look": diff_lines::until(next),
            "targets": targets,
            "refused": refused,
            "failures": failures,
            "warnings": warnings,
        }));
    } else {
        foreseen.iter().for_each(|foresight| print(foresight, output));
    }
    warnings.iter().for_each(|warning| output.warn(warning));
    failures.iter().for_each(|failure| output.note(&format!("failed: {failure}")));
    let refused = foreseen.iter().any(|foresight| !foresight.drafts.refused.is_empty());
    if refused || !failures.is_empty() { Err(Failure::Reported) } else { Ok(()) }
}

/// What was judged of each target, and what of its files is not certain.
fn targets(policy: &Policy, foresight: &Preview) -> Vec<Value> {
    let judgements = foresight.observation.plan.judgements.iter();
    judgements.map(|judgement| target(policy, &foresight.observation.tree, judgement)).collect()
}

fn target(policy: &Policy, tree: &Tree, judgement: &Judgement) -> Value {
    let ServiceEnvironment { service, environment } = &judgement.target;
    let location = policy.service(service).and_then(|own| own.locations.get(environment));
    let resolved = location.map(|location| overlay::resolve(tree, location));
    let (uncertain, refused) = match &resolved {
        Some(Ok(resolved)) => (resolved.uncertain.iter().map(uncertainty).collect(), Value::Null),
        Some(Err(error)) => (Vec::new(), refusal(error)),
        None => (Vec::new(), Value::Null),
    };
    json!({
        "service": service,
        "environment": environment,
        "candidate": judgement.candidate.as_ref().map(Release::name),
        "change": judgement.change,
        "waiting": judgement.waiting().map(render::reason).collect::<Vec<_>>(),
        "uncertain": uncertain,
        "refused": refused,
    })
}

fn uncertainty(own: &Uncertain) -> Value {
    json!({
        "limit": own.limit.id(), "file": own.file, "line": own.line, "why": own.why,
        "way_out": own.limit.way_out(),
    })
}

/// Why an overlay is not judged at all.
fn refusal(error: &OverlayError) -> Value {
    match error {
        OverlayError::Refused { file, refused } => json!({
            "limit": refused.limit.id(), "file": file, "line": refused.line, "why": refused.why,
            "way_out": refused.way_out,
        }),
        OverlayError::Missing(_) | OverlayError::NotFound { .. } => {
            json!({ "limit": null, "file": null, "line": null, "why": error.to_string(), "way_out": null })
        }
    }
}

fn print(foresight: &Preview, output: &mut Output) {
    let colour = output.colour();
    output.line(&colour.paint(Style::Bold, &foresight.observation.world.place.to_string()));
    if foresight.drafts.summaries().next().is_none() {
        output.line("  nothing to do");
    }
    for draft in foresight.drafts.summaries() {
        output.line(&format!("  {}", diff_lines::line(draft, colour)));
        output.print(&indented(&output.diff_of(&draft.files)));
    }
    for refused in &foresight.drafts.refused {
        output.note(&format!("cannot be done: {refused}"));
    }
    output.line("");
    output.print(&render::status_table(
        &foresight.observation.plan.judgements,
        output.width(),
        output.colour(),
    ));
}

fn indented(text: &str) -> String {
    text.split_inclusive('\n').map(|line| format!("    {line}")).collect()
}
