//! What GitHub sends, as far as it matters here: everything else may change without notice.

use serde::Deserialize;

use crate::forge::ForgeError;
use crate::model::{CommitId, NameError, Time, UserName};

/// Who did something whose account is gone.
const GHOST: &str = "ghost";

/// An account; nothing stands for one that was deleted.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Account {
    pub(super) login: String,
    /// What stays the same when somebody renames themselves.
    pub(super) id: Option<u64>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

/// The name of an account, or of nobody in particular.
pub(super) fn user(account: Option<&Account>) -> UserName {
    let named = account.and_then(|account| login(&account.login).ok());
    named.unwrap_or_else(|| UserName::new(GHOST).expect("a plain word is a user name"))
}

/// A name as it is known here. Case makes no difference to GitHub, so that every name has one form: the lower one.
pub(super) fn login(text: &str) -> Result<UserName, NameError> {
    UserName::new(text.to_ascii_lowercase())
}

/// Whether a name is that of all whose account is gone.
pub(super) fn is_ghost(user: &UserName) -> bool {
    user.as_str() == GHOST
}

/// A commit id that GitHub sent.
pub(super) fn commit_id(text: &str) -> Result<CommitId, ForgeError> {
    CommitId::new(text).map_err(|error| ForgeError::unavailable("reading a commit id", error))
}

/// A pull request as in lists.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) html_url: String,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) user: Option<Account>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
    pub(super) closed_at: Option<Time>,
    pub(super) merged_at: Option<Time>,
    pub(super) merge_commit_sha: Option<String>,
    pub(super) head: PullSide,
    pub(super) base: PullSide,
    #[serde(default)]
    pub(super) labels: Vec<Label>,
}

impl Pull {
    /// Whether it waits.
    pub(super) const fn is_open(&self) -> bool {
        self.closed_at.is_none() && self.merged_at.is_none()
    }

    /// Its text.
    pub(super) fn body(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}

/// The branch that a pull request comes from, or goes into.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PullSide {
    #[serde(rename = "ref")]
    pub(super) branch: String,
    pub(super) sha: String,
    /// Nothing where the fork is gone.
    pub(super) repo: Option<RepositoryReference>,
}

/// A repository by its name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RepositoryReference {
    pub(super) full_name: String,
}

/// A label.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Label {
    pub(super) name: String,
}

/// A pull request looked at by itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PullDetails {
    #[serde(flatten)]
    pub(super) pull: Pull,
    /// The name by which GraphQL knows it.
    pub(super) node_id: String,
    /// Nothing until GitHub has tried.
    pub(super) mergeable: Option<bool>,
    /// What GitHub thinks of a merge, such as `clean`, `blocked` or `behind`. People with more rights see the same word.
    #[serde(default)]
    pub(super) mergeable_state: String,
}

/// A repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) node_id: String,
    /// What it is called now: GitHub responds to older names too.
    pub(super) full_name: String,
    /// How pull requests may be merged; nothing where the bot is not told.
    pub(super) allow_merge_commit: Option<bool>,
    pub(super) allow_squash_merge: Option<bool>,
    pub(super) allow_rebase_merge: Option<bool>,
}

/// A branch or tag.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ref {
    #[serde(rename = "ref")]
    pub(super) name: String,
    pub(super) object: Object,
}

/// A Git object by its id.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Object {
    pub(super) sha: String,
}

/// A commit with the accounts that GitHub sees behind it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Commit {
    pub(super) commit: CommitText,
    pub(super) author: Option<Account>,
    pub(super) committer: Option<Account>,
    pub(super) parents: Vec<Object>,
}

/// What a commit says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitText {
    pub(super) message: String,
    pub(super) tree: Object,
    pub(super) verification: Option<Verification>,
}

/// What GitHub says of the signature of a commit.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Verification {
    pub(super) verified: bool,
    #[serde(default)]
    pub(super) reason: String,
}

/// The files of a commit or folder.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GitTree {
    pub(super) tree: Vec<GitEntry>,
    #[serde(default)]
    pub(super) truncated: bool,
}

/// One file or folder.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GitEntry {
    pub(super) path: String,
    pub(super) mode: String,
    pub(super) sha: Option<String>,
    /// How many bytes a file has.
    pub(super) size: Option<u64>,
}

/// How two commits relate.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Comparison {
    pub(super) status: String,
    pub(super) merge_base_commit: Object,
    #[serde(default)]
    pub(super) files: Vec<ComparedFile>,
}

