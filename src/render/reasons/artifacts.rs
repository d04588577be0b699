//! Reasons about artifacts, in sentences.

use crate::decide::ArtifactReason;
use crate::render::fit::listed;
use crate::render::harmless::{name, quoted, sentence};
use crate::render::time::instant;

/// What is so.
pub(super) fn fact(reason: &ArtifactReason) -> String {
    match reason {
        ArtifactReason::DescriptionUnknown { image, why } => {
            format!(
                "what an artifact of {} says about itself is not known: {}",
                quoted(image.as_str()),
                sentence(why)
            )
        }
        ArtifactReason::TagAbsent { image, tag } => {
            format!("{} has no tag {} to follow", quoted(image.as_str()), quoted(tag.as_str()))
        }
        ArtifactReason::TooManyToDate { image, tags, max } => {
            format!(
                "{tags} tags of {} would have to be compared by date, and {max} may",
                quoted(image.as_str())
            )
        }
        ArtifactReason::TagsStay => "the tag still points to what was chosen".to_owned(),
        ArtifactReason::TagMoved { tag, from, to } => {
            let to = to.as_ref().map_or("nothing".to_owned(), |to| quoted(to.short()));
            let (tag, from) = (quoted(tag.as_str()), quoted(from.short()));
            format!("the tag {tag} pointed to {from} when it was chosen and points to {to} now")
        }
        ArtifactReason::PlatformsThere => "runs on all platforms that were asked for".to_owned(),
        ArtifactReason::PlatformsMissing { image, platforms } => {
            let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
            format!("{} does not run on {}", quoted(image.as_str()), listed(&platforms, "or"))
        }
        ArtifactReason::Quiet { since } => format!("made on {}, and all is quiet", instant(*since)),
        ArtifactReason::NotQuiet { until } => {
            format!("made only just; all has to be quiet until {}", instant(*until))
        }
        ArtifactReason::NoDate { image } => {
            format!("{} does not say when it was made", quoted(image.as_str()))
        }
        ArtifactReason::Incomplete { release, missing } => {
            let missing: Vec<String> = missing.iter().map(|image| quoted(image.as_str())).collect();
            format!("{} is not whole yet: {} lacks it", name(release.as_str()), listed(&missing, "and"))
        }
        ArtifactReason::DigestRuns { release } => format!(
            "{} is the digest that runs; the files name no tag, so there is nothing to change",
            quoted(release.as_str())
        ),
        ArtifactReason::Mixed { release, .. } => {
            format!("{} is newer in one image and older in another than what runs", name(release.as_str()))
        }
    }
}

/// What a person can do about it.
pub(super) fn way_out(reason: &ArtifactReason) -> Option<String> {
    match reason {
        ArtifactReason::TagAbsent { .. } => {
            Some("push it, or correct `digest` in the configuration".to_owned())
        }
        ArtifactReason::TooManyToDate { .. } => Some("narrow them by `allow` or `ignore`".to_owned()),
        ArtifactReason::PlatformsMissing { .. } => {
            Some("push it for these, or correct `platforms`".to_owned())
        }
        ArtifactReason::NoDate { .. } => {
            Some("label it with `org.opencontainers.image.created`, or leave out `quiet`".to_owned())
        }
        ArtifactReason::Mixed { release, environment } => {
            Some(format!("{} brings it", quoted(&format!("/promote {environment} version={release}"))))
        }
        ArtifactReason::Incomplete { .. } => Some("it is taken once all its images are there".to_owned()),
        ArtifactReason::TagMoved { .. } => {
            Some("find out who pushed it anew; approvals given before do not count".to_owned())
        }
        ArtifactReason::DescriptionUnknown { .. }
        | ArtifactReason::TagsStay
        | ArtifactReason::DigestRuns { .. }
        | ArtifactReason::PlatformsThere
        | ArtifactReason::Quiet { .. }
        | ArtifactReason::NotQuiet { .. } => None,
    }
}
