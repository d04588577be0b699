//! The rules; each gives every violation that it finds.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use crate::reader::{How, Mention, Module};
use crate::source::Source;
use crate::{EMPTY_NAMES, OUTSIDE, PURE, ROOMS, TABLE};

/// The type that only [`JUDGE`] may make.
const PROOF: &str = "GatesPassed";
const JUDGE: &str = "decide";
/// Ways to make a value that need no function of the type's own.
const FOREIGN_CONSTRUCTORS: &[&str] = &["default", "deserialize"];

/// A place that breaks a rule; in the order of places.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    what: String,
}

impl Display for Violation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.what)
    }
}

pub(crate) fn violation(source: &Source, line: usize, what: impl Into<String>) -> Violation {
    Violation { path: source.path.clone(), line, what: what.into() }
}

/// Modules use only what their row of the table lists, and hand it on to nobody whose row does not.
pub(crate) fn layers(sources: &[Source]) -> Vec<Violation> {
    each_mention(sources, |source, mention| {
        let (first, rest) = mention.path.split_first()?;
        if first != "crate" || source.file_name() == "lib.rs" && source.module.is_empty() {
            return None;
        }
        let row = source.row();
        match rest.first().map(String::as_str) {
            None | Some("*") => Some(format!("module `{row}` may not use the whole crate; name the module")),
            Some(used) if used == row => None,
            Some(used) if !may_use(row, used) => Some(format!("module `{row}` may not use `{used}`")),
            Some(used) if mention.how == How::Reexport => smuggled(row, used),
            Some(_) => None,
        }
    })
}

/// What is wrong with `row` handing on what is of `used`: somebody may use the one and not the other.
fn smuggled(row: &str, used: &str) -> Option<String> {
    let (to, _) = TABLE.iter().find(|(to, _)| *to != used && may_use(to, row) && !may_use(to, used))?;
    Some(format!("module `{row}` may not re-export from `{used}`, which `{to}` may not use"))
}

/// Every module is in the table and declared once; the library's root declares modules and does nothing else.
pub(crate) fn roots(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for root in sources.iter().filter(|source| source.path == "src/lib.rs") {
        let items = root.facts.items.iter();
        violations
            .extend(items.map(|line| violation(root, *line, "the library's root only declares modules")));
        violations.extend(root.facts.modules.iter().filter_map(|module| wrong_at_the_root(root, module)));
        violations.extend(undeclared(root, sources));
    }
    for root in sources.iter().filter(|source| source.path == "src/main.rs") {
        let modules = root.facts.modules.iter();
        violations
            .extend(modules.map(|module| violation(root, module.line, "modules belong to the library")));
    }
    violations
}

fn wrong_at_the_root(root: &Source, module: &Module) -> Option<Violation> {
    let name = &module.name;
    if module.is_inline {
        return Some(violation(root, module.line, format!("module `{name}` belongs into src/{name}.rs")));
    }
    let is_known = TABLE.iter().any(|(row, _)| row == name);
    (!is_known).then(|| violation(root, module.line, format!("module `{name}` has no row in the table")))
}

fn undeclared(root: &Source, sources: &[Source]) -> Vec<Violation> {
    let is_declared = |name: &String| root.facts.modules.iter().any(|module| module.name == *name);
    let tops = sources.iter().filter(|source| source.module.first().is_some_and(|name| !is_declared(name)));
    tops.map(|source| violation(source, 1, "src/lib.rs does not declare this module, so nobody compiles it"))
        .collect()
}

/// The crates of [`ROOMS`] are named only there.
pub(crate) fn rooms(sources: &[Source]) -> Vec<Violation> {
    each_mention(sources, |source, mention| {
        let (name, rooms) =
            ROOMS.iter().find(|(name, _)| mention.path.first().is_some_and(|first| first == name))?;
        let is_home = source.is_test() || rooms.iter().any(|room| source.is_in(room));
        (!is_home).then(|| format!("the crate `{name}` is used only in {}", list(rooms)))
    })
}

/// The pure modules neither wait nor name anything of [`OUTSIDE`].
pub(crate) fn purity(sources: &[Source]) -> Vec<Violation> {
    let is_pure = |source: &&Source| PURE.contains(&source.row()) && !source.is_test();
    let mut violations = Vec::new();
    for source in sources.iter().filter(is_pure) {
        let waits = source.facts.waits.iter();
        violations.extend(waits.map(|line| {
            violation(source, *line, format!("module `{}` is pure and may not be `async`", source.row()))
        }));
        violations
            .extend(source.facts.mentions.iter().filter_map(|mention| reaches_outside(source, mention)));
    }
    violations
}

fn reaches_outside(source: &Source, mention: &Mention) -> Option<Violation> {
    let outside = OUTSIDE.iter().find(|outside| {
        outside.split("::").eq(mention.path.iter().map(String::as_str).take(outside.split("::").count()))
    })?;
    Some(violation(
        source,
        mention.line,
        format!("module `{}` is pure and may not use `{outside}`", source.row()),
    ))
}

