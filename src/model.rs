//! The nouns of Towpath and their laws: no I/O, no async, no clock, no wire formats.
//!
//! Everything that comes from outside becomes one of these types once, at the edge, and is trusted from then
//! on. Types that appear in the log derive `serde`: a log line is Towpath's own contract, not a forge's.

mod change;
mod code_owners;
mod config_branch;
mod deployment;
mod description;
mod duration;
mod fact;
mod fact_table;
mod forge_capabilities;
mod health;
mod history;
mod image;
mod imported;
mod left_out;
mod location;
mod name;
mod obstacle;
mod order;
mod policy;
mod presence;
mod proposal;
mod push;
mod record;
mod release;
mod repository_pattern;
mod secret;
mod selection;
mod source;
mod tree;
mod validator;
mod world;
mod writing;

pub use change::{
    BRANCH_PREFIX, BarrierKind, CHANGE_LABEL, Change, ChangeNumber, ChangeState, Comment, CommentId,
    ContentMark, Head, LOG_BRANCH, MergeBlocker, NewStatus, QueuePlace, Reaction, Review, ReviewVerdict,
    Status, StatusState, change_branch,
};
pub use code_owners::CodeOwners;
pub use config_branch::{ConfigBranch, ServiceEnvironment};
pub use deployment::Deployment;
pub use description::{ArtifactKind, Defect, Description, Platform, PlatformError, is_usable_date};
pub use duration::{DurationError, format_duration, parse_duration};
pub use fact::{Fact, Time, is_paused, is_younger_than};
pub use fact_table::{FactKey, FactTable};
pub use forge_capabilities::ForgeCapabilities;
pub use health::{
    Access, Allowance, Deliveries, Grant, Health, HealthQuestion, Hook, LogProtection, Login, LoginProof,
    Probe, Reporter, RepositoryHealth, RepositoryState, RequiredCheck, Restriction, Rules, TargetOverride,
};
pub use history::{Decline, Handled, History, Landing, LandingStatus, MovedTag};
pub use image::{Digest, ImageError, ImageName, ImageReference, Tag};
pub use imported::{Imported, ImportedRule, ImportedSelection, ImportedService, NotImported};
pub use left_out::LeftOut;
pub use location::{
    DeclaredScalar, ImageDiscovery, KUSTOMIZATION_FILES, Location, ValuesFile, ValuesSharing,
};
pub use name::{
    BlobId, BranchName, COMMAND_WORDS, CommitId, EnvironmentName, ForgeName, GroupName, Marker, NameError,
    PipelineName, RepositoryName, RepositoryPath, ServiceName, TeamName, UserName,
};
pub use obstacle::{Obstacle, ObstacleCause};
pub use order::Order;
pub use policy::{
    After, AfterMode, Approvals, Environment, Gate, MergeMethod, MergeMode, OnNewer, POLL_DEFAULT, Pipeline,
    Policy, Principal, Right, Rights, Service, ServiceImage, Soak, SoakCounts, Together,
};
pub use presence::{Composition, IndexEntry, Presence};
pub use proposal::{Merge, NewReaction, Presentation, Proposal, PublishedComment};
pub use push::{PushKind, PushProof};
pub use record::{CommandOutcome, Event, Origin, Record, RefusalReason, WithdrawalReason};
pub use release::{Artifact, ContentKey, Release, ReleaseId};
pub use repository_pattern::RepositoryPattern;
pub use secret::{Secret, SecretPurpose, SecretWeakness};
pub use selection::{Basis, NotTaken, Pattern, Rank, Selection, SelectionError};
pub use source::{SourceChecks, SourceCommit, SourceComparison, SourceRelation, SourceSpan};
pub use tree::{EntryKind, FileChange, Missing, PathState, Tree, TreeEntry, TreeError, Unknown};
pub use validator::{Validator, ValidatorError};
pub use world::{ObservedChange, Running, RunningImage, World};
pub use writing::{RemainingReference, StayReason, StayingRef, WriteMode, Writing};

/// Declares a text that was checked once: with its check, its error, and how that is made of a text.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $check:path, $error:ty, $wrong:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a text that follows the grammar.
            ///
            /// # Errors
            /// Where it does not.
            pub fn new(text: impl Into<String>) -> Result<Self, $error> {
                let text = text.into();
                if $check(&text) { Ok(Self(text)) } else { Err($wrong(text)) }
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}

/// Declares an enum whose variants are words, with one table for both directions.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order in which it is documented.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that people write and read.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value for a word, or nothing if it is none of them.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.word())
            }
        }
    };
}
pub(crate) use checked_text;
pub(crate) use words;
