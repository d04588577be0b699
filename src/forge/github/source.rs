//! Source code elsewhere at the same GitHub: what lies between two commits, and what the builds of one came to.
//!
//! Nothing that a label says is followed as an address: from the names of repository and commits the requests are
//! made here. What the bot may not see is nothing known.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::GitHubForge;
use super::scope::Scope;
use super::transport::{Call, PAGE_SIZE};
use super::wire::{Account, CommitStatus};
use crate::forge::{BRANCH_PREFIX, ForgeError};
use crate::model::{
    CommitId, Description, RepositoryName, SourceChecks, SourceCommit, SourceComparison, SourceRelation,
    SourceSpan,
};

/// How many pages are read of the builds of a commit.
const CHECK_PAGES_MAX: usize = 5;
/// What builds came to, that first which says the most about all of them together.
const WORST_FIRST: [SourceChecks; 4] =
    [SourceChecks::Failed, SourceChecks::Pending, SourceChecks::Unread, SourceChecks::Passed];
/// How many digits the number of a pull request may have.
const PULL_DIGITS_MAX: usize = 9;

#[derive(Clone, Debug, Deserialize)]
struct Compared {
    status: String,
    ahead_by: usize,
    behind_by: usize,
    commits: Vec<ComparedCommit>,
}

#[derive(Clone, Debug, Deserialize)]
struct ComparedCommit {
    sha: String,
    commit: CommitMessage,
    author: Option<Account>,
}

#[derive(Clone, Debug, Deserialize)]
struct CommitMessage {
    message: String,
    author: Option<Person>,
}

#[derive(Clone, Debug, Deserialize)]
struct Person {
    name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct WorkflowRuns {
    check_runs: Vec<WorkflowRun>,
}

/// As much of a listing as is read.
struct Pages<T> {
    read: Vec<T>,
    is_all: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct WorkflowRun {
    name: String,
    conclusion: Option<String>,
}

impl GitHubForge {
    /// What lies between two commits; nothing where there are none that the bot may see. Three requests, and more
    /// where its builds have several pages.
    pub(super) async fn compare_commits(
        &self,
        span: &SourceSpan,
    ) -> Result<Option<SourceComparison>, ForgeError> {
        let SourceSpan { repository, from, to } = span;
        let path = format!("/repos/{repository}/compare/{from}...{to}?per_page={PAGE_SIZE}&page=1");
        let Some((compared, _)) = self.shown::<Compared>(repository, path).await? else { return Ok(None) };
        let Some(relation) = SourceRelation::from_word(&compared.status) else { return Ok(None) };
        let checks = self.checks_of(repository, to).await?;
        Ok(Some(SourceComparison {
            relation,
            ahead: compared.ahead_by,
            behind: compared.behind_by,
            pulls: pulls(&compared.commits),
            commits: compared.commits.into_iter().filter_map(read).collect(),
            checks,
        }))
    }

