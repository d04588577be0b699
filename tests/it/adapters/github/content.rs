//! Files of commits: with few requests, and byte for byte whatever GitHub makes of them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::model::BlobId;

use super::costs::readable;
use super::*;

impl Ground {
    /// All blobs of the head, in no order of the tree.
    async fn blobs(&self) -> Vec<BlobId> {
        let head = self.forge.head(&place()).await.expect("the fake GitHub answers");
        let entries = self.forge.entries(&place(), &head).await.expect("the fake GitHub answers");
        let blobs: BTreeSet<BlobId> = entries.values().map(|entry| entry.blob).collect();
        blobs.into_iter().rev().collect()
    }

    /// Reads blobs, and gives the requests that it took.
    async fn read(&self, blobs: &[BlobId]) -> String {
        self.start_counting();
        let contents = self.forge.blobs(&place(), blobs).await.expect("the fake GitHub answers");
        for (blob, content) in blobs.iter().zip(&contents) {
            assert_eq!(self.world.state().git.blob(blob).as_ref(), Some(content));
        }
        assert_eq!(contents.len(), blobs.len());
        readable(&self.counted().0)
    }

    /// A repository whose files are no text, one by one.
    async fn of_odd_files(count: usize) -> Self {
        let mut files = fixture::service("shop", &["shop"], &["dev"], "1.9.0");
        files.extend((0..count).map(|n| (name(&format!("odd/{n}")), format!("{n}").into_bytes().into())));
        files.insert(name("odd/binary"), vec![0xff, 0x00, 0xfe].into());
        files.insert(name("odd/empty"), Vec::new().into());
        Self::of(files).await
    }

    /// Somebody changes so many of the odd files; gives the blobs that the next look finds new.
    async fn change(&self, count: usize) -> Vec<BlobId> {
        let known: BTreeSet<BlobId> = self.blobs().await.into_iter().collect();
        for n in 0..count {
            self.world.edit(&place().branch, "alice", &format!("odd/{n}"), |old| format!("{old}, and more"));
        }
        self.look().await;
        self.blobs().await.into_iter().filter(|blob| !known.contains(blob)).collect()
    }
}

#[tokio::test]
async fn the_first_files_come_in_an_archive_and_with_them_those_that_they_lead_to() {
    let ground = Ground::of_odd_files(200).await;
    let blobs = ground.blobs().await;
    let (first, rest) = blobs.split_at(2);
    assert_snapshot!(ground.read(first).await, @"GET /tarball/COMMIT");
    assert_snapshot!(ground.read(rest).await, @"");
    assert_eq!(ground.world.state().github.archives.fetched, 1);
}

#[tokio::test]
async fn a_host_of_archives_that_wants_to_be_left_alone_stops_nothing_else() {
    for status in [401, 403, 429] {
        let ground = Ground::of_odd_files(30).await;
        let blobs = ground.blobs().await;
        ground.world.state().github.archives.refusal = Some(status);
        let requests = ground.read(&blobs).await;
        assert!(requests.starts_with("GET /tarball/COMMIT\nPOST /graphql"), "{status}: {requests}");
        ground.look().await;
        assert_eq!(ground.forge.blobs(&place(), &blobs).await.unwrap().len(), blobs.len());
    }
}

#[tokio::test]
async fn later_only_what_changed_is_read() {
    let ground = Ground::of_odd_files(200).await;
    ground.read(&ground.blobs().await).await;
    let one = ground.change(1).await;
    assert_snapshot!(ground.read(&one).await, @"GET /git/blobs/COMMIT");
    let some = ground.change(30).await;
    assert_eq!(some.len(), 30);
    assert_snapshot!(ground.read(&some).await, @"POST /graphql");
    let most = ground.change(150).await;
    assert_eq!(most.len(), 150);
    assert_snapshot!(ground.read(&most).await, @"GET /tarball/COMMIT");
}

