//! Tags that lack the quotes without which something else is read than what is written.

use crate::overlay::limit::Limit;

/// How tags without the quotes that they need are taken.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum Quotes {
    /// As they are: what such an image runs as is not certain.
    Needed,
    /// As if they had them, since an edit writes them.
    Given,
}

impl Quotes {
    /// Whether an image may be judged despite a doubt.
    pub(in crate::overlay) fn allow(self, doubt: Limit) -> bool {
        self == Self::Given && doubt == Limit::UnquotedTag
    }
}
