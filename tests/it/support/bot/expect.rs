//! What a story expects to see.

use towpath::model::{
    BranchName, ChangeNumber, ChangeState, Comment, CommentId, CommitId, Reaction, StatusState,
};

use super::{Bot, Mode, target};
use crate::support::oracle;
use crate::support::rules::name;
use crate::support::world::{EffectKind, digest_of};

/// How many digits a commit has where the bot names it to people.
const SHORT_COMMIT_DIGITS: usize = 10;

impl Bot {
    /// Whether a change stands in the forge's queue.
    pub(crate) fn is_queued(&self, change: ChangeNumber) -> bool {
        self.world.state().protection.queue.contains_key(&change)
    }

    /// What the bot shows on the commit that the queue would merge.
    pub(crate) fn status_in_queue(&self, change: ChangeNumber) -> String {
        let state = self.world.state();
        let entry = state.protection.queue.get(&change).expect("the story knows that it is queued");
        let (name, status) = entry.shown.last().expect("something stands there");
        format!("{name} {}: {}", status.state, status.text)
    }

    /// An environment runs a version, with the digest that the build pushed.
    #[track_caller]
    pub(crate) fn expect_running(&self, environment: &str, version: &str) -> &Self {
        let (service, environment) = target(environment);
        let state = self.world.state();
        let files = &state.git.get(state.base_tip()).files;
        let running = oracle::running(files, service.as_str(), environment);
        assert_eq!(running.tag, version, "what {environment} runs of {service}");
        if let Some(digest) = running.digest {
            let image = name(&format!("registry.test/acme/{service}"));
            assert_eq!(
                digest,
                digest_of(&image, &name(version)).as_str(),
                "digest of {service} in {environment}"
            );
        }
        self
    }

    /// Nobody's comment was answered before the change was merged.
    #[track_caller]
    pub(crate) fn expect_merge_before_reactions(&self, change: ChangeNumber) -> &Self {
        let state = self.world.state();
        let position = |is_it: &dyn Fn(&EffectKind) -> bool| {
            state.effects.iter().position(|effect| is_it(&effect.kind)).expect("it happened")
        };
        let merged =
            position(&|kind| matches!(kind, EffectKind::Merged { change: own, .. } if *own == change));
        let answered = position(
            &|kind| matches!(kind, EffectKind::Reacted { change: own } | EffectKind::Remarked { change: own, .. } if *own == change),
        );
        drop(state);
        // A merge that failed is tried again after the reactions that wait for nothing.
        let is_in_order = merged < answered || self.met_fault();
        assert!(is_in_order, "merged as effect {merged}, answered as effect {answered}");
        self
    }

    /// No branch of a change that ended is left.
    #[track_caller]
    pub(crate) fn expect_no_branches(&self) -> &Self {
        let state = self.world.state();
        let ended = state.changes.iter().filter(|change| !change.is_open());
        let left: Vec<_> = ended.filter_map(|change| state.git.tip(&change.branch)).collect();
        assert!(left.is_empty(), "{left:?} is left");
        drop(state);
        self
    }

    /// The log has a line about such an event.
    #[track_caller]
    pub(crate) fn expect_log(&self, event: &str) -> &Self {
        let log = self.world.state().log();
        let wanted = format!("\"event\":\"{event}\"");
        assert!(log.iter().any(|line| line.contains(&wanted)), "no {event} in {log:#?}");
        self
    }

    /// The log says that a merge brought something else than it should have.
    #[track_caller]
    pub(crate) fn expect_altered_landing(&self, change: u64) -> &Self {
        let (log, wanted) = (self.world.state().log(), format!("\"origin\":{{\"altered\":{change}}}"));
        assert_eq!(log.iter().filter(|line| line.contains(&wanted)).count(), 1, "{log:#?}");
        self
    }

