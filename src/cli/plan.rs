//! `towpath plan`: what would be done next and why, with the exact diff.

use serde_json::json;

use super::engines::Engines;
use super::output::Output;
use super::{Failure, diff_lines};
use crate::config::Settings;
use crate::observe::{Clock, SystemClock};
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
    let engines = Engines::in_memory(&settings).await?;
    let now = SystemClock.now();
    let (foreseen, failures) = engines.foresee(Freshness::Since(now)).await;
    if arguments.json {
        let drafts = foreseen.iter().flat_map(|foresight| &foresight.drafts.drafts);
        let next = foreseen.iter().filter_map(|foresight| foresight.observation.plan.next_look).min();
        let actions: Vec<_> = drafts.map(diff_lines::json).collect();
        output.json(&json!({ "actions": actions, "next_look": diff_lines::until(next) }));
    } else {
        foreseen.iter().for_each(|foresight| print(foresight, output));
    }
    failures.iter().for_each(|failure| output.note(&format!("failed: {failure}")));
    let refused = foreseen.iter().any(|foresight| !foresight.drafts.refused.is_empty());
    if refused || !failures.is_empty() { Err(Failure::Said) } else { Ok(()) }
}

fn print(foresight: &Foresight, output: &mut Output) {
    let colour = output.colour();
    output.line(&colour.paint(Style::Bold, &foresight.observation.world.place.to_string()));
    if foresight.drafts.drafts.is_empty() {
        output.line("  nothing to do");
    }
    for draft in &foresight.drafts.drafts {
        output.line(&format!("  {}", diff_lines::line(draft, colour)));
        output.print(&indented(&render::diff(&draft.files, colour)));
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
