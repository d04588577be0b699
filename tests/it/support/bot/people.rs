//! What people and build systems do in a story.

use towpath::model::{
    ArtifactKind, BranchName, ChangeNumber, CommentId, CommitId, Description, Digest, ImageName, IndexEntry,
    MergeMethod, ReviewVerdict, Tag, UserName,
};

use super::{Bot, target};
use crate::support::oracle::overlay_file;
use crate::support::rules::name;
use crate::support::world::digest_of;

impl Bot {
    /// A build pushes a version of the shop.
    pub(crate) fn push(&mut self, version: &str) -> &mut Self {
        self.push_of("shop", version)
    }

    /// A build pushes a version of a service.
    pub(crate) fn push_of(&mut self, service: &str, version: &str) -> &mut Self {
        self.world.push(&format!("registry.test/acme/{service}"), version);
        self
    }

    /// A build pushes a version of an image, which says this of itself.
    pub(crate) fn push_saying(
        &mut self,
        image: &str,
        version: &str,
        say: impl FnOnce(&mut Description),
    ) -> &mut Self {
        let mut description = Description::of(ArtifactKind::Image);
        say(&mut description);
        self.world.push_described(&format!("registry.test/acme/{image}"), version, version, description);
        self
    }

    /// Somebody pushes something else under a tag that is there.
    pub(crate) fn push_anew(&mut self, image: &str, tag: &str, content: &str) -> &mut Self {
        let description = Description::of(ArtifactKind::Image);
        self.world.push_described(&format!("registry.test/acme/{image}"), tag, content, description);
        self
    }

    /// A build pushes an index with one manifest for each of these platforms.
    pub(crate) fn push_index(&mut self, version: &str, platforms: &[&str]) -> &mut Self {
        self.push(version);
        let index = shop_digest(version);
        let entry = |platform: &&str| IndexEntry {
            digest: shop_digest(&manifest_of(version, platform)),
            platform: Some(name(platform)),
        };
        self.world.state().indexes.insert(index, platforms.iter().map(entry).collect());
        self
    }

    /// The registry loses the image of the shop with all that it holds.
    pub(crate) fn delete_repository(&mut self) -> &mut Self {
        let mut state = self.world.state();
        let tags = state.images.remove(&shop()).unwrap_or_default();
        state.lost.extend(tags.into_values());
        drop(state);
        self
    }

    /// The registry loses the manifest of one platform.
    pub(crate) fn lose_platform(&mut self, version: &str, platform: &str) -> &mut Self {
        self.world.state().lost.insert(shop_digest(&manifest_of(version, platform)));
        self
    }

    /// Somebody deletes a tag of the shop; its manifest stays.
    pub(crate) fn delete_tag(&mut self, version: &str) -> &mut Self {
        let mut state = self.world.state();
        let tags = state.images.get_mut(&shop()).expect("the shop has an image");
        assert!(tags.remove(&name::<Tag>(version)).is_some(), "{version} was never pushed");
        drop(state);
        self
    }

    /// Somebody deletes a manifest of the shop; tags that point to it are still listed.
    pub(crate) fn delete_manifest(&mut self, version: &str) -> &mut Self {
        self.world.state().lost.insert(shop_digest(version));
        self
    }

    /// A build pushes again what was there before.
    pub(crate) fn push_again(&mut self, version: &str) -> &mut Self {
        self.world.state().lost.remove(&shop_digest(version));
        self.push(version)
    }

    /// The registry gives no answer about a service's image.
    pub(crate) fn registry_down(&mut self, service: &str) -> &mut Self {
        self.world.state().registries_down.insert(name(&format!("registry.test/acme/{service}")));
        self
    }

    /// All registries answer again.
    pub(crate) fn registries_up(&mut self) -> &mut Self {
        self.world.state().registries_down.clear();
        self
    }

    /// The newest commit of the base branch.
    pub(crate) fn main(&self) -> CommitId {
        self.world.state().base_tip().clone()
    }

    /// Somebody forces the base branch back to a commit.
    pub(crate) fn force_push(&mut self, to: &CommitId) -> &mut Self {
        self.world.force_push(&base(), to);
        self
    }

    /// Somebody makes the newest commits of the base branch anew on an older one.
    pub(crate) fn rebase_main(&mut self, onto: &CommitId, by: &str) -> &mut Self {
        self.world.rebase_base(onto, by);
        self
    }

    /// Whether a line of the log holds a word.
    pub(crate) fn has_logged(&self, word: &str) -> bool {
        self.world.state().log().iter().any(|line| line.contains(word))
    }

    /// Somebody comments on a change.
    pub(crate) fn comment(&mut self, change: ChangeNumber, author: &str, body: &str) -> CommentId {
        self.world.comment(change, author, body)
    }

