//! Reasons about artifacts: what they say about themselves, and whether they are whole.

use crate::model::{Digest, EnvironmentName, ImageName, Platform, Tag, Time};

/// Why something about artifacts is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactReason {
    /// What an artifact says about itself could not be read.
    DescriptionUnknown {
        /// Of which image.
        image: ImageName,
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
    /// The tags point to what was chosen.
    TagsStay,
    /// A tag points to something else than when it was chosen; approvals given before do not count.
    TagMoved {
        /// The tag.
        tag: Tag,
        /// What it pointed to.
        from: Digest,
        /// What it points to now; nothing where it is gone.
        to: Option<Digest>,
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
    },
}

impl ArtifactReason {
    /// Whether a person has to mend something outside before this goes away.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        matches!(self, Self::DescriptionUnknown { .. } | Self::TagAbsent { .. } | Self::TooManyToDate { .. })
    }
}
