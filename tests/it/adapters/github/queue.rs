//! The merge queue of GitHub: into it and out of it, and what it has to see on the commits that it makes.

use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::model::{BarrierKind, QueuePlace};

use super::app::app;
use super::costs::readable;
use super::*;

impl Ground {
    /// A change that the bot put into the queue.
    async fn queued() -> (Self, ChangeNumber) {
        Self::new().await.with_queue().await
    }

    async fn with_queue(self) -> (Self, ChangeNumber) {
        self.world.state().protection.has_queue = true;
        let change = self.open().await;
        self.forge.merge(&self.merge_of(change)).await.expect_err("it only waits by now");
        (self, change)
    }

    async fn place_of(&self, change: ChangeNumber) -> QueuePlace {
        self.shown(change).await.queue.expect("it stands in the queue")
    }

    fn is_queued(&self, change: ChangeNumber) -> bool {
        self.world.state().protection.queue.contains_key(&change)
    }

    /// What stands on the commit that the queue would merge.
    fn on_group(&self, change: ChangeNumber) -> Vec<String> {
        let state = self.world.state();
        let shown = state.protection.queue[&change].shown.iter();
        shown.map(|(name, status)| format!("{name} {:?}: {}", status.state, status.text)).collect()
    }

    async fn say(&self, change: ChangeNumber, state: StatusState, text: &str) {
        let mut shown = presentation("dev", "1.10.0");
        shown.status = NewStatus { state, text: text.to_owned(), ..shown.status };
        self.forge.present(&place(), change, &shown).await.expect("the fake GitHub answers");
    }
}

#[tokio::test]
async fn a_change_is_put_into_the_queue_once() {
    let ground = Ground::new().await;
    ground.world.state().protection.has_queue = true;
    let change = ground.open().await;
    let merge = ground.merge_of(change);
    assert_snapshot!(ground.forge.merge(&merge).await.unwrap_err(), @"merging change #1 has to wait: it waits in GitHub's merge queue");
    assert_snapshot!(ground.forge.merge(&merge).await.unwrap_err(), @"merging change #1 has to wait: it waits in GitHub's merge queue");
    let effects = ground.world.state().effects.len();
    let place = ground.place_of(change).await;
    assert_eq!(place, QueuePlace { by_bot: true, group: None, shown: None });
    assert_eq!(ground.world.state().effects.len(), effects);
}

#[tokio::test]
async fn what_github_throws_out_waits() {
    let (ground, change) = Ground::queued().await;
    ground.world.state().take_out_of_queue(change);
    let shown = ground.shown(change).await;
    assert_eq!(shown.queue, None);
    let barrier = shown.barrier.expect("it was taken out");
    assert_snapshot!(barrier.why, @"it was taken out of GitHub's merge queue without being merged, and its page says why; put it back there when that is mended");
    assert_eq!(barrier.kind, BarrierKind::Blocked);
}

#[tokio::test]
async fn a_change_is_taken_out_and_may_be_out_already() {
    let (ground, change) = Ground::queued().await;
    ground.start_counting();
    ground.forge.dequeue(&place(), change).await.unwrap();
    assert!(!ground.is_queued(change));
    assert_snapshot!(readable(&ground.counted().0), @"POST /graphql");
    let shown = ground.shown(change).await;
    assert_eq!(
        (shown.queue, shown.barrier),
        (None, None),
        "nobody has to be told, and it may go back at once"
    );
    ground.start_counting();
    ground.forge.dequeue(&place(), change).await.unwrap();
    assert_eq!(ground.counted().0.len(), 2, "GitHub said no, so it was asked where the change is");
    ground.forge.merge(&ground.merge_of(change)).await.unwrap_err();
    assert!(ground.is_queued(change));
}

#[tokio::test]
async fn what_does_not_come_out_is_said() {
    let (ground, change) = Ground::queued().await;
    let planned = r#"{"data":{"out":null},"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}"#;
    ground.refuse("POST /graphql", 200, planned);
    let error = ground.forge.dequeue(&place(), change).await.unwrap_err();
    assert_snapshot!(error, @"taking change #1 out of the merge queue is not allowed: Resource not accessible by integration");
    assert!(ground.place_of(change).await.by_bot);
}

