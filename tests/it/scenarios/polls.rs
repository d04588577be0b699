//! How often registries are asked, counted; and what a bad one costs the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use proptest::prelude::*;
use tokio::sync::watch;
use towpath::ledger::{Delivery, DeliveryId, DeliveryOutcome, DeliverySubject, Ledger as _};
use towpath::model::{ImageName, Policy, Time};
use towpath::reconcile::{self, Engine, Freshness, Ports, SweepPlan, Wakeups};

use crate::support::depth;
use crate::support::fixture;
use crate::support::rules::{Rules, minutes, name, place};
use crate::support::world::FakeWorld;

type TestEngine = Engine<FakeWorld, FakeWorld, FakeWorld, FakeWorld>;

/// Longer than any test takes.
const HOUR: Duration = Duration::from_secs(3_600);
/// The interval at which registries are polled where nothing else is said.
const INTERVAL: TimeDelta = TimeDelta::minutes(5);

fn engine(world: &FakeWorld, policy: &Policy) -> TestEngine {
    let ports = Ports::new(world.clone(), world.clone(), world.clone(), world.clone());
    Engine::new(ports, Arc::new(policy.clone()))
}

/// A policy whose services use these images, in three environments each; several may use the same.
fn policy(images: impl Iterator<Item = String>) -> Policy {
    let mut policy = Rules::default().policy();
    let model = policy.services.remove(0);
    for (number, image) in images.enumerate() {
        let service = name(&format!("s{number:04}"));
        let mut own = towpath::model::Service { name: service, ..model.clone() };
        own.images.iter_mut().for_each(|used| used.name = name(&image));
        policy.services.push(own);
    }
    policy
}

/// Polls, each image when it says that it is due, until virtual time has gone on by `period`.
async fn poll_for(engine: &TestEngine, world: &FakeWorld, period: TimeDelta) {
    let end = world.state().now + period;
    let images: BTreeSet<ImageName> = engine.policy.services.iter().map(image_of).collect();
    let mut due: BTreeSet<(Time, ImageName)> = BTreeSet::new();
    for image in images {
        due.insert((engine.poll(&image).await.next, image));
    }
    while let Some((at, image)) = due.pop_first().filter(|(at, _)| *at < end) {
        world.state().now = at;
        let next = engine.poll(&image).await.next;
        assert!(next > at, "{image} is due again at the same instant");
        due.insert((next, image));
    }
    world.state().now = end;
}

/// When each image was asked for, since `start`.
fn asked(world: &FakeWorld, start: Time) -> BTreeMap<ImageName, Vec<Time>> {
    let mut asked: BTreeMap<ImageName, Vec<Time>> = BTreeMap::new();
    for (at, image) in world.state().listings_asked.iter().filter(|(at, _)| *at >= start) {
        asked.entry(image.clone()).or_default().push(*at);
    }
    asked
}

fn image_of(service: &towpath::model::Service) -> ImageName {
    service.images.first().expect("it has one").name.clone()
}

fn run<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(story)
}

#[test]
fn an_idle_interval_costs_one_request_for_each_image() {
    run(async {
        let services = (0..100).map(|number| format!("s{number:04}"));
        let mut files = fixture::files("--- README.md\nWhat runs where.\n");
        for service in services {
            let service: &'static str = service.leak();
            files.extend(fixture::service(service, &[service], &["dev", "staging", "production"], "1.0.99"));
        }
        let world = FakeWorld::new(files);
        let mut policy = policy((0..100).map(|number| format!("registry.test/acme/s{number:04}")));
        for service in &mut policy.services {
            let environments = ["dev", "staging", "production"];
            let path = |of: &str| {
                name::<towpath::model::RepositoryPath>(&format!("apps/{}/overlays/{of}", service.name))
            };
            service.locations = environments.iter().map(|of| (name(of), path(of).into())).collect();
            service.group = name(service.name.as_str());
            let image = image_of(service);
            (0..100).for_each(|patch| world.push(image.as_str(), &format!("1.0.{patch}")));
        }
        let engine = engine(&world, &policy);
        poll_for(&engine, &world, INTERVAL * 2).await;
        let settled = engine.settle(&place(), Freshness::PollResult).await;
        assert!(settled.failures.is_empty(), "{:?}", settled.failures);
        let requests = |what| world.state().requests.get(what).copied().unwrap_or_default();
        let (tags, digests) = (requests("tags"), requests("digest"));

        poll_for(&engine, &world, INTERVAL).await;
        for _look in 0..10 {
            engine.settle(&place(), Freshness::PollResult).await;
        }

        assert_eq!((requests("tags") - tags, requests("digest") - digests), (100, 0));
    });
}

