//! Reads values out of a YAML document one by one, collecting every problem instead of stopping at the first.

use std::collections::BTreeMap;

use super::document::{Document, PlainScalar, SourceValue, ValueKind};
use super::located::Located;
use super::problem::{ProblemList, Span};
use super::suggest;

/// Longest text that is accepted as a key or value, in bytes.
const TEXT_BYTES_MAX: usize = 2048;
/// What is expected where the configuration says where a secret is.
const KEYS_OF_SECRET: &str = "keys such as `env`, `file`";

/// What can be read out of a document.
pub(super) trait Read: Sized {
    /// The value; nothing where it cannot be read, and then the reason is among the findings.
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self>;
}

/// A document being read, and what was found wrong with it so far.
pub(super) struct Reader<'a> {
    document: &'a Document,
    /// What was found wrong.
    pub(super) findings: &'a mut ProblemList,
}

/// The entries of one mapping, whose keys are known to be texts and to differ.
pub(super) struct Entries<'a> {
    /// The mapping itself.
    pub(super) spot: SourceValue,
    /// Keys and values in the order of the file.
    pub(super) entries: Vec<Entry<'a>>,
    /// Known keys that an unknown one was taken for, so that nobody hears of them as missing too.
    meant: Vec<String>,
}

/// One entry of a mapping.
#[derive(Copy, Clone)]
pub(super) struct Entry<'a> {
    /// The key as text.
    pub(super) key: &'a str,
    /// Where the key stands.
    pub(super) key_spot: SourceValue,
    /// The value.
    pub(super) value: SourceValue,
}

impl<'a> Reader<'a> {
    /// A reader at the start of a document.
    pub(super) const fn new(document: &'a Document, findings: &'a mut ProblemList) -> Self {
        Self { document, findings }
    }

    /// Reads a value together with its place.
    pub(super) fn value<T: Read>(&mut self, spot: SourceValue) -> Option<Located<T>> {
        let value = T::read(self, spot)?;
        Some(Located { value, span: spot.span })
    }