/// A file that differs.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ComparedFile {
    pub(super) filename: String,
    pub(super) previous_filename: Option<String>,
    pub(super) status: String,
    pub(super) sha: Option<String>,
}

/// One thing that happened to a pull request, of any kind.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TimelineItem {
    #[serde(default)]
    pub(super) event: String,
    pub(super) id: Option<u64>,
    pub(super) node_id: Option<String>,
    pub(super) actor: Option<Account>,
    pub(super) user: Option<Account>,
    pub(super) created_at: Option<Time>,
    pub(super) submitted_at: Option<Time>,
    pub(super) body: Option<String>,
    pub(super) state: Option<String>,
    pub(super) commit_id: Option<String>,
    pub(super) reactions: Option<ReactionCounts>,
    pub(super) dismissed_review: Option<DismissedReview>,
}

/// A review that was taken back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DismissedReview {
    /// What it said before.
    #[serde(default)]
    pub(super) state: String,
    pub(super) review_id: Option<u64>,
    /// The commit that took it back, where that was nobody.
    pub(super) dismissal_commit_id: Option<String>,
}

impl TimelineItem {
    /// Whose doing it is.
    pub(super) fn account(&self) -> Option<&Account> {
        self.user.as_ref().or(self.actor.as_ref())
    }
}

/// A comment on a pull request.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct IssueComment {
    pub(super) user: Option<Account>,
    pub(super) body: Option<String>,
}

/// How many reactions of the kinds that the bot leaves a comment has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct ReactionCounts {
    #[serde(rename = "+1", default)]
    pub(super) thumbs_up: u64,
    #[serde(rename = "-1", default)]
    pub(super) thumbs_down: u64,
    #[serde(default)]
    pub(super) confused: u64,
    #[serde(default)]
    pub(super) rocket: u64,
}

impl ReactionCounts {
    /// Whether one of them may be the bot's.
    pub(super) const fn is_any(&self) -> bool {
        self.thumbs_up + self.thumbs_down + self.confused + self.rocket > 0
    }
}

/// A reaction.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GivenReaction {
    pub(super) user: Option<Account>,
    pub(super) content: String,
}

/// A commit status.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitStatus {
    pub(super) state: String,
    pub(super) context: String,
    pub(super) description: Option<String>,
    pub(super) created_at: Time,
    pub(super) creator: Option<Account>,
}

/// What was made, by its id.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CreatedObject {
    pub(super) sha: String,
}

/// An App.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct App {
    pub(super) slug: String,
}

/// An App in an organization, or in somebody's account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Installation {
    pub(super) id: u64,
}

/// A token of an installation.
#[derive(Deserialize)]
pub(super) struct InstallationToken {
    pub(super) token: secrecy::SecretString,
    pub(super) expires_at: Time,
}

/// Whether somebody belongs to a team, or was only asked to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Membership {
    pub(super) state: String,
}

/// What somebody may do in a repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Permission {
    /// `admin`, `write`, `read` or `none`; other roles count as the one of these that they are built on.
    pub(super) permission: String,
    pub(super) user: Option<Account>,
}

/// What GitHub says when it refuses.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) errors: Vec<ErrorDetail>,
}

/// More about a refusal: a sentence, or an object that may hold one.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ErrorDetail {
    /// A sentence.
    Text(String),
    /// An object.
    Object {
        #[serde(default)]
        message: Option<String>,
        /// What kind of error it is.
        #[serde(default)]
        code: Option<String>,
    },
}

/// A label with the name by which GraphQL knows it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LabelNode {
    pub(super) node_id: String,
}

/// The response to a GraphQL document.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GraphResponse {
    /// What was selected, by name; nothing stands for what failed.
    pub(super) data: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(default)]
    pub(super) errors: Vec<GraphError>,
}

/// What went wrong in a GraphQL document.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GraphError {
    /// What kind of error it is, in GitHub's words.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) message: String,
    /// The field that it is about, as keys and positions; empty where GitHub does not say.
    #[serde(default)]
    pub(super) path: Vec<serde_json::Value>,
}

/// A user by an account that GitHub always knows.
pub(super) fn is_user(account: Option<&Account>, name: &UserName) -> bool {
    account.is_some_and(|account| account.login.eq_ignore_ascii_case(name.as_str()))
}