    /// What check runs and statuses of a commit say together.
    pub(super) async fn checks_of(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<SourceChecks, ForgeError> {
        let commit = format!("/repos/{repository}/commits/{commit}");
        let (runs, statuses) = futures::try_join!(
            self.shown_pages::<WorkflowRuns>(repository, format!("{commit}/check-runs?filter=latest")),
            self.shown_pages::<Vec<CommitStatus>>(repository, format!("{commit}/statuses?")),
        )?;
        let is_all = runs.is_all && statuses.is_all;
        let mut all: Vec<SourceChecks> =
            runs.read.iter().flat_map(|page| &page.check_runs).filter_map(of_run).collect();
        all.extend(of_statuses(statuses.read.into_iter().flatten()));
        all.extend((!is_all).then_some(SourceChecks::Unread));
        Ok(WORST_FIRST.into_iter().find(|checks| all.contains(checks)).unwrap_or(SourceChecks::None))
    }

    /// The pages of a listing that GitHub shows the bot, the first ones; none where it shows nothing.
    async fn shown_pages<T: DeserializeOwned>(
        &self,
        repository: &RepositoryName,
        path: String,
    ) -> Result<Pages<T>, ForgeError> {
        let joint = if path.ends_with('?') { "" } else { "&" };
        let mut read = Vec::new();
        for page in 1..=CHECK_PAGES_MAX {
            let path = format!("{path}{joint}per_page={PAGE_SIZE}&page={page}");
            match self.shown(repository, path).await? {
                Some((shown, true)) => read.push(shown),
                Some((shown, false)) => {
                    read.push(shown);
                    return Ok(Pages { read, is_all: true });
                }
                None => return Ok(Pages { is_all: read.is_empty(), read }),
            }
        }
        Ok(Pages { read, is_all: false })
    }

    /// What GitHub shows the bot, and whether there is another page; nothing where it shows nothing.
    async fn shown<T: DeserializeOwned>(
        &self,
        repository: &RepositoryName,
        path: String,
    ) -> Result<Option<(T, bool)>, ForgeError> {
        let call = Call::get(Scope::Source(repository), "read source code", path);
        let response = match self.inner.transport.call(call).await {
            Ok(response) if !response.status.is_success() => return Ok(None),
            Ok(response) => response,
            Err(
                ForgeError::Forbidden { .. } | ForgeError::NotFound { .. } | ForgeError::Misconfigured { .. },
            ) => {
                return Ok(None);
            }
            Err(
                error @ (ForgeError::Conflict { .. }
                | ForgeError::Blocked { .. }
                | ForgeError::NotYet { .. }
                | ForgeError::RateLimited { .. }
                | ForgeError::Unavailable { .. }),
            ) => return Err(error),
        };
        let shown = response.json(&format!("the source code of `{repository}`"))?;
        Ok(Some((shown, response.has_next())))
    }
}

fn read(compared: ComparedCommit) -> Option<SourceCommit> {
    let ComparedCommit { sha, commit, author } = compared;
    let name = author.map(|account| account.login).or_else(|| commit.author?.name);
    let headline = commit.message.lines().next().and_then(Description::text);
    Some(SourceCommit {
        commit: CommitId::new(sha).ok()?,
        headline: headline.unwrap_or_default(),
        author: name.as_deref().and_then(Description::text).unwrap_or_else(|| "unknown".to_owned()),
    })
}

/// What a run says, those of Towpath apart.
fn of_run(run: &WorkflowRun) -> Option<SourceChecks> {
    let checks = match run.conclusion.as_deref() {
        None => SourceChecks::Pending,
        Some("success" | "neutral" | "skipped") => SourceChecks::Passed,
        Some(_) => SourceChecks::Failed,
    };
    (!run.name.starts_with(BRANCH_PREFIX)).then_some(checks)
}

/// What the last status of each name says, those of Towpath apart. GitHub lists the newest first.
fn of_statuses(statuses: impl Iterator<Item = CommitStatus>) -> Vec<SourceChecks> {
    let mut seen = BTreeSet::new();
    let last = statuses.filter(|status| seen.insert(status.context.clone()));
    let others = last.filter(|status| !status.context.starts_with(BRANCH_PREFIX));
    let said = others.map(|status| match status.state.as_str() {
        "success" => SourceChecks::Passed,
        "pending" => SourceChecks::Pending,
        _ => SourceChecks::Failed,
    });
    said.collect()
}

/// The pull requests that commits came from: GitHub names them at the end of a squash and the beginning of a merge.
fn pulls(commits: &[ComparedCommit]) -> Vec<u64> {
    let mut all = Vec::new();
    for number in commits.iter().filter_map(|compared| pull_of(compared.commit.message.lines().next()?)) {
        if !all.contains(&number) {
            all.push(number);
        }
    }
    all
}

fn pull_of(headline: &str) -> Option<u64> {
    let squashed = headline.trim_end().strip_suffix(')').and_then(|rest| Some(rest.rsplit_once("(#")?.1));
    let merged = headline.strip_prefix("Merge pull request #").and_then(|rest| rest.split(' ').next());
    let digits = squashed.or(merged)?;
    let is_number = digits.len() <= PULL_DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
