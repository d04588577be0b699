//! Generated stories: registries lose artifacts, the bot's clock is set, tags share digests, commands are written at odd
//! places, and a release has 1 to 20 images. The laws are checked after each step.

use proptest::prelude::*;
use towpath::model::{ChangeState, Together};

use crate::support::bot::Bot;
use crate::support::depth;
use crate::support::rules::{Rules, minutes, seconds};
use crate::support::story::{Mode, Over};
use crate::support::world::EffectKind;

const IMAGES: [&str; 20] = [
    "shop", "web", "api", "auth", "cart", "mail", "search", "stock", "price", "media", "queue", "admin",
    "audit", "batch", "cache", "proxy", "route", "sync", "theme", "user",
];
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
/// The tags of every image; the bot brings no pre-release.
const TAGS: [&str; 6] = ["1.8.0", "1.9.0", "1.10.0", "1.10.1-rc.1", "1.11.0", "v1.11.0"];
/// The artifacts that tags point to. There are fewer than tags, so that tags share digests.
const CONTENTS: [&str; 4] = ["1.9.0", "first", "second", "third"];
/// Alice and bob may approve, carol may promote, and mallory has no right.
const AUTHORS: [&str; 4] = ["alice", "bob", "carol", "mallory"];
const COMMENTS: [&str; 14] = [
    "/promote approve",
    "   /promote approve",
    "    /promote approve",
    "/promote",
    "/promote dev version=1.8.0",
    "/promote staging version=1.11.0",
    "/promote production version=1.10.0",
    "/promote reject reason=\"not today\"",
    "/promote hold",
    "/promote resume",
    "/promote status",
    "/promote nonsense=",
    "/promote nowhere version=1.10.0",
    "Thanks!\n\n/promote approve\n/promote hold",
];

/// One thing that happens. Numbers choose among what there is then.
#[derive(Clone, Debug)]
enum Step {
    /// A build pushes a tag of every image; the images share the artifact's name.
    Push { tag: usize, content: usize },
    /// A build pushes a tag of one image only.
    PushOne { image: usize, tag: usize, content: usize },
    /// The registry loses a tag of an image.
    LoseTag { image: usize, tag: usize },
    /// The registry loses a manifest of an image, and lists the tags that point to it.
    LoseManifest { image: usize, content: usize },
    /// The registry has all manifests again.
    RestoreManifests,
    /// The registry answers no question about an image.
    FailRegistry { image: usize },
    /// The registry answers again.
    RepairRegistry,
    /// The bot's clock is so many minutes ahead of the forge's.
    SetClock(i64),
    /// So many minutes go by.
    Pass(u64),
    /// A person writes a comment on a change, which may have ended or may not be the bot's.
    Comment { change: usize, author: usize, text: usize },
    /// A person closes an open change.
    Close { change: usize },
    /// A person merges an open change.
    Merge { change: usize },
    /// A person writes a tag into an environment.
    Set { environment: usize, tag: usize },
    /// All processes end and start again without their ledgers.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    const DAY: i64 = 24 * 60;
    let image = || 0..IMAGES.len();
    let (tag, content, change) = (|| 0..TAGS.len(), || 0..CONTENTS.len(), || 0_usize..100);
    let clocks = prop::sample::select(vec![-365 * DAY, -60, -5, 0, 0, 0, 5, 60, 365 * DAY]);
    prop_oneof![
        6 => (tag(), content()).prop_map(|(tag, content)| Step::Push { tag, content }),
        2 => (image(), tag(), content()).prop_map(|(image, tag, content)| Step::PushOne { image, tag, content }),
        2 => (image(), tag()).prop_map(|(image, tag)| Step::LoseTag { image, tag }),
        2 => (image(), content()).prop_map(|(image, content)| Step::LoseManifest { image, content }),
        1 => Just(Step::RestoreManifests),
        1 => image().prop_map(|image| Step::FailRegistry { image }),
        2 => Just(Step::RepairRegistry),
        2 => clocks.prop_map(Step::SetClock),
        6 => prop::sample::select(vec![1, 10, 31, 61]).prop_map(Step::Pass),
        6 => (change(), 0..AUTHORS.len(), 0..COMMENTS.len())
            .prop_map(|(change, author, text)| Step::Comment { change, author, text }),
        1 => change().prop_map(|change| Step::Close { change }),
        1 => change().prop_map(|change| Step::Merge { change }),
        1 => (0..ENVIRONMENTS.len(), tag()).prop_map(|(environment, tag)| Step::Set { environment, tag }),
        1 => Just(Step::Restart),
    ]
}

/// A service with this many images, whose artifacts belong together like this.
fn rules(images: usize, together: Together) -> Rules {
    IMAGES.iter().take(images).skip(1).fold(Rules::default(), |rules, image| rules.and_image(image, together))
}

/// A story in the course of being played.
struct Course {
    bot: Bot,
    images: usize,
}

