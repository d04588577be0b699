//! The rules of branches: rulesets, which everybody may read, and the older protection, which only owners may.

use std::collections::BTreeSet;

use http::StatusCode;

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::transport::{Call, encode_path, encode_query};
use super::super::wire::Membership;
use super::wire::{Branch, Protection, PushAllowance, Rule, Ruleset};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, LogProtection, Probe, Reporter, RepositoryName, RequiredCheck, Restriction, Rules, UserName,
};

/// What GitHub says of a branch that has no protection of the older kind, to whom it says anything.
const NOT_PROTECTED: &str = "Branch not protected";
/// The rule by which only those may push who pass it by.
const RESTRICTS_UPDATES: &str = "update";
/// Why the older protection stays unread.
const UNREAD: &str = "the branch is protected, and only an owner may read how";
/// How the name of an App ends, where it acts as an account.
const OF_APP: &str = "[bot]";
/// Who passes a ruleset by whatever he does, and who does so with a pull request.
const ALWAYS: &str = "always";
const BY_PULL_REQUEST: &str = "pull_requests_only";

impl GitHubForge {
    /// All rules of a branch, as far as the bot may read them.
    pub(super) async fn rules_of(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        bot: &UserName,
    ) -> Probe<Rules> {
        let mut rules = match self.rulesets_of(repository, branch, &[ALWAYS, BY_PULL_REQUEST]).await {
            Probe::Known(rules) => rules,
            other @ (Probe::Unknown(_) | Probe::Absent) => return other,
        };
        match self.protection_of(repository, branch).await {
            Probe::Known(protection) => {
                self.add_protection(&mut rules, &protection);
                if let Some(listed) = &protection.restrictions
                    && !self.is_listed(listed, repository, bot).await
                {
                    rules.restrictions.insert(Restriction::List);
                }
            }
            Probe::Unknown(why) => rules.unread = Some(why),
            Probe::Absent => {}
        }
        Probe::Known(rules)
    }

