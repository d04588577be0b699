//! The log: what it costs to read and to write, however large it is, and what people make of it.

use insta::assert_snapshot;
use towpath::forge::{Forge as _, LOG_BRANCH, LogPart};
use towpath::model::{BranchName, RepositoryPath};

use super::costs::readable;
use super::*;
use crate::support::fixture::Files;
use crate::support::rules::BOT;

/// As large as a file of the log becomes.
const FILE_BYTES: usize = 256 << 10;

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A line that is somewhat longer than most.
fn line(n: usize) -> String {
    format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(4_000))
}

/// So many lines.
fn many(from: usize, to: usize) -> Vec<String> {
    (from..to).map(line).collect()
}

impl Ground {
    async fn append(&self, lines: &[String], expected: Option<&CommitId>) -> CommitId {
        self.forge.append_log(&place(), lines, expected).await.expect("the fake GitHub answers")
    }

    async fn log_after(&self, known: Option<&CommitId>) -> LogPart {
        self.forge.read_log(&place(), known).await.expect("the fake GitHub answers")
    }

    /// Another Towpath makes the log what these files say.
    fn push_log(&self, files: &[(&str, &str)]) -> CommitId {
        self.push_log_as(BOT, files)
    }

    /// Somebody makes the log what these files say.
    fn push_log_as(&self, who: &str, files: &[(&str, &str)]) -> CommitId {
        let files: Files =
            files.iter().map(|(path, text)| (name(path), text.as_bytes().to_vec().into())).collect();
        self.world.push_files(&log_branch(), who, files)
    }

    /// Mallory pushes a line to the log, under this name.
    fn forge_line(&self, line: &str, author: &str) -> CommitId {
        self.world.edit(&log_branch(), author, "log/000001.jsonl", |text| format!("{text}{line}\n"));
        let mut state = self.world.state();
        let tip = state.git.tip(&log_branch()).expect("there is a log").clone();
        state.github.pushed_by.insert(tip.clone(), "mallory");
        tip
    }

    /// A log of so many full files, which somebody else wrote.
    fn push_large_log(&self, files: usize) -> (CommitId, Vec<String>) {
        let all = many(0, files * 60);
        let files: Files = (1..)
            .zip(all.chunks(60))
            .map(|(number, lines)| {
                let path: RepositoryPath = name(&format!("log/{number:06}.jsonl"));
                (path, Arc::from((lines.join("\n") + "\n").into_bytes()))
            })
            .collect();
        (self.world.push_files(&log_branch(), BOT, files), all)
    }

    fn paid(&self) -> String {
        readable(&self.counted().0)
    }
}

fn log_branch() -> BranchName {
    name(LOG_BRANCH)
}

