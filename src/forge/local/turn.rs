//! Turns: one writer at a time among all processes of this program, and nothing left over by one that was killed.
//!
//! The operating system releases the lock with the process, however that ends. A process that was killed while it
//! moved a ref leaves that ref's `.lock` file, which would block everyone for ever; so the refs are noted in the
//! locked file first, and the next one whose turn it is removes their `.lock` files.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::OFlag;

use super::failure::failed;
use crate::forge::ForgeError;

/// The file, in the repository, whose lock is the turn.
const TURN_FILE: &str = "towpath.lock";
/// Its permissions: who may open it can hold the turn, and so stop the bot.
const FILE_MODE: u32 = 0o600;
/// How long to wait between two tries for the turn.
const TRY_PAUSE: Duration = Duration::from_millis(10);
/// How often the turn is tried for: about ten seconds. A process that is asked to stop waits no longer than that.
const TRIES_MAX: usize = 1_000;
/// How much of a note is read, in bytes; a note has two names.
const NOTE_BYTES_MAX: u64 = 16 * 1024;
/// What Git calls its file of packed refs.
const PACKED_REFS: &str = "packed-refs";

/// The right to move refs, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    file: File,
}

impl Turn {
    /// Waits for the turn, then clears what a killed process left.
    pub(super) fn take(git_dir: &Path) -> Result<Self, ForgeError> {
        let path = git_dir.join(TURN_FILE);
        let what = || format!("locking {}", path.display());
        let mut options = File::options();
        // It is truncated later, so whatever a link there names is left alone.
        options.create(true).truncate(false).read(true).write(true).mode(FILE_MODE);
        // A FIFO would be waited for without end.
        options.custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits());
        let file = options.open(&path).map_err(failed(what()))?;
        if !file.metadata().map_err(failed(what()))?.is_file() {
            return Err(failed(what())("it is not a regular file; delete it; Towpath creates it again"));
        }
        wait(&file).map_err(failed(what()))?;
        let mut turn = Self { file };
        turn.clear(git_dir).map_err(failed(what()))?;
        Ok(turn)
    }

    /// Notes a ref that is about to be moved; Git may have to lock the packed refs for it too.
    pub(super) fn note(&mut self, name: &str) -> Result<(), ForgeError> {
        self.write(&format!("{name}\n{PACKED_REFS}\n")).map_err(failed("noting the ref that is moved"))
    }

    /// Says that no ref is being moved any more.
    pub(super) fn rest(&mut self) -> Result<(), ForgeError> {
        self.write("").map_err(failed("noting that no ref is moved"))
    }

    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }

    fn clear(&mut self, git_dir: &Path) -> std::io::Result<()> {
        let mut noted = Vec::new();
        (&self.file).take(NOTE_BYTES_MAX).read_to_end(&mut noted)?;
        for name in String::from_utf8_lossy(&noted).lines().filter(|name| is_ref(name)) {
            let stale = git_dir.join(format!("{name}.lock"));
            if std::fs::remove_file(&stale).is_ok() {
                tracing::info!("removed {}, left by a process that was killed", stale.display());
            }
        }
        self.write("")
    }
}

fn wait(file: &File) -> std::io::Result<()> {
    for _try in 0..TRIES_MAX {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    let why = "another process has held the lock for ten seconds; stop that process if it hangs";
    Err(std::io::Error::new(std::io::ErrorKind::TimedOut, why))
}

/// Whether a noted name can only lead to a ref: anybody with the folder could have written the note.
fn is_ref(name: &str) -> bool {
    let is_below = |name: &str| name.starts_with("refs/") && gix::refs::FullName::try_from(name).is_ok();
    name == PACKED_REFS || is_below(name)
}
