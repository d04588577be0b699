//! The layers as a test: which module may use which, and which crates stay in which rooms.
//!
//! # If this fails
//!
//! Each line of the failure names a file, a line and the rule, as in
//! `src/forge/local.rs:12: module `forge` may not use `decide``. Then one of these is right:
//!
//! * The code is in the wrong module. Ports translate and do not judge; `decide`, `draft` and the other pure
//!   modules get what they need as values, and whoever may read hands it to them. This is the usual case.
//! * The type is in the wrong module. A noun that two modules share belongs to `model`.
//! * Two files import each other. What both need belongs to the one that the other is built on, or in a file of its
//!   own; `circles.rs` has the exact rule.
//! * The layers have to change. Then change [`TABLE`] here together with `src/ARCHITECTURE.md` and say why in the
//!   commit. A module may only use what stands above it, so a circle cannot be written.
//!
//! The doc comments of the code do not count: they may link wherever they like. Unit tests (`tests.rs` beside the
//! code) keep to the layers, but may read files and use any crate.

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/facts.rs"]
mod facts;
#[path = "architecture/planted.rs"]
mod planted;
#[path = "architecture/reader.rs"]
mod reader;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/vocabulary.rs"]
mod vocabulary;

use std::path::Path;

use rules::Violation;
use source::Source;

/// Each module and what it may use, itself apart; the order is that of the layers.
///
/// `Plan` lives in `decide`, not in `model`: its merges carry a `GatesPassed`, which only `decide` can make.
const TABLE: &[(&str, &[&str])] = &[
    ("sanitize", &[]),
    ("secret_file", &[]),
    ("telemetry", &["sanitize"]),
    ("model", &["sanitize"]),
    ("yaml", &[]),
    ("command", &["sanitize", "model"]),
    ("overlay", &["model", "yaml"]),
    ("config", &["sanitize", "secret_file", "model", "yaml"]),
    ("decide", &["model", "command"]),
    ("report", &["model"]),
    ("render", &["sanitize", "model", "command", "decide", "report"]),
    ("draft", &["model", "overlay", "decide", "render"]),
    ("forge", &["sanitize", "model"]),
    ("registry", &["sanitize", "secret_file", "model"]),
    ("delivery", &["model"]),
    ("ledger", &["sanitize", "model"]),
    (
        "observe",
        &["sanitize", "model", "config", "overlay", "decide", "forge", "registry", "delivery", "ledger"],
    ),
    ("act", &["model", "decide", "draft", "forge", "ledger"]),
    (
        "reconcile",
        &[
            "model", "overlay", "config", "decide", "render", "draft", "forge", "registry", "delivery",
            "ledger", "observe", "act",
        ],
    ),
    (
        "server",
        &[
            "sanitize",
            "telemetry",
            "model",
            "command",
            "config",
            "decide",
            "report",
            "render",
            "draft",
            "forge",
            "registry",
            "delivery",
            "ledger",
            "observe",
            "act",
            "reconcile",
        ],
    ),
    (
        "cli",
        &[
            "sanitize",
            "telemetry",
            "model",
            "yaml",
            "command",
            "overlay",
            "config",
            "decide",
            "report",
            "render",
            "draft",
            "forge",
            "registry",
            "delivery",
            "ledger",
            "observe",
            "act",
            "reconcile",
            "server",
        ],
    ),
    ("main.rs", &["cli", "telemetry"]),
];

