//! Paths as people write them: `spec.sources[0].helm.values`, `"image.tag"` for a key that has a dot.

use super::tree::PathSegment;

/// Reads a path: keys with dots between them, indexes from 0 in brackets, quotes around keys that hold any of these.
///
/// # Errors
/// What is wrong with it, in words that begin with the place, counted in characters from 1.
///
/// ```
/// use towpath::yaml::{PathSegment, parse_path};
///
/// let path = parse_path("images[0].\"app.io/tag\"").unwrap();
/// let key = |text: &str| PathSegment::Key(text.to_owned());
/// assert_eq!(path, [key("images"), PathSegment::Index(0), key("app.io/tag")]);
/// ```
pub fn parse_path(text: &str) -> Result<Vec<PathSegment>, String> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        let at = |rest: &str| text[..text.len() - rest.len()].chars().count() + 1;
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, behind) =
                inside.split_once(']').ok_or_else(|| format!("{}: `[` is never closed", at(rest)))?;
            let index = index.parse().map_err(|_| format!("{}: `{index}` is no index", at(inside)))?;
            segments.push(PathSegment::Index(index));
            rest = behind;
        } else {
            let (key, behind) = key(rest).map_err(|why| format!("{}: {why}", at(rest)))?;
            segments.push(PathSegment::Key(key));
            rest = behind;
        }
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None if rest.is_empty() => return Ok(segments),
            None if rest.starts_with('[') => {}
            None => return Err(format!("{}: a `.` or `[` is expected", at(rest))),
        }
    }
}

/// The key at the start of a text, and what stands behind it.
fn key(text: &str) -> Result<(String, &str), &'static str> {
    if let Some(inside) = text.strip_prefix('"') {
        let (key, behind) = inside.split_once('"').ok_or("a quote is never closed")?;
        return Ok((key.to_owned(), behind));
    }
    let end = text.find(['.', '[', ']', '"']).unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => Err("a key is missing"),
        (key, behind) => Ok((key.to_owned(), behind)),
    }
}
