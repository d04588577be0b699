//! The rules themselves: each finds what was planted, and nothing in what is allowed.

use crate::circles;
use crate::rules::{self, Violation};
use crate::source::{self, Source};

type Rule = fn(&[Source]) -> Vec<Violation>;

fn findings(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let sources: Vec<_> = files.iter().map(|(path, text)| Source::parse(path, text)).collect();
    rule(&sources).iter().map(ToString::to_string).collect()
}

#[track_caller]
fn finds(rule: Rule, path: &str, text: &str, expected: &str) {
    let found = findings(rule, &[(path, text)]);
    assert!(found.iter().any(|line| line.contains(expected)), "{expected:?} is not in {found:?}");
}

#[track_caller]
fn permits(rule: Rule, path: &str, text: &str) {
    assert_eq!(findings(rule, &[(path, text)]), Vec::<String>::new());
}

#[test]
fn a_forbidden_use_is_named_with_file_and_line() {
    finds(
        rules::layers,
        "src/forge/local.rs",
        "//! A port.\n\nuse crate::decide::Plan;\n",
        "src/forge/local.rs:3: module `forge` may not use `decide`",
    );
}

#[test]
fn a_forbidden_use_is_found_however_it_is_written() {
    let not_observe = "module `model` may not use `observe`";
    for text in [
        "use crate::observe::look;",
        "use crate::{model::Tag, observe};",
        "use crate::{model::{Tag, Digest}, observe::{self, look}};",
        "use crate::observe as eyes;",
        "use crate::observe::*;",
        "use super::super::observe::look;",
        "use self::super::super::observe::look;",
        "fn f() { crate::observe::look() }",
        "fn f(eye: &crate::observe::Eye) {}",
        "fn f(eye: Vec<crate::observe::Eye>) {}",
        "fn f() -> impl crate::observe::Look { 1 }",
        "impl crate::observe::Look for u8 {}",
        "fn f(x: u8) { match x { crate::observe::ONE => {} _ => {} } }",
        "fn f() { println!(\"{}\", crate::observe::look()) }",
        "fn f() { vec![vec![super::super::observe::look()]]; }",
        "fn f() { crate::observe::look!() }",
        "macro_rules! see { () => { $crate::observe::look() }; }",
        "macro_rules! see { () => { use $crate::{model::Tag, observe::look}; }; }",
        "#[derive(crate::observe::Look)] struct Tag;",
        "#[serde(with = \"crate::observe::look\")] struct Tag;",
        "mod inner { use super::super::super::observe::look; }",
        "fn f() { use crate::observe::look; }",
    ] {
        finds(rules::layers, "src/model/tag.rs", text, not_observe);
    }
}

#[test]
fn a_whole_crate_is_too_much_to_use() {
    finds(rules::layers, "src/model.rs", "use super::*;", "may not use the whole crate");
    finds(rules::layers, "src/model.rs", "use crate as all;", "may not use the whole crate");
    finds(rules::layers, "src/model.rs", "extern crate self as all;", "may not use the whole crate");
}

#[test]
fn the_binary_uses_the_command_line_and_not_the_engine() {
    permits(rules::layers, "src/main.rs", "fn main() { towpath::cli::run() }");
    finds(rules::layers, "src/main.rs", "use towpath::reconcile::turn;", "`main.rs` may not use `reconcile`");
}

#[test]
fn what_the_row_lists_may_be_used() {
    permits(rules::layers, "src/decide.rs", "use crate::model::Tag; use crate::command::Verb;");
    permits(rules::layers, "src/decide/gates.rs", "use super::plan::Plan; use crate::decide::case::Case;");
    permits(
        rules::layers,
        "src/observe.rs",
        "use crate::{config, decide, forge, ledger, model, overlay, registry};",
    );
    permits(rules::layers, "src/draft.rs", "fn f(tag: &crate::model::Tag) { crate::render::title(tag) }");
    permits(rules::layers, "src/model.rs", "pub use tag::Tag; pub(crate) use words;");
    permits(
        rules::layers,
        "src/model/tag.rs",
        "fn f(&self) { self.observe(); observe::look(); std::fmt::Error; }",
    );
}

#[test]
fn documentation_may_link_anywhere() {
    permits(
        rules::layers,
        "src/model.rs",
        "//! See [`crate::decide`].\n/// As [`crate::observe::look`] says.\nstruct Tag; // crate::act",
    );
}

