//! The table of verbs: what each is called, takes, means and needs.

use crate::model::{Right, words};

words! {
    /// What a command does.
    Verb {
        /// Carry a release onward; its word is an environment, so it has none of its own.
        Promote = "promote",
        /// Approve.
        Approve = "approve",
        /// Reject.
        Reject = "reject",
        /// Stop one change.
        Hold = "hold",
        /// Go on.
        Resume = "resume",
        /// Say where things stand.
        Status = "status",
        /// Say why.
        Why = "why",
        /// List the commands.
        Help = "help",
    }
}

/// Words of commands that come with later versions: never the name of an environment in a command.
pub(super) const RESERVED: [&str; 9] =
    ["freeze", "thaw", "lock", "unlock", "rollback", "skip", "wave", "refresh", "diff"];

/// One row of the help.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The verb.
    pub verb: Verb,
    /// How it is written.
    pub syntax: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The right that it takes; none where everyone may ask.
    pub right: Option<Right>,
    /// The keys that it takes.
    pub keys: &'static [&'static str],
}

const TABLE: [HelpRow; 8] = [
    HelpRow {
        verb: Verb::Promote,
        syntax: "/promote [ENV[,ENV]] [version=V]",
        meaning: "ask for this release, or exactly this version, in its next environment or the named ones",
        right: Some(Right::Promote),
        keys: &["version"],
    },
    HelpRow {
        verb: Verb::Approve,
        syntax: "/promote approve [sha=HEAD]",
        meaning: "approve exactly the content that this change shows",
        right: Some(Right::Approve),
        keys: &["sha"],
    },
    HelpRow {
        verb: Verb::Reject,
        syntax: "/promote reject [reason=\"…\"]",
        meaning: "close this change and do not propose its content again",
        right: Some(Right::Approve),
        keys: &["reason"],
    },
    HelpRow {
        verb: Verb::Hold,
        syntax: "/promote hold [until=TIME] [reason=\"…\"]",
        meaning: "stop this change",
        right: Some(Right::Promote),
        keys: &["until", "reason"],
    },
    HelpRow {
        verb: Verb::Resume,
        syntax: "/promote resume",
        meaning: "lift a hold, and let automation take up an environment that was set by hand",
        right: Some(Right::Promote),
        keys: &[],
    },
    HelpRow {
        verb: Verb::Status,
        syntax: "/promote status",
        meaning: "say where this promotion stands",
        right: None,
        keys: &[],
    },
    HelpRow {
        verb: Verb::Why,
        syntax: "/promote why",
        meaning: "say what each gate says, and why",
        right: None,
        keys: &[],
    },
    HelpRow {
        verb: Verb::Help,
        syntax: "/promote help",
        meaning: "list these commands",
        right: None,
        keys: &[],
    },
];

/// Every command, in the order in which people need them.
#[must_use]
pub const fn help() -> &'static [HelpRow] {
    &TABLE
}

/// The row of a verb.
pub(super) fn row(verb: Verb) -> &'static HelpRow {
    TABLE.iter().find(|row| row.verb == verb).expect("every verb has a row")
}