    /// The rules of a branch that the bot pushes to, which need not exist.
    pub(super) async fn rules_of_own(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Probe<Rules> {
        self.rulesets_of(repository, branch, &[ALWAYS]).await
    }

    /// The rules of the branch of the log, and whether they keep others than the bot from it.
    pub(super) async fn rules_of_log(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> (Probe<Rules>, Probe<LogProtection>) {
        let all = match self.listed_rules(repository, branch).await {
            Probe::Known(all) => all,
            Probe::Unknown(why) => return (Probe::Unknown(why.clone()), Probe::Unknown(why)),
            Probe::Absent => return (Probe::Absent, Probe::Absent),
        };
        let restricts = |is_restricted| {
            Probe::Known(LogProtection {
                is_restricted,
                command: None,
                changes_command: None,
                unproven: None,
            })
        };
        let protection = if all.iter().any(|rule| rule.kind == RESTRICTS_UPDATES) {
            restricts(true)
        } else {
            match self.protection_of(repository, branch).await {
                Probe::Known(own) => restricts(own.restrictions.is_some()),
                Probe::Absent => restricts(false),
                Probe::Unknown(why) => Probe::Unknown(why),
            }
        };
        (Probe::Known(self.binding(repository, &all, &[ALWAYS]).await), protection)
    }

    /// The rules that rulesets make for a branch, without those that the bot may pass by.
    async fn rulesets_of(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        passes: &[&str],
    ) -> Probe<Rules> {
        match self.listed_rules(repository, branch).await {
            Probe::Known(all) => Probe::Known(self.binding(repository, &all, passes).await),
            Probe::Unknown(why) => Probe::Unknown(why),
            Probe::Absent => Probe::Absent,
        }
    }

    /// Every rule that rulesets make for a branch, whoever may pass it by.
    async fn listed_rules(&self, repository: &RepositoryName, branch: &BranchName) -> Probe<Vec<Rule>> {
        let path = format!("/repos/{repository}/rules/branches/{}", encode_query(branch.as_str()));
        let scope = Scope::Repository(repository);
        match self.inner.transport.pages::<Rule>(scope, "read the rules", &path).await {
            Ok(all) => Probe::Known(all),
            Err(ForgeError::NotFound { .. }) => Probe::Unknown("this GitHub has no rulesets".to_owned()),
            Err(error) => Probe::Unknown(error.to_string()),
        }
    }

    /// What rules demand, without those that the bot may pass by.
    async fn binding(&self, repository: &RepositoryName, all: &[Rule], passes: &[&str]) -> Rules {
        let passed = self.passed(repository, all, passes).await;
        let mut rules = Rules::default();
        let binding = all.iter().filter(|rule| rule.ruleset_id.is_none_or(|id| !passed.contains(&id)));
        binding.for_each(|rule| self.add(&mut rules, rule));
        rules
    }

    /// The rulesets that the bot may pass by. Where GitHub does not say, they hold.
    async fn passed(&self, repository: &RepositoryName, rules: &[Rule], passes: &[&str]) -> BTreeSet<u64> {
        let ids: BTreeSet<u64> = rules.iter().filter_map(|rule| rule.ruleset_id).collect();
        let mut passed = BTreeSet::new();
        for id in ids {
            let path = format!("/repos/{repository}/rulesets/{id}");
            let ruleset: Probe<Ruleset> =
                self.told(Scope::Repository(repository), "read the rules", path).await;
            let word = ruleset.known().and_then(|own| own.current_user_can_bypass.as_deref());
            if word.is_some_and(|word| passes.contains(&word)) {
                passed.insert(id);
            }
        }
        passed
    }

    async fn protection_of(&self, repository: &RepositoryName, branch: &BranchName) -> Probe<Protection> {
        let branch_path = format!("/repos/{repository}/branches/{}", encode_query(branch.as_str()));
        let scope = Scope::Repository(repository);
        let call = Call::get(scope, "read the protection", format!("{branch_path}/protection"));
        match self.inner.transport.call_with_headers(call).await {
            Ok((response, _)) if response.status == StatusCode::OK => return super::read(&response),
            Ok((response, _)) if response.message().contains(NOT_PROTECTED) => return Probe::Absent,
            // Whoever may not read it is told that it does not exist, or that it is forbidden.
            Ok(_) | Err(ForgeError::Forbidden { .. } | ForgeError::Misconfigured { .. }) => {}
            Err(error) => return Probe::Unknown(error.to_string()),
        }
        match self.told::<Branch>(scope, "read the branch", branch_path).await {
            Probe::Known(branch) if branch.protected => Probe::Unknown(UNREAD.to_owned()),
            Probe::Known(_) | Probe::Absent => Probe::Absent,
            Probe::Unknown(why) => Probe::Unknown(why),
        }
    }

    /// Whether the bot is among those who may push: itself, as an App, or by a team.
    async fn is_listed(&self, listed: &PushAllowance, repository: &RepositoryName, bot: &UserName) -> bool {
        let own = bot.as_str();
        let is_own = |name: &str| name.eq_ignore_ascii_case(own);
        let is_own_app =
            |slug: &str| own.strip_suffix(OF_APP).is_some_and(|own| own.eq_ignore_ascii_case(slug));
        if self.is_app() {
            return listed.apps.iter().any(|app| is_own_app(&app.slug));
        }
        if listed.users.iter().any(|user| is_own(&user.login)) {
            return true;
        }
        let owner = repository.owner();
        for team in &listed.teams {
            let path = format!(
                "/orgs/{}/teams/{}/memberships/{}",
                encode_path(owner),
                encode_path(&team.slug),
                encode_path(own)
            );
            let told: Probe<Membership> = self.told(Scope::Organization(owner), "read teams", path).await;
            if told.known().is_some_and(|membership| membership.state == "active") {
                return true;
            }
        }
        false
    }

    /// Adds what one rule demands.
    fn add(&self, rules: &mut Rules, rule: &Rule) {
        let more = &rule.parameters;
        match rule.kind.as_str() {
            "creation" => rules.no_creation = true,
            RESTRICTS_UPDATES => drop(rules.restrictions.insert(Restriction::Rule)),
            "deletion" => rules.no_deletion = true,
            "non_fast_forward" => rules.only_forward = true,
            "required_linear_history" => rules.linear = true,
            "required_signatures" => rules.signatures = true,
            "merge_queue" => rules.queue = true,
            "pull_request" => {
                rules.only_by_change = true;
                rules.reviews = rules.reviews.max(more.required_approving_review_count);
                rules.code_owners |= more.require_code_owner_review;
            }
            "required_status_checks" => {
                let required = more.required_status_checks.iter();
                rules.checks.extend(required.map(|own| self.required(&own.context, own.integration_id)));
            }
            other => drop(rules.others.insert(other.to_owned())),
        }
    }

    fn add_protection(&self, rules: &mut Rules, protection: &Protection) {
        let is_on =
            |switch: &Option<super::wire::Switch>| switch.as_ref().is_some_and(|switch| switch.enabled);
        if let Some(reviews) = &protection.required_pull_request_reviews {
            rules.only_by_change = true;
            rules.reviews = rules.reviews.max(reviews.required_approving_review_count);
            rules.code_owners |= reviews.require_code_owner_reviews;
        }
        if let Some(checks) = &protection.required_status_checks {
            let is_named = |name: &&String| checks.checks.iter().any(|own| own.context == **name);
            rules.checks.extend(checks.checks.iter().map(|own| self.required(&own.context, own.app_id)));
            // An older server names them without whose they have to be.
            let others = checks.contexts.iter().filter(|name| !is_named(name));
            rules.checks.extend(others.map(|name| self.required(name, None)));
        }
        if is_on(&protection.lock_branch) {
            rules.restrictions.insert(Restriction::Lock);
        }
        rules.linear |= is_on(&protection.required_linear_history);
        rules.signatures |= is_on(&protection.required_signatures);
    }

    /// A check, and whose it has to be. An account reports statuses, which are no App's.
    fn required(&self, name: &str, app: Option<i64>) -> RequiredCheck {
        let own = self.inner.transport.credentials().app();
        let of = match app.and_then(|app| u64::try_from(app).ok()) {
            None => Reporter::Anybody,
            Some(app) if Some(app) == own => Reporter::Bot,
            Some(app) => Reporter::Other(app),
        };
        RequiredCheck { name: name.to_owned(), of }
    }
}
