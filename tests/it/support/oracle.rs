//! The laws, judged on what is left in the world by rules of their own: nothing here asks the engine.
//!
//! What ran where is read from the base branch commit by commit; proposals are the commits that the bot pushed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use serde_json::Value;
use towpath::model::{
    ChangeNumber, CommitId, Environment, Gate, Policy, Principal, RepositoryPath, ReviewVerdict, Time,
    UserName,
};

use super::fixture::Files;
use super::rules::name;
use super::world::{Effect, EffectKind, FakeChange, State};

/// The forge tells its time in whole seconds.
const FORGE_CLOCK_STEP: TimeDelta = TimeDelta::seconds(1);

/// What an overlay says that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) tag: String,
    pub(crate) digest: Option<String>,
}

/// Something came to run somewhere.
struct Landing {
    running: Running,
    at: Time,
    stands: bool,
}

/// Checks every law that can be judged from outside.
pub(crate) fn check(state: &State, policy: &Policy) {
    for effect in &state.effects {
        match &effect.kind {
            EffectKind::BranchMoved { branch, to } => {
                if let Some((environment, service)) = split(branch.as_str()) {
                    let environment = environment_of(policy, environment);
                    only_what_landed_and_soaked_is_proposed(state, service, environment, to);
                }
            }
            EffectKind::Merged { change, head } => {
                only_approved_work_is_merged(state, policy, effect, *change, head)
            }
            EffectKind::LogCommit { .. }
            | EffectKind::BranchMade { .. }
            | EffectKind::BranchDeleted { .. }
            | EffectKind::ChangeOpened { .. }
            | EffectKind::Presented { .. }
            | EffectKind::StatusSet { .. }
            | EffectKind::Queued { .. }
            | EffectKind::Dequeued { .. }
            | EffectKind::Closed { .. }
            | EffectKind::Remarked { .. }
            | EffectKind::Reacted { .. }
            | EffectKind::DeploymentMade { .. }
            | EffectKind::DeploymentState { .. } => {}
        }
    }
    only_planned_lines_change(state);
    nothing_is_said_twice(state);
    no_landing_is_recorded_twice(state);
    deployments_show_what_landed(state);
    assert_eq!(state.brought_although_gone, [""; 0], "brought although the registry no longer had it");
}

/// GitHub shows each landing once, and only the last of each environment as running.
fn deployments_show_what_landed(state: &State) {
    let mut landed: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in state.log() {
        let record: Value = serde_json::from_str(&line).expect("a line of the log is JSON");
        if record["event"] == "landed" && record["origin"] != "adopted" {
            let text = |key: &str| record["target"][key].as_str().expect("a target has names").to_owned();
            let environment = format!("{}/{}", text("environment"), text("service"));
            landed.entry(environment).or_default().push(record["images"].clone());
        }
    }
    for (environment, shown) in state.deployments() {
        let last = shown.last().expect("there is one");
        let landed = landed.get(&environment).and_then(|all| all.last());
        assert_eq!(Some(&last.images), landed, "the last deployment of {environment}");
        assert_eq!(last.state, Some("success"), "the state of the last deployment of {environment}");
        for pair in shown.windows(2) {
            let [earlier, later] = pair else { continue };
            assert_ne!(earlier.images, later.images, "shown twice in {environment}");
            assert_eq!(
                earlier.state,
                Some("inactive"),
                "the state of an earlier deployment of {environment}"
            );
        }
    }
}

/// What landed somewhere is not recorded again while nothing else landed there.
fn no_landing_is_recorded_twice(state: &State) {
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for line in state.log() {
        let record: Value = serde_json::from_str(&line).expect("a line of the log is JSON");
        if record["event"] == "landed" {
            let images = record["images"].to_string();
            let before = last.insert(record["target"].to_string(), images.clone());
            assert_ne!(before, Some(images), "recorded twice: {line}");
        }
    }
}

/// The file that says what an environment runs of a service, in every fixture.
pub(crate) fn overlay_file(service: &str, environment: &str) -> RepositoryPath {
    name(&format!("apps/{service}/overlays/{environment}/kustomization.yaml"))
}

/// What an overlay says that runs, read line by line.
pub(crate) fn running(files: &Files, service: &str, environment: &str) -> Running {
    let content = files.get(&overlay_file(service, environment)).expect("fixtures have every overlay");
    let text = String::from_utf8_lossy(content);
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'))?;
        let value = line.split(" #").next().unwrap_or_default();
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    };
    Running { tag: value("newTag").expect("fixtures name a tag"), digest: value("digest") }
}

