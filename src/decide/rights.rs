//! Who may do what: judged by facts at most a minute old; what is not known is asked for and does not count.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::need::Need;
use super::promotion_view::PromotionView;
use crate::model::{Fact, ObservedChange, Principal, Right, ServiceEnvironment, TeamName, UserName};

/// How old a fact about somebody's rights may be.
const RIGHTS_AGE_MAX: TimeDelta = TimeDelta::seconds(60);

/// Whether somebody holds, for a change, any of the rights at a target; nothing while that is not known.
pub(super) fn holds_any(
    case: &PromotionView<'_>,
    user: &UserName,
    observed: &ObservedChange,
    rights: &[Right],
    target: &ServiceEnvironment,
) -> Option<bool> {
    let holders: Vec<&Principal> =
        rights.iter().flat_map(|right| case.policy.holders(*right, target)).collect();
    let is_named = is_any_of(case, user, observed, holders.into_iter());
    let is_left_to_writers = rights.iter().any(|right| case.policy.is_left_to_writers(*right, target));
    if is_named == Some(true) || !is_left_to_writers {
        return is_named;
    }
    match may_write(case, user) {
        Some(true) => Some(true),
        Some(false) => is_named,
        None => None,
    }
}

/// Whether somebody is, for a change, one of these, or belongs to one of these; nothing while that is not known.
pub(super) fn is_any_of<'a>(
    case: &PromotionView<'_>,
    user: &UserName,
    observed: &ObservedChange,
    principals: impl Iterator<Item = &'a Principal>,
) -> Option<bool> {
    let mut answer = Some(false);
    for principal in principals {
        let is = match principal {
            Principal::User(name) if case.world.means(name, user) => is_still(case, user),
            Principal::User(_) => Some(false),
            Principal::Team(team) => is_member(case, team, user),
            Principal::CodeOwners => is_owner(case, user, observed),
        };
        match is {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// Whether somebody is who is meant by their name: it may be a stranger's by now, but a stranger has no access.
fn is_still(case: &PromotionView<'_>, user: &UserName) -> Option<bool> {
    if !case.world.capabilities.logins_can_be_reassigned {
        return Some(true);
    }
    known(case, case.facts.collaborator(user), || Need::Collaborator { user: user.clone() })
}

/// Whether somebody is named for one of the rights, and has no access to the config repository.
pub(super) fn is_named_stranger(
    case: &PromotionView<'_>,
    user: &UserName,
    rights: &[Right],
    target: &ServiceEnvironment,
) -> bool {
    let is_known_not_to_be = |fact: &Fact<bool>| fact.value() == Some(&false);
    let mut holders = rights.iter().flat_map(|right| case.policy.holders(*right, target));
    case.facts.collaborator(user).is_some_and(is_known_not_to_be)
        && holders.any(|holder| matches!(holder, Principal::User(name) if case.world.means(name, user)))
}

/// Whether somebody owns one of the files that a change touches.
fn is_owner(case: &PromotionView<'_>, user: &UserName, observed: &ObservedChange) -> Option<bool> {
    let code_owners = case.world.code_owners.as_ref().ok()?;
    observed.key.as_ref()?;
    // What owns a file is a person or a team, so this goes no deeper.
    let owners = observed.files.iter().flat_map(|file| code_owners.of(file));
    let owners: BTreeSet<&Principal> = owners.filter(|owner| **owner != Principal::CodeOwners).collect();
    is_any_of(case, user, observed, owners.into_iter())
}

fn is_member(case: &PromotionView<'_>, team: &TeamName, user: &UserName) -> Option<bool> {
    let fact = case.facts.member(team, user);
    known(case, fact, || Need::Member { team: team.clone(), user: user.clone() })
}

fn may_write(case: &PromotionView<'_>, user: &UserName) -> Option<bool> {
    known(case, case.facts.writer(user), || Need::Writer { user: user.clone() })
}

/// Why the forge does not say something about somebody that was asked for; nothing where it said all.
pub(super) fn unknown<'w>(case: &PromotionView<'w>, user: &UserName) -> Option<&'w str> {
    case.facts.rights_of(user).find_map(|fact| match fact {
        Fact::Unknown { why, .. } => Some(&**why),
        Fact::Known { .. } => None,
    })
}

/// What is known and young enough; what is neither is needed.
fn known(case: &PromotionView<'_>, fact: Option<&Fact<bool>>, need: impl FnOnce() -> Need) -> Option<bool> {
    match fact {
        // What this look asked is a little younger than the look. What is far in the future was told while the clock was
        // ahead, so that nobody knows how old it is.
        Some(Fact::Known { value, as_of }) if (case.world.now - *as_of).abs() <= RIGHTS_AGE_MAX => {
            Some(*value)
        }
        // Asking again within the same observation would give the same refusal.
        Some(Fact::Unknown { .. }) => None,
        Some(Fact::Known { .. }) | None => {
            case.facts.need(need());
            None
        }
    }
}
