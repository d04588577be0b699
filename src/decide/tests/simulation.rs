//! A registry, a config repository and a forge in memory, which answer every need of `decide` and carry out its plans.
//!
//! Each look starts without facts about artifacts, keys and rights, as `observe` does, so the number of rounds is real.

use std::collections::BTreeMap;

use super::layout::{Format, Layout, place, policy};
use crate::decide::{Action, Need, Plan, decide};
use crate::model::{
    ArtifactKind, Change, ChangeNumber, ChangeState, Comment, CommentId, CommitId, ContentKey, Description,
    Digest, Fact, FactTable, ForgeCapabilities, Head, ImageName, ImageReference, ObservedChange, Policy,
    Presence, Release, Running, RunningImage, ServiceEnvironment, SourceChecks, SourceComparison,
    SourceRelation, Tag, Time, World, change_branch,
};

/// The environments of every simulated pipeline, each after the one before it.
pub(super) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
/// More rounds than any look may take; a look that takes more is a look without end.
const ROUNDS_MAX: usize = 200;
/// More passes than any run may take.
const PASSES_MAX: usize = 64;
const BOT: &str = "towpath";
const PAGES: &str = "https://forge.test";

/// How the names of those begin who belong to no team.
pub(super) const STRANGER: &str = "stranger";

/// What a run did until nothing was left to do.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The releases that were opened or put into an open change, in order.
    pub(super) opened: Vec<(ServiceEnvironment, Release)>,
    /// The targets of changes that this run opened and closed again without a merge.
    pub(super) closed: Vec<ServiceEnvironment>,
    /// Targets in the order in which changes were opened; updates of an open change do not count.
    pub(super) changes: Vec<ServiceEnvironment>,
    /// The most rounds that one look took.
    pub(super) rounds: usize,
    /// Whether the last plan was empty.
    pub(super) is_at_rest: bool,
}

pub(super) struct Simulation {
    pub(super) policy: Policy,
    pub(super) world: World,
    format: Format,
    tags: BTreeMap<ImageName, BTreeMap<Tag, Digest>>,
    descriptions: BTreeMap<Digest, Description>,
    deployments: BTreeMap<ServiceEnvironment, Vec<ImageReference>>,
    commits: u64,
}

impl Simulation {
    pub(super) fn new(layout: &Layout) -> Self {
        let policy = policy(layout);
        let now = Time::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        Self {
            world: world(now),
            policy,
            format: layout.format,
            tags: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            deployments: BTreeMap::new(),
            commits: 1,
        }
    }

    /// The names of the images of all services.
    pub(super) fn images(&self) -> Vec<ImageName> {
        self.policy
            .services
            .iter()
            .flat_map(|service| &service.images)
            .map(|image| image.name.clone())
            .collect()
    }

    /// Points a tag of an image to the artifact with this number.
    pub(super) fn push(&mut self, image: &ImageName, tag: &str, number: usize) {
        let digest = self.made(image, number);
        self.tags.entry(image.clone()).or_default().insert(tag.parse().unwrap(), digest);
    }

    /// The digest of the artifact with this number, which the registry describes from now on.
    fn made(&mut self, image: &ImageName, number: usize) -> Digest {
        let digest = digest(image, number);
        let description = Description {
            created: Some(
                Time::UNIX_EPOCH + chrono::TimeDelta::days(10_000 + i64::try_from(number).unwrap()),
            ),
            revision: Some(format!("{number:040x}")),
            source: Some(format!("{PAGES}/acme/source")),
            ..Description::of(ArtifactKind::Image)
        };
        self.descriptions.insert(digest.clone(), description);
        digest
    }

    /// Writes into the files of an environment what an image runs, as a person does. The registry has the artifact: one
    /// that came there only later would make two releases known at once.
    pub(super) fn set(&mut self, environment: &str, image: &ImageName, tag: &str, number: usize) {
        let reference = ImageReference {
            image: image.clone(),
            tag: Some(tag.parse().unwrap()),
            digest: Some(self.made(image, number)),
        };
        let service = self.policy.services.iter().find(|service| service.has_image(image)).unwrap();
        let target =
            ServiceEnvironment { service: service.name.clone(), environment: environment.parse().unwrap() };
        self.write(&target, vec![reference]);
    }