    /// What the lines of an overlay say of an image: its tag, and the digest by what was pushed.
    #[track_caller]
    pub(crate) fn expect_image(&self, environment: &str, image: &str, tag: &str, content: &str) -> &Self {
        let (service, environment) = target(environment);
        let state = self.world.state();
        let text = state.text(oracle::overlay_file(service.as_str(), environment).as_str());
        let digest = digest_of(&name(&format!("registry.test/acme/{image}")), &name(content));
        let (_, entry) =
            text.split_once(&format!("- name: registry.test/acme/{image}\n")).expect("it has an entry");
        let entry: Vec<&str> = entry.lines().take(2).map(str::trim).collect();
        let wanted = [format!("newTag: {tag} # moved by Towpath"), format!("digest: {digest}")];
        assert_eq!(entry, wanted, "what {environment} runs of {image}");
        self
    }

    /// The open change into an environment, which carries this version.
    #[track_caller]
    pub(crate) fn expect_open(&self, environment: &str, version: &str) -> ChangeNumber {
        let number =
            self.open_in(environment).unwrap_or_else(|| panic!("no change into {environment} is open"));
        let state = self.world.state();
        let change = state.change(number).expect("it was just there");
        let message = &state.git.get(change.head()).message;
        assert!(message.contains(&format!("Towpath-Release: {version}\n")), "{number} carries {message}");
        assert!(change.title.ends_with(&format!("-> {version}")), "{number} is called `{}`", change.title);
        number
    }

    /// No change into an environment is open.
    #[track_caller]
    pub(crate) fn expect_no_open(&self, environment: &str) -> &Self {
        assert_eq!(self.open_in(environment), None, "a change into {environment} is open");
        self
    }

    fn open_in(&self, environment: &str) -> Option<ChangeNumber> {
        let (service, environment) = target(environment);
        let branch = name(&format!("towpath/{environment}/{service}"));
        self.world.state().open_change(&branch).map(|change| change.number)
    }

    /// The last change into an environment, open or not.
    #[track_caller]
    pub(crate) fn last_change(&self, environment: &str) -> ChangeNumber {
        let (service, environment) = target(environment);
        let branch: BranchName = name(&format!("towpath/{environment}/{service}"));
        let state = self.world.state();
        let last = state.changes.iter().rfind(|change| change.branch == branch);
        last.unwrap_or_else(|| panic!("there was no change into {environment}")).number
    }

    /// The head of a change.
    #[track_caller]
    pub(crate) fn head_of(&self, change: ChangeNumber) -> CommitId {
        self.world.state().change(change).expect("the story opened it").head().clone()
    }

    /// What a branch points to.
    pub(crate) fn tip_of(&self, branch: &str) -> Option<CommitId> {
        self.world.state().git.tip(&name(branch)).cloned()
    }

    /// The text of a file on the base branch.
    pub(crate) fn text(&self, path: &str) -> String {
        self.world.state().text(path)
    }

    /// How many effects there were so far.
    pub(crate) fn effects(&self) -> usize {
        self.world.state().effects.len()
    }

    /// Counts requests from here on.
    pub(crate) fn count_requests(&mut self) -> &mut Self {
        self.world.state().requests.clear();
        self
    }

    /// Of the ports other than the ledger only these were asked, each at most so often in each settle and replica.
    #[track_caller]
    pub(crate) fn expect_requests_each_at_most(&self, allowed: &str, times: usize) -> &Self {
        let most = times * self.replicas() * if self.mode == Mode::Plain { 1 } else { 2 };
        let allowed: Vec<&str> = allowed.split(' ').collect();
        for (method, count) in &self.world.state().requests {
            let is_ledger = method.starts_with("ledger.");
            assert!(is_ledger || allowed.contains(method), "nobody has to ask `{method}` here");
            assert!(is_ledger || *count <= most, "{count} times `{method}`, at most {most} are allowed");
        }
        self
    }

    /// A change was merged.
    #[track_caller]
    pub(crate) fn expect_merged(&self, change: ChangeNumber) -> &Self {
        let state = self.world.state();
        let found = &state.change(change).expect("the story opened it").state;
        assert!(matches!(found, ChangeState::Merged { .. }), "{change} is {found:?}");
        self
    }

    /// A change was closed without a merge, and its branch is gone or goes on with another change.
    #[track_caller]
    pub(crate) fn expect_closed(&self, change: ChangeNumber) -> &Self {
        let state = self.world.state();
        let found = state.change(change).expect("the story opened it");
        assert!(matches!(found.state, ChangeState::Closed { .. }), "{change} is {:?}", found.state);
        assert_ne!(state.git.tip(&found.branch), Some(found.head()), "the branch of {change} is still there");
        self
    }

