//! What GitHub sends about itself, as far as it matters here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::wire::Account;
use crate::model::Time;

/// The App.
#[derive(Debug, Deserialize)]
pub(super) struct OwnApp {
    pub(super) slug: String,
    #[serde(default)]
    pub(super) events: Vec<String>,
}

/// The App in one account.
#[derive(Debug, Deserialize)]
pub(super) struct Installed {
    pub(super) html_url: String,
    /// `Organization` or `User`.
    #[serde(default)]
    pub(super) target_type: String,
    #[serde(default)]
    pub(super) permissions: BTreeMap<String, String>,
    pub(super) suspended_at: Option<Time>,
}

/// A repository.
#[derive(Debug, Deserialize)]
pub(super) struct FullRepository {
    pub(super) full_name: String,
    pub(super) owner: Account,
    #[serde(default)]
    pub(super) archived: bool,
    pub(super) permissions: Option<RepositoryPermissions>,
    pub(super) allow_merge_commit: Option<bool>,
}

/// What the asker may do.
#[derive(Debug, Deserialize)]
pub(super) struct RepositoryPermissions {
    #[serde(default)]
    pub(super) push: bool,
}

/// How many requests are left.
#[derive(Debug, Deserialize)]
pub(super) struct RateLimits {
    pub(super) resources: Resources,
}

/// The two interfaces that are used.
#[derive(Debug, Deserialize)]
pub(super) struct Resources {
    pub(super) core: Option<RateLimit>,
    pub(super) graphql: Option<RateLimit>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct RateLimit {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// Seconds of the epoch.
    pub(super) reset: i64,
}

/// Where events are sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct HookConfig {
    pub(super) url: Option<String>,
    pub(super) content_type: Option<String>,
    /// Stars, where there is one.
    pub(super) secret: Option<String>,
}

/// A hook of a repository or an organization.
#[derive(Debug, Deserialize)]
pub(super) struct ListedHook {
    pub(super) id: u64,
    pub(super) active: bool,
    #[serde(default)]
    pub(super) events: Vec<String>,
    #[serde(default)]
    pub(super) config: HookConfig,
}

/// An event that was sent.
#[derive(Debug, Deserialize)]
pub(super) struct Delivery {
    pub(super) delivered_at: Time,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) status_code: i64,
}

/// A branch, as everybody sees it who may read.
#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    #[serde(default)]
    pub(super) protected: bool,
}

/// A rule of a ruleset.
#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) ruleset_id: Option<u64>,
    #[serde(default)]
    pub(super) parameters: RuleParameters,
}

/// The ruleset that a rule is of.
#[derive(Debug, Deserialize)]
pub(super) struct Ruleset {
    pub(super) current_user_can_bypass: Option<String>,
}

/// More about a rule; which of these there are depends on its kind.
#[derive(Debug, Default, Deserialize)]
pub(super) struct RuleParameters {
    #[serde(default)]
    pub(super) required_approving_review_count: u32,
    #[serde(default)]
    pub(super) require_code_owner_review: bool,
    #[serde(default)]
    pub(super) required_status_checks: Vec<RulesetCheck>,
}

/// A check that has to pass.
#[derive(Debug, Deserialize)]
pub(super) struct RulesetCheck {
    pub(super) context: String,
    /// The App whose check it has to be.
    pub(super) integration_id: Option<i64>,
}

/// The older way to protect a branch.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Protection {
    pub(super) required_status_checks: Option<ProtectedChecks>,
    pub(super) required_pull_request_reviews: Option<ProtectedReviews>,
    pub(super) restrictions: Option<PushAllowance>,
    pub(super) required_linear_history: Option<Switch>,
    pub(super) required_signatures: Option<Switch>,
    pub(super) lock_branch: Option<Switch>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProtectedChecks {
    #[serde(default)]
    pub(super) contexts: Vec<String>,
    #[serde(default)]
    pub(super) checks: Vec<ProtectedCheck>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProtectedCheck {
    pub(super) context: String,
    /// The App whose check it has to be; a negative number for any.
    pub(super) app_id: Option<i64>,
}

/// Who may push.
#[derive(Debug, Deserialize)]
pub(super) struct PushAllowance {
    #[serde(default)]
    pub(super) users: Vec<Account>,
    #[serde(default)]
    pub(super) teams: Vec<Slug>,
    #[serde(default)]
    pub(super) apps: Vec<Slug>,
}

/// A team or an App.
#[derive(Debug, Deserialize)]
pub(super) struct Slug {
    pub(super) slug: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProtectedReviews {
    #[serde(default)]
    pub(super) required_approving_review_count: u32,
    #[serde(default)]
    pub(super) require_code_owner_reviews: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    #[serde(default)]
    pub(super) enabled: bool,
}