    /// What an environment of the first service runs, as it is written.
    pub(super) fn running(&self, environment: &str) -> Vec<ImageReference> {
        let service = self.policy.services[0].name.clone();
        let target = ServiceEnvironment { service, environment: environment.parse().unwrap() };
        self.world.running[&target].as_ref().unwrap().references()
    }

    /// The head of the open change of a target.
    pub(super) fn head_of(&mut self, target: &ServiceEnvironment) -> CommitId {
        self.open_change(target).expect("a change is open").change.head.commit.clone()
    }

    /// Adds a comment to an open change.
    pub(super) fn comment(&mut self, target: &ServiceEnvironment, by: &str, body: &str) {
        let at = self.world.now;
        let open = self.open_change(target).expect("a change is open");
        let id = CommentId(format!("{}/{}", open.change.number.0, open.change.comments.len()));
        let author = by.parse().unwrap();
        open.change.comments.push(Comment {
            id,
            author,
            at,
            edited: false,
            body: body.to_owned(),
            reactions: vec![],
        });
    }

    /// Looks and acts until nothing is left to do.
    pub(super) fn run(&mut self) -> Run {
        let mut run = Run::default();
        for _pass in 0..PASSES_MAX {
            let plan = self.look(&mut run);
            if plan.actions.is_empty() {
                run.is_at_rest = true;
                return run;
            }
            let is_merge = |action: &Action| matches!(action, Action::Merge { .. });
            let has_merge = plan.actions.iter().any(is_merge);
            plan.actions
                .into_iter()
                .filter(|action| !is_merge(action))
                .for_each(|action| self.act(action, &mut run));
            if has_merge {
                self.merge(&mut run);
            }
        }
        run
    }

    /// Decides on new facts; the needs of each round are answered before the next one.
    pub(super) fn look(&mut self, run: &mut Run) -> Plan {
        self.forget();
        for round in 0..ROUNDS_MAX {
            let plan = decide(&self.world, &self.policy);
            run.rounds = run.rounds.max(round);
            if plan.needs.is_empty() {
                return plan;
            }
            plan.needs.into_iter().for_each(|need| self.answer(need));
        }
        panic!("needs are left after {ROUNDS_MAX} rounds");
    }

    /// Merges on a look of its own; what the log lacks is written before that.
    fn merge(&mut self, run: &mut Run) {
        let plan = self.look(run);
        let is_record = |action: &Action| matches!(action, Action::Record { .. });
        let has_record = plan.actions.iter().any(is_record);
        for action in plan.actions {
            let is_next =
                if has_record { is_record(&action) } else { matches!(action, Action::Merge { .. }) };
            if is_next {
                self.act(action, run);
            }
        }
    }

    fn forget(&mut self) {
        let now = self.world.now;
        let listed = |(image, tags): (&ImageName, &BTreeMap<Tag, Digest>)| {
            (image.clone(), Fact::known(tags.keys().cloned().collect(), now))
        };
        let listings = self.tags.iter().map(listed).collect();
        let old = std::mem::take(&mut self.world.facts);
        let FactTable { presences, running_presences, contained, .. } = old;
        self.world.facts =
            FactTable { listings, presences, running_presences, contained, ..FactTable::default() };
    }

