//! The schema and the reader say the same.

use serde_json::{Value, json};

use super::*;
use crate::config::examined::raw_of;
use crate::config::problem::ProblemList;

/// A file in JSON, by way of another YAML reader than ours.
fn json_of(text: &str) -> Value {
    serde_yaml::from_str(text).expect("it is YAML")
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&schema()).expect("the schema is one")
}

/// Whether the reader takes a value, whatever it means.
fn is_readable(value: &Value) -> bool {
    let mut findings = ProblemList::new("");
    let _raw = raw_of(&value.to_string(), &mut findings);
    findings.count() == 0
}

/// Every value inside a value, as JSON pointers.
fn pointers(value: &Value, here: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let deeper = below.into_iter().flat_map(|(key, value)| pointers(value, &format!("{here}/{key}")));
    std::iter::once(here.to_owned()).chain(deeper).collect()
}

/// The sample with the long and the short way of writing things.
/// The sample as it is, and with each of the lines in it that are only shown.
fn samples() -> Vec<Value> {
    let other =
        EXAMPLE.replace("after: [dev] ", "after: { any: [dev] } ").replace("soak: 30m", "soak: { for: 30m }");
    let marked =
        EXAMPLE.replace("# marker: ", "marker: ").replace("after: [staging]", "after: { all: [staging] }");
    let declared = other.replace("# set:", "set:").replace("#   - { file", "  - { file");
    let hooked = ["name: dev", "hooks:", "  kind: dist", "  secrets:", "  header:"]
        .iter()
        .fold(EXAMPLE.to_owned(), |text, key| text.replace(&format!("    # {key}"), &format!("    {key}")));
    let semver = "        select: { semver:";
    let with_prereleases = "semver: \"*\", prereleases";
    let rules = [with_prereleases, "calver", "regex", "alphabetical", "numerical", "newest", "digest"];
    let selected = rules.map(|rule| {
        let shown = format!("# select: {{ {rule}:");
        let keys = ["allow", "ignore", "platforms", "together", "quiet", "prereleases", "values"];
        let uncomment = |text: String, key: &&str| text.replace(&format!("# {key}: "), &format!("{key}: "));
        let text = keys.iter().fold(declared.clone(), uncomment);
        text.replace(semver, "        # select: { semver:").replace(&shown, &shown.replace("# ", ""))
    });
    let ways = ["docker_config", "username", "token", "ecr", "gar", "acr"].map(|way| {
        let shown = format!("# credentials: {{ {way}:");
        EXAMPLE
            .replace("# realm:", "realm:")
            .replace("# - { host:", "- { host:")
            .replace(&shown, &shown.replace("# ", ""))
    });
    let written = EXAMPLE.replace("# write: ", "write: ").replace("# follow_ref: ", "follow_ref: ");
    [EXAMPLE.to_owned(), written, marked, declared, hooked, with_github()]
        .iter()
        .chain(&ways)
        .chain(&selected)
        .map(|text| json_of(text))
        .collect()
}

/// The sample with the lines about GitHub.
fn with_github() -> String {
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix("  # ") {
        Some(shown) if shown.starts_with("- name") || shown.starts_with("  ") => format!("  {shown}\n"),
        Some(_) | None => format!("{line}\n"),
    });
    lines.collect()
}

#[test]
fn the_sample_is_valid() {
    for sample in samples() {
        assert!(validator().is_valid(&sample) && is_readable(&sample));
    }
}

#[test]
fn the_sample_holds_every_key_of_the_schema() {
    let written: String = samples().iter().map(ToString::to_string).collect();
    let schema = schema();
    let properties = pointers(&schema, "").into_iter().filter(|pointer| pointer.ends_with("/properties"));
    let keys = properties.flat_map(|pointer| schema.pointer(&pointer).unwrap().as_object().unwrap().keys());
    let keys: Vec<&String> = keys.collect();
    assert!(keys.len() > 30);
    for key in keys {
        assert!(written.contains(&format!("\"{key}\":")), "`{key}` is not in the sample");
    }
}

#[test]
fn every_key_is_documented() {
    let schema = schema();
    let all = pointers(&schema, "");
    let keys = all.iter().filter(|pointer| pointer.rsplit('/').nth(1) == Some("properties"));
    for key in keys {
        let about =
            schema.pointer(key).unwrap().get("description").and_then(Value::as_str).unwrap_or_default();
        assert!(about.len() > 10, "{key} is not documented");
    }
}

#[test]
fn without_any_one_value_schema_and_reader_agree() {
    spoil_everywhere(|parent, key| {
        match parent {
            Value::Object(entries) => drop(entries.remove(key)),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        };
    });
}

#[test]
fn with_any_one_key_renamed_schema_and_reader_agree() {
    spoil_everywhere(|parent, key| {
        if let Value::Object(entries) = parent {
            let value = entries.remove(key).unwrap();
            entries.insert(format!("{key}x"), value);
        }
    });
}

#[test]
fn with_any_one_value_of_another_type_schema_and_reader_agree() {
    for other in [
        json!(null),
        json!(true),
        json!(7),
        json!(-1.5),
        json!([]),
        json!({}),
        json!([[]]),
        json!({"a/b": 1}),
    ] {
        spoil_everywhere(|parent, key| {
            *parent.pointer_mut(&format!("/{}", key.replace('/', "~1"))).unwrap() = other.clone();
        });
    }
}

/// Spoils every value of the samples in turn, and asks schema and reader.
fn spoil_everywhere(spoil: impl Fn(&mut Value, &str)) {
    let validator = validator();
    for sample in samples() {
        let mut refused = 0;
        for pointer in pointers(&sample, "").iter().filter(|pointer| !pointer.is_empty()) {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let mut spoilt = sample.clone();
            spoil(spoilt.pointer_mut(parent).unwrap(), &key.replace("~1", "/"));
            let is_valid = validator.is_valid(&spoilt);
            assert_eq!(is_valid, is_readable(&spoilt), "they differ about {pointer} in {spoilt}");
            refused += usize::from(!is_valid);
        }
        assert!(refused > 5, "the schema refuses something");
    }
}

#[test]
fn the_schema_beside_the_sample_is_this_one() {
    let stored: Value = serde_json::from_str(include_str!("../../../config/schema.json")).unwrap();
    assert!(stored == schema(), "it is out of date; run `towpath schema > config/schema.json`");
}
