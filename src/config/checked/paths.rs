//! Paths in the configuration, which start at its folder.

use std::path::{Component, Path, PathBuf};

/// The folder that relative paths start from.
pub(in crate::config) fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or_else(|| Path::new(""))
}

/// A path as seen from a folder, without `.` in it.
pub(in crate::config) fn resolve(folder: &Path, path: &str) -> PathBuf {
    let joined: PathBuf = folder.join(path).components().filter(|part| *part != Component::CurDir).collect();
    // An empty path names no folder, not even the current one.
    if joined.as_os_str().is_empty() { PathBuf::from(".") } else { joined }
}