    /// Somebody rewrites a comment.
    pub(crate) fn edit_comment(
        &mut self,
        change: ChangeNumber,
        comment: &CommentId,
        body: &str,
    ) -> &mut Self {
        self.world.edit_comment(change, comment, body);
        self
    }

    /// Somebody rewrites the text of the last review.
    pub(crate) fn edit_last_review(&mut self, change: ChangeNumber, body: &str) -> &mut Self {
        self.world.edit_last_review(change, body);
        self
    }

    /// Somebody takes the last review back by the forge's button.
    pub(crate) fn dismiss_last_review(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        self.world.dismiss_last_review(change, by);
        self
    }

    /// Somebody deletes a comment.
    pub(crate) fn delete_comment(&mut self, change: ChangeNumber, comment: &CommentId) -> &mut Self {
        self.world.delete_comments(change, |found| found.id == *comment);
        self
    }

    /// Somebody deletes whatever the bot said on a change.
    pub(crate) fn delete_comments_of_bot(&mut self, change: ChangeNumber) -> &mut Self {
        let bot = self.world.state().bot.clone();
        self.world.delete_comments(change, |found| found.author == bot);
        self
    }

    /// Somebody approves the present head by the forge's button.
    pub(crate) fn review(&mut self, change: ChangeNumber, author: &str, verdict: ReviewVerdict) -> &mut Self {
        self.world.review(change, author, verdict, "");
        self
    }

    /// Somebody approves the present head by the forge's button, and writes something to it.
    pub(crate) fn approve_saying(&mut self, change: ChangeNumber, author: &str, text: &str) -> &mut Self {
        self.world.review(change, author, ReviewVerdict::Approve, text);
        self
    }

    /// Somebody writes a review that says neither yes nor no.
    pub(crate) fn say_in_review(&mut self, change: ChangeNumber, author: &str, text: &str) -> &mut Self {
        self.world.review(change, author, ReviewVerdict::Comment, text);
        self
    }

    /// Somebody merges a change by the forge's button, in the middle of the bot's next look.
    pub(crate) fn merge_meanwhile(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        self.world.state().merged_meanwhile = Some((change, name(by)));
        self
    }

    /// Somebody adds a file to the base branch.
    pub(crate) fn add_file(&mut self, by: &str, path: &str, text: &str) -> &mut Self {
        self.world.edit(&base(), by, path, |_nothing| text.to_owned());
        self
    }

    /// Somebody owns what production runs; what `CODEOWNERS` says has to agree.
    pub(crate) fn owns(&mut self, user: &str) -> &mut Self {
        self.world.state().code_owners.insert(name(user));
        self
    }

    /// Somebody pushes a line to the log that says that a change was approved, as it is now.
    pub(crate) fn forge_approval(&mut self, change: ChangeNumber, by: &str, approver: &str) -> &mut Self {
        let head = self.head_of(change);
        let state = self.world.state();
        let message = state.git.get(&head).message.clone();
        let key =
            message.lines().find_map(|line| line.strip_prefix("Towpath-Key: ")).expect("the bot's head");
        let approved = serde_json::json!({ "approved": { "head": head, "key": key } });
        let line = serde_json::json!({
            "at": state.now, "event": "handled", "change": change, "comment": "4711", "by": approver, "outcomes": [approved],
        });
        drop(state);
        let file = "log/000001.jsonl";
        self.world.edit(&name(towpath::forge::LOG_BRANCH), by, file, |text| format!("{text}{line}\n"));
        self
    }

    /// Somebody becomes a member of a team.
    pub(crate) fn make_member(&mut self, team: &str, user: &str) -> &mut Self {
        self.world.state().teams.entry(name(team)).or_default().insert(name(user));
        self
    }

    /// Somebody leaves a team.
    pub(crate) fn leave(&mut self, team: &str, user: &str) -> &mut Self {
        let mut state = self.world.state();
        let members = state.teams.get_mut(&name::<towpath::model::TeamName>(team));
        assert!(members.expect("the story knows its teams").remove(&name::<UserName>(user)));
        drop(state);
        self
    }

    /// Somebody has no access to the repository.
    pub(crate) fn is_stranger(&mut self, user: &'static str) -> &mut Self {
        self.world.state().github.strangers.insert(user);
        self
    }

    /// The forge lets somebody do this in the repository, in GitHub's words.
    pub(crate) fn permit(&mut self, user: &str, permission: &'static str) -> &mut Self {
        self.world.state().permissions.insert(name(user), permission);
        self
    }

    /// The bot may not write deployments, or may again.
    pub(crate) fn refuse_deployments(&mut self, refuses: bool) -> &mut Self {
        self.world.state().github.setup.refuses_deployments = refuses;
        self
    }

