mod deliveries;

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.db");
    (folder, file)
}

fn place(branch: &str) -> ConfigBranch {
    ConfigBranch {
        forge: "acme".parse().unwrap(),
        repository: "acme/deploy".parse().unwrap(),
        branch: branch.parse().unwrap(),
    }
}

fn commit(digit: char) -> CommitId {
    CommitId::new(digit.to_string().repeat(40)).unwrap()
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn shop() -> ImageName {
    "ghcr.io/acme/shop".parse().unwrap()
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

fn some_digest(digit: char) -> Digest {
    Digest::new(format!("sha256:{}", digit.to_string().repeat(64))).unwrap()
}

fn listing(tags: &[Tag], as_of: Time) -> StoredListing {
    StoredListing { tags: tags.to_vec(), validator: None, as_of }
}

fn at(microseconds: i64) -> Time {
    DateTime::from_timestamp_micros(microseconds).unwrap()
}

#[tokio::test]
async fn a_new_ledger_knows_nothing() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    assert_eq!(ledger.log(&place("main")).await.unwrap(), IndexedLog::default());
    assert_eq!(ledger.listing(&shop()).await.unwrap(), None);
    assert_eq!(ledger.digest(&shop(), &tag("1.0.0")).await.unwrap(), None);
}

#[tokio::test]
async fn a_log_grows_line_by_line_and_keeps_its_order() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    // What nobody puts in order shall come in the wrong one.
    sqlx::query("PRAGMA reverse_unordered_selects = ON").execute(&ledger.pool).await.unwrap();
    ledger.index_log(&place("main"), None, &commit('a'), &lines(&["one", "two"])).await.unwrap();
    let mut from = commit('a');
    for number in 0..12 {
        let tip = CommitId::new(format!("{number:040}")).unwrap();
        ledger.index_log(&place("main"), Some(&from), &tip, &[format!("more {number}")]).await.unwrap();
        from = tip;
    }
    let log = ledger.log(&place("main")).await.unwrap();
    let more = (0..12).map(|number| format!("more {number}"));
    assert_eq!(log.lines, lines(&["one", "two"]).into_iter().chain(more).collect::<Vec<_>>());
    assert_eq!(log.tip, Some(CommitId::new(format!("{:040}", 11)).unwrap()));
}

#[tokio::test]
async fn a_line_may_hold_anything() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let odd = lines(&["", "two\nlines", "\u{0}", "quote ' \" \\", "Grüße 🚢", "'); DROP TABLE logs; --"]);
    ledger.index_log(&place("main"), None, &commit('a'), &odd).await.unwrap();
    assert_eq!(ledger.log(&place("main")).await.unwrap().lines, odd);
}

#[tokio::test]
async fn from_start_replaces_the_log_of_this_place_alone() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    for branch in ["main", "next"] {
        ledger.index_log(&place(branch), None, &commit('a'), &lines(&["old", "older"])).await.unwrap();
    }
    ledger.index_log(&place("main"), None, &commit('b'), &lines(&["new"])).await.unwrap();
    let replaced = IndexedLog { tip: Some(commit('b')), lines: lines(&["new"]) };
    let untouched = IndexedLog { tip: Some(commit('a')), lines: lines(&["old", "older"]) };
    assert_eq!(ledger.log(&place("main")).await.unwrap(), replaced);
    assert_eq!(ledger.log(&place("next")).await.unwrap(), untouched);
}

#[tokio::test]
async fn a_log_may_be_emptied() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    ledger.index_log(&place("main"), None, &commit('a'), &lines(&["old"])).await.unwrap();
    ledger.index_log(&place("main"), None, &commit('b'), &[]).await.unwrap();
    let empty = IndexedLog { tip: Some(commit('b')), lines: Vec::new() };
    assert_eq!(ledger.log(&place("main")).await.unwrap(), empty);
}

#[tokio::test]
async fn a_commit_is_brought_in_once_however_many_bring_it() {
    let (_folder, file) = folder();
    let first = SqliteLedger::open(&file).await.unwrap();
    let second = SqliteLedger::open(&file).await.unwrap();
    first.index_log(&place("main"), None, &commit('a'), &lines(&["one"])).await.unwrap();
    for ledger in [&first, &second] {
        ledger.index_log(&place("main"), Some(&commit('a')), &commit('b'), &lines(&["two"])).await.unwrap();
    }
    assert_eq!(first.log(&place("main")).await.unwrap().lines, lines(&["one", "two"]));
}

#[tokio::test]
async fn the_last_listing_replaces_the_one_before() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    ledger.keep_listing(&shop(), &listing(&[tag("1.0.0"), tag("1.1.0")], at(1))).await.unwrap();
    let later = StoredListing {
        validator: Some("\"abc\"".parse().unwrap()),
        ..listing(&[tag("2.0.0")], at(1_795_000_000_123_456))
    };
    ledger.keep_listing(&shop(), &later).await.unwrap();
    assert_eq!(ledger.listing(&shop()).await.unwrap(), Some(later));
    // A validator of an earlier listing must not outlive it.
    ledger.keep_listing(&shop(), &listing(&[], at(3))).await.unwrap();
    assert_eq!(ledger.listing(&shop()).await.unwrap(), Some(listing(&[], at(3))));
}

