//! How things stand, for `towpath doctor`: every question reads, and what is not answered is said to be unknown.

mod access;
mod hook;
mod rules;
mod wire;

use chrono::DateTime;
use futures::stream::{self, StreamExt as _};
use http::HeaderMap;
use http::header::DATE;
use serde::de::DeserializeOwned;

use super::auth::Credentials;
use super::scope::Scope;
use super::transport::{Call, OWN_ACCOUNT, Response};
use super::wire::Account;
use super::{GitHubForge, READS_AT_ONCE};
use crate::forge::ForgeError;
use crate::model::{
    Allowance, BRANCH_PREFIX, BranchName, Grant, Health, HealthQuestion, LOG_BRANCH, Login, LoginProof,
    Probe, RepositoryHealth, RepositoryName, RepositoryState, Rules, Time, UserName,
};
use wire::{FullRepository, OwnApp, RateLimits};

/// When a token ends; GitHub writes the zone as `UTC` or as a number.
const TOKEN_ENDS: &str = "github-authentication-token-expiration";
const TOKEN_ENDS_FORMATS: [&str; 2] = ["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S UTC"];
/// Where anybody may ask how much is left; it costs nothing.
const LIMITS: &str = "/rate_limit";
/// What a classic token is good for; others do not have it.
const SCOPES: &str = "x-oauth-scopes";
/// GitHub has been seen to give the time of its response as the end of a token, which then is none.
const END_IS_NOW_WITHIN: chrono::TimeDelta = chrono::TimeDelta::minutes(1);
/// The kind of an account that has teams, and webhooks for all of its repositories.
const ORGANIZATION: &str = "Organization";
/// A branch as Towpath makes them, which need not exist.
const ANY_CHANGE: &str = "any-environment/any-group";

/// Who the bot is, and what else the response told.
struct Identified {
    login: Probe<Login>,
    clock_ahead: Probe<i64>,
    /// What a classic token is good for.
    scopes: Option<Vec<String>>,
    /// What the App hears of.
    events: Vec<String>,
}

/// Who asks what the bot may do in a repository.
struct TokenScope<'a> {
    /// What a classic token is good for.
    scopes: Option<&'a [String]>,
    /// What the App hears of.
    events: &'a [String],
    /// Of which organization it matters who belongs to a team.
    organization: Option<&'a str>,
}

impl GitHubForge {
    /// Everything that can be asked.
    pub(super) async fn examine_all(&self, question: &HealthQuestion) -> Health {
        let who = self.identify().await;
        let repositories = self.examine_repositories(question, &who).await;
        let first = question.places.first().map(|place| &place.repository);
        Health {
            forge: self.name().clone(),
            allowances: self.allowances(first).await,
            hook: self.hook_of_app(&who.events).await,
            login: who.login,
            clock_ahead: who.clock_ahead,
            repositories,
        }
    }

    async fn examine_repositories(
        &self,
        question: &HealthQuestion,
        who: &Identified,
    ) -> Vec<RepositoryHealth> {
        if who.login.known().is_none() {
            // Nobody who is not let in learns anything about a repository.
            return Vec::new();
        }
        let asked = question.repositories().into_iter().map(|(name, branches)| {
            let branches = branches.into_iter().cloned().collect();
            self.examine_repository(name, branches, question.has_teams, who)
        });
        let asked: Vec<_> = asked.collect();
        stream::iter(asked).buffered(READS_AT_ONCE).collect().await
    }

    fn is_app(&self) -> bool {
        matches!(self.inner.transport.credentials(), Credentials::App(_))
    }

