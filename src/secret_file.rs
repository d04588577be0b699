//! Reads files that hold secrets: regular files only, bounded in size and in time.
//!
//! A named pipe blocks whoever opens it, and a network mount may hang for ever. So a file is opened without blocking,
//! its kind is checked on the open handle (a symbolic link to a regular file is followed, since Kubernetes mounts secrets
//! as links), and a thread of its own reads it, for which the caller waits a bounded time. Not a thread of Tokio: the
//! runtime would wait for it when the process ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::fcntl::OFlag;

/// Largest file that holds a secret or a configuration of Docker, in bytes.
const BYTES_MAX: u64 = 1 << 20;
/// How long a read may take.
const READ_TIMEOUT: Duration = Duration::from_secs(2);
/// How many reads of one file may be under way; more fail at once. Only a file that hangs comes near it.
const READS_OF_ONE_FILE_MAX: usize = 64;
/// The stack of a thread that reads.
const STACK_BYTES: usize = 128 * 1024;
/// The permission of every user of the machine to read.
const READABLE_BY_ALL: u32 = 0o004;
/// The permission of every user of the machine to write.
const WRITABLE_BY_ALL: u32 = 0o002;

/// How many reads of each file are under way.
static READS: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

/// A file that was read.
pub struct SecretFile {
    /// What is in it.
    pub text: String,
    /// Its permissions, as `chmod` takes them.
    pub mode: u32,
}

impl SecretFile {
    /// Whether every user of the machine may read it.
    #[must_use]
    pub const fn is_readable_by_all(&self) -> bool {
        self.mode & READABLE_BY_ALL != 0
    }

    /// Whether every user of the machine may replace what is in it.
    #[must_use]
    pub const fn is_writable_by_all(&self) -> bool {
        self.mode & WRITABLE_BY_ALL != 0
    }
}

/// The text does not show.
impl std::fmt::Debug for SecretFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SecretFile").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Why a file with a secret cannot be read; never repeats what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// The system refuses.
    #[error("cannot be read: {0}")]
    Refused(#[from] io::Error),
    /// A pipe, a socket, a device or a folder.
    #[error("is not a regular file; put the secret into one, since pipes and devices may block")]
    NotRegular,
    /// It is larger than any secret.
    #[error("has more than {BYTES_MAX} bytes")]
    TooLarge,
    /// It is not UTF-8.
    #[error("cannot be read: it is not UTF-8 text")]
    NotText,
    /// The file system does not respond.
    #[error("could not be read within {} s; its file system does not respond", READ_TIMEOUT.as_secs())]
    TimedOut,
}

/// Reads a file within two seconds. Blocks the thread meanwhile.
///
/// # Errors
/// If it is not a readable regular file of UTF-8 text, is too large, or its file system does not respond.
pub fn read(path: &Path) -> Result<SecretFile, SecretFileError> {
    read_with(path, READ_TIMEOUT, open_and_read)
}

fn read_with(
    path: &Path,
    timeout: Duration,
    read: impl FnOnce(&Path) -> Result<SecretFile, SecretFileError> + Send + 'static,
) -> Result<SecretFile, SecretFileError> {
    let under_way = UnderWay::begin(path).ok_or(SecretFileError::TimedOut)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().name("secret-file".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        let result = read(&under_way.path);
        drop(under_way);
        // The caller may have stopped waiting.
        sender.send(result).ok();
    })?;
    receiver.recv_timeout(timeout).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => Err(SecretFileError::TimedOut),
        RecvTimeoutError::Disconnected => Err(io::Error::other("the thread that reads it has failed").into()),
    })
}

fn open_and_read(path: &Path) -> Result<SecretFile, SecretFileError> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = File::options().read(true).custom_flags(flags.bits()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(SecretFileError::NotRegular);
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(SecretFileError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|_| SecretFileError::NotText)?;
    Ok(SecretFile { text, mode: metadata.mode() & 0o7777 })
}

/// A read that counts among those of its file until it is dropped.
struct UnderWay {
    path: PathBuf,
}

impl UnderWay {
    /// `None` if so many reads of the file have not returned that it hangs.
    fn begin(path: &Path) -> Option<Self> {
        let mut reads = READS.lock().unwrap_or_else(PoisonError::into_inner);
        let count = reads.entry(path.to_owned()).or_default();
        if *count >= READS_OF_ONE_FILE_MAX {
            return None;
        }
        *count += 1;
        Some(Self { path: path.to_owned() })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut reads = READS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = reads.get_mut(&self.path) {
            *count -= 1;
            if *count == 0 {
                reads.remove(&self.path);
            }
        }
    }
}

#[cfg(test)]
mod tests;
