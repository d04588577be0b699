//! The operations of the description, found by method and path.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The schema of what GitHub says with any refusal.
pub(super) const GENERAL_ERROR: &str = "/components/schemas/basic-error";

/// One operation: a method on paths of one form.
pub(super) struct Operation {
    method: String,
    /// The path with names in braces.
    pub(super) template: String,
    parts: Vec<Part>,
    /// Where the schema of each parameter is, by where it is given and its name.
    parameters: BTreeMap<(String, String), (String, bool)>,
    pub(super) request: Option<Request>,
    /// Where the schema of each answer is; nothing where it has no body.
    answers: BTreeMap<u16, Option<String>>,
}

/// What is sent with a request.
pub(super) struct Request {
    pub(super) pointer: String,
    pub(super) is_required: bool,
}

enum Part {
    Word(String),
    /// A name, and whether what stands for it may hold slashes.
    Name(String, bool),
}

/// Every operation of a document.
pub(super) fn all(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a description has paths");
    // An older way to write a comparison names two ends in one part.
    let paths = paths.iter().filter(|(template, _)| !template.contains("}..."));
    let operations = paths.flat_map(|(template, methods)| {
        let methods = methods.as_object().expect("a path has methods");
        methods.keys().map(move |method| Operation::new(document, template, method))
    });
    operations.collect()
}

/// The operation that a request asks for, and what stands for the names in its path. Words go before names.
pub(super) fn find<'a>(
    all: &'a [Operation],
    method: &str,
    path: &str,
) -> Option<(&'a Operation, Vec<(String, String)>)> {
    let found = all.iter().filter(|operation| operation.method == method);
    let found = found.filter_map(|operation| Some((operation, operation.filled(path)?)));
    found.max_by_key(|(operation, _)| {
        operation.parts.iter().filter(|part| matches!(part, Part::Word(_))).count()
    })
}

/// Statuses that any request may be answered with: GitHub describes them once, in words.
pub(super) const fn is_general(status: u16) -> bool {
    matches!(status, 301 | 401 | 403 | 404 | 422 | 429 | 500..)
}

/// A parameter's text as the schema wants to see it.
pub(super) fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => {
            text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
        }
        Some("boolean") => text.parse::<bool>().map_or_else(|_| json!(text), |truth| json!(truth)),
        Some("array") => text.split(',').collect(),
        _ => json!(text),
    }
}

impl Operation {
    fn new(document: &Value, template: &str, method: &str) -> Self {
        let pointer = format!("/paths/{}/{method}", escaped(template));
        let operation = document.pointer(&pointer).expect("it was listed");
        let mut parameters = BTreeMap::new();
        let mut multiple = Vec::new();
        for index in 0..operation["parameters"].as_array().map_or(0, Vec::len) {
            let at = resolved(document, format!("{pointer}/parameters/{index}"));
            let parameter = document.pointer(&at).expect("it is there");
            let text = |key: &str| parameter[key].as_str().expect("a parameter has a name and a place");
            if parameter["x-multi-segment"] == json!(true) {
                multiple.push(text("name").to_owned());
            }
            let is_required = text("in") == "query" && parameter["required"] == json!(true);
            let key = (text("in").to_owned(), text("name").to_owned());
            parameters.insert(key, (format!("{at}/schema"), is_required));
        }
        let parts = template.split('/').map(|part| Part::new(part, &multiple)).collect();
        let answers = answers(document, &pointer);
        let request = request(document, &format!("{pointer}/requestBody"));
        let (method, template) = (method.to_uppercase(), template.to_owned());
        Self { method, template, parts, parameters, request, answers }
    }

    /// Where the schema of a parameter is.
    pub(super) fn parameter(&self, place: &str, name: &str) -> Option<&str> {
        let found = self.parameters.get(&(place.to_owned(), name.to_owned()));
        found.map(|(pointer, _)| pointer.as_str())
    }

    /// The names that the query has to hold.
    pub(super) fn required(&self) -> impl Iterator<Item = &str> {
        self.parameters
            .iter()
            .filter(|(_, (_, is_required))| *is_required)
            .map(|((_, name), _)| name.as_str())
    }

    /// Where the schema of an answer is: nothing where it is not described, nothing in it where it has no body.
    pub(super) fn answer(&self, status: u16) -> Option<&Option<String>> {
        self.answers.get(&status)
    }

    /// What stands for the names, where a path is of this form.
    fn filled(&self, path: &str) -> Option<Vec<(String, String)>> {
        let parts: Vec<&str> = path.split('/').collect();
        let mut filled = Vec::new();
        fill(&self.parts, &parts, &mut filled).then_some(filled)
    }
}

impl Part {
    fn new(text: &str, multiple: &[String]) -> Self {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => Self::Name(name.to_owned(), multiple.iter().any(|found| found == name)),
            None => Self::Word(text.to_owned()),
        }
    }
}

fn fill(wanted: &[Part], given: &[&str], filled: &mut Vec<(String, String)>) -> bool {
    let Some((first, wanted)) = wanted.split_first() else { return given.is_empty() };
    match first {
        Part::Word(word) => {
            given.split_first().is_some_and(|(part, given)| part == word && fill(wanted, given, filled))
        }
        Part::Name(name, is_multiple) => {
            let most = if *is_multiple { given.len() } else { 1.min(given.len()) };
            (1..=most).any(|count| {
                let known = filled.len();
                filled.push((name.clone(), given[..count].join("/")));
                // What GitHub lists by a prefix may end with a slash.
                let fits = !given[..count.max(2) - 1].contains(&"") && fill(wanted, &given[count..], filled);
                if !fits {
                    filled.truncate(known);
                }
                fits
            })
        }
    }
}

fn request(document: &Value, pointer: &str) -> Option<Request> {
    let body = document.pointer(pointer)?;
    body.pointer("/content/application~1json/schema")?;
    let is_required = body["required"] == json!(true);
    Some(Request { pointer: format!("{pointer}/content/application~1json/schema"), is_required })
}

fn answers(document: &Value, pointer: &str) -> BTreeMap<u16, Option<String>> {
    let statuses = document.pointer(&format!("{pointer}/responses")).and_then(Value::as_object);
    let statuses = statuses.into_iter().flat_map(|answers| answers.keys());
    let answers = statuses.filter_map(|status| {
        let at = resolved(document, format!("{pointer}/responses/{status}"));
        let schema = format!("{at}/content/application~1json/schema");
        Some((status.parse().ok()?, document.pointer(&schema).map(|_| schema)))
    });
    answers.collect()
}

/// Where a place leads to that may only refer to another one.
fn resolved(document: &Value, pointer: String) -> String {
    let target = document.pointer(&pointer).and_then(|found| found["$ref"].as_str());
    target.map_or(pointer, |target| target.trim_start_matches('#').to_owned())
}

fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}
