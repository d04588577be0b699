//! Values that are one of several words.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::document::SourceValue;
use crate::config::reader::{Read, Reader};
use crate::config::suggest;
use crate::model::{MergeMethod, MergeMode, OnNewer, PushKind, SoakCounts, Together, WriteMode};

/// What kind of server a forge is.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) enum ForgeKind {
    /// Bare Git repositories on disk.
    Local,
    /// GitHub and GitHub Enterprise Server.
    GitHub,
}

/// A value that is one of several words.
trait Choice: Copy + 'static {
    /// Every word.
    fn words() -> Vec<&'static str>;
    /// What a word means.
    fn of_word(word: &str) -> Option<Self>;
    /// What to say of a word that a later version may know.
    fn not_built(_word: &str) -> Option<&'static str> {
        None
    }
}

impl ForgeKind {
    const WORDS: [(&'static str, Self); 2] = [("local", Self::Local), ("github", Self::GitHub)];
}

impl Choice for ForgeKind {
    fn words() -> Vec<&'static str> {
        Self::WORDS.iter().map(|(word, _)| *word).collect()
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
    }

    fn not_built(word: &str) -> Option<&'static str> {
        word.eq_ignore_ascii_case("gitlab")
            .then_some("GitLab is not supported yet; the kinds are `local` and `github`")
    }
}

macro_rules! words_of_the_model {
    ($($type:ident),+) => {$(
        impl Choice for $type {
            fn words() -> Vec<&'static str> {
                Self::ALL.iter().map(|value| value.word()).collect()
            }

            fn of_word(word: &str) -> Option<Self> {
                Self::from_word(word)
            }
        }
    )+};
}

words_of_the_model!(MergeMethod, MergeMode, OnNewer, PushKind, SoakCounts, Together, WriteMode);

macro_rules! choices {
    ($($type:ident),+) => {$(
        impl Read for $type {
            fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
                read_word(reader, spot)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": Self::words() })
            }
        }
    )+};
}

choices!(ForgeKind, MergeMethod, MergeMode, OnNewer, PushKind, SoakCounts, Together, WriteMode);

fn read_word<T: Choice>(reader: &mut Reader<'_>, spot: SourceValue) -> Option<T> {
    let words = T::words();
    let text = reader.text(spot, &format!("one of `{}`", words.join("`, `")))?;
    let found = T::of_word(text);
    if found.is_none() {
        let way_out = T::not_built(text).map_or_else(|| suggest::way_out(text, &words), str::to_owned);
        reader.findings.suggest(spot.span, format!("unknown value `{text}`"), way_out);
    }
    found
}