#[tokio::test]
async fn an_append_takes_three_writes_and_to_read_it_costs_nothing() {
    let ground = Ground::new().await;
    let one = ground.append(&lines(&["{\"n\":1}", "{\"n\":2}"]), None).await;
    assert_snapshot!(ground.paid(), @"
    POST /git/trees
    POST /git/commits
    POST /git/refs
    ");
    ground.start_counting();
    let two = ground.append(&lines(&["{\"n\":3}"]), Some(&one)).await;
    assert_snapshot!(ground.paid(), @"
    POST /git/trees
    POST /git/commits
    PATCH /git/refs/heads/towpath/log
    ");
    ground.forge.changes(&place()).await.expect("the fake GitHub answers");
    ground.start_counting();
    let part = ground.log_after(Some(&one)).await;
    let lines = lines(&["{\"n\":3}"]);
    assert_eq!(part, LogPart { tip: Some(two.clone()), proven: Some(two), from_start: false, lines });
    assert_eq!(ground.paid(), "");
}

#[tokio::test]
async fn an_append_to_a_large_log_sends_one_file() {
    let ground = Ground::new().await;
    let (tip, all) = ground.push_large_log(20);
    ground.log_after(None).await;
    let mut tip = tip;
    for n in all.len()..all.len() + 10 {
        ground.start_counting();
        let before = ground.world.state().github.bytes_received;
        tip = ground.append(&[line(n)], Some(&tip)).await;
        let sent = ground.world.state().github.bytes_received - before;
        assert!(sent < FILE_BYTES + FILE_BYTES / 8, "{sent} bytes for a line");
        assert_eq!(ground.paid().matches("POST").count(), 2);
        assert_eq!(ground.paid().lines().count(), 3, "{}", ground.paid());
    }
    assert!(ground.world.state().log() == many(0, all.len() + 10));
}

#[tokio::test]
async fn a_large_log_is_read_in_two_requests_and_later_what_is_new() {
    let ground = Ground::new().await;
    let (tip, all) = ground.push_large_log(40);
    ground.look().await;
    ground.start_counting();
    let part = ground.anew().read_log(&place(), None).await.unwrap();
    assert!(part.from_start && part.lines == all);
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /user
    GET /git/trees/COMMIT?recursive=1
    GET /tarball/COMMIT
    ");
    // Another replica goes on.
    let other = ground.anew();
    let new = other.append_log(&place(), &many(2_400, 2_410), Some(&tip)).await.unwrap();
    ground.start_counting();
    let part = ground.log_after(Some(&tip)).await;
    assert!(!part.from_start && part.lines == many(2_400, 2_410));
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /git/trees/COMMIT?recursive=1
    POST /graphql
    ");
    ground.start_counting();
    // The ledger knows where it was, and this process knows nothing.
    let part = ground.anew().read_log(&place(), Some(&tip)).await.unwrap();
    assert_eq!((part.tip, part.from_start, part.lines.len()), (Some(new), false, 10));
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /user
    GET /git/trees/COMMIT?recursive=1
    GET /git/trees/COMMIT?recursive=1
    POST /graphql
    ");
}

#[tokio::test]
async fn a_log_of_a_few_files_comes_in_one_document() {
    let ground = Ground::new().await;
    let (_, all) = ground.push_large_log(3);
    ground.start_counting();
    assert!(ground.log_after(None).await.lines == all);
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /user
    GET /git/trees/COMMIT?recursive=1
    POST /graphql
    ");
}

#[tokio::test]
async fn without_archive_and_documents_each_file_comes_by_itself() {
    let ground = Ground::new().await;
    let (_, all) = ground.push_large_log(12);
    ground.refuse("GET /repos/acme/deploy/tarball", 404, "Not Found");
    ground.refuse("POST /graphql", 502, "Bad Gateway");
    ground.start_counting();
    assert!(ground.log_after(None).await.lines == all);
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /user
    GET /git/trees/COMMIT?recursive=1
    GET /tarball/COMMIT
    POST /graphql
    POST /graphql
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    GET /git/blobs/COMMIT
    ");
}

#[tokio::test]
async fn who_is_to_wait_reads_nothing_one_by_one() {
    let ground = Ground::new().await;
    ground.push_large_log(3);
    let limited = r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 1."}]}"#;
    ground.refuse("POST /graphql", 200, limited);
    ground.start_counting();
    let refused = ground.forge.read_log(&place(), None).await.unwrap_err();
    assert_snapshot!(refused, @"the forge asks to wait 60 s");
    assert!(!ground.paid().contains("/git/blobs"), "{}", ground.paid());
}

#[tokio::test]
async fn very_many_records_at_once_are_one_commit() {
    let ground = Ground::new().await;
    let one = ground.append(&many(0, 10), None).await;
    ground.start_counting();
    let two = ground.append(&many(10, 500), Some(&one)).await;
    assert_snapshot!(ground.paid(), @"
    POST /git/trees
    POST /git/trees
    POST /git/trees
    POST /git/trees
    POST /git/commits
    PATCH /git/refs/heads/towpath/log
    ");
    assert!(ground.world.state().log() == many(0, 500));
    assert_eq!(ground.world.state().git.get(&two).parents, std::slice::from_ref(&one));
    let part = ground.log_after(Some(&one)).await;
    assert!(!part.from_start && part.lines == many(10, 500));
}

#[tokio::test]
async fn the_one_file_of_an_older_towpath_is_read_and_gone_on_from() {
    let ground = Ground::new().await;
    let old = ground.push_log(&[("log.jsonl", "{\"n\":1}\n\n{\"n\":2}"), ("README.md", "What is this?")]);
    assert_eq!(ground.log_after(None).await.lines, lines(&["{\"n\":1}", "{\"n\":2}"]));
    let new = ground.append(&lines(&["{\"n\":3}"]), Some(&old)).await;
    for forge in [ground.forge.clone(), ground.anew()] {
        let since = forge.read_log(&place(), Some(&old)).await.unwrap();
        assert_eq!(
            since,
            LogPart {
                tip: Some(new.clone()),
                proven: Some(new.clone()),
                from_start: false,
                lines: lines(&["{\"n\":3}"])
            }
        );
        let whole = forge.read_log(&place(), None).await.unwrap().lines;
        assert_eq!(whole, lines(&["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]));
    }
    let state = ground.world.state();
    let paths: Vec<&str> = state.git.get(&new).files.keys().map(|path| path.as_str()).collect();
    assert_eq!(paths, ["README.md", "log.jsonl", "log/000001.jsonl"]);
}

#[tokio::test]
async fn a_large_log_of_an_older_towpath_is_gone_on_from() {
    let ground = Ground::new().await;
    let all = many(0, 1_000);
    let old = ground.push_log(&[("log.jsonl", &(all.join("\n") + "\n"))]);
    ground.start_counting();
    assert!(ground.log_after(None).await.lines == all);
    let before = ground.world.state().github.bytes_received;
    ground.append(&many(1_000, 1_001), Some(&old)).await;
    assert!(ground.world.state().github.bytes_received - before < FILE_BYTES);
    assert_snapshot!(ground.paid(), @"
    GET /git/ref/heads/towpath/log
    GET /activity?ref=refs%2Fheads%2Ftowpath%2Flog&per_page=100
    GET /user
    GET /git/trees/COMMIT?recursive=1
    GET /git/blobs/COMMIT
    POST /git/trees
    POST /git/commits
    PATCH /git/refs/heads/towpath/log
    ");
    assert!(ground.anew().read_log(&place(), None).await.unwrap().lines == many(0, 1_001));
}

#[tokio::test]
async fn a_log_that_another_towpath_began_anew_is_read_from_the_start() {
    let ground = Ground::new().await;
    let one = ground.append(&lines(&["{\"n\":1}"]), None).await;
    ground.push_log(&[("log/000001.jsonl", "{\"n\":7}\n{\"n\":8}")]);
    for forge in [ground.forge.clone(), ground.anew()] {
        let part = forge.read_log(&place(), Some(&one)).await.unwrap();
        assert_eq!((part.from_start, part.lines), (true, lines(&["{\"n\":7}", "{\"n\":8}"])));
    }
}

#[tokio::test]
async fn a_known_commit_without_a_log_or_nowhere_says_nothing() {
    let ground = Ground::new().await;
    ground.append(&lines(&["{\"n\":1}"]), None).await;
    let base = ground.world.state().base_tip().clone();
    let nowhere = CommitId::new("1".repeat(40)).expect("forty digits");
    for known in [base, nowhere] {
        let part = ground.log_after(Some(&known)).await;
        assert_eq!((part.from_start, part.lines.len()), (true, 1));
    }
}

#[tokio::test]
async fn a_log_whose_tip_does_not_show_is_not_taken_for_empty() {
    let ground = Ground::new().await;
    let one = ground.append(&lines(&["{\"n\":1}"]), None).await;
    ground.refuse("GET /repos/acme/deploy/git/trees", 404, "Not Found");
    let refused = ground.anew().read_log(&place(), None).await.unwrap_err().to_string();
    assert_snapshot!(refused.replace(one.as_str(), "COMMIT"), @"reading the log in `acme/deploy` failed: GitHub does not show its tip COMMIT");
    let other = ground.anew();
    ground.refuse("GET /repos/acme/deploy/git/trees", 404, "Not Found");
    let refused = other.append_log(&place(), &lines(&["{}"]), Some(&one)).await.unwrap_err();
    assert_snapshot!(refused, @"the log in `acme/deploy` changed in the meantime; nothing was written");
}

#[tokio::test]
async fn a_last_line_without_its_end_is_not_run_into() {
    let ground = Ground::new().await;
    let pushed = ground.push_log(&[("log/000001.jsonl", "{\"n\":1}")]);
    ground.append(&lines(&["{\"n\":2}"]), Some(&pushed)).await;
    assert_eq!(
        ground.anew().read_log(&place(), None).await.unwrap().lines,
        lines(&["{\"n\":1}", "{\"n\":2}"])
    );
    let since = ground.log_after(Some(&pushed)).await;
    assert_eq!((since.from_start, since.lines), (false, lines(&["{\"n\":2}"])));
}

#[tokio::test]
async fn where_files_are_listed_otherwise_than_git_has_them_the_log_is_written_all_the_same() {
    let ground = Ground::new().await;
    let pushed = ground.push_log(&[("log/000001.jsonl", "{\"n\":1}\n"), ("README.md", "What is this?")]);
    ground.world.state().github.lists_old_modes = true;
    let new = ground.append(&lines(&["{\"n\":2}"]), Some(&pushed)).await;
    let state = ground.world.state();
    assert_eq!(state.log(), lines(&["{\"n\":1}", "{\"n\":2}"]));
    assert_eq!(state.git.get(&new).files.len(), 2);
}

#[tokio::test]
async fn a_log_without_an_end_is_not_read() {
    let ground = Ground::new().await;
    ground.push_large_log(9);
    ground.world.state().github.archives.claimed_bytes = Some(8 << 20);
    ground.start_counting();
    let refused = ground.forge.read_log(&place(), None).await.unwrap_err();
    assert_snapshot!(refused, @"reading the log in `acme/deploy` failed: the log comes to 75497472 bytes, more than 67108864; keep a copy of the branch `towpath/log` and delete its oldest files there, as the bot: what only they say, such as that something is locked or in quarantine, is forgotten then");
    ground.world.state().github.archives.claimed_bytes = Some(45 << 20);
    ground.push_log(&[("log.jsonl", "{}\n")]);
    let refused = ground.forge.read_log(&place(), None).await.unwrap_err();
    assert_snapshot!(refused, @"reading the log in `acme/deploy` failed: `log.jsonl` is larger than 46137344 bytes, which GitHub does not give in one response; split it between lines into `log/000001.jsonl` and so on");
    assert!(!ground.paid().contains("blobs"));
}

#[tokio::test]
async fn what_others_push_to_the_log_does_not_count_whatever_names_stand_in_it() {
    for author in [BOT, "mallory"] {
        let ground = Ground::new().await;
        let one = ground.append(&lines(&["{\"n\":1}"]), None).await;
        let forged = ground.forge_line("{\"n\":666}", author);
        for (forge, known) in
            [(ground.forge.clone(), Some(&one)), (ground.anew(), None), (ground.anew(), Some(&one))]
        {
            let part = forge.read_log(&place(), known).await.unwrap();
            assert_eq!((part.tip.as_ref(), part.proven.as_ref()), (Some(&forged), Some(&one)));
            assert!(!part.lines.contains(&"{\"n\":666}".to_owned()), "{part:?}");
        }
        let two = ground.append(&lines(&["{\"n\":2}"]), Some(&forged)).await;
        assert_eq!(ground.world.state().log(), lines(&["{\"n\":1}", "{\"n\":2}"]));
        assert!(
            ground
                .world
                .state()
                .git
                .get(&two)
                .message
                .contains(&format!("Leaves out what came up to {forged}"))
        );
        let part = ground.anew().read_log(&place(), Some(&one)).await.unwrap();
        assert_eq!((part.from_start, part.proven, part.lines), (false, Some(two), lines(&["{\"n\":2}"])));
    }
}

#[tokio::test]
async fn who_pushed_a_tip_is_asked_once_and_of_one_s_own_never() {
    let ground = Ground::new().await;
    ground.append(&lines(&["{\"n\":1}"]), None).await;
    ground.start_counting();
    ground.log_after(None).await;
    assert!(!ground.paid().contains("activity"), "{}", ground.paid());
    ground.forge_line("{\"n\":666}", BOT);
    let forge = ground.anew();
    for asked in [1, 1] {
        forge.read_log(&place(), None).await.unwrap();
        assert_eq!(ground.paid().matches("activity").count(), asked);
    }
}

#[tokio::test]
async fn a_tip_that_github_does_not_list_yet_is_waited_for_and_then_does_not_count() {
    let ground = Ground::new().await;
    let one = ground.append(&lines(&["{\"n\":1}"]), None).await;
    let forged = ground.forge_line("{\"n\":666}", BOT);
    ground.world.state().github.unlisted.insert(forged.clone());
    let forge = ground.anew();
    let waits = forge.read_log(&place(), None).await.unwrap_err().to_string();
    assert_snapshot!(waits.replace(forged.short(), "COMMIT"), @"reading the log in `acme/deploy` has to wait: GitHub does not list yet who pushed its tip COMMIT");
    ground.world.state().now += chrono::TimeDelta::seconds(61);
    assert_eq!(forge.read_log(&place(), None).await.unwrap().proven, Some(one));
}

#[tokio::test]
async fn a_log_of_which_github_lists_nothing_is_believed_its_names_after_a_minute() {
    let ground = Ground::new().await;
    let old = ground.push_log(&[("log.jsonl", "{\"n\":1}\n")]);
    ground.world.state().github.unlisted.insert(old.clone());
    let forge = ground.anew();
    assert!(matches!(forge.read_log(&place(), None).await, Err(ForgeError::NotYet { .. })));
    ground.world.state().now += chrono::TimeDelta::seconds(61);
    assert_eq!(forge.read_log(&place(), None).await.unwrap().proven, Some(old));
}

#[tokio::test]
async fn a_log_that_somebody_replaced_counts_nothing() {
    let ground = Ground::new().await;
    let one = ground.append(&lines(&["{\"n\":1}"]), None).await;
    let forged = ground.push_log_as("mallory", &[("log/000001.jsonl", "{\"n\":666}\n")]);
    let is_grown = ground.world.state().git.get(&forged).parents.contains(&one);
    let part = ground.anew().read_log(&place(), None).await.unwrap();
    assert_eq!(part.proven, is_grown.then_some(one));
    assert!(!part.lines.contains(&"{\"n\":666}".to_owned()), "{part:?}");
}
