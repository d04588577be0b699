//! Reasons about artifacts: what they say about themselves, and whether they are whole.

use chrono::TimeDelta;

use crate::model::{
    ChangeNumber, Defect, Digest, EnvironmentName, ImageName, ImageReference, Platform, Presence, Tag, Time,
};

/// Why a tag cannot be compared by date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undated {
    /// The registry has no manifest for it.
    NoManifest,
    /// The registry gives no usable response for it, although it does for other tags of the image.
    Unread(String),
    /// The artifact cannot run.
    Defect(Defect),
    /// The artifact states no date.
    NoDate,
    /// The artifact states a date that builds use as a placeholder, such as 1970-01-01.
    Placeholder(Time),
    /// The artifact states a date in the future.
    Future(Time),
}

/// Why something about artifacts is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactReason {
    /// What an artifact says about itself could not be read.
    DescriptionUnknown {
        /// Which artifact.
        artifact: ImageReference,
        /// What went wrong.
        why: String,
    },
    /// There is no such tag to follow.
    TagAbsent {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
    },
    /// More tags are selected than are compared by date.
    TooManyToDate {
        /// The image.
        image: ImageName,
        /// How many are.
        tags: usize,
        /// How many may be.
        max: usize,
    },
    /// Some tags are not compared by date, since nothing says when their artifacts were made.
    NotCompared {
        /// The image.
        image: ImageName,
        /// The tags, each with the reason.
        tags: Vec<(Tag, Undated)>,
    },
    /// No tag that is selected by date has a date.
    NoUsableDate {
        /// The image.
        image: ImageName,
        /// The tags, each with the reason.
        tags: Vec<(Tag, Undated)>,
    },
    /// An artifact cannot run.
    Defective {
        /// Which artifact.
        artifact: ImageReference,
        /// Why.
        defect: Defect,
    },
    /// An artifact does not say which platforms it runs on.
    PlatformsUnsaid {
        /// The image.
        image: ImageName,
    },
    /// The tags point to what was chosen.
    TagsStay,
    /// A tag points to something else than when it was chosen; approvals given before do not count.
    TagMoved {
        /// The tag.
        tag: Tag,
        /// What it pointed to.
        from: Digest,
        /// What it points to now.
        to: Digest,
    },
    /// A tag moved more than once within a short time, so that nothing is opened, updated or merged with it for now.
    TagUnstable {
        /// The tag.
        tag: Tag,
        /// When it is looked at again.
        until: Time,
    },
    /// The registry no longer has what was chosen, or not all of it.
    Gone {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
        /// The digest that was chosen.
        digest: Digest,
        /// What is missing.
        presence: Presence,
        /// The open change that carries it, where people can reject it.
        change: Option<ChangeNumber>,
    },
    /// The registry has no manifest for a tag, though it may list it.
    WithoutManifest {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
    },
    /// It is not known whether the registry still has what was chosen.
    PresenceUnknown {
        /// The tag.
        tag: Tag,
        /// What went wrong.
        why: String,
    },
    /// The registry no longer has what runs.
    RunningGone {
        /// What runs.
        reference: ImageReference,
        /// What is missing.
        presence: Presence,
    },
    /// The files write a tag beside the digest of another one, and no change of Towpath brought that.
    TagMismatch(TagMismatch),
    /// Only the tag is written, and it points to something else than when it was chosen.
    WrittenTagMoved {
        /// The tag.
        tag: Tag,
        /// What it pointed to.
        from: Digest,
        /// What it points to now.
        to: Digest,
    },
    /// Only the tag is written of what landed, and it points to something else now.
    RunningTagMoved {
        /// The tag.
        tag: Tag,
        /// What landed.
        from: Digest,
        /// What it points to now.
        to: Digest,
    },
    /// Every artifact runs on what was asked for.
    PlatformsThere,
    /// An artifact does not run on some platforms.
    PlatformsMissing {
        /// The image.
        image: ImageName,
        /// What it does not run on.
        platforms: Vec<Platform>,
    },
    /// The youngest artifact was made long enough ago.
    Quiet {
        /// When.
        since: Time,
    },
    /// The youngest artifact was made only just.
    NotQuiet {
        /// Until when to wait.
        until: Time,
    },
    /// An artifact does not say when it was made.
    NoDate {
        /// Of which image.
        image: ImageName,
    },
    /// The newest release lacks some of its images.
    Incomplete {
        /// What it is called.
        release: Tag,
        /// The images that do not have it.
        missing: Vec<ImageName>,
    },
    /// The newest release is the digest that runs, and the files name no tag.
    DigestRuns {
        /// What it is called.
        release: Tag,
    },
    /// A release is newer in one image and older in another than what runs.
    Mixed {
        /// What it is called.
        release: Tag,
        /// Where it could go.
        environment: EnvironmentName,
        /// The change on which a request can be written.
        write_on: Option<ChangeNumber>,
    },
}

/// A tag that files write beside a digest which the registry does not have for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMismatch {
    /// The tag.
    pub tag: Tag,
    /// The digest beside it.
    pub written: Digest,
    /// The digest that the registry has for the tag.
    pub present: Digest,
    /// A tag for which the registry has the written digest, if one is known.
    pub named: Option<Tag>,
}

impl ArtifactReason {
    /// How long a tag has to stay where it is after it moved twice.
    pub const TAG_MOVES_WITHIN: TimeDelta = TimeDelta::minutes(10);

    /// Whether a person has to mend something outside before this goes away.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        matches!(
            self,
            Self::DescriptionUnknown { .. }
                | Self::NoUsableDate { .. }
                | Self::PresenceUnknown { .. }
                | Self::TagAbsent { .. }
                | Self::TooManyToDate { .. }
        )
    }
}
