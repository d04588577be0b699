//! What a forge says when it is asked how things stand: facts, which nobody has judged yet.

use std::collections::BTreeSet;

use super::{
    BranchName, ConfigBranch, ForgeName, RepositoryName, RepositoryPath, ServiceEnvironment, Time, UserName,
};

/// What was asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe<T> {
    /// The answer.
    Known(T),
    /// The forge did not say, for this reason.
    Unknown(String),
    /// There is no such thing at this forge.
    Absent,
}

/// How a forge and the repositories in it stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The forge.
    pub forge: ForgeName,
    /// Who the bot is there.
    pub login: Probe<Login>,
    /// How many seconds our clock is ahead of the forge's.
    pub clock_ahead: Probe<i64>,
    /// How many more requests it takes.
    pub allowances: Probe<Vec<Allowance>>,
    /// The hook that serves all repositories, as that of an App does.
    pub hook: Probe<Hook>,
    /// Each repository that was asked about.
    pub repositories: Vec<RepositoryHealth>,
}

/// Who the bot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub name: UserName,
    /// How it proves that.
    pub proof: LoginProof,
    /// When the proof is no longer taken; nothing where it does not end, or nobody says so.
    pub ends_at: Option<Time>,
}

/// How a bot proves who it is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum LoginProof {
    /// An App with its private key.
    App,
    /// A token for all that a person may do.
    ClassicToken,
    /// A token for chosen repositories and permissions.
    FineGrainedToken,
    /// A token that does not say whose it is; the configuration does.
    GivenName,
    /// None is needed.
    Nothing,
}

/// How many requests a forge still takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Of which kind, in the forge's word.
    pub kind: String,
    /// How many it still takes.
    pub remaining: u64,
    /// Of how many.
    pub limit: u64,
    /// When it takes all of them again.
    pub resets_at: Time,
}

/// Where a forge sends its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The address; nothing where none is set.
    pub url: Option<String>,
    /// Whether it is switched on.
    pub is_active: bool,
    /// Whether it signs with a secret.
    pub has_secret: bool,
    /// Whether it sends JSON.
    pub is_json: bool,
    /// The events that are of use and not subscribed to.
    pub missing_events: Vec<String>,
    /// What became of the latest events.
    pub deliveries: Probe<Deliveries>,
}

/// What became of the latest events that a forge sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// How many were looked at.
    pub count: usize,
    /// How many of them were not taken.
    pub failed: usize,
    /// When one was taken last.
    pub taken_at: Option<Time>,
    /// When one was refused last, and what the forge noted.
    pub refused: Option<(Time, String)>,
}

/// How a repository stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryHealth {
    /// Its name in the configuration.
    pub repository: RepositoryName,
    /// What it is like.
    pub state: Probe<RepositoryState>,
    /// What the bot may do there.
    pub grants: Probe<Vec<Grant>>,
    /// The hook of this repository alone.
    pub hook: Probe<Hook>,
    /// The rules of each branch that is promoted into; absent where there is no such branch.
    pub branches: Vec<(BranchName, Probe<Rules>)>,
    /// The rules of the branches that the bot makes.
    pub own_branches: Probe<Rules>,
    /// The rules of the branch that holds the log.
    pub log_branch: Probe<Rules>,
    /// Whether others than the bot are kept from the branch that holds the log.
    pub log_protection: Probe<LogProtection>,
}

/// Whether others than the bot are kept from pushing to the branch that holds the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProtection {
    /// Whether only chosen accounts, or nobody, may push there.
    pub is_restricted: bool,
    /// The command that restricts it, where one does.
    pub command: Option<String>,
    /// The command that keeps pushes from the changes of a local forge, if anyone who may push can write them, and so any
    /// user's approvals.
    pub changes_command: Option<String>,
    /// Why no commit of the log counts and the repository stops, if nothing proves which ones are the bot's.
    pub unproven: Option<String>,
}