    /// There were only so many changes, ended ones included.
    #[track_caller]
    pub(crate) fn expect_changes(&self, count: usize) -> &Self {
        let titles: Vec<String> =
            self.world.state().changes.iter().map(|change| change.title.clone()).collect();
        assert_eq!(titles.len(), count, "changes: {titles:#?}");
        self
    }

    /// The status of a change's head, as people read it.
    #[track_caller]
    pub(crate) fn status(&self, change: ChangeNumber) -> String {
        let state = self.world.state();
        let change = state.change(change).expect("the story opened it");
        let on_head = change.statuses.iter().rfind(|(_, status)| status.head == *change.head());
        let (context, status) = on_head.expect("its head has a status");
        let word = match status.state {
            StatusState::Pending => "pending",
            StatusState::Success => "success",
            StatusState::Failure => "failure",
        };
        format!("{context} {word}: {}", status.text)
    }

    /// The body of a change as people see it.
    #[track_caller]
    pub(crate) fn body(&self, change: ChangeNumber) -> String {
        readable(&self.world.state().change(change).expect("the story opened it").body)
    }

    /// The bot's one answer to a comment.
    #[track_caller]
    pub(crate) fn read_reply(&mut self, to: &CommentId) -> String {
        self.read_about(&format!("comment {}", to.0))
    }

    /// What the bot's one comment with answers says, the last of which is to this question; as of an instant that a
    /// fault may move.
    #[track_caller]
    pub(crate) fn read_answers(&mut self, last: &CommentId) -> String {
        let text = self.read_about(&format!("answers until {}", last.0));
        let (answers, rest) = text.split_once("<sub>As of ").expect("the answers say as of when");
        let (_, rest) = rest.split_once(" UTC.").expect("the instant has its zone");
        format!("{answers}<sub>As of NOW.{rest}")
    }

    /// The one comment of the bot on a change, where a review was answered.
    #[track_caller]
    pub(crate) fn read_only_reply(&mut self, change: ChangeNumber) -> String {
        let about = {
            let state = self.world.state();
            let change = state.change(change).expect("the story opened it");
            let reviews: Vec<&CommentId> = change.reviews.iter().map(|review| &review.id).collect();
            let [review] = reviews.as_slice() else { panic!("one review, not {reviews:?}") };
            (*review).clone()
        };
        self.read_reply(&about)
    }

    /// Which versions GitHub shows as deployed, in order; nothing is shown where the forge has no such thing.
    #[track_caller]
    pub(crate) fn expect_deployed(&self, environment: &str, versions: &[&str]) -> &Self {
        let (service, environment) = target(environment);
        let all = self.world.state().deployments().remove(&format!("{environment}/{service}"));
        let tags =
            all.iter().flatten().map(|own| own.images[0]["tag"].as_str().unwrap_or_default().to_owned());
        let expected = if self.github.is_some() { versions } else { &[] };
        assert_eq!(tags.collect::<Vec<_>>(), expected, "deployments to {environment}");
        self
    }

    /// Who was asked for a review of each change that asks anybody; nothing where the forge has no such thing.
    pub(crate) fn asked_for_reviews(&self) -> Option<Vec<Vec<String>>> {
        self.github?;
        Some(self.world.state().github.reviewers.values().cloned().collect())
    }

    /// Whether the bot hid its answer to a comment; nothing where the forge hides none.
    pub(crate) fn is_answer_hidden(&self, comment: &CommentId) -> Option<bool> {
        self.github?;
        let (state, about) = (self.world.state(), format!("comment {}", comment.0));
        let mut all = state.changes.iter().flat_map(|change| &change.comments);
        let answer = all.find(|found| found.about() == Some(about.as_str())).expect("it was answered");
        Some(state.github.hidden.contains(&answer.id))
    }

    /// What the bot says about somebody's commit on its branch.
    #[track_caller]
    pub(crate) fn read_word_about_head(&mut self, change: ChangeNumber) -> String {
        let head = self.world.state().change(change).expect("the story opened it").head().clone();
        self.read_about(&format!("head {head}"))
    }

