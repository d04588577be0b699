//! Which tags of an image are releases: one rule, and beside a range of versions whether pre-releases are taken.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::shape::{List, case_schema, choice, key, only_entry, only_entry_of, shape};
use super::text::{Expression, GroupOfPattern, Layout};
use crate::config::document::{PlainScalar, SourceValue, ValueKind};
use crate::config::located::Located;
use crate::config::reader::{Read, Reader};
use crate::model::{Selection, Tag};

/// The key that may stand beside `semver`.
const PRERELEASES: &str = "prereleases";
/// What the schema says about it.
const PRERELEASES_ABOUT: &str = "Whether every pre-release between the bounds of the range is taken too; default: what the service says, \
                                 else false.";

shape! {
    /// Tags of one form, compared by parts of it.
    SelectByGroups {
        required {
            /// A regular expression with named groups, such as `^main-(?P<build>[0-9]+)$`.
            pattern: Expression,
            /// The groups to compare by, the most important first; digits compare as numbers.
            sort: List<GroupOfPattern>,
        }
        optional {}
    }
}

choice! {
    /// Which tags are releases, and which of two is newer.
    SelectRule {
        /// Semantic versions in a range, such as `>=1.0.0, <2.0.0` or `^1.4 || ^2.1`; `*` takes every release version.
        semver => Semver(Selection),
        /// Calendar versions of a layout, such as `YYYY.0M.MICRO`.
        calver => Calver(Layout),
        /// Tags of one form, compared by parts of it.
        regex => Regex(SelectByGroups),
        /// `true`: every tag, by its bytes.
        alphabetical => Alphabetical(bool),
        /// `true`: tags of nothing but digits, as whole numbers.
        numerical => Numerical(bool),
        /// `true`: every tag, by the date on which its artifact was made; narrow it by `allow` to at most 100.
        newest => Newest(bool),
        /// One tag, such as `latest`: whatever it points to is a release.
        digest => Digest(Tag),
    }
}

/// A rule, and what stands beside it.
#[derive(Debug)]
pub(in crate::config) struct Select {
    /// The rule.
    pub(in crate::config) rule: SelectRule,
    /// Whether pre-releases are taken; proven to stand beside `semver` only.
    pub(in crate::config) prereleases: Option<Located<bool>>,
}

impl Read for Select {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        if let ValueKind::PlainScalar(PlainScalar::Text(text) | PlainScalar::Number(text)) =
            reader.shape(spot)
        {
            let way_out = match Selection::semver(text) {
                Ok(_) => format!("write `{{ semver: \"{text}\" }}`"),
                Err(_) => "write for example `{ semver: \">=1.0.0\" }`".to_owned(),
            };
            let message = "expected a rule that says which tags are releases, found a single word";
            reader.findings.suggest(spot.span, message, way_out);
            return None;
        }
        let problems_before = reader.findings.count();
        let known: Vec<&str> = SelectRule::KEYS.iter().copied().chain([PRERELEASES]).collect();
        let fields = reader.fields(spot, &known)?;
        let prereleases = reader.optional(&fields, PRERELEASES);
        let beside = fields.entries.iter().find(|entry| entry.key == PRERELEASES);
        let rules: Vec<_> = fields.entries.iter().filter(|entry| entry.key != PRERELEASES).copied().collect();
        let is_silent = reader.findings.count() == problems_before;
        let (key, value) = only_entry_of(reader, spot, &rules, is_silent.then_some(SelectRule::KEYS))?;
        let rule = SelectRule::of_entry(reader, key, value)?;
        if let (Some(beside), false) = (beside, matches!(rule, SelectRule::Semver(_))) {
            let message = format!("`{PRERELEASES}` has no meaning beside `{key}`, which has no pre-releases");
            let way_out = format!("delete `{PRERELEASES}`, or select by a range (`semver`)");
            reader.findings.suggest(beside.key_spot.span, message, way_out);
        }
        Some(Self { rule, prereleases })
    }
}

impl JsonSchema for Select {
    fn schema_name() -> Cow<'static, str> {
        "Select".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SelectRule::json_schema(generator);
        let cases = schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
        for properties in cases.filter_map(|case| case.get_mut("properties")).filter_map(Value::as_object_mut)
        {
            if properties.contains_key("semver") {
                let flag = json!({ "type": ["boolean", "null"], "description": PRERELEASES_ABOUT });
                properties.insert(PRERELEASES.to_owned(), flag);
            }
        }
        schema
    }
}
