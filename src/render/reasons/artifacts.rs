//! Reasons about artifacts, in sentences.

use std::collections::BTreeSet;

use super::advice::comment;
use crate::decide::{ArtifactReason, TagMismatch, Undated};
use crate::model::{Defect, Digest, ImageName, ImageReference, IndexEntry, Platform, Presence, Tag, Time};
use crate::render::escape::{name, quoted, sentence};
use crate::render::fit::listed;
use crate::render::time::instant;

/// How many tags are named of those that cannot be compared by date.
const UNDATED_NAMED_MAX: usize = 3;

/// What is so.
pub(super) fn fact(reason: &ArtifactReason) -> String {
    match reason {
        ArtifactReason::DescriptionUnknown { artifact, why } => {
            format!("what {} says about itself is not known: {}", written(artifact), sentence(why))
        }
        ArtifactReason::NotCompared { image, tags } => {
            format!("not compared by date, of {}: {}", quoted(image.as_str()), undated_tags(tags))
        }
        ArtifactReason::NoUsableDate { image, tags } => {
            let (count, image) = (tags.len(), quoted(image.as_str()));
            format!("none of the {count} selected tags of {image} has a usable date: {}", undated_tags(tags))
        }
        ArtifactReason::Defective { artifact, defect } => {
            format!("{} cannot run: {}", written(artifact), fact_of_defect(defect))
        }
        ArtifactReason::PlatformsUnsaid { image } => platforms_unsaid(image),
        ArtifactReason::TagAbsent { image, tag } => {
            format!("{} has no tag {} to follow", quoted(image.as_str()), quoted(tag.as_str()))
        }
        ArtifactReason::TooManyToDate { image, tags, max } => {
            let image = quoted(image.as_str());
            format!("{tags} tags of {image} would have to be compared by date, and {max} may")
        }
        ArtifactReason::TagsStay => "the tag still points to what was chosen".to_owned(),
        ArtifactReason::TagMoved { tag, from, to } => moved(tag, from, to, "when it was chosen"),
        ArtifactReason::TagUnstable { tag, until } => unstable(tag, *until),
        ArtifactReason::Gone { image, tag, digest, presence, .. } => {
            format!("{} {}", name(tag.as_str()), lack(image, digest, presence))
        }
        ArtifactReason::PresenceUnknown { tag, why } => {
            let tag = name(tag.as_str());
            format!("whether {tag} is still in the registry is not known: {}", sentence(why))
        }
        ArtifactReason::WithoutManifest { image, tag } => {
            let (image, tag) = (quoted(image.as_str()), name(tag.as_str()));
            format!("{tag} is passed over, since the registry has no manifest for that tag of {image}")
        }
        ArtifactReason::RunningGone { reference, presence } => {
            format!("what runs, {}, {}", written(reference), lack_of_running(presence))
        }
        ArtifactReason::TagMismatch(mismatch) => mismatched(mismatch),
        ArtifactReason::WrittenTagMoved { tag, from, to } => {
            format!("{}, and only the tag is written", moved(tag, from, to, "when it was chosen"))
        }
        ArtifactReason::RunningTagMoved { tag, from, to } => {
            format!("{}, and only the tag is written here", moved(tag, from, to, "when it landed"))
        }
        ArtifactReason::PlatformsThere => "runs on all platforms that were asked for".to_owned(),
        ArtifactReason::PlatformsMissing { image, platforms } => {
            format!("{} does not run on {}", quoted(image.as_str()), self::platforms(platforms))
        }
        ArtifactReason::Quiet { since } => format!("built on {}; the quiet period is over", instant(*since)),
        ArtifactReason::NotQuiet { until } => {
            format!("built recently; waits for the quiet period until {}", instant(*until))
        }
        ArtifactReason::NoDate { image } => {
            format!("{} does not say when it was made", quoted(image.as_str()))
        }
        ArtifactReason::Incomplete { release, missing } => {
            format!("{} is not complete yet: {} lacks it", name(release.as_str()), images(missing))
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

fn platforms_unsaid(image: &ImageName) -> String {
    format!("{} does not say which platforms it runs on", quoted(image.as_str()))
}

/// That files write a tag beside a digest that is not its own.
fn mismatched(mismatch: &TagMismatch) -> String {
    let TagMismatch { tag, written, present, named } = mismatch;
    let of = named.as_ref().map(|named| format!(", that of {}", quoted(named.as_str()))).unwrap_or_default();
    let (tag, written) = (quoted(tag.as_str()), quoted(written.short()));
    let present = quoted(present.short());
    format!("the files write {tag} with the digest {written}{of}, and the registry has {tag} at {present}")
}

/// How a tag moved, with when it pointed to the old digest.
fn moved(tag: &Tag, from: &Digest, to: &Digest, when: &str) -> String {
    let (tag, from, to) = (quoted(tag.as_str()), quoted(from.short()), quoted(to.short()));
    format!("the tag {tag} pointed to {from} {when} and points to {to} now")
}

fn images(images: &[ImageName]) -> String {
    let images: Vec<String> = images.iter().map(|image| quoted(image.as_str())).collect();
    listed(&images, "and")
}

fn platforms(platforms: &[Platform]) -> String {
    let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    listed(&platforms, "or")
}

/// The first tags, each with the reason, and how many there are beyond them.
fn undated_tags(tags: &[(Tag, Undated)]) -> String {
    let named = tags.iter().take(UNDATED_NAMED_MAX);
    let named = named.map(|(tag, why)| format!("{} ({})", quoted(tag.as_str()), undated(why)));
    let more = tags.len().saturating_sub(UNDATED_NAMED_MAX);
    let more = (more > 0).then(|| format!("{more} more"));
    let all: Vec<String> = named.chain(more).collect();
    listed(&all, "and")
}

/// Why a tag cannot be compared by date.
#[must_use]
pub fn undated(why: &Undated) -> String {
    match why {
        Undated::NoManifest => "the registry has no manifest for it".to_owned(),
        Undated::Unread(why) => format!("it could not be read: {}", sentence(why)),
        Undated::Defect(defect) => fact_of_defect(defect),
        Undated::NoDate => "it does not say when it was made".to_owned(),
        Undated::Placeholder(date) => {
            format!("it says {}, which is not a build date", date.format("%Y-%m-%d"))
        }
        Undated::Future(date) => format!("it says {}, which is in the future", date.format("%Y-%m-%d")),
    }
}

fn fact_of_defect(defect: &Defect) -> String {
    match defect {
        Defect::Unreadable(why) | Defect::Missing(why) => sentence(why),
        Defect::NoImage => "its index names no image, as that of a build cache".to_owned(),
        Defect::BuildCache => "it is a build cache".to_owned(),
    }
}

/// A reference with its digest cut short.
fn written(reference: &ImageReference) -> String {
    let name = ImageReference { digest: None, ..reference.clone() };
    let digest = reference.digest.as_ref().map(|digest| format!(" at {}", quoted(digest.short())));
    format!("{}{}", quoted(&name.to_string()), digest.unwrap_or_default())
}

/// What a registry lacks of what was chosen.
fn lack(image: &ImageName, digest: &Digest, presence: &Presence) -> String {
    let (image, digest) = (quoted(image.as_str()), quoted(digest.short()));
    match presence {
        Presence::Complete => "is in the registry".to_owned(),
        Presence::NoRepository => format!("is no longer in the registry, which has no image {image}"),
        Presence::NoTag => format!("is no longer in the registry: {image} has no such tag"),
        Presence::TagWithoutManifest => {
            format!("is no longer in the registry: {image} has no manifest for that tag")
        }
        Presence::NoManifest => format!("is no longer in the registry: {image} has nothing at {digest}"),
        Presence::Defective(defect) => format!("cannot run: {}", fact_of_defect(defect)),
        Presence::Incomplete(entries) => {
            format!("is no longer complete in the registry: {image} lacks {}", missing_entries(entries))
        }
    }
}

/// What is wrong with an image that runs.
pub(in crate::render) fn lack_of_running(presence: &Presence) -> String {
    match presence {
        Presence::Complete => "is in its registry".to_owned(),
        Presence::NoRepository => "is not in its registry, which has no such image".to_owned(),
        Presence::NoTag => "is not in its registry, which has no such tag".to_owned(),
        Presence::TagWithoutManifest => {
            "is not in its registry, which has no manifest for that tag".to_owned()
        }
        Presence::NoManifest => "is not in its registry, which has nothing at that digest".to_owned(),
        Presence::Incomplete(entries) => {
            format!("is not complete in its registry, which lacks {}", missing_entries(entries))
        }
        Presence::Defective(defect) => format!("cannot run: {}", fact_of_defect(defect)),
    }
}

/// The manifests that are missing of an index.
fn missing_entries(entries: &BTreeSet<IndexEntry>) -> String {
    let named = |entry: &IndexEntry| match &entry.platform {
        Some(platform) => platform.to_string(),
        None => entry.digest.short().to_owned(),
    };
    let entries: Vec<String> = entries.iter().map(|entry| quoted(&named(entry))).collect();
    let manifests = if entries.len() == 1 { "manifest" } else { "manifests" };
    format!("the {manifests} of {} that its index names", listed(&entries, "and"))
}

/// What a person can do about an image that runs and that its registry lacks, or that cannot run.
pub(in crate::render) fn way_out_of_running(presence: &Presence) -> String {
    let (pods, remedy) = match presence {
        Presence::Defective(defect) => ("pods that start anew cannot run it", repair(defect)),
        Presence::Complete
        | Presence::NoRepository
        | Presence::NoTag
        | Presence::TagWithoutManifest
        | Presence::NoManifest
        | Presence::Incomplete(_) => ("new pods cannot pull it", "push it"),
    };
    format!("{pods}; {remedy}, or promote another version")
}

/// How the registry comes to have a usable artifact, of one that it once had.
const fn bring_back(presence: &Presence) -> &'static str {
    match presence {
        Presence::Defective(defect) => repair(defect),
        Presence::Complete
        | Presence::NoRepository
        | Presence::NoTag
        | Presence::TagWithoutManifest
        | Presence::NoManifest
        | Presence::Incomplete(_) => "push it again",
    }
}

/// What helps against a defect. Another push of the same artifact does not change what is at its digest.
const fn repair(defect: &Defect) -> &'static str {
    match defect {
        Defect::Missing(_) => "push it again with all its parts",
        Defect::NoImage | Defect::BuildCache => "push an image under a tag of its own",
        Defect::Unreadable(_) => "build and push it anew",
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
        ArtifactReason::Mixed { release, environment, write_on: Some(change) } => {
            let command = format!("/promote {environment} version={release}");
            Some(format!("{} to bring it", comment(&command, *change)))
        }
        ArtifactReason::Mixed { write_on: None, .. } => Some(
            "a person has to set it in the config repository, since no change takes commands yet".to_owned(),
        ),
        ArtifactReason::Incomplete { .. } => Some("it is selected once all its images exist".to_owned()),
        ArtifactReason::TagMoved { .. } => {
            Some("find out who pushed it again; approvals given before do not count".to_owned())
        }
        ArtifactReason::TagUnstable { .. } => {
            Some("find out what pushes it again, and push each build under a tag of its own".to_owned())
        }
        ArtifactReason::NoUsableDate { .. } => Some(
            "label them with `org.opencontainers.image.created`, or select by another rule than `newest`"
                .to_owned(),
        ),
        ArtifactReason::Defective { defect, .. } => {
            Some(format!("{}, or promote another version", repair(defect)))
        }
        ArtifactReason::NotCompared { image, .. } => {
            Some(format!("{} names all of them", quoted(&format!("towpath tags {image}"))))
        }
        ArtifactReason::Gone { change: None, presence, .. } => {
            Some(format!("{}, or promote another version", bring_back(presence)))
        }
        ArtifactReason::Gone { change: Some(change), presence, .. } => {
            let reject = comment("/promote reject", *change);
            Some(format!("{}, or {reject} so that another version can come", bring_back(presence)))
        }
        ArtifactReason::RunningGone { presence, .. } => Some(way_out_of_running(presence)),
        ArtifactReason::WithoutManifest { .. } => Some("push it again, or delete the tag".to_owned()),
        ArtifactReason::TagMismatch { .. } => {
            Some("correct the tag or the digest in the files; the digest is what runs".to_owned())
        }
        ArtifactReason::WrittenTagMoved { .. } => {
            Some("push what is new under a tag of its own, or write the digest too".to_owned())
        }
        ArtifactReason::RunningTagMoved { .. } => {
            Some("find out who pushed it again; a container that starts now may run the new one".to_owned())
        }
        ArtifactReason::DescriptionUnknown { .. }
        | ArtifactReason::PresenceUnknown { .. }
        | ArtifactReason::TagsStay
        | ArtifactReason::DigestRuns { .. }
        | ArtifactReason::PlatformsThere
        | ArtifactReason::PlatformsUnsaid { .. }
        | ArtifactReason::Quiet { .. }
        | ArtifactReason::NotQuiet { .. } => None,
    }
}

/// That a tag moved again and again.
fn unstable(tag: &Tag, until: Time) -> String {
    let minutes = ArtifactReason::TAG_MOVES_WITHIN.num_minutes();
    let (tag, until) = (quoted(tag.as_str()), instant(until));
    format!("the tag {tag} moved twice within {minutes} minutes, and is looked at again at {until}")
}
