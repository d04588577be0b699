//! Who wrote a commit.
//!
//! Whoever may push can write any author and any committer into a commit, the bot's name and GitHub's among them. So the
//! names alone prove nothing of what the bot may still merge. What proves it is, the cheapest first: this process wrote the
//! commit; GitHub signed it, which it does with what it commits itself on behalf of an App or of a document; or GitHub's
//! list of activity says that it was the bot who moved the branch there. That list is asked once for each head.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::GitHubForge;
use super::scope::Scope;
use super::transport::{Call, PAGE_SIZE, Response, encode_query};
use super::wire::{Account, Commit, user};
use crate::forge::ForgeError;
use crate::model::{CommitId, RepositoryName};

/// Who commits what GitHub itself does. At a GitHub Enterprise Server it may have another name, or none.
const WEB_FLOW: &str = "web-flow";
/// GitHub's word for a signature in which nothing is wrong.
const VALID: &str = "valid";

/// Whether it was the bot who pushed a commit, as far as that was asked.
pub(super) type Pusher = Arc<OnceCell<bool>>;

/// Somebody moved a branch.
#[derive(Debug, Deserialize)]
pub(super) struct BranchActivity {
    /// The commit that it pointed to from then on.
    pub(super) after: String,
    /// Nobody where it was a deploy key.
    pub(super) actor: Option<Account>,
}

/// Why nothing is known of who pushed a commit.
enum UnknownPusher {
    /// GitHub does not list it, or not yet.
    Unlisted,
    /// GitHub did not respond.
    Unanswered(ForgeError),
}

impl GitHubForge {
    /// Whether the bot's account wrote a commit and nobody else had a hand in it; nothing where GitHub cannot tell yet.
    ///
    /// The commit is proven for a branch. Without one the names are believed: what has ended is merged no more. So are
    /// they at a GitHub Enterprise Server that keeps no list of activity, where a committer without an account, or one who
    /// signs, may be the server itself.
    pub(super) async fn authorship(
        &self,
        repository: &RepositoryName,
        branch: Option<&str>,
        id: &CommitId,
        commit: &Commit,
    ) -> Result<Option<bool>, ForgeError> {
        let bot = self.identity().await?;
        let is = |account: Option<&Account>, name: &str| {
            account.is_some_and(|account| account.login.eq_ignore_ascii_case(name))
        };
        if !is(commit.author.as_ref(), bot.as_str()) {
            return Ok(Some(false));
        }
        let committer = commit.committer.as_ref();
        let is_own = is(committer, bot.as_str()) || is(committer, WEB_FLOW);
        let signature = commit.commit.verification.as_ref();
        let is_signed = signature.is_some_and(|own| own.verified && own.reason == VALID);
        if is_own && is_signed {
            return Ok(Some(true));
        }
        let by_names = is_own || is_signed || committer.is_none();
        let Some(branch) = branch else { return Ok(Some(by_names)) };
        let pusher = self.memory(repository).pusher(id);
        let found = pusher.get_or_try_init(|| self.pushed_by_bot(repository, branch, id, by_names)).await;
        match found {
            Ok(by_bot) => Ok(Some(*by_bot)),
            Err(UnknownPusher::Unlisted) => Ok(None),
            Err(UnknownPusher::Unanswered(error)) => Err(error),
        }
    }

    /// Whether the bot moved a branch to a commit.
    async fn pushed_by_bot(
        &self,
        repository: &RepositoryName,
        branch: &str,
        id: &CommitId,
        by_names: bool,
    ) -> Result<bool, UnknownPusher> {
        let bot = self.identity().await.map_err(UnknownPusher::Unanswered)?;
        let response = match self.activity(repository, branch).await {
            Ok(response) if response.status == StatusCode::NOT_FOUND => return Ok(by_names),
            Ok(response) => response,
            Err(error) => return Err(UnknownPusher::Unanswered(error)),
        };
        let what = format!("the activity on `{branch}` of `{repository}`");
        let listed: Vec<BranchActivity> = response.json(&what).map_err(UnknownPusher::Unanswered)?;
        let mut moves = listed.iter().filter(|listed| listed.after == id.as_str()).peekable();
        if moves.peek().is_none() {
            return Err(UnknownPusher::Unlisted);
        }
        Ok(moves.any(|own| user(own.actor.as_ref()) == *bot))
    }

    /// GitHub's list of who moved a branch, the newest first.
    pub(super) async fn activity(
        &self,
        repository: &RepositoryName,
        branch: &str,
    ) -> Result<Response, ForgeError> {
        let name = encode_query(&format!("refs/heads/{branch}"));
        let path = format!("/repos/{repository}/activity?ref={name}&per_page={PAGE_SIZE}");
        let call = Call::get(Scope::Repository(repository), "read the activity", path);
        self.inner.transport.call(call).await
    }
}
