//! Every story is played many times, and has to end the same way.
//!
//! First plainly. Then by two replicas with a ledger each, one after the other, the second with comments of the
//! same second in reverse order: every event comes twice and reordered. Then by two replicas at once, whose
//! requests interleave one by one. A story [`Story::with_faults`] is then played once more for each effect of the
//! plain run, with a fault at that effect, the kinds of faults taking turns; what every such story starts with is
//! left out. [`Story::with_every_fault`] takes each kind at each effect, from the first one on. After a power cut
//! everything that a process remembers is gone, its ledger too.
//!
//! Then all is played again over HTTP: the same world as a GitHub, and the real client in between.

use std::collections::BTreeMap;
use std::ops::Range;

use towpath::model::ChangeState;

use super::bot::Bot;
use super::depth;
use super::rules::Rules;
use super::world::{FakeWorld, Fault};

/// Set to what a failing story says that it was played as, to play it in that mode alone.
const PLAYED_AS: &str = "TOWPATH_TEST_PLAYED_AS";
/// How many kinds of faults the long run tries at each effect of a story that asks for fewer; the kinds take turns.
const FAULTS_AT_EACH_EFFECT_LONG: usize = 2;

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

/// Through what the engine sees the world.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The ports, without a wire.
    Ports,
    /// HTTP, through the real client of GitHub.
    GitHub,
    /// The same, as an App: it writes checks, where an account writes statuses.
    App,
}

/// What is left in the end and has to be the same each time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    files: BTreeMap<String, String>,
    base_commits: usize,
    /// The changes without their numbers, which follow the order in which services and environments had their turn.
    changes: Vec<String>,
    /// The lines of the log without their times, and how often each stands there.
    log: BTreeMap<String, usize>,
}

/// A story about to be played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    rules: Rules,
    faults_at_each_effect: usize,
    has_faults_at_github: bool,
}

/// A story under the default rules.
pub(crate) fn story(play: impl AsyncFn(&mut Bot)) {
    Story::default().play(play);
}

/// A story under these rules.
pub(crate) fn story_with(rules: Rules, play: impl AsyncFn(&mut Bot)) {
    Story { rules, ..Story::default() }.play(play);
}

