//! Answers that are asked for again and again, with the marks by which GitHub knows whether they still hold.
//!
//! Losing one costs a request. So there are bounds: what was not used for the longest goes first, and whoever knows that
//! something ended lets go of it.
//!
//! Responses do not survive a restart. A 304 is useless without the response that it confirms, and storing those would
//! be a second copy of all pull requests. The price is 4 requests for each repository after a restart, and some for
//! each open change.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use http::header::HeaderValue;

use super::answer::Answer;

/// How many bytes all of them have together. A first page of pull requests has some two million, most have few thousand.
const BYTES_MAX: usize = 64 << 20;
/// How many there are.
const ENTRIES_MAX: usize = 20_000;

/// The answers, by what was asked for.
#[derive(Debug, Default)]
pub(super) struct ResponseCache {
    entries: BTreeMap<String, Entry>,
    /// Which was used when: the least number is that of the one that was not used for the longest.
    used: BTreeMap<u64, String>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    mark: HeaderValue,
    answer: Answer,
    used: u64,
}

impl ResponseCache {
    /// An answer and its mark.
    pub(super) fn get(&mut self, path: &str) -> Option<(HeaderValue, Answer)> {
        let entry = self.entries.get_mut(path)?;
        self.uses += 1;
        let path = self.used.remove(&entry.used)?;
        entry.used = self.uses;
        self.used.insert(self.uses, path);
        Some((entry.mark.clone(), entry.answer.clone()))
    }

    pub(super) fn keep(&mut self, path: &str, mark: HeaderValue, answer: Answer) {
        self.remove(path);
        let bytes = size(path, &answer);
        if bytes > BYTES_MAX {
            return;
        }
        while self.bytes + bytes > BYTES_MAX || self.entries.len() >= ENTRIES_MAX {
            let Some((_, oldest)) = self.used.pop_first() else { break };
            self.remove(&oldest);
        }
        self.uses += 1;
        self.bytes += bytes;
        self.used.insert(self.uses, path.to_owned());
        self.entries.insert(path.to_owned(), Entry { mark, answer, used: self.uses });
    }

    /// Lets go of the answer at a path, whatever its query, and of all below it.
    pub(super) fn forget(&mut self, path: &str) {
        let is_within = |found: &str| {
            let rest = found.strip_prefix(path)?;
            (rest.is_empty() || rest.starts_with(['/', '?', '&'])).then_some(())
        };
        let beside = self.entries.range(path.to_owned()..).map(|(found, _)| found);
        let beside = beside.take_while(|found| found.starts_with(path));
        let within: Vec<String> = beside.filter(|found| is_within(found).is_some()).cloned().collect();
        for found in within {
            self.remove(&found);
        }
    }

    fn remove(&mut self, path: &str) {
        if let Some(entry) = self.entries.remove(path) {
            self.used.remove(&entry.used);
            self.bytes -= size(path, &entry.answer);
        }
    }
}

fn size(path: &str, answer: &Answer) -> usize {
    path.len() + answer.body.len()
}
