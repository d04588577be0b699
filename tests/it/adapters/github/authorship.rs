//! Which heads are the bot's own, whatever names stand in their commits.

use towpath::forge::Forge as _;

use super::costs::readable;
use super::*;

impl Ground {
    /// A change whose head the bot wrote over the REST interface, where nobody signs for an account.
    async fn rewritten(&self) -> ChangeNumber {
        let change = self.open().await;
        self.world.state().now += chrono::TimeDelta::minutes(1);
        let proposal = self.proposal("dev", "1.11.0").await;
        self.propose(&proposal).await.expect("the fake GitHub answers");
        change
    }

    async fn is_by_bot(&self, change: ChangeNumber) -> bool {
        let by_bot = self.shown(change).await.head.by_bot;
        let branches = self.forge.branches(&place()).await.expect("the fake GitHub answers");
        assert_eq!(branches[&name("towpath/dev/shop")].by_bot, by_bot, "change and branch agree");
        by_bot
    }

    /// The same at a client that remembers nothing.
    fn forgetful(self) -> Self {
        Self { forge: self.anew(), ..self }
    }

    /// Somebody pushes a commit that says of itself that the bot wrote it.
    fn forge_head(&self, change: ChangeNumber) {
        let mut state = self.world.state();
        let branch = state.change(change).expect("it is open").branch.clone();
        drop(state);
        self.world.edit(&branch, crate::support::rules::BOT, FILE, |text| text.replace("1.10.0", "6.6.6"));
        state = self.world.state();
        let head = state.change(change).expect("it is open").head().clone();
        state.github.pushed_by.insert(head, "mallory");
    }

    /// How often GitHub was asked who moved branches.
    fn asked_for_activity(&self) -> usize {
        let (paid, free) = self.counted();
        [paid, free].concat().iter().filter(|line| line.contains("/activity")).count()
    }
}

#[tokio::test]
async fn a_commit_with_the_bot_s_name_that_somebody_else_pushed_is_foreign() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    assert!(ground.is_by_bot(change).await);
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    ground.forge_head(change);
    assert!(!ground.is_by_bot(change).await);
    assert!(!ground.is_by_bot(change).await);
    assert_eq!(ground.asked_for_activity(), 1, "that is asked once");
    let ground = ground.forgetful();
    assert!(!ground.is_by_bot(change).await, "nor does a new process believe it");
}

#[tokio::test]
async fn what_github_did_not_sign_takes_one_request_of_a_new_process() {
    let ground = Ground::new().await;
    let change = ground.rewritten().await;
    assert!(ground.is_by_bot(change).await);
    assert_eq!(ground.asked_for_activity(), 0, "it is known to whoever wrote it");
    let ground = ground.forgetful();
    ground.start_counting();
    assert!(ground.is_by_bot(change).await);
    assert!(ground.is_by_bot(change).await);
    assert_eq!(ground.asked_for_activity(), 1);
    let (paid, _) = ground.counted();
    let asked: Vec<String> = paid.into_iter().filter(|line| line.contains("/activity")).collect();
    insta::assert_snapshot!(readable(&asked), @"GET /activity?ref=refs%2Fheads%2Ftowpath%2Fdev%2Fshop&per_page=100");
}

#[tokio::test]
async fn what_github_signed_takes_none() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let ground = ground.forgetful();
    assert!(ground.is_by_bot(change).await);
    assert_eq!(ground.asked_for_activity(), 0);
}

#[tokio::test]
async fn what_is_not_listed_yet_is_nobody_s_until_it_is() {
    let ground = Ground::new().await;
    let change = ground.rewritten().await;
    let ground = ground.forgetful();
    let head = ground.merge_of(change).head;
    ground.world.state().github.unlisted.insert(head);
    assert!(!ground.is_by_bot(change).await);
    ground.world.state().github.unlisted.clear();
    assert!(ground.is_by_bot(change).await);
}

#[tokio::test]
async fn a_server_that_commits_under_another_name_or_none_is_no_stranger() {
    for committer in ["", "ghe-web-flow"] {
        let ground = Ground::new().await;
        ground.world.state().github.own_committer = Some(committer);
        let change = ground.open().await;
        assert!(ground.is_by_bot(change).await);
        let ground = ground.forgetful();
        assert!(ground.is_by_bot(change).await, "{committer:?}");
    }
}

#[tokio::test]
async fn a_server_without_a_list_of_activity_is_believed_its_names() {
    let ground = Ground::new().await;
    ground.world.state().github.has_no_activity = true;
    ground.world.state().github.own_committer = Some("");
    let change = ground.open().await;
    let ground = ground.forgetful();
    assert!(ground.is_by_bot(change).await);
}

#[tokio::test]
async fn of_a_change_that_ended_the_names_are_believed() {
    let ground = Ground::new().await;
    let change = ground.rewritten().await;
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
    let branch = name("towpath/dev/shop");
    let head = ground.merge_of(change).head;
    ground.forge.delete_branch(&place(), &branch, &head).await.unwrap();
    let ground = ground.forgetful();
    assert!(ground.shown(change).await.head.by_bot);
    assert_eq!(ground.asked_for_activity(), 0);
}
