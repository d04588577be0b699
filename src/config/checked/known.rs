//! The names that something may refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::suggest;

/// The names of one kind, in the order of the file.
#[derive(Debug)]
pub(super) struct Known<'a, T> {
    what: &'static str,
    names: Vec<&'a Located<T>>,
    /// Whether every name could be read; if not, an unknown one may be among the unread.
    is_complete: bool,
}

impl<'a, T: Display + Ord> Known<'a, T> {
    /// Collects the names of one kind, such as `environment`; nothing stands for one that could not be read.
    pub(super) fn collect(what: &'static str, names: impl Iterator<Item = Option<&'a Located<T>>>) -> Self {
        let mut known = Self { what, names: Vec::new(), is_complete: true };
        for name in names {
            match name {
                Some(name) => known.names.push(name),
                None => known.is_complete = false,
            }
        }
        known
    }

    /// The same names, of which some are missing unless this holds.
    pub(super) const fn complete_if(mut self, holds: bool) -> Self {
        self.is_complete = self.is_complete && holds;
        self
    }

    /// Reports every name that occurs twice.
    pub(super) fn refuse_duplicates(&self, findings: &mut ProblemList) {
        let mut first: BTreeMap<&T, Span> = BTreeMap::new();
        for name in &self.names {
            if let Some(first) = first.get(&name.value) {
                let message = format!("the {} `{}` is there twice", self.what, name.value);
                let way_out = format!("the first is in line {}; rename or remove one", findings.line(*first));
                findings.suggest(name.span, message, way_out);
            } else {
                first.insert(&name.value, name.span);
            }
        }
    }

    /// Whether a name is among these; if it surely is not, that is reported.
    pub(super) fn has(&self, name: &Located<T>, findings: &mut ProblemList) -> bool {
        let found = self.names.iter().any(|known| known.value == name.value);
        if !found && self.is_complete {
            self.report(name, findings);
        }
        found
    }

    fn report(&self, name: &Located<T>, findings: &mut ProblemList) {
        let mut seen = BTreeSet::new();
        let names = self.names.iter().map(|known| known.value.to_string());
        let words: Vec<String> = names.filter(|word| seen.insert(word.clone())).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let way_out = suggest::way_out(&name.value.to_string(), &words);
        findings.suggest(name.span, format!("unknown {} `{}`", self.what, name.value), way_out);
    }
}
