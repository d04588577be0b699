//! Whether what forges and registries say of themselves goes together with the configuration.
//!
//! What could not be asked is unknown, and never taken for fine.

mod holders;
mod paths;
mod repository;
mod webhook;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

pub use holders::holder_findings;
pub use paths::{MissingPath, OverlayFinding, overlay_findings, override_findings};
use repository::RepositoryContext;
pub use webhook::WebhookTopic;

use crate::model::{
    Allowance, BranchName, ConfigBranch, EnvironmentName, Grant, Health, Hook, ImageName, ImageReference,
    LeftOut, Login, LoginProof, MergeMode, NotTaken, Policy, Presence, Probe, RepositoryName, Restriction,
    SecretPurpose, SecretWeakness, ServiceEnvironment, ServiceName, Tag, TargetOverride, TeamName, Time,
};

/// How long before its end a token is worth a warning.
const TOKEN_ENDS_SOON: TimeDelta = TimeDelta::days(14);
/// How many seconds two clocks may differ before windows and freezes are judged wrongly.
const SKEW_MAX: i64 = 60;
/// The share of its allowance below which a forge is nearly used up.
const ALLOWANCE_SHARE_MIN: u64 = 10;

/// How much a diagnosis matters.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All is well.
    Fine,
    /// Nobody could be asked.
    Unknown,
    /// It works, and should be looked at.
    Warning,
    /// Something will not work.
    Wrong,
}

/// What is diagnosed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis<M = Topic> {
    /// How much it matters.
    pub level: Level,
    /// What it is.
    pub matter: M,
}

impl<M> Diagnosis<M> {
    fn map<N>(self, wrap: impl FnOnce(M) -> N) -> Diagnosis<N> {
        Diagnosis { level: self.level, matter: wrap(self.matter) }
    }
}

/// Something about a forge, a repository or a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Something could not be asked, for this reason.
    Unknown(UnknownTopic, String),
    /// Who the bot is.
    LoggedIn(Login),
    /// The forge does not take the bot for what it says it is.
    NotLoggedIn(String),
    /// How many seconds our clock is ahead of the forge's.
    Clocks(i64),
    /// How many requests are left.
    Allowance(Allowance),
    /// How events come from the forge.
    Webhook(WebhookTopic),
    /// A secret cannot be read.
    SecretUnread {
        /// The key of the configuration that names it.
        key: &'static str,
        /// What it is for.
        purpose: SecretPurpose,
        /// Where it is, and why it cannot be read.
        why: String,
    },
    /// A secret is easy to learn, replace or guess.
    SecretWeak {
        /// The key of the configuration that names it.
        key: &'static str,
        /// Where it is.
        source: String,
        /// What makes it weak.
        weakness: SecretWeakness,
    },
    /// The repository is there, and can be changed.
    RepositoryStands,
    /// The repository is there; whether it can be changed is not said, or cannot be told.
    RepositorySeen,
    /// The repository is not to be seen.
    RepositoryUnseen(String),
    /// A repository of a local forge cannot be opened.
    LocalRepositoryUnseen(String),
    /// The repository has another name by now.
    Renamed(RepositoryName),
    /// Nobody may change the repository any more.
    Archived,
    /// The bot's account may not push.
    MayNotPush,
    /// Every permission is as it should be.
    PermissionsFit,
    /// A permission that is needed is not granted, or not enough of it.
    PermissionMissing(Grant),
    /// These permissions let the bot look, and what for; whether they let it write cannot be asked.
    PermissionsUnproven(BTreeMap<String, String>),
    /// A permission that is not needed was granted.
    PermissionSurplus(Grant),
    /// A branch that services are promoted into is not there.
    BranchMissing(BranchName),
    /// Nothing stands in the way of a branch.
    BranchOpen(BranchName),
    /// What a branch demands is not what the pipelines expect.
    BranchDemands(BranchName, BranchRequirement),
    /// The branches that Towpath makes may be made, moved and deleted.
    OwnBranchesOpen,
    /// Anybody who may push to the repository may push to the branch of the log; the command that changes that, where one
    /// does.
    LogOpen(Option<String>),
    /// Anyone who may push to a repository of a local forge may write its changes; the command that changes that.
    ChangesOpen(String),
    /// Nothing proves which commits of the log are the bot's, so the repository stops: why, and what to do about it.
    LogUnproven(String),
    /// Something in the repository does not count, because anybody could have written it.
    LeftOut(LeftOut),
    /// A rule stands in the way of the branches that Towpath makes.
    OwnBranchBlocked(BotBranch, BranchRestriction),
    /// A team that the configuration names is there.
    TeamSeen(TeamName),
    /// A team that the configuration names is not to be seen, so what its members write has to wait.
    TeamUnseen(TeamName, String),
    /// A registry answers, and an image has tags.
    ImageListed(ImageName, usize),
    /// A registry answers that it has no such image.
    ImageAbsent(ImageName),
    /// A registry does not answer, or refuses.
    ImageUnlisted(ImageName, String),
    /// Tags of images were read in the future, as the ledger has it.
    ListingsAhead(ListingsAhead),
    /// Something that the configuration names cannot be used, for this reason.
    SettingsUnusable(String),
    /// What runs at these targets is no longer whole in its registry, or cannot run.
    RunningGone(ImageReference, Presence, Vec<ServiceEnvironment>),
    /// A service selects none of the tags of an image.
    NothingSelected {
        /// The service.
        service: ServiceName,
        /// The image.
        image: ImageName,
        /// How many tags it has.
        tags: usize,
        /// The tag that comes nearest to being selected, and why it is not.
        nearest: (Tag, NotTaken),
    },
    /// The path of a service is not in its config repository.
    PathMissing(MissingPath),
    /// At a forge without permissions, the configuration names no user who may promote in these environments.
    WithoutPromoters(BTreeSet<EnvironmentName>),
    /// An object elsewhere in the repository sets an image of a target after its files.
    Overridden(TargetOverride),
    /// What an environment runs cannot be read out of its files.
    OverlayRefused {
        /// The service and environment.
        target: ServiceEnvironment,
        /// What is wrong, with file and line.
        why: String,
        /// What to do about it, where the refusal says so.
        way_out: Option<String>,
    },
}

