//! What GitHub says of its own interface: every request and answer of the tests has to keep to it.
//!
//! The description is GitHub's OpenAPI document and its GraphQL schema, fetched by `tests/run`. It is stricter here
//! than there: a field that GitHub does not describe is refused in requests and in answers, so that neither the
//! client nor the fake can live on one that somebody made up.

mod bend;
mod graphql;
mod operation;
mod watch;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::Value;

use super::peer;
use operation::Operation;

pub(crate) use watch::Watch;

/// Most entries on a page, which GitHub says only in words.
const PAGE_SIZE_MAX: u64 = 100;

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// One request with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    /// The path with its query, as it was sent.
    pub(crate) target: &'a str,
    pub(crate) sent: &'a [u8],
    pub(crate) status: u16,
    pub(crate) said: &'a [u8],
    /// Whether a test planned this answer: GitHub need not describe it then.
    pub(crate) is_planned: bool,
}

/// What in an exchange is not as GitHub describes it, in sentences.
pub(crate) fn violations(exchange: &Exchange<'_>) -> Vec<String> {
    CONTRACT.check(exchange)
}

struct Contract {
    document: Value,
    operations: Vec<Operation>,
    /// Validators by the place in the document that they were made of.
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
    /// The exchanges that were found good: stories are played again and again, and most say the same.
    good: Mutex<BTreeSet<u64>>,
}

impl Contract {
    fn read() -> Self {
        let text =
            fs::read_to_string(folder().join("openapi.json")).expect("tests/run wrote the description");
        let document: Value = serde_json::from_str(&text).expect("the description is JSON");
        let operations = operation::all(&document);
        Self { document, operations, validators: Mutex::default(), good: Mutex::default() }
    }

    fn check(&self, exchange: &Exchange<'_>) -> Vec<String> {
        let key = key_of(exchange);
        if lock(&self.good).contains(&key) {
            return Vec::new();
        }
        let found = match exchange.target {
            "/graphql" => graphql::violations(exchange),
            _ => self.check_rest(exchange),
        };
        if found.is_empty() {
            lock(&self.good).insert(key);
        }
        found
    }

    fn check_rest(&self, exchange: &Exchange<'_>) -> Vec<String> {
        let (path, query) = exchange.target.split_once('?').unwrap_or((exchange.target, ""));
        let Some((operation, filled)) = operation::find(&self.operations, exchange.method, path) else {
            return vec![format!("{} {path}: GitHub has no such operation", exchange.method)];
        };
        let mut found = self.check_parameters(operation, &filled, query);
        found.extend(self.check_request(operation, exchange.sent));
        found.extend(self.check_answer(operation, exchange));
        let name = format!("{} {}", exchange.method, operation.template);
        found.into_iter().map(|problem| format!("{name}: {problem}\n    in {}", exchange.target)).collect()
    }

    fn check_parameters(
        &self,
        operation: &Operation,
        filled: &[(String, String)],
        query: &str,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let asked: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let given = filled.iter().map(|pair| ("path", pair)).chain(asked.iter().map(|pair| ("query", pair)));
        for (place, (name, value)) in given {
            match operation.parameter(place, name) {
                None => found.push(format!("the {place} has an unknown parameter `{name}`, {value:?}")),
                Some(pointer) => found.extend(self.check_parameter(pointer, name, value)),
            }
        }
        let missing = operation.required().filter(|name| !asked.iter().any(|(asked, _)| asked == name));
        found.extend(missing.map(|name| format!("the query lacks `{name}`")));
        found
    }

    fn check_parameter(&self, pointer: &str, name: &str, text: &str) -> Vec<String> {
        let schema = self.document.pointer(pointer).expect("it was found there");
        let value = operation::typed(schema, text);
        if name == "per_page" && value.as_u64().is_none_or(|size| size > PAGE_SIZE_MAX) {
            return vec![format!("`per_page` is {text}, and GitHub gives no more than {PAGE_SIZE_MAX}")];
        }
        self.misfits(pointer, &value, &format!("the parameter `{name}`"))
    }

    fn check_request(&self, operation: &Operation, sent: &[u8]) -> Vec<String> {
        match (&operation.request, sent) {
            (None, []) => Vec::new(),
            (None, _) => vec![format!("a request without a body has one: {}", words::short_bytes(sent))],
            (Some(body), []) if body.is_required => vec!["the request lacks its body".to_owned()],
            (Some(_), []) => Vec::new(),
            (Some(body), sent) => match serde_json::from_slice::<Value>(sent) {
                Ok(value) => self.misfits(&body.pointer, &value, "the request"),
                Err(error) => vec![format!("the request is no JSON: {error}")],
            },
        }
    }

    fn check_answer(&self, operation: &Operation, exchange: &Exchange<'_>) -> Vec<String> {
        let (status, said) = (exchange.status, exchange.said);
        let what = format!("the answer {status}");
        let pointer = match operation.answer(status) {
            Some(Some(pointer)) => pointer.as_str(),
            Some(None) if said.is_empty() => return Vec::new(),
            Some(None) if exchange.is_planned => return Vec::new(),
            Some(None) if operation::is_general(status) => operation::GENERAL_ERROR,
            Some(None) => return vec![format!("{what} has a body: {}", words::short_bytes(said))],
            None if status == 304 && said.is_empty() => return Vec::new(),
            None if exchange.is_planned => return Vec::new(),
            None if operation::is_general(status) => operation::GENERAL_ERROR,
            None => {
                return vec![format!("{what} is none that GitHub describes: {}", words::short_bytes(said))];
            }
        };
        match serde_json::from_slice::<Value>(said) {
            Ok(value) => self.misfits(pointer, &value, &what),
            Err(error) => vec![format!("{what} is no JSON: {error}; {}", words::short_bytes(said))],
        }
    }

    /// What does not fit the schema at a place of the document.
    fn misfits(&self, pointer: &str, value: &Value, what: &str) -> Vec<String> {
        let validator = self.validator(pointer);
        if validator.is_valid(value) {
            return Vec::new();
        }
        validator.iter_errors(value).map(|error| format!("{what}{}", words::of(&error))).collect()
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut all = lock(&self.validators);
        let made = all.entry(pointer.to_owned()).or_insert_with(|| {
            let schema = bend::stand_alone(&self.document, pointer);
            let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
            let validator = options.should_validate_formats(true).build(&schema);
            Arc::new(validator.unwrap_or_else(|error| panic!("{pointer} is no schema: {error}")))
        });
        Arc::clone(made)
    }
}

/// Where `tests/run` keeps what GitHub says of itself.
fn folder() -> PathBuf {
    peer::folder("github-contract-23.0.2-15.26.1", "TOWPATH_TEST_GITHUB_CONTRACT")
}

fn key_of(exchange: &Exchange<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (exchange.method, exchange.target, exchange.sent, exchange.status).hash(&mut hasher);
    (exchange.said, exchange.is_planned).hash(&mut hasher);
    hasher.finish()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
