//! The proven policy: what the configuration says, after every problem in it was refused.
//!
//! Where the configuration lists nobody for a right in an environment, write permission for the config repository
//! stands in for it. An empty list is a list: then nobody has the right. A forge without permissions answers no.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{
    Basis, ConfigBranch, EnvironmentName, ForgeName, GroupName, ImageName, ImageReference, Location,
    PipelineName, Platform, RepositoryName, RepositoryPattern, Selection, ServiceEnvironment, ServiceName,
    Tag, TeamName, UserName, WriteMode, Writing, words,
};

/// How often a registry is asked that the configuration says nothing about.
pub const POLL_DEFAULT: Duration = Duration::from_secs(300);

words! {
    /// How a forge puts the commits of a change on the base.
    MergeMethod {
        /// With a commit that joins both histories.
        Merge = "merge",
        /// As one commit.
        Squash = "squash",
        /// Each commit anew on top of the base.
        Rebase = "rebase",
    }
}

words! {
    /// Who merges a change once all gates pass.
    MergeMode {
        /// A person.
        Manual = "manual",
        /// The bot.
        Auto = "auto",
    }
}

words! {
    /// What a newer candidate does to a change that is still open.
    OnNewer {
        /// It replaces the content, unless that has a valid approval.
        Replace = "replace",
        /// It waits until the change is finished.
        Finish = "finish",
    }
}

words! {
    /// How many of the environments before must have seen a landing.
    AfterMode {
        /// Every one of them.
        All = "all",
        /// At least one.
        Any = "any",
    }
}

words! {
    /// What a soak measures.
    SoakCounts {
        /// Time since the landing, whether or not a newer release has replaced it.
        Landed = "landed",
        /// As `landed`, and the environment before takes nothing newer meanwhile.
        Running = "running",
    }
}

words! {
    /// Which artifacts of a service's images make one release.
    Together {
        /// Each image is a line of its own; the service has one.
        Independent = "independent",
        /// Those with the same tag.
        SameTag = "same-tag",
        /// Those built from the same commit, as the label `org.opencontainers.image.revision` says.
        SameRevision = "same-revision",
    }
}

words! {
    /// What somebody may be allowed to do in an environment.
    Right {
        /// Ask for promotions and hold them.
        Promote = "promote",
        /// Approve and reject.
        Approve = "approve",
        /// Everything else: freezes, rollbacks, exceptions.
        Operate = "operate",
    }
}

/// A person or a team.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// Everybody in a team.
    Team(TeamName),
    /// One person.
    User(UserName),
    /// Whoever owns a file that is changed, as `CODEOWNERS` says at the base.
    CodeOwners,
}

impl Principal {
    /// How [`Principal::CodeOwners`] is written; no team has that name, for it has no owner.
    pub const CODE_OWNERS: &'static str = "@code-owners";
}

impl std::fmt::Display for Principal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Team(team) => write!(formatter, "@{team}"),
            Self::User(user) => user.fmt(formatter),
            Self::CodeOwners => formatter.write_str(Self::CODE_OWNERS),
        }
    }
}

/// The environments that an environment comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// How many of them count.
    pub mode: AfterMode,
    /// Which; none for a first environment.
    pub environments: Vec<EnvironmentName>,
}

/// How long a release must have been in the environments before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Soak {
    /// The time it takes.
    pub duration: Duration,
    /// What counts.
    pub counts: SoakCounts,
}

/// How many people must have approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// How many; at least one.
    pub count: usize,
    /// Of whom; never empty.
    pub from: Vec<Principal>,
}

/// One condition on the way into an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Time in the environments before.
    Soak(Soak),
    /// People's consent.
    Approvals(Approvals),
}

/// One environment of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: EnvironmentName,
    /// What it comes after.
    pub after: After,
    /// The conditions on the way in.
    pub gates: Vec<Gate>,
    /// Who merges.
    pub merge: MergeMode,
    /// What a newer candidate does to an open change.
    pub on_newer: OnNewer,
}

/// A graph of environments without circles, each after those it comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Its name.
    pub name: PipelineName,
    /// The environments, in an order in which each stands behind its predecessors.
    pub environments: Vec<Environment>,
}

impl Pipeline {
    /// The environment of that name.
    #[must_use]
    pub fn environment(&self, name: &EnvironmentName) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == *name)
    }

    /// The environments that come directly after the one of that name.
    pub fn followers<'a>(&'a self, name: &'a EnvironmentName) -> impl Iterator<Item = &'a Environment> {
        self.environments.iter().filter(move |environment| environment.after.environments.contains(name))
    }
}