#[test]
fn a_module_hands_nothing_on_past_the_table() {
    let smuggled =
        "src/decide.rs:1: module `decide` may not re-export from `command`, which `draft` may not use";
    finds(rules::layers, "src/decide.rs", "pub use crate::command::Verb;", smuggled);
    finds(rules::layers, "src/decide.rs", "pub(crate) use crate::command::{Verb};", smuggled);
    finds(rules::layers, "src/decide.rs", "pub use crate::command::Verb as V;", smuggled);
    permits(rules::layers, "src/forge.rs", "pub use crate::model::Tag;");
}

#[test]
fn a_module_without_a_row_is_found() {
    let lib = "pub mod model;\npub mod cleverness;";
    finds(rules::roots, "src/lib.rs", lib, "src/lib.rs:2: module `cleverness` has no row in the table");
    finds(rules::layers, "src/cleverness.rs", "use crate::model::Tag;", "`cleverness` may not use `model`");
}

#[test]
fn the_roots_hold_nothing_but_modules() {
    permits(rules::roots, "src/lib.rs", "#![doc = \"Towpath.\"]\npub mod model;");
    finds(rules::roots, "src/lib.rs", "pub use model::Tag;", "only declares modules");
    finds(rules::roots, "src/lib.rs", "pub mod model { }", "belongs into src/model.rs");
    finds(rules::roots, "src/main.rs", "mod cli; fn main() {}", "modules belong to the library");
}

#[test]
fn a_file_that_nobody_declares_is_found() {
    let files = [("src/lib.rs", "pub mod model;"), ("src/model.rs", ""), ("src/forge/local.rs", "")];
    let found = findings(rules::roots, &files);
    assert_eq!(
        found,
        ["src/forge/local.rs:1: src/lib.rs does not declare this module, so nobody compiles it"]
    );
}

#[test]
fn a_crate_outside_its_room_is_found() {
    let only_forge = "the crate `gix` is used only in `forge` and `cli::demo`";
    finds(rules::rooms, "src/decide.rs", "use gix::Repository;", only_forge);
    finds(rules::rooms, "src/cli/status.rs", "fn f(at: ::gix::ObjectId) {}", only_forge);
    finds(rules::rooms, "src/cli.rs", "use gix as git;", only_forge);
    finds(rules::rooms, "src/cli.rs", "extern crate gix;", only_forge);
    finds(rules::rooms, "src/overlay.rs", "fn f() { yaml_rust2::Yaml::Null; }", "only in `yaml`");
    finds(rules::rooms, "src/forge.rs", "#[derive(sqlx::FromRow)] struct Row;", "only in `ledger`");
    finds(rules::rooms, "src/forge.rs", "fn f() { assert!(reqwest::get(1)) }", "only in `registry`");
}

#[test]
fn a_crate_in_its_room_is_at_home() {
    permits(rules::rooms, "src/forge/local/store.rs", "use gix::Repository;");
    permits(rules::rooms, "src/cli/demo/registry.rs", "use axum::Router; use gix::Repository;");
    permits(rules::rooms, "src/cli/demo.rs", "use axum::Router;");
    permits(rules::rooms, "src/main.rs", "use clap::Parser; fn main() {}");
    permits(rules::rooms, "src/registry/tests.rs", "use axum::Router;");
    permits(rules::rooms, "src/decide.rs", "struct Names { gix: u8 } fn f(gix: u8) -> u8 { gix }");
}

#[test]
fn a_room_is_not_the_whole_house() {
    finds(rules::rooms, "src/cli/demonstrate.rs", "use axum::Router;", "only in `server` and `cli::demo`");
}

#[test]
fn a_pure_module_that_waits_is_found() {
    let no_async = "src/decide.rs:2: module `decide` is pure and may not be `async`";
    for text in [
        "\nasync fn look() {}",
        "trait Look {\n async fn look(&self); }",
        "fn f() {\n async { 1 }; }",
        "fn f() {\n async || 1; }",
        "fn f() {\n join!(async { 1 }); }",
    ] {
        finds(rules::purity, "src/decide.rs", text, no_async);
    }
}

