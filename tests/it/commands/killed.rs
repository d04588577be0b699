//! The real binary is killed at any moment, and what the next run makes of that.

use std::process::Child;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::shop;
use crate::support::site::Site;

/// How much longer each run may live than the one before: with these steps the kills fall into all of a run.
const STEPS_MS: [u64; 3] = [2, 5, 11];
/// More runs than the slowest machine needs to let one end by itself.
const RUNS_MAX: u64 = 3_000;

#[tokio::test]
async fn a_run_killed_again_and_again_ends_where_an_undisturbed_one_does() {
    let registry = shop::registry(&shop::TAGS).await;
    let undisturbed = shop::site(&registry, "0s");
    undisturbed.json(&["run", "--once"]);
    let expected = end_of(&undisturbed);
    assert_eq!(expected["changes"].as_array().unwrap().len(), 3);

    for step in STEPS_MS {
        let site = shop::site(&registry, "0s");
        let kills = run_until_one_ends(&site, Duration::from_millis(step));
        assert!(kills > 0, "no run was killed");
        assert_eq!(site.json(&["run", "--once"])["actions"], json!([]), "with steps of {step} ms");
        assert_eq!(end_of(&site), expected, "after {kills} kills, with steps of {step} ms");
        site.git(&["fsck", "--strict"]);
    }
}

/// How many runs were killed until one ended by itself, each living `step` longer than the one before.
fn run_until_one_ends(site: &Site, step: Duration) -> u64 {
    for kills in 0..RUNS_MAX {
        if !is_killed_after(site.start(&["run", "--once"]), step * u32::try_from(kills).expect("a few")) {
            return kills;
        }
    }
    panic!("no run ended by itself");
}

/// Whether the process was still running after `lifetime` and was killed.
fn is_killed_after(mut process: Child, lifetime: Duration) -> bool {
    let (out, mut error) = (process.stdout.take(), process.stderr.take());
    let (sender, ended) = mpsc::channel();
    // Its output ends when it does.
    thread::spawn(move || {
        std::io::copy(&mut out.expect("it is a pipe"), &mut std::io::sink()).ok();
        std::io::copy(error.as_mut().expect("it is a pipe"), &mut std::io::sink()).ok();
        sender.send(()).ok();
    });
    let is_late = ended.recv_timeout(lifetime).is_err();
    if is_late {
        // SIGKILL; it may have ended in this very moment.
        process.kill().ok();
    }
    let status = process.wait().expect("it was started here");
    assert!(status.code().is_none_or(|code| code == 0), "a run fails with {status}");
    status.code().is_none()
}

/// What must not depend on kills: changes, files, history, branches, and what the log says.
fn end_of(site: &Site) -> Value {
    let changes = site.json(&["changes", "list"]);
    let keys = ["number", "state", "service", "environment", "title", "branch"];
    let change = |change: &Value| keys.iter().map(|key| change[*key].clone()).collect::<Value>();
    let mut log: Vec<String> = site.log_lines().iter().map(|line| essence(line)).collect();
    log.sort_unstable();
    json!({
        "changes": changes.as_array().expect("a list").iter().map(change).collect::<Value>(),
        "tree": site.git(&["rev-parse", "main^{tree}"]),
        "history": site.git(&["log", "--topo-order", "--format=%s", "main"]),
        "branches": site.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]),
        "log": log,
    })
}

/// A line of the log without times and commits, which differ from run to run.
fn essence(line: &str) -> String {
    let record: Value = serde_json::from_str(line).expect("a line of the log is JSON");
    format!("{} {} {} {}", record["event"], record["target"], record["images"], record["origin"])
}
