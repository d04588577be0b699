//! Which repository at GitHub a work tree was cloned from.

use std::io::Read as _;
use std::path::Path;

use crate::model::RepositoryName;

/// How much of Git's configuration is read, in bytes.
const CONFIG_BYTES_MAX: u64 = 1 << 20;
/// How the addresses of repositories at GitHub begin.
const GITHUB: [&str; 4] =
    ["https://github.com/", "git@github.com:", "ssh://git@github.com/", "http://github.com/"];

/// The repository of the remote `origin`, if that is at github.com.
pub(super) fn github_origin(folder: &Path) -> Option<RepositoryName> {
    let mut text = String::new();
    let file = std::fs::File::open(folder.join(".git/config")).ok()?;
    file.take(CONFIG_BYTES_MAX).read_to_string(&mut text).ok()?;
    repository(origin(&text)?)
}

/// The address of the remote `origin` in Git's configuration.
fn origin(config: &str) -> Option<&str> {
    let mut lines = config.lines().map(str::trim).skip_while(|line| *line != "[remote \"origin\"]").skip(1);
    let mut own = lines.by_ref().take_while(|line| !line.starts_with('['));
    own.find_map(|line| Some(line.strip_prefix("url")?.trim_start().strip_prefix('=')?.trim()))
}

fn repository(address: &str) -> Option<RepositoryName> {
    let path = GITHUB.iter().find_map(|beginning| address.strip_prefix(beginning))?;
    let path = path.trim_end_matches('/');
    path.strip_suffix(".git").unwrap_or(path).parse().ok()
}
