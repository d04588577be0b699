//! The forge's face of the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath::forge::{BRANCH_PREFIX, Confirmation, Forge, ForgeError, LOG_BRANCH, LogPart};
use towpath::model::{
    BlobId, BranchName, Change, ChangeNumber, ChangeState, Comment, CommentId, CommitId, ConfigBranch,
    EntryKind, FileChange, ForgeCapabilities, Head, Health, HealthQuestion, Login, LoginProof, Merge,
    NewReaction, Presentation, Probe, Proposal, PublishedComment, Reaction, RepositoryPath, Status, TeamName,
    TreeEntry, UserName,
};

use super::git::NewCommit;
use super::{EffectKind, FakeChange, FakeWorld, State, unavailable};
use crate::support::rules;

/// The longest comment or body that a forge takes, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

type Answer<T> = Result<T, ForgeError>;

impl FakeWorld {
    async fn ask<T>(&self, method: &'static str, answer: impl FnOnce(&mut State) -> Answer<T>) -> Answer<T> {
        self.request(method, unavailable, answer).await
    }
}

impl Forge for FakeWorld {
    fn bot(&self) -> &UserName {
        &self.bot
    }

    fn capabilities(&self) -> ForgeCapabilities {
        ForgeCapabilities { logins_can_be_reassigned: true, ..ForgeCapabilities::default() }
    }

    fn hint(&self, _repository: &towpath::model::RepositoryName) {
        *self.state().requests.entry("hint").or_default() += 1;
    }

    fn clock_ahead(&self) -> Option<chrono::TimeDelta> {
        Some(-self.state().clock_ahead)
    }

    async fn head(&self, place: &ConfigBranch) -> Answer<CommitId> {
        self.ask("head", |state| {
            if let Some((number, by)) = state.merged_meanwhile.take() {
                state.merge_by_person(number, by);
            }
            state.at(place).map(|state| state.base_tip().clone())
        })
        .await
    }

    async fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Answer<Arc<BTreeMap<RepositoryPath, TreeEntry>>> {
        self.ask("entries", |state| state.at(place)?.entries(commit)).await
    }

    async fn blobs(&self, place: &ConfigBranch, blobs: &[BlobId]) -> Answer<Vec<Arc<[u8]>>> {
        self.ask("blobs", |state| {
            let git = &state.at(place)?.git;
            blobs.iter().map(|blob| git.blob(blob).ok_or_else(|| not_found(format!("blob {blob}")))).collect()
        })
        .await
    }

    async fn changes(&self, place: &ConfigBranch) -> Answer<Vec<Change>> {
        let reverses_ties = self.reverses_ties;
        self.ask("changes", |state| {
            let state = state.at(place)?;
            let ours =
                state.changes.iter().filter(|change| change.branch.as_str().starts_with(BRANCH_PREFIX));
            Ok(ours.map(|change| state.show(change, reverses_ties)).collect())
        })
        .await
    }

    async fn branches(&self, place: &ConfigBranch) -> Answer<BTreeMap<BranchName, Head>> {
        self.ask("branches", |state| {
            let state = state.at(place)?;
            let is_ours =
                |name: &BranchName| name.as_str().starts_with(BRANCH_PREFIX) && name.as_str() != LOG_BRANCH;
            let ours = state.git.branches.iter().filter(|(name, _)| is_ours(name));
            Ok(ours.map(|(name, tip)| (name.clone(), state.git.head(tip, &state.bot))).collect())
        })
        .await
    }

    async fn changed_files(&self, place: &ConfigBranch, head: &CommitId) -> Answer<Vec<FileChange>> {
        self.ask("changed_files", |state| {
            if state.fails_comparisons { Err(unavailable()) } else { state.at(place)?.changed_files(head) }
        })
        .await
    }

    async fn commit_files(&self, place: &ConfigBranch, commit: &CommitId) -> Answer<Vec<FileChange>> {
        self.ask("commit_files", |state| {
            let parent = state.at(place)?.git.get(commit).parents.first().cloned();
            Ok(parent.map(|parent| state.differing_files(&parent, commit)).unwrap_or_default())
        })
        .await
    }

    async fn contains(&self, place: &ConfigBranch, commit: &CommitId) -> Answer<bool> {
        self.ask("contains", |state| {
            let state = state.at(place)?;
            Ok(state.git.ancestry(state.base_tip()).contains(commit))
        })
        .await
    }

    async fn read_log(&self, place: &ConfigBranch, known: Option<&CommitId>) -> Answer<LogPart> {
        self.ask("read_log", |state| Ok(state.at(place)?.read_log(known))).await
    }

