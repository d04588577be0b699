//! What is.

use std::collections::BTreeSet;

use crate::decide::health::{Ban, Demand, Matter, MissingPath, OwnBranch, Subject, WebhookMatter};
use crate::model::{
    Access, Allowance, Deliveries, EnvironmentName, Grant, ImageReference, Login, LoginProof, Presence,
    Restriction, SecretWeakness, Target,
};
use crate::render::fit::listed;
use crate::render::harmless::{name, quoted, sentence as said};
use crate::render::reasons::{lack_of_running, nothing_selected};
use crate::render::time::instant;

/// One sentence, without a full stop.
pub(super) fn sentence(matter: &Matter) -> String {
    match matter {
        Matter::Untold(subject, why) => {
            format!("{} could not be asked for: {}", subject_words(subject), said(why))
        }
        Matter::LoggedIn(login) => logged_in(login),
        Matter::NotLoggedIn(why) => format!("the forge does not say who the bot is: {}", said(why)),
        Matter::Clocks(ahead) => clocks(*ahead),
        Matter::Allowance(own) => allowance(own),
        Matter::Webhook(own) => webhook(own),
        Matter::SecretUnread { key, why, .. } => format!("the secret of `{key}` is missing: {}", said(why)),
        Matter::SecretWeak { key, source, weakness } => {
            format!("the secret of `{key}`, {}, {}", said(source), weakness_of(*weakness))
        }
        Matter::RepositoryStands => "the repository is there, and the bot may change it".to_owned(),
        Matter::RepositorySeen => "the repository is there".to_owned(),
        Matter::RepositoryUnseen(why) => format!("the repository cannot be seen: {}", said(why)),
        Matter::LocalRepositoryUnseen(why) => said(why),
        Matter::Renamed(to) => format!("the repository is called {} by now", quoted(to.as_str())),
        Matter::Archived => "the repository is archived, so nothing can be changed there".to_owned(),
        Matter::MayNotPush => "the account of the bot may only read".to_owned(),
        Matter::PermissionsFit => "the permissions are those that are needed".to_owned(),
        Matter::PermissionsUnproven(names) => {
            let uses = names.iter().map(|(name, use_)| format!("by {} {}", quoted(name), said(use_)));
            let uses: Vec<String> = uses.collect();
            let (names, uses) = (list(names.keys()), uses.join("; "));
            format!("the bot may read by {names}; whether it may write cannot be told: {uses}")
        }
        Matter::PermissionMissing(grant) => missing(grant),
        Matter::PermissionSurplus(grant) => surplus(grant),
        Matter::BranchMissing(branch) => format!("there is no branch {}", quoted(branch.as_str())),
        Matter::BranchOpen(branch) => format!("nothing stands in the way of {}", quoted(branch.as_str())),
        Matter::BranchDemands(branch, demand) => {
            format!("{} {}", quoted(branch.as_str()), demand_words(demand))
        }
        Matter::OwnBranchesOpen => "the branches `towpath/*` may be made, moved and deleted".to_owned(),
        Matter::LogOpen(_) => {
            "whoever may push to the repository may push to `towpath/log`; what others push there does not count".to_owned()
        }
        Matter::LeftOut(own) => crate::render::left_out(own),
        Matter::OwnBranchBlocked(branch, ban) => format!("{} {}", own_branch(*branch), ban_words(*ban)),
        Matter::TeamSeen(team) => format!("the team {} is there", quoted(team.as_str())),
        Matter::TeamUnseen(team, why) => {
            let (team, why) = (quoted(team.as_str()), said(why));
            format!("who belongs to {team} is not known, so what they write has to wait: {why}")
        }
        Matter::ImageListed(image, 0) => format!("{}: no tags", name(&image.to_string())),
        Matter::ImageListed(image, 1) => format!("{}: 1 tag", name(&image.to_string())),
        Matter::ImageListed(image, count) => format!("{}: {count} tags", name(&image.to_string())),
        Matter::ImageAbsent(image) => {
            format!("{} does not exist in its registry", name(&image.to_string()))
        }
        Matter::ListingsAhead(ahead) => crate::render::listings_ahead(ahead),
        Matter::SettingsUnusable(why) => said(why),
        Matter::RunningGone(reference, presence, targets) => running_gone(reference, presence, targets),
        Matter::NothingSelected { service, image, tags, nearest: (tag, why) } => {
            format!("{}: {}", name(service.as_str()), nothing_selected(image, *tags, Some((tag, *why))))
        }
        Matter::PathMissing(own) => path_missing(own),
        Matter::OverlayRefused { target, why, .. } => format!("{target}: {}", said(why)),
        Matter::ImageUnlisted(image, why) => format!("{}: {}", name(&image.to_string()), said(why)),
    }
}

fn running_gone(reference: &ImageReference, presence: &Presence, targets: &[Target]) -> String {
    let runs = if targets.len() == 1 { "runs" } else { "run" };
    let targets: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let name = ImageReference { digest: None, ..reference.clone() }.to_string();
    let digest = reference.digest.as_ref().map(|digest| format!(" at `{}`", digest.short()));
    let targets = listed(&targets, "and");
    let lack = lack_of_running(presence);
    format!("`{name}`{} {lack}; {targets} {runs} it", digest.unwrap_or_default())
}

