//! Secrets that somebody wrote into a configuration, where none belong: what is shown of the file hides them.
//!
//! A mask is as long as what it hides, so that carets stay where they are.

use std::sync::LazyLock;

use regex::Regex;

/// A key below which a secret is named, up to its value.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let keys = "token|password|private_key|key|client_secret|webhook_secrets|secrets";
    Regex::new(&format!(r#"^(?:.*?[\s{{,\[])?["']?(?:{keys})["']?\s*:"#)).expect("it is an expression")
});
/// What names a secret and is none.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:env\s*:\s*[A-Z_][A-Z0-9_]*|file\s*:\s*[^\s{},\[\]]+|[a-z_]+\s*:)(?:[\s{},\[\]]|$)")
        .expect("it is an expression")
});
/// The user and password of an address.
static USER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"://([^/\s@]+)@").expect("it is an expression"));

/// The text as it may be shown.
pub(super) fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    // How deep the key of a block of secrets stands; what stands deeper belongs to it.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        block = block.filter(|key| indent > *key || line.trim().is_empty());
        if block.is_some() {
            shown.push_str(&hidden(line));
            continue;
        }
        let opens_block = mask_line(line, &mut shown);
        block = opens_block.then_some(indent);
    }
    shown
}

/// Adds a line with its secrets masked; whether it ends with a key whose value stands on the next lines.
fn mask_line(line: &str, shown: &mut String) -> bool {
    let (mut rest, mut is_flow, mut opens_block) = (line, false, false);
    while let Some(found) = SECRET.find(rest) {
        let (before, from) = rest.split_at(found.end());
        is_flow |= before.contains('{');
        let (value, after) = from.split_at(if is_flow { end_in_flow(from) } else { from.len() });
        opens_block = !is_flow && (value.trim().is_empty() || value.trim_start().starts_with(['|', '>']));
        shown.push_str(&without_user(before));
        shown.push_str(&hidden(value));
        rest = after;
    }
    shown.push_str(&without_user(rest));
    opens_block
}

/// Where a value between braces ends.
fn end_in_flow(text: &str) -> usize {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            ',' | '}' | ']' if depth == 0 => return index,
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// An address without its user, or anything else as it is.
pub(super) fn without_user(text: &str) -> String {
    USER.replace_all(text, |found: &regex::Captures<'_>| {
        format!("://{}@", "*".repeat(found.get(1).map_or(0, |user| user.len())))
    })
    .into_owned()
}

/// A value with everything masked but what names a secret, and the marks of YAML.
fn hidden(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(found) = NAME.find(rest) {
        let (before, from) = rest.split_at(found.start());
        let (name, after) = from.split_at(found.len());
        shown.push_str(&stars(before));
        shown.push_str(name);
        rest = after;
    }
    shown.push_str(&stars(rest));
    shown
}

fn stars(text: &str) -> String {
    let is_mark = |c: char| c.is_whitespace() || "{}[],-#|>".contains(c);
    text.chars().map(|c| if is_mark(c) { c.to_string() } else { "*".repeat(c.len_utf8()) }).collect()
}