#[tokio::test]
async fn a_new_process_learns_from_the_timeline_who_put_it_there() {
    let (ground, change) = Ground::queued().await;
    let other = Ground { forge: ground.anew(), ..ground };
    assert!(other.place_of(change).await.by_bot);
    let head = other.merge_of(change).head;
    other.world.state().take_out_of_queue(change);
    other.world.state().now += chrono::TimeDelta::minutes(1);
    other.world.state().put_into_queue(change, head, name("dora"));
    let other = Ground { forge: other.anew(), ..other };
    assert!(!other.place_of(change).await.by_bot, "a person wants it merged");
}

#[tokio::test]
async fn a_repository_without_a_queue_is_not_asked_for_one() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.start_counting();
    ground.shown(change).await;
    let other = Ground { forge: ground.anew(), ..ground };
    other.shown(change).await;
    let (paid, free) = other.counted();
    assert!([paid, free].concat().iter().all(|line| !line.contains("graphql")));
}

#[tokio::test]
async fn a_queue_of_which_nobody_is_told_keeps_what_was_put_there() {
    let (ground, change) = Ground::queued().await;
    ground.world.state().protection.hides_queue = true;
    assert!(ground.place_of(change).await.by_bot, "it may still be merged");
    let shown = ground.shown(change).await;
    assert_eq!(shown.barrier, None);
}

#[tokio::test]
async fn the_commit_that_the_queue_made_gets_the_status_once() {
    let (ground, change) = Ground::queued().await;
    ground.say(change, StatusState::Success, "all gates pass").await;
    let group = ground.world.state().make_group(change);
    let place = ground.place_of(change).await;
    assert_eq!((place.group.as_ref(), place.shown), (Some(&group), None));
    ground.start_counting();
    ground.say(change, StatusState::Success, "all gates pass").await;
    ground.say(change, StatusState::Success, "all gates pass").await;
    let (paid, _) = ground.counted();
    let written: Vec<String> = paid.into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert_snapshot!(readable(&written), @"POST /statuses/COMMIT");
    assert_eq!(ground.on_group(change), ["towpath/dev Success: all gates pass"]);
    let shown = ground.place_of(change).await.shown.expect("it was published");
    assert_eq!((shown.head, shown.text.as_str()), (group, "all gates pass"));
    let other = Ground { forge: ground.anew(), ..ground };
    assert!(other.place_of(change).await.shown.is_some(), "a new process reads it");
}

#[tokio::test]
async fn what_waits_holds_up_nobody_in_the_queue() {
    let (ground, change) = Ground::queued().await;
    ground.world.state().make_group(change);
    ground.place_of(change).await;
    ground.say(change, StatusState::Pending, "waiting: held by alice").await;
    assert_eq!(ground.on_group(change), ["towpath/dev Failure: waiting: held by alice"]);
    let state = ground.shown(change).await.statuses.pop().expect("it has one").state;
    assert_eq!(state, StatusState::Pending, "on its own head it waits");
}

#[tokio::test]
async fn a_look_at_a_queued_change_takes_one_request_more_and_a_new_commit_another() {
    let (ground, change) = Ground::queued().await;
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    ground.look().await;
    ground.start_counting();
    ground.look().await;
    assert_snapshot!(readable(&ground.counted().0), @"POST /graphql");
    ground.world.state().make_group(change);
    for expected in [2, 1] {
        ground.start_counting();
        ground.look().await;
        assert_eq!(ground.counted().0.len(), expected);
    }
}

#[tokio::test]
async fn an_app_shows_a_check_there() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    let (ground, change) = Ground { forge, ..ground }.with_queue().await;
    ground.say(change, StatusState::Success, "all gates pass").await;
    let group = ground.world.state().make_group(change);
    ground.place_of(change).await;
    ground.say(change, StatusState::Success, "all gates pass").await;
    ground.say(change, StatusState::Success, "all gates pass").await;
    let runs = ground.world.state().github.checks.clone();
    let there: Vec<_> = runs.iter().filter(|run| run.head == group).collect();
    assert_eq!(there.len(), 1);
    assert_eq!(there[0].conclusion.as_deref(), Some("success"));
    let other = Ground { forge: client(&ground.world, ground.address, app()), ..ground };
    let shown = other.place_of(change).await.shown.expect("a new process reads it");
    assert_eq!(shown.text, "all gates pass");
}
