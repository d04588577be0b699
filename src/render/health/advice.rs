//! What to do about it.

use std::collections::BTreeSet;

use crate::decide::health::{
    BotBranch, BranchRequirement, BranchRestriction, MissingPath, Topic, UnknownTopic, WebhookTopic,
};
use crate::model::{
    Access, EnvironmentName, ForgeName, Grant, LoginProof, Restriction, SecretPurpose, SecretWeakness,
};
use crate::render::escape::quoted;
use crate::render::fit::listed;
use crate::render::reasons::way_out_of_running;

/// What to do where a repository at GitHub cannot be seen.
const GRANT_ACCESS: &str =
    "install the App for it, or give the token access; and look at `repository` in the configuration";
/// What to do where a repository of a local forge cannot be opened.
const MAKE_REPOSITORY: &str = "make it with `git init --bare -b main PATH` and push to it, or correct `root` of the forge or `repository` of the service";

/// One sentence, without a full stop; nothing where there is nothing to say.
pub(super) fn sentence(matter: &Topic) -> Option<String> {
    let text = match matter {
        Topic::Unknown(subject, _) => return untold(subject),
        Topic::LoggedIn(login) => new_token(login.proof)?,
        Topic::NotLoggedIn(_) => "look at `url`, and at `token` or `app`, of the forge in the configuration",
        Topic::Clocks(_) => {
            "keep the clock of this machine right (NTP): windows and freezes are judged by it"
        }
        Topic::Allowance(_) => {
            "use a GitHub App: each of its installations has an allowance of its own; and set `webhook_secrets`"
        }
        Topic::Webhook(own) => return webhook(own),
        Topic::SecretUnread { purpose, .. } => missing_secret(*purpose),
        Topic::SecretWeak { weakness, .. } => weak_secret(weakness),
        Topic::TeamUnseen(..) => {
            "look at its name in `rights` and `approvals`, and let the bot read the members of the organization"
        }
        Topic::RepositoryUnseen(_) => GRANT_ACCESS,
        Topic::LocalRepositoryUnseen(_) => MAKE_REPOSITORY,
        Topic::Renamed(_) => "write the new name into the configuration",
        Topic::Archived => {
            "unarchive it in Settings > General, or remove its services from the configuration"
        }
        Topic::MayNotPush => "give it the role Write: Settings > Collaborators and teams",
        Topic::PermissionMissing(grant) => return Some(grant_it(grant)),
        Topic::PermissionsUnproven(_) => {
            "see that the token has Read and write for each of them, or use a GitHub App, which can be asked"
        }
        Topic::PermissionSurplus(grant) => return Some(take_it_back(grant)),
        Topic::BranchMissing(_) => "make it, or look at `branch` of the services in the configuration",
        Topic::BranchDemands(_, demand) => demanded(demand)?,
        Topic::ChangesOpen(command) => return Some(refuse_pushes(Some(command))),
        Topic::LogOpen(command) => return Some(refuse_pushes(command.as_deref())),
        Topic::OwnBranchBlocked(branch, ban) => return Some(blocked(*branch, *ban)),
        Topic::ImageUnlisted(..) => {
            "look at `registries` in the configuration; `towpath tags IMAGE` asks again"
        }
        Topic::ImageAbsent(_) => "correct the name of the image under `services`, or push it",
        Topic::ImageListed(_, 0) => "push one, or correct the name of the image under `services`",
        Topic::ListingsAhead(_) => "check the clock of this machine",
        Topic::RunningGone(_, presence, _) => return Some(way_out_of_running(presence)),
        Topic::NothingSelected { .. } => {
            "look at `select` of the service; `towpath tags IMAGE` says why each tag is not taken"
        }
        Topic::PathMissing(own) => return Some(right_path(own)),
        Topic::WithoutPromoters(environments) => return Some(name_promoters(environments)),
        Topic::Overridden(_) => {
            "delete the setting, so that what Towpath writes takes effect; ignore this where the source is another repository"
        }
        Topic::OverlayRefused { way_out, .. } => return way_out.clone(),
        Topic::SettingsUnusable(_)
        | Topic::RepositoryStands
        | Topic::RepositorySeen
        | Topic::PermissionsFit
        | Topic::BranchOpen(_)
        | Topic::OwnBranchesOpen
        | Topic::LogUnproven(_)
        | Topic::LeftOut(_)
        | Topic::TeamSeen(_)
        | Topic::ImageListed(..) => return None,
    };
    Some(text.to_owned())
}