fn split(branch: &str) -> Option<(&str, &str)> {
    branch.strip_prefix(towpath::forge::BRANCH_PREFIX)?.split_once('/')
}

fn environment_of<'a>(policy: &'a Policy, environment: &str) -> &'a Environment {
    let mut all = policy.pipelines.values().flat_map(|pipeline| &pipeline.environments);
    all.find(|found| found.name.as_str() == environment)
        .expect("the bot proposes only to environments there are")
}

/// Law 1, and that soaks are waited for.
fn only_what_landed_and_soaked_is_proposed(
    state: &State,
    service: &str,
    environment: &Environment,
    proposed: &CommitId,
) {
    let commit = state.git.get(proposed);
    let wanted = running(&commit.files, service, environment.name.as_str());
    let base = commit.parents.first().expect("a proposal stands on the base");
    for before in &environment.after.environments {
        let landings = landings(state, base, service, before.as_str());
        let index = landings.iter().rposition(|landing| is_named_by(&wanted, &landing.running));
        let name = &environment.name;
        let index = index.unwrap_or_else(|| panic!("{wanted:?} proposed to {name} never ran in {before}"));
        assert!(
            landings[index].stands,
            "{wanted:?} proposed to {name} although it was taken back in {before}"
        );
        let since = artifact_since(state, &landings[..=index]);
        assert!(
            commit.at >= since + soak_of(environment) - FORGE_CLOCK_STEP,
            "{wanted:?} proposed to {name} at {}, before it soaked in {before}, since {since}",
            commit.at
        );
    }
}

/// Since when the artifact of the last landing counts: landing again restarts nothing, under another tag neither.
fn artifact_since(state: &State, landings: &[Landing]) -> Time {
    let last = landings.last().expect("something landed");
    let is_same = |own: &&Landing| own.stands && may_be_of_one_artifact(state, &own.running, &last.running);
    let same = landings.iter().rev().skip(1).take_while(is_same);
    same.last().unwrap_or(last).at
}

/// Whether two things that ran have a digest in common. A tag without a digest may be whatever the tag ever pointed to.
fn may_be_of_one_artifact(state: &State, first: &Running, second: &Running) -> bool {
    let digests = |running: &Running| match &running.digest {
        Some(digest) => BTreeSet::from([digest.clone()]),
        None => state.digests_ever(&running.tag).map(ToString::to_string).collect(),
    };
    !digests(first).is_disjoint(&digests(second))
}

fn soak_of(environment: &Environment) -> TimeDelta {
    let soaks = environment.gates.iter().filter_map(|gate| match gate {
        Gate::Soak(soak) => TimeDelta::from_std(soak.duration).ok(),
        Gate::Approvals(_) => None,
    });
    soaks.max().unwrap_or_default()
}

/// Everything that ever came to run somewhere, as the base branch tells up to a commit.
fn landings(state: &State, up_to: &CommitId, service: &str, environment: &str) -> Vec<Landing> {
    let mut line: Vec<&CommitId> = Vec::new();
    let mut next = Some(up_to);
    while let Some(commit) = next {
        line.push(commit);
        next = state.git.get(commit).parents.first();
    }
    let mut landings: Vec<Landing> = Vec::new();
    for commit in line.into_iter().rev().map(|commit| state.git.get(commit)) {
        let running = running(&commit.files, service, environment);
        if landings.last().is_some_and(|last| last.running == running) {
            continue;
        }
        if commit.author != state.bot {
            for landing in landings.iter_mut().filter(|landing| version(&landing.running) > version(&running))
            {
                landing.stands = false;
            }
        }
        landings.push(Landing { running, at: commit.at, stands: true });
    }
    landings
}

/// Whether what ran is what is wanted: by digest where one was written down, else by tag.
fn is_named_by(wanted: &Running, ran: &Running) -> bool {
    ran.tag == wanted.tag && (ran.digest.is_none() || ran.digest == wanted.digest)
}

fn version(running: &Running) -> Option<semver::Version> {
    semver::Version::parse(running.tag.strip_prefix('v').unwrap_or(&running.tag)).ok()
}

