//! Tables for a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::colour::{Colour, Style};
use super::escape::name;
use super::fit::in_columns;
use super::gates::running;
use super::reasons::reason;
use crate::decide::{GateReason, Judgement};
use crate::model::Time;
use crate::sanitize;

/// What stands between two columns.
const GAP: &str = "  ";
/// What stands between two sentences of one cell: they hold commas and semicolons of their own.
const BETWEEN_SENTENCES: &str = " · ";
/// How narrow a column may become where the table has to fit, in columns of the terminal.
const COLUMN_MIN: usize = 12;
/// How wide a column is at most, in columns of the terminal: anybody may push a title of any length.
const CELL_COLUMNS_MAX: usize = 10_000;

/// Columns as wide as they need; where the whole is wider than `width` columns of the terminal the last ones are cut.
#[must_use]
pub fn table(headers: &[&str], rows: &[Vec<String>], width: Option<usize>) -> String {
    laid_out(headers, rows, width).iter().map(|cells| line(cells)).collect()
}

/// What each environment runs and waits for, one row each.
#[must_use]
pub fn status_table<'a>(
    judgements: impl IntoIterator<Item = &'a Judgement>,
    width: Option<usize>,
    colour: Colour,
) -> String {
    let judgements: Vec<&Judgement> = judgements.into_iter().collect();
    if judgements.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = judgements.iter().map(|judgement| row(judgement)).collect();
    let headers = ["service", "environment", "runs", "since", "change", "next"];
    let mut lines = laid_out(&headers, &rows, width).into_iter();
    let header = lines.next().map(|cells| colour.paint(Style::Bold, line(&cells).trim_end()) + "\n");
    let body = lines.zip(judgements).map(|(mut cells, judgement)| {
        let last = cells.pop().unwrap_or_default();
        cells.push(colour.paint(style(judgement), last.trim_end()));
        line(&cells)
    });
    header.into_iter().chain(body).collect()
}

fn row(judgement: &Judgement) -> Vec<String> {
    vec![
        judgement.target.service.to_string(),
        judgement.target.environment.to_string(),
        running(judgement).unwrap_or_default(),
        judgement.landed_at.map(minute).unwrap_or_default(),
        judgement.change.map(|change| change.to_string()).unwrap_or_default(),
        next(judgement),
    ]
}

/// In a table the column tells that it is an instant, in UTC.
fn minute(time: Time) -> String {
    time.format("%Y-%m-%d %H:%MZ").to_string()
}

/// `1.4.2: 1 of 2 approvals (bob); ask alice · soaks until …`
fn next(judgement: &Judgement) -> String {
    let waiting: Vec<String> = judgement.waiting().map(reason).collect();
    let candidate = judgement.candidate.as_ref().map(|release| name(&release.to_string()));
    match (candidate, waiting.is_empty()) {
        (Some(next), true) => next,
        (Some(next), false) => format!("{next}: {}", waiting.join(BETWEEN_SENTENCES)),
        (None, _) => waiting.join(BETWEEN_SENTENCES),
    }
}

fn style(judgement: &Judgement) -> Style {
    let in_trouble = judgement.waiting().any(GateReason::is_trouble);
    match (in_trouble, judgement.waiting().next()) {
        (true, _) => Style::Red,
        (false, Some(_)) => Style::Yellow,
        (false, None) => Style::Green,
    }
}

/// Every row with its cells cut and padded, the header first.
fn laid_out(headers: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<Vec<String>> {
    let header = headers.iter().map(|text| text.to_uppercase()).collect();
    // What is shown instead of a character or a secret may be of another width.
    let body = rows.iter().map(|row| row.iter().map(|text| sanitize::line(text)).collect());
    let all: Vec<Vec<String>> = std::iter::once(header).chain(body).collect();
    let widths = widths(&all, width);
    let padded =
        |row: &Vec<String>| row.iter().zip(&widths).map(|(text, width)| in_columns(text, *width)).collect();
    all.iter().map(padded).collect()
}

/// How wide each column is: what it needs, and where that is too much the last ones less.
fn widths(rows: &[Vec<String>], width: Option<usize>) -> Vec<usize> {
    let columns = rows.first().map_or(0, Vec::len);
    let needed = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0).min(CELL_COLUMNS_MAX)
    };
    let mut widths: Vec<usize> = (0..columns).map(needed).collect();
    let whole = widths.iter().sum::<usize>() + GAP.len() * columns.saturating_sub(1);
    let mut excess = width.map_or(0, |width| whole.saturating_sub(width));
    for column in widths.iter_mut().rev() {
        let given = excess.min(column.saturating_sub(COLUMN_MIN));
        *column -= given;
        excess -= given;
    }
    widths
}

fn line(cells: &[String]) -> String {
    format!("{}\n", cells.join(GAP).trim_end())
}