    /// The forge fails to say what the heads of changes contain, or says it again.
    pub(crate) fn fail_comparisons(&mut self, fails: bool) -> &mut Self {
        self.world.state().fails_comparisons = fails;
        self
    }

    /// Somebody closes a change.
    pub(crate) fn close(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        self.world.close(change, by);
        self
    }

    /// A rule of the repository stands in the way of every merge, in these words of the forge.
    pub(crate) fn block_merges(&mut self, words: &'static str) -> &mut Self {
        self.world.state().protection.unmet = Some(words);
        self
    }

    /// More happens to a change than the forge lists.
    pub(crate) fn flood(&mut self, change: ChangeNumber) -> &mut Self {
        self.world.state().github.endless = Some(format!("/issues/{}/timeline", change.0));
        self
    }

    /// The flood is over.
    pub(crate) fn drain(&mut self) -> &mut Self {
        self.world.state().github.endless = None;
        self
    }

    /// The forge changes a text wherever it merges.
    pub(crate) fn alter_merges(&mut self, change: Option<(&'static str, &'static str)>) -> &mut Self {
        self.world.state().protection.alters = change;
        self
    }

    /// Every rule is met.
    pub(crate) fn allow_merges(&mut self) -> &mut Self {
        self.world.state().protection.unmet = None;
        self
    }

    /// The repository wants the newest base in a branch before it merges it.
    pub(crate) fn only_newest_branches(&mut self) -> &mut Self {
        self.world.state().protection.is_strict = true;
        self
    }

    /// The repository leaves only this way of merging.
    pub(crate) fn merge_only_by(&mut self, method: MergeMethod) -> &mut Self {
        let others = MergeMethod::ALL.iter().copied().filter(|other| *other != method);
        self.world.state().protection.forbidden = others.collect();
        self
    }

    /// The repository merges by its queue alone.
    pub(crate) fn queue_merges(&mut self) -> &mut Self {
        self.world.state().protection.has_queue = true;
        self
    }

    /// The queue makes the commit that it would merge, and waits for what is required there.
    pub(crate) fn make_group(&mut self, change: ChangeNumber) -> &mut Self {
        self.world.state().make_group(change);
        self
    }

    /// Somebody puts a change into the queue by the forge's button.
    pub(crate) fn put_into_queue(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        let head = self.head_of(change);
        self.world.state().put_into_queue(change, head, name(by));
        self
    }

    /// The queue comes to a change.
    pub(crate) fn merge_from_queue(&mut self, change: ChangeNumber) -> &mut Self {
        self.world.state().merge_from_queue(change);
        self
    }

    /// Somebody merges a change.
    pub(crate) fn merge(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        self.world.merge(change, by);
        self
    }

    /// Somebody commits to the branch of a change.
    pub(crate) fn commit_on(&mut self, change: ChangeNumber, by: &str, path: &str, line: &str) -> &mut Self {
        let branch = self.world.state().change(change).expect("the story opened it").branch.clone();
        self.world.edit(&branch, by, path, |old| format!("{old}{line}\n"));
        self
    }

    /// Somebody presses the forge's button that merges the base into a change.
    pub(crate) fn update_branch(&mut self, change: ChangeNumber, by: &str) -> &mut Self {
        self.world.update_branch(change, by);
        self
    }

    /// Somebody writes one text for another in a file of the base branch.
    pub(crate) fn replace(&mut self, by: &str, path: &str, old: &str, new: &str) -> &mut Self {
        self.world.edit(&base(), by, path, |text| text.replace(old, new));
        self
    }

    /// Somebody makes an environment run a version, past the bot.
    pub(crate) fn set_by_hand(&mut self, by: &str, environment: &str, version: &str) -> &mut Self {
        let (service, environment) = target(environment);
        let image = name(&format!("registry.test/acme/{service}"));
        let digest = digest_of(&image, &name(version));
        let set = |line: &str| match line.trim_start().split_once(':') {
            Some(("newTag", _)) => format!("  newTag: {version} # moved by {by}\n"),
            Some(("digest", _)) => format!("  digest: {digest}\n"),
            Some(_) | None => line.to_owned(),
        };
        let path = overlay_file(service.as_str(), environment);
        self.world.edit(&base(), by, path.as_str(), |text| text.split_inclusive('\n').map(set).collect());
        self
    }
}

fn shop() -> ImageName {
    name("registry.test/acme/shop")
}

fn shop_digest(content: &str) -> Digest {
    digest_of(&shop(), &name(content))
}

/// What the content of the manifest for one platform is called.
fn manifest_of(version: &str, platform: &str) -> String {
    format!("{version}-{}", platform.replace('/', "-"))
}

fn base() -> BranchName {
    crate::support::rules::place().branch
}