#[test]
fn a_pure_module_that_reaches_outside_is_found() {
    for (text, outside) in [
        ("use std::fs;", "std::fs"),
        ("use std::{collections::BTreeMap, fs::File};", "std::fs"),
        ("fn f() { std::fs::read(\"x\"); }", "std::fs"),
        ("fn f() { println!(\"{:?}\", std::env::args()); }", "std::env"),
        ("use std::net::TcpStream;", "std::net"),
        ("#[tokio::main] fn f() {}", "tokio"),
        ("use tokio::sync::Mutex;", "tokio"),
    ] {
        let expected = format!("module `overlay` is pure and may not use `{outside}`");
        finds(rules::purity, "src/overlay/walk.rs", text, &expected);
    }
}

#[test]
fn purity_stops_neither_tests_nor_the_others() {
    permits(rules::purity, "src/yaml/tests.rs", "use std::fs;");
    permits(rules::purity, "src/observe.rs", "use tokio::fs; async fn look() {}");
    permits(rules::purity, "src/decide.rs", "use std::collections::BTreeMap; use std::fmt; fn f(fs: u8) {}");
}

const PLAN: (&str, &str) =
    ("src/decide/plan.rs", "impl GatesPassed { pub(super) fn new() -> Self { Self } }");

#[test]
fn a_forged_proof_is_found() {
    let forged = "module `act` may not make a `GatesPassed`; only `decide` does";
    for text in [
        "fn f() { crate::decide::GatesPassed::new() }",
        "fn f() { GatesPassed::new() }",
        "fn f() { Some(1).map(GatesPassed::new) }",
        "fn f() { vec![GatesPassed::new()] }",
        "fn f() { GatesPassed::default() }",
        "fn f() { GatesPassed { head: 1 } }",
    ] {
        let found = findings(rules::gates_passed, &[PLAN, ("src/act.rs", text)]);
        assert_eq!(found, [format!("src/act.rs:1: {forged}")]);
    }
    finds(rules::gates_passed, "src/act.rs", "use crate::decide::GatesPassed as G;", "goes by its own name");
}

#[test]
fn a_proof_may_be_made_by_decide_and_read_by_all() {
    let judge = ("src/decide/target.rs", "fn f() { GatesPassed::new() }");
    let hand = (
        "src/act.rs",
        "use crate::decide::GatesPassed; fn f(g: &GatesPassed) { Some(g).map(GatesPassed::head) }",
    );
    assert_eq!(findings(rules::gates_passed, &[PLAN, judge, hand]), Vec::<String>::new());
}

#[test]
fn code_that_depends_on_being_tested_is_found() {
    let only_there = "stands only on `mod tests;`";
    finds(rules::test_code, "src/act.rs", "#[cfg(test)] fn hook() {}", only_there);
    finds(rules::test_code, "src/act.rs", "#[cfg(any(test, unix))] use std::fs;", only_there);
    finds(rules::test_code, "src/act.rs", "#[cfg_attr(test, derive(Debug))] struct A;", only_there);
    finds(rules::test_code, "src/act.rs", "fn f() { if cfg!(test) {} }", only_there);
    finds(rules::test_code, "src/act.rs", "#[cfg(test)] mod tests { }", only_there);
    finds(rules::test_code, "src/act.rs", "#[cfg(test)] mod fixtures;", only_there);
    finds(rules::test_code, "src/act.rs", "mod tests;", "`mod tests` needs `#[cfg(test)]`");
    permits(rules::test_code, "src/act.rs", "#[cfg(test)] mod tests; #[cfg(unix)] fn f() {}");
}

#[test]
fn a_name_that_says_nothing_is_found() {
    finds(rules::names, "src/forge/mod.rs", "", "never `mod.rs`");
    finds(rules::names, "src/forge/util.rs", "", "`util` says nothing");
    finds(rules::names, "src/context/people.rs", "", "`context` says nothing");
    finds(rules::names, "src/forge.rs", "mod helpers {}", "`helpers` says nothing");
    finds(rules::names, "src/forge.rs", "#[path = \"far/away.rs\"] mod local;", "without `#[path]`");
    permits(rules::names, "src/forge/local.rs", "mod utility_bill;");
}

