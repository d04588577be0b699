//! Anybody who may push can write anything below `refs/towpath`; it is refused with what and where.

use super::*;

impl Ground {
    /// Puts files into a commit and a ref at it.
    fn plant(&self, reference: &str, files: &[(&str, &str)]) {
        let clone = self.folder.path().join("planted");
        if !clone.exists() {
            git_in(&self.bare(), &["clone", "-q", ".", clone.to_str().unwrap()]).unwrap();
        }
        git_in(&clone, &["checkout", "-q", "--orphan", "x"]).ok();
        git_in(&clone, &["rm", "-rqf", "."]).ok();
        for (name, text) in files {
            std::fs::create_dir_all(clone.join(name).parent().unwrap()).unwrap();
            std::fs::write(clone.join(name), text).unwrap();
            git_in(&clone, &["add", name]).unwrap();
        }
        git_in(&clone, &["commit", "-q", "--allow-empty", "-m", "planted"]).unwrap();
        git_in(&clone, &["push", "-qf", "origin", &format!("HEAD:{reference}")]).unwrap();
    }

    fn change_json(&self, number: &str) -> String {
        let json = self.git(&["show", "refs/towpath/changes/1:change.json"]);
        json.replace("\"number\": 1", &format!("\"number\": {number}"))
    }

    /// What is said of a change once these files are it, while the others are still seen.
    async fn said_of(&self, number: &str, files: &[(&str, &str)]) -> String {
        let reference = format!("refs/towpath/changes/{number}");
        self.plant(&reference, files);
        let said = self.only_left_out().await;
        self.git(&["update-ref", "-d", &reference]);
        said
    }

    /// What is wrong with the only change that is left out.
    async fn only_left_out(&self) -> String {
        assert_eq!(self.changes().await.len(), 1, "the others are seen");
        let left_out = self.forge.unreadable_changes(&place()).await.unwrap();
        let [LeftOut::Change { reference, why }] = left_out.as_slice() else {
            panic!("one change: {left_out:?}")
        };
        format!("{reference}: {why}").replace(self.folder.path().to_str().unwrap(), "ROOT")
    }
}

const EVENT: &str = r#"{"at": "2026-01-01T00:00:00Z", "by": "bob", "did": "closed"}"#;

#[tokio::test]
async fn a_broken_file_of_a_change_leaves_it_out_and_no_other() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    for content in ["", "no commit at all"] {
        std::fs::write(ground.bare().join("refs/towpath/changes/2"), content).unwrap();
        assert_eq!(ground.only_left_out().await, "refs/towpath/changes/2: its file holds no commit");
    }
}

#[tokio::test]
async fn a_broken_file_of_a_branch_stops_only_what_needs_it() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    std::fs::create_dir_all(ground.bare().join("refs/heads/towpath/dev")).unwrap();
    std::fs::write(ground.bare().join("refs/heads/towpath/dev/other"), "").unwrap();
    assert_eq!(ground.forge.branches(&place()).await.unwrap().len(), 1);
    std::fs::write(ground.bare().join("refs/heads/main"), "").unwrap();
    let error = ground.forge.head(&place()).await.unwrap_err().to_string();
    assert!(error.contains("refs/heads/main is broken: restore the commit that it held"), "{error}");
}

#[tokio::test]
async fn a_fifo_in_place_of_a_file_of_git_is_named_at_once() {
    let ground = Ground::new().await;
    let make = |name: &str| {
        let path = ground.bare().join(name);
        std::fs::remove_file(&path).ok();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        path
    };
    let fifo = make("packed-refs");
    let error = ground.forge.head(&place()).await.unwrap_err().to_string();
    assert!(error.ends_with("packed-refs is not a regular file"), "{error}");
    std::fs::remove_file(fifo).unwrap();
    make("towpath.lock");
    let error = ground.forge.close(&place(), ChangeNumber(1)).await.unwrap_err().to_string();
    assert!(error.ends_with("it is not a regular file; delete it; Towpath creates it again"), "{error}");
}

