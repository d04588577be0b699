//! Who sees to it that a violation fails its test.

use std::sync::{Arc, Mutex};
use std::thread;

use super::{Exchange, lock, violations};

/// Most violations that are shown of one test.
const SHOWN_MAX: usize = 12;

/// A test's hand on the exchanges of its world: where one was not as GitHub describes it, letting go of this fails
/// the test. A server's hand, which lives in tasks where nobody sees a panic, only writes down.
#[derive(Debug)]
pub(crate) struct Watch {
    found: Arc<Mutex<Vec<String>>>,
    is_the_test_s: bool,
}

impl Watch {
    /// A test's hand.
    pub(crate) fn new() -> Self {
        Self { found: Arc::default(), is_the_test_s: true }
    }

    /// The same for a server.
    pub(crate) fn for_a_server(&self) -> Self {
        Self { found: Arc::clone(&self.found), is_the_test_s: false }
    }

    /// Looks at an exchange.
    pub(crate) fn look(&self, exchange: &Exchange<'_>) {
        lock(&self.found).extend(violations(exchange));
    }
}

impl Clone for Watch {
    fn clone(&self) -> Self {
        Self { found: Arc::clone(&self.found), is_the_test_s: self.is_the_test_s }
    }
}

impl Drop for Watch {
    #[expect(clippy::print_stderr, reason = "a failing test has to say all that is wrong")]
    fn drop(&mut self) {
        let found = lock(&self.found);
        if found.is_empty() || !self.is_the_test_s {
            return;
        }
        let shown: Vec<&str> = found.iter().take(SHOWN_MAX).map(String::as_str).collect();
        let said = format!("{} times not as GitHub describes it:\n{}", found.len(), shown.join("\n"));
        drop(found);
        if thread::panicking() {
            eprintln!("{said}");
        } else {
            panic!("{said}");
        }
    }
}
