//! What generated stories do and check beside the vocabulary of written ones.

use chrono::TimeDelta;
use towpath::model::{ChangeNumber, ChangeState, CommitId, Digest};

use super::{Bot, target};
use crate::support::oracle::{self, overlay_file};
use crate::support::rules::{name, place};
use crate::support::world::{EffectKind, State, digest_of};

/// What the bot says only of tags that it asked the registry about right then.
const CLAIM: &str = "the tag still points to what was chosen";

impl Bot {
    /// The bot's clock is so far ahead of the forge's; negative where it is behind.
    pub(crate) fn set_clock(&mut self, ahead: TimeDelta) -> &mut Self {
        self.world.state().clock_ahead = ahead;
        self
    }

    /// The registry loses a tag of an image, if it has it.
    pub(crate) fn lose_tag(&mut self, image: &str, tag: &str) -> &mut Self {
        let image = name(&format!("registry.test/acme/{image}"));
        if let Some(tags) = self.world.state().images.get_mut(&image) {
            tags.remove(&name(tag));
        }
        self
    }

    /// The registry loses a manifest of an image.
    pub(crate) fn lose_manifest(&mut self, image: &str, content: &str) -> &mut Self {
        let digest = digest_of(&name(&format!("registry.test/acme/{image}")), &name(content));
        self.world.state().lost.insert(digest);
        self
    }

    /// The registry has a manifest of an image again.
    pub(crate) fn restore_manifest(&mut self, image: &str, content: &str) -> &mut Self {
        let digest = digest_of(&name(&format!("registry.test/acme/{image}")), &name(content));
        self.world.state().lost.remove(&digest);
        self
    }

    /// A person opens a change of their own, on which the bot reads no commands.
    pub(crate) fn open_foreign_change(&mut self, by: &str) {
        self.world.open_by_person(by, "docs");
    }

    /// One of the changes in such a state, if there is one.
    pub(crate) fn any_change(
        &self,
        index: usize,
        is_meant: impl Fn(&ChangeState) -> bool,
    ) -> Option<ChangeNumber> {
        let state = self.world.state();
        let meant: Vec<ChangeNumber> = state
            .changes
            .iter()
            .filter(|change| is_meant(&change.state))
            .map(|change| change.number)
            .collect();
        meant.get(index.checked_rem(meant.len())?).copied()
    }

    /// One of the open changes that the forge can merge, if there is one.
    pub(crate) fn any_mergeable_change(&self, index: usize) -> Option<ChangeNumber> {
        let change = self.any_change(index, |state| *state == ChangeState::Open)?;
        let state = self.world.state();
        let head = state.change(change)?.head();
        state.git.merged_files(state.base_tip(), head).map(|_| change)
    }

    /// A person writes a tag, without a digest, for every image of an environment.
    pub(crate) fn set_tags_by_hand(&mut self, by: &str, environment: &str, tag: &str) {
        let (service, environment) = target(environment);
        let path = overlay_file(service.as_str(), environment);
        let set = |line: &str| match line.trim_start().split_once(':') {
            Some(("newTag", _)) => format!("  newTag: {tag} # moved by {by}\n"),
            Some(("digest", _)) => String::new(),
            Some(_) | None => line.to_owned(),
        };
        let old = self.text(path.as_str());
        let new: String = old.split_inclusive('\n').map(set).collect();
        if new != old {
            self.world.edit(&place().branch, by, path.as_str(), |_old| new);
        }
    }

    /// Forgets which tags the registry was asked about.
    pub(crate) fn forget_questions(&self) {
        self.world.state().tags_asked.clear();
    }

    /// Every comment of the bot counts as read.
    pub(crate) fn read_all(&mut self) {
        let all = self.comments_by_bot();
        self.read.extend(all.into_iter().map(|comment| (comment.id, comment.body)));
    }

    /// Checks every law that can be judged from outside.
    pub(crate) fn check_laws(&self) {
        oracle::check(&self.world.state(), &self.policy);
    }

    /// Where the bot merged since, or says that a tag stays, it asked the registry about that tag in this run.
    pub(crate) fn expect_checks_that_are_claimed(&self, since: usize) {
        let state = self.world.state();
        for effect in state.effects.iter().skip(since) {
            if let EffectKind::Merged { head, change } = &effect.kind {
                assert!(
                    state.was_asked_about(head),
                    "{change} was merged, and its tags were not asked about"
                );
            }
            let Some(change) = written(&effect.kind).and_then(|change| state.change(change)) else {
                continue;
            };
            if change.body.contains(CLAIM) {
                assert!(state.was_asked_about(change.head()), "{}: {}", change.number, change.body);
            }
        }
    }

    /// Every comment with a command on a change of the bot has a sign or an answer, and what is elsewhere has none.
    pub(crate) fn expect_outcomes_of_commands(&self) {
        let state = self.world.state();
        for change in &state.changes {
            let is_of_bot = change.target().is_some();
            for comment in change.comments.iter().filter(|comment| comment.author != state.bot) {
                let is_code = |line: &str| line.starts_with("    ");
                let mut lines = comment.body.lines().filter(|line| !is_code(line));
                let has_command = lines.any(|line| line.trim_start().starts_with("/promote"));
                let is_answered = !comment.reactions.is_empty();
                assert_eq!(is_answered, has_command && is_of_bot, "on {}: {comment:?}", change.number);
            }
        }
    }
}

/// The change whose body an effect writes.
const fn written(effect: &EffectKind) -> Option<ChangeNumber> {
    match effect {
        EffectKind::ChangeOpened { change } | EffectKind::Presented { change } => Some(*change),
        EffectKind::LogCommit { .. }
        | EffectKind::BranchMade { .. }
        | EffectKind::BranchMoved { .. }
        | EffectKind::BranchDeleted { .. }
        | EffectKind::StatusSet { .. }
        | EffectKind::Merged { .. }
        | EffectKind::Queued { .. }
        | EffectKind::Dequeued { .. }
        | EffectKind::Closed { .. }
        | EffectKind::Remarked { .. }
        | EffectKind::Reacted { .. }
        | EffectKind::DeploymentMade { .. }
        | EffectKind::DeploymentState { .. } => None,
    }
}

impl State {
    /// Whether the registry was asked about every tag that a head carries, each of its own image.
    fn was_asked_about(&self, head: &CommitId) -> bool {
        let message = &self.git.get(&self.git.written(head)).message;
        let values = |key: &'static str| message.lines().filter_map(move |line| line.strip_prefix(key));
        let carried: Vec<(&str, &str)> =
            values("Towpath-Release: ").zip(values("Towpath-Digest: ")).collect();
        let is_asked = |(tag, digest): &(&str, &str)| {
            let image = self.images_of_digests.get(&name::<Digest>(digest));
            image.is_some_and(|image| self.tags_asked.contains(&(image.clone(), name(tag))))
        };
        !carried.is_empty() && carried.iter().all(is_asked)
    }
}
