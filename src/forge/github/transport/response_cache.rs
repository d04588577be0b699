//! Cached responses with their `ETag`s, for conditional requests.
//!
//! Losing one costs a request. The cache is bounded: the least recently used response is removed first, and the caller
//! removes those of a change that ended.
//!
//! Responses do not survive a restart. A 304 is useless without the response that it confirms, and storing those would
//! be a second copy of all pull requests. The price is 4 requests for each repository after a restart, and some for
//! each open change.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use http::header::HeaderValue;

use super::response::Response;

/// The total size of all responses in bytes. A first page of pull requests has about two million, most have a few thousand.
const BYTES_MAX: usize = 64 << 20;
/// The number of responses.
const ENTRIES_MAX: usize = 20_000;

/// The responses by path.
#[derive(Debug, Default)]
pub(super) struct ResponseCache {
    entries: BTreeMap<String, Entry>,
    /// The paths by last use; the least number is that of the least recently used.
    used: BTreeMap<u64, String>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    etag: HeaderValue,
    response: Response,
    used: u64,
}

impl ResponseCache {
    /// The response of a path and its `ETag`.
    pub(super) fn get(&mut self, path: &str) -> Option<(HeaderValue, Response)> {
        let entry = self.entries.get_mut(path)?;
        self.uses += 1;
        let path = self.used.remove(&entry.used)?;
        entry.used = self.uses;
        self.used.insert(self.uses, path);
        Some((entry.etag.clone(), entry.response.clone()))
    }

    pub(super) fn insert(&mut self, path: &str, etag: HeaderValue, response: Response) {
        self.remove(path);
        let bytes = size(path, &response);
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
        self.entries.insert(path.to_owned(), Entry { etag, response, used: self.uses });
    }

    /// Removes the responses of a path, with any query, and of all paths below it.
    pub(super) fn forget(&mut self, path: &str) {
        let is_within = |found: &str| {
            let rest = found.strip_prefix(path)?;
            (rest.is_empty() || rest.starts_with(['/', '?', '&'])).then_some(())
        };
        let following = self.entries.range(path.to_owned()..).map(|(found, _)| found);
        let following = following.take_while(|found| found.starts_with(path));
        let within: Vec<String> = following.filter(|found| is_within(found).is_some()).cloned().collect();
        for found in within {
            self.remove(&found);
        }
    }

    fn remove(&mut self, path: &str) {
        if let Some(entry) = self.entries.remove(path) {
            self.used.remove(&entry.used);
            self.bytes -= size(path, &entry.response);
        }
    }
}

fn size(path: &str, response: &Response) -> usize {
    path.len() + response.body.len()
}
