//! The service while GitHub tells of what happens: however its events come, it ends the same way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use towpath::config::{GitHubCredentials, GitHubForgeSettings, SecretSource};
use towpath::ledger::{Delivery, DeliveryId, DeliveryOutcome, DeliverySubject, Ledger as _};
use towpath::model::{ConfigBranch, Policy, Time};
use towpath::reconcile::{self, SweepPlan, Wakeups};
use towpath::server::{EventInbox, GitHubHook, GitHubHooks};

use crate::support::bot::Bot;
use crate::support::rules::{BOT, Rules, minutes, name, place};
use crate::support::story::{Mode, Over, end_of};
use crate::support::webhook::sample::{self, Event};
use crate::support::webhook::{DELIVERY, EVENT, SIGNATURE, signed};
use crate::support::world::{FakeWorld, Refusal};

const SECRET: &str = "of GitHub and Towpath alone";
/// Longer than any story takes.
const SWEEP_NEVER: Duration = Duration::from_secs(3_600);
/// How often the service looks where nobody tells it anything.
const SWEEP_OFTEN: Duration = Duration::from_millis(1);
/// How often events may lead to further ones.
const ROUNDS_MAX: usize = 10;

/// How events come.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Way {
    /// Each once and in order.
    Once,
    /// Each twice, the last one first.
    DoubledAndReversed,
    /// Not at all.
    Lost,
}

/// A service that runs, and the hook through which it is told.
struct Running {
    world: FakeWorld,
    router: TowerToHyperService<Router>,
    folder: tempfile::TempDir,
    stop: watch::Sender<bool>,
    looks: JoinHandle<()>,
    sent: usize,
}

impl Running {
    fn start(bot: &Bot, policy: &Policy, sweep: Duration) -> Self {
        Self::start_with(bot, policy, sweep, SWEEP_NEVER)
    }

    fn start_with(bot: &Bot, policy: &Policy, sweep: Duration, second_look: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bells = Arc::new(Wakeups::of(policy));
        let router = router(&bot.world, &bells, &folder);
        let round = SweepPlan { places: policy.places(), sweep, second_look };
        let (stop, stopping) = watch::channel(false);
        let looks = tokio::spawn(reconcile::serve(Arc::new(bot.one_more_engine()), bells, round, stopping));
        let router = TowerToHyperService::new(router);
        Self { world: bot.world.clone(), router, folder, stop, looks, sent: 0 }
    }

    /// Sends events as this way has it.
    async fn send(&mut self, events: Vec<Event>, way: Way) {
        let all: Vec<(usize, Event)> = events
            .into_iter()
            .map(|event| {
                self.sent += 1;
                (self.sent, event)
            })
            .collect();
        let all: Vec<&(usize, Event)> = match way {
            Way::Once => all.iter().collect(),
            Way::DoubledAndReversed => all.iter().rev().flat_map(|event| [event, event]).collect(),
            Way::Lost => Vec::new(),
        };
        for (id, event) in all {
            self.send_one(*id, event).await;
        }
    }

    async fn send_one(&self, id: usize, event: &Event) {
        // Two events never come at the very same instant.
        self.world.state().now += Duration::from_millis(1);
        let body = event.body.to_string();
        let request = Request::post(format!("/hooks/github/{}", place().forge))
            .header(EVENT, event.kind)
            .header(DELIVERY, format!("guid {id}"))
            .header(SIGNATURE, signed(SECRET, body.as_bytes()))
            .body(Body::from(body))
            .expect("a request");
        let answer = self.router.call(request).await.expect("it always answers");
        assert_eq!(answer.status(), 202, "{}", event.kind);
    }

    /// Sends what happens, and what follows from it, until nothing more does.
    async fn pump(&mut self, way: Way) {
        for _round in 0..ROUNDS_MAX {
            let events = self.world.events();
            if events.is_empty() {
                return;
            }
            self.send(events, way).await;
            until(|| self.world.state().deliveries().iter().all(|(_, outcomes)| !outcomes.is_empty())).await;
        }
        panic!("events lead to events without end");
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.looks.await.expect("it ends well");
        drop(self.folder);
    }
}