/// What a repository is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryState {
    /// Its name, where that is another one by now.
    pub renamed_to: Option<RepositoryName>,
    /// Whether nobody may change it any more.
    pub is_archived: bool,
    /// Whether the bot's account may push; nothing where that is not said.
    pub may_push: Option<bool>,
    /// Whether pull requests may be merged by a merge commit; nothing where that is not said.
    pub merge_commits: Option<bool>,
}

/// How much somebody may do with one kind of things.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Nothing.
    None,
    /// Look.
    Read,
    /// Look and change.
    Write,
    /// Everything.
    Admin,
}

/// A permission, as it should be and as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name at the forge.
    pub permission: String,
    /// How much is needed.
    pub wanted: Access,
    /// How much was granted.
    pub granted: Access,
    /// Whether that is all; else it is at least this much.
    pub is_exact: bool,
    /// Whether nothing works without it.
    pub is_vital: bool,
    /// What it is needed for; empty where it is not.
    pub purpose: String,
    /// Where it can be changed.
    pub settings: String,
}

/// What a forge demands of whoever changes a branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How many reviews a merge needs.
    pub reviews: u32,
    /// Whether owners of the code have to be among the reviewers.
    pub code_owners: bool,
    /// Whether nothing may be pushed but by a pull request.
    pub only_by_change: bool,
    /// The checks that have to pass.
    pub checks: BTreeSet<RequiredCheck>,
    /// Whether every commit has to be signed.
    pub signatures: bool,
    /// Whether there may be no merge commits.
    pub linear: bool,
    /// Whether merges wait in a queue.
    pub queue: bool,
    /// What keeps the bot from pushing and merging there.
    pub restrictions: BTreeSet<Restriction>,
    /// Whether only chosen people may make such branches.
    pub no_creation: bool,
    /// Whether only chosen people may delete such branches.
    pub no_deletion: bool,
    /// Whether such branches may only move forward.
    pub only_forward: bool,
    /// Other rules, in the forge's words.
    pub others: BTreeSet<String>,
    /// Why a part of the rules could not be read, where that is so.
    pub unread: Option<String>,
}

/// A check that has to pass before a merge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequiredCheck {
    /// Its name.
    pub name: String,
    /// Whose it has to be.
    pub of: Reporter,
}

/// Whose a check has to be.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reporter {
    /// Whoever reports one of that name.
    Anybody,
    /// The bot.
    Bot,
    /// Another program, by its number at the forge.
    Other(u64),
}

/// What keeps the bot from pushing to a branch and from merging into it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Restriction {
    /// Only those who are listed may, and the bot is not among them.
    List,
    /// Only those may who pass the rule by.
    Rule,
    /// Nobody may.
    Lock,
}

/// What is asked about a forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthQuestion {
    /// The places that services use.
    pub places: Vec<ConfigBranch>,
    /// Whether it matters who belongs to a team.
    pub has_teams: bool,
}

impl HealthQuestion {
    /// Each repository with the branches that are used in it.
    #[must_use]
    pub fn repositories(&self) -> Vec<(&RepositoryName, Vec<&BranchName>)> {
        let names: BTreeSet<&RepositoryName> = self.places.iter().map(|place| &place.repository).collect();
        let branches = |name: &RepositoryName| {
            let own = self.places.iter().filter(|place| place.repository == *name);
            own.map(|place| &place.branch).collect::<BTreeSet<_>>().into_iter().collect()
        };
        names.into_iter().map(|name| (name, branches(name))).collect()
    }
}

/// A setting in an object of Argo CD or Flux that is applied after the files of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOverride {
    /// Whose files it overrides.
    pub target: ServiceEnvironment,
    /// The file of the object.
    pub file: RepositoryPath,
    /// The line of the setting, from 1.
    pub line: usize,
    /// What sets what, as a sentence.
    pub why: String,
}

impl<T> Probe<T> {
    /// The answer, where there is one.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) | Self::Absent => None,
        }
    }
}