impl Story {
    /// Under these rules.
    pub(crate) fn under(rules: Rules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Once more with a fault at each effect.
    pub(crate) fn with_faults(self) -> Self {
        Self { faults_at_each_effect: 1, ..self }
    }

    /// Once more with each kind of fault at each effect.
    pub(crate) fn with_every_fault(self) -> Self {
        Self { faults_at_each_effect: Fault::ALL.len(), ..self }
    }

    /// Once more over HTTP with each kind of fault at each effect, those among them that only GitHub has.
    pub(crate) fn with_every_fault_at_github(self) -> Self {
        Self { has_faults_at_github: true, ..self }
    }

    /// Plays the story in each of its modes; in the long run also with a fault at each effect, whatever the story asks for.
    pub(crate) fn play(&self, play: impl AsyncFn(&mut Bot)) {
        if depth::is_long() {
            let each = self.faults_at_each_effect.max(FAULTS_AT_EACH_EFFECT_LONG);
            return Self { faults_at_each_effect: each, ..self.clone() }.play_all(play);
        }
        self.play_all(play);
    }

    /// Plays the story once through the ports and once over HTTP, where its end depends on how often a registry is asked.
    pub(crate) fn play_once_over_each_face(&self, play: impl AsyncFn(&mut Bot)) {
        for over in [Over::Ports, Over::GitHub] {
            run(&self.rules, Mode::Plain, over, &play);
        }
    }

    fn play_all(&self, play: impl AsyncFn(&mut Bot)) {
        insta::allow_duplicates! {
            let (plain, effects) = run(&self.rules, Mode::Plain, Over::Ports, &play);
            let mut all = self.modes(effects);
            if self.has_faults_at_github {
                let (_, effects) = run(&self.rules, Mode::Plain, Over::GitHub, &play);
                let at = |effect| Fault::ALL.map(|fault| (Mode::Faulty(effect, fault), Over::GitHub));
                all.extend(effects.flat_map(at));
            }
            for (mode, over) in all.into_iter().filter(|(mode, over)| is_wanted(*mode, *over)) {
                let (end, _) = run(&self.rules, mode, over, &play);
                let _says_which = SaysWhich(mode, over);
                assert_eq!(plain, end, "it ends otherwise than the plain run (left)");
            }
        }
    }

    /// How a story is played after it was played plainly and had these effects.
    fn modes(&self, effects: Range<usize>) -> Vec<(Mode, Over)> {
        let last = effects.end;
        let over_ports = [Mode::Doubled, Mode::Raced].into_iter().chain(self.faults(effects));
        let over_http = [Mode::Plain, Mode::Doubled].into_iter().chain(self.faults_over_http(last));
        let over_ports = over_ports.map(|mode| (mode, Over::Ports));
        let over_http = over_http.map(|mode| (mode, Over::GitHub));
        over_ports.chain(over_http).chain(self.as_app(last)).collect()
    }

    /// Over HTTP one story with a fault at each effect will do: what comes after a fault is the same for all. No two
    /// replicas race there: GitHub has no compare-and-swap for comments, so that each might say the same once.
    fn faults_over_http(&self, last: usize) -> impl Iterator<Item = Mode> {
        let effects = if self.faults_at_each_effect > 1 { 0..last } else { 0..0 };
        effects.map(|effect| Mode::Faulty(effect, Fault::ALL[effect % Fault::ALL.len()]))
    }

    /// What only an App does is the same in all stories: those with faults will do, and the one with all of them
    /// has one at each effect.
    fn as_app(&self, last: usize) -> impl Iterator<Item = (Mode, Over)> {
        let plain = (self.faults_at_each_effect > 0).then_some(Mode::Plain);
        plain.into_iter().chain(self.faults_over_http(last)).map(|mode| (mode, Over::App))
    }

    fn faults(&self, effects: Range<usize>) -> impl Iterator<Item = Mode> {
        let each = self.faults_at_each_effect;
        let effects = if each > 1 { 0..effects.end } else { effects };
        let at =
            move |effect: usize| Fault::ALL.into_iter().cycle().skip(effect % Fault::ALL.len()).take(each);
        effects.flat_map(move |effect| at(effect).map(move |fault| Mode::Faulty(effect, fault)))
    }
}

/// Plays a story once, to its proper end; gives what is left and which effects came after the common beginning.
fn run(rules: &Rules, mode: Mode, over: Over, play: &impl AsyncFn(&mut Bot)) -> (End, Range<usize>) {
    let _says_which = SaysWhich(mode, over);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    if over != Over::Ports {
        runtime.enable_all();
    }
    let runtime = runtime.build().expect("a runtime");
    runtime.block_on(async {
        let mut bot = Bot::new(rules, mode, over).await;
        play(&mut bot).await;
        bot.finish().await;
        (end_of(&bot.world), bot.effects_at_start()..bot.effects())
    })
}

/// What is left in a world.
pub(crate) fn end_of(world: &FakeWorld) -> End {
    let state = world.state();
    let changes = state.changes.iter().map(|change| {
        let how = match change.state {
            ChangeState::Open => "open",
            ChangeState::Merged { .. } => "merged",
            ChangeState::Closed { .. } => "closed",
        };
        format!("{how} {} with {} comments", change.title, change.comments.len())
    });
    let mut changes: Vec<String> = changes.collect();
    changes.sort();
    let mut log = BTreeMap::new();
    for line in state.log() {
        *log.entry(without_time(&line)).or_default() += 1;
    }
    let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
    let files = &state.git.get(state.base_tip()).files;
    End {
        files: files.iter().map(|(path, content)| (path.to_string(), text(content))).collect(),
        base_commits: state.git.first_parents(&state.place.branch).len(),
        changes,
        log,
    }
}

/// A line of the log without what differs from run to run: times, numbers of changes, commits.
fn without_time(line: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(line).expect("a line of the log is JSON");
    for field in ["at", "change", "origin"] {
        value.as_object_mut().expect("a line of the log is an object").remove(field);
    }
    super::bot::without_commits(&value.to_string())
}

/// Whether a story is played in a mode, as `TOWPATH_TEST_PLAYED_AS` asks.
fn is_wanted(mode: Mode, over: Over) -> bool {
    std::env::var_os(PLAYED_AS).is_none_or(|wanted| *wanted == *played_as(mode, over))
}

fn played_as(mode: Mode, over: Over) -> String {
    format!("{mode:?} over {over:?}")
}

/// Names the run that failed.
struct SaysWhich(Mode, Over);

impl Drop for SaysWhich {
    #[expect(clippy::print_stderr, reason = "a failing test has to say in which run it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let played_as = played_as(self.0, self.1);
            eprintln!("the story failed; play it again with `{PLAYED_AS}='{played_as}'`");
        }
    }
}