    /// The shape of a value, to choose between ways of writing it.
    pub(super) fn shape(&self, spot: SourceValue) -> ValueKind<'a> {
        self.document.shape(spot)
    }

    /// A text; `what` names what is expected, such as `a service name`.
    pub(super) fn text(&mut self, spot: SourceValue, what: &str) -> Option<&'a str> {
        match self.document.shape(spot) {
            ValueKind::PlainScalar(PlainScalar::Text(text)) if text.len() > TEXT_BYTES_MAX => {
                self.findings.add(spot.span, format!("this text is longer than {TEXT_BYTES_MAX} bytes"));
                None
            }
            ValueKind::PlainScalar(PlainScalar::Text(text)) => Some(text),
            ValueKind::PlainScalar(PlainScalar::Number(text) | PlainScalar::Truth(text)) => {
                let message = format!("expected {what}, found {}", self.document.shape(spot));
                self.findings.suggest(spot.span, message, format!("for the text, write \"{text}\""));
                None
            }
            shape @ (ValueKind::Nothing | ValueKind::List(_) | ValueKind::Map(_) | ValueKind::Alias) => {
                self.wrong(spot, what, &shape)
            }
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&mut self, spot: SourceValue, what: &str) -> Option<u64> {
        let shape = self.document.shape(spot);
        if let ValueKind::PlainScalar(PlainScalar::Number(text)) = shape
            && let Ok(number) = text.parse()
        {
            return Some(number);
        }
        self.wrong(spot, what, &shape)
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, spot: SourceValue) -> Option<bool> {
        let shape = self.document.shape(spot);
        match shape {
            ValueKind::PlainScalar(PlainScalar::Truth(text)) => Some(text.eq_ignore_ascii_case("true")),
            ValueKind::PlainScalar(PlainScalar::Text(_) | PlainScalar::Number(_))
            | ValueKind::Nothing
            | ValueKind::List(_)
            | ValueKind::Map(_)
            | ValueKind::Alias => self.wrong(spot, "`true` or `false`", &shape),
        }
    }

    /// The items of a list; `what` names what is expected, such as `a list`.
    pub(super) fn items(&mut self, spot: SourceValue, what: &str) -> Option<Vec<SourceValue>> {
        match self.document.shape(spot) {
            ValueKind::List(items) => Some(items),
            shape @ (ValueKind::Nothing
            | ValueKind::PlainScalar(_)
            | ValueKind::Map(_)
            | ValueKind::Alias) => self.wrong(spot, what, &shape),
        }
    }

    /// The entries of a mapping; keys that are no texts and keys that stand twice are reported and left out.
    pub(super) fn entries(&mut self, spot: SourceValue, what: &str) -> Option<Entries<'a>> {
        let pairs = match self.document.shape(spot) {
            ValueKind::Map(pairs) => pairs,
            shape @ (ValueKind::Nothing
            | ValueKind::PlainScalar(_)
            | ValueKind::List(_)
            | ValueKind::Alias) => {
                return self.wrong(spot, what, &shape);
            }
        };
        let mut entries = Vec::new();
        let mut seen = BTreeMap::new();
        for (key_spot, value) in pairs {
            let Some(key) = self.key(key_spot) else { continue };
            if let Some(first) = seen.get(key) {
                self.repeated(key, key_spot, *first);
                continue;
            }
            seen.insert(key, key_spot.span);
            entries.push(Entry { key, key_spot, value });
        }
        Some(Entries { spot, entries, meant: Vec::new() })
    }

    /// The entries of a mapping that may hold only these keys; others are reported and left out.
    pub(super) fn fields(&mut self, spot: SourceValue, known: &[&str]) -> Option<Entries<'a>> {
        let listed: Vec<String> = known.iter().take(3).map(|key| format!("`{key}`")).collect();
        let mut fields = self.entries(spot, &format!("keys such as {}", listed.join(", ")))?;
        let (legal, unknown) = fields.entries.into_iter().partition(|entry| known.contains(&entry.key));
        for Entry { key, key_spot, .. } in unknown {
            fields.meant.extend(suggest::nearest(key, known).map(str::to_owned));
            self.findings.suggest(
                key_spot.span,
                format!("unknown key `{key}`"),
                suggest::way_out(key, known),
            );
        }
        fields.entries = legal;
        Some(fields)
    }

    /// The value of a key that has to be there.
    pub(super) fn required<T: Read>(&mut self, fields: &Entries<'a>, key: &str) -> Option<Located<T>> {
        let entry = fields.get(key);
        if entry.is_none() && !fields.meant.iter().any(|meant| meant == key) {
            let message = format!("the key `{key}` is missing");
            let way_out = match key {
                "version" => "add `version: 1`".to_owned(),
                "select" => {
                    "add `select: { semver: \"*\" }` or another rule; `towpath help selection` lists them"
                        .to_owned()
                }
                _ => format!("add `{key}: ...`; `towpath schema` says what it takes"),
            };
            self.findings.suggest(self.head(fields), message, way_out);
        }
        self.value(entry?.value)
    }

    /// The value of a key that may be absent or empty.
    pub(super) fn optional<T: Read>(&mut self, fields: &Entries<'a>, key: &str) -> Option<Located<T>> {
        let spot = fields.get(key)?.value;
        if matches!(self.document.shape(spot), ValueKind::Nothing) { None } else { self.value(spot) }
    }

    /// Reports that something else was expected.
    pub(super) fn wrong<T>(&mut self, spot: SourceValue, what: &str, found: &ValueKind<'_>) -> Option<T> {
        let message = format!("expected {what}, found {found}");
        if matches!(found, ValueKind::Alias) {
            self.findings.suggest(
                spot.span,
                message,
                "aliases are not followed here, so write the value out",
            );
        } else if what.starts_with(KEYS_OF_SECRET) && matches!(found, ValueKind::PlainScalar(_)) {
            let way_out = "a secret is never written here; name where it is, as `{ env: VARIABLE }` or `{ file: PATH }`";
            self.findings.suggest(spot.span, message, way_out);
        } else {
            self.findings.add(spot.span, message);
        }
        None
    }

    fn key(&mut self, spot: SourceValue) -> Option<&'a str> {
        match self.document.shape(spot) {
            ValueKind::PlainScalar(
                PlainScalar::Text(key) | PlainScalar::Number(key) | PlainScalar::Truth(key),
            ) if key.len() <= TEXT_BYTES_MAX => Some(key),
            ValueKind::PlainScalar(_)
            | ValueKind::Nothing
            | ValueKind::List(_)
            | ValueKind::Map(_)
            | ValueKind::Alias => {
                self.findings.add(spot.span, "a key has to be a short text");
                None
            }
        }
    }

    fn repeated(&mut self, key: &str, spot: SourceValue, first: Span) {
        let way_out = format!("the first is in line {}; keep one of them", self.findings.line(first));
        self.findings.suggest(spot.span, format!("the key `{key}` stands here twice"), way_out);
    }

    /// What to mark for a mapping as a whole: its first key, which is what people see first.
    fn head(&self, fields: &Entries<'a>) -> Span {
        match self.document.shape(fields.spot) {
            ValueKind::Map(pairs) => pairs.first().map_or(fields.spot.span, |(key, _)| key.span),
            ValueKind::Nothing | ValueKind::PlainScalar(_) | ValueKind::List(_) | ValueKind::Alias => {
                fields.spot.span
            }
        }
    }
}

impl<'a> Entries<'a> {
    fn get(&self, key: &str) -> Option<Entry<'a>> {
        self.entries.iter().find(|entry| entry.key == key).copied()
    }
}
