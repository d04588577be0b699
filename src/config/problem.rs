//! What is wrong with a configuration: where it stands, what it is, and what to do.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::mask::masked;

/// How many problems are printed; the closing line counts the rest.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// The bytes of the file that something is about.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// The first byte.
    pub(super) start: usize,
    /// The byte behind the last one.
    pub(super) end: usize,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// The way out, where the message does not say it yet.
    pub suggestion: Option<String>,
    /// What to underline; nothing where the problem is about the file as a whole.
    span: Option<Range<usize>>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.suggestion {
            Some(suggestion) => write!(formatter, "{}; {suggestion}", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

/// All problems of one file, in the order of its lines; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    file: PathBuf,
    /// What is shown of the file: what may be a secret is masked.
    text: Arc<str>,
    problems: Vec<Problem>,
}

impl Problems {
    /// The problem of a file that cannot be looked at, so that there is no line to show.
    pub(super) fn of_file(file: &Path, message: String, suggestion: &str) -> Self {
        let suggestion = Some(suggestion.to_owned());
        let problem = Problem { line: 1, column: 1, message, suggestion, span: None };
        Self { file: file.to_owned(), text: Arc::from(""), problems: vec![problem] }
    }

    /// The problems, in the order of the file's lines.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What people read: each problem with its line and a caret, then one line with the count.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown = self.problems.iter().take(PROBLEMS_SHOWN_MAX);
        let mut text: String = shown.map(|problem| self.render_one(problem, &renderer) + "\n\n").collect();
        text.push_str(&self.closing_line());
        text
    }

    fn render_one(&self, problem: &Problem, renderer: &Renderer) -> String {
        let path = self.file.to_string_lossy();
        let title = Level::ERROR.primary_title(normalize_untrusted_str(&problem.to_string()));
        let Some(span) = problem.span.clone() else {
            return renderer.render(&[title.element(Origin::path(path))]);
        };
        let annotation = AnnotationKind::Primary.span(span);
        renderer.render(&[title.element(Snippet::source(&*self.text).path(path).annotation(annotation))])
    }

    fn closing_line(&self) -> String {
        let file = self.file.display();
        match self.problems.len() {
            1 => format!("1 problem in {file}"),
            count if count > PROBLEMS_SHOWN_MAX => {
                format!("{count} problems in {file}, of which these are the first {PROBLEMS_SHOWN_MAX}")
            }
            count => format!("{count} problems in {file}"),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// The problems found so far in one text.
#[derive(Debug)]
pub(super) struct ProblemList {
    text: Arc<str>,
    problems: Vec<Problem>,
}

impl ProblemList {
    /// Nothing found yet in a text.
    pub(super) fn new(text: &str) -> Self {
        Self { text: Arc::from(text), problems: Vec::new() }
    }

    /// Adds a problem whose message already says what to do.
    pub(super) fn add(&mut self, span: Span, message: impl fmt::Display) {
        self.push(span, message.to_string(), None);
    }

    /// Adds a problem and what to do.
    pub(super) fn suggest(&mut self, span: Span, message: impl fmt::Display, way_out: impl fmt::Display) {
        self.push(span, message.to_string(), Some(way_out.to_string()));
    }

    /// How many problems there are so far.
    pub(super) const fn count(&self) -> usize {
        self.problems.len()
    }

    /// Whether something within a place could not be read, so that it is not missing, only wrong.
    pub(super) fn is_broken(&self, span: Span) -> bool {
        let within = |problem: &Range<usize>| span.start <= problem.start && problem.end <= span.end;
        self.problems.iter().filter_map(|problem| problem.span.as_ref()).any(within)
    }

    /// The line of a place in the text, from 1: to name an earlier line in a message.
    pub(super) fn line(&self, span: Span) -> usize {
        line_and_column(&self.text, span.start).0
    }

    /// The line and column, from 1, at which something starts.
    pub(super) fn position(&self, span: Span) -> (usize, usize) {
        line_and_column(&self.text, span.start)
    }

    /// The problems in the order of the lines, or nothing where there are none.
    pub(super) fn into_problems(mut self, file: &Path) -> Option<Problems> {
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        let found = !self.problems.is_empty();
        let text = Arc::from(masked(&self.text));
        found.then_some(Problems { file: file.to_owned(), text, problems: self.problems })
    }

    fn push(&mut self, span: Span, message: String, suggestion: Option<String>) {
        let span = first_line(&self.text, span);
        let (line, column) = line_and_column(&self.text, span.start);
        self.problems.push(Problem { line, column, message, suggestion, span: Some(span) });
    }
}

/// The part of a span that lies on its first line, on character boundaries: a caret marks one line.
fn first_line(text: &str, span: Span) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end.max(start));
    let marked = text.get(start..end).unwrap_or_default();
    let line = marked.split(['\n', '\r']).next().unwrap_or_default();
    start..start + line.trim_end().len()
}

/// Line and column of a byte, both from 1, the column in characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(at)).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