/// Law 4: the bot merges only its own head, merges of the base on top of it apart, approved by enough people who did not ask for it.
fn only_approved_work_is_merged(
    state: &State,
    policy: &Policy,
    effect: &Effect,
    number: ChangeNumber,
    head: &CommitId,
) {
    let change = state.change(number).expect("it was merged");
    let head = &state.git.written(head);
    assert_eq!(
        state.git.get(head).author,
        state.bot,
        "{number} was merged at a head that somebody else wrote"
    );
    let (environment, _service) = change.target().expect("the bot merges only its own branches");
    for gate in &environment_of(policy, environment).gates {
        if let Gate::Approvals(approvals) = gate {
            let since = content_since(state, change, head);
            let is_named = |who: &UserName| {
                approvals.from.iter().any(|from| match from {
                    Principal::CodeOwners => state.code_owners.contains(who),
                    Principal::User(user) => user == who,
                    Principal::Team(team) => state.teams.get(team).is_some_and(|team| team.contains(who)),
                })
            };
            let mut by = approvers(change, since, effect.at);
            by.retain(|who| {
                is_named(who) && Some(who.as_str()) != trailer(state, head, "Towpath-Requested-By")
            });
            let needed = approvals.count;
            assert!(
                by.len() >= needed,
                "{number} was merged with {needed} approvals wanted, and these: {by:?}"
            );
        }
    }
}

/// Since when a change has had the content that this head has.
fn content_since(state: &State, change: &FakeChange, head: &CommitId) -> Time {
    let key = trailer(state, head, "Towpath-Key");
    let same =
        |(_, other): &&(Time, CommitId)| trailer(state, &state.git.written(other), "Towpath-Key") == key;
    let same_content = change.heads.iter().rev().take_while(same);
    same_content.map(|(at, _)| *at).last().expect("the head is one of its heads")
}

fn trailer<'a>(state: &'a State, commit: &CommitId, name: &str) -> Option<&'a str> {
    let message = &state.git.get(commit).message;
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn approvers(change: &FakeChange, since: Time, until: Time) -> Vec<UserName> {
    let in_time = |at: Time| since <= at && at <= until;
    let is_command = |line: &str| {
        let text = line.trim_start_matches(' ');
        line.len() - text.len() <= 3 && text.starts_with("/promote approve")
    };
    let approves = |body: &str| body.lines().any(is_command);
    let comments = change.comments.iter().filter(|comment| in_time(comment.at) && approves(&comment.body));
    let reviews =
        change.reviews.iter().filter(|review| in_time(review.at) && review.verdict == ReviewVerdict::Approve);
    let mut by: Vec<UserName> =
        comments.map(|c| c.author.clone()).chain(reviews.map(|r| r.author.clone())).collect();
    by.sort();
    by.dedup();
    by
}

/// Law 5: what the bot brings to the base differs only in tags and digests.
fn only_planned_lines_change(state: &State) {
    for commit in state.git.first_parents(&state.place.branch) {
        let commit = state.git.get(&commit);
        let Some(parent) = commit.parents.first() else { continue };
        if commit.author != state.bot {
            continue;
        }
        let before = &state.git.get(parent).files;
        assert_eq!(
            before.keys().collect::<Vec<_>>(),
            commit.files.keys().collect::<Vec<_>>(),
            "{}",
            commit.message
        );
        let changed = commit.files.iter().filter(|(path, content)| before.get(*path) != Some(content));
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed.len(), 1, "the bot's commit changes one file: {}", commit.message);
        for (path, content) in changed {
            let old = before.get(path).expect("the same paths");
            assert_eq!(unplanned_lines(old), unplanned_lines(content), "{path}: {}", commit.message);
        }
    }
}

/// The lines that no promotion touches; of a tag's line, its comment.
fn unplanned_lines(content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content);
    let lines = text.split_inclusive('\n').filter_map(|line| match line.trim_start().split_once(':') {
        Some(("digest", _)) => None,
        Some(("newTag", value)) => value.split_once(" #").map(|(_, comment)| comment.to_owned()),
        Some(_) | None => Some(line.to_owned()),
    });
    lines.collect()
}

/// Law 2: nothing is created twice, and no two commits in a row bring the same content.
fn nothing_is_said_twice(state: &State) {
    let on_base = state.git.ancestry(state.base_tip());
    for change in state.changes.iter().filter(|change| change.target().is_some()) {
        assert_eq!(change.labels, ["towpath"], "labels of {}", change.number);
        let abouts: Vec<&str> =
            change.comments.iter().filter(|c| c.author == state.bot).filter_map(|c| c.about()).collect();
        let mut once = abouts.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), abouts.len(), "said twice on {}: {abouts:?}", change.number);
        for pair in change.heads.windows(2) {
            let [(_, first), (_, second)] = pair else { continue };
            // Of a base that was rewritten nothing may be left in the history of a head.
            let is_on_base = state.git.get(first).parents.first().is_some_and(|base| on_base.contains(base));
            let is_new = state.git.get(first).files != state.git.get(second).files;
            assert!(is_new || !is_on_base, "{} was pushed twice with the same files", change.number);
        }
    }
}