#[tokio::test]
async fn nonsense_in_a_change_leaves_it_out_and_no_other() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    let (own, other) = (ground.change_json("2"), ground.change_json("1"));
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let head = ground.tip(BRANCH).to_string();
    let bad_head = own.replace(&head, "HEAD");
    let answers = [
        ground.said_of("2", &[("README", "hello")]).await,
        ground.said_of("2", &[("change.json", "{")]).await,
        ground.said_of("2", &[("change.json", &other)]).await,
        ground.said_of("2", &[("change.json", &large)]).await,
        ground.said_of("2", &[("change.json", &bad_head)]).await,
        ground.said_of("2", &[("change.json", &own), ("events", "a file")]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000002.json", EVENT)]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000001.json", "[]")]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000001.json/x", EVENT)]).await,
        ground.said_of("2", &[("change.json/x", &own)]).await,
    ];
    insta::assert_snapshot!(answers.join("\n").replace(&head, "HEAD_COMMIT"), @"
    refs/towpath/changes/2: there is no `change.json`
    refs/towpath/changes/2: `change.json`: EOF while parsing an object at line 1 column 1
    refs/towpath/changes/2: `change.json` is that of change #1
    refs/towpath/changes/2: `change.json` is larger than 1048576 bytes
    refs/towpath/changes/2: `change.json`: `HEAD` is not a commit id; it has 40 hexadecimal digits at line 12 column 16
    refs/towpath/changes/2: `events` is a blob and no tree
    refs/towpath/changes/2: `events` has `000002.json` where `000001.json` should be
    refs/towpath/changes/2: `000001.json`: invalid length 0, expected struct EventFile with 3 elements at line 1 column 2
    refs/towpath/changes/2: `000001.json` is a tree and no blob
    refs/towpath/changes/2: `change.json` is a tree and no blob
    ");
}

#[tokio::test]
async fn a_change_whose_head_is_not_there_is_left_out() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    let missing = ground.change_json("2").replace(ground.tip(BRANCH).as_str(), &"1".repeat(40));
    let closed = missing.replace("\"open\"", r#"{"closed": {"at": "2026-01-01T00:00:00Z", "by": "bob"}}"#);
    let said = ground.said_of("2", &[("change.json", &closed)]).await;
    insta::assert_snapshot!(said, @"refs/towpath/changes/2: its head is the commit 1111111111111111111111111111111111111111, which is not in the repository");
}

#[tokio::test]
async fn a_ref_to_something_else_than_a_commit_is_left_out() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    for object in ["main:app.yaml", "main^{tree}"] {
        ground.git(&["update-ref", "refs/towpath/changes/2", ground.git(&["rev-parse", object]).trim()]);
        let said = ground.only_left_out().await;
        assert!(said.starts_with("refs/towpath/changes/2: the ref is a "), "{said}");
    }
}

#[tokio::test]
async fn an_open_change_that_somebody_broke_gives_way_to_a_new_one() {
    let ground = Ground::new().await;
    let broken = ground.open("1.1.0").await;
    ground.git(&["update-ref", "refs/towpath/changes/1", "main"]);
    assert_eq!(ground.changes().await, []);
    let opened = ground.open("1.2.0").await;
    assert_eq!((broken.number, opened.number), (ChangeNumber(1), ChangeNumber(2)));
    assert_eq!(ground.changes().await.len(), 1);
}

/// Lines for author and committer that Git takes in a push, and gix does not read.
const UNREADABLE: [&str; 4] = [
    "author nobody\ncommitter nobody\n",
    "author a <a@b> 1 +0000\ncommitter a <a@b> 99999999999999999999999 +0000\n",
    "committer a <a@b> 1 +0000\n",
    "",
];

impl Ground {
    /// Pushes a commit with these lines for author and committer, on a parent and with the same files.
    fn push_unreadable(&self, reference: &str, parent: &CommitId, people: &str) -> CommitId {
        let clone = self.folder.path().join("unreadable");
        if !clone.exists() {
            git_in(&self.bare(), &["clone", "-q", "--bare", ".", clone.to_str().unwrap()]).unwrap();
        }
        git_in(&clone, &["fetch", "-q", "origin", "+refs/heads/*:refs/heads/*"]).unwrap();
        let tree = self.git(&["rev-parse", &format!("{parent}^{{tree}}")]);
        let text = format!("tree {}\nparent {parent}\n{people}\nunreadable\n", tree.trim());
        std::fs::write(clone.join("commit"), text).unwrap();
        let id = git_in(&clone, &["hash-object", "-t", "commit", "-w", "--literally", "commit"]).unwrap();
        git_in(&clone, &["push", "-q", "origin", &format!("{}:{reference}", id.trim())]).unwrap();
        commit(&id)
    }
}

