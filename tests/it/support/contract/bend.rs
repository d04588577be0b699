//! Schemas of OpenAPI 3.0 as JSON Schema: what `nullable` means is said in its words, and objects are closed.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Where schemas that others refer to are.
const SCHEMAS: &str = "#/components/schemas/";

/// The schema at a place, with all that it refers to.
pub(super) fn stand_alone(document: &Value, pointer: &str) -> Value {
    let schema = document.pointer(pointer).expect("the caller found it there");
    let (mut names, mut composed) = (BTreeSet::new(), BTreeSet::new());
    collect(document, schema, &mut names);
    for name in &names {
        merged(&document["components"]["schemas"][name], &mut composed);
    }
    merged(schema, &mut composed);
    let shared = names
        .iter()
        .map(|name| (name.clone(), bent(&document["components"]["schemas"][name], !composed.contains(name))));
    let shared: Map<String, Value> = shared.collect();
    json!({ "allOf": [bent(schema, true)], "components": { "schemas": shared } })
}

/// The names of all schemas that this one refers to, directly or not.
fn collect(document: &Value, schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(name) = named(schema)
                && names.insert(name.to_owned())
            {
                collect(document, &document["components"]["schemas"][name], names);
            }
            members.values().for_each(|member| collect(document, member, names));
        }
        Value::Array(members) => members.iter().for_each(|member| collect(document, member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The names of the schemas that are put together with others: they describe only a part, so they stay open.
fn merged(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            let parts = members.get("allOf").and_then(Value::as_array).into_iter().flatten();
            names.extend(parts.filter_map(named).map(str::to_owned));
            members.values().for_each(|member| merged(member, names));
        }
        Value::Array(members) => members.iter().for_each(|member| merged(member, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(SCHEMAS)
}

/// A schema in the words of JSON Schema.
fn bent(schema: &Value, is_whole: bool) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let is_composed = ["allOf", "anyOf", "oneOf"].iter().any(|key| members.contains_key(*key));
    let is_described = members.contains_key("properties");
    let mut bent_members = Map::new();
    for (key, value) in members {
        let value = match key.as_str() {
            "nullable" => continue,
            "properties" => each(value, true),
            "allOf" => several(value, false),
            "anyOf" | "oneOf" => several(value, is_whole && !is_described),
            "items" | "not" | "additionalProperties" => bent(value, true),
            _ => value.clone(),
        };
        bent_members.insert(key.clone(), value);
    }
    if is_whole && is_described && !is_composed && !members.contains_key("additionalProperties") {
        bent_members.insert("additionalProperties".to_owned(), json!(false));
    }
    if members.get("nullable") == Some(&json!(true)) {
        or_null(bent_members)
    } else {
        Value::Object(bent_members)
    }
}

fn each(schemas: &Value, is_whole: bool) -> Value {
    let all = schemas.as_object().expect("properties have names");
    Value::Object(all.iter().map(|(name, schema)| (name.clone(), bent(schema, is_whole))).collect())
}

fn several(schemas: &Value, is_whole: bool) -> Value {
    schemas.as_array().expect("a list of schemas").iter().map(|schema| bent(schema, is_whole)).collect()
}

fn or_null(schema: Map<String, Value>) -> Value {
    json!({ "anyOf": [{ "type": "null" }, Value::Object(schema)] })
}
