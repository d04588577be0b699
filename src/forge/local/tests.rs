//! Real bare repositories in temporary folders, looked at by the real Git as well.

mod backup;
mod branches;
mod crash;
mod crowd;
mod log;
mod merging;
mod people;
mod proposing;
mod speaking;
mod untrusted;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeZone as _;
use tempfile::TempDir;

use super::*;
use crate::forge::NewStatus;
use crate::model::{ChangeState, CommentId, LeftOut, Reaction, StatusState};

const START: i64 = 1_767_225_600; // 2026-01-01T00:00:00Z
const BRANCH: &str = "towpath/dev/shop";
const APP: &str = "tag: 1.0.0\n\n\n\n\nreplicas: 1\n";

/// A forge with the repository `acme/deploy`, and time that passes when a test says so.
struct Ground {
    folder: TempDir,
    forge: LocalForge,
    seconds: Arc<AtomicI64>,
}

fn user(name: &str) -> UserName {
    UserName::new(name).unwrap()
}

fn path(text: &str) -> RepositoryPath {
    RepositoryPath::new(text).unwrap()
}

fn branch(name: &str) -> BranchName {
    BranchName::new(name).unwrap()
}

fn repository() -> RepositoryName {
    RepositoryName::new("acme/deploy").unwrap()
}

fn commit(id: &str) -> CommitId {
    CommitId::new(id.trim()).unwrap()
}

fn place() -> ConfigBranch {
    ConfigBranch { forge: ForgeName::new("here").unwrap(), repository: repository(), branch: branch("main") }
}

fn forge_at(root: PathBuf, seconds: &Arc<AtomicI64>) -> LocalForge {
    let teams = BTreeMap::from([(TeamName::new("acme/sre").unwrap(), vec![user("alice")])]);
    let seconds = Arc::clone(seconds);
    let now = move || chrono::Utc.timestamp_opt(START + seconds.load(Ordering::SeqCst), 0).unwrap();
    LocalForge::new(place().forge, root, teams, user("towpath"), Arc::new(now))
}

fn presentation(title: &str) -> Presentation {
    let status = NewStatus {
        context: "towpath/dev".to_owned(),
        state: StatusState::Pending,
        text: "waiting: soak".to_owned(),
        summary: String::new(),
        details: String::new(),
    };
    Presentation { title: title.to_owned(), body: format!("about {title}"), status }
}

impl Ground {
    async fn new() -> Self {
        Self::with_files(&[("app.yaml", APP), ("other.yaml", "name: other\n")]).await
    }

    async fn with_files(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seconds = Arc::default();
        let forge = forge_at(folder.path().to_owned(), &seconds);
        let files = files.iter().map(|(name, text)| (path(name), text.as_bytes().to_vec())).collect();
        forge.create_repository(&repository(), &branch("main"), files, &user("alice")).await.unwrap();
        Self { folder, forge, seconds }
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn bare(&self) -> PathBuf {
        self.folder.path().join("acme/deploy.git")
    }

    /// What Git says in the bare repository.
    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.bare(), arguments).unwrap()
    }

    fn tip(&self, reference: &str) -> CommitId {
        commit(&self.git(&["rev-parse", reference]))
    }

    /// All refs with what they point to.
    fn refs(&self) -> String {
        self.git(&["for-each-ref"])
    }

    async fn proposal(&self, version: &str) -> Proposal {
        let tip = git_in(&self.bare(), &["rev-parse", "--verify", "-q", &format!("refs/heads/{BRANCH}")]);
        Proposal {
            place: place(),
            branch: branch(BRANCH),
            expected: tip.ok().map(|tip| commit(&tip)),
            base: self.forge.head(&place()).await.unwrap(),
            files: vec![(path("app.yaml"), APP.replace("1.0.0", version).into_bytes())],
            message: format!("promote(dev): shop {version}\n\nTowpath-Key: abc\n"),
            labels: vec!["towpath".to_owned()],
            presentation: presentation(&format!("shop {version}")),
            reviewers: Vec::new(),
        }
    }

    async fn propose(&self, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
        self.forge.propose(std::slice::from_ref(proposal)).await.remove(0)
    }

    /// Opens the change for a version, or gives the open one that content.
    async fn open(&self, version: &str) -> Change {
        let number = self.propose(&self.proposal(version).await).await.unwrap();
        self.show(number).await
    }

    async fn show(&self, number: ChangeNumber) -> Change {
        self.forge.show(&repository(), number).await.unwrap()
    }

    async fn changes(&self) -> Vec<Change> {
        self.forge.changes(&place()).await.unwrap()
    }

    async fn merge(&self, change: &Change) -> Result<CommitId, ForgeError> {
        let message = format!("Merge change {}\n", change.number);
        let (change, head) = (change.number, change.head.commit.clone());
        self.forge.merge(&Merge { place: place(), change, head, message }).await
    }

    /// A person's push of one file to a branch.
    async fn push(&self, to: &str, file: &str, text: &str) -> CommitId {
        let commit = PersonCommit {
            branch: branch(to),
            by: user("bob"),
            message: "by hand\n".to_owned(),
            files: vec![(path(file), text.as_bytes().to_vec())],
        };
        self.forge.commit_as(&repository(), commit).await.unwrap()
    }

    /// A person's clone, to work in with Git.
    fn clone(&self) -> PathBuf {
        let to = self.folder.path().join("clone");
        git_in(&self.bare(), &["clone", "-q", ".", to.to_str().unwrap()]).unwrap();
        to
    }

    /// A person merges the branch of the change with Git and pushes.
    fn merge_by_git(&self, how: &str) {
        let clone = self.clone();
        git_in(&clone, &["merge", "-q", how, "-m", "merged by hand", &format!("origin/{BRANCH}")]).unwrap();
        git_in(&clone, &["push", "-q", "origin", "main"]).unwrap();
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.bare().join(file), bytes).unwrap();
    }

    /// Whether Git finds every object that it needs, and nothing wrong with any.
    fn expect_sound(&self) {
        assert_eq!(self.git(&["fsck", "--strict", "--full", "--no-dangling"]), "");
    }
}

/// What Git says in a folder, or what it complains about.
fn git_in(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("HOME", "/nonexistent"),
        ("GIT_AUTHOR_NAME", "carol"),
        ("GIT_AUTHOR_EMAIL", "carol@example.org"),
        ("GIT_AUTHOR_DATE", "2026-02-03T04:05:06Z"),
        ("GIT_COMMITTER_NAME", "carol"),
        ("GIT_COMMITTER_EMAIL", "carol@example.org"),
        ("GIT_COMMITTER_DATE", "2026-02-03T04:05:06Z"),
    ] {
        git.env(name, value);
    }
    let output = git.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn is_conflict<T>(result: &Result<T, ForgeError>) -> bool {
    matches!(result, Err(ForgeError::Conflict { .. }))
}

/// The error, with the temporary folder's name taken out.
fn said<T: std::fmt::Debug>(ground: &Ground, result: Result<T, ForgeError>) -> String {
    result.unwrap_err().to_string().replace(ground.folder.path().to_str().unwrap(), "ROOT")
}
