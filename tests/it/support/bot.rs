//! The vocabulary of a scenario: what people do, `pass` and `settle`, and what is expected then.

mod expect;
mod face;
mod laws;
mod people;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;
use towpath::decide::Judgement;
use towpath::forge::Forge as _;
use towpath::model::{ChangeNumber, CommentId, Policy, ServiceName, Time};
use towpath::reconcile::{Convergence, Engine, Freshness, Ports};

use super::fixture;
use super::oracle::{self, Running};
use super::rules::{Rules, minutes, place};
use super::story::{Mode, Over};
use super::world::{EffectKind, FakeWorld};
use face::Face;

pub(crate) use expect::without_commits;

/// How often the engines may be run for one `settle`, before it is taken for a live-lock.
const ROUNDS_MAX: usize = 10;
/// What passes between what people did and the bot's look at it.
const TICK: TimeDelta = TimeDelta::seconds(1);
/// What every environment runs at the beginning.
const VERSION_AT_START: &str = "1.9.0";

pub(crate) type TestEngine = Engine<Face, FakeWorld, FakeWorld, FakeWorld>;

/// A bot in a made-up world.
pub(crate) struct Bot {
    pub(crate) world: FakeWorld,
    policy: Arc<Policy>,
    mode: Mode,
    /// Where the world is served as GitHub, if it is.
    github: Option<SocketAddr>,
    over: Over,
    engines: Vec<TestEngine>,
    /// The bot's comments that the test has read.
    read: BTreeSet<(CommentId, String)>,
    next_look: Option<Time>,
    /// How many effects it took to bring the first release to production.
    effects_at_start: Option<usize>,
    restarts: usize,
}

impl Bot {
    /// All environments of all services run 1.9.0, and nobody has looked yet.
    pub(crate) async fn new(rules: &Rules, mode: Mode, over: Over) -> Self {
        let mut files = fixture::files("--- README.md\nWhat runs where.\n");
        for service in rules.services() {
            let images = rules.images(service);
            files.extend(fixture::service(service, &images, &rules.environment_names(), VERSION_AT_START));
        }
        let world = FakeWorld::new(files);
        for service in rules.services() {
            for image in rules.images(service) {
                world.push(&format!("registry.test/acme/{image}"), VERSION_AT_START);
            }
        }
        if let Mode::Faulty(effect, fault) = mode {
            world.state().faults.planned = Some((effect, fault));
        }
        let github = match over {
            Over::Ports => None,
            Over::GitHub | Over::App => Some(world.serve_github().await),
        };
        let mut bot = Self {
            world,
            github,
            over,
            policy: Arc::new(rules.policy()),
            mode,
            engines: Vec::new(),
            read: BTreeSet::new(),
            next_look: None,
            effects_at_start: None,
            restarts: 0,
        };
        bot.start_engines();
        bot
    }

    /// How many processes ran so far, those before a restart among them.
    pub(crate) const fn processes(&self) -> usize {
        self.replicas() * (1 + self.restarts)
    }

    /// Whether something went wrong of which the story knows nothing: a request failed, or a process ended.
    pub(crate) fn met_fault(&self) -> bool {
        matches!(self.mode, Mode::Faulty(..)) && self.world.state().faults.planned.is_none()
    }

    pub(crate) const fn replicas(&self) -> usize {
        match self.mode {
            Mode::Plain | Mode::Faulty(..) => 1,
            Mode::Doubled | Mode::Raced => 2,
        }
    }

    fn start_engines(&mut self) {
        self.engines = (0..self.replicas()).map(|replica| self.engine(replica)).collect();
    }

    fn engine(&self, replica: usize) -> TestEngine {
        let world = || self.world.replica(replica, replica > 0);
        let forge = match self.github {
            None => Face::Ports(world()),
            Some(address) => Face::GitHub(face::github(address, self.over, &self.world)),
        };
        Engine::new(Ports::new(forge, world(), world(), world()), Arc::clone(&self.policy))
    }

    /// An engine that shares the first one's ledger and nothing else, as a process has that was just started.
    pub(crate) fn one_more_engine(&self) -> TestEngine {
        self.engine(0)
    }

    /// Where people look at repositories, if the world has such pages.
    pub(crate) fn pages(&self) -> Option<String> {
        self.github.map(|address| format!("http://{address}"))
    }

    /// Lets virtual time go by.
    pub(crate) fn pass(&mut self, duration: Duration) -> &mut Self {
        self.world.state().now += duration;
        self
    }

    /// Ends every process and starts it again with nothing that it remembers, its ledger included.
    pub(crate) fn restart(&mut self) -> &mut Self {
        self.restarts += 1;
        self.world.restart();
        self.world.lose_ledgers();
        self.start_engines();
        self
    }

    /// Empties the ledgers under the running processes.
    pub(crate) fn lose_ledgers(&mut self) -> &mut Self {
        self.world.lose_ledgers();
        self
    }

