//! `towpath doctor`: whether forges, repositories and registries let Towpath do its work, and what to change.

mod forges;
mod registries;
mod report;

use std::collections::BTreeMap;

use futures::future::join_all;

use super::engines::{Engines, Unusable, usable};
use super::output::Output;
use super::{Failure, secrets};
use crate::config::{LedgerSettings, Settings};
use crate::decide::health::{Diagnosis, Level, Topic};
use crate::forge::ForgeError;
use crate::ledger::sqlite::SqliteLedger;
use crate::model::ConfigBranch;
use crate::observe::{self, Survey};
use report::{Report, forge_heading, owner_heading};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON: {"findings":[{"about","level":"ok|unknown|warning|wrong","finding","advice"}],"wrong"}
    #[arg(long)]
    json: bool,
}

/// The files of each config repository, read once for all that is said of them.
type Surveys<'a> = BTreeMap<&'a ConfigBranch, Result<Survey, ForgeError>>;

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let report = examine(&settings).await?;
    report.print(arguments.json, output);
    if report.is_wrong() { Err(Failure::Reported) } else { Ok(()) }
}

/// Everything that there is to say. A forge or registry whose secret cannot be read is not asked, and keeps no other from
/// being asked.
async fn examine(settings: &Settings) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let (usable, unusable) = usable(settings);
    let engines = Engines::in_memory(&usable).await?;
    let surveys = surveys(&engines).await;
    let ledger = ledger(settings, &mut report).await;
    for own in &settings.forges {
        match engines.of(own.name()) {
            Some(engine) => {
                let found = forges::examine(settings, own, engine, &surveys, ledger.as_ref()).await;
                found.add_to(&mut report);
            }
            None => report.open(forge_heading(own)),
        }
    }
    let asked = registries::Asked { settings: &usable, unusable: &unusable };
    asked.images(&mut report).await?;
    if let Some(ledger) = &ledger {
        asked.clock(ledger, &mut report).await;
    }
    asked.lost(&engines, &surveys, &mut report).await;
    add_secrets(settings, &unusable, &mut report);
    Ok(report)
}

/// The ledger. One that is not there yet says nothing; `doctor` makes none.
async fn ledger(settings: &Settings, report: &mut Report) -> Option<SqliteLedger> {
    let LedgerSettings::Sqlite(path) = &settings.ledger;
    // A symbolic link that leads nowhere is something, and no ledger.
    path.symlink_metadata().ok()?;
    match SqliteLedger::open(path).await {
        Ok(ledger) => Some(ledger),
        Err(error) => {
            let matter = Topic::SettingsUnusable(error.to_string());
            report.add("ledger".to_owned(), Diagnosis { level: Level::Wrong, matter });
            None
        }
    }
}

async fn surveys(engines: &Engines) -> Surveys<'_> {
    let read = engines
        .places()
        .map(async |(place, engine)| (place, observe::survey(&engine.ports, &engine.policy, place).await));
    join_all(read).await.into_iter().collect()
}

/// What is wrong with secrets, and why a forge could not be asked where no secret is the reason.
fn add_secrets(settings: &Settings, unusable: &[Unusable], report: &mut Report) {
    let found = secrets::diagnoses(settings);
    for Unusable { owner, why } in unusable {
        let is_explained =
            found.iter().any(|(own, diagnosis)| own == owner && diagnosis.level == Level::Wrong);
        if !is_explained {
            let matter = Topic::SettingsUnusable(why.clone());
            report.add(owner_heading(owner), Diagnosis { level: Level::Wrong, matter });
        }
    }
    for (owner, diagnosis) in found {
        report.add(owner_heading(&owner), diagnosis);
    }
}
