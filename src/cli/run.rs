//! `towpath run --once`: everything that is possible now, and no more.

use futures::future::join_all;
use serde_json::json;

use super::engines::Engines;
use super::output::Output;
use super::{Failure, clock, diff_lines};
use crate::act::Outcome;
use crate::config::Settings;
use crate::model::{ConfigBranch, Time};
use crate::observe::{Clock, SystemClock};
use crate::reconcile::{Convergence, Freshness};
use crate::render::{self, Style};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Ask every registry now, do what is possible now, and end; for cron jobs and pipelines
    #[arg(long)]
    once: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    if !arguments.once {
        return Err(Failure::Usage(
            "`towpath run` takes `--once`; to keep running use `towpath serve`".to_owned(),
        ));
    }
    let engines = Engines::open(&settings).await?;
    let ahead = clock::listings_warning(&engines, &settings.policy).await;
    let now = SystemClock.now();
    let settling = engines
        .places()
        .map(|(place, engine)| async move { (place, engine.settle(place, Freshness::Since(now)).await) });
    let settled = join_all(settling).await;
    let records = settled.iter().flat_map(|(_, settled)| &settled.records);
    let clocks: Vec<String> = ahead.into_iter().chain(clock::landing_warning(records)).collect();
    if arguments.json {
        output.json(&as_json(&settled, &clocks));
    } else {
        settled.iter().for_each(|(place, settled)| print(place, settled, output));
    }
    let own = settled.iter().flat_map(|(_, settled)| &settled.warnings);
    clocks.iter().chain(own).for_each(|warning| output.warn(warning));
    let failures = settled.iter().flat_map(|(_, settled)| &settled.failures);
    failures.for_each(|failure| output.note(&format!("failed: {failure}")));
    if settled.iter().any(|(_, settled)| !settled.failures.is_empty()) {
        Err(Failure::Reported)
    } else {
        Ok(())
    }
}

fn print(place: &ConfigBranch, settled: &Convergence, output: &mut Output) {
    let colour = output.colour();
    output.line(&colour.paint(Style::Bold, &place.to_string()));
    if settled.receipts.is_empty() && settled.failures.is_empty() {
        output.line("  nothing to do");
    }
    for receipt in &settled.receipts {
        let end = match &receipt.outcome {
            Outcome::Done => String::new(),
            Outcome::Conflict(why) => format!(" (again: {why})"),
            Outcome::RateLimited(wait) => {
                format!(" (waits {} s: the forge takes no more for now)", wait.as_secs())
            }
            Outcome::Skipped(why) => format!(" (not done: {why})"),
            // Why is said on standard error, with all other failures.
            Outcome::Failed(_) => " (failed)".to_owned(),
        };
        output.line(&format!("  {}{end}", diff_lines::line(&receipt.summary, colour)));
    }
    output.line("");
    output.print(&render::status_table(&settled.plan.judgements, output.width(), output.colour()));
    if let Some(next) = settled.next_look {
        output.line(&format!("\nnext look worth while: {}", render::instant(next)));
    }
}

fn as_json(settled: &[(&ConfigBranch, Convergence)], clocks: &[String]) -> serde_json::Value {
    let receipts = settled.iter().flat_map(|(_, settled)| &settled.receipts);
    let actions: Vec<_> = receipts.map(|receipt| diff_lines::json(&receipt.summary)).collect();
    let failures: Vec<_> = settled.iter().flat_map(|(_, settled)| &settled.failures).collect();
    let own = settled.iter().flat_map(|(_, settled)| &settled.warnings);
    let warnings: Vec<_> = clocks.iter().chain(own).collect();
    json!({ "actions": actions, "failures": failures, "warnings": warnings, "next_look": diff_lines::until(next_look(settled)) })
}

fn next_look(settled: &[(&ConfigBranch, Convergence)]) -> Option<Time> {
    settled.iter().filter_map(|(_, settled)| settled.next_look).min()
}