#[test]
fn services_that_share_an_image_share_its_poll() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        world.push("registry.test/acme/shared", "1.0.0");
        let engine = engine(&world, &policy((0..500).map(|_| "registry.test/acme/shared".to_owned())));
        poll_for(&engine, &world, INTERVAL * 2).await;
        let before = world.state().listings_asked.len();
        poll_for(&engine, &world, INTERVAL * 12).await;
        assert_eq!(world.state().listings_asked.len() - before, 12);
    });
}

/// A thousand images in three registries.
fn thousand(world: &FakeWorld) -> Policy {
    let image = |number: usize| format!("{}.test/acme/s{number:04}", ["one", "two", "three"][number % 3]);
    (0..1_000).for_each(|number| world.push(&image(number), "1.0.0"));
    policy((0..1_000).map(image))
}

#[test]
fn one_dead_registry_among_three_delays_no_other() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let policy = thousand(&world);
        let images = policy.services.iter().map(image_of);
        let dead: Vec<ImageName> = images.filter(|image| image.host() == "three.test").collect();
        let engine = engine(&world, &policy);
        poll_for(&engine, &world, INTERVAL).await;
        let start = world.state().now;
        world.state().registries_down.extend(dead.iter().cloned());

        poll_for(&engine, &world, INTERVAL * 10).await;

        let asked = asked(&world, start);
        let (dead, alive): (BTreeMap<_, _>, BTreeMap<_, _>) =
            asked.into_iter().partition(|(image, _)| dead.contains(image));
        assert_eq!(alive.len(), 667);
        for (image, times) in alive {
            assert_eq!(times.len(), 10, "{image}");
            let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(gaps.clone().all(|gap| gap == INTERVAL), "{image} keeps its interval: {gaps:?}");
        }
        let wasted: usize = dead.values().map(Vec::len).sum();
        assert!(wasted < 10 * 333, "a dead registry is asked {wasted} times, less than a healthy one");
    });
}

#[test]
fn a_registry_that_never_answers_holds_up_its_own_images_alone() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let policy = thousand(&world);
        world.state().silent_hosts.insert("three.test".to_owned());
        let engine = engine(&world, &policy);

        let polls: FuturesUnordered<_> = policy
            .services
            .iter()
            .map(|own| async { (image_of(own).host().to_owned(), engine.poll(&image_of(own)).await) })
            .collect();
        let answered: Vec<_> = polls.take(667).collect().await;

        assert!(answered.iter().all(|(host, _)| host != "three.test"));
        let asked = world.state().listings_asked.clone();
        let hanging = asked.iter().filter(|(_, image)| image.host() == "three.test").count();
        assert_eq!(hanging, 8, "so many questions a registry is asked at once");
    });
}

#[test]
fn a_registry_that_asks_for_patience_is_left_alone_with_all_its_images() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let policy = thousand(&world);
        let engine = engine(&world, &policy);
        poll_for(&engine, &world, INTERVAL).await;
        world.state().busy_hosts.insert("two.test".to_owned(), minutes(20));
        let start = world.state().now;
        poll_for(&engine, &world, TimeDelta::minutes(1)).await;
        world.state().busy_hosts.clear();
        poll_for(&engine, &world, TimeDelta::minutes(18)).await;

        let asked = asked(&world, start);
        let of = |host: &str| {
            asked.iter().filter(|(image, _)| image.host() == host).map(|(_, at)| at.len()).sum::<usize>()
        };
        assert_eq!(of("two.test"), 1, "one question was told to wait, and that counts for all");
        assert!(of("one.test") > 3 * 333 && of("three.test") > 3 * 333);

        let before = world.state().listings_asked.len();
        poll_for(&engine, &world, TimeDelta::minutes(7)).await;
        let later = world.state().listings_asked.split_off(before);
        let back: BTreeSet<ImageName> = later.into_iter().map(|(_, image)| image).collect();
        assert_eq!(back.iter().filter(|image| image.host() == "two.test").count(), 333, "all are back");
    });
}