    #[track_caller]
    fn read_about(&mut self, about: &str) -> String {
        let found: Vec<Comment> =
            self.comments_by_bot().into_iter().filter(|comment| comment.about() == Some(about)).collect();
        let [reply] = found.as_slice() else { panic!("{} answers about `{about}`: {found:#?}", found.len()) };
        self.read.insert((reply.id.clone(), reply.body.clone()));
        readable(&reply.body)
    }

    /// What one comment of the bot says; it counts as read.
    pub(crate) fn read_comment(&mut self, id: &CommentId) -> String {
        let found = self.comments_by_bot().into_iter().find(|comment| comment.id == *id);
        let found = found.expect("the bot wrote it");
        self.read.insert((found.id.clone(), found.body.clone()));
        readable(&found.body)
    }

    /// The bot left this sign on a comment, and no other.
    #[track_caller]
    pub(crate) fn expect_reaction(&self, comment: &CommentId, reaction: Reaction) -> &Self {
        let state = self.world.state();
        let mut comments = state.changes.iter().flat_map(|change| &change.comments);
        let found = comments.find(|found| found.id == *comment).expect("the story wrote it");
        assert_eq!(found.reactions, [reaction], "on `{}`", found.body);
        self
    }

    /// The bot left no sign on a comment.
    #[track_caller]
    pub(crate) fn expect_no_reaction(&self, comment: &CommentId) {
        let state = self.world.state();
        let mut comments = state.changes.iter().flat_map(|change| &change.comments);
        let found = comments.find(|found| found.id == *comment).expect("the story wrote it");
        assert_eq!(found.reactions, [], "on `{}`", found.body);
    }

    /// When the bot wants to look again is no later than this far from now.
    #[track_caller]
    pub(crate) fn expect_next_look_within(&self, duration: std::time::Duration) -> &Self {
        let wait = self.next_look.expect("it wants to look again") - self.world.state().now;
        assert!(wait <= chrono::TimeDelta::from_std(duration).expect("short"), "it waits for {wait}");
        self
    }

    /// No comment of the bot is left that the story did not read: a bot that talks too much is broken.
    pub(super) fn expect_all_read(&self) {
        let unread: Vec<Comment> = self
            .comments_by_bot()
            .into_iter()
            .filter(|comment| !self.read.contains(&(comment.id.clone(), comment.body.clone())))
            .collect();
        assert!(unread.is_empty(), "the bot wrote comments that the story did not read: {unread:#?}");
    }

    /// How many comments of the bot stand on a change.
    pub(crate) fn comments_of_bot(&self, change: ChangeNumber) -> usize {
        let state = self.world.state();
        let all = &state.change(change).expect("the story opened it").comments;
        all.iter().filter(|comment| comment.author == state.bot).count()
    }

    /// The last comment of the bot on a change.
    pub(crate) fn last_comment_of_bot(&self, change: ChangeNumber) -> CommentId {
        let state = self.world.state();
        let all = &state.change(change).expect("the story opened it").comments;
        let own = all.iter().rfind(|comment| comment.author == state.bot).expect("it said something");
        own.id.clone()
    }

    pub(super) fn comments_by_bot(&self) -> Vec<Comment> {
        let state = self.world.state();
        let all = state.changes.iter().flat_map(|change| &change.comments);
        all.filter(|comment| comment.author == state.bot).cloned().collect()
    }
}

/// A text of the bot without its hidden marks and with the same word for every commit.
fn readable(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        shown += before;
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    shown += rest;
    without_commits(shown.trim())
}

/// A text with `COMMIT` for every commit id, long or short, since ids differ from run to run.
pub(crate) fn without_commits(text: &str) -> String {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_hex) {
        let (before, from) = rest.split_at(start);
        let word = from.split_at(from.find(|c: char| !c.is_alphanumeric()).unwrap_or(from.len())).0;
        let is_commit = matches!(word.len(), SHORT_COMMIT_DIGITS | 40) && word.chars().all(is_hex);
        let is_inside_word = before.ends_with(char::is_alphanumeric);
        shown += before;
        shown += if is_commit && !is_inside_word { "COMMIT" } else { word };
        rest = from.get(word.len()..).unwrap_or_default();
    }
    shown + rest
}
