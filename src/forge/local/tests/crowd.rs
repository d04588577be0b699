//! Many at once, as tasks of two processes: nothing is lost, and nobody waits for ever.

use tokio::task::JoinSet;

use super::*;
use crate::forge::local::wire::{
    ChangeEvent, EVENTS_MAX, EVENTS_OF_BOT_MAX, EVENTS_OF_OTHERS_MAX, EVENTS_OF_REACTIONS_MAX,
    EVENTS_OF_TEAMS_MAX, load,
};

const CROWD: usize = 20;

impl Ground {
    /// What two processes over the same repositories hold.
    fn two_forges(&self) -> [LocalForge; 2] {
        [self.forge.clone(), forge_at(self.folder.path().to_owned(), &self.seconds)]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_proposals_become_twenty_changes() {
    let ground = Ground::new().await;
    let (forges, proposal) = (ground.two_forges(), ground.proposal("1.1.0").await);
    let mut crowd = JoinSet::new();
    for index in 0..CROWD {
        let branch = branch(&format!("towpath/dev/shop-{index}"));
        let (forge, proposal) = (forges[index % 2].clone(), Proposal { branch, ..proposal.clone() });
        crowd.spawn(async move { forge.propose(&[proposal]).await.remove(0).unwrap().0 });
    }
    let mut numbers = crowd.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=CROWD as u64).collect::<Vec<_>>());
    assert_eq!(ground.changes().await.len(), CROWD);
    ground.expect_sound();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_comments_are_all_kept_while_others_look() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let forges = ground.two_forges();
    let mut crowd = JoinSet::new();
    for index in 0..CROWD {
        let (forge, body) = (forges[index % 2].clone(), format!("comment {index:02}"));
        crowd.spawn(async move {
            forge.comment_as(&repository(), number, &user("alice"), &body).await.unwrap();
            forge.changes(&place()).await.unwrap();
        });
    }
    crowd.join_all().await;
    let mut said: Vec<_> = ground.show(number).await.comments.into_iter().map(|one| one.body).collect();
    said.sort();
    assert_eq!(said, (0..CROWD).map(|index| format!("comment {index:02}")).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_contents_for_one_branch_one_wins() {
    let ground = Ground::new().await;
    let (forges, first) = (ground.two_forges(), ground.proposal("1.1.0").await);
    let mut crowd = JoinSet::new();
    for index in 0..CROWD {
        let files = vec![(path("app.yaml"), APP.replace("1.0.0", &format!("1.{index}.1")).into_bytes())];
        let (forge, proposal) = (forges[index % 2].clone(), Proposal { files, ..first.clone() });
        crowd.spawn(async move { forge.propose(&[proposal]).await.remove(0) });
    }
    let results = crowd.join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| is_conflict(result)).count(), CROWD - 1);
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn what_another_process_wrote_is_seen_and_remembered_once() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let [here, there] = ground.two_forges();
    for count in 1..4 {
        there.comment_as(&repository(), number, &user("alice"), "fine").await.unwrap();
        assert_eq!(here.show(&repository(), number).await.unwrap().comments.len(), count);
    }
    assert_eq!(here.inner.memory.lock().unwrap().len(), 1);
}

impl Ground {
    /// Comments of the bot until a change has so many events, as if others had written them; the last places are written
    /// without asking.
    async fn fill(&self, number: ChangeNumber, events: usize) {
        let fill = move |store: &mut Store| {
            let mut stored = load(store, number)?;
            while stored.events.len() < events {
                stored.add(store, &user("mallory"), ChangeEvent::Commented { body: "x".to_owned() });
            }
            stored.save_unbounded(store, &user("mallory"), "filled")
        };
        self.forge.writing(&repository(), fill).await.unwrap();
    }

    async fn comments(&self, number: ChangeNumber, by: &str) -> bool {
        self.forge.comment_as(&repository(), number, &user(by), "/promote approve").await.is_ok()
    }
}

#[tokio::test]
async fn a_flood_of_comments_leaves_places_for_teams_the_bot_and_the_end() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let presented = |text: &str| {
        let mut shown = presentation("shop");
        shown.status.text = text.to_owned();
        shown
    };
    ground.fill(change.number, EVENTS_OF_OTHERS_MAX).await;
    assert_eq!(
        (ground.comments(change.number, "mallory").await, ground.comments(change.number, "alice").await),
        (false, true)
    );
    ground.fill(change.number, EVENTS_OF_TEAMS_MAX).await;
    assert!(!ground.comments(change.number, "alice").await);
    ground.forge.present(&place(), change.number, &presented("waiting: hold")).await.unwrap();
    ground.fill(change.number, EVENTS_OF_BOT_MAX).await;
    assert!(ground.forge.present(&place(), change.number, &presented("waiting: soak")).await.is_err());
    ground.fill(change.number, EVENTS_MAX).await;
    ground.forge.close(&place(), change.number).await.unwrap();
    assert!(
        matches!(ground.changes().await[0].state, ChangeState::Closed { .. }),
        "and it can still be read"
    );
}

#[tokio::test]
async fn reactions_beyond_the_places_of_a_change_fail_alone() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    ground.fill(number, EVENTS_OF_REACTIONS_MAX - 1).await;
    let comments = ground.show(number).await.comments.into_iter().take(3);
    let reactions: Vec<NewReaction> =
        comments.map(|comment| NewReaction { comment: comment.id, reaction: Reaction::Confused }).collect();
    let done = ground.forge.react(&place(), number, &reactions).await;
    assert!(matches!(
        done.as_slice(),
        [Ok(()), Err(ForgeError::Blocked { .. }), Err(ForgeError::Blocked { .. })]
    ));
    let again = ground.forge.react(&place(), number, &reactions).await;
    assert_eq!(again, done);
}

#[tokio::test]
async fn a_change_with_all_its_events_can_be_merged() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.fill(change.number, EVENTS_MAX).await;
    ground.merge(&change).await.unwrap();
    assert!(matches!(ground.changes().await[0].state, ChangeState::Merged { .. }));
}
