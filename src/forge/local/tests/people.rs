//! What people do at the forge.

use super::*;
use crate::model::ReviewVerdict;

#[tokio::test]
async fn a_comment_is_kept_as_it_was_written() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    ground.pass(5);
    let text = "  /promote approve\r\nschön\n";
    let id = ground.forge.comment_as(&repository(), number, &user("bob"), text).await.unwrap();
    let comments = ground.show(number).await.comments;
    assert_eq!((&comments[0].id, comments[0].body.as_str()), (&id, text));
    assert_eq!((&comments[0].author, comments[0].edited), (&user("bob"), false));
    assert_eq!(comments[0].at, chrono::Utc.timestamp_opt(START + 5, 0).unwrap());
    assert_eq!(id, CommentId("1/3".to_owned()));
}

#[tokio::test]
async fn an_approval_is_bound_to_the_head_of_the_branch() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let pushed = ground.push(BRANCH, "other.yaml", "name: mine\n").await;
    ground.forge.approve_as(&repository(), number, &user("alice")).await.unwrap();
    let reviews = ground.show(number).await.reviews;
    assert_eq!((&reviews[0].author, &reviews[0].head), (&user("alice"), &pushed));
    assert_eq!(reviews[0].verdict, ReviewVerdict::Approve);
}

#[tokio::test]
async fn a_person_merges_in_his_own_name() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let merged = ground.forge.merge_as(&repository(), change.number, &user("alice")).await.unwrap();
    assert_eq!(ground.tip("main"), merged);
    insta::assert_snapshot!(ground.git(&["log", "-1", "--format=%an <%ae>, %cn: %s"]), @"alice <alice@towpath.local>, alice: Merge change #1: shop 1.1.0");
    let state = ground.show(change.number).await.state;
    assert!(matches!(state, ChangeState::Merged { by, .. } if by == user("alice")));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let ground = Ground::new().await;
    let (forge, repository, alice) = (&ground.forge, repository(), user("alice"));
    let number = ground.open("1.1.0").await.number;
    let bot = user("towpath");
    let mut answers = Vec::new();
    let long = "x".repeat(64 * 1024 + 1);
    answers.push(said(&ground, forge.comment_as(&repository, number, &alice, " \n").await));
    answers.push(said(&ground, forge.comment_as(&repository, number, &alice, &long).await));
    answers.push(said(&ground, forge.comment_as(&repository, number, &bot, "hello").await));
    answers.push(said(&ground, forge.approve_as(&repository, number, &bot).await));
    answers.push(said(&ground, forge.show(&repository, ChangeNumber(9)).await));
    forge.close_as(&repository, number, &alice).await.unwrap();
    answers.push(said(&ground, forge.close_as(&repository, number, &alice).await));
    answers.push(said(&ground, forge.approve_as(&repository, number, &alice).await));
    answers.push(said(&ground, forge.merge_as(&repository, number, &alice).await));
    let again = forge.create_repository(&repository, &branch("main"), vec![], &alice).await;
    answers.push(said(&ground, again));
    insta::assert_snapshot!(answers.join("\n"), @"
    commenting on change #1 failed: a comment has between 1 and 65536 bytes
    commenting on change #1 failed: a comment has between 1 and 65536 bytes
    writing as a person failed: `towpath` is the name of the bot; choose your own
    writing as a person failed: `towpath` is the name of the bot; choose your own
    change #9 of `acme/deploy` does not exist
    writing to change #1 failed: alice has closed it
    writing to change #1 failed: alice has closed it
    writing to change #1 failed: alice has closed it
    creating ROOT/acme/deploy.git failed: it is there already
    ");
}

#[tokio::test]
async fn the_longest_comment_is_taken() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let text = "ü".repeat(32 * 1024);
    ground.forge.comment_as(&repository(), number, &user("bob"), &text).await.unwrap();
    assert_eq!(ground.show(number).await.comments[0].body, text);
}

#[tokio::test]
async fn a_new_repository_is_cloned_with_its_branch() {
    let ground = Ground::new().await;
    let name = RepositoryName::new("group/sub/other").unwrap();
    let files = vec![(path("a/b.yaml"), b"x: 1\n".to_vec())];
    let first = ground.forge.create_repository(&name, &branch("trunk"), files, &user("bob")).await.unwrap();
    let listed = ground.forge.repositories().await.unwrap();
    assert_eq!(listed, [repository(), name]);
    let bare = ground.folder.path().join("group/sub/other.git");
    assert_eq!(git_in(&bare, &["symbolic-ref", "HEAD"]).unwrap(), "refs/heads/trunk\n");
    assert_eq!(git_in(&bare, &["rev-parse", "HEAD"]).unwrap().trim(), first.as_str());
    let shown = git_in(&bare, &["log", "--format=%an: %s", "--name-only"]).unwrap();
    assert_eq!(shown, "bob: the beginning\n\na/b.yaml\n");
}

#[tokio::test]
async fn a_repository_that_git_made_is_as_good_as_ours() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = Arc::default();
    let ground = Ground { forge: forge_at(folder.path().to_owned(), &seconds), folder, seconds };
    std::fs::create_dir_all(ground.bare()).unwrap();
    ground.git(&["init", "-q", "--bare", "-b", "main"]);
    let missing = ground.forge.head(&place()).await;
    insta::assert_snapshot!(said(&ground, missing), @"the branch `main` of `acme/deploy` does not exist");

    let clone = ground.clone();
    std::fs::write(clone.join("app.yaml"), APP).unwrap();
    git_in(&clone, &["add", "."]).unwrap();
    git_in(&clone, &["commit", "-qm", "the beginning"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", "HEAD:main"]).unwrap();
    let change = ground.open("1.1.0").await;
    ground.merge(&change).await.unwrap();
    git_in(&clone, &["pull", "-q", "origin", "main"]).unwrap();
    assert_eq!(std::fs::read_to_string(clone.join("app.yaml")).unwrap(), APP.replace("1.0.0", "1.1.0"));
}

#[tokio::test]
async fn links_and_files_below_the_root_are_no_repositories() {
    let ground = Ground::new().await;
    std::os::unix::fs::symlink(ground.bare(), ground.folder.path().join("acme/link.git")).unwrap();
    std::fs::write(ground.folder.path().join("acme/file.git"), "").unwrap();
    std::os::unix::fs::symlink("..", ground.folder.path().join("acme/loop")).unwrap();
    assert_eq!(ground.forge.repositories().await.unwrap(), [repository()]);
}

#[tokio::test]
async fn a_push_to_the_base_moves_its_head() {
    let ground = Ground::new().await;
    let pushed = ground.push("main", "new/file.yaml", "x: 1\n").await;
    assert_eq!(ground.forge.head(&place()).await, Ok(pushed.clone()));
    let head = ground.forge.head(&ConfigBranch { branch: branch("none"), ..place() }).await;
    insta::assert_snapshot!(said(&ground, head), @"the branch `none` of `acme/deploy` does not exist");
}