fn name_promoters(environments: &BTreeSet<EnvironmentName>) -> String {
    let keys = environments.iter().map(|environment| quoted(&format!("rights.{environment}.promote")));
    let keys = listed(&keys.collect::<Vec<_>>(), "and");
    format!("a local forge has no permissions of its own, so name users under {keys}")
}

/// What to do about a webhook.
fn webhook(matter: &WebhookTopic) -> Option<String> {
    let text = match matter {
        WebhookTopic::Absent => {
            "in the settings of the App (with a token: of the repository or its organization) > Webhook, set the address to https://YOUR-TOWPATH/hooks/github/FORGE, with one of the `webhook_secrets`"
        }
        WebhookTopic::WithoutSecretHere(_) => {
            "set `webhook_secrets` of the forge to the webhook's secret, and changes are seen at once"
        }
        WebhookTopic::Elsewhere { forge, .. } => return Some(own_address(forge)),
        WebhookTopic::SwitchedOff => "switch it on: Settings > Webhooks > Active",
        WebhookTopic::Unsigned => "set its secret to one of the `webhook_secrets`",
        WebhookTopic::SendsForms => "set its content type to application/json",
        WebhookTopic::MissesEvents(_) => {
            "subscribe to them: settings of the App > Permissions & events, or of the webhook > individual events"
        }
        WebhookTopic::Fails(_) => {
            "look at Recent Deliveries of the webhook: the secret or address is wrong, or the service was not reachable; GitHub does not send an event again by itself"
        }
        WebhookTopic::Works(_) | WebhookTopic::NotWanted => return None,
    };
    Some(text.to_owned())
}

/// What to do about a secret that is not there.
const fn missing_secret(purpose: SecretPurpose) -> &'static str {
    match purpose {
        SecretPurpose::ProveEvents => "put the secret there: without it `towpath serve` does not start",
        SecretPurpose::LogIn => "put the secret there",
    }
}

/// What to do about a secret that others can read, write or guess.
const fn weak_secret(weakness: &SecretWeakness) -> &'static str {
    match weakness {
        SecretWeakness::ReadableByAll { .. } | SecretWeakness::WritableByAll { .. } => {
            "let its owner alone use it: `chmod 600 FILE`; in Kubernetes set `defaultMode: 0400` and `fsGroup`"
        }
        SecretWeakness::Short => "use a long random one, such as from `openssl rand -hex 32`",
    }
}

/// The address to which the forge is to send its events.
fn own_address(forge: &ForgeName) -> String {
    format!("let its address end in `/hooks/github/{forge}`, at the host of Towpath")
}

/// How to refuse pushes of others than the bot to the branch of the log, or to the changes of a local forge.
fn refuse_pushes(command: Option<&str>) -> String {
    let ruleset = "Settings > Rules > Rulesets > a branch ruleset for `towpath/log` with Restrict creations, updates and \
                   deletions and Block force pushes, and the bot alone in its bypass list";
    format!("protect it: {}", command.unwrap_or(ruleset))
}

/// The path that was meant, or what is there instead.
fn right_path(own: &MissingPath) -> String {
    if let Some(near) = &own.near {
        return format!("did you mean {}?", quoted(near));
    }
    let beside: Vec<String> = own.beside.iter().map(|name| quoted(name)).collect();
    let above = if own.above.is_empty() { "its root".to_owned() } else { quoted(&own.above) };
    match beside.as_slice() {
        [] => "the branch is empty; add the folder, or correct `path`".to_owned(),
        [..] => format!("add it, or correct `path`: {above} holds {}", beside.join(", ")),
    }
}

