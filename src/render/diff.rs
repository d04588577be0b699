//! Differences between files, in the unified form.

use similar::TextDiff;

use super::tables::Colour;
use crate::model::FileChange;

/// How many lines around a change are shown.
const CONTEXT_LINES: usize = 3;

/// The unified diff of some files; empty where nothing differs.
#[must_use]
pub fn diff(files: &[FileChange], colour: Colour) -> String {
    let text: String = files.iter().map(file_diff).collect();
    match colour {
        Colour::Never => text,
        Colour::Always => text.split_inclusive('\n').map(coloured).collect(),
    }
}

fn file_diff(file: &FileChange) -> String {
    let sides = [&file.old, &file.new].map(|side| std::str::from_utf8(side.as_deref().unwrap_or_default()));
    let [Ok(old), Ok(new)] = sides else { return format!("binary file {} differs\n", file.path) };
    let name = |side: &Option<Vec<u8>>, prefix: &str| match side {
        Some(_) => format!("{prefix}/{}", file.path),
        None => "/dev/null".to_owned(),
    };
    let diff = TextDiff::from_lines(old, new);
    let mut unified = diff.unified_diff();
    unified.context_radius(CONTEXT_LINES).header(&name(&file.old, "a"), &name(&file.new, "b")).to_string()
}

fn coloured(line: &str) -> String {
    let code = match line.chars().next() {
        _ if line.starts_with("+++") || line.starts_with("---") => "1",
        Some('+') => "32",
        Some('-') => "31",
        Some('@') => "36",
        Some(_) | None => return line.to_owned(),
    };
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    format!("\u{1b}[{code}m{text}\u{1b}[0m{end}")
}