/// One of the images of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceImage {
    /// Its name.
    pub name: ImageName,
    /// Which of its tags are releases.
    pub selection: Selection,
    /// The platforms that an artifact must run on.
    pub platforms: BTreeSet<Platform>,
}

impl ServiceImage {
    /// An image whose artifacts may run on any platform.
    #[must_use]
    pub const fn new(name: ImageName, selection: Selection) -> Self {
        Self { name, selection, platforms: BTreeSet::new() }
    }
}

/// What is deployed and owned as a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: ServiceName,
    /// The environments it goes through.
    pub pipeline: PipelineName,
    /// The group whose change carries it.
    pub group: GroupName,
    /// Its images; at least one, and the first one's tag is the name of a release.
    pub images: Vec<ServiceImage>,
    /// Which of their artifacts make one release.
    pub together: Together,
    /// How long the youngest artifact of a release must have been made before the release is taken.
    pub quiet: Duration,
    /// What is written when one of its releases is promoted.
    pub writing: Writing,
    /// Where its overlays are.
    pub place: ConfigBranch,
    /// Where the configuration of each environment is in that repository.
    pub locations: BTreeMap<EnvironmentName, Location>,
}

impl Service {
    /// Whether an image is one of its own.
    #[must_use]
    pub fn has_image(&self, name: &ImageName) -> bool {
        self.images.iter().any(|image| image.name == *name)
    }

    /// The reference of each of its images, in their order; nothing where one is missing.
    #[must_use]
    pub fn complete(&self, references: &[ImageReference]) -> Option<Vec<ImageReference>> {
        let of = |image: &ServiceImage| references.iter().find(|one| one.image == image.name).cloned();
        self.images.iter().map(of).collect()
    }
}

/// Who may do what in an environment; nobody where a list is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights(pub BTreeMap<Right, Vec<Principal>>);

/// Everything that judgement rests on and that people wrote down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The pipelines by name.
    pub pipelines: BTreeMap<PipelineName, Pipeline>,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
    /// Rights by environment.
    pub rights: BTreeMap<EnvironmentName, Rights>,
    /// How often each registry is asked, by host; others every five minutes.
    pub polls: BTreeMap<String, Duration>,
    /// The repositories that may be used at each forge; at one that stands not here, whatever the bot may see.
    pub repositories: BTreeMap<ForgeName, Vec<RepositoryPattern>>,
    /// The forges that know no write permissions, which are local: a right that names nobody is nobody's there.
    pub without_permissions: BTreeSet<ForgeName>,
}

impl Policy {
    /// How often the registry of an image is asked for new tags.
    #[must_use]
    pub fn poll(&self, image: &ImageName) -> Duration {
        self.polls.get(image.host()).copied().unwrap_or(POLL_DEFAULT)
    }

    /// Whether a repository of a forge may be looked into at all.
    #[must_use]
    pub fn may_use(&self, forge: &ForgeName, repository: &RepositoryName) -> bool {
        let allowed = self.repositories.get(forge);
        allowed.is_none_or(|allowed| allowed.iter().any(|pattern| pattern.takes(repository)))
    }

