//! Merges, by the bot and by people, and what conflicts.

use super::*;

fn merged(change: &Change) -> (&UserName, &CommitId, Time) {
    let ChangeState::Merged { at, by, commit } = &change.state else { panic!("{:?}", change.state) };
    (by, commit, *at)
}

const DAY: i64 = 24 * 60 * 60;

fn at(seconds: i64) -> Time {
    chrono::Utc.timestamp_opt(START + seconds, 0).unwrap()
}

#[tokio::test]
async fn a_merge_is_a_commit_of_the_bot_with_the_base_first() {
    let ground = Ground::new().await;
    let base = ground.tip("main");
    let change = ground.open("1.1.0").await;
    ground.pass(60);
    let commit = ground.merge(&change).await.unwrap();
    assert_eq!(ground.tip("main"), commit);
    assert_eq!(
        ground.git(&["show", "-s", "--format=%P %ae %ce %s", "main"]).trim(),
        format!("{base} {} towpath@towpath.local towpath@towpath.local Merge change #1", change.head.commit)
    );
    let change = ground.show(change.number).await;
    assert_eq!(merged(&change), (&user("towpath"), &commit, at(60)));
    assert_eq!(ground.git(&["show", "main:app.yaml"]), APP.replace("1.0.0", "1.1.0"));
    ground.expect_sound();
}

#[tokio::test]
async fn merging_again_gives_the_same_commit() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let commit = ground.merge(&change).await.unwrap();
    let refs = ground.refs();
    assert_eq!(ground.merge(&change).await, Ok(commit));
    ground.forge.delete_branch(&place(), &change.branch, &change.head.commit).await.unwrap();
    assert!(ground.merge(&change).await.is_ok(), "also after its branch is gone");
    assert_eq!(
        ground.refs(),
        refs.lines().filter(|line| !line.contains(BRANCH)).map(|l| format!("{l}\n")).collect::<String>()
    );
}

#[tokio::test]
async fn only_the_given_head_is_merged() {
    let ground = Ground::new().await;
    let old = ground.open("1.1.0").await;
    let new = ground.open("1.2.0").await;
    let refs = ground.refs();
    assert!(is_conflict(&ground.merge(&old).await));
    assert_eq!(ground.refs(), refs);
    ground.merge(&new).await.unwrap();
    assert!(is_conflict(&ground.merge(&old).await), "also after another head was merged");
}

#[tokio::test]
async fn a_change_into_another_branch_or_of_no_number_is_not_merged() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let elsewhere = ConfigBranch { branch: branch("release"), ..place() };
    let merge = Merge {
        place: elsewhere,
        change: change.number,
        head: change.head.commit.clone(),
        message: "no".to_owned(),
    };
    let none = Merge { place: place(), change: ChangeNumber(9), ..merge.clone() };
    insta::assert_snapshot!(said(&ground, ground.forge.merge(&merge).await), @"change #1 into `release` of `acme/deploy` does not exist");
    insta::assert_snapshot!(said(&ground, ground.forge.merge(&none).await), @"change #9 of `acme/deploy` does not exist");
}

#[tokio::test]
async fn what_people_edited_meanwhile_is_kept() {
    let crlf = APP.replace('\n', "\r\n");
    let files = [("app.yaml", crlf.as_str()), (".gitattributes", "* text=auto eol=lf\n")];
    let ground = Ground::with_files(&files).await;
    let mut proposal = ground.proposal("1.1.0").await;
    proposal.files[0].1 = crlf.replace("1.0.0", "1.1.0").into_bytes();
    let number = ground.propose(&proposal).await.unwrap();
    ground.push("main", "app.yaml", &crlf.replace("replicas: 1", "replicas: 7")).await;
    ground.push("main", "other.yaml", "name: mine\n").await;
    let change = ground.show(number).await;
    assert!(!change.conflicted);
    ground.merge(&change).await.unwrap();
    let both = crlf.replace("1.0.0", "1.1.0").replace("replicas: 1", "replicas: 7");
    assert_eq!(ground.git(&["show", "main:app.yaml"]), both);
    assert_eq!(ground.git(&["show", "main:other.yaml"]), "name: mine\n");
    ground.expect_sound();
}

#[tokio::test]
async fn a_conflict_is_shown_and_refused() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.push("main", "app.yaml", &APP.replace("1.0.0", "9.9.9")).await;
    let refs = ground.refs();
    let change = ground.show(change.number).await;
    assert_eq!((change.state.clone(), change.conflicted), (ChangeState::Open, true));
    assert!(is_conflict(&ground.merge(&change).await));
    let refused = ground.forge.merge_as(&repository(), change.number, &user("alice")).await;
    insta::assert_snapshot!(said(&ground, refused), @"merging change #1 failed: it conflicts with `main`; resolve the conflict on its branch, or close it");
    assert_eq!(ground.refs(), refs);
}

#[tokio::test]
async fn a_file_deleted_on_the_base_conflicts() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let clone = ground.clone();
    git_in(&clone, &["rm", "-q", "app.yaml"]).unwrap();
    git_in(&clone, &["commit", "-qm", "gone"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", "main"]).unwrap();
    assert!(ground.show(change.number).await.conflicted);
    assert!(is_conflict(&ground.merge(&change).await));
}

#[tokio::test]
async fn a_branch_that_has_nothing_in_common_with_the_base_conflicts() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let tree = ground.git(&["rev-parse", "main^{tree}"]);
    let orphan = ground.git(&["commit-tree", "-m", "orphan", tree.trim()]);
    ground.git(&["update-ref", &format!("refs/heads/{BRANCH}"), orphan.trim()]);
    let change = ground.show(change.number).await;
    assert!(change.is_open() && change.conflicted);
    assert!(is_conflict(&ground.merge(&change).await));
    assert_eq!(ground.forge.files(&repository(), change.number).await, Ok(vec![]));
}

