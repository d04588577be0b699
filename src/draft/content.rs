//! Content: the edited files, the commit that carries them, and the merge.

use super::edited_files::{files, running};
use super::{Draft, DraftInput, DraftSummary, GatedMerge, presentation};
use crate::decide::{Action, GatesPassed};
use crate::model::{
    BranchName, CHANGE_LABEL, CommitId, ContentKey, FileChange, Gate, Merge, MergeMode, Principal, Proposal,
    Release, ServiceEnvironment, UserName, change_branch,
};
use crate::overlay;
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
    input: &DraftInput<'_>,
    action: &Action,
    wanted: &DesiredContent<'_>,
) -> Result<Draft<Proposal>, String> {
    let files = files(input, wanted.target, wanted.release)?;
    if overlay::content_key(&wanted.target.environment, &files) != *wanted.key {
        return Err(format!(
            "{}: the edit is not the one that was judged; this is a fault of Towpath",
            wanted.target
        ));
    }
    let from = running(input, wanted.target);
    let metadata = CommitMetadata {
        target: wanted.target,
        release: wanted.release,
        from: &from,
        key: wanted.key,
        requester: requester(action),
    };
    let proposal = Proposal {
        place: input.world.place.clone(),
        branch: branch(input, wanted.target),
        expected: wanted.expected.clone(),
        base: input.world.head.clone(),
        files: files.iter().filter_map(|file| Some((file.path.clone(), file.new.clone()?))).collect(),
        message: render::commit_message(&metadata),
        labels: vec![CHANGE_LABEL.to_owned()],
        presentation: presentation::of(input, metadata, &files)?,
        reviewers: reviewers(input, action, wanted.target, &files),
    };
    Ok(Draft { effect: proposal, summary: summary(action, wanted.target, wanted.release, files) })
}

/// The summary of an action that changes files.
fn summary(
    action: &Action,
    target: &ServiceEnvironment,
    release: &Release,
    files: Vec<FileChange>,
) -> DraftSummary {
    DraftSummary {
        kind: action.kind(),
        target: Some(target.clone()),
        release: Some(release.name().to_string()),
        because: render::action_because(action),
        files,
    }
}

/// Whom to ask for a review: whoever the approvals gates name, then the code owners of the files.
///
/// Nobody where nobody has to act: what the bot merges by itself is not worth a message for each release.
fn reviewers(
    input: &DraftInput<'_>,
    action: &Action,
    target: &ServiceEnvironment,
    files: &[FileChange],
) -> Vec<Principal> {
    let Some(environment) = input.policy.environment(target) else { return Vec::new() };
    let named: Vec<&Principal> = environment.gates.iter().flat_map(approvers).collect();
    if named.is_empty() && environment.merge == MergeMode::Auto {
        return Vec::new();
    }
    let owners = input.world.code_owners.iter();
    let owners = owners.flat_map(|owners| files.iter().flat_map(|file| owners.of(&file.path)));
    let mut reviewers: Vec<Principal> = Vec::new();
    for principal in named.into_iter().chain(owners) {
        let is_fit = match principal {
            Principal::Team(_) => !reviewers.contains(principal),
            Principal::User(user) => {
                let is_same = |other: &UserName| input.world.means(user, other);
                let is_there =
                    reviewers.iter().any(|known| matches!(known, Principal::User(known) if is_same(known)));
                let has_asked = requester(action).is_some_and(is_same);
                !is_there && !has_asked && !is_same(&input.world.bot) && !user.is_machine()
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
    input: &DraftInput<'_>,
    action: &Action,
    target: &ServiceEnvironment,
    release: &Release,
    gates: &GatesPassed,
) -> Draft<GatedMerge> {
    let from = running(input, target);
    let metadata =
        CommitMetadata { target, release, from: &from, key: gates.key(), requester: requester(action) };
    let merge = Merge {
        place: input.world.place.clone(),
        change: gates.change(),
        head: gates.head().clone(),
        message: render::merge_message(&metadata, gates.change(), gates.approved_by()),
    };
    let files = files(input, target, release).unwrap_or_default();
    let presentation = presentation::to_show(input, metadata, &files, gates.change());
    Draft {
        effect: GatedMerge { gates: gates.clone(), merge, presentation },
        summary: summary(action, target, release, files),
    }
}

fn branch(input: &DraftInput<'_>, target: &ServiceEnvironment) -> BranchName {
    let service = input.policy.service(&target.service).expect("decide only names services of the policy");
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