/// Only `decide` makes the proof that all gates passed.
pub(crate) fn gates_passed(sources: &[Source]) -> Vec<Violation> {
    let made_by = constructors(sources);
    let mut violations = each_mention(sources, |source, mention| {
        let makes = source.row() != JUDGE && makes_proof(&mention.path, &made_by);
        let is_renamed = mention.alias.as_ref().is_some_and(|alias| alias != "_");
        let renames = is_renamed && mention.path.iter().any(|part| part == PROOF);
        (makes || renames).then(|| forged(source, renames))
    });
    for source in sources.iter().filter(|source| source.row() != JUDGE) {
        let literals = source.facts.literals.iter().filter(|(name, _)| name == PROOF);
        violations.extend(literals.map(|(_, line)| violation(source, *line, forged(source, false))));
    }
    violations
}

/// The functions that make a proof.
pub(crate) fn constructors(sources: &[Source]) -> BTreeSet<String> {
    let all = sources.iter().flat_map(|source| &source.facts.constructors);
    let own = all.filter(|(of, _)| of == PROOF).map(|(_, function)| function.clone());
    own.chain(FOREIGN_CONSTRUCTORS.iter().map(|name| (*name).to_owned())).collect()
}

fn makes_proof(path: &[String], made_by: &BTreeSet<String>) -> bool {
    matches!(path, [.., of, function] if of == PROOF && made_by.contains(function))
}

fn forged(source: &Source, renames: bool) -> String {
    if renames {
        format!("`{PROOF}` goes by its own name, so that this test can see who makes one")
    } else {
        format!("module `{}` may not make a `{PROOF}`; only `{JUDGE}` does", source.row())
    }
}

/// What only tests see is in `tests.rs` beside the code, and nothing else depends on being tested.
pub(crate) fn test_code(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in sources {
        let switches = source.facts.test_switches.iter();
        violations.extend(switches.map(|line| {
            violation(
                source,
                *line,
                "`cfg(test)` stands only on `mod tests;`, with the tests in a file of their own",
            )
        }));
        let bare = source.facts.modules.iter().filter(|module| module.name == "tests" && !module.is_test);
        violations
            .extend(bare.map(|module| violation(source, module.line, "`mod tests` needs `#[cfg(test)]`")));
    }
    violations
}

/// Each parameter of a function has a name: a tuple hides how many there are from the reader and from clippy's limit.
pub(crate) fn parameters(sources: &[Source]) -> Vec<Violation> {
    let packed = |source: &Source| source.facts.tuple_parameters.clone();
    let told = |source: &Source, (function, line): (String, usize)| {
        let what = format!("`{function}` takes a tuple apart; name each parameter, or make a struct of them");
        violation(source, line, what)
    };
    sources.iter().flat_map(|source| packed(source).into_iter().map(|found| told(source, found))).collect()
}

/// A condition that does not depend on the item is an `if`, not a filter.
pub(crate) fn filters(sources: &[Source]) -> Vec<Violation> {
    let what = "`.filter(|_| ..)` does not look at the item; write `if`, `match` or `then`";
    let told = |source: &Source, line: &usize| violation(source, *line, what);
    sources
        .iter()
        .flat_map(|source| source.facts.constant_filters.iter().map(|line| told(source, line)))
        .collect()
}

/// No `mod.rs`, no file put elsewhere, no name that says nothing.
pub(crate) fn names(sources: &[Source]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in sources {
        if source.file_name() == "mod.rs" {
            violations.push(violation(
                source,
                1,
                "a module is `foo.rs` beside the folder `foo`, never `mod.rs`",
            ));
        }
        let module = &source.module;
        violations
            .extend(module.iter().filter(|name| is_empty_name(name)).map(|name| empty_name(source, 1, name)));
        violations.extend(source.facts.modules.iter().filter_map(|module| badly_declared(source, module)));
    }
    violations
}

fn badly_declared(source: &Source, module: &Module) -> Option<Violation> {
    if is_empty_name(&module.name) {
        return Some(empty_name(source, module.line, &module.name));
    }
    // Only in `src` does the place of a file say which module it is.
    let is_moved = module.is_elsewhere && source.path.starts_with("src/");
    is_moved
        .then(|| violation(source, module.line, "a module's file is where its name says, without `#[path]`"))
}

fn is_empty_name(name: &str) -> bool {
    EMPTY_NAMES.contains(&name)
}

fn empty_name(source: &Source, line: usize, name: &str) -> Violation {
    violation(source, line, format!("`{name}` says nothing; put the code beside the type that it serves"))
}

fn may_use(row: &str, used: &str) -> bool {
    TABLE.iter().any(|(module, may_use)| *module == row && may_use.contains(&used))
}

fn each_mention(sources: &[Source], wrong: impl Fn(&Source, &Mention) -> Option<String>) -> Vec<Violation> {
    let mentions =
        sources.iter().flat_map(|source| source.facts.mentions.iter().map(move |mention| (source, mention)));
    mentions
        .filter_map(|(source, mention)| Some(violation(source, mention.line, wrong(source, mention)?)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}