impl Course {
    fn image(&self, index: usize) -> &'static str {
        IMAGES[index % self.images]
    }

    fn push(&mut self, image: &str, tag: usize, content: usize) {
        self.bot.restore_manifest(image, CONTENTS[content]).push_anew(image, TAGS[tag], CONTENTS[content]);
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Push { tag, content } => {
                (0..self.images).for_each(|image| self.push(IMAGES[image], tag, content));
            }
            Step::PushOne { image, tag, content } => self.push(self.image(image), tag, content),
            Step::LoseTag { image, tag } => drop(self.bot.lose_tag(self.image(image), TAGS[tag])),
            Step::LoseManifest { image, content } => {
                self.bot.lose_manifest(self.image(image), CONTENTS[content]);
            }
            Step::RestoreManifests => self.bot.world.state().lost.clear(),
            Step::FailRegistry { image } => drop(self.bot.registry_down(self.image(image))),
            // A registry that gave no answer several times is left alone for half a minute.
            Step::RepairRegistry => drop(self.bot.registries_up().pass(seconds(31))),
            Step::SetClock(ahead) => drop(self.bot.set_clock(chrono::TimeDelta::minutes(ahead))),
            Step::Pass(count) => drop(self.bot.pass(minutes(count))),
            Step::Comment { change, author, text } => {
                if let Some(change) = self.bot.any_change(change, |_| true) {
                    self.bot.comment(change, AUTHORS[author], COMMENTS[text]);
                }
            }
            Step::Close { change } => {
                if let Some(change) = self.bot.any_change(change, |state| *state == ChangeState::Open) {
                    self.bot.close(change, "bob");
                }
            }
            Step::Merge { change } => {
                if let Some(change) = self.bot.any_mergeable_change(change) {
                    self.bot.merge(change, "bob");
                }
            }
            Step::Set { environment, tag } => {
                self.bot.set_tags_by_hand("dora", ENVIRONMENTS[environment], TAGS[tag]);
            }
            Step::Restart => drop(self.bot.restart()),
        }
    }

    /// The bot looks, and all laws hold.
    async fn settle(&mut self) {
        let before = self.bot.effects();
        self.bot.forget_questions();
        let troubles = self.bot.settle_saying().await;
        let is_failing = !self.bot.world.state().registries_down.is_empty();
        assert!(is_failing || troubles.is_empty(), "something failed: {troubles:#?}");
        self.bot.read_all();
        self.bot.check_laws();
        self.expect_one_change_for_each_target(before);
        self.bot.expect_checks_that_are_claimed(before);
        if !is_failing {
            self.bot.expect_outcomes_of_commands();
            self.expect_all_observed().await;
        }
    }

    /// No run makes two changes for one target: soaks keep what lands in a run from going on in the same one, unless it is
    /// another tag of what soaked already.
    fn expect_one_change_for_each_target(&self, before: usize) {
        let proposed = self.bot.effects_after(before).into_iter().filter_map(|effect| {
            let EffectKind::ChangeOpened { change } = effect else { return None };
            let branch = self.bot.world.state().change(change)?.branch.to_string();
            Some((branch, self.bot.carried(change).1.digest))
        });
        let mut proposed: Vec<(String, Option<String>)> = proposed.collect();
        proposed.sort_unstable();
        proposed.dedup();
        let is_once = proposed.windows(2).all(|pair| pair[0].0 != pair[1].0);
        assert!(is_once, "two changes in one run: {proposed:?}");
    }

    /// The rounds of a look suffice for any number of images.
    async fn expect_all_observed(&self) {
        for environment in ENVIRONMENTS {
            let waiting = self.bot.waiting(environment).await;
            let is_unknown = |reason: &String| reason.contains("not looked at yet");
            assert!(!waiting.iter().any(is_unknown), "{environment}: {waiting:#?}");
        }
    }
}

async fn play(images: usize, together: Together, mode: Mode, steps: &[Step]) {
    let bot = Bot::new(&rules(images, together), mode, Over::Ports).await;
    let mut course = Course { bot, images };
    course.bot.open_foreign_change("dora");
    course.settle().await;
    for step in steps {
        course.take(step);
        course.settle().await;
    }
    course.take(&Step::RepairRegistry);
    course.settle().await;
    course.bot.finish().await;
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: depth::proptest_cases(40),
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_laws_hold_whatever_registries_clocks_and_people_do(
        images in prop_oneof![Just(1_usize), 1..=20_usize],
        together in prop::sample::select(&[Together::SameTag, Together::SameRevision][..]),
        mode in prop::sample::select(&[Mode::Plain, Mode::Plain, Mode::Doubled][..]),
        steps in prop::collection::vec(step(), 1..20),
    ) {
        let together = if images == 1 { Together::Independent } else { together };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(play(images, together, mode, &steps));
    }
}
