//! Titles and commit messages. The trailers are read back by machines, so their names are a contract.

use super::escape::name;
use super::fit::{cut, listed};
use crate::model::{ChangeNumber, ContentKey, ImageReference, Release, ServiceEnvironment, UserName};

/// The longest title that forges take, in characters; GitLab's limit is the lowest.
const TITLE_CHARACTERS_MAX: usize = 255;

/// What a commit carries and where to.
#[derive(Clone, Debug)]
pub struct CommitMetadata<'a> {
    /// Where to.
    pub target: &'a ServiceEnvironment,
    /// The release.
    pub release: &'a Release,
    /// What runs now of the service's images, in their order; empty where nothing is known.
    pub from: &'a [ImageReference],
    /// The content.
    pub key: &'a ContentKey,
    /// Who asked for it; the bot by itself where absent.
    pub requester: Option<&'a UserName>,
}

impl CommitMetadata<'_> {
    /// What runs now, as people call it.
    pub(super) fn present(&self) -> String {
        self.from.first().map_or_else(|| "unknown".to_owned(), called)
    }
}

/// What people call an image that runs: its tag, else its digest.
pub(super) fn called(reference: &ImageReference) -> String {
    match (&reference.tag, &reference.digest) {
        (Some(tag), _) => tag.to_string(),
        (None, Some(digest)) => digest.short().to_owned(),
        (None, None) => "unset".to_owned(),
    }
}

/// What people call images that run together: one name where all have the same.
pub(super) fn all_called<'a>(references: impl Iterator<Item = &'a ImageReference>) -> String {
    let mut names: Vec<String> = references.map(|reference| name(&called(reference))).collect();
    names.dedup();
    names.join(", ")
}

/// `promote(production): shop 1.4.1 -> 1.4.2`
#[must_use]
pub fn title(carriage: &CommitMetadata<'_>) -> String {
    let target = carriage.target;
    let from = carriage.present();
    let title = format!("promote({}): {} {from} -> {}", target.environment, target.service, carriage.release);
    cut(&title, TITLE_CHARACTERS_MAX)
}

/// The message of the commit that carries a release.
#[must_use]
pub fn commit_message(carriage: &CommitMetadata<'_>) -> String {
    let asked = carriage.requester.map_or(String::new(), |by| format!(", as {by} asked"));
    format!("{}\n\n{}{asked}.\n\n{}", title(carriage), sentence(carriage), trailers(carriage))
}

/// The message of the commit that merges it.
#[must_use]
pub fn merge_message(
    carriage: &CommitMetadata<'_>,
    change: ChangeNumber,
    approved_by: &[UserName],
) -> String {
    let consent = match approved_by {
        [] => String::new(),
        by => format!(", approved by {}", listed(by, "and")),
    };
    let approvals: String = approved_by.iter().map(|by| trailer("Approved-By", by.as_str())).collect();
    format!(
        "{} ({change})\n\n{}{consent}.\n\n{}{approvals}",
        title(carriage),
        sentence(carriage),
        trailers(carriage)
    )
}

/// `shop runs 1.4.2 (sha256:0123456789ab) in production instead of 1.4.1`
fn sentence(carriage: &CommitMetadata<'_>) -> String {
    let CommitMetadata { target, release, .. } = carriage;
    let digests: Vec<&str> = release.artifacts().map(|artifact| artifact.digest.short()).collect();
    format!(
        "{} runs {release} ({}) in {} instead of {}",
        target.service,
        digests.join(", "),
        target.environment,
        carriage.present()
    )
}

/// Who asked, as the trailer has it, where nobody did: Towpath by itself, whatever the bot is called.
pub const NOBODY: &str = "towpath";

fn trailers(carriage: &CommitMetadata<'_>) -> String {
    let CommitMetadata { target, release, key, .. } = carriage;
    let requested_by = carriage.requester.map_or(NOBODY, UserName::as_str);
    let tags: String =
        release.artifacts().map(|artifact| trailer("Release", artifact.tag.as_str())).collect();
    let digests: String =
        release.artifacts().map(|artifact| trailer("Digest", artifact.digest.as_str())).collect();
    [
        tags,
        trailer("Environment", target.environment.as_str()),
        trailer("Service", target.service.as_str()),
        digests,
        trailer("From", &carriage.present()),
        trailer("Key", key.as_str()),
        trailer("Requested-By", requested_by),
    ]
    .concat()
}

/// One line of the last paragraph; a value never starts another.
fn trailer(name: &str, value: &str) -> String {
    format!("Towpath-{name}: {}\n", crate::sanitize::visible_line(value))
}