#[tokio::test]
async fn an_empty_listing_is_not_the_same_as_none() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    ledger.keep_listing(&shop(), &listing(&[], at(1))).await.unwrap();
    assert_eq!(ledger.listing(&shop()).await.unwrap(), Some(listing(&[], at(1))));
}

#[tokio::test]
async fn ten_thousand_tags_are_one_row() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let tags: Vec<Tag> = (0..10_000).map(|number| tag(&format!("1.{number}.0"))).collect();
    ledger.keep_listing(&shop(), &listing(&tags, at(1))).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM listings").fetch_one(&ledger.pool).await.unwrap();
    assert_eq!((rows, ledger.listing(&shop()).await.unwrap()), (1, Some(listing(&tags, at(1)))));
}

#[tokio::test]
async fn a_description_is_kept_for_each_image_and_digest() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let chart = Description::of(crate::model::ArtifactKind::Chart);
    ledger.keep_description(&shop(), &some_digest('a'), &chart).await.unwrap();
    ledger.keep_description(&shop(), &some_digest('a'), &chart).await.unwrap();
    assert_eq!(ledger.description(&shop(), &some_digest('a')).await.unwrap(), Some(chart));
    assert_eq!(ledger.description(&shop(), &some_digest('b')).await.unwrap(), None);
    let other = "ghcr.io/acme/other".parse().unwrap();
    assert_eq!(ledger.description(&other, &some_digest('a')).await.unwrap(), None);
}

#[tokio::test]
async fn the_last_digest_of_each_tag_is_kept() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    ledger.keep_digest(&shop(), &tag("latest"), &some_digest('a'), at(1)).await.unwrap();
    ledger.keep_digest(&shop(), &tag("1.0.0"), &some_digest('a'), at(2)).await.unwrap();
    ledger.keep_digest(&shop(), &tag("latest"), &some_digest('b'), at(3)).await.unwrap();
    assert_eq!(ledger.digest(&shop(), &tag("latest")).await.unwrap(), Some((some_digest('b'), at(3))));
    assert_eq!(ledger.digest(&shop(), &tag("1.0.0")).await.unwrap(), Some((some_digest('a'), at(2))));
}

