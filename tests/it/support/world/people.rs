//! What people and build systems do to the world. None of it is an effect of the bot.

use towpath::model::{
    BranchName, ChangeNumber, ChangeState, Comment, CommentId, CommitId, Description, Digest, ImageName,
    RepositoryPath, Review, ReviewVerdict, Tag, UserName,
};

use super::git::{self, NewCommit};
use super::{FakeChange, FakeWorld, State};
use crate::support::fixture::Files;
use crate::support::rules::name;

/// The digest under which the build system pushes a tag.
pub(crate) fn digest_of(image: &ImageName, tag: &Tag) -> Digest {
    name(&format!("sha256:{}", git::sha256(format!("{image}:{tag}").as_bytes())))
}

impl State {
    /// Points a tag to something new, if it is one that does so at each request.
    pub(super) fn move_restless(&mut self, image: &ImageName, tag: &Tag) {
        if self.restless_tags.contains(tag) {
            let content = name(&format!("{tag}-{}", self.requests.get("digest").unwrap_or(&0)));
            let digest = digest_of(image, &content);
            self.point(image, tag, digest);
        }
    }

    fn point(&mut self, image: &ImageName, tag: &Tag, digest: Digest) {
        self.ever_pushed.insert((tag.clone(), digest.clone()));
        self.images.entry(image.clone()).or_default().insert(tag.clone(), digest);
    }

    /// The digests that a tag ever pointed to, of any image.
    pub(crate) fn digests_ever<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Digest> {
        let of_tag = self.ever_pushed.iter().filter(move |(own, _)| own.as_str() == tag);
        of_tag.map(|(_, digest)| digest)
    }
}

impl FakeWorld {
    /// A build pushes an image.
    pub(crate) fn push(&self, image: &str, tag: &str) {
        let (image, tag): (ImageName, Tag) = (name(image), name(tag));
        let digest = digest_of(&image, &tag);
        self.state().point(&image, &tag, digest);
    }

    /// A build pushes an image with this content, which says something of itself.
    pub(crate) fn push_described(&self, image: &str, tag: &str, content: &str, description: Description) {
        let image: ImageName = name(image);
        let digest = digest_of(&image, &name(content));
        let mut state = self.state();
        state.descriptions.insert(digest.clone(), description);
        state.images_of_digests.insert(digest.clone(), image.clone());
        state.point(&image, &name(tag), digest);
    }

    /// Somebody writes a comment.
    pub(crate) fn comment(&self, change: ChangeNumber, author: &str, body: &str) -> CommentId {
        let mut state = self.state();
        let (id, at) = (state.next_comment(), state.forge_now());
        let comment = Comment {
            id: id.clone(),
            author: name(author),
            at,
            edited: false,
            body: body.to_owned(),
            reactions: Vec::new(),
        };
        state.change_mut(change).expect("the test knows its changes").comments.push(comment);
        id
    }

    /// Somebody writes other words into a comment.
    pub(crate) fn edit_comment(&self, change: ChangeNumber, id: &CommentId, body: &str) {
        let mut state = self.state();
        let change = state.change_mut(change).expect("the test knows its changes");
        let comment = change.comments.iter_mut().find(|comment| comment.id == *id);
        let comment = comment.expect("the test knows its comments");
        body.clone_into(&mut comment.body);
        comment.edited = true;
    }

    /// Somebody deletes comments.
    pub(crate) fn delete_comments(&self, change: ChangeNumber, is_meant: impl Fn(&Comment) -> bool) {
        let mut state = self.state();
        let change = state.change_mut(change).expect("the test knows its changes");
        change.comments.retain(|comment| !is_meant(comment));
    }

    /// Somebody reviews the present head.
    pub(crate) fn review(&self, change: ChangeNumber, author: &str, verdict: ReviewVerdict, body: &str) {
        let mut state = self.state();
        let (id, at) = (state.next_comment(), state.forge_now());
        let id = CommentId(format!("review-{}", id.0));
        let change = state.change_mut(change).expect("the test knows its changes");
        let head = change.head().clone();
        change.reviews.push(Review {
            id,
            author: name(author),
            at,
            head,
            verdict,
            taken_back_by: None,
            edited: false,
            body: body.to_owned(),
        });
    }

    /// Somebody writes other words into the last review.
    pub(crate) fn edit_last_review(&self, change: ChangeNumber, body: &str) {
        let mut state = self.state();
        let change = state.change_mut(change).expect("the test knows its changes");
        let review = change.reviews.last_mut().expect("somebody reviewed it");
        body.clone_into(&mut review.body);
        review.edited = true;
    }

    /// Somebody takes the last review back.
    pub(crate) fn dismiss_last_review(&self, change: ChangeNumber, by: &str) {
        let mut state = self.state();
        let change = state.change_mut(change).expect("the test knows its changes");
        change.reviews.last_mut().expect("somebody reviewed it").taken_back_by = Some(name(by));
    }

