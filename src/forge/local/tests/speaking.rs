//! Comments, reactions, statuses, closing: each is done once however often it is asked for.

use super::*;

fn remark(about: &str, text: &str) -> Remark {
    let body = format!("{text}\n{}", crate::model::Comment::mark(about));
    Remark { over: None, outdates: Vec::new(), about: about.to_owned(), body }
}

async fn react(
    forge: &LocalForge,
    number: ChangeNumber,
    comment: &CommentId,
    reaction: Reaction,
) -> Result<(), ForgeError> {
    let reactions = [NewReaction { comment: comment.clone(), reaction }];
    forge.react(&place(), number, &reactions).await.remove(0)
}

#[tokio::test]
async fn a_remark_about_the_same_is_written_once() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    for (about, text) in [("a", "first"), ("b", "other"), ("a", "again")] {
        ground.forge.comment(&place(), number, &remark(about, text)).await.unwrap();
    }
    let comments = ground.show(number).await.comments;
    let abouts: Vec<_> = comments.iter().map(|comment| comment.about()).collect();
    assert_eq!(abouts, [Some("a"), Some("b")]);
    assert!(comments.iter().all(|comment| comment.author == user("towpath")));
}

#[tokio::test]
async fn a_remark_may_be_written_over_an_earlier_one_of_the_bot_and_over_nothing_else() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let (forge, place) = (&ground.forge, place());
    forge.comment(&place, number, &remark("a", "first")).await.unwrap();
    let own = ground.show(number).await.comments[0].id.clone();
    let over = |id: &CommentId| Remark { over: Some(id.clone()), ..remark("b", "second") };
    forge.comment(&place, number, &over(&own)).await.unwrap();
    let refs = ground.refs();
    forge.comment(&place, number, &over(&own)).await.unwrap();
    assert_eq!(ground.refs(), refs);
    let comments = ground.show(number).await.comments;
    let [only] = comments.as_slice() else { panic!("one comment: {comments:#?}") };
    assert_eq!((only.about(), &only.id), (Some("b"), &own));

    let theirs = forge.comment_as(&repository(), number, &user("bob"), "mine").await.unwrap();
    let not_ours = Remark { over: Some(theirs.clone()), ..remark("c", "third") };
    let refused = forge.comment(&place, number, &not_ours).await;
    assert!(matches!(refused, Err(ForgeError::Conflict { .. })), "{refused:?}");
    assert_eq!(ground.show(number).await.comments[1].body, "mine");
}

#[tokio::test]
async fn a_mark_in_a_comment_of_a_person_silences_nothing() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let forged = remark("a", "I was first").body;
    ground.forge.comment_as(&repository(), number, &user("mallory"), &forged).await.unwrap();
    ground.forge.comment(&place(), number, &remark("a", "really")).await.unwrap();
    assert_eq!(ground.show(number).await.comments.len(), 2);
}

#[tokio::test]
async fn a_reaction_is_left_once() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let (forge, repository) = (&ground.forge, repository());
    let comment = forge.comment_as(&repository, number, &user("bob"), "/promote status").await.unwrap();
    react(forge, number, &comment, Reaction::Rocket).await.unwrap();
    let refs = ground.refs();
    react(forge, number, &comment, Reaction::Rocket).await.unwrap();
    assert_eq!(ground.refs(), refs);
    react(forge, number, &comment, Reaction::Confused).await.unwrap();
    let comments = ground.show(number).await.comments;
    assert_eq!(comments[0].reactions, [Reaction::Rocket, Reaction::Confused]);
}

