use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::*;

/// Makes something named `secret` in a folder, and checks what reading it says.
#[track_caller]
fn check(make: impl FnOnce(&Path), expected: &str) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret");
    make(&path);
    let read = read(&path);
    let words =
        read.map(|file| format!("{:04o} {}", file.mode, file.text)).unwrap_or_else(|error| error.to_string());
    assert_eq!(words, expected);
}

fn file(path: &Path, text: &[u8], mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_regular_file_is_read_with_its_permissions() {
    check(|path| file(path, b"s3cret", 0o640), "0640 s3cret");
}

#[test]
fn links_to_regular_files_are_followed_as_kubernetes_makes_them() {
    let linked = |path: &Path| {
        let folder = path.parent().unwrap();
        fs::create_dir(folder.join("..2026")).unwrap();
        file(&folder.join("..2026/secret"), b"s3cret", 0o600);
        symlink("..2026", folder.join("..data")).unwrap();
        symlink("..data/secret", path).unwrap();
    };
    check(linked, "0600 s3cret");
}

#[test]
fn what_is_not_a_regular_file_does_not_block() {
    let refused = "is not a regular file; put the secret into one, since pipes and devices may block";
    check(|path| mkfifo(path, Mode::from_bits_truncate(0o600)).unwrap(), refused);
    check(|path| fs::create_dir(path).unwrap(), refused);
    check(|path| symlink("/dev/zero", path).unwrap(), refused);
    let socket = |path: &Path| drop(UnixListener::bind(path).unwrap());
    check(socket, "cannot be read: No such device or address (os error 6)");
}

#[test]
fn what_cannot_be_a_secret_is_refused() {
    check(|path| file(path, &vec![b'x'; 2 << 20], 0o600), "has more than 1048576 bytes");
    check(|path| file(path, b"\xff", 0o600), "cannot be read: it is not UTF-8 text");
    check(|_path| {}, "cannot be read: No such file or directory (os error 2)");
}

#[test]
fn a_file_that_hangs_costs_a_bounded_wait_and_bounded_threads() {
    let path = Path::new("/nowhere/on/a/mount/that/hangs");
    let (release, hangs) = mpsc::channel::<()>();
    let hangs = std::sync::Arc::new(Mutex::new(hangs));
    let read = || {
        let hangs = std::sync::Arc::clone(&hangs);
        let hang = move |_: &Path| {
            hangs.lock().unwrap().recv().ok();
            Err(SecretFileError::TooLarge)
        };
        read_with(path, Duration::from_millis(1), hang)
    };
    for _read in 0..2 * READS_OF_ONE_FILE_MAX {
        assert!(matches!(read(), Err(SecretFileError::TimedOut)));
    }
    assert_eq!(READS.lock().unwrap().get(path), Some(&READS_OF_ONE_FILE_MAX));
    drop(release);
    while READS.lock().unwrap().contains_key(path) {
        thread::yield_now();
    }
}
