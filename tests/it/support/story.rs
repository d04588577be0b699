//! Every story is played many times, and has to end the same way.
//!
//! First plainly. Then by two replicas with a ledger each, one after the other, the second with comments of the
//! same second in reverse order: every event comes twice and reordered. Then by two replicas at once, whose
//! requests interleave one by one. Then, for each effect of the plain run, once more with a fault at that effect,
//! the kinds of faults taking turns; `story_with_every_fault` plays every kind at every effect, which takes four
//! times as long. After a power cut everything that a process remembers is gone, its ledger too.

use std::collections::BTreeMap;

use towpath::model::ChangeState;

use super::bot::Bot;
use super::fixture::Files;
use super::rules::Rules;
use super::world::{FakeWorld, Fault};

/// How the engine is run, and what goes wrong.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One engine, and all is well.
    Plain,
    /// Two replicas, one after the other.
    Doubled,
    /// Two replicas at once.
    Raced,
    /// One engine, and this fault at this effect.
    Faulty(usize, Fault),
}

/// What is left in the end and has to be the same each time.
#[derive(Debug, PartialEq, Eq)]
struct End {
    files: Files,
    base_commits: usize,
    changes: Vec<String>,
    /// The lines of the log without their times, and how often each stands there.
    log: BTreeMap<String, usize>,
}

/// Plays a story under the default rules.
pub(crate) fn story(play: impl AsyncFn(&mut Bot)) {
    story_with(&Rules::default(), play);
}

/// Plays a story under these rules.
pub(crate) fn story_with(rules: &Rules, play: impl AsyncFn(&mut Bot)) {
    play_often(rules, &play, |effect| Fault::ALL.into_iter().cycle().skip(effect).take(1).collect());
}

/// Plays a story with every kind of fault at every effect.
pub(crate) fn story_with_every_fault(play: impl AsyncFn(&mut Bot)) {
    play_often(&Rules::default(), &play, |_effect| Fault::ALL.to_vec());
}

fn play_often(rules: &Rules, play: &impl AsyncFn(&mut Bot), faults_at: impl Fn(usize) -> Vec<Fault>) {
    insta::allow_duplicates! {
        let (plain, effects) = run(rules, Mode::Plain, play);
        let faulty = |effect| faults_at(effect).into_iter().map(move |fault| Mode::Faulty(effect, fault));
        let faults = (0..effects).flat_map(faulty);
        for mode in [Mode::Doubled, Mode::Raced].into_iter().chain(faults) {
            let (end, _effects) = run(rules, mode, play);
            assert_eq!(plain, end, "{mode:?} ends otherwise than the plain run (left)");
        }
    }
}

/// Plays a story once, to its proper end; gives what is left and how many effects it took.
fn run(rules: &Rules, mode: Mode, play: &impl AsyncFn(&mut Bot)) -> (End, usize) {
    let _says_which = SaysWhich(mode);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without I/O");
    let mut bot = Bot::new(rules, mode);
    runtime.block_on(async {
        play(&mut bot).await;
        bot.finish().await;
    });
    (end_of(&bot.world), bot.world.state().effects.len())
}

fn end_of(world: &FakeWorld) -> End {
    let state = world.state();
    let changes = state.changes.iter().map(|change| {
        let how = match change.state {
            ChangeState::Open => "open",
            ChangeState::Merged { .. } => "merged",
            ChangeState::Closed { .. } => "closed",
        };
        format!("{} {how} {} with {} comments", change.number, change.title, change.comments.len())
    });
    let mut log = BTreeMap::new();
    for line in state.log() {
        *log.entry(without_time(&line)).or_default() += 1;
    }
    End {
        files: state.git.get(state.base_tip()).files.clone(),
        base_commits: state.git.first_parents(&state.place.branch).len(),
        changes: changes.collect(),
        log,
    }
}

/// A line of the log without its time and without commit ids, which differ from run to run.
fn without_time(line: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(line).expect("a line of the log is JSON");
    if let Some(fields) = value.as_object_mut() {
        fields.remove("at");
    }
    super::bot::without_commits(&value.to_string())
}

/// Names the run that failed.
struct SaysWhich(Mode);

impl Drop for SaysWhich {
    #[expect(clippy::print_stderr, reason = "a failing test has to say in which run it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the story failed when played as {:?}", self.0);
        }
    }
}