#[tokio::test]
async fn any_number_of_reactions_is_one_commit() {
    for count in [1, 40] {
        let ground = Ground::new().await;
        let number = ground.open("1.1.0").await.number;
        let mut reactions = Vec::new();
        for index in 0..count {
            let text = format!("comment {index}");
            let comment = ground.forge.comment_as(&repository(), number, &user("bob"), &text).await.unwrap();
            reactions.push(NewReaction { comment, reaction: Reaction::ThumbsDown });
        }
        let commits = || ground.git(&["rev-list", "--count", "--first-parent", "refs/towpath/changes/1"]);
        let before: usize = commits().trim().parse().unwrap();
        let results = ground.forge.react(&place(), number, &reactions).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(commits().trim().parse::<usize>().unwrap(), before + 1, "{count} reactions");
        let comments = ground.show(number).await.comments;
        assert!(comments.iter().all(|comment| comment.reactions == [Reaction::ThumbsDown]));
    }
}

#[tokio::test]
async fn a_reaction_on_a_review_is_ignored_and_on_nothing_refused() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    ground.forge.approve_as(&repository(), number, &user("alice")).await.unwrap();
    let review = ground.show(number).await.reviews[0].id.clone();
    let refs = ground.refs();
    react(&ground.forge, number, &review, Reaction::Rocket).await.unwrap();
    let nothing = CommentId("1/99".to_owned());
    let refused = react(&ground.forge, number, &nothing, Reaction::Rocket).await;
    insta::assert_snapshot!(said(&ground, refused), @"comment 1/99 on change #1 of `acme/deploy` does not exist");
    assert_eq!(ground.refs(), refs);
}

#[tokio::test]
async fn a_status_is_published_where_it_differs() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let mut shown = presentation("a better title");
    ground.forge.present(&place(), change.number, &shown).await.unwrap();
    shown.status.text = "waiting: approval".to_owned();
    ground.forge.present(&place(), change.number, &shown).await.unwrap();
    let refs = ground.refs();
    ground.forge.present(&place(), change.number, &shown).await.unwrap();
    assert_eq!(ground.refs(), refs);
    let change = ground.show(change.number).await;
    assert_eq!(change.title, "a better title");
    let texts: Vec<_> = change.statuses.iter().map(|status| status.text.as_str()).collect();
    assert_eq!(texts, ["waiting: soak", "waiting: approval"]);
}

#[tokio::test]
async fn a_status_stands_on_the_head_that_the_branch_has() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let pushed = ground.push(BRANCH, "other.yaml", "name: mine\n").await;
    ground.forge.present(&place(), number, &presentation("shop")).await.unwrap();
    let change = ground.show(number).await;
    assert_eq!((&change.head.commit, change.head.by_bot), (&pushed, false));
    assert_eq!(change.statuses.last().unwrap().head, pushed);
}

#[tokio::test]
async fn a_change_is_closed_once_and_stays_merged_where_it_was() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.forge.close(&place(), change.number).await.unwrap();
    let closed = ground.show(change.number).await;
    let at = chrono::Utc.timestamp_opt(START, 0).unwrap();
    assert_eq!(closed.state, ChangeState::Closed { at, by: user("towpath") });
    let refs = ground.refs();
    ground.pass(9);
    ground.forge.close(&place(), change.number).await.unwrap();
    assert_eq!(ground.refs(), refs);
    assert!(is_conflict(&ground.merge(&change).await), "a closed change is not merged");

    let second = ground.open("1.2.0").await;
    ground.merge(&second).await.unwrap();
    ground.forge.close(&place(), second.number).await.unwrap();
    assert!(matches!(ground.show(second.number).await.state, ChangeState::Merged { .. }));
}

#[tokio::test]
async fn teams_are_those_of_the_configuration() {
    let ground = Ground::new().await;
    let any = crate::forge::any::AnyForge::Local(ground.forge.clone());
    let (sre, dev) = (TeamName::new("acme/sre").unwrap(), TeamName::new("acme/dev").unwrap());
    assert_eq!(any.is_member(&sre, &user("alice")).await, Ok(Confirmation::now(true)));
    assert_eq!(any.is_member(&sre, &user("bob")).await, Ok(Confirmation::now(false)));
    assert_eq!(any.is_member(&dev, &user("alice")).await, Ok(Confirmation::now(false)));
    assert_eq!(any.bot(), &user("towpath"));
}
