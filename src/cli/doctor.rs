//! `towpath doctor`: whether forges, repositories and registries let Towpath do its work, and what to change.

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};

use super::engines::{Engines, forges};
use super::output::Output;
use super::registries::registry;
use super::{Failure, clock, paths, secrets};
use crate::config::{ForgeSettings, LedgerSettings, SecretOwner, Settings};
use crate::decide::health::{Diagnosis, Level, Matter, Subject, diagnose};
use crate::forge::any::AnyForge;
use crate::forge::{Forge as _, ForgeError};
use crate::model::{HealthQuestion, ImageName, ImageReference, Place, Tag, Target};
use crate::observe::{self, Clock as _, SystemClock};
use crate::registry::{Listing, Registry as _, RegistryError};
use crate::render::{self, HealthSection};

/// How many images are asked for at once.
const IMAGES_AT_ONCE: usize = 8;
/// How many teams are asked for at once.
const TEAMS_AT_ONCE: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON: {"findings":[{"about","level":"ok|unknown|warning|wrong","finding","advice"}],"wrong"}
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    settings: Settings,
    arguments: &Arguments,
    output: &mut Output,
) -> Result<(), Failure> {
    note_clock(&settings, output).await?;
    let mut secrets = secrets_by_section(&settings);
    match sections(&settings, &mut secrets).await {
        Ok(sections) => say(&sections, arguments, output),
        Err(error) => {
            // A secret that is missing may be the reason, and is then named with its key.
            let secrets: Vec<HealthSection> = secrets.into_iter().map(section).collect();
            if !secrets.is_empty() {
                say(&secrets, arguments, output).ok();
            }
            Err(error.into())
        }
    }
}

/// What is wrong with secrets, by the section that it belongs to.
type SecretDiagnoses = BTreeMap<String, Vec<Diagnosis>>;

fn secrets_by_section(settings: &Settings) -> SecretDiagnoses {
    let mut secrets = SecretDiagnoses::new();
    for (owner, diagnosis) in secrets::diagnoses(settings) {
        let about = match owner {
            SecretOwner::Forge(name) => format!("GitHub `{name}`"),
            SecretOwner::Registry(host) => format!("registry `{host}`"),
        };
        secrets.entry(about).or_default().push(diagnosis);
    }
    secrets
}

fn section((about, diagnoses): (String, Vec<Diagnosis>)) -> HealthSection {
    HealthSection { about, diagnoses }
}

async fn sections(settings: &Settings, secrets: &mut SecretDiagnoses) -> anyhow::Result<Vec<HealthSection>> {
    let forges = forges(settings)?;
    let engines = Engines::in_memory(settings).await?;
    let own = settings.forges.iter().zip(&forges);
    let examined = join_all(own.map(|(own, forge)| examine(settings, own, forge, &engines))).await;
    let mut sections: Vec<HealthSection> = examined.into_iter().flatten().collect();
    sections.extend(images(settings).await?);
    note_lost(&engines, &mut sections).await;
    for section in &mut sections {
        section.diagnoses.extend(secrets.remove(&section.about).unwrap_or_default());
    }
    sections.extend(std::mem::take(secrets).into_iter().map(section));
    Ok(sections)
}

fn say(sections: &[HealthSection], arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    if arguments.json {
        output.json(&render::health_json(sections));
    } else {
        output.print(&render::health(sections, output.colour()));
    }
    let is_wrong = |section: &HealthSection| section.diagnoses.iter().any(|own| own.level == Level::Wrong);
    if sections.iter().any(is_wrong) { Err(Failure::Said) } else { Ok(()) }
}

/// A forge, then its repositories.
async fn examine(
    settings: &Settings,
    own: &ForgeSettings,
    forge: &AnyForge,
    engines: &Engines,
) -> Vec<HealthSection> {
    let (kind, expects_events) = match own {
        ForgeSettings::Local(_) => ("local forge", false),
        ForgeSettings::GitHub(own) => ("GitHub", !own.webhook_secrets.is_empty()),
    };
    let own_places = settings.policy.places().into_iter().filter(|place| place.forge == *own.name());
    let own_places: Vec<Place> = own_places.collect();
    let has_teams = settings.policy.has_teams_at(own.name());
    let health = forge.examine(&HealthQuestion { places: own_places, has_teams }).await;
    let (diagnoses, repositories) = diagnose(&health, expects_events, &settings.policy, SystemClock.now());
    let about = |repository: &_| format!("{kind} `{}`, repository `{repository}`", own.name());
    let teams = if health.login.known().is_some() { teams(settings, own, forge).await } else { Vec::new() };
    let diagnoses = diagnoses.into_iter().chain(teams).collect();
    let mut sections = vec![HealthSection { about: format!("{kind} `{}`", own.name()), diagnoses }];
    for section in repositories {
        let mut diagnoses = section.diagnoses;
        let places = engines
            .places()
            .filter(|(place, _)| place.forge == *own.name() && place.repository == section.about);
        for (place, engine) in places {
            // Where the branch cannot be read, that is said already.
            diagnoses.extend(paths::wrong(engine, place).await.unwrap_or_default());
            diagnoses.extend(left_out(forge, place).await);
        }
        sections.push(HealthSection { about: about(&section.about), diagnoses });
    }
    sections
}

