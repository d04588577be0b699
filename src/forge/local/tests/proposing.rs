//! Proposals: the branch, the commit, the change.

use super::*;

#[tokio::test]
async fn a_proposal_opens_a_change_that_everybody_can_read() {
    let ground = Ground::new().await;
    let base = ground.tip("main");
    let change = ground.open("1.1.0").await;
    assert_eq!(ground.changes().await, std::slice::from_ref(&change));
    assert_eq!(change.number, ChangeNumber(1));
    assert_eq!((change.title.as_str(), change.body.as_str()), ("shop 1.1.0", "about shop 1.1.0"));
    assert_eq!(
        (change.author, change.branch, change.base),
        (user("towpath"), branch(BRANCH), branch("main"))
    );
    assert_eq!((change.state, change.conflicted), (ChangeState::Open, false));
    assert_eq!(change.url, format!("{}#1", ground.bare().display()));
    assert_eq!(change.head.commit, ground.tip(BRANCH));
    assert!(change.head.by_bot);
    assert_eq!(change.head.trailer("Towpath-Key"), Some("abc"));
    assert_eq!(change.statuses[0].text, "waiting: soak");
    assert_eq!(ground.git(&["rev-parse", &format!("{BRANCH}^")]).trim(), base.as_str());
    insta::assert_snapshot!(ground.git(&["show", "--format=%an <%ae>, %cn <%ce>, %cI%n%B", BRANCH]), @"
    towpath <towpath@towpath.local>, towpath <towpath@towpath.local>, 2026-01-01T00:00:00Z
    promote(dev): shop 1.1.0

    Towpath-Key: abc


    diff --git a/app.yaml b/app.yaml
    index 03ff16a..1224958 100644
    --- a/app.yaml
    +++ b/app.yaml
    @@ -1,4 +1,4 @@
    -tag: 1.0.0
    +tag: 1.1.0
    ");
    ground.expect_sound();
}

#[tokio::test]
async fn the_same_proposal_again_moves_nothing() {
    let ground = Ground::new().await;
    let proposal = ground.proposal("1.1.0").await;
    ground.propose(&proposal).await.unwrap();
    let refs = ground.refs();
    ground.pass(60);
    assert_eq!(ground.propose(&proposal).await, Ok(ChangeNumber(1)));
    assert_eq!(ground.refs(), refs);
}

#[tokio::test]
async fn new_content_replaces_the_head_of_the_open_change() {
    let ground = Ground::new().await;
    let first = ground.open("1.1.0").await;
    let second = ground.open("1.2.0").await;
    assert_eq!((second.number, second.title.as_str()), (first.number, "shop 1.2.0"));
    assert_ne!(second.head, first.head);
    assert_eq!(ground.git(&["rev-list", "--count", &format!("main..{BRANCH}")]).trim(), "1");
    let on: Vec<_> = second.statuses.iter().map(|status| &status.head).collect();
    assert_eq!(on, [&first.head.commit, &second.head.commit]);
}

#[tokio::test]
async fn one_batch_gives_one_result_per_proposal() {
    let ground = Ground::new().await;
    let good = ground.proposal("1.1.0").await;
    let bad = Proposal { base: commit(&"0".repeat(40)), ..good.clone() };
    let other = Proposal { branch: branch("towpath/dev/other"), ..good.clone() };
    let results = ground.forge.propose(&[bad, good, other]).await;
    assert!(is_conflict(&results[0]));
    assert_eq!(results[1..], [Ok(ChangeNumber(1)), Ok(ChangeNumber(2))]);
}

#[tokio::test]
async fn a_branch_that_is_not_as_expected_is_left_alone() {
    let ground = Ground::new().await;
    let early = ground.proposal("1.1.0").await;
    ground.open("1.2.0").await;
    let refs = ground.refs();
    assert!(is_conflict(&ground.propose(&early).await), "it expected no branch");
    let gone = Proposal { expected: Some(ground.tip("main")), branch: branch("towpath/dev/gone"), ..early };
    assert!(is_conflict(&ground.propose(&gone).await), "it expected a branch");
    assert_eq!(ground.refs(), refs);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_writers_at_once_one_wins() {
    let ground = Ground::new().await;
    let (one, two) = (ground.proposal("1.1.0").await, ground.proposal("1.2.0").await);
    // A second process opens the repository and the turn anew, as this second forge does.
    let other = forge_at(ground.folder.path().to_owned(), &ground.seconds);
    let (one, two) = tokio::join!(ground.forge.propose(std::slice::from_ref(&one)), async {
        other.propose(std::slice::from_ref(&two)).await
    });
    let won: Vec<_> = one.iter().chain(&two).filter(|result| result.is_ok()).collect();
    assert_eq!(won, [&Ok(ChangeNumber(1))]);
    assert!(one.iter().chain(&two).any(is_conflict));
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn links_submodules_folders_and_files_are_not_written_through() {
    let ground = Ground::new().await;
    let clone = ground.clone();
    std::os::unix::fs::symlink("app.yaml", clone.join("link")).unwrap();
    let submodule = format!("160000,{},sub", ground.tip("main"));
    git_in(&clone, &["update-index", "--add", "--cacheinfo", &submodule]).unwrap();
    std::fs::create_dir(clone.join("folder")).unwrap();
    std::fs::write(clone.join("folder/file"), "x").unwrap();
    git_in(&clone, &["add", "link", "folder"]).unwrap();
    git_in(&clone, &["commit", "-qm", "odd things"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", "main"]).unwrap();
    let refs = ground.refs();
    let mut answers = String::new();
    for name in ["link", "link/below", "sub", "sub/below", "folder", "folder/file/below", ""] {
        let mut proposal = ground.proposal("1.1.0").await;
        proposal.files[0].0 = path(name);
        answers += &format!("{}\n", said(&ground, ground.propose(&proposal).await));
    }
    insta::assert_snapshot!(answers, @"
    writing files in `acme/deploy` failed: `link` is a symbolic link, which is never followed
    writing files in `acme/deploy` failed: `link` is a symbolic link, which is never followed
    writing files in `acme/deploy` failed: `sub` is a submodule, which is never entered
    writing files in `acme/deploy` failed: `sub` is a submodule, which is never entered
    writing files in `acme/deploy` failed: `folder` is a folder
    writing files in `acme/deploy` failed: `folder/file` is a file, not a folder
    writing files in `acme/deploy` failed: a file needs a path
    ");
    assert_eq!(ground.refs(), refs);
}

#[tokio::test]
async fn bytes_and_modes_are_kept() {
    let crlf = "images:\r\n  - newTag: \"1.0.0\"\r\n";
    let ground = Ground::with_files(&[("app.yaml", crlf), (".gitattributes", "* text=auto\n")]).await;
    let clone = ground.clone();
    for name in ["edited.sh", "kept.sh"] {
        std::fs::write(clone.join(name), "#!/bin/sh\n").unwrap();
    }
    git_in(&clone, &["add", "edited.sh", "kept.sh"]).unwrap();
    git_in(&clone, &["update-index", "--chmod=+x", "edited.sh", "kept.sh"]).unwrap();
    git_in(&clone, &["commit", "-qm", "scripts"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", "main"]).unwrap();
    let binary: Vec<u8> = (0..=255).collect();
    let new = crlf.replace("1.0.0", "1.1.0");
    let files = [("app.yaml", new.as_bytes()), ("edited.sh", &binary), ("deep/new/file", &binary)];
    let mut proposal = ground.proposal("1.1.0").await;
    proposal.files = files.iter().map(|(name, bytes)| (path(name), bytes.to_vec())).collect();
    ground.propose(&proposal).await.unwrap();
    let head = ground.tip(BRANCH);
    let entries = ground.forge.entries(&place(), &head).await.unwrap();
    for (name, bytes) in files {
        let blob = entries[&path(name)].blob;
        let content = ground.forge.blobs(&place(), &[blob]).await.unwrap();
        assert_eq!(content[0].as_ref(), bytes, "{name}");
    }
    insta::assert_snapshot!(ground.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", BRANCH]), @"
    100644 .gitattributes
    100644 app.yaml
    100644 deep/new/file
    100755 edited.sh
    100755 kept.sh
    ");
    ground.expect_sound();
}

#[tokio::test]
async fn a_change_merged_with_git_is_not_opened_again_by_the_next_proposal() {
    let ground = Ground::new().await;
    let first = ground.open("1.1.0").await;
    ground.merge_by_git("--no-ff");
    let second = ground.open("1.2.0").await;
    assert_eq!(second.number, ChangeNumber(2));
    assert!(second.is_open());
    let first = ground.show(first.number).await;
    assert!(matches!(first.state, ChangeState::Merged { .. }), "{:?}", first.state);
    assert_eq!(first.title, "shop 1.1.0");
}

#[tokio::test]
async fn a_change_whose_branch_was_deleted_is_not_opened_again_by_the_next_proposal() {
    let ground = Ground::new().await;
    let first = ground.open("1.1.0").await;
    ground.git(&["branch", "-D", BRANCH]);
    let second = ground.open("1.2.0").await;
    assert_eq!((second.number, second.state), (ChangeNumber(2), ChangeState::Open));
    let first = ground.show(first.number).await;
    assert!(matches!(first.state, ChangeState::Closed { .. }), "{:?}", first.state);
}

#[tokio::test]
async fn a_proposal_that_comes_again_after_its_change_ended_opens_no_second_one() {
    let ground = Ground::new().await;
    let proposal = ground.proposal("1.1.0").await;
    let number = ground.propose(&proposal).await.unwrap();
    ground.forge.close_as(&repository(), number, &user("alice")).await.unwrap();
    assert!(is_conflict(&ground.propose(&proposal).await));
    assert_eq!(ground.changes().await.len(), 1);
    // Whoever has seen the branch as it is means it.
    let seen = Proposal { expected: Some(ground.tip(BRANCH)), ..proposal };
    assert_eq!(ground.propose(&seen).await, Ok(ChangeNumber(2)));
}

#[tokio::test]
async fn a_proposal_that_comes_again_after_a_merge_with_git_opens_no_second_one() {
    let ground = Ground::new().await;
    let proposal = ground.proposal("1.1.0").await;
    ground.propose(&proposal).await.unwrap();
    ground.merge_by_git("--no-ff");
    assert!(is_conflict(&ground.propose(&proposal).await));
    assert_eq!(ground.changes().await.len(), 1);
}