/// Crates that only the named modules know, so that their types never become ours.
const ROOMS: &[(&str, &[&str])] = &[
    ("gix", &["forge", "cli::demo"]),
    ("octocrab", &["forge"]),
    ("jsonwebtoken", &["forge"]),
    ("oci_distribution", &["registry"]),
    ("reqwest", &["registry"]),
    ("sqlx", &["ledger"]),
    ("yaml_rust2", &["yaml"]),
    ("axum", &["server", "cli::demo"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("metrics_exporter_prometheus", &["telemetry"]),
    ("pulldown_cmark", &["command"]),
    ("clap", &["cli", "main.rs"]),
];

/// Modules that turn values into values: nothing in them waits, reads or writes.
const PURE: &[&str] = &["model", "yaml", "command", "overlay", "decide", "render", "draft"];

/// What reaches outside, and what a pure module therefore does not name.
const OUTSIDE: &[&str] = &["std::fs", "std::net", "std::env", "std::process", "tokio"];

/// Pairs of files that import each other, and why they still do. A row whose files no longer do is a violation too.
const CIRCLES: &[(&str, &str, &str)] = &[
    ("src/decide.rs", "src/decide/commands.rs", DECIDE),
    ("src/decide.rs", "src/decide/gates/tag.rs", DECIDE),
    ("src/decide.rs", "src/decide/landings.rs", DECIDE),
    ("src/decide.rs", "src/decide/promotion_view.rs", DECIDE),
    ("src/decide/evidence.rs", "src/decide/offers.rs", DECIDE),
    ("src/decide/evidence.rs", "src/decide/promotion_view.rs", DECIDE),
    ("src/decide/health.rs", "src/decide/health/repository.rs", DECIDE),
    ("src/decide/health.rs", "src/decide/health/webhook.rs", DECIDE),
    ("src/decide/judge.rs", "src/decide/judge/change.rs", DECIDE),
    ("src/decide/offers.rs", "src/decide/offers/revisions.rs", DECIDE),
];

/// The reason of the circles in `decide`.
const DECIDE: &str =
    "the parts of a judgement name each other, from the view of a promotion to its gates and evidence";

/// Names of modules that say nothing about what is in them.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "types", "helper", "helpers", "context"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Applies `rule` to the crate, and fails with every violation and what to do.
fn check(rule: impl Fn(&[Source]) -> Vec<Violation>) {
    let violations: Vec<_> = rule(&source::read(root(), "src")).iter().map(ToString::to_string).collect();
    assert!(
        violations.is_empty(),
        "\n{}\n\nwhat to do: see the top of tests/architecture.rs\n",
        violations.join("\n")
    );
}

#[test]
fn modules_use_only_what_their_row_lists() {
    check(rules::layers);
}

#[test]
fn every_module_has_a_row_and_the_roots_hold_no_code() {
    check(rules::roots);
}

#[test]
fn no_two_files_import_each_other() {
    check(circles::circles);
}

#[test]
fn exceptions_name_files_that_are_there() {
    for (one, other, _) in CIRCLES {
        assert!(root().join(one).is_file() && root().join(other).is_file(), "{one} or {other} is gone");
    }
}

#[test]
fn crates_stay_in_their_rooms() {
    check(rules::rooms);
}

#[test]
fn pure_modules_reach_nothing_outside() {
    check(rules::purity);
}

#[test]
fn only_decide_says_that_gates_passed() {
    check(rules::gates_passed);
}

#[test]
fn test_code_lives_in_test_files() {
    check(rules::test_code);
}

#[test]
fn files_have_names_that_say_something() {
    check(rules::names);
    let violations = rules::names(&source::read(root(), "tests"));
    assert!(violations.is_empty(), "{violations:?}");
}

#[test]
fn parameters_and_conditions_are_written_out() {
    for folder in ["src", "tests"] {
        let sources = source::read(root(), folder);
        let mut violations = rules::parameters(&sources);
        violations.extend(rules::filters(&sources));
        let violations: Vec<_> = violations.iter().map(ToString::to_string).collect();
        assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
    }
}

#[test]
fn a_row_lists_only_rows_above_it() {
    for (index, (module, may_use)) in TABLE.iter().enumerate() {
        for used in *may_use {
            let above = TABLE[..index].iter().any(|(above, _)| above == used);
            assert!(above, "`{module}` lists `{used}`, which does not stand above it");
        }
    }
}
