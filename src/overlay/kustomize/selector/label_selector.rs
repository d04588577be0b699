//! Label selectors as Kubernetes writes them: `app=web,tier in (a, b),!canary`.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>. Kustomize holds the same
//! grammar against annotations.

use crate::overlay::document::value::Value;

/// How long a name or a value of a label may be, in bytes.
const LABEL_BYTES_MAX: usize = 63;

/// A parsed selector. Every requirement has to hold; an empty selector selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::overlay::kustomize) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Exists,
    Missing,
    In(Vec<String>),
    /// A label that is missing is in no set.
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Reads a selector; what is wrong with it where it is not one.
    pub(in crate::overlay::kustomize) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        let mut requirements = Vec::new();
        if parser.peek().is_none() {
            return Ok(Self::default());
        }
        loop {
            requirements.push(parser.requirement()?);
            match parser.next() {
                None => return Ok(Self(requirements)),
                Some(",") => {}
                Some(other) => return Err(format!("`{other}` stands where a comma is needed")),
            }
        }
    }

    /// Whether it selects what has these labels: a mapping, or nothing at all.
    pub(in crate::overlay::kustomize) fn selects(&self, labels: Option<&Value>) -> bool {
        let label = |key: &str| labels.and_then(|labels| labels.get(key)).and_then(Value::text);
        self.0.iter().all(|requirement| requirement.condition.holds(label(&requirement.key)))
    }
}

impl Condition {
    fn holds(&self, label: Option<&str>) -> bool {
        let is_in = |values: &[String]| label.is_some_and(|label| values.iter().any(|value| value == label));
        let number = || label.and_then(|label| label.parse::<i64>().ok());
        match self {
            Self::Exists => label.is_some(),
            Self::Missing => label.is_none(),
            Self::In(values) => is_in(values),
            Self::NotIn(values) => !is_in(values),
            Self::Above(bound) => number().is_some_and(|number| number > *bound),
            Self::Below(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}

/// Words and operators.
fn tokens(text: &str) -> Vec<&str> {
    let is_operator = |c: char| "=!(),<>".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '=' | '!' if rest.get(1..2) == Some("=") => 2,
            first if is_operator(first) => 1,
            _ => rest.find(|c: char| is_operator(c) || c.is_ascii_whitespace()).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token);
        rest = behind.trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        self.at += 1;
        self.tokens.get(self.at - 1).copied()
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let is_negated = self.peek() == Some("!");
        if is_negated {
            self.next();
        }
        let key =
            self.next().filter(|word| is_key(word)).ok_or("the name of a label is missing or not valid")?;
        let condition = if is_negated { Condition::Missing } else { self.condition()? };
        Ok(Requirement { key: key.to_owned(), condition })
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let operator = match self.peek() {
            None | Some(",") => return Ok(Condition::Exists),
            Some(operator) => operator,
        };
        self.next();
        Ok(match operator {
            "=" | "==" => Condition::In(vec![self.value()?]),
            "!=" => Condition::NotIn(vec![self.value()?]),
            "in" => Condition::In(self.values()?),
            "notin" => Condition::NotIn(self.values()?),
            ">" => Condition::Above(self.number()?),
            "<" => Condition::Below(self.number()?),
            other => return Err(format!("`{other}` is not an operator")),
        })
    }

    fn number(&mut self) -> Result<i64, String> {
        self.value()?.parse().map_err(|_| "`>` and `<` need a whole number".to_owned())
    }

    /// One value; nothing written is the empty text.
    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            None | Some("," | ")") => Ok(String::new()),
            Some(value) if is_label(value) => {
                self.next();
                Ok(value.to_owned())
            }
            Some(other) => Err(format!("`{other}` is not a value of a label")),
        }
    }

    /// Values between parentheses.
    fn values(&mut self) -> Result<Vec<String>, String> {
        if self.next() != Some("(") {
            return Err("the values of `in` and `notin` stand between parentheses".to_owned());
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next() {
                Some(")") => return Ok(values),
                Some(",") => values.push(self.value()?),
                Some(_) | None => return Err("a parenthesis is not closed".to_owned()),
            }
        }
    }
}

/// `name` or `prefix/name`.
fn is_key(text: &str) -> bool {
    let is_domain = |prefix: &str| {
        let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        !prefix.is_empty() && prefix.chars().all(is_inner)
    };
    match text.split_once('/') {
        Some((prefix, name)) => is_domain(prefix) && is_label(name),
        None => is_label(text),
    }
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_label(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_end = |c: char| c.is_ascii_alphanumeric();
    text.len() <= LABEL_BYTES_MAX
        && text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(is_inner)
}
