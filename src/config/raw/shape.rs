//! One table per mapping: the struct, its JSON Schema and its reader come from the same lines, so they agree.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::document::SourceValue;
use crate::config::located::Located;
use crate::config::reader::{Entry, Read, Reader};

/// Longest list or mapping that is accepted.
const ITEMS_MAX: usize = 10_000;

/// Declares a mapping with fixed keys; a value is nothing where it is absent, or could not be read.
macro_rules! shape {
    ($(#[$meta:meta])* $name:ident {
        required { $($(#[$required_meta:meta])* $required:ident: $required_type:ty,)* }
        optional { $($(#[$optional_meta:meta])* $optional:ident: $optional_type:ty,)* }
    }) => {
        $(#[$meta])*
        #[derive(Debug, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub(in crate::config) struct $name {
            $($(#[$required_meta])* #[schemars(required)]
              pub(in crate::config) $required: Option<Located<$required_type>>,)*
            $($(#[$optional_meta])* pub(in crate::config) $optional: Option<Located<$optional_type>>,)*
        }

        impl Read for $name {
            fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
                let known = [$(key(stringify!($required)),)* $(key(stringify!($optional)),)*];
                let fields = reader.fields(spot, &known)?;
                Some(Self {
                    $($required: reader.required(&fields, key(stringify!($required))),)*
                    $($optional: reader.optional(&fields, key(stringify!($optional))),)*
                })
            }
        }
    };
}

/// Declares a mapping that holds exactly one of several keys.
macro_rules! choice {
    ($(#[doc = $about:literal])+ $name:ident {
        $($(#[doc = $case_about:literal])+ $key:ident => $case:ident($type:ty),)+
    }) => {
        $(#[doc = $about])+
        #[derive(Debug)]
        pub(in crate::config) enum $name { $($(#[doc = $case_about])+ $case(Located<$type>)),+ }

        impl $name {
            /// The keys, one of which has to be there.
            const KEYS: &'static [&'static str] = &[$(stringify!($key)),+];

            fn of_entry(reader: &mut Reader<'_>, key: &str, value: SourceValue) -> Option<Self> {
                match key {
                    $(stringify!($key) => reader.value(value).map(Self::$case),)+
                    _ => None,
                }
            }
        }

        impl Read for $name {
            fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
                let (key, value) = only_entry(reader, spot, Self::KEYS)?;
                Self::of_entry(reader, key, value)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let about = concat!($($about),+).trim();
                let cases = [$({
                    let about = concat!($($case_about),+).trim();
                    case_schema::<$type>(generator, stringify!($key), about)
                }),+];
                schemars::json_schema!({ "description": about, "oneOf": cases })
            }
        }
    };
}
pub(super) use {choice, shape};

/// The key of a field; `r#` only keeps a keyword of Rust from being one.
pub(super) fn key(field: &'static str) -> &'static str {
    field.trim_start_matches("r#")
}

/// The one entry of a mapping that holds one of the known keys.
pub(super) fn only_entry<'a>(
    reader: &mut Reader<'a>,
    spot: SourceValue,
    known: &[&str],
) -> Option<(&'a str, SourceValue)> {
    let problems_before = reader.findings.count();
    let fields = reader.fields(spot, known)?;
    let is_silent = reader.findings.count() == problems_before;
    only_entry_of(reader, spot, &fields.entries, is_silent.then_some(known))
}

/// The first of the entries of a mapping, which has to be the only one. `known` are the keys to name if there is none,
/// `None` if that has been reported already.
pub(super) fn only_entry_of<'a>(
    reader: &mut Reader<'a>,
    spot: SourceValue,
    entries: &[Entry<'a>],
    known: Option<&[&str]>,
) -> Option<(&'a str, SourceValue)> {
    if let Some(second) = entries.get(1) {
        let message = format!("`{}` cannot stand beside another key", second.key);
        let way_out = "keep one of them, or make it an item of its own";
        reader.findings.suggest(second.key_spot.span, message, way_out);
    }
    if let (None, Some(known)) = (entries.first(), known) {
        let message = format!("one of these keys is missing: `{}`", known.join("`, `"));
        reader.findings.suggest(spot.span, message, "add one of them; `towpath schema` says what each takes");
    }
    entries.first().map(|entry| (entry.key, entry.value))
}

/// The schema of a mapping that holds this one key.
pub(super) fn case_schema<T: JsonSchema>(generator: &mut SchemaGenerator, key: &str, about: &str) -> Schema {
    let mut value = generator.subschema_for::<T>();
    value.insert("description".to_owned(), about.into());
    let properties = serde_json::Map::from_iter([(key.to_owned(), value.to_value())]);
    json_schema!({
        "type": "object",
        "properties": properties,
        "required": [key],
        "additionalProperties": false,
    })
}

/// A list, as far as its items could be read.
#[derive(Debug)]
pub(in crate::config) struct List<T> {
    /// The items that could be read.
    pub(in crate::config) items: Vec<Located<T>>,
    /// Whether those are all.
    pub(in crate::config) is_complete: bool,
}

impl<T: Read> Read for List<T> {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        let spots = reader.items(spot, "a list")?;
        if spots.len() > ITEMS_MAX {
            reader.findings.add(spot.span, format!("this list has more than {ITEMS_MAX} items"));
        }
        let read: Vec<_> = spots.into_iter().take(ITEMS_MAX).map(|item| reader.value(item)).collect();
        let is_complete = read.iter().all(Option::is_some);
        Some(Self { items: read.into_iter().flatten().collect(), is_complete })
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>() })
    }
}

/// A mapping whose keys are names that people choose.
#[derive(Debug)]
pub(in crate::config) struct Map<K, V> {
    /// The entries whose key and value could be read.
    pub(in crate::config) entries: Vec<(Located<K>, Located<V>)>,
    /// Whether those are all.
    pub(in crate::config) is_complete: bool,
}

impl<K: Read, V: Read> Read for Map<K, V> {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        let found = reader.entries(spot, "a mapping of names")?.entries;
        let mut read = |entry: &Entry<'_>| (reader.value(entry.key_spot), reader.value(entry.value));
        let read: Vec<_> = found.iter().map(&mut read).collect();
        let entries: Vec<_> = read.into_iter().filter_map(|(key, value)| key.zip(value)).collect();
        let is_complete = entries.len() == found.len();
        Some(Self { entries, is_complete })
    }
}

impl<K: JsonSchema, V: JsonSchema> JsonSchema for Map<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("MapOf{}To{}", K::schema_name(), V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let key = generator.subschema_for::<K>();
        let value = generator.subschema_for::<V>();
        json_schema!({ "type": "object", "propertyNames": key, "additionalProperties": value })
    }
}