    /// Runs the engines until nothing is possible now. Nothing may fail.
    pub(crate) async fn settle(&mut self) -> &mut Self {
        let troubles = self.come_to_rest().await;
        assert!(troubles.is_empty(), "something failed: {troubles:#?}");
        self
    }

    /// What is said of an environment beside its gates.
    pub(crate) async fn notes(&self, environment: &str) -> Vec<String> {
        self.judgement(environment).await.notes.iter().map(towpath::render::reason).collect()
    }

    /// What an environment waits for: the gates in their order, then the notes.
    pub(crate) async fn waiting(&self, environment: &str) -> Vec<String> {
        self.judgement(environment).await.waiting().map(towpath::render::reason).collect()
    }

    async fn judgement(&self, environment: &str) -> Judgement {
        let engine = self.engines.first().expect("there is one");
        let foresight = engine.preview(&place(), Freshness::Any).await.expect("nothing is broken");
        let judgement = foresight.observation.plan.judgements.iter().find(|judgement| {
            (judgement.target.service.as_str(), judgement.target.environment.as_str())
                == ("shop", environment)
        });
        judgement.expect("it is judged").clone()
    }

    /// As [`Self::settle`], where something is expected to fail: says what.
    pub(crate) async fn settle_in_trouble(&mut self) -> String {
        let troubles = self.come_to_rest().await;
        assert!(!troubles.is_empty(), "nothing failed, although the test expects it");
        troubles.into_iter().collect::<Vec<_>>().join("\n")
    }

    /// As [`Self::settle`], where something may fail: says what.
    pub(crate) async fn settle_saying(&mut self) -> BTreeSet<String> {
        self.come_to_rest().await
    }

    /// Lets virtual time go by until the bot wants to look again.
    pub(crate) fn pass_to_next_look(&mut self) -> &mut Self {
        let mut state = self.world.state();
        state.now = state.now.max(self.next_look.expect("it wants to look again"));
        drop(state);
        self
    }

    /// A build pushes a version, and it goes as far as an open change into production.
    pub(crate) async fn bring_to_production(&mut self, version: &str) -> ChangeNumber {
        self.push(version).settle().await.expect_running("dev", version);
        self.pass(minutes(30)).settle().await.expect_running("staging", version);
        let change = self.pass(minutes(60)).settle().await.expect_open("production", version);
        let effects = self.effects();
        self.effects_at_start.get_or_insert(effects);
        change
    }

    /// How many effects belong to what most stories have in common.
    pub(crate) fn effects_at_start(&self) -> usize {
        self.effects_at_start.unwrap_or_default()
    }

    /// Runs rounds until one has no effect; gives what failed in that one.
    async fn come_to_rest(&mut self) -> BTreeSet<String> {
        self.tell();
        self.come_to_rest_untold().await
    }

    /// Webhooks tell of what people did.
    fn tell(&self) {
        self.engines.iter().for_each(|engine| engine.ports.forge.hint(&place().repository));
    }

    /// As [`Self::settle`], while every webhook is lost.
    pub(crate) async fn settle_untold(&mut self) -> &mut Self {
        let troubles = self.come_to_rest_untold().await;
        assert!(troubles.is_empty(), "something failed: {troubles:#?}");
        self
    }

    async fn come_to_rest_untold(&mut self) -> BTreeSet<String> {
        self.world.state().now += TICK;
        let fresh = Freshness::Since(self.world.state().bot_clock());
        let start = self.world.state().effects.len();
        let logged = self.world.state().log().len();
        for round in 0..ROUNDS_MAX {
            let before = self.progress();
            let settled = self.round(round, fresh).await;
            let is_down = self.world.state().faults.is_down;
            if is_down {
                self.restart();
            }
            if self.progress() == before && !is_down {
                self.expect_written_right_at_first(start, logged);
                self.next_look = settled.iter().filter_map(|settled| settled.next_look).min();
                return settled.into_iter().flat_map(|settled| settled.failures).collect();
            }
            assert!(
                self.mode != Mode::Plain || round == 0,
                "not at rest after one settle: {:#?}",
                self.effects_after(before.0)
            );
        }
        panic!("did not converge after {ROUNDS_MAX} rounds; effects so far: {:#?}", self.effects_after(0));
    }

    /// The tags of which the log says since so many lines that they moved after they were chosen.
    fn moved_tags_since(&self, lines: usize) -> BTreeSet<String> {
        let log = self.world.state().log();
        let records = log.iter().skip(lines).map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let moved = records.filter(|record| record["event"] == "tag-moved");
        moved.map(|record| record["tag"].as_str().expect("a tag has a name").to_owned()).collect()
    }

    /// How much happened: effects, and whether the fault is still to come.
    fn progress(&self) -> (usize, bool) {
        let state = self.world.state();
        (state.effects.len(), state.faults.planned.is_some())
    }

