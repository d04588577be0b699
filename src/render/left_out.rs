//! What does not count in a config repository, and what to do about it.

use super::escape::sentence;
use crate::model::{LOG_BRANCH, LeftOut};

/// What is left out and why, in one sentence.
#[must_use]
pub fn left_out(left_out: &LeftOut) -> String {
    match left_out {
        LeftOut::Change { reference, why } => {
            let (reference, why) = (sentence(reference), sentence(why));
            format!("`{reference}` is left out: {why}; delete that ref, or restore what it pointed to")
        }
        LeftOut::LogCommits { tip, proven } => {
            let counts = match proven {
                Some(proven) => format!("the log counts up to {}", proven.short()),
                None => "nothing of the log counts".to_owned(),
            };
            format!(
                "commits on `{LOG_BRANCH}` up to {} are not proven to be the bot's and do not count; {counts}; find out \
                 who pushed them, and see `towpath doctor` for how to protect the branch",
                tip.short()
            )
        }
        LeftOut::LogReplaced { read } => format!(
            "`{LOG_BRANCH}` was replaced or deleted: it no longer contains {}, which was read before; where nobody meant to, restore \
             it from a clone",
            read.short()
        ),
    }
}