/// What does not count in a repository. Where it cannot be read, that is said already.
async fn left_out(forge: &AnyForge, place: &Place) -> Vec<Diagnosis> {
    let mut all = forge.unreadable_changes(place).await.unwrap_or_default();
    all.extend(forge.read_log(place, None).await.ok().and_then(|part| part.unproven()));
    let warning = |own| Diagnosis { level: Level::Warning, matter: Matter::LeftOut(own) };
    all.into_iter().map(warning).collect()
}

/// The teams that the configuration names at a forge.
async fn teams(settings: &Settings, own: &ForgeSettings, forge: &AnyForge) -> Vec<Diagnosis> {
    let asked = settings.policy.teams_at(own.name()).into_iter().map(|team| async move {
        match forge.find_team(team).await {
            Ok(()) => Diagnosis { level: Level::Fine, matter: Matter::TeamSeen(team.clone()) },
            Err(error @ (ForgeError::RateLimited { .. } | ForgeError::Unavailable { .. })) => {
                let matter = Matter::Untold(Subject::Team(team.clone()), error.to_string());
                Diagnosis { level: Level::Unknown, matter }
            }
            Err(error) => {
                let matter = Matter::TeamUnseen(team.clone(), error.to_string());
                Diagnosis { level: Level::Wrong, matter }
            }
        }
    });
    stream::iter(asked).buffered(TEAMS_AT_ONCE).collect().await
}

/// Every image, grouped by its registry.
async fn images(settings: &Settings) -> anyhow::Result<Vec<HealthSection>> {
    let registry = &registry(settings)?;
    let asked = observe::images(&settings.policy).into_iter().map(|image| async move {
        let (level, matter) = match registry.tags(image, None).await {
            Ok(Listing::Tags { tags, .. }) => return (host(image), listed(settings, image, &tags)),
            // Nobody asked whether anything changed.
            Ok(Listing::Unchanged) => (Level::Fine, Matter::ImageListed(image.clone(), 0)),
            Err(RegistryError::NotFound { .. }) => (Level::Wrong, Matter::ImageAbsent(image.clone())),
            Err(error) => (Level::Wrong, Matter::ImageUnlisted(image.clone(), error.to_string())),
        };
        (host(image), vec![Diagnosis { level, matter }])
    });
    let found: Vec<(String, Vec<Diagnosis>)> = stream::iter(asked).buffered(IMAGES_AT_ONCE).collect().await;
    let mut sections: Vec<HealthSection> = Vec::new();
    for (host, diagnoses) in found {
        let about = format!("registry `{host}`");
        match sections.iter_mut().find(|section| section.about == about) {
            Some(section) => section.diagnoses.extend(diagnoses),
            None => sections.push(HealthSection { about, diagnoses }),
        }
    }
    Ok(sections)
}

/// Notes times of the ledger that lie in the future. A ledger that is not there yet has none.
async fn note_clock(settings: &Settings, output: &mut Output) -> anyhow::Result<()> {
    let LedgerSettings::Sqlite(path) = &settings.ledger;
    if path.exists() {
        let engines = Engines::open(settings).await?;
        clock::listings_ahead(settings, &engines).await.iter().for_each(|warning| output.note(warning));
    }
    Ok(())
}

/// Notes below its registry what runs and is no longer there. Config repositories that cannot be read have their own
/// findings.
async fn note_lost(engines: &Engines, sections: &mut [HealthSection]) {
    let mut running: BTreeMap<ImageReference, Vec<Target>> = BTreeMap::new();
    for (place, engine) in engines.places() {
        let runs = observe::runs(&engine.ports, &engine.policy, place).await.unwrap_or_default();
        for (target, found) in runs.running {
            let references = found.map(|found| found.references()).unwrap_or_default();
            references.into_iter().for_each(|own| running.entry(own).or_default().push(target.clone()));
        }
    }
    let Some(engine) = engines.all().next() else { return };
    let references = running.keys().cloned().collect();
    for (reference, presence) in observe::lost(&engine.ports, &engine.policy, references).await {
        let about = format!("registry `{}`", host(&reference.image));
        let targets = running.remove(&reference).unwrap_or_default();
        let matter = Matter::RunningGone(reference, presence, targets);
        let diagnosis = Diagnosis { level: Level::Warning, matter };
        if let Some(section) = sections.iter_mut().find(|section| section.about == about) {
            section.diagnoses.push(diagnosis);
        }
    }
}

/// How many tags an image has, and the services that select none of them.
fn listed(settings: &Settings, image: &ImageName, tags: &[Tag]) -> Vec<Diagnosis> {
    let matter = Matter::ImageListed(image.clone(), tags.len());
    let level = if tags.is_empty() { Level::Warning } else { Level::Fine };
    let mut all = vec![Diagnosis { level, matter }];
    for service in &settings.policy.services {
        let own = service.images.iter().filter(|own| own.name == *image);
        let missed = own.filter_map(|own| own.selection.nearest_miss(tags));
        all.extend(missed.map(|(tag, why)| Diagnosis {
            level: Level::Warning,
            matter: Matter::NothingSelected {
                service: service.name.clone(),
                image: image.clone(),
                tags: tags.len(),
                nearest: (tag.clone(), why),
            },
        }));
    }
    all
}

fn host(image: &ImageName) -> String {
    image.host().to_owned()
}