#[tokio::test]
async fn a_merge_with_git_is_seen_and_noted_with_the_next_write() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.push("main", "other.yaml", "name: first\n").await;
    ground.merge_by_git("--no-ff");
    ground.pass(40 * DAY);
    let commit = ground.tip("main");
    for step in 0..40 {
        ground.push("main", "other.yaml", &format!("name: {step}\n")).await;
    }
    let seen = ground.show(change.number).await;
    let february = chrono::Utc.with_ymd_and_hms(2026, 2, 3, 4, 5, 6).unwrap();
    assert_eq!(merged(&seen), (&user("carol"), &commit, february));
    assert!(!ground.git(&["show", "refs/towpath/changes/1:change.json"]).contains("merged"));
    ground.forge.present(&place(), change.number, &presentation("merged")).await.unwrap();
    assert!(ground.git(&["show", "refs/towpath/changes/1:change.json"]).contains("merged"));
    let noted = ground.show(change.number).await;
    assert_eq!(merged(&noted), (&user("carol"), &commit, february));
    assert_eq!(ground.merge(&change).await, Ok(commit), "the bot finds it done");
}

#[tokio::test]
async fn a_pushed_merge_is_never_older_than_its_content_nor_in_the_future() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    ground.pass(20 * DAY);
    let change = ground.open("1.2.0").await;
    ground.merge_by_git("--no-ff");
    let seen = ground.show(change.number).await;
    assert_eq!(merged(&seen).2, at(20 * DAY), "git says February, it is still January");

    let late = Ground::new().await;
    late.pass(100 * DAY);
    let change = late.open("1.1.0").await;
    late.pass(DAY);
    late.merge_by_git("--no-ff");
    let seen = late.show(change.number).await;
    assert_eq!(merged(&seen).2, at(100 * DAY), "git says February, it was opened in April");
}

#[tokio::test]
async fn looking_writes_nothing() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.push("main", "app.yaml", &APP.replace("replicas: 1", "replicas: 2")).await;
    let before = (ground.refs(), ground.git(&["count-objects"]));
    assert!(!ground.show(change.number).await.conflicted);
    ground.forge.changed_files(&place(), &change.head.commit).await.unwrap();
    assert_eq!((ground.refs(), ground.git(&["count-objects"])), before);
}

#[tokio::test]
async fn a_file_with_an_odd_name_does_not_hide() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    let clone = ground.clone();
    git_in(&clone, &["checkout", "-q", BRANCH]).unwrap();
    std::fs::write(clone.join("odd\nname\\"), "x").unwrap();
    git_in(&clone, &["add", "."]).unwrap();
    git_in(&clone, &["commit", "-qm", "odd"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", BRANCH]).unwrap();
    let files = ground.forge.files(&repository(), ChangeNumber(1)).await.unwrap();
    let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["app.yaml", "odd\u{fffd}name\u{fffd}"]);
}

#[tokio::test]
async fn a_fast_forward_with_git_is_a_merge() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.merge_by_git("--ff-only");
    let seen = ground.show(change.number).await;
    assert_eq!(merged(&seen).1, &change.head.commit);
}

#[tokio::test]
async fn a_branch_set_back_to_the_base_was_not_merged() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let base = ground.push("main", "other.yaml", "name: new\n").await;
    ground.git(&["update-ref", &format!("refs/heads/{BRANCH}"), base.as_str()]);
    let change = ground.show(change.number).await;
    assert_eq!((change.state, change.head.commit), (ChangeState::Open, base));
    assert!(!change.head.by_bot);
}

#[tokio::test]
async fn nobody_becomes_the_bot_by_his_name() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let clone = ground.clone();
    let merge = ["merge", "-q", "--no-ff", "-m", "m", &format!("origin/{BRANCH}")];
    git_in(&clone, &merge).unwrap();
    let tree = git_in(&clone, &["rev-parse", "HEAD^{tree}"]).unwrap();
    let raw = format!(
        "tree {}\nparent {}\nparent {}\nauthor towpath <x@example.org> 1 +0000\ncommitter towpath <x@example.org> 1 +0000\n\nm\n",
        tree.trim(),
        ground.tip("main"),
        change.head.commit
    );
    std::fs::write(clone.join("raw"), raw).unwrap();
    let commit = git_in(&clone, &["hash-object", "-t", "commit", "-w", "raw"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", &format!("{}:refs/heads/main", commit.trim())]).unwrap();
    assert_eq!(merged(&ground.show(change.number).await).0, &user("unknown"));
}

#[tokio::test]
async fn what_a_change_changes_stays_known_after_the_merge() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let expected = vec![FileChange {
        path: path("app.yaml"),
        old: Some(APP.into()),
        new: Some(APP.replace("1.0.0", "1.1.0").into()),
    }];
    assert_eq!(ground.forge.files(&repository(), change.number).await.as_ref(), Ok(&expected));
    ground.push("main", "other.yaml", "name: before\n").await;
    ground.merge(&change).await.unwrap();
    ground.forge.delete_branch(&place(), &change.branch, &change.head.commit).await.unwrap();
    for step in 0..5 {
        ground.push("main", "app.yaml", &format!("tag: {step}\n")).await;
    }
    assert_eq!(ground.forge.files(&repository(), change.number).await.as_ref(), Ok(&expected));
    assert_eq!(ground.forge.changed_files(&place(), &change.head.commit).await, Ok(expected));
}
