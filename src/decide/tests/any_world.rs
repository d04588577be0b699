//! Any world: any log, anything running, any changes open.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use crate::model::{
    After, AfterMode, Approvals, Artifact, Change, ChangeNumber, ChangeState, CommandOutcome, Comment,
    CommentId, CommitId, ConfigBranch, ContentKey, Digest, Environment, EnvironmentName, Event, Fact,
    FactTable, ForgeCapabilities, Gate, Head, History, ImageName, ImageReference, IndexEntry, MergeMode,
    ObservedChange, OnNewer, Origin, Pipeline, Policy, Presence, Principal, Record, Release, Running,
    RunningImage, Selection, Service, ServiceEnvironment, ServiceImage, Soak, SoakCounts, Tag, Time,
    Together, UserName, WithdrawalReason, World, Writing, change_branch,
};

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
const VERSIONS: [&str; 4] = ["1.0.0", "1.9.0", "1.10.0", "latest"];
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "mallory"];
const IMAGE: &str = "registry.test/acme/shop";
const BOT: &str = "towpath";
/// What people write: commands as they are meant, and at odd places.
const COMMENTS: [&str; 10] = [
    "/promote approve",
    "  /promote hold reason=\"not yet\"",
    "Well\n   /promote resume",
    "/promote production version=1.10.0",
    "/promote",
    "/promote nowhere",
    "/promote aprove=now",
    "/promote help",
    "    /promote approve",
    "Thanks for all",
];
/// How many changes a log speaks of; those of the environments that have one open come first, in their order.
const NUMBERS: u64 = 4;

pub(super) fn target(environment: &str) -> ServiceEnvironment {
    ServiceEnvironment { service: "shop".parse().unwrap(), environment: environment.parse().unwrap() }
}

/// The place of a version among the others, from the oldest; nothing for what is none.
pub(super) fn index_of(tag: &Tag) -> Option<usize> {
    VERSIONS.iter().position(|version| *version == tag.as_str() && *version != "latest")
}

/// The number of the artifact that each version points to. Several may point to one.
type Artifacts = [u8; VERSIONS.len()];

fn artifacts() -> impl Strategy<Value = Artifacts> {
    prop_oneof![1 => Just([0, 1, 2, 3]), 1 => prop::array::uniform4(0..3_u8)]
}

fn digest(artifacts: Artifacts, version: &str) -> Digest {
    let index = VERSIONS.iter().position(|other| *other == version).unwrap();
    format!("sha256:{:064}", artifacts[index]).parse().unwrap()
}

fn release(artifacts: Artifacts, version: &str) -> Release {
    Release::of(Artifact {
        image: IMAGE.parse().unwrap(),
        tag: version.parse().unwrap(),
        digest: digest(artifacts, version),
    })
}

fn key(environment: &str, version: &str) -> ContentKey {
    ContentKey::of(&[environment.to_owned(), version.to_owned()])
}

/// dev, staging after a soak, production after a soak and an approval by alice or bob; all merged by the bot.
pub(super) fn policy() -> Policy {
    let soak = |minutes: u64| {
        Gate::Soak(Soak { duration: Duration::from_secs(60 * minutes), counts: SoakCounts::Landed })
    };
    let from = ["alice", "bob"].map(|name| Principal::User(name.parse().unwrap())).to_vec();
    let environment = |name: &str, after: &[&str], gates| Environment {
        name: name.parse().unwrap(),
        after: After {
            mode: AfterMode::All,
            environments: after.iter().map(|name| name.parse().unwrap()).collect(),
        },
        gates,
        merge: MergeMode::Auto,
        on_newer: OnNewer::Replace,
    };
    let approvals = Gate::Approvals(Approvals { count: 1, from });
    let environments = vec![
        environment("dev", &[], vec![]),
        environment("staging", &["dev"], vec![soak(30)]),
        environment("production", &["staging"], vec![soak(60), approvals]),
    ];
    let pipeline = Pipeline { name: "standard".parse().unwrap(), environments };
    let service = Service {
        name: "shop".parse().unwrap(),
        pipeline: pipeline.name.clone(),
        group: "shop".parse().unwrap(),
        images: vec![ServiceImage::new(IMAGE.parse().unwrap(), Selection::semver("*").unwrap())],
        together: Together::Independent,
        quiet: Duration::ZERO,
        writing: Writing::default(),
        place: place(),
        locations: BTreeMap::new(),
    };
    Policy {
        pipelines: BTreeMap::from([(pipeline.name.clone(), pipeline)]),
        services: vec![service],
        ..Policy::default()
    }
}