#[tokio::test]
async fn an_unreadable_commit_on_the_branch_of_an_open_change_is_a_stranger_s_and_stops_no_other() {
    for people in UNREADABLE {
        let ground = Ground::new().await;
        let change = ground.open("1.1.0").await;
        let other = Proposal { branch: branch("towpath/dev/other"), ..ground.proposal("1.2.0").await };
        let other = ground.propose(&Proposal { expected: None, ..other }).await.unwrap();
        let pushed = ground.push_unreadable(&format!("refs/heads/{BRANCH}"), &change.head.commit, people);
        let again = ground.push_unreadable(&format!("refs/heads/{BRANCH}"), &pushed, people);
        let changes = ground.changes().await;
        let [broken, fine] = changes.as_slice() else { panic!("two changes: {changes:?}") };
        assert_eq!((&broken.head.commit, broken.head.by_bot), (&again, false), "{people:?}");
        assert_eq!(
            (&broken.state, broken.conflicted),
            (&ChangeState::Open, false),
            "it is in the base's future"
        );
        assert_eq!((fine.number, &fine.state), (other, &ChangeState::Open));
        let files = ground.forge.changed_files(&place(), &again).await.unwrap();
        assert_eq!(files.len(), 1, "what the change was about");
        assert!(!ground.forge.branches(&place()).await.unwrap()[&branch(BRANCH)].by_bot);
        ground.push("main", "other.yaml", "name: elsewhere\n").await;
        assert!(!ground.show(change.number).await.conflicted);
        ground.merge(broken).await.unwrap();
        assert!(is_conflict(&ground.merge(fine).await), "both changed one line");
        assert_eq!(ground.git(&["show", "main:other.yaml"]), "name: elsewhere\n");
    }
}

#[tokio::test]
async fn an_unreadable_commit_on_the_base_or_the_log_stops_nothing() {
    for people in UNREADABLE {
        let ground = Ground::new().await;
        let one = ground.forge.append_log(&place(), &["{\"n\":1}".to_owned()], None).await.unwrap();
        let merged = ground.open("1.1.0").await;
        ground.merge(&merged).await.unwrap();
        ground.push_unreadable("refs/heads/main", &ground.tip("main"), people);
        let pushed = ground.push_unreadable("refs/heads/towpath/log", &one, people);
        let known = ground.forge.read_log(&place(), Some(&one)).await.unwrap();
        assert_eq!((known.from_start, known.lines.len()), (false, 0), "{people:?}");
        let two = ground.forge.append_log(&place(), &["{\"n\":2}".to_owned()], Some(&pushed)).await.unwrap();
        let known = ground.forge.read_log(&place(), Some(&one)).await.unwrap();
        assert_eq!((known.from_start, known.proven, known.lines.len()), (false, Some(two), 1));
        assert!(ground.forge.contains(&place(), &merged.head.commit).await.unwrap());
        assert!(matches!(ground.changes().await[0].state, ChangeState::Merged { .. }));
        let next = ground.open("1.2.0").await;
        ground.merge(&next).await.unwrap();
    }
}

#[tokio::test]
async fn a_change_whose_base_was_deleted_is_shown_and_called_nothing_else() {
    let ground = Ground::new().await;
    ground.push("release", "app.yaml", "tag: 0.9.0\n").await;
    let base = ground.tip("release");
    let release = ConfigBranch { branch: branch("release"), ..place() };
    let own = Proposal { place: release, base, ..ground.proposal("1.0.1").await };
    let own = ground.propose(&Proposal { branch: branch("towpath/old/shop"), ..own }).await.unwrap();
    ground.git(&["update-ref", "-d", "refs/heads/release"]);
    assert_eq!(ground.forge.unreadable_changes(&place()).await.unwrap(), []);
    let shown = ground.show(own).await;
    assert_eq!((shown.state, shown.conflicted), (ChangeState::Open, true));
}

#[tokio::test]
async fn what_a_broken_change_lacks_may_come_later() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let head = change.head.commit.to_string();
    let object = ground.bare().join("objects").join(&head[..2]).join(&head[2..]);
    let aside = ground.folder.path().join("aside");
    std::fs::rename(&object, &aside).unwrap();
    let fresh = forge_at(ground.folder.path().to_owned(), &ground.seconds);
    assert_eq!(fresh.unreadable_changes(&place()).await.unwrap().len(), 1);
    std::fs::rename(&aside, &object).unwrap();
    assert_eq!(fresh.unreadable_changes(&place()).await.unwrap(), []);
}

#[tokio::test]
async fn a_commit_without_a_readable_author_is_a_stranger_s() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    ground.push_unreadable("refs/heads/towpath/dev/other", &ground.tip("main"), UNREADABLE[0]);
    let branches = ground.forge.branches(&place()).await.unwrap();
    assert!(!branches[&branch("towpath/dev/other")].by_bot);
}