    /// Every config repository and branch, each once.
    #[must_use]
    pub fn places(&self) -> Vec<ConfigBranch> {
        let places: BTreeSet<&ConfigBranch> = self.services.iter().map(|service| &service.place).collect();
        places.into_iter().cloned().collect()
    }

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &ServiceName) -> Option<&Service> {
        self.services.iter().find(|service| service.name == *name)
    }

    /// The services whose overlays are at a place.
    pub fn services_at<'a>(&'a self, place: &'a ConfigBranch) -> impl Iterator<Item = &'a Service> {
        self.services.iter().filter(move |service| service.place == *place)
    }

    /// The images of the services at a place; one that several use comes several times.
    pub fn images_at<'a>(&'a self, place: &'a ConfigBranch) -> impl Iterator<Item = &'a ServiceImage> {
        self.services_at(place).flat_map(|service| &service.images)
    }

    /// The tags of an image that are followed to whatever they point to.
    #[must_use]
    pub fn followed_tags(&self, image: &ImageName) -> BTreeSet<&Tag> {
        let tag = |own| match own {
            Basis::Turn(tag) => Some(tag),
            Basis::Tag | Basis::Date => None,
        };
        self.bases(image).filter_map(tag).collect()
    }

    /// Whether a service writes the tags of an image without their digests, so that it matters when one moves.
    #[must_use]
    pub fn writes_tags_of(&self, image: &ImageName) -> bool {
        let writes_tags = |service: &&Service| service.writing.mode == WriteMode::Tag;
        self.services.iter().filter(writes_tags).any(|service| service.has_image(image))
    }

    /// Whether the listing of an image's tags is of interest.
    #[must_use]
    pub fn lists(&self, image: &ImageName) -> bool {
        self.bases(image).any(|basis| !matches!(basis, Basis::Turn(_)))
    }

    fn bases<'a>(&'a self, image: &ImageName) -> impl Iterator<Item = Basis<'a>> {
        let images = self.services.iter().flat_map(|service| &service.images);
        images.filter(move |own| own.name == *image).map(|own| own.selection.basis())
    }

    /// The pipeline of a service.
    ///
    /// # Panics
    /// Never for a policy that `config` has proven: it refuses services without a pipeline.
    #[must_use]
    pub fn pipeline_of(&self, service: &Service) -> &Pipeline {
        self.pipelines.get(&service.pipeline).expect("a proven policy knows each service's pipeline")
    }

    /// The environment of a target, where the policy still knows both.
    #[must_use]
    pub fn environment(&self, target: &ServiceEnvironment) -> Option<&Environment> {
        let service = self.service(&target.service)?;
        self.pipelines.get(&service.pipeline)?.environment(&target.environment)
    }

    /// The teams that are named for some right of a service whose config repository is at a forge.
    #[must_use]
    pub fn teams_at(&self, forge: &ForgeName) -> BTreeSet<&TeamName> {
        let teams = self.holders_at(forge).into_iter().filter_map(|holder| match holder {
            Principal::Team(team) => Some(team),
            Principal::User(_) | Principal::CodeOwners => None,
        });
        teams.collect()
    }

    /// Whether it matters at a forge who belongs to a team: code owners may be teams, too.
    #[must_use]
    pub fn has_teams_at(&self, forge: &ForgeName) -> bool {
        self.holders_at(forge).into_iter().any(|holder| !matches!(holder, Principal::User(_)))
    }

    fn holders_at(&self, forge: &ForgeName) -> Vec<&Principal> {
        let services = self.services.iter().filter(|service| service.place.forge == *forge);
        let targets = services.flat_map(|service| {
            let environments = self.pipeline_of(service).environments.iter();
            environments.map(|own| ServiceEnvironment {
                service: service.name.clone(),
                environment: own.name.clone(),
            })
        });
        let holders =
            targets.flat_map(|target| Right::ALL.iter().flat_map(move |right| self.holders(*right, &target)));
        holders.collect()
    }

    /// Everybody whom the rights and gates name, in whatever environment.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        let environments = self.pipelines.values().flat_map(|pipeline| &pipeline.environments);
        let approvers =
            environments.flat_map(|environment| &environment.gates).filter_map(|gate| match gate {
                Gate::Approvals(approvals) => Some(&approvals.from),
                Gate::Soak(_) => None,
            });
        self.rights.values().flat_map(|rights| rights.0.values()).chain(approvers).flatten()
    }

    /// Whether no environment of the service comes after this one.
    #[must_use]
    pub fn is_last(&self, target: &ServiceEnvironment) -> bool {
        let pipeline = self.service(&target.service).map(|service| self.pipeline_of(service));
        pipeline.is_some_and(|pipeline| pipeline.followers(&target.environment).next().is_none())
    }

    /// Whether the configuration names nobody for a right in an environment: then write permission gives it.
    ///
    /// A list that is empty names nobody on purpose, and leaves the right to nobody.
    #[must_use]
    pub fn is_left_to_writers(&self, right: Right, target: &ServiceEnvironment) -> bool {
        let is_listed =
            self.rights.get(&target.environment).is_some_and(|rights| rights.0.contains_key(&right));
        let gates = self.environment(target).map_or(&[][..], |environment| &environment.gates);
        let has_approvers = gates.iter().any(|gate| matches!(gate, Gate::Approvals(_)));
        let is_gated = right == Right::Approve && has_approvers;
        let service = self.service(&target.service);
        let has_writers = service.is_none_or(|own| !self.without_permissions.contains(&own.place.forge));
        has_writers && !is_listed && !is_gated
    }

    /// Who holds a right in an environment: those the rights name, and for `approve` the approvers its gates name.
    #[must_use]
    pub fn holders(&self, right: Right, target: &ServiceEnvironment) -> Vec<&Principal> {
        let named = self.rights.get(&target.environment).and_then(|rights| rights.0.get(&right));
        let gates = self.environment(target).map_or(&[][..], |environment| &environment.gates);
        let approvers = gates.iter().filter_map(|gate| match gate {
            Gate::Approvals(approvals) if right == Right::Approve => Some(&approvals.from),
            Gate::Approvals(_) | Gate::Soak(_) => None,
        });
        named.into_iter().chain(approvers).flatten().collect()
    }
}
