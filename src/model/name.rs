//! Names that were checked once: of services, environments, repositories, branches, commits, paths, people.

use std::fmt;

use super::checked_text;

/// Longest name that is accepted, in bytes.
const NAME_BYTES_MAX: usize = 63;
/// Longest path or branch that is accepted, in bytes.
const PATH_BYTES_MAX: usize = 1024;

/// The words of the comment commands, of this version and later ones: no environment can be addressed by them.
pub const COMMAND_WORDS: [&str; 17] = [
    "promote", "approve", "reject", "hold", "resume", "status", "why", "help", "freeze", "thaw", "lock",
    "unlock", "rollback", "skip", "wave", "refresh", "diff",
];

/// Why a text is not the name that it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {what}; {rule}", crate::sanitize::line(.text))]
pub struct NameError {
    text: String,
    what: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident, $what:literal, $check:path, $rule:literal) => {
        checked_text!($(#[$meta])* $name, $check, NameError, |text| NameError { text, what: $what, rule: $rule });
    };
}

name!(
    /// A policy of Flux as its markers name it, such as `flux-system:shop`.
    Marker, "a marker", is_marker, "write the namespace and the name of the policy, such as `flux-system:shop`"
);
name!(
    /// What is deployed and owned as a unit.
    ServiceName, "a service name", is_slug, "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first"
);
name!(
    /// One place where releases run, such as `staging`.
    EnvironmentName, "an environment name", is_slug,
    "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first"
);
name!(
    /// A graph of environments.
    PipelineName, "a pipeline name", is_slug, "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first"
);
name!(
    /// Services whose promotions into an environment share one change.
    GroupName, "a group name", is_slug, "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first"
);
name!(
    /// A forge as the configuration calls it.
    ForgeName, "a forge name", is_slug, "use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first"
);
name!(
    /// A person or bot, as the forge identifies it; on a local forge the name itself.
    UserName, "a user name", is_user, "use letters, digits, `-`, `_`, `.`, `[` and `]`, at most 63, without a leading `-`"
);
name!(
    /// A team, as `owner/team`.
    TeamName, "a team name", is_owner_and_name, "write it as `owner/team`"
);
name!(
    /// A repository, as `owner/name`.
    RepositoryName, "a repository name", is_owner_and_name, "write it as `owner/name`"
);
name!(
    /// A Git branch without `refs/heads/`.
    BranchName, "a branch name", is_branch, "see `git help check-ref-format`"
);
name!(
    /// A Git commit, as 40 hexadecimal digits.
    CommitId, "a commit id", is_object_id, "it has 40 hexadecimal digits"
);
name!(
    /// A path inside a repository: relative, with `/`, without `.`, `..` or empty parts; empty for its top.
    RepositoryPath, "a path inside the repository", is_path,
    "write it relative to the top of the repository, with `/`, without `.`, `..` or a leading `/`"
);

impl UserName {
    /// Whether it is that of a program: every forge keeps `[bot]` at the end of a name from people.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.0.ends_with("[bot]")
    }
}

impl RepositoryPath {
    /// The path of `relative` as seen from this folder; `..` may climb, but not out of the repository.
    #[must_use]
    pub fn join(&self, relative: &str) -> Option<Self> {
        if relative.starts_with('/') || relative.contains('\\') {
            return None;
        }
        let mut parts: Vec<&str> = self.0.split('/').filter(|part| !part.is_empty()).collect();
        for part in relative.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                name => parts.push(name),
            }
        }
        Self::new(parts.join("/")).ok()
    }

    /// The folder that holds this path; nothing for the top of the repository.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        let parent = self.0.rsplit_once('/').map_or("", |(parent, _)| parent);
        Some(Self(parent.to_owned()))
    }

    /// This path and every folder above it, up to the top of the repository.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Whether this is a folder's own path, or a path below that folder.
    #[must_use]
    pub fn is_at_or_below(&self, folder: &Self) -> bool {
        self == folder
            || folder.0.is_empty()
            || self.0.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The last part of the path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

/// A Git blob. A tree has as many as it has files, so it takes no memory of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId([u8; 20]);

impl BlobId {
    /// A blob by its 40 hexadecimal digits.
    ///
    /// # Errors
    /// For any other text.
    pub fn new(text: impl AsRef<str>) -> Result<Self, NameError> {
        let text = text.as_ref();
        let refused =
            || NameError { text: text.to_owned(), what: "a blob id", rule: "it has 40 hexadecimal digits" };
        if !is_object_id(text) {
            return Err(refused());
        }
        let mut bytes = [0; 20];
        for (byte, start) in bytes.iter_mut().zip((0..).step_by(2)) {
            let digits = text.get(start..start + 2).ok_or_else(refused)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| refused())?;
        }
        Ok(Self(bytes))
    }

    /// The bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl From<[u8; 20]> for BlobId {
    fn from(hash: [u8; 20]) -> Self {
        Self(hash)
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobId({self})")
    }
}

impl CommitId {
    /// The first ten digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }
}

fn is_marker(text: &str) -> bool {
    text.split_once(':').is_some_and(|(namespace, name)| is_slug(namespace) && is_slug(name))
}

fn is_slug(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !text.ends_with(".lock")
        && !text.ends_with('.')
        && !text.contains("..")
}

fn is_user(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.[]".contains(c))
}

fn is_owner_and_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() >= 2 && parts.iter().all(|part| is_slug(part))
}

/// The rules of `git check-ref-format` for branches.
fn is_branch(text: &str) -> bool {
    let part_is_fine = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    text.len() <= PATH_BYTES_MAX
        && text.split('/').all(part_is_fine)
        && !text.starts_with('-')
        && !text.ends_with('.')
        && text != "@"
        && !["..", "@{"].iter().any(|bad| text.contains(bad))
        && !text.chars().any(|c| c.is_control() || " ~^:?*[\\\u{7f}".contains(c))
}

fn is_object_id(text: &str) -> bool {
    text.len() == 40 && text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

fn is_path(text: &str) -> bool {
    let part_is_fine = |part: &str| !matches!(part, "" | "." | ".." | ".git");
    text.len() <= PATH_BYTES_MAX
        && !text.chars().any(|c| c.is_control() || c == '\\')
        && (text.is_empty() || text.split('/').all(part_is_fine))
}

impl RepositoryName {
    /// The account that it belongs to.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.parts().0
    }

    /// Its name without the owner.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').expect("a repository name has an owner")
    }
}

#[cfg(test)]
mod tests;
