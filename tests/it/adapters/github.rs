//! The real client of GitHub against the fake one: what it costs, and what it makes of a no.

mod app;
mod authorship;
mod budget;
mod checks;
mod content;
mod costs;
mod deployments;
mod log;
mod looks;
mod manifest;
mod merging;
mod people;
mod queue;
mod refusals;
mod reviewers;
mod rotation;
mod source;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use towpath::forge::github::{Credentials, GitHubAccess, GitHubForge, RetryPolicy};
use towpath::forge::{Forge as _, ForgeError, NewStatus, Presentation, Proposal};
use towpath::model::{Change, ChangeNumber, CommitId, Merge, Secret, StatusState};
use towpath::observe::Clock as _;

use crate::support::fixture;
use crate::support::rules::{name, place};
use crate::support::world::{FakeWorld, Refusal, TOKEN};

const FILE: &str = "apps/shop/overlays/dev/kustomization.yaml";

/// A repository with one service at a fake GitHub, and the real client.
struct Ground {
    world: FakeWorld,
    address: SocketAddr,
    forge: GitHubForge,
}

fn secret(text: &str) -> Secret {
    Secret::new(text).expect("it is not empty")
}

/// A client of a world that is served at an address.
fn client(world: &FakeWorld, address: SocketAddr, credentials: Credentials) -> GitHubForge {
    let world = world.clone();
    GitHubForge::new(access(address, credentials), Arc::new(move || world.now()))
}

fn access(address: SocketAddr, credentials: Credentials) -> GitHubAccess {
    GitHubAccess {
        name: place().forge,
        url: format!("http://{address}"),
        credentials,
        bot: None,
        retry_policy: RetryPolicy { pause: Duration::from_millis(1), wait_max: Duration::ZERO },
        merge_method: None,
        deployments: true,
    }
}

impl Ground {
    async fn new() -> Self {
        Self::of(fixture::service("shop", &["shop"], &["dev", "staging"], "1.9.0")).await
    }

    /// The same with these files.
    async fn of(files: fixture::Files) -> Self {
        let world = FakeWorld::new(files);
        let address = world.serve_github().await;
        let forge = client(&world, address, Credentials::token(&secret(TOKEN)));
        Self { world, address, forge }
    }

    /// What one look at the repository reads.
    async fn look(&self) -> CommitId {
        let place = place();
        self.forge.changes(&place).await.expect("the fake GitHub answers");
        self.forge.branches(&place).await.expect("the fake GitHub answers");
        let head = self.forge.head(&place).await.expect("the fake GitHub answers");
        self.forge.read_log(&place, None).await.expect("the fake GitHub answers");
        self.forge.entries(&place, &head).await.expect("the fake GitHub answers");
        head
    }

    /// A change of one line, on the head of the base.
    async fn proposal(&self, environment: &str, version: &str) -> Proposal {
        let file = FILE.replace("dev", environment);
        let text = self.world.state().text(&file).replace("1.9.0", version);
        let branch = name(&format!("towpath/{environment}/shop"));
        let expected = self.world.state().git.tip(&branch).cloned();
        let base = self.forge.head(&place()).await.expect("the fake GitHub answers");
        Proposal {
            place: place(),
            expected,
            branch,
            base,
            files: vec![(name(&file), text.into_bytes())],
            message: format!("promote({environment}): shop {version}\n\nTowpath-Key: abc\n"),
            labels: vec!["towpath".to_owned()],
            presentation: presentation(environment, version),
            reviewers: Vec::new(),
        }
    }

    async fn propose(&self, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
        self.forge.propose(std::slice::from_ref(proposal)).await.remove(0)
    }

    /// An open change, after a look at it.
    async fn open(&self) -> ChangeNumber {
        self.look().await;
        let proposal = self.proposal("dev", "1.10.0").await;
        let number = self.propose(&proposal).await.expect("the fake GitHub answers");
        self.look().await;
        number
    }

    /// A client that remembers nothing.
    fn anew(&self) -> GitHubForge {
        client(&self.world, self.address, Credentials::token(&secret(TOKEN)))
    }

    /// A change as the next look sees it.
    async fn shown(&self, change: ChangeNumber) -> Change {
        self.look().await;
        let all = self.forge.changes(&place()).await.expect("the fake GitHub answers");
        all.into_iter().find(|found| found.number == change).expect("it is there")
    }

    fn merge_of(&self, change: ChangeNumber) -> Merge {
        let head = self.world.state().change(change).expect("the fake GitHub answers").head().clone();
        Merge { place: place(), change, head, message: "Merge shop\n\nTowpath-Key: abc\n".to_owned() }
    }

    /// The next request that starts so is refused.
    fn refuse(&self, request: &'static str, status: u16, message: &'static str) {
        self.refuse_with(Refusal { request, status, message, header: None });
    }

    fn refuse_with(&self, refusal: Refusal) {
        self.world.state().github.refusals.push(refusal);
    }

    /// Forgets the requests so far.
    fn start_counting(&self) {
        self.world.state().github.requests.clear();
    }

    /// The requests since then: those that GitHub counts, and those that it answers with "as it was".
    fn counted(&self) -> (Vec<String>, Vec<String>) {
        let state = self.world.state();
        let (free, paid): (Vec<_>, Vec<_>) = state.github.requests.iter().partition(|(_, is_free)| *is_free);
        let lines = |all: Vec<&(String, bool)>| all.into_iter().map(|(line, _)| line.clone()).collect();
        (lines(paid), lines(free))
    }
}

fn presentation(environment: &str, version: &str) -> Presentation {
    let status = NewStatus {
        context: format!("towpath/{environment}"),
        state: StatusState::Pending,
        text: "waiting: soak".to_owned(),
        summary: "| soak | waits |".to_owned(),
        details: String::new(),
    };
    Presentation { title: format!("shop {version}"), body: format!("about {version}"), status }
}
