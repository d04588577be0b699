//! Differences between files, in the unified form.

use similar::TextDiff;

use super::colour::{Colour, Style};
use crate::model::FileChange;
use crate::sanitize;

/// How many lines around a change are shown.
const CONTEXT_LINES: usize = 3;
/// What stands behind a last line that has no end.
const NO_NEWLINE: &str = "\n\\ No newline at end of file\n";

/// The unified diff of some files; empty where nothing differs.
///
/// Without colour it is exact to the byte, so that `git apply` takes it. With colour it is for eyes: carriage
/// returns and other control characters are drawn, and those that end every line of a file are left out.
#[must_use]
pub fn diff(files: &[FileChange], colour: Colour) -> String {
    match colour {
        Colour::Never => files.iter().map(exact).collect(),
        Colour::Always => readable_diff(files).split_inclusive('\n').map(coloured).collect(),
    }
}

/// The diff for a terminal without colour: control characters are drawn, as they are with colour.
#[must_use]
pub fn readable_diff(files: &[FileChange]) -> String {
    files.iter().map(|file| drawn(&exact(file), every_line_returns(file))).collect()
}

fn exact(file: &FileChange) -> String {
    let old_name = header(file, file.old.as_deref(), "a");
    let new_name = header(file, file.new.as_deref(), "b");
    let (old, new) = (file.old.as_deref().unwrap_or_default(), file.new.as_deref().unwrap_or_default());
    if old == new {
        return String::new();
    }
    match (text(old), text(new)) {
        (Some(old), Some(new)) => format!("--- {old_name}\n+++ {new_name}\n{}", hunks(old, new)),
        (None, _) | (_, None) => format!("Binary files {old_name} and {new_name} differ\n"),
    }
}

fn header(file: &FileChange, side: Option<&[u8]>, prefix: &str) -> String {
    side.map_or_else(|| "/dev/null".to_owned(), |_| format!("{prefix}/{}", file.path))
}

/// The bytes as text; nothing where they are none.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// Lines end at line feeds alone, as in Git. [`similar::UnifiedDiff`] as a whole would take a carriage return for the end of
/// the last line, and `git apply` then misses the hint that the file has no newline at its end.
fn hunks(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let diff = TextDiff::from_slices(&old, &new);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT_LINES).iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            text.push_str(&format!("{}{}", change.tag(), change.value()));
            if !change.value().ends_with('\n') {
                text.push_str(NO_NEWLINE);
            }
        }
    }
    text
}

/// Whether a carriage return at the end of a line says nothing, because every line has one.
fn every_line_returns(file: &FileChange) -> bool {
    let sides = [&file.old, &file.new].into_iter().flatten();
    let mut lines = sides.flat_map(|side| side.split_inclusive(|byte| *byte == b'\n'));
    lines.all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"))
}

/// Control characters as the pictures that Unicode has for them.
fn drawn(diff: &str, returns_say_nothing: bool) -> String {
    let diff = if returns_say_nothing { diff.replace("\r\n", "\n") } else { diff.to_owned() };
    pictured(&diff)
}

/// A text whose control characters, which could steer a terminal, are pictures of themselves.
#[must_use]
pub fn pictured(text: &str) -> String {
    text.chars().map(picture).collect()
}

fn picture(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\u{7f}' => '␡',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).expect("U+2400 to U+241F are there"),
        other if other.is_control() || sanitize::is_invisible(other) => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

fn coloured(line: &str) -> String {
    let style = match line.chars().next() {
        _ if line.starts_with("+++ ") || line.starts_with("--- ") => Style::Bold,
        Some('+') => Style::Green,
        Some('-') => Style::Red,
        Some('@') => Style::Cyan,
        Some('\\') => Style::Faint,
        Some(_) | None => return line.to_owned(),
    };
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    format!("{}{end}", Colour::Always.paint(style, text))
}