fn router(world: &FakeWorld, bells: &Arc<Wakeups>, folder: &tempfile::TempDir) -> Router {
    let file = folder.path().join("secret");
    std::fs::write(&file, SECRET).expect("it can be written");
    let settings = GitHubForgeSettings {
        name: place().forge,
        url: None,
        credentials: GitHubCredentials::Token(SecretSource::Env("NOBODY_READS_THIS".to_owned())),
        bot: None,
        webhook_secrets: vec![SecretSource::File(file)],
        merge_method: None,
        deployments: true,
    };
    let hook = GitHubHook::new(&settings, &[place()], Arc::new(|| name(BOT))).expect("it has a secret");
    let bells = Arc::clone(bells);
    let reception = EventInbox {
        images: Vec::new(),
        ledger: world.clone(),
        clock: world.clone(),
        pushed: Arc::new(|image, _at| panic!("nobody says anything of {image}")),
        happened: Arc::new(move |forge, repository| bells.tell(forge, repository)),
    };
    let hooks = BTreeMap::from([(place().forge.to_string(), hook)]);
    GitHubHooks { hooks, reception: Arc::new(reception) }.into_routes().into_router()
}

fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(story)
}

/// Lets the others go on until something holds.
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it happens");
}

/// How often the forge was told that something happened there.
fn hints(bot: &Bot) -> usize {
    bot.world.state().requests.get("hint").copied().unwrap_or_default()
}

/// A release waits for production; alice approves it there while the service runs. Gives what is left in the end.
async fn approved_while_serving(way: Way, over: Over) -> (impl PartialEq + std::fmt::Debug, usize) {
    let rules = Rules::default();
    let mut bot = Bot::new(&rules, Mode::Plain, over).await;
    let change = bot.bring_to_production("1.10.0").await;
    let sweep = if way == Way::Lost { SWEEP_OFTEN } else { SWEEP_NEVER };
    bot.world.events();
    let hints_before = hints(&bot);
    let mut service = Running::start(&bot, &rules.policy(), sweep);
    bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
    service.pump(way).await;
    until(|| {
        let mut state = bot.world.state();
        // A sweep may leave out what it read a moment ago.
        state.now += Duration::from_secs(1);
        state.change(change).is_some_and(|own| !own.is_open())
    })
    .await;
    service.pump(way).await;
    service.stop().await;
    let is_hinted = hints(&bot) > hints_before;
    assert_eq!(is_hinted, way != Way::Lost && over == Over::Ports, "a sweep gives no hint, an event does");
    bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    bot.finish().await;
    let deliveries = bot.world.state().deliveries();
    assert!(deliveries.iter().all(|(_, outcomes)| outcomes == &[DeliveryOutcome::Looked]), "{deliveries:?}");
    (end_of(&bot.world), deliveries.len())
}

#[test]
fn events_once_doubled_and_reversed_or_all_lost_end_the_same_way() {
    for over in [Over::Ports, Over::GitHub] {
        let (once, told) = run(approved_while_serving(Way::Once, over));
        let (doubled, told_twice) = run(approved_while_serving(Way::DoubledAndReversed, over));
        let (lost, told_never) = run(approved_while_serving(Way::Lost, over));
        assert_eq!(once, doubled, "over {over:?}, doubled and reversed");
        assert_eq!(once, lost, "over {over:?}, all lost");
        assert!(told > 1 && told_never == 0, "{told}, {told_twice}, {told_never}");
    }
}

#[test]
fn an_event_that_is_ahead_of_github_is_made_up_for_by_the_second_look() {
    run(async {
        let rules = Rules::default();
        let mut bot = Bot::new(&rules, Mode::Plain, Over::Ports).await;
        let change = bot.bring_to_production("1.10.0").await;
        bot.world.events();
        let second_look = Duration::from_secs(1);
        let mut service = Running::start_with(&bot, &rules.policy(), SWEEP_NEVER, second_look);
        let ahead =
            sample::every_event("acme/deploy").into_iter().filter(|event| event.kind == "issue_comment");
        service.send(ahead.collect(), Way::Once).await;
        until(|| bot.world.state().deliveries().iter().all(|(_, outcomes)| !outcomes.is_empty())).await;
        // Only now does GitHub show what it told of.
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        until(|| bot.world.state().change(change).is_some_and(|own| !own.is_open())).await;
        service.stop().await;
        bot.settle().await.expect_merged(change);
        bot.finish().await;
    });
}

fn delivery(world: &FakeWorld, id: &str, repositories: &[&str]) -> Delivery {
    let repositories = repositories.iter().map(|repository| name(repository)).collect();
    let subject = DeliverySubject::Repositories(place().forge, repositories);
    let received_at = world.state().now;
    Delivery { source: "github/here".to_owned(), id: DeliveryId::Given(id.to_owned()), received_at, subject }
}

