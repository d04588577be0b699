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
pub const RESERVED: [&str; 9] =
    ["freeze", "thaw", "lock", "unlock", "rollback", "skip", "wave", "refresh", "diff"];

/// A key of a command, and what it takes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The word before the `=`.
    pub name: &'static str,
    /// What stands behind it, for people.
    pub takes: &'static str,
}

const VERSION: Key = Key { name: "version", takes: "a tag such as `1.4.2`" };
const SHA: Key = Key { name: "sha", takes: "the first 7 to 40 digits of a commit" };
const UNTIL: Key = Key { name: "until", takes: "an instant with its zone, such as `2030-01-31T08:00Z`" };
const REASON: Key = Key { name: "reason", takes: "a text in quotes, of at most 500 characters" };

/// One row of the help.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The verb.
    pub verb: Verb,
    /// How it is written.
    pub syntax: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// The rights of which it takes one; none where everyone may ask.
    pub rights: &'static [Right],
    /// The keys that it takes.
    pub keys: &'static [Key],
}

const TABLE: [HelpRow; 8] = [
    HelpRow {
        verb: Verb::Promote,
        syntax: "/promote [ENV[,ENV]] [version=V]",
        meaning: "ask for this release, or exactly this version, in its next environment or the named ones",
        rights: &[Right::Promote],
        keys: &[VERSION],
    },
    HelpRow {
        verb: Verb::Approve,
        syntax: "/promote approve [sha=HEAD]",
        meaning: "approve exactly the content that this change shows",
        rights: &[Right::Approve],
        keys: &[SHA],
    },
    HelpRow {
        verb: Verb::Reject,
        syntax: "/promote reject [reason=\"…\"]",
        meaning: "close this change and do not propose its content again",
        rights: &[Right::Approve],
        keys: &[REASON],
    },
    HelpRow {
        verb: Verb::Hold,
        syntax: "/promote hold [until=TIME] [reason=\"…\"]",
        meaning: "stop this change, until then or until it is resumed",
        rights: &[Right::Promote, Right::Approve],
        keys: &[UNTIL, REASON],
    },
    HelpRow {
        verb: Verb::Resume,
        syntax: "/promote resume",
        meaning: "lift a hold, and let automation take up an environment that was set by hand",
        rights: &[Right::Promote, Right::Approve],
        keys: &[],
    },
    HelpRow {
        verb: Verb::Status,
        syntax: "/promote status",
        meaning: "say where this promotion stands",
        rights: &[],
        keys: &[],
    },
    HelpRow {
        verb: Verb::Why,
        syntax: "/promote why",
        meaning: "say what each gate says, and why",
        rights: &[],
        keys: &[],
    },
    HelpRow {
        verb: Verb::Help,
        syntax: "/promote help",
        meaning: "list these commands",
        rights: &[],
        keys: &[],
    },
];

/// Every command, in the order in which people need them.
#[must_use]
pub const fn help() -> &'static [HelpRow] {
    &TABLE
}

impl HelpRow {
    /// Who may write it, in words: one of the rights, or everyone.
    #[must_use]
    pub fn who(&self) -> String {
        let rights: Vec<&str> = self.rights.iter().map(|right| right.word()).collect();
        if rights.is_empty() { "everyone".to_owned() } else { rights.join(" or ") }
    }
}

/// The row of a verb.
pub(super) fn row(verb: Verb) -> &'static HelpRow {
    TABLE.iter().find(|row| row.verb == verb).expect("every verb has a row")
}

/// The verb that a word means, in whatever case; `promote` itself is none that people write.
pub(super) fn named(word: &str) -> Option<Verb> {
    written().find(|verb| verb.word().eq_ignore_ascii_case(word))
}

/// The verbs that are written behind the prefix.
pub(super) fn written() -> impl Iterator<Item = Verb> {
    Verb::ALL.iter().copied().filter(|verb| *verb != Verb::Promote)
}

/// Whether a word names a command, now or later, and so no environment.
pub(super) fn is_taken(word: &str) -> bool {
    let later = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word));
    later || Verb::ALL.iter().any(|verb| verb.word().eq_ignore_ascii_case(word))
}
