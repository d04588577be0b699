//! The log: appended by compare-and-swap, read from where one left off.

use super::*;

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Ground {
    async fn append(&self, texts: &[&str], expected: Option<&CommitId>) -> Result<CommitId, ForgeError> {
        self.forge.append_log(&place(), &lines(texts), expected).await
    }

    /// What an older Towpath, which proved nothing, wrote to the branch of the log.
    async fn push_as_bot(&self, file: &str, text: &str) -> CommitId {
        let commit = PersonCommit {
            branch: branch("towpath/log"),
            by: user("towpath"),
            message: "log\n".to_owned(),
            files: vec![(path(file), text.as_bytes().to_vec())],
        };
        self.forge.commit_as(&repository(), commit).await.unwrap()
    }

    async fn read(&self, known: Option<&CommitId>) -> LogPart {
        self.forge.read_log(&place(), known).await.unwrap()
    }
}

#[tokio::test]
async fn no_log_is_an_empty_one() {
    let ground = Ground::new().await;
    assert_eq!(ground.read(None).await, LogPart::of_none(None));
}

#[tokio::test]
async fn what_was_appended_since_is_read() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}", "{\"n\":2}"], None).await.unwrap();
    let two = ground.append(&["{\"n\":3}"], Some(&one)).await.unwrap();
    let tip = Some(two.clone());
    let whole = lines(&["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]);
    let part = |from_start, lines| LogPart { tip: tip.clone(), proven: tip.clone(), from_start, lines };
    assert_eq!(ground.read(None).await, part(true, whole));
    assert_eq!(ground.read(Some(&one)).await, part(false, lines(&["{\"n\":3}"])));
    assert_eq!(ground.read(Some(&two)).await, part(false, vec![]));
    insta::assert_snapshot!(ground.git(&["log", "--format=%an: %s", "--name-status", "towpath/log"]), @"
    towpath: log: 1 record [skip ci]

    M	log/000001.jsonl
    towpath: log: 2 records [skip ci]

    A	log/000001.jsonl
    ");
    assert_eq!(ground.git(&["rev-list", "--count", "towpath/log"]).trim(), "2", "an orphan branch");
    ground.expect_sound();
}

#[tokio::test]
async fn a_tip_that_is_not_the_expected_one_is_a_conflict() {
    let ground = Ground::new().await;
    let one = ground.append(&["{}"], None).await.unwrap();
    let refs = ground.refs();
    assert!(is_conflict(&ground.append(&["{}"], None).await));
    assert!(is_conflict(&ground.append(&["{}"], Some(&ground.tip("main"))).await));
    assert_eq!(ground.refs(), refs);
    ground.append(&["{}"], Some(&one)).await.unwrap();
    assert!(is_conflict(&ground.append(&["{}"], Some(&one)).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_append_at_once_one_wins() {
    let ground = Ground::new().await;
    let (one, two) = tokio::join!(ground.append(&["{\"by\":1}"], None), ground.append(&["{\"by\":2}"], None));
    assert_eq!([&one, &two].iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(ground.read(None).await.lines.len(), 1);
}

#[tokio::test]
async fn a_known_commit_of_another_history_says_nothing() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    let nowhere = commit(&"1".repeat(40));
    for known in [ground.tip("main"), nowhere] {
        let read = ground.read(Some(&known)).await;
        assert_eq!((read.from_start, read.lines.len()), (true, 1));
    }
    ground.git(&["update-ref", "-d", "refs/heads/towpath/log"]);
    ground.append(&["{\"n\":9}"], None).await.unwrap();
    let read = ground.read(Some(&one)).await;
    assert_eq!((read.from_start, read.lines), (true, lines(&["{\"n\":9}"])));
}

/// A line that somebody pushes to the log, in the name of the bot where told so.
fn forge_line(ground: &Ground, line: &str, as_bot: bool) -> CommitId {
    let clone = ground.folder.path().join("forger");
    if !clone.exists() {
        git_in(&ground.bare(), &["clone", "-q", ".", clone.to_str().unwrap()]).unwrap();
    }
    git_in(&clone, &["fetch", "-q", "origin"]).unwrap();
    git_in(&clone, &["checkout", "-q", "-B", "forged", "origin/towpath/log"]).unwrap();
    let file = clone.join("log/000001.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}{line}\n")).unwrap();
    let (name, mail) =
        if as_bot { ("towpath", "towpath@towpath.local") } else { ("mallory", "m@example.org") };
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(&clone)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", "/nonexistent");
    for (person, address) in
        [("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"), ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")]
    {
        git.env(person, name).env(address, mail);
    }
    let message = "log: 1 record [skip ci]\n\nTowpath-Proof: 00";
    assert!(git.args(["commit", "-qam", message]).status().unwrap().success());
    git_in(&clone, &["push", "-q", "origin", "HEAD:towpath/log"]).unwrap();
    ground.tip("towpath/log")
}

#[tokio::test]
async fn what_others_push_to_the_log_does_not_count_and_is_gone_from_its_files_with_the_next_append() {
    for as_bot in [false, true] {
        let ground = Ground::new().await;
        let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
        let forged = forge_line(&ground, "{\"n\":666}", as_bot);
        for known in [None, Some(&one)] {
            let read = ground.read(known).await;
            assert!(!read.lines.contains(&"{\"n\":666}".to_owned()), "{read:?}");
            assert_eq!((read.tip.as_ref(), read.proven.as_ref()), (Some(&forged), Some(&one)));
        }
        assert!(is_conflict(&ground.append(&["{\"n\":2}"], Some(&one)).await), "the tip is the forged one");
        let two = ground.append(&["{\"n\":2}"], Some(&forged)).await.unwrap();
        let read = ground.read(Some(&one)).await;
        assert_eq!((read.from_start, read.lines), (false, lines(&["{\"n\":2}"])));
        assert_eq!(read.proven, Some(two));
        assert_eq!(ground.git(&["show", "towpath/log:log/000001.jsonl"]), "{\"n\":1}\n{\"n\":2}\n");
        let message = ground.git(&["log", "-1", "--format=%b", "towpath/log"]);
        assert!(message.contains(&format!("Leaves out what came up to {forged}")), "{message}");
        ground.expect_sound();
    }
}

#[tokio::test]
async fn a_proof_of_another_commit_proves_nothing() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    let two = ground.append(&["{\"n\":2}"], Some(&one)).await.unwrap();
    // The tree and the message of the first append, on the second.
    let message = ground.git(&["log", "-1", "--format=%B", one.as_str()]);
    let tree = format!("{one}^{{tree}}");
    let copied = ground.git(&["commit-tree", &tree, "-p", two.as_str(), "-m", &message]);
    ground.git(&["update-ref", "refs/heads/towpath/log", copied.trim()]);
    assert_eq!(ground.read(None).await.proven, Some(two));
}

/// Somebody pushes a landing in the name of the bot, and the key is lost: nothing of the log counts until a person says how far.
#[tokio::test]
async fn a_log_without_its_key_counts_nothing_until_a_person_accepts_a_commit() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    let two = ground.append(&["{\"n\":2}"], Some(&one)).await.unwrap();
    std::fs::remove_file(ground.bare().join("towpath.key")).unwrap();
    let forged = forge_line(&ground, "{\"n\":666}", true);
    let forge = forge_at(ground.folder.path().to_owned(), &ground.seconds);
    insta::assert_snapshot!(said(&ground, forge.read_log(&place(), None).await), @"nothing proves which commits on `towpath/log` of `acme/deploy` are the bot's, because ROOT/acme/deploy.git/towpath.key is missing; restore that file from a backup, or look at `git -C ROOT/acme/deploy.git log --first-parent -p towpath/log` and accept the log up to its last commit that the bot wrote: `towpath log accept COMMIT --repository acme/deploy`");
    assert!(forge.read_log(&place(), Some(&two)).await.is_err());
    assert!(forge.secure_log(&place()).await.is_err(), "no key is made for it");
    assert!(forge.append_log(&place(), &lines(&["{}"]), Some(&forged)).await.is_err());
    let health = forge.examine(&HealthQuestion { places: vec![place()], has_teams: false }).await;
    let protection = health.repositories[0].log_protection.known().unwrap();
    assert!(protection.unproven.as_ref().unwrap().contains("towpath log accept"), "{protection:?}");

    let strange = said(&ground, forge.accept_log(&repository(), &ground.tip("main")).await);
    assert!(strange.contains("is not a commit of `towpath/log`; name one that `git -C "), "{strange}");
    forge.accept_log(&repository(), &two).await.unwrap();
    let read = forge.read_log(&place(), None).await.unwrap();
    assert_eq!((read.proven.as_ref(), read.tip.as_ref()), (Some(&two), Some(&forged)));
    assert_eq!(read.lines, lines(&["{\"n\":1}", "{\"n\":2}"]));
    let again = said(&ground, forge.accept_log(&repository(), &forged).await);
    assert!(again.ends_with("it has a key, so there is nothing to accept"), "{again}");
    let three = forge.append_log(&place(), &lines(&["{\"n\":3}"]), Some(&forged)).await.unwrap();
    let read = forge.read_log(&place(), Some(&two)).await.unwrap();
    assert_eq!((read.proven, read.lines), (Some(three), lines(&["{\"n\":3}"])));
}

#[tokio::test]
async fn a_key_that_is_a_link_or_a_pipe_is_refused() {
    let ground = Ground::new().await;
    ground.append(&["{}"], None).await.unwrap();
    let path = ground.bare().join("towpath.key");
    let aside = ground.folder.path().join("aside.key");
    std::fs::rename(&path, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &path).unwrap();
    let linked = said(&ground, ground.forge.read_log(&place(), None).await);
    assert!(linked.contains("towpath.key failed: it is a symbolic link; it has to be"), "{linked}");
    std::fs::remove_file(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let piped = said(&ground, ground.forge.read_log(&place(), None).await);
    assert!(piped.contains("towpath.key failed: it is not a regular file; it has to be"), "{piped}");
}

#[tokio::test]
async fn the_file_of_the_turn_is_nobody_else_s() {
    use std::os::unix::fs::PermissionsExt as _;
    let ground = Ground::new().await;
    let mode = std::fs::metadata(ground.bare().join("towpath.lock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn the_key_is_nobody_else_s_and_a_broken_one_is_an_error() {
    use std::os::unix::fs::PermissionsExt as _;
    let ground = Ground::new().await;
    ground.forge.secure_log(&place()).await.unwrap();
    let path = ground.bare().join("towpath.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).unwrap();
    ground.forge.secure_log(&place()).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before, "it is made once");
    ground.append(&["{}"], None).await.unwrap();
    for mode in [0o604, 0o602, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = said(&ground, ground.forge.read_log(&place(), None).await);
        assert!(
            refused.contains("all users of this machine may read or write it; it has to be"),
            "{refused}"
        );
    }
    // The group of a Kubernetes volume (`fsGroup`) is the service's own.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
    ground.read(None).await;
    std::fs::write(&path, "{}").unwrap();
    let refused = said(&ground, ground.forge.read_log(&place(), None).await);
    insta::assert_snapshot!(refused, @"reading ROOT/acme/deploy.git/towpath.key failed: missing field `secret` at line 1 column 2; it has to be the file that Towpath made, with mode 0600; restore it from a backup");
}

#[tokio::test]
async fn a_log_that_was_replaced_counts_from_where_it_is_proven() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    let two = ground.append(&["{\"n\":2}"], Some(&one)).await.unwrap();
    ground.git(&["update-ref", "refs/heads/towpath/log", one.as_str()]);
    let read = ground.read(Some(&two)).await;
    assert_eq!((read.from_start, read.proven, read.lines), (true, Some(one), lines(&["{\"n\":1}"])));
    let orphan = ground.git(&["commit-tree", "main^{tree}", "-m", "nothing"]);
    ground.git(&["update-ref", "refs/heads/towpath/log", orphan.trim()]);
    assert_eq!(ground.read(Some(&two)).await, LogPart::of_none(Some(commit(&orphan))));
}

#[tokio::test]
async fn a_record_of_two_lines_is_refused() {
    let ground = Ground::new().await;
    let refs = ground.refs();
    insta::assert_snapshot!(said(&ground, ground.append(&["{}\n{}"], None).await), @"writing the log in `acme/deploy` failed: a record is one line");
    assert_eq!(ground.refs(), refs);
}

#[tokio::test]
async fn the_one_file_of_an_older_towpath_is_read_and_gone_on_from() {
    let ground = Ground::new().await;
    let old = ground.push_as_bot("log.jsonl", "{\"n\":1}\n\n{\"n\":2}").await;
    ground.forge.accept_log(&repository(), &old).await.unwrap();
    let new = ground.append(&["{\"n\":3}"], Some(&old)).await.unwrap();
    let whole = lines(&["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]);
    let read = ground.read(None).await;
    assert_eq!((read.from_start, read.lines), (true, whole));
    let since = ground.read(Some(&old)).await;
    assert_eq!((since.tip, since.from_start, since.lines), (Some(new), false, lines(&["{\"n\":3}"])));
    insta::assert_snapshot!(ground.git(&["ls-tree", "-r", "--name-only", "towpath/log"]), @"
    log.jsonl
    log/000001.jsonl
    ");
    ground.expect_sound();
}

#[tokio::test]
async fn a_large_log_is_written_and_read_in_parts() {
    let ground = Ground::new().await;
    let line = |n: usize| format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(50_000));
    let (mut tip, mut tips) = (None, Vec::new());
    for n in 0..40 {
        let new = ground.append(&[&line(n)], tip.as_ref()).await.unwrap();
        tips.push(new.clone());
        tip = Some(new);
    }
    let whole: Vec<String> = (0..40).map(line).collect();
    assert!(ground.read(None).await.lines == whole);
    for known in [0, 17, 38] {
        let since = ground.read(Some(&tips[known])).await;
        assert!(!since.from_start && since.lines == whole[known + 1..], "after {known}");
    }
    let sizes = ground.git(&["ls-tree", "-r", "--format=%(objectsize)", "towpath/log"]);
    assert_eq!(sizes.lines().count(), 8);
    assert!(sizes.lines().all(|size| size.parse::<u64>().unwrap() <= 256 << 10), "{sizes}");
    let changed = ground.git(&["log", "--format=", "--name-only", "towpath/log"]);
    assert_eq!(changed.lines().count(), 40, "each append wrote one file");
}

#[tokio::test]
async fn what_else_lies_on_the_branch_is_left_alone() {
    let ground = Ground::new().await;
    let pushed = ground.push_as_bot("README.md", "What is this?").await;
    ground.push_as_bot("log/notes.md", "{\"n\":0}\n").await;
    let tip = ground.push_as_bot("log/1.jsonl", "{\"n\":0}\n").await;
    ground.forge.accept_log(&repository(), &tip).await.unwrap();
    ground.append(&["{\"n\":1}"], Some(&tip)).await.unwrap();
    assert_eq!(ground.read(None).await.lines, lines(&["{\"n\":1}"]));
    assert!(ground.read(Some(&pushed)).await.from_start, "there was no log");
    assert_eq!(ground.git(&["show", "towpath/log:README.md"]), "What is this?");
}

#[tokio::test]
async fn a_log_that_the_repository_hides_from_pushes_is_protected() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    let question = HealthQuestion { places: vec![place()], has_teams: false };
    let hidden = "refs/heads/towpath/log";
    for (value, is_restricted) in [(None, false), (Some("refs/heads/other"), false), (Some(hidden), true)] {
        if let Some(value) = value {
            ground.git(&["config", "--add", "receive.hideRefs", value]);
        }
        let health = ground.forge.examine(&question).await;
        let protection = health.repositories[0].log_protection.known().unwrap();
        assert_eq!(protection.is_restricted, is_restricted, "{value:?}");
        let command = format!("git -C {} config --add receive.hideRefs {hidden}", ground.bare().display());
        assert_eq!(protection.command, Some(command));
    }
    let refused = git_in(&ground.clone(), &["push", "-q", "origin", "origin/main:refs/heads/towpath/log"]);
    assert!(refused.unwrap_err().contains("deny updating a hidden ref"));
    ground.append(&["{\"n\":2}"], Some(&one)).await.unwrap();
}

#[tokio::test]
async fn the_printed_command_keeps_pushes_from_changes_and_the_bot_still_writes() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let question = HealthQuestion { places: vec![place()], has_teams: false };
    let protection = async || {
        let health = ground.forge.examine(&question).await;
        health.repositories[0].log_protection.known().unwrap().changes_command.clone()
    };
    let (clone, forge) = (ground.clone(), &["push", "-qf", "origin", "origin/main:refs/towpath/changes/7"]);
    git_in(&clone, forge).unwrap();
    ground.git(&["update-ref", "-d", "refs/towpath/changes/7"]);
    let command = protection().await.expect("pushes are taken");
    let done = Command::new("sh").args(["-c", &command]).status().unwrap();
    assert!(done.success() && protection().await.is_none());
    let refused = git_in(&clone, forge).unwrap_err();
    assert!(refused.contains("deny updating a hidden ref"), "{refused}");
    ground.forge.comment_as(&repository(), number, &user("alice"), "fine").await.unwrap();
    assert_eq!(ground.show(number).await.comments.len(), 1);
}