    async fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Answer<CommitId> {
        self.ask("append_log", |state| {
            state.at(place)?;
            state.append_log(lines, expected)
        })
        .await
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Answer<ChangeNumber>> {
        let mut results = Vec::new();
        for proposal in proposals {
            results.push(self.ask("propose", |state| state.propose(proposal)).await);
        }
        results
    }

    async fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Answer<()> {
        self.ask("present", |state| {
            state.at(place)?;
            state.present(change, presentation)
        })
        .await
    }

    async fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &PublishedComment,
    ) -> Answer<()> {
        self.ask("remark", |state| {
            state.at(place)?;
            state.remark(change, remark)
        })
        .await
    }

    async fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Answer<()>> {
        let mut results = Vec::with_capacity(reactions.len());
        for own in reactions {
            let result = self.ask("react", |state| {
                state.at(place)?;
                state.react(change, &own.comment, own.reaction)
            });
            results.push(result.await);
        }
        results
    }

    async fn merge(&self, merge: &Merge) -> Answer<CommitId> {
        self.ask("merge", |state| {
            state.at(&merge.place)?;
            state.merge(merge)
        })
        .await
    }

    async fn dequeue(&self, place: &ConfigBranch, change: ChangeNumber) -> Answer<()> {
        self.ask("dequeue", |state| {
            state.at(place)?;
            state.dequeue(change)
        })
        .await
    }

    async fn close(&self, place: &ConfigBranch, change: ChangeNumber) -> Answer<()> {
        self.ask("close", |state| {
            state.at(place)?;
            state.close(change)
        })
        .await
    }

    async fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Answer<()> {
        self.ask("delete_branch", |state| {
            state.at(place)?;
            state.delete_branch(branch, expected)
        })
        .await
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Answer<Confirmation> {
        self.ask("is_member", |state| {
            let members: Option<&BTreeSet<UserName>> = state.teams.get(team);
            let is_so = members.map(|members| Confirmation::now(members.contains(user)));
            is_so.ok_or_else(|| not_found(format!("the team `{team}`")))
        })
        .await
    }

    async fn find_team(&self, team: &TeamName) -> Answer<()> {
        self.ask("find_team", |state| {
            let is_there = state.teams.contains_key(team);
            if is_there { Ok(()) } else { Err(not_found(format!("the team `{team}`"))) }
        })
        .await
    }

    async fn is_collaborator(&self, place: &ConfigBranch, user: &UserName) -> Answer<Confirmation> {
        self.ask("is_collaborator", |state| {
            Ok(Confirmation::now(!state.at(place)?.github.strangers.contains(user.as_str())))
        })
        .await
    }

    async fn may_write(&self, place: &ConfigBranch, user: &UserName) -> Answer<Confirmation> {
        self.ask("may_write", |state| {
            let permission = state.at(place)?.permissions.get(user);
            let is_enough = permission.is_some_and(|word| ["admin", "write"].contains(word));
            Ok(Confirmation::now(!user.is_machine() && is_enough))
        })
        .await
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        let login = Login { name: self.bot.clone(), proof: LoginProof::Nothing, ends_at: None };
        let places = question.places.first().expect("somebody uses this forge");
        Health {
            forge: places.forge.clone(),
            login: Probe::Known(login),
            clock_ahead: Probe::Absent,
            allowances: Probe::Absent,
            hook: Probe::Absent,
            repositories: Vec::new(),
        }
    }
}

impl State {
    fn at(&self, place: &ConfigBranch) -> Answer<&Self> {
        if *place == self.place { Ok(self) } else { Err(not_found(place.to_string())) }
    }

    fn known(&self, number: ChangeNumber) -> Answer<&FakeChange> {
        self.change(number).ok_or_else(|| not_found(format!("change {number}")))
    }

    fn entries(&self, commit: &CommitId) -> Answer<Arc<BTreeMap<RepositoryPath, TreeEntry>>> {
        let found = self.git.commits.get(commit).ok_or_else(|| not_found(format!("commit {commit}")))?;
        let entry =
            |content: &Arc<[u8]>| TreeEntry { kind: EntryKind::File, blob: self.git.blob_id(content) };
        Ok(Arc::new(found.files.iter().map(|(path, content)| (path.clone(), entry(content))).collect()))
    }

    fn changed_files(&self, head: &CommitId) -> Answer<Vec<FileChange>> {
        let unrelated = || not_found(format!("a common ancestor of {head} and the base"));
        let base = self.git.merge_base(self.base_tip_for(head), head).ok_or_else(unrelated)?;
        Ok(self.differing_files(&base, head))
    }