    /// What a change shows is right from its opening on: as long as nobody does anything, nothing of it is written again.
    ///
    /// With faults and races an opening may be cut in two, and another look finishes it. Where the forge has rules of its
    /// own for merges, what it answers to one is news. So is that a tag moved which the change carries: the registry is asked
    /// for it right before the merge, after the opening. And so is that what the change carries lands elsewhere.
    fn expect_written_right_at_first(&self, start: usize, logged: usize) {
        let has_news = self.world.state().protection.has_rules_for_merges();
        if has_news || matches!(self.mode, Mode::Raced | Mode::Faulty(..)) {
            return;
        }
        let moved = self.moved_tags_since(logged);
        let effects = self.effects_after(start);
        for (index, effect) in effects.iter().enumerate() {
            let EffectKind::ChangeOpened { change: opened } = effect else { continue };
            if self.carries(*opened, &moved) || self.carries_landed_elsewhere(*opened, logged) {
                continue;
            }
            let is_rewrite = |later: &&EffectKind| {
                let of = |change| change == opened;
                matches!(later, EffectKind::Presented { change } | EffectKind::StatusSet { change } if of(change))
            };
            // The first status belongs to the opening.
            let rewrites: Vec<_> = effects.iter().skip(index).filter(is_rewrite).skip(1).collect();
            assert!(rewrites.is_empty(), "{opened} was opened and then written again: {effects:#?}");
        }
    }

    /// Where a change is going, and what its head writes there.
    pub(crate) fn carried(&self, change: ChangeNumber) -> (String, Running) {
        let state = self.world.state();
        let change = state.change(change).expect("it was opened");
        let (environment, service) = change.target().expect("the bot opened it");
        let head = state.git.get(&state.git.written(change.head()));
        (environment.to_owned(), oracle::running(&head.files, service, environment))
    }

    /// Whether what a change carries landed in another environment, as the log says since so many lines.
    fn carries_landed_elsewhere(&self, change: ChangeNumber, lines: usize) -> bool {
        let (own, carried) = self.carried(change);
        let log = self.world.state().log();
        let mut records =
            log.iter().skip(lines).map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        records.any(|record| {
            let image = &record["images"][0];
            let is_elsewhere = record["event"] == "landed" && record["target"]["environment"] != own;
            let has_digest =
                carried.digest.is_some() && image["digest"].as_str() == carried.digest.as_deref();
            is_elsewhere && (has_digest || image["tag"] == carried.tag)
        })
    }

    /// Whether the head of a change carries one of these tags.
    fn carries(&self, change: ChangeNumber, tags: &BTreeSet<String>) -> bool {
        let state = self.world.state();
        let head = state.change(change).expect("it was opened").head();
        let message = &state.git.get(&state.git.written(head)).message;
        message
            .lines()
            .filter_map(|line| line.strip_prefix("Towpath-Release: "))
            .any(|tag| tags.contains(tag))
    }

    pub(crate) fn effects_after(&self, start: usize) -> Vec<EffectKind> {
        self.world.state().effects.iter().skip(start).map(|effect| effect.kind.clone()).collect()
    }

    /// Each engine settles once.
    async fn round(&self, round: usize, fresh: Freshness) -> Vec<Convergence> {
        let place = place();
        let start = self.world.state().effects.len();
        let settled = match self.mode {
            Mode::Raced => {
                futures::future::join_all(self.engines.iter().map(|engine| engine.settle(&place, fresh)))
                    .await
            }
            Mode::Plain | Mode::Doubled | Mode::Faulty(..) => {
                let mut all = Vec::new();
                for turn in 0..self.engines.len() {
                    let engine = self.engines.get((turn + round) % self.engines.len());
                    all.push(engine.expect("the remainder is in range").settle(&place, fresh).await);
                }
                all
            }
        };
        let passes: usize = settled.iter().map(|settled| settled.passes).sum();
        let logged = self.effects_after(start);
        let logged = logged.iter().filter(|effect| matches!(effect, EffectKind::LogCommit { .. })).count();
        assert!(logged <= passes, "{logged} commits of the log in {passes} passes");
        settled
    }

    /// The proper end: nothing more to do, nothing unread, and every law was kept.
    pub(crate) async fn finish(&mut self) {
        let before = self.world.state().effects.len();
        let troubles = self.come_to_rest().await;
        assert!(troubles.is_empty(), "something fails at the end of the story: {troubles:#?}");
        let more = self.effects_after(before);
        assert!(more.is_empty(), "effects although nothing happened: {more:#?}");
        self.expect_all_read();
        oracle::check(&self.world.state(), &self.policy);
    }
}

/// A service and environment, as stories write them: `staging` of the shop, or `pay/staging`.
fn target(text: &str) -> (ServiceName, &str) {
    let (service, environment) = text.split_once('/').unwrap_or(("shop", text));
    (super::rules::name(service), environment)
}
