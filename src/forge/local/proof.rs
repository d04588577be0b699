//! What proves that the bot wrote a commit of the log.
//!
//! Whoever may push can write any name into a commit, and a local forge keeps no record of who pushed. So each commit of
//! the log carries a keyed hash of its tree and its parents. The key is a file in the repository's folder, beside its refs
//! and not among them: Git transfers it to nobody, and a push cannot reach it.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use gix::ObjectId;
use hmac::{Hmac, Mac as _};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::failure::failed;
use super::store::{Store, commit_id, object_id};
use crate::forge::{ForgeError, LOG_BRANCH};
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
    /// The commit up to which a person accepted the log, because an earlier key was lost or there was none yet.
    accepted: Option<ObjectId>,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    secret: String,
    accepted: Option<CommitId>,
}

/// Whether users who are neither its owner nor in its group may use a file: whoever reads the key can prove commits.
fn is_open_to_others(file: &Metadata) -> bool {
    file.mode() & 0o007 != 0
}

impl LogKey {
    /// The key of a repository; `None` if it has none yet.
    pub(super) fn read(store: &Store) -> Result<Option<Self>, ForgeError> {
        let path = store.git.git_dir().join(KEY_FILE);
        let way_out = "it has to be the file that Towpath made, with mode 0600; restore it from a backup";
        let failed = |why: String| failed(format!("reading {}", path.display()))(format!("{why}; {way_out}"));
        let Some(text) = read_file(&path).map_err(failed)? else { return Ok(None) };
        let file: KeyFile = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let secret = from_hex(&file.secret).filter(|secret| secret.len() == KEY_BYTES);
        let secret = secret.ok_or_else(|| failed("it holds no key".to_owned()))?;
        Ok(Some(Self { secret, accepted: file.accepted.as_ref().map(object_id) }))
    }

    /// The key of a repository that has a log.
    ///
    /// # Errors
    /// If there is none: then nothing tells what the bot wrote from what others pushed in its name.
    pub(super) fn of_log(store: &Store) -> Result<Self, ForgeError> {
        let (folder, name) = (store.git.git_dir().display(), store.name());
        Self::read(store)?.ok_or_else(|| ForgeError::Misconfigured {
            why: format!(
                "nothing proves which commits on `{LOG_BRANCH}` of `{name}` are the bot's, because \
                 {folder}/{KEY_FILE} is missing"
            ),
            way_out: format!(
                "restore that file from a backup, or look at `git -C {folder} log --first-parent -p {LOG_BRANCH}` and accept \
                 the log up to its last commit that the bot wrote: `towpath log accept COMMIT --repository {name}`"
            ),
        })
    }

    /// Makes the key of a repository whose turn the caller has. The log that is there counts up to a commit that a person
    /// accepted.
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

/// The last commit of the log that is proven to be the bot's, with the key of the repository.
pub(super) fn last_proven(
    store: &Store,
    key: &LogKey,
    tip: ObjectId,
) -> Result<Option<ObjectId>, ForgeError> {
    first_on_line(store, tip, |commit| key.proves(store, commit))
}

/// Whether a commit is on the line of first parents of the log.
pub(super) fn is_on_line(store: &Store, tip: ObjectId, wanted: ObjectId) -> Result<bool, ForgeError> {
    let found = first_on_line(store, tip, |commit| Ok(commit == wanted))?;
    Ok(found.is_some())
}

/// The first commit that fits, from the tip of the log along first parents.
fn first_on_line(
    store: &Store,
    tip: ObjectId,
    fits: impl Fn(ObjectId) -> Result<bool, ForgeError>,
) -> Result<Option<ObjectId>, ForgeError> {
    let mut next = Some(tip);
    for _commit in 0..COMMITS_MAX {
        let Some(commit) = next else { return Ok(None) };
        if fits(commit)? {
            return Ok(Some(commit));
        }
        next = store.first_parent(commit)?;
    }
    Ok(None)
}

/// The text of the file with the key; `None` if there is none. What is checked and what is read is one open file, whatever is
/// put in its place meanwhile.
fn read_file(path: &Path) -> Result<Option<String>, String> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = match File::options().read(true).custom_flags(flags.bits()).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // open(2): O_NOFOLLOW refuses a symbolic link so.
        Err(error) if error.raw_os_error() == Some(Errno::ELOOP as i32) => {
            return Err("it is a symbolic link".to_owned());
        }
        opened => opened.map_err(|error| error.to_string())?,
    };
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if is_open_to_others(&metadata) {
        return Err("all users of this machine may read or write it".to_owned());
    }
    let mut text = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| error.to_string())?;
    Ok(Some(text))
}

/// Writes the file in one step: whoever is killed leaves the old one or the new one.
fn write(folder: &Path, text: &str) -> std::io::Result<()> {
    let (new, path): (PathBuf, PathBuf) = (folder.join(NEW_KEY_FILE), folder.join(KEY_FILE));
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(FILE_MODE).open(&new)?;
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