fn place() -> ConfigBranch {
    ConfigBranch {
        forge: "here".parse().unwrap(),
        repository: "acme/deploy".parse().unwrap(),
        branch: "main".parse().unwrap(),
    }
}

fn instant(minute: i64) -> Time {
    Time::UNIX_EPOCH + TimeDelta::minutes(1_000_000 + minute)
}

/// Everything that was ever pushed is in the registry.
fn all_present(artifacts: Artifacts, now: Time) -> BTreeMap<ImageReference, Fact<Presence>> {
    let reference = |version: &&str| release(artifacts, version).references().remove(0);
    VERSIONS.iter().map(|version| (reference(version), Fact::known(Presence::Complete, now))).collect()
}

/// Any world whose registry lost some of what it had, and gives no response about some.
pub(super) fn lossy_world() -> impl Strategy<Value = World> {
    let lost: Digest = format!("sha256:{:064}", 7).parse().unwrap();
    let presence = prop_oneof![
        3 => Just(Some(Presence::Complete)),
        1 => Just(Some(Presence::NoTag)),
        1 => Just(Some(Presence::NoManifest)),
        1 => Just(Some(Presence::Incomplete(BTreeSet::from([IndexEntry { digest: lost, platform: None }])))),
        1 => Just(None),
    ];
    (any_world(), prop::collection::vec(presence, VERSIONS.len())).prop_map(|(world, presences)| {
        let mut world = world;
        for (version, presence) in VERSIONS.iter().zip(presences) {
            let of_tag: (ImageName, Tag) = (IMAGE.parse().unwrap(), version.parse().unwrap());
            let digest = world.facts.digests[&of_tag].value().cloned().flatten().expect("all were pushed");
            let (image, tag) = of_tag.clone();
            let reference = ImageReference { image, tag: Some(tag), digest: Some(digest.clone()) };
            let has_tag = |presence: &Presence| !matches!(presence, Presence::NoTag | Presence::NoManifest);
            let tag = presence.as_ref().map(|presence| has_tag(presence).then(|| digest.clone()));
            let now = world.now;
            world.facts.present.insert(of_tag, known(tag, now));
            let presence = known(presence, now);
            world.facts.presences.insert(reference, presence);
        }
        world
    })
}

fn known<T>(value: Option<T>, now: Time) -> Fact<T> {
    match value {
        Some(value) => Fact::known(value, now),
        None => Fact::Unknown { since: now, why: "down".into() },
    }
}

fn environment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&ENVIRONMENTS[..])
}

fn version() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&VERSIONS[..])
}

fn person() -> impl Strategy<Value = UserName> {
    prop::sample::select(&PEOPLE[..]).prop_map(|name| name.parse().unwrap())
}

fn outcome(artifacts: Artifacts) -> impl Strategy<Value = CommandOutcome> {
    let head = CommitId::new("a".repeat(40)).unwrap();
    prop_oneof![
        3 => (environment(), version())
            .prop_map(move |(at, version)| CommandOutcome::Approved { head: head.clone(), key: key(at, version) }),
        3 => (environment(), version()).prop_map(move |(at, version)| CommandOutcome::Requested {
            target: target(at),
            images: release(artifacts, version).references(),
        }),
        1 => Just(CommandOutcome::Held { until: None, reason: None }),
        1 => environment().prop_map(|at| CommandOutcome::Resumed { target: target(at) }),
        1 => (environment(), version()).prop_map(move |(at, version)| CommandOutcome::Rejected {
            target: target(at),
            images: release(artifacts, version).references(),
            key: key(at, version),
            reason: None,
        }),
    ]
}

fn event(artifacts: Artifacts) -> impl Strategy<Value = Event> {
    let origin = prop_oneof![
        Just(Origin::Adopted),
        Just(Origin::Hand),
        (1..=NUMBERS).prop_map(|number| Origin::Change(ChangeNumber(number))),
    ];
    prop_oneof![
        6 => (environment(), version(), origin).prop_map(move |(at, version, origin)| Event::Landed {
            target: target(at),
            images: release(artifacts, version).references(),
            origin,
        }),
        1 => (environment(), version()).prop_map(move |(at, version)| Event::Withdrawn {
            target: target(at),
            images: release(artifacts, version).references(),
            because: WithdrawalReason::SetBack,
        }),
        1 => (environment(), version(), 1..=NUMBERS, person()).prop_map(move |(at, version, number, by)| {
            Event::Declined {
                target: target(at),
                images: release(artifacts, version).references(),
                key: key(at, version),
                change: ChangeNumber(number),
                by,
            }
        }),
        5 => (1..=NUMBERS, 0..100_u8, person(), prop::collection::vec(outcome(artifacts), 1..3)).prop_map(
            |(number, comment, by, outcomes)| Event::Handled {
                change: ChangeNumber(number),
                comment: CommentId(format!("{number}/{comment}")),
                by,
                outcomes,
            }
        ),
    ]
}