    fn differing_files(&self, old: &CommitId, new: &CommitId) -> Vec<FileChange> {
        let [old, new] = [old, new].map(|commit| &self.git.get(commit).files);
        let paths: BTreeSet<&RepositoryPath> = old.keys().chain(new.keys()).collect();
        let bytes = |content: Option<&Arc<[u8]>>| content.map(|content| content.to_vec());
        let changed = paths.into_iter().filter(|path| old.get(path) != new.get(path));
        let change = |path: &RepositoryPath| FileChange {
            path: path.clone(),
            old: bytes(old.get(path)),
            new: bytes(new.get(path)),
        };
        changed.map(change).collect()
    }

    /// What a head is compared with: the base, and of a merged change the base as it was before the merge.
    fn base_tip_for(&self, head: &CommitId) -> &CommitId {
        let merges = |change: &&FakeChange| change.head() == head;
        let merged = self.changes.iter().filter(merges).find_map(|change| match &change.state {
            ChangeState::Merged { commit, .. } => self.git.get(commit).parents.first(),
            ChangeState::Open | ChangeState::Closed { .. } => None,
        });
        merged.unwrap_or_else(|| self.base_tip())
    }

    /// The lines of all files of the log: that of the older layout comes first, as the names are sorted.
    fn log_lines(&self, tip: &CommitId) -> Vec<String> {
        let files = self.git.get(tip).files.iter().filter(|(path, _)| path.as_str().ends_with(".jsonl"));
        let mut files: Vec<(&str, &Arc<[u8]>)> =
            files.map(|(path, content)| (path.as_str(), content)).collect();
        files.sort();
        let texts = files.into_iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// The whole log, oldest line first.
    pub(crate) fn log(&self) -> Vec<String> {
        self.git.tip(&log_branch()).map(|tip| self.log_lines(tip)).unwrap_or_default()
    }

    fn read_log(&self, known: Option<&CommitId>) -> LogPart {
        let Some(tip) = self.git.tip(&log_branch()) else {
            return LogPart { from_start: known.is_some(), ..LogPart::default() };
        };
        let Some(proven) = self.proven_log() else { return LogPart::of_none(Some(tip.clone())) };
        let known = known.filter(|known| self.git.ancestry(&proven).contains(known));
        let skipped = known.map_or(0, |known| self.log_lines(known).len());
        let lines = self.log_lines(&proven).split_off(skipped);
        LogPart { tip: Some(tip.clone()), from_start: known.is_none(), proven: Some(proven), lines }
    }

    /// The last commit of the log that the bot made.
    fn proven_log(&self) -> Option<CommitId> {
        let mut line = self.git.first_parents(&log_branch()).into_iter().rev();
        line.find(|commit| self.git.get(commit).author == self.bot)
    }

    fn append_log(&mut self, lines: &[String], expected: Option<&CommitId>) -> Answer<CommitId> {
        let tip = self.git.tip(&log_branch()).cloned();
        if tip.as_ref() != expected {
            return Err(conflict(LOG_BRANCH));
        }
        assert!(!lines.is_empty(), "a commit of the log has at least one line");
        assert!(lines.iter().all(|line| !line.contains('\n')), "a line of the log has no line break");
        let mut all = self.proven_log().map(|proven| self.log_lines(&proven)).unwrap_or_default();
        all.extend_from_slice(lines);
        self.effect(|state| {
            let content: Arc<[u8]> = (all.join("\n") + "\n").into_bytes().into();
            let files = BTreeMap::from([(log_file(), content)]);
            let commit = state.bot_commit(tip.into_iter().collect(), files, "log [skip ci]");
            state.git.branches.insert(log_branch(), commit.clone());
            (commit, EffectKind::LogCommit { lines: lines.len() })
        })
    }

    fn bot_commit(&mut self, parents: Vec<CommitId>, files: super::Files, message: &str) -> CommitId {
        let (author, at) = (self.bot.clone(), self.forge_now());
        self.git.commit(NewCommit { parents, files, author: &author, message, at })
    }

    fn propose(&mut self, proposal: &Proposal) -> Answer<ChangeNumber> {
        self.at(&proposal.place)?;
        self.push_proposal(proposal)?;
        let number = match self.open_change(&proposal.branch) {
            Some(change) => change.number,
            None => self.open(proposal)?,
        };
        self.present(number, &proposal.presentation)?;
        Ok(number)
    }

    /// Brings the branch to the proposed content, unless it is there already.
    fn push_proposal(&mut self, proposal: &Proposal) -> Answer<()> {
        let mut files = self.git.get(&proposal.base).files.clone();
        files.extend(proposal.files.iter().map(|(path, content)| (path.clone(), content.as_slice().into())));
        let tip = self.git.tip(&proposal.branch);
        let is_same = |tip: &CommitId| {
            let commit = self.git.get(tip);
            commit.parents.first() == Some(&proposal.base)
                && commit.files == files
                && commit.message == proposal.message
                && commit.author == self.bot
        };
        if tip.is_some_and(is_same) {
            return Ok(());
        }
        if tip != proposal.expected.as_ref() {
            return Err(conflict(proposal.branch.as_str()));
        }
        self.expect_not_queued(&proposal.branch);
        self.effect(|state| {
            let to = state.bot_commit(vec![proposal.base.clone()], files, &proposal.message);
            state.move_branch(&proposal.branch, to.clone());
            ((), EffectKind::BranchMoved { branch: proposal.branch.clone(), to })
        })
    }

    fn open(&mut self, proposal: &Proposal) -> Answer<ChangeNumber> {
        check_text(&proposal.presentation.body);
        let head =
            self.git.tip(&proposal.branch).cloned().ok_or_else(|| conflict(proposal.branch.as_str()))?;
        self.effect(|state| {
            let number = ChangeNumber(state.changes.len() as u64 + 1);
            let at = state.forge_now();
            state.changes.push(FakeChange {
                number,
                branch: proposal.branch.clone(),
                title: proposal.presentation.title.clone(),
                body: proposal.presentation.body.clone(),
                labels: proposal.labels.clone(),
                author: state.bot.clone(),
                state: ChangeState::Open,
                opened_at: at,
                heads: vec![(at, head)],
                comments: Vec::new(),
                reviews: Vec::new(),
                statuses: Vec::new(),
            });
            (number, EffectKind::ChangeOpened { change: number })
        })
    }

    fn present(&mut self, number: ChangeNumber, presentation: &Presentation) -> Answer<()> {
        check_text(&presentation.body);
        let change = self.known(number)?;
        if (&change.title, &change.body) != (&presentation.title, &presentation.body) {
            self.effect(|state| {
                let change = state.change_mut(number).expect("it was just there");
                change.title.clone_from(&presentation.title);
                change.body.clone_from(&presentation.body);
                ((), EffectKind::Presented { change: number })
            })?;
        }
        self.set_status(number, presentation)?;
        self.show_in_queue(number, &presentation.status)
    }

    fn set_status(&mut self, number: ChangeNumber, presentation: &Presentation) -> Answer<()> {
        let change = self.known(number)?;
        let (head, wanted) = (change.head().clone(), &presentation.status);
        let last = change.statuses.iter().rfind(|(context, s)| *context == wanted.context && s.head == head);
        if last.is_some_and(|(_, status)| (status.state, &status.text) == (wanted.state, &wanted.text)) {
            return Ok(());
        }
        self.effect(|state| {
            let status =
                Status { head, at: state.forge_now(), state: wanted.state, text: wanted.text.clone() };
            let change = state.change_mut(number).expect("it was just there");
            change.statuses.push((wanted.context.clone(), status));
            ((), EffectKind::StatusSet { change: number })
        })
    }

    fn remark(&mut self, number: ChangeNumber, remark: &PublishedComment) -> Answer<()> {
        check_text(&remark.body);
        let mut own = self.known(number)?.comments.iter().filter(|comment| comment.author == self.bot);
        if own.any(|comment| comment.about() == Some(&remark.about)) {
            return Ok(());
        }
        if let Some(over) = &remark.over {
            return self.rewrite_comment(over, &remark.body);
        }
        self.effect(|state| {
            let comment = Comment {
                id: state.next_comment(),
                author: state.bot.clone(),
                at: state.forge_now(),
                edited: false,
                body: remark.body.clone(),
                reactions: Vec::new(),
            };
            assert_eq!(
                comment.about(),
                Some(remark.about.as_str()),
                "the bot could not find this comment again"
            );
            state.change_mut(number).expect("it was just there").comments.push(comment);
            ((), EffectKind::Remarked { change: number, about: remark.about.clone() })
        })
    }

    /// Gives a comment of the bot another text.
    pub(super) fn rewrite_comment(&mut self, id: &CommentId, body: &str) -> Answer<()> {
        let is_it = |comment: &Comment, bot: &UserName| comment.id == *id && comment.author == *bot;
        let mut changes = self.changes.iter();
        let change = changes.find(|change| change.comments.iter().any(|found| is_it(found, &self.bot)));
        let what = format!("comment {}", id.0);
        let number = change.ok_or(ForgeError::Conflict { what })?.number;
        let about = Comment::about_in(body).expect("the bot finds its comments again").to_owned();
        self.effect(|state| {
            let bot = state.bot.clone();
            let change = state.change_mut(number).expect("it was just there");
            let comment = change.comments.iter_mut().find(|found| is_it(found, &bot));
            let comment = comment.expect("it was just there");
            body.clone_into(&mut comment.body);
            comment.edited = true;
            ((), EffectKind::Remarked { change: number, about })
        })
    }

    fn react(&mut self, number: ChangeNumber, id: &CommentId, reaction: Reaction) -> Answer<()> {
        let change = self.known(number)?;
        if change.reviews.iter().any(|review| review.id == *id) {
            return Ok(());
        }
        let comment = change.comments.iter().find(|comment| comment.id == *id);
        let comment = comment.ok_or_else(|| not_found(format!("comment {}", id.0)))?;
        if comment.reactions.contains(&reaction) {
            return Ok(());
        }
        self.effect(|state| {
            let change = state.change_mut(number).expect("it was just there");
            let comment = change.comments.iter_mut().find(|comment| comment.id == *id);
            comment.expect("it was just there").reactions.push(reaction);
            ((), EffectKind::Reacted { change: number })
        })
    }

    fn merge(&mut self, merge: &Merge) -> Answer<CommitId> {
        let change = self.known(merge.change)?;
        let refused = || conflict(&format!("change {}", merge.change));
        match &change.state {
            ChangeState::Merged { commit, .. } if *change.head() == merge.head => return Ok(commit.clone()),
            ChangeState::Merged { .. } | ChangeState::Closed { .. } => return Err(refused()),
            ChangeState::Open if *change.head() != merge.head => return Err(refused()),
            ChangeState::Open => {}
        }
        if self.is_conflicted(&merge.head) {
            return Err(refused());
        }
        self.held_up(merge.change, &merge.head)?;
        let (bot, method) = (self.bot.clone(), self.merge_method());
        self.effect(|state| {
            let commit = state.put_on_base(&merge.head, &bot, method, &merge.message);
            let commit = commit.expect("the two go together");
            state.end_by_merge(merge.change, commit.clone(), bot);
            (commit, EffectKind::Merged { change: merge.change, head: merge.head.clone() })
        })
    }

    /// Moves the base to the merge and marks the change.
    pub(super) fn end_by_merge(&mut self, number: ChangeNumber, commit: CommitId, by: UserName) {
        let at = self.forge_now();
        self.git.branches.insert(self.place.branch.clone(), commit.clone());
        let change = self.change_mut(number).expect("it was just there");
        change.state = ChangeState::Merged { at, by, commit };
    }

    fn close(&mut self, number: ChangeNumber) -> Answer<()> {
        match self.known(number)?.state {
            ChangeState::Closed { .. } => Ok(()),
            ChangeState::Merged { .. } => Err(conflict(&format!("change {number}"))),
            ChangeState::Open => self.effect(|state| {
                let by = state.bot.clone();
                state.end_by_close(number, by);
                ((), EffectKind::Closed { change: number })
            }),
        }
    }

    pub(super) fn end_by_close(&mut self, number: ChangeNumber, by: UserName) {
        let at = self.forge_now();
        self.take_out_of_queue(number);
        let change = self.change_mut(number).expect("the test or the forge just looked it up");
        change.state = ChangeState::Closed { at, by };
    }

    fn delete_branch(&mut self, branch: &BranchName, expected: &CommitId) -> Answer<()> {
        match self.git.tip(branch) {
            None => return Ok(()),
            Some(tip) if tip != expected => return Err(conflict(branch.as_str())),
            Some(_) => {}
        }
        self.effect(|state| {
            state.git.branches.remove(branch);
            // As on GitHub and GitLab: a change whose branch goes away is closed.
            if let Some(number) = state.open_change(branch).map(|change| change.number) {
                let by = state.bot.clone();
                state.end_by_close(number, by);
            }
            ((), EffectKind::BranchDeleted { branch: branch.clone() })
        })
    }
}

fn log_branch() -> BranchName {
    rules::name(LOG_BRANCH)
}

fn log_file() -> RepositoryPath {
    rules::name("log/000001.jsonl")
}

fn check_text(text: &str) {
    assert!(text.len() <= TEXT_BYTES_MAX, "no forge takes a text of {} bytes", text.len());
}

fn conflict(what: &str) -> ForgeError {
    ForgeError::Conflict { what: what.to_owned() }
}

fn not_found(what: String) -> ForgeError {
    ForgeError::NotFound { what }
}
