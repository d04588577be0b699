//! What proves that the bot wrote a commit of the log.
//!
//! Whoever may push can write any name into a commit, and a local forge keeps no record of who pushed. So each commit of
//! the log carries a keyed hash of its tree and its parents. The key is a file in the repository's folder, beside its refs
//! and not among them: Git transfers it to nobody, and a push cannot reach it.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use gix::ObjectId;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::store::{Store, commit_id, failed, object_id};
use crate::forge::ForgeError;
use crate::model::CommitId;

/// The file with the key, in the repository.
const KEY_FILE: &str = "towpath.key";
/// The same while it is being written.
const NEW_KEY_FILE: &str = "towpath.key.new";
/// How long a key is, in bytes.
const KEY_BYTES: usize = 32;
/// Largest file of a key that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024;
/// Only the user who runs the bot may read the key.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;
/// What the line of a proof begins with, in the message of a commit.
const TRAILER: &str = "Towpath-Proof: ";
/// What is hashed first, so that the same key could serve for something else.
const PURPOSE: &[u8] = b"towpath log commit 1\n";
/// How many commits are looked at for the last one that is proven.
const COMMITS_MAX: usize = 10_000;

/// The key of one repository.
pub(super) struct LogKey {
    secret: Vec<u8>,
    /// The commit up to which the log is believed without a proof: it is from before there was a key.
    accepted: Option<ObjectId>,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    secret: String,
    accepted: Option<CommitId>,
}

/// Whether users who are neither its owner nor in its group may use a file: whoever reads the key can prove commits.
#[cfg(unix)]
fn is_open_to_others(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_file: &std::fs::Metadata) -> bool {
    false
}

impl LogKey {
    /// The key of a repository; `None` if it has none yet.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, ForgeError> {
        let path = store.git.git_dir().join(KEY_FILE);
        let way_out =
            "let only the user who runs Towpath read it; without the file the log is taken over as it is";
        let failed = |why: String| failed(format!("reading {}", path.display()))(format!("{why}; {way_out}"));
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(found) if !found.is_file() => return Err(failed("it is no regular file".to_owned())),
            Ok(found) if is_open_to_others(&found) => {
                return Err(failed("all users of this machine may read or write it".to_owned()));
            }
            Ok(_) | Err(_) => {}
        }
        let mut text = String::new();
        let file = std::fs::File::open(&path).map_err(|error| failed(error.to_string()))?;
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
        let file: KeyFile = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let secret = from_hex(&file.secret).filter(|secret| secret.len() == KEY_BYTES);
        let secret = secret.ok_or_else(|| failed("it holds no key".to_owned()))?;
        Ok(Some(Self { secret, accepted: file.accepted.as_ref().map(object_id) }))
    }

    /// Makes the key of a repository whose turn the caller has. The log that is there is believed up to a commit.
    pub(super) fn make(store: &Store, accepted: Option<ObjectId>) -> Result<Self, ForgeError> {
        let folder = store.git.git_dir();
        let mut secret = vec![0; KEY_BYTES];
        let what = || format!("making {}", folder.join(KEY_FILE).display());
        SystemRandom::new().fill(&mut secret).map_err(failed(what()))?;
        let file = KeyFile { secret: hex(&secret), accepted: accepted.map(commit_id) };
        let text = serde_json::to_string(&file).expect("texts are always JSON");
        write(folder, &text).map_err(failed(what()))?;
        Ok(Self { secret, accepted })
    }

    /// The line that proves a commit with this tree and these parents.
    pub(super) fn trailer(&self, tree: ObjectId, parents: &[ObjectId]) -> String {
        format!("{TRAILER}{}\n", hex(&self.mac(tree, parents).finalize().into_bytes()))
    }

    /// Whether a commit is proven.
    fn proves(&self, store: &Store, commit: ObjectId) -> Result<bool, ForgeError> {
        if self.accepted == Some(commit) {
            return Ok(true);
        }
        let found = store.commit(commit)?;
        let Ok(message) = found.message_raw() else { return Ok(false) };
        let message = message.to_string();
        let proof = message.lines().rev().find_map(|line| line.strip_prefix(TRAILER)).and_then(from_hex);
        let Some(proof) = proof else { return Ok(false) };
        let mac = self.mac(store.tree_of(commit)?, &store.parents(commit)?);
        Ok(mac.verify_slice(&proof).is_ok())
    }

    fn mac(&self, tree: ObjectId, parents: &[ObjectId]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        mac.update(PURPOSE);
        mac.update(tree.as_slice());
        parents.iter().for_each(|parent| mac.update(parent.as_slice()));
        mac
    }
}

/// The last commit of the log that is proven to be the bot's, with the key of the repository. Without a key, which is so
/// before this version of Towpath first runs there, the names in the commits are believed.
pub(super) fn last_proven(
    store: &Store,
    key: Option<&LogKey>,
    tip: ObjectId,
) -> Result<Option<ObjectId>, ForgeError> {
    let mut next = Some(tip);
    for _commit in 0..COMMITS_MAX {
        let Some(commit) = next else { return Ok(None) };
        let is_proven = match key {
            Some(key) => key.proves(store, commit)?,
            None => store.head_of(commit)?.by_bot,
        };
        if is_proven {
            return Ok(Some(commit));
        }
        next = store.first_parent(commit)?;
    }
    Ok(None)
}

/// Writes the file in one step: whoever is killed leaves the old one or the new one.
fn write(folder: &Path, text: &str) -> std::io::Result<()> {
    let (new, path): (PathBuf, PathBuf) = (folder.join(NEW_KEY_FILE), folder.join(KEY_FILE));
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}