#[tokio::test]
async fn what_an_archive_leaves_out_or_alters_is_read_as_it_is() {
    let ground = Ground::of_odd_files(8).await;
    ground.world.state().github.archives.have_attributes = true;
    assert_snapshot!(ground.read(&ground.blobs().await).await, @"
    GET /tarball/COMMIT
    POST /graphql
    GET /git/blobs/COMMIT
    ");
}

#[tokio::test]
async fn a_repository_that_is_too_large_for_an_archive_is_read_in_documents() {
    let ground = Ground::of_odd_files(120).await;
    ground.world.state().github.archives.claimed_bytes = Some(1 << 20);
    assert_snapshot!(ground.read(&ground.blobs().await).await, @"
    POST /graphql
    POST /graphql
    GET /git/blobs/COMMIT
    ");
    assert_eq!(ground.world.state().github.archives.fetched, 0);
}

#[tokio::test]
async fn where_there_is_no_archive_and_no_document_each_file_comes_by_itself() {
    let ground = Ground::of_odd_files(2).await;
    let blobs = ground.blobs().await;
    ground.refuse("GET /repos/acme/deploy/tarball", 404, "Not Found");
    ground.refuse("POST /graphql", 502, "Bad Gateway");
    let read = ground.read(&blobs).await;
    assert_eq!(read.matches("GET /git/blobs/COMMIT").count(), blobs.len(), "{read}");
    assert_eq!(read.lines().count(), blobs.len() + 2);
    // There is no archive, and it is not asked for again.
    let ground_again = ground.read(&blobs).await;
    assert_snapshot!(ground_again, @"
    POST /graphql
    GET /git/blobs/COMMIT
    ");
}

#[tokio::test]
async fn an_archive_that_does_not_come_is_asked_for_again_after_an_hour() {
    let ground = Ground::of_odd_files(150).await;
    let blobs = ground.blobs().await;
    ground.refuse("GET /repos/acme/deploy/tarball", 502, "Bad Gateway");
    let (some, _) = blobs.split_at(40);
    assert_snapshot!(ground.read(some).await, @"
    GET /tarball/COMMIT
    POST /graphql
    ");
    assert_snapshot!(ground.read(some).await, @"POST /graphql");
    ground.world.state().now += TimeDelta::hours(1);
    assert_snapshot!(ground.read(&blobs).await, @"GET /tarball/COMMIT");
}

#[tokio::test]
async fn a_limit_of_documents_does_not_become_a_flood_of_single_reads() {
    let ground = Ground::of_odd_files(150).await;
    ground.world.state().github.archives.claimed_bytes = Some(1 << 20);
    let blobs = ground.blobs().await;
    ground.start_counting();
    let limited = r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 1."}]}"#;
    ground.refuse("POST /graphql", 200, limited);
    let refused = ground.forge.blobs(&place(), &blobs).await.unwrap_err();
    assert_snapshot!(refused, @"the forge asks to wait 60 s");
    assert_snapshot!(readable(&ground.counted().0), @"POST /graphql");
}

#[tokio::test]
async fn a_tree_that_is_cut_off_is_read_folder_by_folder() {
    let ground = Ground::new().await;
    let head = ground.forge.head(&place()).await.unwrap();
    let whole = ground.forge.entries(&place(), &head).await.unwrap();
    let other = client(&ground.world, ground.address, Credentials::token(&secret(TOKEN)));
    ground.world.state().github.tree_entries_max = Some(1);
    assert_eq!(other.entries(&place(), &head).await.unwrap(), whole);
    assert!(whole.len() > 3);
}

#[tokio::test]
async fn where_files_are_listed_otherwise_than_git_has_them_a_change_is_renewed_all_the_same() {
    let mut files = fixture::service("shop", &["shop"], &["dev"], "1.9.0");
    files.insert(name("README.md"), b"read me".to_vec().into());
    let ground = Ground::of(files).await;
    ground.world.state().github.lists_old_modes = true;
    let change = ground.open().await;
    let newer = ground.proposal("dev", "1.11.0").await;
    ground.start_counting();
    assert_eq!(ground.propose(&newer).await.unwrap(), change);
    assert_eq!(readable(&ground.counted().0).matches("POST /git/trees").count(), 2);
    let state = ground.world.state();
    let written = &state.git.get(state.git.tip(&newer.branch).expect("it was just written")).files;
    assert_eq!(
        written.get(&newer.files[0].0).map(|content| content.to_vec()),
        Some(newer.files[0].1.clone())
    );
    assert!(written.contains_key(&name("README.md")));
}

#[tokio::test]
async fn a_base_that_github_does_not_know_is_told_as_it_is() {
    let ground = Ground::new().await;
    ground.open().await;
    let newer = ground.proposal("dev", "1.11.0").await;
    ground.refuse("POST /repos/acme/deploy/git/trees", 422, "base_tree is not a valid tree oid");
    let refused = ground.propose(&newer).await.unwrap_err();
    assert_snapshot!(refused, @"writing a commit in `acme/deploy` is not allowed: GitHub answered 422, base_tree is not a valid tree oid");
}

#[tokio::test]
async fn another_repository_that_a_head_adds_is_shown_by_its_commit() {
    let ground = Ground::new().await;
    let mut proposal = ground.proposal("dev", "1.10.0").await;
    proposal.files.push((name("vendor"), b"elsewhere".to_vec()));
    ground.propose(&proposal).await.unwrap();
    let vendor = ground.world.state().git.blob_id(&b"elsewhere".to_vec().into());
    ground.world.state().github.submodules.insert(vendor);
    let tip = ground.world.state().git.tip(&proposal.branch).cloned();
    let files = ground.anew().changed_files(&place(), &tip.expect("it was just written")).await.unwrap();
    let added = files.iter().find(|file| file.path == name("vendor")).expect("it is shown");
    assert_eq!((&added.old, &added.new), (&None, &Some(vendor.to_string().into_bytes())));
    assert_eq!(files.len(), 2);
}

#[tokio::test]
async fn a_head_with_more_files_than_a_comparison_lists_hides_none() {
    let ground = Ground::new().await;
    let mut proposal = ground.proposal("dev", "1.10.0").await;
    proposal.files.extend((0..310).map(|n| (name(&format!("more/{n}.yaml")), b"a: 1\n".to_vec())));
    ground.propose(&proposal).await.unwrap();
    let tip = ground.world.state().git.tip(&proposal.branch).cloned();
    let head = tip.expect("it was just written");
    let files = ground.forge.changed_files(&place(), &head).await.unwrap();
    assert_eq!(files.len(), 311);
}

#[tokio::test]
async fn a_head_says_the_same_before_and_after_its_merge() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let head = ground.merge_of(change).head;
    let before = ground.forge.changed_files(&place(), &head).await.unwrap();
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
    ground.look().await;
    assert_eq!(ground.forge.changed_files(&place(), &head).await.unwrap(), before);
    assert_eq!(before.len(), 1);
}