#[tokio::test]
async fn what_was_kept_is_there_after_opening_again() {
    let (_folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    ledger.index_log(&place("main"), None, &commit('a'), &lines(&["one"])).await.unwrap();
    ledger.keep_digest(&shop(), &tag("1.0.0"), &some_digest('a'), at(1)).await.unwrap();
    drop(ledger);
    let ledger = SqliteLedger::open(&file).await.unwrap();
    assert_eq!(ledger.log(&place("main")).await.unwrap().lines, lines(&["one"]));
    assert_eq!(ledger.digest(&shop(), &tag("1.0.0")).await.unwrap(), Some((some_digest('a'), at(1))));
}

#[tokio::test]
async fn a_copy_taken_as_by_a_sudden_death_holds_every_kept_thing_and_nothing_half() {
    let (folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    ledger.index_log(&place("main"), None, &commit('a'), &lines(&["one"])).await.unwrap();
    let mut unfinished = ledger.pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("DELETE FROM log_parts").execute(&mut *unfinished).await.unwrap();
    // What SIGKILL leaves behind: the files as they are, nobody having closed them.
    let copy = folder.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(name(&file), name(&copy)).unwrap();
    }
    let revived = SqliteLedger::open(&copy).await.unwrap();
    let log = IndexedLog { tip: Some(commit('a')), lines: lines(&["one"]) };
    assert_eq!(revived.log(&place("main")).await.unwrap(), log);
}

#[tokio::test]
async fn many_handles_write_to_one_file_at_once() {
    let (_folder, file) = folder();
    let write = async |branch: String| {
        let ledger = SqliteLedger::open(&file).await?;
        let mut from = None;
        for number in 0..20 {
            let tip = CommitId::new(format!("{number:040}")).unwrap();
            ledger.index_log(&place(&branch), from.as_ref(), &tip, &[format!("{number}")]).await?;
            from = Some(tip);
        }
        Ok::<_, LedgerError>(ledger.log(&place(&branch)).await?.lines.len())
    };
    let written = futures::future::join_all((0..6).map(|number| write(format!("branch-{number}")))).await;
    assert_eq!(written, vec![Ok(20); 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_create_the_same_file_at_the_same_instant() {
    for _ in 0..5 {
        let (_folder, file) = folder();
        let open = async |file: PathBuf| SqliteLedger::open(&file).await.map(drop);
        let opened = futures::future::join_all((0..8).map(|_| tokio::spawn(open(file.clone())))).await;
        let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
        assert_eq!(opened, vec![Ok(()); 8]);
    }
}

#[tokio::test]
async fn a_file_deleted_under_a_running_process_begins_anew() {
    let (_folder, file) = folder();
    let old = SqliteLedger::open(&file).await.unwrap();
    old.index_log(&place("main"), None, &commit('a'), &lines(&["one"])).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let new = SqliteLedger::open(&file).await.unwrap();
    assert_eq!(new.log(&place("main")).await.unwrap(), IndexedLog::default());
}

async fn refusal_of(file: &Path) -> String {
    let error = SqliteLedger::open(file).await.unwrap_err();
    error.to_string().replace(&file.parent().unwrap().display().to_string(), "/here")
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_the_way_out() {
    let (_folder, file) = folder();
    std::fs::write(&file, "version: 1\n".repeat(500)).unwrap();
    insta::assert_snapshot!(refusal_of(&file).await, @"the ledger `/here/towpath.db` failed: file is not a database; if it stays so, delete it: it is rebuilt from Git and the forge");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "version: 1\n".repeat(500));
}

#[tokio::test]
async fn a_broken_ledger_is_refused_with_the_way_out() {
    let (_folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    ledger.pool.close().await;
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..4096].fill(0xff);
    std::fs::write(&file, bytes).unwrap();
    insta::assert_snapshot!(refusal_of(&file).await, @"the ledger `/here/towpath.db` failed: database disk image is malformed; if it stays so, delete it: it is rebuilt from Git and the forge");
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let (_folder, file) = folder();
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let foreign = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE invoices (number BIGINT)").execute(&foreign).await.unwrap();
    let before = std::fs::read(&file).unwrap();
    insta::assert_snapshot!(refusal_of(&file).await, @"the ledger `/here/towpath.db` failed: it is another program's database; name another file under `ledger`");
    assert!(std::fs::read(&file).unwrap() == before);
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_refused_with_the_way_out() {
    let (_folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'later', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&ledger.pool).await.unwrap();
    insta::assert_snapshot!(refusal_of(&file).await, @"the ledger `/here/towpath.db` failed: a newer version of Towpath wrote it; if it stays so, delete it: it is rebuilt from Git and the forge");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let (folder, _) = folder();
    let file = folder.path().join("missing").join("towpath.db");
    let error = SqliteLedger::open(&file).await.unwrap_err();
    assert!(error.to_string().ends_with("failed: its folder does not exist; create it"), "{error}");
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_an_error_and_not_a_lie() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    ledger.keep_digest(&shop(), &tag("1.0.0"), &some_digest('a'), at(1)).await.unwrap();
    sqlx::query("UPDATE digests SET digest = 'md5:1'").execute(&ledger.pool).await.unwrap();
    let error = ledger.digest(&shop(), &tag("1.0.0")).await.unwrap_err();
    insta::assert_snapshot!(error, @"the ledger `memory` failed: `md5:1` is not a digest; write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128; if it stays so, delete it: it is rebuilt from Git and the forge");
}

#[tokio::test]
async fn the_tables_hold_only_types_that_every_dialect_has() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let columns = "SELECT DISTINCT columns.type FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns \
                   WHERE tables.type = 'table' AND tables.name <> '_sqlx_migrations' ORDER BY columns.type";
    let types: Vec<String> = sqlx::query_scalar(columns).fetch_all(&ledger.pool).await.unwrap();
    assert_eq!(types, ["BIGINT", "TEXT"]);
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).unwrap().mode() & 0o777
}

#[tokio::test]
async fn its_files_are_for_their_owner_alone() {
    let (folder, file) = folder();
    // A ledger of an earlier version, which everybody could read and write.
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    ledger.keep_listing(&shop(), &listing(&[tag("1.0.0")], at(1))).await.unwrap();
    let files: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 1, "SQLite has files of its own beside it: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_link_at_its_path_is_not_followed() {
    let (folder, file) = folder();
    let victim = folder.path().join("victim");
    for exists in [false, true] {
        if exists {
            std::fs::write(&victim, "kept").unwrap();
        } else {
            std::os::unix::fs::symlink(&victim, &file).unwrap();
        }
        let error = SqliteLedger::open(&file).await.unwrap_err().to_string();
        assert!(error.contains("it is a symbolic link") && error.contains("`ledger`"), "{error}");
        assert_eq!(
            std::fs::read(&victim).ok(),
            exists.then(|| b"kept".to_vec()),
            "nothing is written through it"
        );
    }
}

#[tokio::test]
async fn a_pipe_at_its_path_does_not_block() {
    let (_folder, file) = folder();
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let error = SqliteLedger::open(&file).await.unwrap_err().to_string();
    assert!(error.contains("it is not a regular file"), "{error}");
}
