//! Addresses of remote resources: where in them a version is, and which repository they lead to.
//!
//! An address follows an image to which it plausibly belongs, by its owner or repository: two equal versions of
//! unrelated projects are a coincidence.

use std::ops::Range;

/// What stands before the version in the address of a file or a release on GitHub or GitLab.
const VERSION_BEHIND: [&str; 3] = ["/releases/download/", "/-/raw/", "/raw/"];
/// The host whose paths are `owner/repository/version/file`.
const RAW_HOST: &str = "raw.githubusercontent.com/";
/// What may stand before a tag in such a path.
const TAG_PREFIX: &str = "refs/tags/";
/// How many letters of a repository's name have to begin an image's name for the two to belong together.
const SHARED_LETTERS_MIN: usize = 4;

/// The bytes of an address that hold the version: its `ref`, `version` where there is no `ref`
/// (<https://github.com/kubernetes-sigs/kustomize/blob/master/examples/remoteBuild.md>), or a part of its path.
pub(super) fn version_in(address: &str) -> Option<Range<usize>> {
    match address.find('?') {
        Some(at) => in_query(address, at + 1).or_else(|| in_path(address.get(..at)?)),
        None => in_path(address),
    }
}

fn in_query(address: &str, start: usize) -> Option<Range<usize>> {
    let value_of = |key: &str| {
        let mut at = start;
        for parameter in address.get(start..)?.split('&') {
            let end = at + parameter.len();
            if let Some(value) = parameter.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')) {
                return Some(end - value.len()..end);
            }
            at = end + 1;
        }
        None
    };
    value_of("ref").or_else(|| value_of("version")).filter(|range| !range.is_empty())
}

fn in_path(address: &str) -> Option<Range<usize>> {
    let behind = VERSION_BEHIND.iter().find_map(|words| Some(address.find(words)? + words.len()));
    let mut start = behind.or_else(|| {
        let host = address.find(RAW_HOST)? + RAW_HOST.len();
        let (owner, rest) = address.get(host..)?.split_once('/')?;
        let (repository, _) = rest.split_once('/')?;
        Some(host + owner.len() + repository.len() + 2)
    })?;
    if address.get(start..)?.starts_with(TAG_PREFIX) {
        start += TAG_PREFIX.len();
    }
    let length = address.get(start..)?.find('/')?;
    (length > 0).then_some(start..start + length)
}

/// An address without its version, to compare it with another one.
pub(super) fn without_version(address: &str) -> String {
    let mut address = address.to_owned();
    if let Some(range) = version_in(&address) {
        address.replace_range(range, "");
    }
    address
}

/// Whether a remote resource plausibly belongs to an image: both name the same owner, the same repository, or the name of
/// one begins with that of the other. The equal version of anything else is a coincidence.
pub(super) fn belongs_to(address: &str, image: &str) -> bool {
    let image: Vec<String> = image.split('/').map(folded).collect();
    let of_address = repository_in(address);
    of_address.iter().any(|part| image.iter().any(|own| is_related(part, own)))
}

fn is_related(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short == long || (short.len() >= SHARED_LETTERS_MIN && long.starts_with(short))
}

/// Owner and repository, or groups and project, of an address.
fn repository_in(address: &str) -> Vec<String> {
    let address = address.strip_prefix("git::").unwrap_or(address);
    let (_, behind_scheme) = address.split_once("://").unwrap_or(("", address));
    let path = behind_scheme.split('?').next().unwrap_or_default();
    // The host of `git@host:owner/repository` ends with a colon.
    let (_, path) = path.split_once(['/', ':']).unwrap_or(("", ""));
    let repository = path.split("//").next().unwrap_or_default();
    let is_marked = path.contains("//") || repository.contains(".git/");
    let parts = repository.split('/').filter(|part| !part.is_empty());
    let count = if is_marked { usize::MAX } else { 2 };
    parts.take(count).map(|part| folded(part.strip_suffix(".git").unwrap_or(part))).collect()
}

/// A name as it is compared: `argo-cd` is `argocd`.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}
