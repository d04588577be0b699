use std::sync::{Arc, Mutex, PoisonError};

use super::*;

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the log holds once an event with these words was logged, as a message and as a field.
fn logged(format: Format, words: &str) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let builder = tracing_subscriber::fmt().with_ansi(false).without_time();
    let builder = builder.with_writer(move || SanitizedLine(writer.clone()));
    let log = || tracing::warn!(title = words, "reading: {words}");
    match format {
        Format::Text => tracing::subscriber::with_default(builder.compact().with_target(false).finish(), log),
        Format::Json => tracing::subscriber::with_default(builder.json().finish(), log),
    }
    let bytes = lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn s1_an_event_is_one_line_that_steers_nothing_and_repeats_no_secret() {
    let secret = "log-canary+one/two";
    sanitize::remember(secret);
    let hostile = format!("a\nERROR forged\r\n\u{1b}[2J\u{202e}txt {secret}");
    for format in [Format::Text, Format::Json] {
        let text = logged(format, &hostile);
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers) && !text.contains(secret) && text.contains("***"), "{text:?}");
    }
}
