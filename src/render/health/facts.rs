//! What is.

use std::collections::{BTreeMap, BTreeSet};

use crate::decide::health::{
    BotBranch, BranchRequirement, BranchRestriction, MissingPath, Topic, UnknownTopic, WebhookTopic,
};
use crate::model::{
    Access, Allowance, Deliveries, EnvironmentName, Grant, ImageName, ImageReference, Login, LoginProof,
    Presence, Restriction, SecretWeakness, ServiceEnvironment, TargetOverride,
};
use crate::render::escape::{name, quoted, sentence as said};
use crate::render::fit::listed;
use crate::render::reasons::{lack_of_running, nothing_selected};
use crate::render::time::instant;

/// One sentence, without a full stop.
pub(super) fn sentence(matter: &Topic) -> String {
    match matter {
        Topic::Unknown(subject, why) => {
            format!("{} could not be asked for: {}", subject_words(subject), said(why))
        }
        Topic::LoggedIn(login) => logged_in(login),
        Topic::NotLoggedIn(why) => format!("the forge does not say who the bot is: {}", said(why)),
        Topic::Clocks(ahead) => clocks(*ahead),
        Topic::Allowance(own) => allowance(own),
        Topic::Webhook(own) => webhook(own),
        Topic::SecretUnread { key, why, .. } => format!("the secret of `{key}` is missing: {}", said(why)),
        Topic::SecretWeak { key, source, weakness } => {
            format!("the secret of `{key}`, {}, {}", said(source), weakness_of(*weakness))
        }
        Topic::RepositoryStands => "the repository exists, and the bot has write access".to_owned(),
        Topic::RepositorySeen => "the repository exists".to_owned(),
        Topic::RepositoryUnseen(why) => format!("the repository cannot be seen: {}", said(why)),
        Topic::LocalRepositoryUnseen(why) => said(why),
        Topic::Renamed(to) => format!("the repository was renamed to {}", quoted(to.as_str())),
        Topic::Archived => "the repository is archived, so nothing can be changed there".to_owned(),
        Topic::MayNotPush => "the account of the bot has read access only".to_owned(),
        Topic::PermissionsFit => "the permissions are exactly the required ones".to_owned(),
        Topic::PermissionsUnproven(names) => permissions_unproven(names),
        Topic::PermissionMissing(grant) => missing(grant),
        Topic::PermissionSurplus(grant) => surplus(grant),
        Topic::BranchMissing(branch) => format!("there is no branch {}", quoted(branch.as_str())),
        Topic::BranchOpen(branch) => format!("nothing blocks {}", quoted(branch.as_str())),
        Topic::BranchDemands(branch, demand) => {
            format!("{} {}", quoted(branch.as_str()), demand_words(demand))
        }
        Topic::OwnBranchesOpen => "the branches `towpath/*` may be made, moved and deleted".to_owned(),
        Topic::LogOpen(_) => {
            "everyone with write access may push to `towpath/log`; commits that the bot did not push are ignored".to_owned()
        }
        Topic::ChangesOpen(_) => {
            "everyone with write access may push to `refs/towpath`, and so approve in the name of any user".to_owned()
        }
        Topic::LogUnproven(why) => format!("Towpath does nothing in this repository: {}", said(why)),
        Topic::LeftOut(own) => crate::render::left_out(own),
        Topic::OwnBranchBlocked(branch, ban) => format!("{} {}", own_branch(*branch), ban_words(*ban)),
        Topic::TeamSeen(team) => format!("the team {} exists", quoted(team.as_str())),
        Topic::TeamUnseen(team, why) => {
            let (team, why) = (quoted(team.as_str()), said(why));
            format!("the members of {team} are not known, so their comments have to wait: {why}")
        }
        Topic::ImageListed(image, count) => listed_tags(image, *count),
        Topic::ImageAbsent(image) => {
            format!("{} does not exist in its registry", name(&image.to_string()))
        }
        Topic::ListingsAhead(ahead) => crate::render::listings_ahead(ahead),
        Topic::SettingsUnusable(why) => said(why),
        Topic::RunningGone(reference, presence, targets) => running_gone(reference, presence, targets),
        Topic::NothingSelected { service, image, tags, nearest: (tag, why) } => {
            format!("{}: {}", name(service.as_str()), nothing_selected(image, *tags, Some((tag, *why))))
        }
        Topic::PathMissing(own) => path_missing(own),
        Topic::WithoutPromoters(environments) => {
            format!("no user has the right `promote` in {}", list(environments))
        }
        Topic::Overridden(TargetOverride { target, file, line, why }) => {
            format!("{target}: {}", said(&format!("{file}:{line}: {why}")))
        }
        Topic::OverlayRefused { target, why, .. } => format!("{target}: {}", said(why)),
        Topic::ImageUnlisted(image, why) => format!("{}: {}", name(&image.to_string()), said(why)),
    }
}

