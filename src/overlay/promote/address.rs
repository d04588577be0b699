//! Addresses of remote resources: where in them a version is, and which repository they lead to.
//!
//! An address follows an image to which it plausibly belongs, by the name of its repository: two equal versions of
//! unrelated projects are a coincidence, also where both have the same owner.

use std::ops::Range;

/// What is before the version in the address of a file or a release on GitHub, GitLab or Gitea.
const VERSION_BEHIND: [&str; 6] =
    ["/releases/download/", "/-/archive/", "/archive/", "/-/raw/", "/raw/tag/", "/raw/"];
/// Addresses in which the name of the file repeats the version of the release.
const REPEATING: [&str; 2] = ["/releases/download/", "/archive/"];
/// The endings of archives, which follow the version.
const ARCHIVE_ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".zip"];
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
    let range = value_of("ref").or_else(|| value_of("version"))?;
    let is_tag = address.get(range.clone())?.starts_with(TAG_PREFIX);
    let start = if is_tag { range.start + TAG_PREFIX.len() } else { range.start };
    (start < range.end).then_some(start..range.end)
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
    let rest = address.get(start..)?;
    let archive = || ARCHIVE_ENDINGS.iter().find_map(|ending| rest.strip_suffix(ending)).map(str::len);
    let length = rest.find('/').or_else(archive)?;
    (length > 0).then_some(start..start + length)
}

/// The bytes at which the path of an address repeats its version, without a leading `v`.
pub(super) fn repeats(address: &str, version: &Range<usize>) -> Vec<Range<usize>> {
    let path = address.split('?').next().unwrap_or_default();
    let written = address.get(version.clone()).unwrap_or_default();
    let bare = written.strip_prefix('v').unwrap_or(written);
    let continues = |rest: &str| {
        let mut rest = rest.chars();
        let (first, second) = (rest.next(), rest.next());
        first.is_some_and(|c| c.is_ascii_alphanumeric())
            || (first == Some('.') && second.is_some_and(|c| c.is_ascii_digit()))
    };
    let begins = |before: &str| {
        let before = before.strip_suffix('v').unwrap_or(before);
        !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.')
    };
    let found = path.match_indices(bare).map(|(at, _)| at..at + bare.len());
    let is_other = |range: &Range<usize>| range.end <= version.start || range.start >= version.end;
    let is_whole = |range: &Range<usize>| {
        !continues(path.get(range.end..).unwrap_or_default())
            && begins(path.get(..range.start).unwrap_or_default())
    };
    found.filter(|range| !bare.is_empty() && is_other(range) && is_whole(range)).collect()
}

/// Whether the file at an address is named after the version of its release, so that both change together.
pub(super) fn is_named_after_version(address: &str) -> bool {
    REPEATING.iter().any(|words| address.contains(words))
}

/// An address without its version, to compare it with another one.
pub(super) fn without_version(address: &str) -> String {
    let mut rest = address.to_owned();
    if let Some(version) = version_in(address) {
        let repeated = if is_named_after_version(address) { repeats(address, &version) } else { Vec::new() };
        let mut ranges: Vec<Range<usize>> = repeated.into_iter().chain([version]).collect();
        ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
        ranges.into_iter().for_each(|range| rest.replace_range(range, ""));
    }
    rest
}

/// Whether a remote resource plausibly belongs to an image: the name of one begins with that of the other, or that of the
/// repository contains that of the image as a word. An equal owner is not enough: an organization has many repositories.
pub(in crate::overlay) fn belongs_to(address: &str, image: &str) -> bool {
    let image: Vec<&str> = image.split('/').collect();
    let of_address = repository_in(address);
    let repositories = without_owner(&of_address);
    repositories.iter().any(|part| without_owner(&image).iter().any(|own| is_related(part, own)))
}

/// A path without its first part, unless that is all of it.
fn without_owner<T>(parts: &[T]) -> &[T] {
    match parts {
        [_, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    }
}

fn is_related(repository: &str, image: &str) -> bool {
    let (one, other) = (folded(repository), folded(image));
    let (short, long) = if one.len() < other.len() { (&one, &other) } else { (&other, &one) };
    let is_word = format!("-{repository}-").contains(&format!("-{image}-"));
    short == long || (short.len() >= SHARED_LETTERS_MIN && long.starts_with(short.as_str())) || is_word
}

/// Owner and repository, or groups and project, of an address.
fn repository_in(address: &str) -> Vec<String> {
    let address = address.strip_prefix("git::").unwrap_or(address);
    let (_, behind_scheme) = address.split_once("://").unwrap_or(("", address));
    let path = behind_scheme.split('?').next().unwrap_or_default();
    let is_gitlab = path.contains("/-/");
    // The host of `git@host:owner/repository` ends with a colon.
    let (_, path) = path.split_once(['/', ':']).unwrap_or(("", ""));
    let path = path.split("/-/").next().unwrap_or_default();
    let repository = path.split("//").next().unwrap_or_default();
    let is_marked = path.contains("//") || repository.contains(".git/") || is_gitlab;
    let parts = repository.split('/').filter(|part| !part.is_empty());
    let count = if is_marked { usize::MAX } else { 2 };
    parts.take(count).map(|part| part.strip_suffix(".git").unwrap_or(part).to_ascii_lowercase()).collect()
}

/// A name as it is compared: `argo-cd` is `argocd`.
fn folded(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}