fn webhook(matter: &WebhookMatter) -> String {
    match matter {
        WebhookMatter::Works(sent) => works(sent),
        WebhookMatter::Absent => "no webhook sends events, and `webhook_secrets` waits for them".to_owned(),
        WebhookMatter::WithoutSecretHere(url) => {
            format!("a webhook sends events to {}, and the forge has no `webhook_secrets`", quoted(url))
        }
        WebhookMatter::Elsewhere { url, forge } => {
            let (url, forge) = (quoted(url), quoted(forge.as_str()));
            format!("the webhook sends events to {url}, and those of {forge} are taken elsewhere")
        }
        WebhookMatter::NotWanted => "no webhook: it is looked at every few minutes".to_owned(),
        WebhookMatter::SwitchedOff => "the webhook is switched off".to_owned(),
        WebhookMatter::Unsigned => "the webhook has no secret, so every event is refused".to_owned(),
        WebhookMatter::SendsForms => {
            "the webhook sends forms, not JSON, so every event is refused".to_owned()
        }
        WebhookMatter::MissesEvents(events) => format!("the webhook does not tell of {}", list(events)),
        WebhookMatter::Fails(sent) => fails(sent),
    }
}

/// `shop in staging: there is no apps/shop/stagin in the repository`
fn path_missing(own: &MissingPath) -> String {
    format!("{}: the config repository has no {}", own.target, quoted(own.path.as_str()))
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

fn demand_words(demand: &Demand) -> String {
    match demand {
        Demand::Reviews(count, merging) => {
            format!("wants {}, so {}", reviews(*count), waits(merging))
        }
        Demand::CodeOwners(merging) => format!("wants a review by a code owner, so {}", waits(merging)),
        Demand::Checks(checks) => format!("wants these checks before a merge: {}", list(checks)),
        Demand::Signatures => "wants signed commits".to_owned(),
        Demand::Linear => "wants no merge commits: changes are squashed".to_owned(),
        Demand::Queue => "has a merge queue: changes take their turn there".to_owned(),
        Demand::OwnCheck(check, others) => format!(
            "wants the check {} of every change, and those into {} never have it, so they stay blocked",
            quoted(check),
            list(others)
        ),
        Demand::OwnCheckOfNone(check) => {
            format!("wants the check {}, and no change into it has one of that name", quoted(check))
        }
        Demand::OwnCheckOfAll(check) => {
            format!("wants the check {}, which people's own pull requests never have", quoted(check))
        }
        Demand::OwnCheckOfOther(check, program) => format!(
            "wants the check {} of the App {program}, which is not the bot, so it never passes",
            quoted(check)
        ),
        Demand::Restricted(Restriction::List) => {
            "takes pushes and merges of those on a list, and the bot is not on it".to_owned()
        }
        Demand::Restricted(Restriction::Rule) => {
            "takes pushes and merges only of those who pass a rule by".to_owned()
        }
        Demand::Restricted(Restriction::Lock) => "is locked, so nobody can merge there".to_owned(),
        Demand::Others(rules) => format!("has rules that Towpath knows nothing of: {}", list(rules)),
    }
}

fn reviews(count: u32) -> String {
    if count == 1 { "1 review".to_owned() } else { format!("{count} reviews") }
}

fn waits(environments: &BTreeSet<EnvironmentName>) -> String {
    format!("changes into {} wait for a person, though the bot is to merge them", list(environments))
}

const fn own_branch(branch: OwnBranch) -> &'static str {
    match branch {
        OwnBranch::Change => "a rule for `towpath/*`",
        OwnBranch::Log => "a rule for `towpath/log`",
    }
}

const fn ban_words(ban: Ban) -> &'static str {
    match ban {
        Ban::Creation => "lets the bot make no such branch",
        Ban::Deletion => "lets the bot delete no such branch",
        Ban::Force => "lets the bot write no such branch anew",
        Ban::Push => "lets the bot push nothing",
        Ban::Unsigned => "wants signed commits, and nobody signs what a token commits",
        Ban::Unchecked => "wants checks to pass before anything is pushed",
    }
}

fn subject_words(subject: &Subject) -> String {
    match subject {
        Subject::Clock => "the forge's clock".to_owned(),
        Subject::Allowances => "how many requests are left".to_owned(),
        Subject::Hook => "where events are sent".to_owned(),
        Subject::Deliveries => "what became of events".to_owned(),
        Subject::Permissions => "what the bot may do".to_owned(),
        Subject::Rules(branch) => format!("the rules of {}", quoted(branch.as_str())),
        Subject::LogProtection => "who may push to `towpath/log`".to_owned(),
        Subject::OwnBranches => "the rules of `towpath/*`".to_owned(),
        Subject::Team(team) => format!("the team {}", quoted(team.as_str())),
        Subject::Overlay(target) => format!("what {target} runs"),
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