    /// Somebody closes a change.
    pub(crate) fn close(&self, change: ChangeNumber, by: &str) {
        self.state().end_by_close(change, name(by));
    }

    /// Somebody merges a change by the forge's button.
    pub(crate) fn merge(&self, number: ChangeNumber, by: &str) {
        self.state().merge_by_person(number, name(by));
    }

    /// A person opens a change of their own from a branch with one more file.
    pub(crate) fn open_by_person(&self, by: &str, branch: &str) {
        let mut state = self.state();
        let (branch, author): (BranchName, UserName) = (name(branch), name(by));
        let base = state.base_tip().clone();
        let mut files = state.git.get(&base).files.clone();
        files.insert(name("docs/index.md"), b"What there is to know.\n".to_vec().into());
        let head = state.commit(vec![base], files, &author, "write documentation");
        state.git.branches.insert(branch.clone(), head.clone());
        let (at, number) = (state.forge_now(), ChangeNumber(state.changes.len() as u64 + 1));
        state.changes.push(FakeChange {
            number,
            branch,
            title: "write documentation".to_owned(),
            body: String::new(),
            labels: Vec::new(),
            author,
            state: ChangeState::Open,
            opened_at: at,
            heads: vec![(at, head)],
            comments: Vec::new(),
            reviews: Vec::new(),
            statuses: Vec::new(),
        });
    }

    /// Somebody merges the base into the branch of a change by the forge's button.
    pub(crate) fn update_branch(&self, number: ChangeNumber, by: &str) {
        let mut state = self.state();
        let change = state.change(number).expect("the test knows its changes");
        let (branch, head) = (change.branch.clone(), change.head().clone());
        let base = state.base_tip().clone();
        let files = state.git.merged_files(&head, &base).expect("the button is grey on a conflict");
        let commit = state.commit(vec![head, base], files, &name(by), "Merge branch 'main'");
        state.move_branch(&branch, commit);
    }

    /// Somebody changes one text in one file of a branch, and pushes that.
    pub(crate) fn edit(
        &self,
        branch: &BranchName,
        by: &str,
        path: &str,
        change: impl FnOnce(&str) -> String,
    ) {
        let path: RepositoryPath = name(path);
        let mut state = self.state();
        let tip = state.git.tip(branch).expect("the branch is there").clone();
        let mut files = state.git.get(&tip).files.clone();
        let old =
            files.get(&path).map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default();
        let new = change(&old);
        assert_ne!(old, new, "an edit by a person changes something");
        files.insert(path.clone(), new.into_bytes().into());
        let commit = state.commit(vec![tip], files, &name(by), &format!("edit {path}"));
        state.move_branch(branch, commit);
    }

    /// Somebody forces a branch to a commit.
    pub(crate) fn force_push(&self, branch: &BranchName, to: &CommitId) {
        self.state().move_branch(branch, to.clone());
    }

    /// Somebody rebases the base branch: its newest commits are made anew, as one, on an older one.
    pub(crate) fn rebase_base(&self, onto: &CommitId, by: &str) {
        let mut state = self.state();
        let tip = state.git.get(state.base_tip());
        // A rebase keeps the dates of the authors.
        let (files, at) = (tip.files.clone(), tip.at);
        let branch = state.place.branch.clone();
        let (parents, message) = (vec![onto.clone()], "the same, made anew");
        let commit = state.git.commit(NewCommit { parents, files, author: &name(by), message, at });
        state.move_branch(&branch, commit);
    }

    /// Somebody pushes a commit with exactly these files to a branch, which may be new.
    pub(crate) fn push_files(&self, branch: &BranchName, by: &str, files: Files) -> CommitId {
        let mut state = self.state();
        let tip = state.git.tip(branch).cloned();
        let commit = state.commit(tip.into_iter().collect(), files, &name(by), "pushed by hand");
        state.move_branch(branch, commit.clone());
        commit
    }
}

impl State {
    fn commit(&mut self, parents: Vec<CommitId>, files: Files, author: &UserName, message: &str) -> CommitId {
        let at = self.forge_now();
        self.git.commit(NewCommit { parents, files, author, message, at })
    }

    /// The text of a file on the base branch.
    pub(crate) fn text(&self, path: &str) -> String {
        let content = self.git.get(self.base_tip()).files.get(&name::<RepositoryPath>(path));
        String::from_utf8_lossy(content.expect("the test knows its files")).into_owned()
    }
}

impl State {
    /// Merges a change as a person.
    pub(super) fn merge_by_person(&mut self, number: ChangeNumber, by: UserName) {
        let base = self.base_tip().clone();
        let head = self.change(number).expect("the test knows its changes").head().clone();
        let files = self.git.merged_files(&base, &head).expect("the button is grey on a conflict");
        let commit = self.commit(vec![base, head], files, &by, "merge");
        self.end_by_merge(number, commit, by);
    }
}
