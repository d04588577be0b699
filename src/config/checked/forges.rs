//! Forges.

mod github;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::known::Known;
use super::paths::resolve;
use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::raw::{File, Forge, ForgeKind};
use crate::config::{ForgeSettings, LocalForgeSettings};
use crate::model::{ForgeName, Principal, RepositoryPattern, TeamName, UserName};

/// The bot's name unless something else is said.
const BOT_DEFAULT: &str = "towpath";

/// The forges, each under a name of its own; local ones in a folder of their own.
pub(super) fn forges(raw: &File, folder: &Path, findings: &mut ProblemList) -> Vec<ForgeSettings> {
    let listed = raw.forges.as_ref().map_or(&[][..], |forges| &forges.items);
    Known::collect("forge", listed.iter().map(|forge| forge.name.as_ref())).refuse_duplicates(findings);
    refuse_shared_roots(listed, folder, findings);
    let read = listed.iter().enumerate().filter_map(|(index, forge)| {
        let next = listed.get(index + 1).map_or(usize::MAX, |next| next.span.start);
        // What is absent may stand there and only be unreadable.
        let is_whole = !findings.is_broken(Span { start: forge.span.start, end: next });
        settings_of(forge, folder, is_whole, findings)
    });
    read.collect()
}

/// The forges that know no write permissions.
pub(super) fn without_permissions(forges: &[ForgeSettings]) -> BTreeSet<ForgeName> {
    let is_local = |forge: &&ForgeSettings| match forge {
        ForgeSettings::Local(_) => true,
        ForgeSettings::GitHub(_) => false,
    };
    forges.iter().filter(is_local).map(|forge| forge.name().clone()).collect()
}

fn settings_of(
    forge: &Forge,
    folder: &Path,
    is_whole: bool,
    findings: &mut ProblemList,
) -> Option<ForgeSettings> {
    match forge.kind.as_ref()?.value {
        ForgeKind::Local => local(forge, folder, is_whole, findings).map(ForgeSettings::Local),
        ForgeKind::GitHub => {
            github::settings_of(forge, folder, is_whole, findings).map(ForgeSettings::GitHub)
        }
    }
}

fn local(
    forge: &Forge,
    folder: &Path,
    is_whole: bool,
    findings: &mut ProblemList,
) -> Option<LocalForgeSettings> {
    github::refuse_keys(forge, findings);
    if forge.root.is_none() && is_whole {
        let kind = forge.kind.as_ref()?;
        findings.suggest(
            kind.span,
            "a local forge needs the key `root`",
            "name the folder of its repositories",
        );
    }
    let bot = UserName::new(BOT_DEFAULT).expect("the default is a user name");
    Some(LocalForgeSettings {
        name: forge.name.as_ref()?.value.clone(),
        root: root_of(forge, folder)?,
        teams: teams_of(forge).map(|(team, members)| (team.clone(), members)).collect(),
        bot: forge.bot.as_ref().map_or(bot, |bot| bot.value.clone()),
    })
}

fn root_of(forge: &Forge, folder: &Path) -> Option<PathBuf> {
    Some(resolve(folder, &forge.root.as_ref()?.0))
}

fn teams_of(forge: &Forge) -> impl Iterator<Item = (&TeamName, Vec<UserName>)> {
    let entries = forge.teams.as_ref().map_or(&[][..], |teams| &teams.entries);
    entries.iter().map(|(team, members)| {
        (&team.value, members.items.iter().map(|member| member.value.clone()).collect())
    })
}

/// The repositories that may be used at each forge that lists them.
pub(super) fn repositories(raw: &File) -> BTreeMap<ForgeName, Vec<RepositoryPattern>> {
    let listed = raw.forges.iter().flat_map(|forges| &forges.items).filter_map(|forge| {
        let allowed = forge.repositories.as_ref()?.items.iter().map(|pattern| pattern.value.clone());
        Some((forge.name.as_ref()?.value.clone(), allowed.collect()))
    });
    listed.collect()
}