    async fn identify(&self) -> Identified {
        let given = self.given_name();
        let path = match given {
            _ if self.is_app() => "/app",
            // Anybody may ask for it, a token of GitHub Actions too, which may not ask whose it is.
            Some(_) => LIMITS,
            None => OWN_ACCOUNT,
        };
        let call = Call::get(Scope::Bot, "say who it is", path.to_owned());
        let nobody =
            |login| Identified { login, clock_ahead: Probe::Absent, scopes: None, events: Vec::new() };
        let (response, headers) = match self.inner.transport.call_with_headers(call).await {
            Ok(answered) => answered,
            Err(error) => return nobody(Probe::Unknown(error.to_string())),
        };
        let scopes = text(&headers, SCOPES).map(|text| words_of(&text));
        let clock_ahead = self.clock_ahead(&headers);
        let ends_at = self.token_end(&headers);
        let (name, proof, events) = if self.is_app() {
            match response.json::<OwnApp>("the App") {
                Ok(app) => (format!("{}[bot]", app.slug), LoginProof::App, app.events),
                Err(error) => return nobody(Probe::Unknown(error.to_string())),
            }
        } else if let Some(name) = given {
            // A GitHub without limits says that there is no such thing, and so responds all the same.
            if let Err(error @ ForgeError::Unavailable { .. }) = response.ensure_success("the limits") {
                return nobody(Probe::Unknown(error.to_string()));
            }
            let proof = if scopes.is_some() { LoginProof::ClassicToken } else { LoginProof::GivenName };
            (name.to_string(), proof, Vec::new())
        } else {
            let proof =
                if scopes.is_some() { LoginProof::ClassicToken } else { LoginProof::FineGrainedToken };
            match response.json::<Account>("the account of the bot") {
                Ok(account) => (account.login, proof, Vec::new()),
                Err(error) => return nobody(Probe::Unknown(error.to_string())),
            }
        };
        let login = UserName::new(name).map(|name| Probe::Known(Login { name, proof, ends_at }));
        let login = login.unwrap_or_else(|error| Probe::Unknown(error.to_string()));
        Identified { login, clock_ahead, scopes, events }
    }

    /// The name of the bot, where the configuration says it; that of an App is asked for all the same.
    fn given_name(&self) -> Option<&UserName> {
        if self.inner.is_bot_given && !self.is_app() { self.inner.bot.get() } else { None }
    }

    fn clock_ahead(&self, headers: &HeaderMap) -> Probe<i64> {
        let date = text(headers, DATE.as_str()).and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
        match date {
            Some(date) => Probe::Known((self.now() - date.to_utc()).num_seconds()),
            None => Probe::Unknown("its response has no date".to_owned()),
        }
    }

    fn token_end(&self, headers: &HeaderMap) -> Option<Time> {
        let text = text(headers, TOKEN_ENDS)?;
        let zoned = DateTime::parse_from_str(&text, TOKEN_ENDS_FORMATS[0]).map(|end| end.to_utc());
        let end = zoned.or_else(|_| {
            chrono::NaiveDateTime::parse_from_str(&text, TOKEN_ENDS_FORMATS[1]).map(|end| end.and_utc())
        });
        end.ok().filter(|end| (*end - self.now()).abs() > END_IS_NOW_WITHIN)
    }

    async fn allowances(&self, repository: Option<&RepositoryName>) -> Probe<Vec<Allowance>> {
        let Some(repository) = repository else { return Probe::Absent };
        let scope = Scope::Repository(repository);
        let limits: RateLimits = match self.told(scope, "read its limits", LIMITS.to_owned()).await {
            Probe::Known(limits) => limits,
            Probe::Unknown(why) => return Probe::Unknown(why),
            // GitHub Enterprise Server may have no limits at all.
            Probe::Absent => return Probe::Absent,
        };
        let kinds = [("REST", limits.resources.core), ("GraphQL", limits.resources.graphql)];
        let allowance = |(kind, limit): (&str, Option<wire::RateLimit>)| {
            let limit = limit?;
            let resets_at = DateTime::from_timestamp(limit.reset, 0)?;
            Some(Allowance {
                kind: kind.to_owned(),
                remaining: limit.remaining,
                limit: limit.limit,
                resets_at,
            })
        };
        Probe::Known(kinds.into_iter().filter_map(allowance).collect())
    }