#[test]
fn what_was_acknowledged_before_a_restart_is_looked_at_after_it() {
    run(async {
        let rules = Rules::default();
        let mut bot = Bot::new(&rules, Mode::Plain, Over::Ports).await;
        bot.settle().await;
        for repository in ["acme/deploy", "acme/gone"] {
            bot.world.accept(&delivery(&bot.world, repository, &[repository])).await.unwrap();
        }
        bot.pass(minutes(1));
        let service = Running::start(&bot, &rules.policy(), SWEEP_NEVER);
        until(|| bot.world.state().deliveries().iter().all(|(_, outcomes)| !outcomes.is_empty())).await;
        service.stop().await;
        let outcomes: Vec<_> = bot.world.state().deliveries().into_iter().map(|(_, own)| own).collect();
        assert_eq!(outcomes, [vec![DeliveryOutcome::Looked], vec![DeliveryOutcome::Unused]]);
    });
}

#[test]
fn an_event_has_its_outcome_only_after_a_look_that_succeeded() {
    run(async {
        let rules = Rules::default();
        let mut bot = Bot::new(&rules, Mode::Plain, Over::GitHub).await;
        bot.settle().await;
        let mut service = Running::start(&bot, &rules.policy(), SWEEP_OFTEN);
        let refused = |request| Refusal {
            request,
            status: 403,
            message: "Resource not accessible by integration",
            header: None,
        };
        bot.world.state().github.refusals.extend((0..3).map(|_| refused("GET /repos")));
        bot.world.events();
        service.send(sample::every_event("acme/deploy"), Way::Once).await;
        until(|| bot.world.state().github.refusals.is_empty()).await;
        until(|| bot.world.state().deliveries().iter().all(|(_, outcomes)| !outcomes.is_empty())).await;
        service.stop().await;
        assert!(bot.world.state().deliveries().iter().all(|(_, own)| own == &[DeliveryOutcome::Looked]));
    });
}

#[test]
fn an_event_of_a_repository_that_nobody_can_read_lapses() {
    run(async {
        let rules = Rules::default();
        let mut bot = Bot::new(&rules, Mode::Plain, Over::GitHub).await;
        bot.settle().await;
        let mut service = Running::start(&bot, &rules.policy(), SWEEP_OFTEN);
        bot.world.state().github.setup.is_gone = true;
        service.send(sample::every_event("acme/deploy"), Way::Once).await;
        let world = bot.world.clone();
        let outcomes = || world.state().deliveries();
        until(|| !outcomes().is_empty()).await;
        assert!(outcomes().iter().all(|(_, own)| own.is_empty()), "nobody could look");
        bot.pass(minutes(61));
        until(|| outcomes().iter().all(|(_, own)| own == &[DeliveryOutcome::Lapsed])).await;
        service.stop().await;
    });
}

#[test]
fn an_event_waits_for_every_place_that_it_is_about() {
    let mut policy = Rules::default().and_service("pay").and_service("till").policy();
    let release = ConfigBranch { branch: name("release"), ..place() };
    policy.services[1].place = release.clone();
    policy.services[2].place = ConfigBranch { repository: name("acme/other"), ..place() };
    let bells = Wakeups::of(&policy);
    let world = FakeWorld::new(BTreeMap::default());
    let both = delivery(&world, "a", &["acme/deploy"]);
    let unused = delivery(&world, "b", &["acme/gone"]);
    let later = both.received_at + Duration::from_secs(1);
    let looked = |place: &ConfigBranch, began: Time| bells.bell(place).looked(began);

    bells.tell(&place().forge, &name("acme/deploy"));
    let is_told = [&place(), &release, &policy.services[2].place].map(|place| bells.bell(place).hear());
    assert_eq!(is_told, [true, true, false], "nobody else is woken");
    assert_eq!(bells.outcome(&unused, later), Some(DeliveryOutcome::Unused));
    assert_eq!(bells.outcome(&both, later), None);
    assert!(looked(&place(), later), "it owes an outcome");
    assert_eq!(bells.outcome(&both, later), None, "the other branch was not looked at yet");
    looked(&release, both.received_at - Duration::from_secs(1));
    assert_eq!(bells.outcome(&both, later), None, "that look began before it came");
    let much_later = both.received_at + Duration::from_secs(3_600);
    assert_eq!(bells.outcome(&both, much_later), Some(DeliveryOutcome::Lapsed), "it does not wait for ever");
    looked(&release, later);
    assert_eq!(bells.outcome(&both, later), Some(DeliveryOutcome::Looked));
    let elsewhere =
        Delivery { subject: DeliverySubject::Repositories(name("hub"), vec![name("acme/deploy")]), ..both };
    assert_eq!(
        bells.outcome(&elsewhere, later),
        Some(DeliveryOutcome::Unused),
        "another forge has one of that name"
    );
}
