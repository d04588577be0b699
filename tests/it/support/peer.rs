//! Where the foreign programs are that the tests talk to.

use std::env;
use std::path::{Path, PathBuf};

/// The program `name`: where `variable` says, else where `tests/run` keeps it, else on the `PATH`.
///
/// # Panics
///
/// When it is nowhere, for a test that skips itself proves nothing.
pub(crate) fn find(name: &str, variable: &str) -> PathBuf {
    let said = env::var_os(variable).map(PathBuf::from);
    said.or_else(|| on_path(name))
        .unwrap_or_else(|| panic!("there is no `{name}`; run `./tests/run peers` once"))
}

/// The folder `name`: where `variable` says, else where `tests/run` keeps it.
///
/// # Panics
///
/// When it is nowhere, for a test that skips itself proves nothing.
pub(crate) fn folder(name: &str, variable: &str) -> PathBuf {
    let folder = env::var_os(variable).map_or_else(|| peer_folder().join(name), PathBuf::from);
    assert!(folder.is_dir(), "there is no folder `{}`; run `./tests/run peers` once", folder.display());
    folder
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(peer_folder()).chain(env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The folder `peers` of cargo's build folder, beside the one that cargo gives to tests.
fn peer_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("peers")
}