/// The open change of an environment; `honest` where its head is the bot's and says what it holds.
pub(super) fn change(number: u64, at: &str, release: &Release, honest: bool) -> ObservedChange {
    let commit = CommitId::new(format!("{number:040}")).unwrap();
    let own = key(at, release.name().as_str());
    let artifact = release.artifacts().next().unwrap();
    let message = format!(
        "promote\n\nTowpath-Release: {}\nTowpath-Digest: {}\nTowpath-Key: {own}",
        artifact.tag, artifact.digest
    );
    let environment: EnvironmentName = at.parse().unwrap();
    let change = Change {
        number: ChangeNumber(number),
        url: String::new(),
        title: String::new(),
        body: String::new(),
        author: BOT.parse().unwrap(),
        branch: change_branch(&environment, &"shop".parse().unwrap()),
        base: place().branch,
        state: ChangeState::Open,
        opened_at: instant(0),
        head: Head { commit, by_bot: honest, message, beneath: None },
        conflicted: false,
        barrier: None,
        queue: None,
        comments: vec![],
        reviews: vec![],
        statuses: vec![],
    };
    ObservedChange { change, key: Some(own), files: vec![], unread: None, is_base_lost: false }
}

fn running(artifacts: Artifacts, version: &str) -> Running {
    let file = "kustomization.yaml".parse().unwrap();
    let reference: ImageReference = release(artifacts, version).references().remove(0);
    Running { images: vec![RunningImage { reference, file, line: 1 }] }
}

/// What the log begins with: the oldest version runs everywhere.
fn adopted(artifacts: Artifacts) -> Vec<(i64, Event)> {
    let landed = |at: &&str| {
        let images = release(artifacts, VERSIONS[0]).references();
        (0, Event::Landed { target: target(at), images, origin: Origin::Adopted })
    };
    ENVIRONMENTS.iter().map(landed).collect()
}

/// A release on its way to production, where people asked for it and approved it on the change there.
fn journey(artifacts: Artifacts) -> impl Strategy<Value = (&'static str, Vec<(i64, Event)>)> {
    let people = || prop::collection::vec(person(), 0..3);
    (version(), people(), people()).prop_map(move |(version, asked, approved)| {
        let images = || release(artifacts, version).references();
        let landed = |at: &str| {
            (
                1,
                Event::Landed {
                    target: target(at),
                    images: images(),
                    origin: Origin::Change(ChangeNumber(9)),
                },
            )
        };
        let said = |(index, (by, outcome)): (usize, (UserName, CommandOutcome))| {
            let (change, comment) = (ChangeNumber(3), CommentId(format!("journey/{index}")));
            (2, Event::Handled { change, comment, by, outcomes: vec![outcome] })
        };
        let head = CommitId::new("a".repeat(40)).unwrap();
        let request = || CommandOutcome::Requested { target: target("production"), images: images() };
        let approval = || CommandOutcome::Approved { head: head.clone(), key: key("production", version) };
        let asked = asked.into_iter().map(|by| (by, request()));
        let approved = approved.into_iter().map(|by| (by, approval()));
        let words = asked.chain(approved).enumerate().map(said);
        (version, [landed("dev"), landed("staging")].into_iter().chain(words).collect())
    })
}

/// A comment: who writes it, when, and what it says.
fn comment() -> impl Strategy<Value = (UserName, i64, String)> {
    let author =
        prop_oneof![5 => person(), 1 => Just("ci[bot]".parse().unwrap()), 1 => Just(BOT.parse().unwrap())];
    let body = prop::sample::select(&COMMENTS[..]).prop_map(str::to_owned);
    (author, 0_i64..3_000, body)
}

/// Any world, and beside its open changes some that ended, with comments at odd places on all of them.
pub(super) fn any_commented_world() -> impl Strategy<Value = World> {
    artifacts().prop_flat_map(commented_world)
}