#[tokio::test]
async fn other_refs_below_the_prefix_are_not_ours() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    ground.git(&["update-ref", "refs/towpath/changes/draft", "main"]);
    ground.git(&["update-ref", "refs/towpath/changes/7/deep", "main"]);
    ground.git(&["update-ref", "refs/towpath/changes/01", "refs/towpath/changes/1"]);
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn after_the_largest_number_there_is_still_one() {
    for (number, is_left_out) in [((1_u64 << 53) - 1, false), (1 << 53, true), (u64::MAX, true)] {
        let ground = Ground::new().await;
        let change = ground.open("1.1.0").await;
        ground.forge.close(&place(), change.number).await.unwrap();
        let number = number.to_string();
        let planted = ground.change_json(&number);
        ground.plant(&format!("refs/towpath/changes/{number}"), &[("change.json", &planted)]);
        let left_out = ground.forge.unreadable_changes(&place()).await.unwrap();
        assert_eq!(!left_out.is_empty(), is_left_out, "{number}: {left_out:?}");
        assert_eq!(ground.changes().await.len(), if is_left_out { 1 } else { 2 });
        assert_eq!(ground.open("1.2.0").await.number, ChangeNumber(2));
    }
}

#[tokio::test]
async fn a_branch_that_points_to_another_is_refused() {
    let ground = Ground::new().await;
    ground.git(&["symbolic-ref", "refs/heads/towpath/dev/shop", "refs/heads/main"]);
    let mut proposal = ground.proposal("1.1.0").await;
    proposal.expected = None;
    insta::assert_snapshot!(said(&ground, ground.propose(&proposal).await), @"reading `refs/heads/towpath/dev/shop` in `acme/deploy` failed: it points to another ref; make it point to a commit");
}

#[tokio::test]
async fn a_commit_is_what_its_id_says_whatever_replaces_it() {
    let ground = Ground::new().await;
    let main = ground.tip("main");
    let other = ground.push("elsewhere", "app.yaml", "tag: evil\n").await;
    ground.git(&["update-ref", &format!("refs/replace/{main}"), other.as_str()]);
    let entries = ground.forge.entries(&place(), &main).await.unwrap();
    let content = ground.forge.blobs(&place(), &[entries[&path("app.yaml")].blob]).await.unwrap();
    assert_eq!(content[0].as_ref(), APP.as_bytes());
}

#[tokio::test]
async fn a_repository_that_is_none_is_named() {
    let ground = Ground::new().await;
    std::fs::create_dir_all(ground.folder.path().join("acme/empty.git")).unwrap();
    let mut answers = Vec::new();
    for name in ["acme/none", "acme/empty"] {
        let place = ConfigBranch { repository: RepositoryName::new(name).unwrap(), ..place() };
        answers.push(said(&ground, ground.forge.head(&place).await));
        answers.push(said(&ground, ground.forge.close(&place, ChangeNumber(1)).await));
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    the repository ROOT/acme/none.git does not exist
    the repository ROOT/acme/none.git does not exist
    opening ROOT/acme/empty.git failed: "ROOT/acme/empty.git" does not appear to be a git repository
    opening ROOT/acme/empty.git failed: "ROOT/acme/empty.git" does not appear to be a git repository
    "#);
}

#[tokio::test]
async fn a_blob_or_commit_that_is_not_there_is_an_error() {
    let ground = Ground::new().await;
    let nowhere = "1".repeat(40);
    let blob = BlobId::new(nowhere.clone()).unwrap();
    assert!(ground.forge.blobs(&place(), &[blob]).await.is_err());
    assert!(ground.forge.entries(&place(), &commit(&nowhere)).await.is_err());
    assert!(ground.forge.changed_files(&place(), &commit(&nowhere)).await.is_err());
    let tree = commit(&ground.git(&["rev-parse", "main^{tree}"]));
    assert!(ground.forge.entries(&place(), &tree).await.is_err(), "a tree is no commit");
}

#[tokio::test]
async fn a_text_too_long_to_be_read_back_is_not_written() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let refs = ground.refs();
    let mut shown = presentation("shop");
    shown.body = "x".repeat(1 << 20);
    insta::assert_snapshot!(said(&ground, ground.forge.present(&place(), number, &shown).await), @"writing change #1 of `acme/deploy` failed: `change.json` would be larger than 1048576 bytes");
    assert_eq!(ground.refs(), refs);
}