#[test]
fn a_failed_poll_is_tried_again_soon_and_then_ever_later() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let mut policy = policy(std::iter::once("registry.test/acme/shop".to_owned()));
        policy.polls.insert("registry.test".to_owned(), minutes(60));
        world.push("registry.test/acme/shop", "1.0.0");
        let engine = engine(&world, &policy);
        world.state().registries_down.insert(name("registry.test/acme/shop"));
        let start = world.state().now;
        poll_for(&engine, &world, TimeDelta::minutes(8)).await;
        let asked = asked(&world, start);
        let seconds: Vec<i64> = asked.values().flatten().map(|at| (*at - start).num_seconds()).collect();
        assert_eq!(seconds, [0, 30, 90, 210, 450]);

        world.state().registries_down.clear();
        poll_for(&engine, &world, TimeDelta::minutes(9)).await;
        assert!(engine.ports.ledger.trouble(&name("registry.test/acme/shop")).await.unwrap().is_none());
    });
}

/// A delivery about an image, as the server keeps it.
fn delivery(world: &FakeWorld, image: &str) -> Delivery {
    let received_at = world.state().now;
    let id = DeliveryId::Given(format!("{image} {received_at}"));
    Delivery {
        source: "registry/test".to_owned(),
        id,
        received_at,
        subject: DeliverySubject::Images(vec![name(image)]),
    }
}

/// What happens to a service whose clock is set now and then.
#[derive(Copy, Clone, Debug)]
enum Step {
    /// So many seconds go by.
    Pass(i64),
    /// The clock is set on or back by so many seconds.
    Set(i64),
    /// An event tells of a push.
    Event,
    /// The process ends, and another one begins with the same ledger.
    Restart,
    /// Somebody runs `run --once`.
    Once,
}

fn step() -> impl Strategy<Value = Step> {
    const HOUR_S: i64 = 3_600;
    const YEAR_S: i64 = 365 * 24 * HOUR_S;
    let set = prop::sample::select(vec![-YEAR_S, -HOUR_S, -1, 1, HOUR_S, YEAR_S]);
    prop_oneof![
        4 => (1_i64..900).prop_map(Step::Pass),
        2 => set.prop_map(Step::Set),
        1 => Just(Step::Event),
        1 => Just(Step::Restart),
        1 => Just(Step::Once),
    ]
}

/// A poller of one image, which sleeps by a clock that nobody sets.
struct Poller {
    world: FakeWorld,
    engine: TestEngine,
    policy: Policy,
    /// What really went by.
    elapsed: TimeDelta,
    wakes_at: TimeDelta,
    /// When the registry was asked last, really.
    asked_at: TimeDelta,
    /// The same by the clock that is set.
    asked_at_clock: Option<Time>,
}

impl Poller {
    async fn poll(&mut self) {
        let shop: ImageName = name("registry.test/acme/shop");
        let before = self.world.state().listings_asked.len();
        let next = self.engine.poll(&shop).await.next;
        if self.world.state().listings_asked.len() > before {
            self.asked_at = self.elapsed;
            self.asked_at_clock = Some(self.world.state().now);
        }
        let pause = (next - self.world.state().now).max(TimeDelta::milliseconds(200));
        self.wakes_at = self.elapsed + pause;
    }

