//! GitHub and GitHub Enterprise Server.
//!
//! Everything goes over the REST interface with narrow types of our own; only branches that jump move by GraphQL,
//! which alone knows compare-and-swap. What is remembered (refs, pull requests, trees, the log) saves requests; a
//! process that forgets it all reads it again.
//!
//! REST is used where it can do the work as cheaply; GraphQL for the rest. Branches that are force-updated or deleted
//! go through `updateRefs`, because REST has no compare-and-swap for them. New branches with their commits go in one
//! document, pull requests and labels of several changes in one more each: 4 requests for one promotion (REST: 6), 130
//! for 100 (REST: 600). What a document did not do is done through REST, which finds what is already there. Executable
//! files and new content need REST's commits.
//!
//! A renamed repository is not followed, because rights, events and forks are identified by its name; reads fail with
//! the new name. Who bypassed a rule is not recorded, because rule suites and the audit log need administration rights.

mod auth;
mod authorship;
mod branches;
mod budget;
mod checks;
mod comments;
mod content;
mod deployments;
mod doctor;
mod graph;
mod lock;
mod log;
mod merge;
mod message;
mod observed_branches;
mod people;
mod permissions;
mod propose;
mod pulls;
mod receipts;
mod refusal;
mod repository;
mod reviewers;
mod scope;
mod source;
mod state;
mod transport;
mod web;
pub mod webhook;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;

use tokio::sync::{OnceCell, Semaphore};

use super::{Confirmation, Forge, ForgeError, LogPart, Merge, NewReaction, Presentation, Proposal, Remark};
use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, ConfigBranch, Deployment, FileChange,
    ForgeCapabilities, ForgeName, Head, Health, HealthQuestion, ImageReference, MergeMethod, RepositoryName,
    RepositoryPath, ServiceEnvironment, SourceChecks, SourceComparison, SourceSpan, TeamName, Time,
    TreeEntry, UserName,
};
pub use auth::{AppCredentials, Credentials, SecretReader};
use branches::RefUpdate;
use lock::lock;
use people::People;
pub use permissions::{EVENTS, PERMISSIONS, Permission, access_word};
use state::RepositoryState;
pub use transport::RetryPolicy;
use transport::Transport;

/// Says what time it is, for tokens and pauses.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// The address of GitHub's own interface.
pub const URL: &str = "https://api.github.com";
/// How many requests of one kind are under way at once.
const READS_AT_ONCE: usize = 8;
/// How many archives are read at once.
const ARCHIVES_AT_ONCE: usize = 2;

/// One GitHub, as one bot sees it.
#[derive(Clone)]
pub struct GitHubForge {
    inner: Arc<Inner>,
}

struct Inner {
    name: ForgeName,
    transport: Transport,
    bot: OnceCell<UserName>,
    /// Whether the configuration says who the bot is.
    is_bot_given: bool,
    /// The bot's login before the first response.
    nobody: UserName,
    merge_method: Option<MergeMethod>,
    deployments: bool,
    people: People,
    repositories: Mutex<BTreeMap<RepositoryName, Arc<RepositoryState>>>,
    /// Room for archives: whole repositories are not in memory all at once.
    archives: Semaphore,
}

/// How to reach a GitHub.
#[derive(Debug)]
pub struct GitHubAccess {
    /// The forge's name in the configuration.
    pub name: ForgeName,
    /// The address of the REST interface, such as [`URL`] or `https://github.example.com/api/v3`.
    pub url: String,
    /// What the bot identifies itself with.
    pub credentials: Credentials,
    /// The bot's own name, where GitHub is not to be asked for it.
    pub bot: Option<UserName>,
    /// How patient requests are.
    pub retry_policy: RetryPolicy,
    /// How pull requests are merged; nothing means the first way that the repository allows.
    pub merge_method: Option<MergeMethod>,
    /// Whether landings are shown as deployments.
    pub deployments: bool,
}

impl std::fmt::Debug for GitHubForge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GitHubForge")
            .field("name", &self.inner.name)
            .field("transport", &self.inner.transport)
            .finish()
    }
}

impl GitHubForge {
    /// A forge; nothing is asked yet.
    #[must_use]
    pub fn new(access: GitHubAccess, now: Now) -> Self {
        let GitHubAccess { name, url, credentials, bot, retry_policy, merge_method, deployments } = access;
        let transport = Transport::new(&name, &url, credentials, retry_policy, now);
        let bot = bot.and_then(|bot| wire::login(bot.as_str()).ok());
        let inner = Inner {
            name,
            transport,
            is_bot_given: bot.is_some(),
            bot: OnceCell::new_with(bot),
            nobody: UserName::new("unknown").expect("a plain word is a user name"),
            merge_method,
            deployments,
            people: People::default(),
            repositories: Mutex::default(),
            archives: Semaphore::new(ARCHIVES_AT_ONCE),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The forge's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &ForgeName {
        &self.inner.name
    }

    fn now(&self) -> Time {
        self.inner.transport.now()
    }

    fn memory(&self, repository: &RepositoryName) -> Arc<RepositoryState> {
        Arc::clone(lock(&self.inner.repositories).entry(repository.clone()).or_default())
    }
}

impl Forge for GitHubForge {
    /// The bot's own name; known once GitHub answered for the first time.
    fn bot(&self) -> &UserName {
        self.inner.bot.get().unwrap_or(&self.inner.nobody)
    }