/// How to come to a token that lasts, where there is one that ends.
const fn new_token(proof: LoginProof) -> Option<&'static str> {
    match proof {
        LoginProof::App | LoginProof::Nothing => None,
        LoginProof::GivenName => Some("make a new one, or use a GitHub App, which needs none"),
        LoginProof::ClassicToken => Some(
            "make a new one in Settings > Developer settings > Tokens (classic), or use a GitHub App, which needs none",
        ),
        LoginProof::FineGrainedToken => Some(
            "make a new one in Settings > Developer settings > Fine-grained tokens, or use a GitHub App, which needs none",
        ),
    }
}

fn untold(subject: &UnknownTopic) -> Option<String> {
    let text = match subject {
        UnknownTopic::Rules(_) => {
            "an owner sees them in Settings > Branches; the bot needs no right to read them"
        }
        UnknownTopic::Hook => {
            "look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows"
        }
        UnknownTopic::Deliveries => {
            "an owner sees them in the webhook's settings > Recent Deliveries; those that come are counted by `towpath_deliveries_total` in /metrics"
        }
        UnknownTopic::Clock
        | UnknownTopic::Allowances
        | UnknownTopic::Permissions
        | UnknownTopic::LogProtection
        | UnknownTopic::OwnBranches
        | UnknownTopic::Team(_)
        | UnknownTopic::Overlay(_)
        | UnknownTopic::Overrides => return None,
    };
    Some(text.to_owned())
}

fn grant_it(grant: &Grant) -> String {
    let Grant { permission, settings, .. } = grant;
    format!("grant {} in {settings}", quoted(permission))
}

fn take_it_back(grant: &Grant) -> String {
    let Grant { permission, settings, .. } = grant;
    let to = if grant.wanted == Access::None { "No access" } else { "the lower level" };
    format!("set {} to {to} in {settings}", quoted(permission))
}

const fn demanded(demand: &BranchRequirement) -> Option<&'static str> {
    match demand {
        BranchRequirement::Reviews(..) | BranchRequirement::CodeOwners(_) => Some(
            "the bot merges them once they are reviewed; to merge without a review, remove this rule, and require `approvals` in the other environments: the bot needs no bypass",
        ),
        BranchRequirement::OwnCheck(..) => Some(
            "do not require it: each change has only the check of its own environment, and the bot merges nothing whose gates do not pass",
        ),
        BranchRequirement::OwnCheckOfNone(_) => {
            Some("do not require it, or correct its name: the check is called `towpath/` and the environment")
        }
        BranchRequirement::OwnCheckOfAll(_) => Some(
            "where people bring changes of their own to this branch, too, do not require it: the bot merges nothing whose gates do not pass",
        ),
        BranchRequirement::OwnCheckOfOther(..) => Some(
            "where it is to be required at all, let its source be the bot's App, or any source where the bot has a token: Settings > Rules, or Branches",
        ),
        BranchRequirement::Restricted(Restriction::List) => {
            Some("add the bot to the list of those who may push, and to nothing else: Settings > Branches")
        }
        BranchRequirement::Restricted(Restriction::Rule) => Some(
            "put \"Restrict updates\" into a ruleset of its own, and let the bot bypass that one, for pull requests only: Settings > Rules",
        ),
        BranchRequirement::Restricted(Restriction::Lock) => Some("unlock it: Settings > Branches"),
        BranchRequirement::Signatures => Some("use a GitHub App: GitHub signs what it commits"),
        BranchRequirement::Others(_) => Some("check whether they allow a promotion: Settings > Rules"),
        BranchRequirement::Checks(_) | BranchRequirement::Linear | BranchRequirement::Queue => None,
    }
}

fn blocked(branch: BotBranch, ban: BranchRestriction) -> String {
    let pattern = match branch {
        BotBranch::Change => "towpath/**/*",
        BotBranch::Log => "towpath/log",
    };
    match ban {
        BranchRestriction::Unsigned => "use a GitHub App: GitHub signs what it commits".to_owned(),
        BranchRestriction::Creation
        | BranchRestriction::Deletion
        | BranchRestriction::Force
        | BranchRestriction::Push
        | BranchRestriction::Unchecked => {
            format!(
                "exclude `{pattern}` from that rule: Settings > Rules; a bypass would free the bot of it on other branches, too"
            )
        }
    }
}