    fn advance(&mut self, by: TimeDelta) {
        self.world.state().now += by;
        self.elapsed += by;
        let silence = self.elapsed - self.asked_at;
        assert!(silence <= INTERVAL * 5 / 2, "the registry was not asked for {silence}");
    }

    async fn pass(&mut self, by: TimeDelta) {
        let end = self.elapsed + by;
        while self.wakes_at <= end {
            self.advance(self.wakes_at - self.elapsed);
            self.poll().await;
        }
        self.advance(end - self.elapsed);
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Pass(seconds) => self.pass(TimeDelta::seconds(seconds)).await,
            Step::Set(seconds) => self.world.state().now += TimeDelta::seconds(seconds),
            Step::Event => {
                let told = delivery(&self.world, "registry.test/acme/shop");
                self.engine.ports.ledger.accept(&told).await.expect("the ledger answers");
                self.engine.ports.listings.tell(&told.subject.images()[0], told.received_at);
                self.poll().await;
                assert_eq!(self.asked_at, self.elapsed, "an event is answered at once");
                self.pass(TimeDelta::seconds(1)).await;
            }
            Step::Restart => {
                self.engine = engine(&self.world, &self.policy);
                towpath::observe::recover(&self.engine.ports, &self.policy).await;
                self.poll().await;
            }
            Step::Once => {
                // Each guard ends with its statement: two in one statement would wait for each other.
                let now = self.world.state().now;
                let before = self.world.state().listings_asked.len();
                engine(&self.world, &self.policy).settle(&place(), Freshness::Since(now)).await;
                let is_asked = self.world.state().listings_asked.len() > before;
                assert!(is_asked || self.asked_at_clock == Some(now), "`run --once` asks every registry");
                self.asked_at_clock = Some(now);
                self.pass(TimeDelta::seconds(1)).await;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: depth::proptest_cases(100), ..ProptestConfig::default() })]

    #[test]
    fn a_clock_that_is_set_neither_silences_polls_nor_multiplies_them(steps in prop::collection::vec(step(), 1..25)) {
        run(async {
            let world = FakeWorld::new(BTreeMap::default());
            world.push("registry.test/acme/shop", "1.0.0");
            let policy = policy(std::iter::once("registry.test/acme/shop".to_owned()));
            let engine = engine(&world, &policy);
            let zero = TimeDelta::zero();
            let mut poller = Poller { world, engine, policy, elapsed: zero, wakes_at: zero, asked_at: zero, asked_at_clock: None };
            for step in &steps {
                poller.take(*step).await;
            }
            poller.pass(INTERVAL * 3).await;
            let in_time = poller.elapsed.num_seconds() / (INTERVAL.num_seconds() / 4);
            let most = usize::try_from(in_time).unwrap() + 2 * steps.len() + 2;
            let asked = poller.world.state().listings_asked.len();
            assert!(asked <= most, "asked {asked} times, and {most} would do");
            let open = poller.engine.ports.ledger.deliveries().await.unwrap();
            assert_eq!(open, [], "every event has its outcome");
        });
    }
}

#[test]
fn a_listing_from_the_future_is_no_listing() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        world.push("registry.test/acme/shop", "1.0.0");
        let engine = engine(&world, &policy(std::iter::once("registry.test/acme/shop".to_owned())));
        let shop: ImageName = name("registry.test/acme/shop");
        engine.poll(&shop).await;
        world.state().now -= TimeDelta::hours(1);
        let now = world.state().now;
        assert_eq!(engine.ports.listings.ages(now), BTreeMap::from([(shop.clone(), None)]));
        engine.poll(&shop).await;
        assert_eq!(engine.ports.listings.ages(now), BTreeMap::from([(shop, Some(TimeDelta::zero()))]));
    });
}