/// Two forges on one folder would be two loops on one repository.
fn refuse_shared_roots(forges: &[Located<Forge>], folder: &Path, findings: &mut ProblemList) {
    let mut seen: BTreeMap<PathBuf, &Located<Forge>> = BTreeMap::new();
    for forge in forges {
        let (Some(root), Some(written)) = (root_of(forge, folder), &forge.root) else { continue };
        if let Some(first) = seen.get(&root) {
            let line = findings.line(first.root.as_ref().map_or(first.span, |root| root.span));
            let message = format!("another forge has the root `{}` already", written.0);
            findings.suggest(written.span, message, format!("it is in line {line}; keep one of the two"));
        } else {
            seen.insert(root, forge);
        }
    }
}

/// Reports every local forge whose folder does not exist, and secrets that are not where they should be.
pub(super) fn on_disk(raw: &File, folder: &Path, findings: &mut ProblemList) {
    for forge in raw.forges.iter().flat_map(|forges| &forges.items) {
        github::on_disk(forge, folder, findings);
        let (Some(root), Some(written)) = (root_of(forge, folder), &forge.root) else { continue };
        if !root.is_dir() {
            let message = format!("there is no folder `{}`", root.display());
            let way_out = "create it, and put bare Git repositories at `<owner>/<name>.git` in it";
            findings.suggest(written.span, message, way_out);
        }
    }
}

/// The teams that all forges together know.
#[derive(Debug)]
pub(super) struct Teams<'a> {
    known: Known<'a, TeamName>,
    members: BTreeMap<&'a TeamName, BTreeSet<UserName>>,
    is_complete: bool,
}

impl<'a> Teams<'a> {
    /// The teams of a configuration.
    pub(super) fn of(raw: &'a File) -> Self {
        let forges = || raw.forges.iter().flat_map(|forges| &forges.items);
        let teams = forges().flat_map(|forge| &forge.teams).flat_map(|teams| &teams.entries);
        // GitHub knows teams that stand nowhere here.
        let is_local =
            |forge: &Located<Forge>| matches!(&forge.kind, Some(Located { value: ForgeKind::Local, .. }));
        let is_complete = raw.forges.as_ref().is_none_or(|forges| forges.is_complete)
            && forges().all(is_local)
            && forges().flat_map(|forge| &forge.teams).all(|teams| teams.is_complete)
            && teams.clone().all(|(_, members)| members.is_complete);
        let mut members: BTreeMap<_, BTreeSet<UserName>> = BTreeMap::new();
        for (team, users) in forges().flat_map(|forge| teams_of(forge)) {
            members.entry(team).or_default().extend(users);
        }
        let known = Known::collect("team", teams.map(|(team, _)| Some(team))).complete_if(is_complete);
        Self { known, members, is_complete }
    }

    /// The principals of a list, without those whose team is unknown, which is reported.
    pub(super) fn resolve(&self, list: &[Located<Principal>], findings: &mut ProblemList) -> Vec<Principal> {
        let known = list.iter().filter(|principal| match &principal.value {
            Principal::User(_) | Principal::CodeOwners => true,
            Principal::Team(team) => {
                let is_listed =
                    self.known.has(&Located { value: team.clone(), span: principal.span }, findings);
                is_listed || !self.is_complete
            }
        });
        known.map(|principal| principal.value.clone()).collect()
    }

    /// How many different people a list names; nothing where some team could not be read, or is kept elsewhere.
    pub(super) fn people(&self, list: &[Principal]) -> Option<usize> {
        let mut people = BTreeSet::new();
        let has_teams = list.iter().any(|principal| matches!(principal, Principal::Team(_)));
        for principal in list {
            match principal {
                Principal::User(user) => people.extend([user]),
                Principal::Team(team) => people.extend(self.members.get(team)?),
                // They stand in the repository.
                Principal::CodeOwners => return None,
            }
        }
        (self.is_complete || !has_teams).then_some(people.len())
    }
}