    async fn examine_repository(
        &self,
        repository: &RepositoryName,
        branches: Vec<BranchName>,
        has_teams: bool,
        who: &Identified,
    ) -> RepositoryHealth {
        let found = self.found(repository).await;
        let asker = TokenScope { scopes: who.scopes.as_deref(), events: &who.events, organization: None };
        let found = match found {
            Probe::Known(found) => found,
            Probe::Unknown(why) => {
                // An App that was granted too little gets no token at all, but may ask what it was granted.
                let grants =
                    if self.is_app() { self.grants(repository, &asker).await } else { Probe::Absent };
                return self.unseen(repository, Probe::Unknown(why), grants);
            }
            Probe::Absent => return self.unseen(repository, Probe::Absent, Probe::Absent),
        };
        let organization =
            found.owner.kind.as_deref().filter(|kind| *kind == ORGANIZATION).map(|_| &*found.owner.login);
        let asker = TokenScope { organization: if has_teams { organization } else { None }, ..asker };
        let change = BranchName::new(format!("{BRANCH_PREFIX}{ANY_CHANGE}")).expect("a branch name");
        let log = BranchName::new(LOG_BRANCH).expect("a branch name");
        let (log_branch, log_protection) = self.rules_of_log(repository, &log).await;
        RepositoryHealth {
            grants: self.grants(repository, &asker).await,
            hook: self.hook_of(repository, organization).await,
            own_branches: self.rules_of_own(repository, &change).await,
            log_branch,
            log_protection,
            repository: repository.clone(),
            branches: self.rules_of_all(repository, branches, who).await,
            state: Probe::Known(self.state(repository, found)),
        }
    }

    /// The rules of the branches that services are promoted into.
    async fn rules_of_all(
        &self,
        repository: &RepositoryName,
        branches: Vec<BranchName>,
        who: &Identified,
    ) -> Vec<(BranchName, Probe<Rules>)> {
        let Probe::Known(Login { name: bot, .. }) = &who.login else { return Vec::new() };
        let mut rules = Vec::with_capacity(branches.len());
        for branch in branches {
            let found = match self.tip(repository, &branch).await {
                Ok(Some(_)) => self.rules_of(repository, &branch, bot).await,
                Ok(None) => Probe::Absent,
                Err(error) => Probe::Unknown(error.to_string()),
            };
            rules.push((branch, found));
        }
        rules
    }

    async fn found(&self, repository: &RepositoryName) -> Probe<FullRepository> {
        let scope = Scope::Repository(repository);
        match self.told(scope, "see the repository", format!("/repos/{repository}")).await {
            Probe::Absent => Probe::Unknown("it does not exist, or the bot may not see it".to_owned()),
            told @ (Probe::Known(_) | Probe::Unknown(_)) => told,
        }
    }

    fn state(&self, repository: &RepositoryName, found: FullRepository) -> RepositoryState {
        let is_same = found.full_name.eq_ignore_ascii_case(repository.as_str());
        RepositoryState {
            renamed_to: if is_same { None } else { RepositoryName::new(found.full_name).ok() },
            is_archived: found.archived,
            // Of an App this says nothing: its permissions do.
            may_push: if self.is_app() { None } else { found.permissions.map(|own| own.push) },
            merge_commits: found.allow_merge_commit,
        }
    }

    /// A repository that is not to be seen, of which nothing else can be told.
    fn unseen(
        &self,
        repository: &RepositoryName,
        state: Probe<RepositoryState>,
        grants: Probe<Vec<Grant>>,
    ) -> RepositoryHealth {
        // The hook of an App is its own, whatever it sees.
        let hook = if self.is_app() {
            Probe::Absent
        } else {
            Probe::Unknown("the repository cannot be seen".to_owned())
        };
        RepositoryHealth {
            repository: repository.clone(),
            state,
            grants,
            hook,
            branches: Vec::new(),
            own_branches: Probe::Absent,
            log_branch: Probe::Absent,
            log_protection: Probe::Absent,
        }
    }

    /// A response as it is needed here: something that does not exist is no failure, and a failure is no response.
    async fn told<T: DeserializeOwned>(&self, scope: Scope<'_>, verb: &str, path: String) -> Probe<T> {
        match self.inner.transport.call_with_headers(Call::get(scope, verb, path)).await {
            Ok((response, _)) => read(&response),
            Err(error) => Probe::Unknown(error.to_string()),
        }
    }
}

fn read<T: DeserializeOwned>(response: &Response) -> Probe<T> {
    match response.json("the response") {
        Ok(value) => Probe::Known(value),
        Err(ForgeError::NotFound { .. }) => Probe::Absent,
        Err(error) => Probe::Unknown(error.to_string()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

fn words_of(text: &str) -> Vec<String> {
    text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}