#[test]
fn a_tuple_among_the_parameters_is_found() {
    let packed = "src/act.rs:2: `f` takes a tuple apart";
    finds(rules::parameters, "src/act.rs", "\nfn f((a, b): (u8, u8)) {}", packed);
    finds(rules::parameters, "src/act.rs", "\nfn f(a: u8, &(b, c): &(u8, u8)) {}", packed);
    finds(rules::parameters, "src/act.rs", "impl A {\n fn f(&self, (a, b): Pair) {} }", packed);
    finds(rules::parameters, "src/act.rs", "fn g() {\n fn f((a, b): Pair) {} }", packed);
    permits(rules::parameters, "src/act.rs", "fn f(Id(a): Id, b: (u8, u8)) { b.map(|(c, d)| c + d) }");
}

#[test]
fn a_filter_that_ignores_its_item_is_found() {
    let ignored = "src/act.rs:2: `.filter(|_| ..)` does not look at the item";
    finds(rules::filters, "src/act.rs", "fn f(a: A) {\n a.filter(|_| b) }", ignored);
    finds(rules::filters, "src/act.rs", "fn f(a: A) { a.map(|a| a\n.filter(move |_| b)) }", ignored);
    permits(rules::filters, "src/act.rs", "fn f(a: A) { a.filter(|a| b).filter(|(_, b)| c).map(|_| d) }");
}

/// The rules above see the real crate: were the reader blind there, they would all pass.
#[test]
fn the_crate_itself_is_read() {
    let sources = source::read(crate::root(), "src");
    let gates = sources.iter().find(|source| source.path == "src/decide/plan.rs").expect("the plan is there");
    assert!(
        gates
            .facts
            .mentions
            .iter()
            .any(|mention| mention.path.starts_with(&["crate".into(), "model".into()]))
    );
    assert!(rules::constructors(&sources).contains("new"), "`GatesPassed` is made by another name");
    let main = sources.iter().find(|source| source.path == "src/main.rs").expect("the binary is there");
    assert_eq!(main.row(), "main.rs");
}

/// A file that imports another, as `(path, text)` of both.
fn circle_of(one: (&str, &str), other: (&str, &str)) -> Vec<String> {
    findings(
        circles::circles,
        &[("src/forge.rs", "mod local; mod github; pub use local::Local;"), one, other],
    )
}

#[test]
fn two_files_that_import_each_other_are_found_however_it_is_written() {
    let local = "use super::github::GitHub;";
    for text in [
        "use super::local::Local;",
        "use super::local;",
        "use super::local::*;",
        "use super::Local;",
        "use crate::forge::Local as L;",
        "fn f() { super::local::read() }",
        "fn f() { vec![crate::forge::Local] }",
        "pub use super::local::Local;",
    ] {
        let found = circle_of(("src/forge/github.rs", text), ("src/forge/local.rs", local));
        assert_eq!(
            found,
            ["src/forge/github.rs:1: imports src/forge/local.rs, which imports it in line 1"],
            "{text}"
        );
    }
}

#[test]
fn files_that_import_one_way_are_no_circle() {
    for text in ["use super::Local;", "use std::fmt; fn local() {}", "// super::local\nmod inner { }"] {
        let found = circle_of(("src/forge/github.rs", text), ("src/forge/local.rs", "use super::Error;"));
        assert_eq!(found, Vec::<String>::new(), "{text}");
    }
    let tests = ("src/forge/local/tests.rs", "use crate::forge::local::read;");
    let local = ("src/forge/local.rs", "#[cfg(test)] mod tests; use tests::fixture;");
    assert_eq!(circle_of(tests, local), Vec::<String>::new());
}

#[test]
fn a_module_and_what_is_below_it_share_types_and_no_functions() {
    let local = "mod store; use store::Store; pub struct Local; pub fn read() {} pub const MAX: u8 = 1;";
    for text in ["use super::Local;", "use super::{Local, MAX};", "fn f() { super::Local::new() }"] {
        let found = circle_of(("src/forge/local/store.rs", text), ("src/forge/local.rs", local));
        assert_eq!(found, Vec::<String>::new(), "{text}");
    }
    for text in ["use super::read;", "use crate::forge::local;", "fn f() { super::read() }", "use super::*;"]
    {
        let found = circle_of(("src/forge/local/store.rs", text), ("src/forge/local.rs", local));
        assert_eq!(
            found,
            ["src/forge/local.rs:1: imports src/forge/local/store.rs, which imports it in line 1"],
            "{text}"
        );
    }
    let door = ("src/forge/local.rs", "mod store; pub(super) use store::Store; pub fn read() {}");
    assert_eq!(circle_of(("src/forge/local/store.rs", "use super::read;"), door), Vec::<String>::new());
}
