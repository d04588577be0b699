//! Titles and commit messages. The trailers are read back by machines, so their names are a contract.

use crate::model::{ContentKey, ImageReference, Release, Target, UserName};

/// What a commit carries and where to.
#[derive(Clone, Debug)]
pub struct Carriage<'a> {
    /// Where to.
    pub target: &'a Target,
    /// The release.
    pub release: &'a Release,
    /// What runs now, if anything is known.
    pub from: Option<&'a ImageReference>,
    /// The content.
    pub key: &'a ContentKey,
    /// Who asked for it; the bot by itself where absent.
    pub requester: Option<&'a UserName>,
}

impl Carriage<'_> {
    fn present(&self) -> String {
        match self.from {
            None => "nothing".to_owned(),
            Some(ImageReference { tag: Some(tag), .. }) => tag.to_string(),
            Some(ImageReference { digest: Some(digest), .. }) => digest.short().to_owned(),
            Some(ImageReference { tag: None, digest: None, .. }) => "unset".to_owned(),
        }
    }
}

/// `promote(production): shop 1.4.1 -> 1.4.2`
#[must_use]
pub fn title(carriage: &Carriage<'_>) -> String {
    let target = carriage.target;
    let from = carriage.present();
    format!("promote({}): {} {from} -> {}", target.environment, target.service, carriage.release)
}

/// The message of the commit that carries a release.
#[must_use]
pub fn commit_message(carriage: &Carriage<'_>) -> String {
    format!("{}\n\n{}", title(carriage), trailers(carriage))
}

/// The message of the commit that merges it.
#[must_use]
pub fn merge_message(
    carriage: &Carriage<'_>,
    change: crate::model::ChangeNumber,
    approved_by: &[UserName],
) -> String {
    let approvals: String = approved_by.iter().map(|by| format!("Towpath-Approved-By: {by}\n")).collect();
    format!("{} ({change})\n\n{}{approvals}", title(carriage), trailers(carriage))
}

fn trailers(carriage: &Carriage<'_>) -> String {
    let Carriage { target, release, key, .. } = carriage;
    let requested_by = carriage.requester.map_or("towpath", UserName::as_str);
    let digests: String =
        release.artifacts().map(|artifact| format!("Towpath-Digest: {}\n", artifact.digest)).collect();
    format!(
        "Towpath-Release: {release}\nTowpath-Environment: {}\nTowpath-Service: {}\n{digests}\
         Towpath-From: {}\nTowpath-Key: {key}\nTowpath-Requested-By: {requested_by}\n",
        target.environment,
        target.service,
        carriage.present(),
    )
}
