//! The log: appended by compare-and-swap, read from where one left off.

use super::*;

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Ground {
    async fn append(&self, texts: &[&str], expected: Option<&CommitId>) -> Result<CommitId, ForgeError> {
        self.forge.append_log(&place(), &lines(texts), expected).await
    }

    async fn read(&self, known: Option<&CommitId>) -> LogPart {
        self.forge.read_log(&place(), known).await.unwrap()
    }
}

#[tokio::test]
async fn no_log_is_an_empty_one() {
    let ground = Ground::new().await;
    assert_eq!(ground.read(None).await, LogPart { tip: None, from_start: true, lines: vec![] });
}

#[tokio::test]
async fn what_was_appended_since_is_read() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}", "{\"n\":2}"], None).await.unwrap();
    let two = ground.append(&["{\"n\":3}"], Some(&one)).await.unwrap();
    let tip = Some(two.clone());
    let whole = lines(&["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]);
    assert_eq!(ground.read(None).await, LogPart { tip: tip.clone(), from_start: true, lines: whole });
    let since = LogPart { tip: tip.clone(), from_start: false, lines: lines(&["{\"n\":3}"]) };
    assert_eq!(ground.read(Some(&one)).await, since);
    assert_eq!(ground.read(Some(&two)).await, LogPart { tip, from_start: false, lines: vec![] });
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

#[tokio::test]
async fn a_log_that_a_person_rewrote_is_read_from_the_start() {
    let ground = Ground::new().await;
    let one = ground.append(&["{\"n\":1}"], None).await.unwrap();
    ground.push("towpath/log", "log/000001.jsonl", "{\"n\":7}\n{\"n\":8}").await;
    let read = ground.read(Some(&one)).await;
    assert_eq!((read.from_start, read.lines), (true, lines(&["{\"n\":7}", "{\"n\":8}"])));
}

#[tokio::test]
async fn a_last_line_without_its_end_is_not_run_into() {
    let ground = Ground::new().await;
    let pushed = ground.push("towpath/log", "log/000001.jsonl", "{\"n\":1}").await;
    ground.append(&["{\"n\":2}"], Some(&pushed)).await.unwrap();
    assert_eq!(ground.read(None).await.lines, lines(&["{\"n\":1}", "{\"n\":2}"]));
    let since = ground.read(Some(&pushed)).await;
    assert_eq!((since.from_start, since.lines), (false, lines(&["{\"n\":2}"])));
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
    let old = ground.push("towpath/log", "log.jsonl", "{\"n\":1}\n\n{\"n\":2}").await;
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
    let pushed = ground.push("towpath/log", "README.md", "What is this?").await;
    ground.push("towpath/log", "log/notes.md", "{\"n\":0}\n").await;
    let tip = ground.push("towpath/log", "log/1.jsonl", "{\"n\":0}\n").await;
    ground.append(&["{\"n\":1}"], Some(&tip)).await.unwrap();
    assert_eq!(ground.read(None).await.lines, lines(&["{\"n\":1}"]));
    assert!(ground.read(Some(&pushed)).await.from_start, "there was no log");
    assert_eq!(ground.git(&["show", "towpath/log:README.md"]), "What is this?");
}
