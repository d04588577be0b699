//! Why an edit is not made: one list of reasons, each with its sentence and its way out.

use super::source::{Position, YamlError};

/// Why an edit is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusalReason {
    /// The value is written elsewhere.
    Alias,
    /// Others refer to this value, or to what it lies in.
    Anchored,
    /// The value carries a tag.
    Tagged,
    /// The value is a block scalar.
    BlockScalar,
    /// The mapping takes values from another one.
    MergeKey,
    /// A key occurs twice.
    DuplicateKey(String),
    /// There is no such key.
    NoSuchKey(String),
    /// There is no such item.
    NoSuchItem(String),
    /// The key is there already, with a value.
    KeyExists(String),
    /// It is not what the edit takes it for.
    NotA(&'static str),
    /// The lines are laid out in a way that is not edited.
    Layout(&'static str),
    /// The value is written in another way than was expected.
    Changed {
        /// The source text that was expected.
        expected: String,
        /// The source text that is there.
        found: String,
    },
    /// The value does not hold a document of its own that can be edited.
    NotEmbedded(&'static str),
    /// The text, or a document inside it, is not YAML.
    Unreadable(String),
    /// The result would differ from what was asked for.
    Unprovable(String),
}

/// An edit that is not made, where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}; {}", self.reason.why(), self.reason.way_out())]
pub struct EditRefusal {
    /// Where, in lines and columns of the file.
    pub position: Position,
    /// Why.
    pub reason: EditRefusalReason,
}

impl From<YamlError> for EditRefusal {
    fn from(error: YamlError) -> Self {
        Self { position: error.position, reason: EditRefusalReason::Unreadable(error.what) }
    }
}

impl EditRefusalReason {
    /// One of each kind, with made-up particulars, for a table of what is refused.
    #[must_use]
    pub fn every() -> Vec<Self> {
        let key = || "newTag".to_owned();
        vec![
            Self::Alias,
            Self::Anchored,
            Self::Tagged,
            Self::BlockScalar,
            Self::MergeKey,
            Self::DuplicateKey(key()),
            Self::NoSuchKey(key()),
            Self::NoSuchItem("[3]".to_owned()),
            Self::KeyExists(key()),
            Self::NotA("a single value"),
            Self::Layout("the item does not start on the line of its dash"),
            Self::Changed { expected: "'1.10'".to_owned(), found: "1.10".to_owned() },
            Self::NotEmbedded("it is folded (`>`)"),
            Self::Unreadable("did not find expected key".to_owned()),
            Self::Unprovable("it reads differently afterwards".to_owned()),
        ]
    }

    /// What stands in the way, in one clause.
    #[must_use]
    pub fn why(&self) -> String {
        match self {
            Self::Alias => "the value is an alias (`*…`)".to_owned(),
            Self::Anchored => {
                "the value has an anchor (`&…`), so other places would change with it".to_owned()
            }
            Self::Tagged => "the value has a tag (`!…`)".to_owned(),
            Self::BlockScalar => "the value is a block scalar (`|` or `>`)".to_owned(),
            Self::MergeKey => "the mapping has a merge key (`<<`)".to_owned(),
            Self::DuplicateKey(key) => format!("the key `{key}` occurs twice"),
            Self::NoSuchKey(key) => format!("there is no key `{key}` here"),
            Self::NoSuchItem(item) => format!("there is no item `{item}` here"),
            Self::KeyExists(key) => {
                format!("the key `{key}` is there already, with a value of another kind")
            }
            Self::NotA(what) => format!("this is not {what}"),
            Self::Layout(what) => (*what).to_owned(),
            Self::Changed { expected, found } => format!("`{found}` stands here, not `{expected}`"),
            Self::NotEmbedded(what) => format!("the value holds no document that can be edited: {what}"),
            Self::Unreadable(what) => format!("this is not read as YAML: {what}"),
            Self::Unprovable(what) => format!("the edit would change more than it should ({what})"),
        }
    }

    /// What a person can do about it, in one clause.
    #[must_use]
    pub const fn way_out(&self) -> &'static str {
        match self {
            Self::Alias => "write the value itself here",
            Self::Anchored => "write the value without it",
            Self::Tagged => "write it without",
            Self::BlockScalar => "write it on one line",
            Self::MergeKey => "write its keys out",
            Self::DuplicateKey(_) => "delete one of the two",
            Self::NoSuchKey(_) | Self::NoSuchItem(_) => "check the path, or add it by hand",
            Self::KeyExists(_) => "change that value instead, or delete the key first",
            Self::NotA(_) => "check the path",
            Self::Layout(_) => "edit this place by hand, or lay it out over plain lines",
            Self::Changed { .. } => "it was changed since; decide by hand",
            Self::NotEmbedded(_) => "write it as a literal block (`|`)",
            Self::Unreadable(_) => "correct the file",
            Self::Unprovable(_) => "edit this place by hand",
        }
    }
}
