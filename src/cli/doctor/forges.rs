//! A forge, its repositories, and the files in them.

use futures::stream::{self, StreamExt as _};

use super::Surveys;
use super::report::{Report, forge_heading};
use crate::cli::engines::RealEngine;
use crate::config::{ForgeSettings, Settings};
use crate::decide::health::{
    Diagnosis, Level, Topic, UnknownTopic, diagnose, holder_findings, overlay_findings, override_findings,
};
use crate::forge::any::AnyForge;
use crate::forge::{Forge as _, ForgeError};
use crate::ledger::Ledger as _;
use crate::ledger::sqlite::SqliteLedger;
use crate::model::{ConfigBranch, HealthQuestion};
use crate::observe::{Clock as _, SystemClock};
use crate::render::HealthSection;

/// How many teams are asked for at once.
const TEAMS_AT_ONCE: usize = 8;

/// What is said of a forge: first of the forge itself, then of each repository.
pub(super) struct Found(Vec<HealthSection>);

impl Found {
    pub(super) fn add_to(self, report: &mut Report) {
        for HealthSection { about, diagnoses } in self.0 {
            report.open(about.clone());
            diagnoses.into_iter().for_each(|diagnosis| report.add(about.clone(), diagnosis));
        }
    }
}

/// Asks a forge about itself and its repositories.
pub(super) async fn examine(
    settings: &Settings,
    own: &ForgeSettings,
    engine: &RealEngine,
    surveys: &Surveys<'_>,
    ledger: Option<&SqliteLedger>,
) -> Found {
    let forge = &engine.ports.forge;
    let expects_events = match own {
        ForgeSettings::Local(_) => false,
        ForgeSettings::GitHub(own) => !own.webhook_secrets.is_empty(),
    };
    let places: Vec<ConfigBranch> =
        settings.policy.places().into_iter().filter(|place| place.forge == *own.name()).collect();
    let has_teams = settings.policy.has_teams_at(own.name());
    let health = forge.examine(&HealthQuestion { places, has_teams }).await;
    let (mut diagnoses, repositories) =
        diagnose(&health, expects_events, &settings.policy, SystemClock.now());
    if health.login.known().is_some() {
        diagnoses.extend(teams(settings, own, forge).await);
    }
    diagnoses.extend(holder_findings(&settings.policy, own.name()));
    let about = forge_heading(own);
    let mut sections = vec![HealthSection { about: about.clone(), diagnoses }];
    for section in repositories {
        let mut diagnoses = section.diagnoses;
        let places =
            surveys.keys().filter(|place| place.forge == *own.name() && place.repository == section.about);
        for place in places {
            diagnoses.extend(overlays(engine, place, surveys));
            diagnoses.extend(left_out(forge, place, ledger).await);
        }
        sections.push(HealthSection { about: format!("{about}, repository `{}`", section.about), diagnoses });
    }
    Found(sections)
}

/// What is wrong with the overlays at a place. Where its branch cannot be read, the forge's own findings say so.
fn overlays(engine: &RealEngine, place: &ConfigBranch, surveys: &Surveys<'_>) -> Vec<Diagnosis> {
    let Some(Ok(survey)) = surveys.get(place) else { return Vec::new() };
    let found =
        overlay_findings(&engine.policy, place, &survey.entries, &survey.running, &survey.lacking_quotes);
    let found = found.into_iter().map(|finding| finding.diagnosis);
    match &survey.overrides {
        Ok(overrides) => {
            found.chain(override_findings(overrides).into_iter().map(|finding| finding.diagnosis)).collect()
        }
        Err(why) => {
            let matter = Topic::Unknown(UnknownTopic::Overrides, why.clone());
            found.chain([Diagnosis { level: Level::Unknown, matter }]).collect()
        }
    }
}

/// What does not count in a repository. Where it cannot be read, that is said already.
async fn left_out(forge: &AnyForge, place: &ConfigBranch, ledger: Option<&SqliteLedger>) -> Vec<Diagnosis> {
    let mut all = forge.unreadable_changes(place).await.unwrap_or_default();
    let read = match ledger {
        Some(ledger) => ledger.log(place).await.ok().and_then(|indexed| indexed.tip),
        None => None,
    };
    if let Ok(part) = forge.read_log(place, read.as_ref()).await {
        all.extend(part.unproven());
        all.extend(read.and_then(|read| part.replaced(&read)));
    }
    let warning = |own| Diagnosis { level: Level::Warning, matter: Topic::LeftOut(own) };
    all.into_iter().map(warning).collect()
}

/// The teams that the configuration names at a forge.
async fn teams(settings: &Settings, own: &ForgeSettings, forge: &AnyForge) -> Vec<Diagnosis> {
    let asked = settings.policy.teams_at(own.name()).into_iter().map(|team| async move {
        match forge.find_team(team).await {
            Ok(()) => Diagnosis { level: Level::Fine, matter: Topic::TeamSeen(team.clone()) },
            Err(error @ (ForgeError::RateLimited { .. } | ForgeError::Unavailable { .. })) => {
                let matter = Topic::Unknown(UnknownTopic::Team(team.clone()), error.to_string());
                Diagnosis { level: Level::Unknown, matter }
            }
            Err(error) => {
                let matter = Topic::TeamUnseen(team.clone(), error.to_string());
                Diagnosis { level: Level::Wrong, matter }
            }
        }
    });
    stream::iter(asked).buffered(TEAMS_AT_ONCE).collect().await
}
