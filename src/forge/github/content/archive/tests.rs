//! Archives as they should be, and as they should not.

use std::collections::BTreeSet;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn file(archive: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, path, content).unwrap();
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn named(contents: &[&[u8]]) -> BTreeSet<BlobId> {
    contents.iter().map(|content| blob_id(content).unwrap()).collect()
}

#[test]
fn a_blob_has_the_name_that_git_gives_it() {
    // As `git hash-object` says.
    assert_eq!(blob_id(b"").unwrap().to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
    assert_eq!(blob_id(b"hello\n").unwrap().to_string(), "ce013625030ba8dba906f756967f9e9ca394464a");
}

#[test]
fn what_is_wanted_is_taken_wherever_it_is_and_nothing_else() {
    let mut archive = tar::Builder::new(Vec::new());
    file(&mut archive, "acme-deploy-0123456/a", b"one");
    file(&mut archive, "a/very/long/path/".repeat(20).as_str(), b"");
    file(&mut archive, "b", b"two");
    file(&mut archive, "c", b"three");
    let found = contents(&packed(&archive.into_inner().unwrap()), &named(&[b"one", b"three", b"four"]));
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), named(&[b"one", b"three"]));
}

#[test]
fn a_link_is_not_taken_for_what_it_leads_to() {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    archive.append_link(&mut header, "link", "/etc/passwd").unwrap();
    file(&mut archive, "a", b"one");
    let found = contents(&packed(&archive.into_inner().unwrap()), &named(&[b"", b"one"]));
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), named(&[b"one"]));
}

#[test]
fn what_came_before_an_early_end_counts() {
    let mut archive = tar::Builder::new(Vec::new());
    file(&mut archive, "a", b"one");
    file(&mut archive, "b", b"two");
    let bytes = archive.into_inner().unwrap();
    let found = contents(&packed(bytes.get(..1030).unwrap()), &named(&[b"one", b"two"]));
    assert_eq!(found.keys().copied().collect::<BTreeSet<_>>(), named(&[b"one"]));
}

#[test]
fn a_bomb_is_not_unpacked_to_its_end() {
    let mut header = tar::Header::new_gnu();
    header.set_path("bomb").unwrap();
    header.set_size(u64::MAX / 2);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(1 << 20, 0);
    assert!(contents(&packed(&bytes), &named(&[b""])).is_empty());
    // The size is a lie, and so is the name of a file as long as all memory.
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(1 << 20, 0);
    assert!(contents(&packed(&bytes), &named(&[b""])).is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(contents(&bytes, &named(&[b"one"])).is_empty());
        prop_assert!(contents(&packed(&bytes), &named(&[b"one"])).is_empty());
    }
}
