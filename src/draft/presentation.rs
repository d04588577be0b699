//! What people see of a change: made anew at each look, written only where it differs.

use super::{ChangeEdit, Draft, DraftInput, DraftSummary, edited_files};
use crate::decide::{Action, ActionKind, ActionReason, Plan};
use crate::model::{
    Change, ChangeNumber, FileChange, ImageReference, NewStatus, ObservedChange, Presentation, QueuePlace,
    Release, SourceSpan,
};
use crate::render::{self, BodyInput, CommitMetadata, Comparison, ImageSource};

/// Title, body and status of a change that carries this.
pub(super) fn of(
    input: &DraftInput<'_>,
    metadata: CommitMetadata<'_>,
    files: &[FileChange],
) -> Result<Presentation, String> {
    let target = metadata.target;
    let judgement = input.plan.judgement(target).ok_or_else(|| format!("{target} was not judged"))?;
    let title = render::title(&metadata);
    let sources = sources(input, &metadata);
    let context = format!("towpath/{}", target.environment);
    let overflow = input.world.capabilities.shows_status_details.then(|| context.clone());
    let staying = edited_files::staying_refs(input, target, metadata.release);
    let remaining = edited_files::remaining(input, target, metadata.release, files);
    let input = BodyInput { carriage: metadata, judgement, files, sources, staying, remaining, overflow };
    let body = render::body(&input);
    let (state, text) = render::status(judgement);
    let (summary, details) = (render::summary(judgement), body.details);
    let status = NewStatus { context, state, text, summary, details };
    Ok(Presentation { title, body: body.text, status })
}

/// Where the images say that they come from, those that change.
fn sources<'a>(input: &DraftInput<'a>, metadata: &CommitMetadata<'_>) -> Vec<ImageSource<'a>> {
    let DraftInput { world, policy, .. } = input;
    let Some(pages) = world.capabilities.web_url.as_deref() else { return Vec::new() };
    let source = |new: ImageReference| {
        let old = metadata.from.iter().find(|old| old.image == new.image && old.digest != new.digest)?;
        let said = world.description(&new)?;
        let span = world.description(old).and_then(|old| SourceSpan::between(pages, old, said));
        let compared = match span {
            None => Comparison::None,
            Some(span) if !policy.may_use(&world.place.forge, &span.repository) => {
                Comparison::NotAllowed(span.repository)
            }
            // Not asked yet: the next look says it.
            Some(span) => {
                world.facts.source_comparisons.get(&span).map(|fact| Comparison::Asked(span, pages, fact))?
            }
        };
        Some(ImageSource { image: new.image, said, compared })
    };
    metadata.release.references().into_iter().filter_map(source).collect()
}

/// Open changes of ours that show something else than they should, those apart that change otherwise anyway.
pub(super) fn renewed(input: &DraftInput<'_>) -> Vec<Draft<ChangeEdit>> {
    let open = input.world.changes.iter().filter(|observed| observed.change.is_open() && observed.is_ours());
    open.filter(|observed| !is_touched(input.plan, observed.change.number))
        .filter_map(|observed| renewal(input, observed))
        .collect()
}

/// What a change has to show right before it is merged, where it shows something else: for those who look at it later, and
/// because the repository may require our own status.
pub(super) fn to_show(
    input: &DraftInput<'_>,
    metadata: CommitMetadata<'_>,
    files: &[FileChange],
    number: ChangeNumber,
) -> Option<Presentation> {
    let observed = input.world.changes.iter().find(|observed| observed.change.number == number)?;
    of(input, metadata, files).ok().filter(|wanted| !is_shown(&observed.change, wanted))
}

fn is_touched(plan: &Plan, number: ChangeNumber) -> bool {
    plan.actions.iter().any(|action| match action {
        Action::Update { change, .. } | Action::Close { change, .. } => *change == number,
        // What is taken out to be rewritten or closed shows something else right after.
        Action::Dequeue { change, because, .. } => {
            *change == number && !matches!(because, ActionReason::NotToBeMerged(_))
        }
        Action::Merge { gates, .. } => gates.change() == number,
        Action::Record { .. }
        | Action::Open { .. }
        | Action::DeleteBranch { .. }
        | Action::Comment { .. }
        | Action::React { .. }
        | Action::Announce { .. } => false,
    })
}

fn renewal(input: &DraftInput<'_>, observed: &ObservedChange) -> Option<Draft<ChangeEdit>> {
    let change = &observed.change;
    let judgement = input.plan.judgements.iter().find(|judgement| judgement.change == Some(change.number))?;
    let release: &Release = judgement.candidate.as_ref()?;
    let from = edited_files::running(input, &judgement.target);
    let files = edited_files::files(input, &judgement.target, release).ok()?;
    // Somebody may ask for what is open already, which changes no commit.
    let written = || change.written().trailer("Towpath-Requested-By").and_then(|by| by.parse().ok());
    let requester = judgement.requester.clone().or_else(written);
    let metadata = CommitMetadata {
        target: &judgement.target,
        release,
        from: &from,
        key: observed.key.as_ref()?,
        requester: requester.as_ref().filter(|by: &&crate::model::UserName| by.as_str() != render::NOBODY),
    };
    let presentation = of(input, metadata, &files).ok()?;
    (!is_shown(change, &presentation)).then(|| Draft {
        effect: ChangeEdit::Present { change: change.number, presentation },
        summary: DraftSummary {
            kind: ActionKind::Update,
            target: Some(judgement.target.clone()),
            release: Some(release.name().to_string()),
            because: "the title, body or status is out of date".to_owned(),
            files: Vec::new(),
        },
    })
}

fn is_shown(change: &Change, wanted: &Presentation) -> bool {
    let status = change.statuses.last().filter(|status| status.head == change.head.commit);
    let status_is_shown = status.is_some_and(|status| status.is_same(&wanted.status));
    // The queue waits for it on a commit of its own.
    let queue = change.queue.as_ref().filter(|queue| queue.group.is_some());
    let in_queue = wanted.status.in_queue();
    let is_shown_there =
        |queue: &QueuePlace| queue.shown.as_ref().is_some_and(|shown| shown.is_same(&in_queue));
    status_is_shown
        && queue.is_none_or(is_shown_there)
        && change.title == wanted.title
        && squeezed(&change.body) == squeezed(&wanted.body)
}

/// A text without white space: forges and editors change it at will.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}