fn listed_tags(image: &ImageName, count: usize) -> String {
    let image = name(image.as_str());
    match count {
        0 => format!("{image}: no tags"),
        1 => format!("{image}: 1 tag"),
        count => format!("{image}: {count} tags"),
    }
}

fn running_gone(reference: &ImageReference, presence: &Presence, targets: &[ServiceEnvironment]) -> String {
    let runs = if targets.len() == 1 { "runs" } else { "run" };
    let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let name = ImageReference { digest: None, ..reference.clone() }.to_string();
    let digest = reference.digest.as_ref().map(|digest| format!(" at `{}`", digest.short()));
    let targets = listed(&targets, "and");
    let lack = lack_of_running(presence);
    format!("`{name}`{} {lack}; {targets} {runs} it", digest.unwrap_or_default())
}

fn webhook(matter: &WebhookTopic) -> String {
    match matter {
        WebhookTopic::Works(sent) => works(sent),
        WebhookTopic::Absent => "no webhook sends events, and `webhook_secrets` waits for them".to_owned(),
        WebhookTopic::WithoutSecretHere(url) => {
            format!("a webhook sends events to {}, and the forge has no `webhook_secrets`", quoted(url))
        }
        WebhookTopic::Elsewhere { url, forge } => {
            let (url, forge) = (quoted(url), quoted(forge.as_str()));
            format!("the webhook sends events to {url}, and those of {forge} are taken elsewhere")
        }
        WebhookTopic::NotWanted => "no webhook: the repository is checked every few minutes".to_owned(),
        WebhookTopic::SwitchedOff => "the webhook is inactive".to_owned(),
        WebhookTopic::Unsigned => "the webhook has no secret, so every event is refused".to_owned(),
        WebhookTopic::SendsForms => "the webhook sends forms, not JSON, so every event is refused".to_owned(),
        WebhookTopic::MissesEvents(events) => format!("the webhook does not send {}", list(events)),
        WebhookTopic::Fails(sent) => fails(sent),
    }
}

/// `shop in staging: there is no apps/shop/stagin in the repository`
fn path_missing(own: &MissingPath) -> String {
    format!("{}: the config repository has no {}", own.target, quoted(own.path.as_str()))
}

fn permissions_unproven(uses: &BTreeMap<String, String>) -> String {
    let each = uses.iter().map(|(name, use_)| format!("by {} {}", quoted(name), said(use_)));
    let each: Vec<String> = each.collect();
    let (names, uses) = (list(uses.keys()), each.join("; "));
    format!("the bot may read by {names}; whether it may write cannot be determined: {uses}")
}

fn missing(grant: &Grant) -> String {
    let (permission, granted) = (quoted(&grant.permission), access(grant.granted));
    format!(
        "the permission {permission} is {granted}, and has to be {}: {}",
        access(grant.wanted),
        said(&grant.purpose)
    )
}

fn surplus(grant: &Grant) -> String {
    let (permission, granted) = (quoted(&grant.permission), access(grant.granted));
    match grant.wanted {
        Access::None => format!("the permission {permission} is {granted}, and is not needed"),
        wanted @ (Access::Read | Access::Write | Access::Admin) => {
            format!("the permission {permission} is {granted}, and {} would do", access(wanted))
        }
    }
}

const fn access(access: Access) -> &'static str {
    match access {
        Access::None => "not granted",
        Access::Read => "read",
        Access::Write => "write",
        Access::Admin => "admin",
    }
}

fn logged_in(login: &Login) -> String {
    let by = match login.proof {
        LoginProof::App => ", a GitHub App",
        LoginProof::ClassicToken => ", by a classic token",
        LoginProof::FineGrainedToken => ", by a fine-grained token",
        LoginProof::GivenName => ", as the configuration says",
        LoginProof::Nothing => "",
    };
    let end = login.ends_at.map(|end| format!(" that ends {}", instant(end))).unwrap_or_default();
    format!("the bot is {}{by}{end}", quoted(login.name.as_str()))
}

fn clocks(ahead: i64) -> String {
    match ahead {
        // Instants come in whole seconds, and answers take their time.
        -5..=5 => "our clock and the forge's agree".to_owned(),
        6.. => format!("our clock is {ahead} s ahead of the forge's"),
        _ => format!("our clock is {} s behind the forge's", ahead.unsigned_abs()),
    }
}

fn allowance(own: &Allowance) -> String {
    let Allowance { kind, remaining, limit, resets_at } = own;
    let kind = name(kind);
    format!("{remaining} of {limit} requests left ({kind}), all again {}", instant(*resets_at))
}

fn works(sent: &Deliveries) -> String {
    match (sent.count, sent.taken_at) {
        (0, _) | (_, None) => "the webhook is set up, and no event was sent yet".to_owned(),
        (count, Some(at)) => format!("the last {count} events were taken, the latest {}", instant(at)),
    }
}

