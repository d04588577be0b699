//! Content: the edited files, the commit that carries them, and the merge.

use super::{Draft, DraftInput, Effect, presentation};
use crate::decide::{Action, GatesPassed};
use crate::model::{
    BranchName, CHANGE_LABEL, CommitId, ContentKey, FileChange, Gate, ImageReference, Merge, MergeMode,
    Principal, Proposal, Release, Running, ServiceEnvironment, StayingRef, UserName, change_branch,
};
use crate::overlay::{self, Promotion};
use crate::render::{self, CommitMetadata};

/// What a change is to contain.
pub(super) struct DesiredContent<'a> {
    pub(super) target: &'a ServiceEnvironment,
    pub(super) release: &'a Release,
    pub(super) key: &'a ContentKey,
    pub(super) expected: Option<CommitId>,
}

/// A draft that opens a change or renews its content.
pub(super) fn propose(
    subject: &DraftInput<'_>,
    action: &Action,
    wanted: &DesiredContent<'_>,
) -> Result<Draft, String> {
    let files = files(subject, wanted.target, wanted.release)?;
    if overlay::content_key(&wanted.target.environment, &files) != *wanted.key {
        return Err(format!(
            "{}: the edit is not the one that was judged; this is a fault of Towpath",
            wanted.target
        ));
    }
    let from = running(subject, wanted.target);
    let carriage = CommitMetadata {
        target: wanted.target,
        release: wanted.release,
        from: &from,
        key: wanted.key,
        requester: requester(action),
    };
    let proposal = Proposal {
        place: subject.world.place.clone(),
        branch: branch(subject, wanted.target),
        expected: wanted.expected.clone(),
        base: subject.world.head.clone(),
        files: files.iter().filter_map(|file| Some((file.path.clone(), file.new.clone()?))).collect(),
        message: render::commit_message(&carriage),
        labels: vec![CHANGE_LABEL.to_owned()],
        presentation: presentation::of(subject, carriage, &files)?,
        reviewers: reviewers(subject, action, wanted.target, &files),
    };
    Ok(Draft {
        effect: Effect::Propose(Box::new(proposal)),
        action: action.word(),
        target: Some(wanted.target.clone()),
        release: Some(wanted.release.name().to_string()),
        because: render::action_because(action),
        files,
    })
}

/// Whom to ask for a review: whoever the approvals gates name, then the code owners of the files.
///
/// Nobody where nobody has to act: what the bot merges by itself is not worth a message for each release.
fn reviewers(
    subject: &DraftInput<'_>,
    action: &Action,
    target: &ServiceEnvironment,
    files: &[FileChange],
) -> Vec<Principal> {
    let Some(environment) = subject.policy.environment(target) else { return Vec::new() };
    let named: Vec<&Principal> = environment.gates.iter().flat_map(approvers).collect();
    if named.is_empty() && environment.merge == MergeMode::Auto {
        return Vec::new();
    }
    let owners = subject.world.code_owners.iter();
    let owners = owners.flat_map(|owners| files.iter().flat_map(|file| owners.of(&file.path)));
    let mut reviewers: Vec<Principal> = Vec::new();
    for principal in named.into_iter().chain(owners) {
        let is_fit = match principal {
            Principal::Team(_) => !reviewers.contains(principal),
            Principal::User(user) => {
                let is_same = |other: &UserName| subject.world.means(user, other);
                let is_there =
                    reviewers.iter().any(|known| matches!(known, Principal::User(known) if is_same(known)));
                let has_asked = requester(action).is_some_and(is_same);
                !is_there && !has_asked && !is_same(&subject.world.bot) && !user.is_machine()
            }
            Principal::CodeOwners => false,
        };
        if is_fit && reviewers.len() < Proposal::REVIEWERS_MAX {
            reviewers.push(principal.clone());
        }
    }
    reviewers
}

fn approvers(gate: &Gate) -> &[Principal] {
    match gate {
        Gate::Approvals(approvals) => &approvals.from,
        Gate::Soak(_) => &[],
    }
}

/// A draft that merges a change.
pub(super) fn merge(
    subject: &DraftInput<'_>,
    action: &Action,
    (target, release): (&ServiceEnvironment, &Release),
    gates: &GatesPassed,
) -> Draft {
    let from = running(subject, target);
    let carriage =
        CommitMetadata { target, release, from: &from, key: gates.key(), requester: requester(action) };
    let merge = Merge {
        place: subject.world.place.clone(),
        change: gates.change(),
        head: gates.head().clone(),
        message: render::merge_message(&carriage, gates.change(), gates.approved_by()),
    };
    let files = files(subject, target, release).unwrap_or_default();
    let presentation = presentation::to_show(subject, carriage, &files, gates.change()).map(Box::new);
    Draft {
        effect: Effect::Merge { gates: gates.clone(), merge, presentation },
        action: action.word(),
        target: Some(target.clone()),
        release: Some(release.name().to_string()),
        because: render::action_because(action),
        files,
    }
}

/// The files that a release changes at a target.
pub(super) fn files(
    subject: &DraftInput<'_>,
    target: &ServiceEnvironment,
    release: &Release,
) -> Result<Vec<FileChange>, String> {
    let gone = || format!("{target} is no longer in the configuration");
    let promotion = promotion(subject, target, release).ok_or_else(gone)?;
    overlay::promote(subject.tree, subject.overlays, &promotion).map_err(|error| format!("{target}: {error}"))
}

/// Every `ref` that names the version which runs at a target and does not move with it.
pub(super) fn staying_refs(
    subject: &DraftInput<'_>,
    target: &ServiceEnvironment,
    release: &Release,
) -> Vec<StayingRef> {
    let promotion = promotion(subject, target, release);
    let staying = promotion.map(|promotion| overlay::staying(subject.tree, subject.overlays, &promotion));
    staying.unwrap_or_default()
}

/// What is written where; `None` where the configuration no longer names the target.
fn promotion<'a>(
    subject: &DraftInput<'a>,
    target: &ServiceEnvironment,
    release: &'a Release,
) -> Option<Promotion<'a>> {
    let service = subject.policy.service(&target.service)?;
    let location = service.locations.get(&target.environment)?;
    let running = subject.world.running_digests(target);
    Some(Promotion { location, release, writing: service.writing, running })
}

/// What runs at a target now.
pub(super) fn running(subject: &DraftInput<'_>, target: &ServiceEnvironment) -> Vec<ImageReference> {
    let running = subject.world.running.get(target).and_then(|found| found.as_ref().ok());
    running.map(Running::references).unwrap_or_default()
}

fn branch(subject: &DraftInput<'_>, target: &ServiceEnvironment) -> BranchName {
    let service = subject.policy.service(&target.service).expect("decide only names services of the policy");
    change_branch(&target.environment, &service.group)
}

const fn requester(action: &Action) -> Option<&UserName> {
    match action {
        Action::Open { requester, .. }
        | Action::Update { requester, .. }
        | Action::Merge { requester, .. } => requester.as_ref(),
        Action::Record { .. }
        | Action::Dequeue { .. }
        | Action::Close { .. }
        | Action::DeleteBranch { .. }
        | Action::Comment { .. }
        | Action::React { .. }
        | Action::Announce { .. } => None,
    }
}
