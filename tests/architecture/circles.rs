//! Circles: two files of which each imports the other.
//!
//! * A path counts as an import of the file that defines the name: re-exports are followed.
//! * A module that re-exports what a module below it defines does not import it by that.
//! * A module may use what is below it, and what is below may use the types, traits and constants that the module itself
//!   defines: so a trait stands beside its implementations, and a table of parsers beside the type that they return. It
//!   may not call the module's functions or macros, because then neither can be read without the other.
//! * Unit tests do not count. Circles of more than two files are not searched for.

use std::collections::BTreeMap;

use crate::CIRCLES;
use crate::reader::{How, Mention};
use crate::rules::{Violation, violation};
use crate::source::Source;

/// How often a name is followed from one re-export to the next.
const REEXPORTS_MAX: usize = 8;

/// The first place where one file imports another.
#[derive(Clone, Copy)]
struct Import<'a> {
    from: &'a Source,
    line: usize,
}

/// Imports by the paths of the importing and of the imported file.
type Imports<'a> = BTreeMap<(&'a str, &'a str), Import<'a>>;

/// No file imports a file that imports it, apart from [`CIRCLES`].
pub(crate) fn circles(sources: &[Source]) -> Vec<Violation> {
    let imports = imports(sources);
    let mut violations: Vec<_> =
        imports.iter().filter_map(|((from, to), import)| circle(from, to, *import, &imports)).collect();
    violations.extend(gone(sources, &imports));
    violations
}

/// What is wrong with an import of `to` by `from`; each pair is reported once, at the file whose path is the first.
fn circle(from: &str, to: &str, import: Import<'_>, imports: &Imports<'_>) -> Option<Violation> {
    let back = imports.get(&(to, from))?;
    let is_exception = CIRCLES.iter().any(|(one, other, _)| (*one, *other) == (from, to));
    let what = || format!("imports {to}, which imports it in line {}", back.line);
    (from < to && !is_exception).then(|| violation(import.from, import.line, what()))
}

/// The rows of [`CIRCLES`] that name no circle.
fn gone(sources: &[Source], imports: &Imports<'_>) -> Vec<Violation> {
    let is_circle = |one, other| imports.contains_key(&(one, other)) && imports.contains_key(&(other, one));
    let rows = CIRCLES.iter().filter(|(one, other, _)| one >= other || !is_circle(one, other));
    rows.filter_map(|(one, other, _)| {
        let source = sources.iter().find(|source| source.path == *one)?;
        Some(violation(source, 1, format!("is not in a circle with {other}; delete its row in `CIRCLES`")))
    })
    .collect()
}

fn imports(sources: &[Source]) -> Imports<'_> {
    let files = sources.iter().filter(|source| !source.is_test() && !source.module.is_empty());
    let modules = Modules(files.map(|source| (source.module.as_slice(), source)).collect());
    let mut imports = Imports::new();
    for from in modules.0.values() {
        for mention in &from.facts.mentions {
            let Some((to, name)) = modules.imported(from, mention) else { continue };
            if !is_allowed(from, to, mention.how, name.as_deref()) {
                let import = Import { from, line: mention.line };
                imports.entry((&from.path, &to.path)).or_insert(import);
            }
        }
    }
    imports
}

/// Whether the mention takes no part in a circle.
fn is_allowed(from: &Source, to: &Source, how: How, name: Option<&str>) -> bool {
    let is_item = name.is_some_and(|name| name.starts_with(char::is_uppercase));
    from.path == to.path
        || to.module.starts_with(&from.module) && how == How::Reexport
        || from.module.starts_with(&to.module) && is_item
}

/// The files by the modules that they are.
struct Modules<'a>(BTreeMap<&'a [String], &'a Source>);

impl<'a> Modules<'a> {
    /// The file that `mention` leads to, and the name in it; `None` for the module itself.
    fn imported(&self, from: &Source, mention: &Mention) -> Option<(&'a Source, Option<String>)> {
        let mut path = absolute(from, &mention.path)?;
        for _ in 0..REEXPORTS_MAX {
            let (file, inside) = self.split(&path)?;
            let Some(name) = inside.first() else { return Some((file, None)) };
            let Some(origin) = reexported(file, name) else { return Some((file, Some(name.clone()))) };
            path = origin.into_iter().chain(inside[1..].iter().cloned()).collect();
        }
        None
    }

    /// The file of the longest module that `path` begins with, and what follows.
    fn split<'b>(&self, path: &'b [String]) -> Option<(&'a Source, &'b [String])> {
        (1..=path.len()).rev().find_map(|length| Some((*self.0.get(&path[..length])?, &path[length..])))
    }
}

/// Where a name comes from that `file` re-exports.
fn reexported(file: &Source, name: &str) -> Option<Vec<String>> {
    let mut reexports = file.facts.mentions.iter().filter(|mention| mention.how == How::Reexport);
    let found = reexports
        .find(|mention| mention.alias.as_ref().or(mention.path.last()).is_some_and(|last| last == name))?;
    absolute(file, &found.path)
}

/// A path from the root of the crate; `None` where it leads out of the crate, or to a name in scope.
fn absolute(from: &Source, path: &[String]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    if first == "crate" {
        return Some(rest.to_vec());
    }
    let is_below = from.facts.modules.iter().any(|module| module.name == *first && !module.is_inline);
    is_below.then(|| [&from.module, path].concat())
}