fn fails(sent: &Deliveries) -> String {
    let Deliveries { count, failed, taken_at, refused } = sent;
    let refused = refused.as_ref().map(|(at, why)| format!(", the latest {}: {}", instant(*at), said(why)));
    let taken = taken_at.map_or("none was taken".to_owned(), |at| format!("one was taken {}", instant(at)));
    format!("{failed} of the last {count} events were not taken{}; {taken}", refused.unwrap_or_default())
}

fn demand_words(demand: &BranchRequirement) -> String {
    match demand {
        BranchRequirement::Reviews(count, merging) => {
            format!("requires {}, so {}", reviews(*count), waits(merging))
        }
        BranchRequirement::CodeOwners(merging) => {
            format!("requires a review by a code owner, so {}", waits(merging))
        }
        BranchRequirement::Checks(checks) => {
            format!("requires these checks before a merge: {}", list(checks))
        }
        BranchRequirement::Signatures => "requires signed commits".to_owned(),
        BranchRequirement::Linear => "forbids merge commits: changes are squashed".to_owned(),
        BranchRequirement::Queue => "has a merge queue: changes are merged through it".to_owned(),
        BranchRequirement::OwnCheck(check, others) => format!(
            "requires the check {} of every change, and those into {} never have it, so they stay blocked",
            quoted(check),
            list(others)
        ),
        BranchRequirement::OwnCheckOfNone(check) => {
            format!("requires the check {}, and no change into it has one of that name", quoted(check))
        }
        BranchRequirement::OwnCheckOfAll(check) => {
            format!("requires the check {}, which people's own pull requests never have", quoted(check))
        }
        BranchRequirement::OwnCheckOfOther(check, program) => format!(
            "requires the check {} of the App {program}, which is not the bot, so it never passes",
            quoted(check)
        ),
        BranchRequirement::Restricted(Restriction::List) => {
            "accepts pushes and merges only from a list, and the bot is not on it".to_owned()
        }
        BranchRequirement::Restricted(Restriction::Rule) => {
            "accepts pushes and merges only from those who may bypass a rule".to_owned()
        }
        BranchRequirement::Restricted(Restriction::Lock) => "is locked, so merging is blocked".to_owned(),
        BranchRequirement::Others(rules) => {
            format!("has rules that Towpath does not know: {}", list(rules))
        }
    }
}

fn reviews(count: u32) -> String {
    if count == 1 { "1 review".to_owned() } else { format!("{count} reviews") }
}

fn waits(environments: &BTreeSet<EnvironmentName>) -> String {
    format!("changes into {} wait for a person, though the bot is to merge them", list(environments))
}

const fn own_branch(branch: BotBranch) -> &'static str {
    match branch {
        BotBranch::Change => "a rule for `towpath/*`",
        BotBranch::Log => "a rule for `towpath/log`",
    }
}

const fn ban_words(ban: BranchRestriction) -> &'static str {
    match ban {
        BranchRestriction::Creation => "does not let the bot create such a branch",
        BranchRestriction::Deletion => "does not let the bot delete such a branch",
        BranchRestriction::Force => "does not let the bot force-push to such a branch",
        BranchRestriction::Push => "does not let the bot push",
        BranchRestriction::Unsigned => "requires signed commits, and commits by a token are not signed",
        BranchRestriction::Unchecked => "requires checks to pass before a push",
    }
}

fn subject_words(subject: &UnknownTopic) -> String {
    match subject {
        UnknownTopic::Clock => "the forge's clock".to_owned(),
        UnknownTopic::Allowances => "how many requests are left".to_owned(),
        UnknownTopic::Hook => "where events are sent".to_owned(),
        UnknownTopic::Deliveries => "the recent deliveries".to_owned(),
        UnknownTopic::Permissions => "what the bot may do".to_owned(),
        UnknownTopic::Rules(branch) => format!("the rules of {}", quoted(branch.as_str())),
        UnknownTopic::LogProtection => "who may push to `towpath/log`".to_owned(),
        UnknownTopic::OwnBranches => "the rules of `towpath/*`".to_owned(),
        UnknownTopic::Team(team) => format!("the team {}", quoted(team.as_str())),
        UnknownTopic::Overlay(target) => format!("what {target} runs"),
        UnknownTopic::Overrides => "the objects of Argo CD and Flux that set images of a folder".to_owned(),
    }
}

/// `a`, `b` and `c`.
fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| quoted(&item.to_string())).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn weakness_of(weakness: SecretWeakness) -> String {
    match weakness {
        SecretWeakness::ReadableByAll { mode } => {
            format!("can be read by every user of this machine (mode {mode:04o})")
        }
        SecretWeakness::WritableByAll { mode } => {
            format!("can be changed by every user of this machine (mode {mode:04o})")
        }
        SecretWeakness::Short => "has fewer than 8 characters".to_owned(),
    }
}