/// Images whose tags were read in the future.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingsAhead {
    /// The one that lies furthest ahead.
    pub image: ImageName,
    /// When its tags were read.
    pub read_at: Time,
    /// How many images there are.
    pub images: usize,
}

/// What could not be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownTopic {
    /// The forge's clock.
    Clock,
    /// How many requests are left.
    Allowances,
    /// Where events are sent.
    Hook,
    /// What became of events.
    Deliveries,
    /// What the bot may do.
    Permissions,
    /// The rules of a branch, or a part of them.
    Rules(BranchName),
    /// Who may push to the branch of the log.
    LogProtection,
    /// The rules of the branches that Towpath makes.
    OwnBranches,
    /// Whether there is a team.
    Team(TeamName),
    /// What an environment runs.
    Overlay(ServiceEnvironment),
    /// The objects that set images after the files of a folder.
    Overrides,
}

/// What a branch demands of a merge, and which environments it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchRequirement {
    /// Reviews, for which these environments wait though nobody else has to act.
    Reviews(u32, BTreeSet<EnvironmentName>),
    /// Reviews of owners, for which these environments wait though nobody else has to act.
    CodeOwners(BTreeSet<EnvironmentName>),
    /// These checks.
    Checks(BTreeSet<String>),
    /// A check of Towpath, which changes into these other environments of the branch do not have.
    OwnCheck(String, BTreeSet<EnvironmentName>),
    /// A check of Towpath that no change into the branch has.
    OwnCheckOfNone(String),
    /// A check of Towpath that every change into the branch has, and nothing that people bring there.
    OwnCheckOfAll(String),
    /// A check of Towpath that has to come from another program, by its number at the forge.
    OwnCheckOfOther(String, u64),
    /// Signed commits.
    Signatures,
    /// No merge commits.
    Linear,
    /// A turn in a queue.
    Queue,
    /// To be one of those who may push.
    Restricted(Restriction),
    /// Something else, in the forge's words.
    Others(BTreeSet<String>),
}

/// One of the branches that Towpath makes.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BotBranch {
    /// That of a change.
    Change,
    /// That of the log.
    Log,
}

/// What a rule does not let Towpath do with its own branches.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum BranchRestriction {
    /// Make them.
    Creation,
    /// Delete them.
    Deletion,
    /// Write them anew.
    Force,
    /// Push to them without a pull request.
    Push,
    /// Push commits that are not signed.
    Unsigned,
    /// Push what has not been checked.
    Unchecked,
}

/// What belongs together in a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section<About> {
    /// What it is about.
    pub about: About,
    /// What is diagnosed, in the order in which people look.
    pub diagnoses: Vec<Diagnosis>,
}

