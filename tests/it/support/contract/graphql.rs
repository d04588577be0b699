//! GraphQL: documents and variables against GitHub's schema, and answers against what was selected.

use std::fs;
use std::sync::LazyLock;

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde::Deserialize;
use serde_json::Value;

use super::words::short_bytes;
use super::{Exchange, folder};

static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    let text = fs::read_to_string(folder().join("schema.graphql")).expect("tests/run wrote the schema");
    // GitHub's own schema names two fields twice, with the same types: the rest of it holds.
    let schema = Schema::parse(text, "schema.graphql").unwrap_or_else(|found| found.partial);
    Valid::assume_valid(schema)
});

/// What is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Request {
    query: String,
    #[serde(default)]
    variables: JsonMap,
    #[serde(default)]
    operation_name: Option<String>,
}

/// What in an exchange does not fit GitHub's schema, in sentences.
pub(super) fn violations(exchange: &Exchange<'_>) -> Vec<String> {
    if exchange.method != "POST" {
        return vec![format!("{} /graphql: GitHub takes POST only", exchange.method)];
    }
    let found = match serde_json::from_slice::<Request>(exchange.sent) {
        Ok(request) => check(&request, exchange),
        Err(error) => vec![format!("the request is no question: {error}; {}", short_bytes(exchange.sent))],
    };
    found.into_iter().map(|problem| format!("POST /graphql: {problem}")).collect()
}

fn check(request: &Request, exchange: &Exchange<'_>) -> Vec<String> {
    let parsed = ExecutableDocument::parse_and_validate(&SCHEMA, request.query.clone(), "document");
    let document = match parsed {
        Ok(document) => document,
        Err(found) => {
            let all = found.errors.iter().map(|error| error.to_json().message);
            return all.map(|problem| format!("the document does not fit: {problem}")).collect();
        }
    };
    let operation = match document.operations.get(request.operation_name.as_deref()) {
        Ok(operation) => operation,
        Err(error) => return vec![format!("the document has no such operation: {}", error.message())],
    };
    let mut found = Vec::new();
    if let Err(error) = coerce_variable_values(&SCHEMA, operation, &request.variables) {
        found.push(format!("the variables do not fit: {}", error.message()));
    }
    if exchange.status == 200 {
        found.extend(check_answer(&document, &operation.selection_set, exchange.said));
    }
    found
}

fn check_answer(document: &ExecutableDocument, selected: &SelectionSet, said: &[u8]) -> Vec<String> {
    let answer: Value = match serde_json::from_slice(said) {
        Ok(answer) => answer,
        Err(error) => return vec![format!("the answer is no JSON: {error}; {}", short_bytes(said))],
    };
    let errors = answer["errors"].as_array().map_or(0, Vec::len);
    match &answer["data"] {
        Value::Null if errors > 0 => Vec::new(),
        Value::Null => vec!["the answer has neither data nor errors".to_owned()],
        data
        @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            let mut shape = Shape { document, found: Vec::new() };
            shape.object(selected, data, "data");
            shape.found
        }
    }
}

/// The fields that were selected of an object.
#[derive(Default)]
struct SelectedFields {
    /// Those that the answer has to hold.
    required: Vec<Field>,
    /// The names of all that it may hold; some stand in a part for another type.
    allowed: Vec<String>,
}

/// A walk through an answer, beside what was selected.
struct Shape<'a> {
    document: &'a ExecutableDocument,
    found: Vec<String>,
}

impl Shape<'_> {
    fn object(&mut self, selected: &SelectionSet, value: &Value, place: &str) {
        let Some(members) = value.as_object() else {
            return self.found.push(format!("at `{place}`: {value} is no object of type {}", selected.ty));
        };
        let mut fields = SelectedFields::default();
        self.collect(selected, value["__typename"].as_str(), &mut fields);
        for field in fields.required {
            let key = field.response_key().as_str();
            match members.get(key) {
                Some(value) => self.value(&field, field.ty(), value, &format!("{place}.{key}")),
                None => {
                    self.found.push(format!("at `{place}`: the answer lacks `{key}`, which was selected"))
                }
            }
        }
        let unknown = members.keys().filter(|key| !fields.allowed.contains(key));
        self.found.extend(unknown.map(|key| format!("at `{place}`: nobody selected `{key}`")));
    }

    fn collect(&self, selected: &SelectionSet, kind: Option<&str>, into: &mut SelectedFields) {
        for selection in &selected.selections {
            match selection {
                Selection::Field(field) => {
                    into.allowed.push(field.response_key().to_string());
                    into.required.push(Field::clone(field));
                }
                Selection::InlineFragment(part) => {
                    self.collect_part(&part.selection_set, selected, kind, into)
                }
                Selection::FragmentSpread(spread) => {
                    let part = spread.fragment_def(self.document).expect("the document was validated");
                    self.collect_part(&part.selection_set, selected, kind, into);
                }
            }
        }
    }

    fn collect_part(
        &self,
        part: &SelectionSet,
        whole: &SelectionSet,
        kind: Option<&str>,
        into: &mut SelectedFields,
    ) {
        let is_meant = part.ty == whole.ty || kind == Some(part.ty.as_str());
        if is_meant {
            return self.collect(part, kind, into);
        }
        let mut perhaps = SelectedFields::default();
        self.collect(part, kind, &mut perhaps);
        into.allowed.append(&mut perhaps.allowed);
    }

    fn value(&mut self, field: &Field, wanted: &Type, value: &Value, place: &str) {
        if value.is_null() {
            if wanted.is_non_null() {
                self.found.push(format!("at `{place}`: null is no {wanted}"));
            }
            return;
        }
        if wanted.is_list() {
            let Some(items) = value.as_array() else {
                return self.found.push(format!("at `{place}`: {value} is no {wanted}"));
            };
            let item = wanted.item_type();
            return items
                .iter()
                .enumerate()
                .for_each(|(n, value)| self.value(field, item, value, &format!("{place}.{n}")));
        }
        if field.selection_set.selections.is_empty() {
            if !is_leaf(wanted.inner_named_type(), value) {
                self.found.push(format!("at `{place}`: {value} is no {wanted}"));
            }
            return;
        }
        self.object(&field.selection_set, value, place);
    }
}

/// Whether a value may stand for a scalar or a word of an enumeration.
fn is_leaf(name: &str, value: &Value) -> bool {
    if let Some(ExtendedType::Enum(words)) = SCHEMA.types.get(name) {
        return value.as_str().is_some_and(|word| words.values.contains_key(word));
    }
    match name {
        "Int" => value.is_i64(),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "GitObjectID" => {
            value.as_str().is_some_and(|id| id.len() == 40 && id.bytes().all(|c| c.is_ascii_hexdigit()))
        }
        "DateTime" => value.as_str().is_some_and(|time| chrono::DateTime::parse_from_rfc3339(time).is_ok()),
        "BigInt" => value.is_string() || value.is_i64(),
        _ => value.is_string(),
    }
}
