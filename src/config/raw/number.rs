//! Numbers and truth values.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::document::SourceValue;
use crate::config::reader::{Read, Reader};

/// The one version of the format.
const VERSION: u64 = 1;
/// Most approvals that a gate may ask for.
const APPROVALS_MAX: u64 = 100;

/// A number by which somebody else knows something.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) struct Identity(pub(in crate::config) u64);

/// The number of the format, which is always the same.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) struct Version;

/// A number of people, at least one.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) struct Count(pub(in crate::config) usize);

impl Read for bool {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        reader.truth(spot)
    }
}

impl Read for Version {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        let number = reader.number(spot, "the number of the format")?;
        if number == VERSION {
            return Some(Self);
        }
        let way_out = format!("this Towpath reads version {VERSION}");
        reader.findings.suggest(spot.span, format!("there is no version {number}"), way_out);
        None
    }
}

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": VERSION })
    }
}

impl Read for Identity {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        reader.number(spot, "a number").map(Self)
    }
}

impl JsonSchema for Identity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Identity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 0 })
    }
}

impl Read for Count {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        let number = reader.number(spot, "a whole number")?;
        if (1..=APPROVALS_MAX).contains(&number) {
            return usize::try_from(number).ok().map(Self);
        }
        let way_out = format!("write a number from 1 to {APPROVALS_MAX}, or leave the gate out");
        reader.findings.suggest(spot.span, format!("{number} approvals cannot be asked for"), way_out);
        None
    }
}

impl JsonSchema for Count {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": APPROVALS_MAX })
    }
}