    fn answer(&mut self, need: Need) {
        let now = self.world.now;
        let digest_of = |tags: &BTreeMap<ImageName, BTreeMap<Tag, Digest>>, image, tag| {
            Fact::known(tags.get(image).and_then(|tags| tags.get(tag)).cloned(), now)
        };
        match need {
            Need::Digest { image, tag } => {
                let fact = digest_of(&self.tags, &image, &tag);
                self.world.facts.digests.insert((image, tag), fact);
            }
            Need::RunningDigest { image, tag } => {
                let fact = digest_of(&self.tags, &image, &tag);
                self.world.facts.digests_of_running_tags.insert((image, tag), fact);
            }
            Need::Present { image, tag } => {
                let fact = digest_of(&self.tags, &image, &tag);
                self.world.facts.present.insert((image, tag), fact);
            }
            Need::Presence(reference) | Need::PresenceNow(reference) => {
                self.world.facts.presences.insert(reference, Fact::known(Presence::Complete, now));
            }
            Need::RunningPresence(reference) => {
                self.world.facts.running_presences.insert(reference, Fact::known(Presence::Complete, now));
            }
            Need::Description { image, digest } => {
                let fact = Fact::known(self.descriptions.get(&digest).cloned(), now);
                self.world.facts.descriptions.insert((image, digest), fact);
            }
            Need::Key { target, release } => {
                let key = self.key(&target, &release);
                self.world.facts.keys.insert((target, release.id()), Ok(key));
            }
            Need::Source(span) => {
                let comparison = SourceComparison {
                    relation: SourceRelation::Ahead,
                    ahead: 1,
                    behind: 0,
                    commits: vec![],
                    pulls: vec![],
                    checks: SourceChecks::None,
                };
                self.world.facts.source_comparisons.insert(span, Fact::known(Some(comparison), now));
            }
            Need::Deployment { target } => {
                let shown = Fact::known(self.deployments.get(&target).cloned(), now);
                self.world.facts.deployments.insert(target, shown);
            }
            Need::Member { team, user } => {
                let is_member = !user.as_str().starts_with(STRANGER);
                self.world.facts.members.insert((team, user), Fact::known(is_member, now));
            }
            Need::Collaborator { user } => {
                drop(self.world.facts.collaborators.insert(user, Fact::known(true, now)))
            }
            Need::Contained { commit } => {
                drop(self.world.facts.contained.insert(commit, Fact::known(true, now)))
            }
            Need::Writer { user } => drop(self.world.facts.writers.insert(user, Fact::known(true, now))),
        }
    }

    /// The key of the edit: what is written before and after it.
    fn key(&self, target: &ServiceEnvironment, release: &Release) -> ContentKey {
        let before = self.world.running[target].as_ref().unwrap().references();
        let after = release.references().into_iter().map(|reference| self.format.written(reference));
        let parts = before.into_iter().chain(after).map(|reference| reference.to_string());
        let parts: Vec<String> = std::iter::once(target.to_string()).chain(parts).collect();
        ContentKey::of(&parts)
    }

    fn act(&mut self, action: Action, run: &mut Run) {
        match action {
            Action::Record { record } => self.world.history.take(&record),
            Action::Open { target, release, key, .. } => {
                run.opened.push((target.clone(), release.clone()));
                run.changes.push(target.clone());
                self.open(&target, &release, key);
            }
            Action::Update { target, release, key, .. } => {
                run.opened.push((target.clone(), release.clone()));
                let head = self.head(&release, &key);
                let open = self.open_change(&target).expect("an open change is updated");
                open.change.head = head.clone();
                open.key = Some(key);
                let branch = open.change.branch.clone();
                self.world.branches.insert(branch, head);
            }
            Action::Merge { target, release, .. } => {
                self.write(&target, release.references());
                let (at, commit) = (self.world.forge_time(), self.world.head.clone());
                let open = self.open_change(&target).expect("an open change is merged");
                open.change.state = ChangeState::Merged { at, by: BOT.parse().unwrap(), commit };
            }
            Action::Close { target, .. } => {
                let at = self.world.forge_time();
                let open = self.open_change(&target).expect("an open change is closed");
                open.change.state = ChangeState::Closed { at, by: BOT.parse().unwrap() };
                if run.changes.contains(&target) {
                    run.closed.push(target);
                }
            }
            Action::DeleteBranch { branch, .. } => drop(self.world.branches.remove(&branch)),
            Action::Dequeue { .. } => panic!("nothing is in a queue here"),
            Action::Comment { change, remark, .. } => self.remark(change, Comment::mark(&remark.about())),
            Action::React { change, comment, reaction, .. } => {
                let observed = self.change(change);
                let comments = &mut observed.change.comments;
                comments.iter_mut().find(|own| own.id == comment).unwrap().reactions.push(reaction);
            }
            Action::Announce { target, images, .. } => drop(self.deployments.insert(target, images)),
        }
    }