#[test]
fn an_event_makes_its_image_due_at_once_and_no_other() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let engine = engine(&world, &thousand(&world));
        poll_for(&engine, &world, INTERVAL).await;
        let start = world.state().now;
        let told = delivery(&world, "one.test/acme/s0000");
        engine.ports.ledger.accept(&told).await.unwrap();
        engine.ports.listings.tell(&told.subject.images()[0], told.received_at);

        let polled = engine.poll(&told.subject.images()[0]).await;

        assert!(polled.is_news && polled.next > start);
        assert_eq!(asked(&world, start).len(), 1);
        assert_eq!(world.state().deliveries(), [(told.clone(), vec![DeliveryOutcome::Looked])]);
        let again = engine.poll(&told.subject.images()[0]).await;
        assert!(!again.is_news, "it is told once");
    });
}

#[test]
fn an_event_waits_for_a_registry_that_is_down() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let engine = engine(&world, &policy(std::iter::once("registry.test/acme/shop".to_owned())));
        world.push("registry.test/acme/shop", "1.0.0");
        let shop: ImageName = name("registry.test/acme/shop");
        engine.poll(&shop).await;
        world.state().registries_down.insert(shop.clone());
        let told = delivery(&world, shop.as_str());
        engine.ports.ledger.accept(&told).await.unwrap();
        world.state().now += TimeDelta::seconds(1);
        let told_at = world.state().now;
        engine.ports.listings.tell(&shop, told_at);
        let failed = engine.poll(&shop).await;
        assert_eq!((failed.is_news, failed.next - told_at), (false, TimeDelta::seconds(30)));
        assert_eq!(world.state().deliveries()[0].1, []);

        world.state().registries_down.clear();
        world.state().now = failed.next;
        assert!(engine.poll(&shop).await.is_news);
        assert_eq!(world.state().deliveries()[0].1, [DeliveryOutcome::Looked]);
    });
}

#[test]
fn what_was_acknowledged_before_a_restart_is_handled_after_it() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        world.push("registry.test/acme/shop", "1.0.0");
        let policy = policy(std::iter::once("registry.test/acme/shop".to_owned()));
        engine(&world, &policy).poll(&name("registry.test/acme/shop")).await;
        world.state().now += TimeDelta::seconds(1);
        for image in ["registry.test/acme/shop", "registry.test/acme/gone"] {
            world.accept(&delivery(&world, image)).await.unwrap();
        }

        let (stop, stopping) = watch::channel(false);
        let started = Arc::new(engine(&world, &policy));
        let polls = tokio::spawn(reconcile::poll(started, Arc::new(Wakeups::of(&policy)), stopping));
        until(|| world.state().deliveries().iter().all(|(_, outcomes)| !outcomes.is_empty())).await;
        stop.send_replace(true);
        polls.await.unwrap();

        let outcomes: Vec<_> = world.state().deliveries().into_iter().map(|(_, outcomes)| outcomes).collect();
        assert_eq!(outcomes, [vec![DeliveryOutcome::Looked], vec![DeliveryOutcome::Unused]]);
        assert_eq!(world.state().listings_asked.len(), 2);
    });
}

#[test]
fn a_bell_wakes_the_places_that_use_an_image_alone() {
    let mut policy =
        policy(["registry.test/acme/shop".to_owned(), "registry.test/acme/pay".to_owned()].into_iter());
    let elsewhere = towpath::model::ConfigBranch { repository: name("acme/pay"), ..place() };
    policy.services[1].place = elsewhere.clone();
    let bells = Wakeups::of(&policy);
    bells.ring(&name("registry.test/acme/shop"));
    bells.ring(&name("registry.test/acme/unknown"));
    assert!(bells.bell(&place()).rung().now_or_never().is_some());
    assert!(bells.bell(&place()).rung().now_or_never().is_none(), "it rings once");
    assert!(bells.bell(&elsewhere).rung().now_or_never().is_none());
}

/// The service itself, which would sleep for an hour.
#[test]
fn an_event_lapses_where_its_registry_stays_down() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let engine = engine(&world, &policy(std::iter::once("registry.test/acme/shop".to_owned())));
        let shop: ImageName = name("registry.test/acme/shop");
        world.state().registries_down.insert(shop.clone());
        let told = delivery(&world, shop.as_str());
        engine.ports.ledger.accept(&told).await.unwrap();
        engine.ports.listings.tell(&shop, told.received_at);
        poll_for(&engine, &world, TimeDelta::minutes(59)).await;
        assert_eq!(world.state().deliveries()[0].1, [], "it may come back");
        poll_for(&engine, &world, TimeDelta::minutes(10)).await;
        assert_eq!(world.state().deliveries()[0].1, [DeliveryOutcome::Lapsed]);
    });
}

