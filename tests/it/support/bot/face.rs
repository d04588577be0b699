//! The forge of a story: the port itself, or the real client of GitHub and HTTP in between.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use towpath::forge::github::{AppCredentials, Credentials, GitHubAccess, GitHubForge, RetryPolicy};
use towpath::forge::{
    Confirmation, Forge, ForgeError, LogPart, Merge, NewReaction, Presentation, Proposal, Remark,
};
use towpath::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, ConfigBranch, Deployment, FileChange,
    ForgeCapabilities, Head, Health, HealthQuestion, ImageReference, RepositoryName, RepositoryPath, Secret,
    ServiceEnvironment, SourceChecks, SourceComparison, SourceSpan, TeamName, TreeEntry, UserName,
};
use towpath::observe::Clock as _;

use crate::support::rules::place;
use crate::support::story::Over;
use crate::support::world::{FakeWorld, TOKEN};

/// One of the two.
#[derive(Debug)]
pub(crate) enum Face {
    Ports(FakeWorld),
    GitHub(GitHubForge),
}

/// The real client of a world that is served there. Its pauses are too short to be felt.
pub(crate) fn github(address: SocketAddr, over: Over, world: &FakeWorld) -> GitHubForge {
    let access = GitHubAccess {
        name: place().forge,
        url: format!("http://{address}"),
        credentials: credentials(over),
        bot: None,
        retry_policy: RetryPolicy { pause: Duration::from_millis(1), wait_max: Duration::ZERO },
        merge_method: None,
        deployments: true,
    };
    let world = world.clone();
    GitHubForge::new(access, Arc::new(move || world.now()))
}

/// An App's own proof takes a key, which is made once.
const KEY: &str = include_str!("../../adapters/github/app.pem");

fn credentials(over: Over) -> Credentials {
    let secret = |text| Secret::new(text).expect("it is not empty");
    match over {
        Over::Ports | Over::GitHub => Credentials::token(&secret(TOKEN)),
        Over::App => {
            let app = AppCredentials::new(12, &secret(KEY), Some(7));
            Credentials::App(app.expect("it is a key"))
        }
    }
}

macro_rules! each {
    ($face:expr, $forge:ident => $answer:expr) => {
        match $face {
            Face::Ports($forge) => $answer,
            Face::GitHub($forge) => $answer,
        }
    };
}

type Answer<T> = Result<T, ForgeError>;

impl Forge for Face {
    fn bot(&self) -> &UserName {
        each!(self, forge => forge.bot())
    }

    fn capabilities(&self) -> ForgeCapabilities {
        each!(self, forge => forge.capabilities())
    }

    fn hint(&self, repository: &RepositoryName) {
        each!(self, forge => forge.hint(repository));
    }

    fn clock_ahead(&self) -> Option<chrono::TimeDelta> {
        each!(self, forge => forge.clock_ahead())
    }

    async fn compare_source(&self, span: &SourceSpan) -> Answer<Option<SourceComparison>> {
        each!(self, forge => forge.compare_source(span).await)
    }

    async fn source_checks(&self, span: &SourceSpan) -> Answer<SourceChecks> {
        each!(self, forge => forge.source_checks(span).await)
    }

    async fn deployed(
        &self,
        place: &ConfigBranch,
        targets: &[ServiceEnvironment],
    ) -> Answer<BTreeMap<ServiceEnvironment, Vec<ImageReference>>> {
        each!(self, forge => forge.deployed(place, targets).await)
    }

    async fn announce(&self, place: &ConfigBranch, deployment: &Deployment) -> Answer<()> {
        each!(self, forge => forge.announce(place, deployment).await)
    }

    async fn head(&self, place: &ConfigBranch) -> Answer<CommitId> {
        each!(self, forge => forge.head(place).await)
    }

    async fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Answer<Arc<BTreeMap<RepositoryPath, TreeEntry>>> {
        each!(self, forge => forge.entries(place, commit).await)
    }

    async fn blobs(&self, place: &ConfigBranch, blobs: &[BlobId]) -> Answer<Vec<Arc<[u8]>>> {
        each!(self, forge => forge.blobs(place, blobs).await)
    }

    async fn changes(&self, place: &ConfigBranch) -> Answer<Vec<Change>> {
        each!(self, forge => forge.changes(place).await)
    }

    async fn branches(&self, place: &ConfigBranch) -> Answer<BTreeMap<BranchName, Head>> {
        each!(self, forge => forge.branches(place).await)
    }

    async fn changed_files(&self, place: &ConfigBranch, head: &CommitId) -> Answer<Vec<FileChange>> {
        each!(self, forge => forge.changed_files(place, head).await)
    }

    async fn commit_files(&self, place: &ConfigBranch, commit: &CommitId) -> Answer<Vec<FileChange>> {
        each!(self, forge => forge.commit_files(place, commit).await)
    }

    async fn contains(&self, place: &ConfigBranch, commit: &CommitId) -> Answer<bool> {
        each!(self, forge => forge.contains(place, commit).await)
    }

    async fn read_log(&self, place: &ConfigBranch, known: Option<&CommitId>) -> Answer<LogPart> {
        each!(self, forge => forge.read_log(place, known).await)
    }

    async fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Answer<CommitId> {
        each!(self, forge => forge.append_log(place, lines, expected).await)
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Answer<ChangeNumber>> {
        each!(self, forge => forge.propose(proposals).await)
    }

    async fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Answer<()> {
        each!(self, forge => forge.present(place, change, presentation).await)
    }

    async fn comment(&self, place: &ConfigBranch, change: ChangeNumber, remark: &Remark) -> Answer<()> {
        each!(self, forge => Forge::comment(forge, place, change, remark).await)
    }

    async fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Answer<()>> {
        each!(self, forge => forge.react(place, change, reactions).await)
    }

    async fn merge(&self, merge: &Merge) -> Answer<CommitId> {
        each!(self, forge => Forge::merge(forge, merge).await)
    }

    async fn dequeue(&self, place: &ConfigBranch, change: ChangeNumber) -> Answer<()> {
        each!(self, forge => Forge::dequeue(forge, place, change).await)
    }

    async fn close(&self, place: &ConfigBranch, change: ChangeNumber) -> Answer<()> {
        each!(self, forge => Forge::close(forge, place, change).await)
    }

    async fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Answer<()> {
        each!(self, forge => forge.delete_branch(place, branch, expected).await)
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Answer<Confirmation> {
        each!(self, forge => forge.is_member(team, user).await)
    }

    async fn find_team(&self, team: &TeamName) -> Answer<()> {
        each!(self, forge => forge.find_team(team).await)
    }

    async fn is_collaborator(&self, place: &ConfigBranch, user: &UserName) -> Answer<Confirmation> {
        each!(self, forge => forge.is_collaborator(place, user).await)
    }

    async fn may_write(&self, place: &ConfigBranch, user: &UserName) -> Answer<Confirmation> {
        each!(self, forge => forge.may_write(place, user).await)
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        each!(self, forge => forge.examine(question).await)
    }
}