    fn remark(&mut self, change: ChangeNumber, body: String) {
        let at = self.world.now;
        let observed = self.change(change);
        let id = CommentId(format!("bot/{}/{}", change.0, observed.change.comments.len()));
        let author = BOT.parse().unwrap();
        observed.change.comments.push(Comment { id, author, at, edited: false, body, reactions: vec![] });
    }

    fn change(&mut self, number: ChangeNumber) -> &mut ObservedChange {
        self.world.changes.iter_mut().find(|observed| observed.change.number == number).unwrap()
    }

    fn open_change(&mut self, target: &ServiceEnvironment) -> Option<&mut ObservedChange> {
        let branch = change_branch(&target.environment, &target.service.as_str().parse().unwrap());
        let mut changes = self.world.changes.iter_mut();
        changes.find(|observed| observed.change.is_open() && observed.change.branch == branch)
    }

    fn open(&mut self, target: &ServiceEnvironment, release: &Release, key: ContentKey) {
        let number = ChangeNumber(self.world.changes.len() as u64 + 1);
        let head = self.head(release, &key);
        let branch = change_branch(&target.environment, &target.service.as_str().parse().unwrap());
        assert!(self.open_change(target).is_none(), "a second change is opened for {target}");
        self.world.branches.insert(branch.clone(), head.clone());
        let change = Change {
            number,
            url: String::new(),
            title: String::new(),
            body: String::new(),
            author: BOT.parse().unwrap(),
            branch,
            base: self.world.place.branch.clone(),
            state: ChangeState::Open,
            opened_at: self.world.now,
            head,
            conflicted: false,
            barrier: None,
            queue: None,
            comments: vec![],
            reviews: vec![],
            statuses: vec![],
        };
        self.world.changes.push(ObservedChange {
            change,
            key: Some(key),
            files: vec![],
            unread: None,
            is_base_lost: false,
        });
    }

    fn head(&mut self, release: &Release, key: &ContentKey) -> Head {
        let artifacts = release.artifacts();
        let lines =
            artifacts.map(|own| format!("Towpath-Release: {}\nTowpath-Digest: {}\n", own.tag, own.digest));
        let message = format!("promote\n\n{}Towpath-Key: {key}", lines.collect::<String>());
        Head { commit: self.next_commit(), by_bot: true, message, beneath: None }
    }

    fn next_commit(&mut self) -> CommitId {
        self.commits += 1;
        CommitId::new(format!("{:040x}", self.commits)).unwrap()
    }

    /// Writes references into the files of a target and commits them.
    fn write(&mut self, target: &ServiceEnvironment, references: Vec<ImageReference>) {
        self.world.head = self.next_commit();
        let empty = || Ok(Running { images: vec![] });
        let running = self.world.running.entry(target.clone()).or_insert_with(empty).as_mut().unwrap();
        for reference in references {
            let reference = self.format.written(reference);
            running.images.retain(|image| image.reference.image != reference.image);
            running.images.push(RunningImage { reference, file: "values.yaml".parse().unwrap(), line: 1 });
        }
    }
}

/// The digest of the artifact with a number. Artifacts of two images are never the same.
fn digest(image: &ImageName, number: usize) -> Digest {
    let name: u64 =
        image.as_str().bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("sha256:{name:032x}{number:032x}").parse().unwrap()
}

pub(super) fn world(now: Time) -> World {
    World {
        now,
        forge_ahead: None,
        place: place(),
        head: CommitId::new(format!("{:040x}", 1)).unwrap(),
        bot: BOT.parse().unwrap(),
        running: BTreeMap::new(),
        unquoted: BTreeMap::new(),
        history: Default::default(),
        branches: BTreeMap::new(),
        changes: vec![],
        facts: FactTable::default(),
        capabilities: ForgeCapabilities {
            logins_can_be_reassigned: true,
            web_url: Some(PAGES.to_owned()),
            shows_deployments: true,
            ..ForgeCapabilities::default()
        },
        code_owners: Ok(Default::default()),
    }
}