#[test]
fn an_event_wakes_the_service_from_its_sleep() {
    run(async {
        let rules = Rules::default();
        let environments = rules.environment_names();
        let mut files = fixture::files("--- README.md\nWhat runs where.\n");
        files.extend(fixture::service("shop", &["shop"], &environments, "1.9.0"));
        let world = FakeWorld::new(files);
        world.push("registry.test/acme/shop", "1.9.0");
        let mut policy = rules.policy();
        policy.polls.insert("registry.test".to_owned(), minutes(60));
        let engine = Arc::new(engine(&world, &policy));
        let (stop, stopping) = watch::channel(false);
        let bells = Arc::new(Wakeups::of(&policy));
        let round = SweepPlan { places: policy.places(), sweep: HOUR, second_look: HOUR };
        let looks = reconcile::serve(Arc::clone(&engine), Arc::clone(&bells), round, stopping.clone());
        let polls = reconcile::poll(Arc::clone(&engine), bells, stopping);
        let service = tokio::spawn(async move { futures::join!(looks, polls) });
        let records = |world: &FakeWorld| world.state().log().len();
        until(|| records(&world) > 0).await;

        world.push("registry.test/acme/shop", "1.10.0");
        let told = delivery(&world, "registry.test/acme/shop");
        world.accept(&told).await.unwrap();
        engine.ports.listings.tell(&told.subject.images()[0], told.received_at);

        until(|| world.state().changes.iter().any(|change| change.title.contains("1.10.0"))).await;
        stop.send_replace(true);
        service.await.unwrap();
        assert_eq!(world.state().listings_asked.len(), 2, "once at the start, once for the event");
    });
}

/// Lets the others go on until something holds.
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it happens");
}

#[test]
fn an_outcome_that_could_not_be_kept_is_said_with_the_next_poll() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let engine = engine(&world, &policy(std::iter::once("registry.test/acme/shop".to_owned())));
        world.push("registry.test/acme/shop", "1.0.0");
        let shop: ImageName = name("registry.test/acme/shop");
        engine.poll(&shop).await;
        world.state().now += TimeDelta::seconds(1);
        let told = delivery(&world, shop.as_str());
        engine.ports.ledger.accept(&told).await.unwrap();
        engine.ports.listings.tell(&shop, told.received_at);
        // The power goes with the answer of the registry, and comes back.
        world.state().faults.is_down = true;
        engine.poll(&shop).await;
        world.restart();
        assert_eq!(world.state().deliveries()[0].1, []);

        poll_for(&engine, &world, INTERVAL * 2).await;

        assert_eq!(world.state().deliveries()[0].1, [DeliveryOutcome::Looked]);
    });
}

#[test]
fn a_thousand_events_of_one_image_cost_one_request_and_each_has_its_outcome() {
    run(async {
        let world = FakeWorld::new(BTreeMap::default());
        let engine = engine(&world, &thousand(&world));
        poll_for(&engine, &world, INTERVAL).await;
        let start = world.state().now;
        for number in 0..1_000 {
            let own = delivery(&world, "one.test/acme/s0000");
            let own = Delivery { id: DeliveryId::Given(number.to_string()), ..own };
            engine.ports.ledger.accept(&own).await.unwrap();
            engine.ports.listings.tell(&own.subject.images()[0], own.received_at);
        }
        engine.poll(&name("one.test/acme/s0000")).await;
        assert_eq!(asked(&world, start).len(), 1);
        let deliveries = world.state().deliveries();
        assert!(deliveries.iter().all(|(_, outcomes)| outcomes == &[DeliveryOutcome::Looked]));
        assert_eq!(deliveries.len(), 1_000);
    });
}