    fn capabilities(&self) -> ForgeCapabilities {
        ForgeCapabilities {
            logins_are_case_insensitive: true,
            // An account can be renamed, and its old login is then free for another account:
            // https://docs.github.com/en/account-and-profile/setting-up-and-managing-your-personal-account-on-github/managing-personal-account-settings/changing-your-github-username
            logins_can_be_reassigned: true,
            web_url: Some(web::pages_of(self.inner.transport.url())),
            // Only an App may create check runs, which have a page; a token sets commit statuses.
            shows_status_details: self.inner.transport.credentials().app().is_some(),
            shows_deployments: self.inner.deployments,
        }
    }

    /// Has the pull requests listed at the next look.
    fn hint(&self, repository: &RepositoryName) {
        self.memory(repository).hint();
    }

    async fn compare_source(&self, span: &SourceSpan) -> Result<Option<SourceComparison>, ForgeError> {
        self.compare_commits(span).await
    }

    async fn source_checks(&self, span: &SourceSpan) -> Result<SourceChecks, ForgeError> {
        self.checks_of(&span.repository, &span.to).await
    }

    async fn deployed(
        &self,
        place: &ConfigBranch,
        targets: &[ServiceEnvironment],
    ) -> Result<BTreeMap<ServiceEnvironment, Vec<ImageReference>>, ForgeError> {
        self.shown_deployments(place, targets).await
    }

    async fn announce(&self, place: &ConfigBranch, deployment: &Deployment) -> Result<(), ForgeError> {
        self.show_deployment(place, deployment).await
    }

    fn clock_ahead(&self) -> Option<TimeDelta> {
        self.inner.transport.clock_ahead()
    }

    async fn head(&self, place: &ConfigBranch) -> Result<CommitId, ForgeError> {
        let tip = self.base_tip(place).await?;
        tip.ok_or_else(|| ForgeError::NotFound {
            what: format!("the branch `{}` of `{}`", place.branch, place.repository),
        })
    }

    async fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError> {
        self.files(&place.repository, commit).await.map(|files| Arc::clone(&files.entries))
    }

    async fn blobs(&self, place: &ConfigBranch, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        self.read_blobs(&place.repository, blobs).await
    }

    async fn changes(&self, place: &ConfigBranch) -> Result<Vec<Change>, ForgeError> {
        match self.changes_at(place).await {
            Err(error @ ForgeError::NotFound { .. }) => Err(self.gone(&place.repository, error).await),
            read => read,
        }
    }

    async fn branches(&self, place: &ConfigBranch) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        self.branches_of(place).await
    }

    async fn changed_files(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        self.changes_of(place, head).await
    }

    async fn commit_files(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        self.changes_of_commit(place, commit).await
    }

    async fn contains(&self, place: &ConfigBranch, commit: &CommitId) -> Result<bool, ForgeError> {
        match self.is_in_base(place, commit).await {
            // What a rewrite dropped may be gone altogether by now.
            Err(ForgeError::NotFound { .. }) => Ok(false),
            response => response,
        }
    }

    async fn read_log(&self, place: &ConfigBranch, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
        self.log_since(place, known).await
    }

    async fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        self.append(place, lines, expected).await
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Result<ChangeNumber, ForgeError>> {
        let results = self.propose_all(proposals).await;
        proposals.iter().for_each(|proposal| self.hint(&proposal.place.repository));
        results
    }

    async fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        let mut done = self.show(place, change, presentation).await;
        if done.is_ok() {
            done = self.show_in_queue(place, change, &presentation.status).await;
        }
        self.hint(&place.repository);
        done
    }

    async fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
    ) -> Result<(), ForgeError> {
        let done = self.say(place, change, remark).await;
        self.hint(&place.repository);
        done
    }

    async fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Result<(), ForgeError>> {
        // GitHub takes one reaction in a request, and as many writes a minute whatever the interface.
        let mut results = Vec::with_capacity(reactions.len());
        for own in reactions {
            let result = self.sign(place, change, &own.comment, own.reaction).await;
            let is_full = matches!(result, Err(ForgeError::RateLimited { .. }));
            results.push(result.clone());
            if is_full {
                results.resize(reactions.len(), result);
                break;
            }
        }
        results
    }

    async fn merge(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        let done = self.merge_at(merge).await;
        self.hint(&merge.place.repository);
        done
    }

    async fn dequeue(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        let done = self.take_out(place, change).await;
        self.hint(&place.repository);
        done
    }

    async fn close(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        let done = self.shut(place, change).await;
        self.hint(&place.repository);
        done
    }

    async fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        match self.swap(&place.repository, branch, expected, None).await? {
            RefUpdate::Done | RefUpdate::Elsewhere(None) => Ok(()),
            RefUpdate::Elsewhere(Some(_)) => {
                Err(ForgeError::Conflict { what: format!("the branch `{branch}`") })
            }
        }
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Result<Confirmation, ForgeError> {
        self.belongs(team, user).await
    }

    async fn find_team(&self, team: &TeamName) -> Result<(), ForgeError> {
        self.expect_team(team).await
    }

    async fn is_collaborator(
        &self,
        place: &ConfigBranch,
        user: &UserName,
    ) -> Result<Confirmation, ForgeError> {
        self.collaborates(&place.repository, user).await
    }

    async fn may_write(&self, place: &ConfigBranch, user: &UserName) -> Result<Confirmation, ForgeError> {
        self.writes(&place.repository, user).await
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        self.examine_all(question).await
    }
}