fn commented_world(artifacts: Artifacts) -> impl Strategy<Value = World> {
    let ended = prop::collection::vec((environment(), version(), prop::bool::ANY, 0_i64..200), 0..5);
    let comments = prop::collection::vec((0..8_usize, comment()), 1..6);
    (world(artifacts), ended, comments).prop_map(move |(mut world, ended, comments)| {
        for ((at, version, is_merged, minute), number) in ended.into_iter().zip(10..) {
            let mut own = change(number, at, &release(artifacts, version), true);
            let (at, by, commit) =
                (instant(minute), "alice".parse().unwrap(), CommitId::new("c".repeat(40)).unwrap());
            own.change.state = if is_merged {
                ChangeState::Merged { at, by, commit }
            } else {
                ChangeState::Closed { at, by }
            };
            world.changes.push(own);
        }
        let last = world.changes.len().max(1);
        for (index, (place, (author, minute, body))) in comments.into_iter().enumerate() {
            let (id, at) = (CommentId(format!("comment/{index}")), instant(minute - 2_500).min(world.now));
            let comment = Comment { id, author, at, edited: false, body, reactions: vec![] };
            if let Some(own) = world.changes.get_mut(place % last) {
                own.change.comments.push(comment);
            }
        }
        let writes = |name: &str| (name.parse().unwrap(), Fact::known(name != "mallory", world.now));
        world.facts.writers = PEOPLE.iter().map(|name| writes(name)).collect();
        world
    })
}

/// Any world in which everything that could be needed is known.
pub(super) fn any_world() -> impl Strategy<Value = World> {
    artifacts().prop_flat_map(world)
}

/// What the tag of each version points to.
fn known_digests(artifacts: Artifacts, now: Time) -> BTreeMap<(ImageName, Tag), Fact<Option<Digest>>> {
    let known = VERSIONS.iter().map(|version| {
        let tag = (IMAGE.parse().unwrap(), version.parse().unwrap());
        (tag, Fact::known(Some(digest(artifacts, version)), now))
    });
    known.collect()
}

fn world(artifacts: Artifacts) -> impl Strategy<Value = World> {
    let records = prop::collection::vec((0_i64..200, event(artifacts)), 0..10);
    let runs = prop::array::uniform3(prop::option::weighted(0.15, version()));
    let is_proposed = prop::bool::weighted(0.6);
    let open = prop::array::uniform3(prop::option::of((version(), prop::bool::weighted(0.8))));
    let all = (records, journey(artifacts), is_proposed, runs, open, 0_i64..400);
    all.prop_map(move |(mut records, (on_its_way, journey), is_proposed, runs, mut open, now)| {
        records.extend(journey);
        if is_proposed {
            open[2] = Some((on_its_way, true));
        }
        records.sort_by_key(|(minute, _)| *minute);
        let record = |(minute, event)| Record { at: instant(minute), event };
        let records: Vec<Record> = adopted(artifacts).into_iter().chain(records).map(record).collect();
        let history = History::fold(&records);
        let runs = ENVIRONMENTS.iter().zip(runs).map(|(at, version)| {
            let last = history.last_landing(&target(at)).expect("everything was adopted").images.clone();
            let version = version.map_or_else(|| last[0].tag.clone().unwrap().to_string(), str::to_owned);
            (target(at), Ok(running(artifacts, &version)))
        });
        let runs = runs.collect();
        let changes = ENVIRONMENTS.iter().zip(open).zip(1..).filter_map(|((at, open), number)| {
            open.map(|(version, honest)| change(number, at, &release(artifacts, version), honest))
        });
        let changes: Vec<ObservedChange> = changes.collect();
        let branches = changes.iter().map(|open| (open.change.branch.clone(), open.change.head.clone()));
        let image = || IMAGE.parse().unwrap();
        let tags: Vec<Tag> = VERSIONS.iter().map(|version| version.parse().unwrap()).collect();
        let now = instant(200 + now);
        let digests = known_digests(artifacts, now);
        let keys = ENVIRONMENTS.iter().flat_map(|at| {
            VERSIONS
                .iter()
                .map(|version| ((target(at), release(artifacts, version).id()), Ok(key(at, version))))
        });
        World {
            now,
            forge_ahead: None,
            place: place(),
            head: CommitId::new("b".repeat(40)).unwrap(),
            bot: BOT.parse().unwrap(),
            running: runs,
            unquoted: BTreeMap::new(),
            history,
            branches: branches.collect(),
            changes,
            facts: FactTable {
                listings: BTreeMap::from([(image(), Fact::known(tags, now))]),
                digests_of_running_tags: digests.clone(),
                present: digests.clone(),
                presences: all_present(artifacts, now),
                digests,
                keys: keys.collect(),
                ..FactTable::default()
            },
            capabilities: ForgeCapabilities::default(),
            code_owners: Ok(Default::default()),
        }
    })
}
