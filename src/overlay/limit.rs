//! How much of a repository is read for one question.

/// How many files one overlay may lead to, each counted as often as it is reached.
pub const FILES_MAX: usize = 2_000;
/// How many bytes those files may have together.
pub const BYTES_READ_MAX: usize = 32 << 20;
/// How often an image may be held against an entry of `images`, over all kustomizations of one overlay.
pub const MATCHES_MAX: usize = 5_000_000;
/// How deep one kustomization may lead to another.
pub const FOLDER_DEPTH_MAX: usize = 32;