/// Judges a forge: first the forge itself, then each repository.
#[must_use]
pub fn diagnose(
    health: &Health,
    expects_events: bool,
    policy: &Policy,
    now: Time,
) -> (Vec<Diagnosis>, Vec<Section<RepositoryName>>) {
    let mut forge = vec![login(&health.login, now)];
    let Probe::Known(bot) = &health.login else {
        // Nobody who is not let in is told anything else.
        return (forge, Vec::new());
    };
    forge.extend(clocks(&health.clock_ahead));
    forge.extend(allowances(&health.allowances));
    let hooks: Vec<&Probe<Hook>> =
        std::iter::once(&health.hook).chain(health.repositories.iter().map(|own| &own.hook)).collect();
    let is_for_all = !matches!(health.hook, Probe::Absent);
    let has_hooks = bot.proof != LoginProof::Nothing;
    if has_hooks && (is_for_all || hooks.iter().all(|hook| matches!(hook, Probe::Absent))) {
        forge.extend(webhook::diagnose(&health.hook, &health.forge, expects_events));
    }
    // GitHub signs what an App commits, and not what a token commits.
    let is_signed = bot.proof == LoginProof::App;
    let sections = health.repositories.iter().map(|own| {
        let (forge, repository) = (health.forge.clone(), own.repository.clone());
        let at = |branch: &BranchName| ConfigBranch {
            forge: forge.clone(),
            repository: repository.clone(),
            branch: branch.clone(),
        };
        let environments = |branch: &BranchName| environments(policy, &at(branch));
        let beside = RepositoryContext { environments: &environments, is_signed, is_local: !has_hooks };
        let mut diagnoses = repository::diagnose(own, &beside);
        if !is_for_all && !matches!(own.hook, Probe::Absent) {
            diagnoses.extend(webhook::diagnose(&own.hook, &forge, expects_events));
        }
        Section { about: repository.clone(), diagnoses }
    });
    (forge, sections.collect())
}

/// The environments whose changes go to a place, and who merges there. One that several pipelines have may merge both ways.
fn environments(policy: &Policy, place: &ConfigBranch) -> Vec<(EnvironmentName, MergeMode)> {
    let pipelines: BTreeSet<_> = policy.services_at(place).map(|service| &service.pipeline).collect();
    let all = policy.pipelines.iter().filter(|(name, _)| pipelines.contains(name));
    all.flat_map(|(_, pipeline)| &pipeline.environments).map(|own| (own.name.clone(), own.merge)).collect()
}

fn fine<M>(matter: M) -> Diagnosis<M> {
    Diagnosis { level: Level::Fine, matter }
}

fn warning<M>(matter: M) -> Diagnosis<M> {
    Diagnosis { level: Level::Warning, matter }
}

fn wrong<M>(matter: M) -> Diagnosis<M> {
    Diagnosis { level: Level::Wrong, matter }
}

fn untold(subject: UnknownTopic, why: &str) -> Diagnosis {
    Diagnosis { level: Level::Unknown, matter: Topic::Unknown(subject, why.to_owned()) }
}

fn login(told: &Probe<Login>, now: Time) -> Diagnosis {
    match told {
        Probe::Unknown(why) => wrong(Topic::NotLoggedIn(why.clone())),
        Probe::Absent => wrong(Topic::NotLoggedIn(String::new())),
        Probe::Known(login) => {
            let matter = Topic::LoggedIn(login.clone());
            match login.ends_at {
                Some(end) if end <= now => wrong(matter),
                Some(end) if end - now < TOKEN_ENDS_SOON => warning(matter),
                Some(_) | None => fine(matter),
            }
        }
    }
}

fn clocks(told: &Probe<i64>) -> Option<Diagnosis> {
    match told {
        Probe::Known(ahead) if ahead.abs() > SKEW_MAX => Some(wrong(Topic::Clocks(*ahead))),
        Probe::Known(ahead) => Some(fine(Topic::Clocks(*ahead))),
        Probe::Unknown(why) => Some(untold(UnknownTopic::Clock, why)),
        Probe::Absent => None,
    }
}

fn allowances(told: &Probe<Vec<Allowance>>) -> Vec<Diagnosis> {
    let judge = |own: &Allowance| {
        let matter = Topic::Allowance(own.clone());
        match own.remaining.saturating_mul(ALLOWANCE_SHARE_MIN) {
            0 => wrong(matter),
            tenfold if tenfold < own.limit => warning(matter),
            _ => fine(matter),
        }
    };
    match told {
        Probe::Known(all) => all.iter().map(judge).collect(),
        Probe::Unknown(why) => vec![untold(UnknownTopic::Allowances, why)],
        Probe::Absent => Vec::new(),
    }
}
