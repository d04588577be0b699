//! The policy of a story: a sensible default and the few words that change it.

use std::collections::BTreeMap;
use std::time::Duration;

use towpath::model::{
    After, AfterMode, Approvals, ConfigBranch, Environment, Gate, MergeMode, OnNewer, Pipeline, Policy,
    Principal, RepositoryPath, RepositoryPattern, Right, Rights, Selection, Service, ServiceImage, Soak,
    SoakCounts, Together, Writing,
};

/// The bot's name on the fake forge.
pub(crate) const BOT: &str = "towpath[bot]";

/// A policy in the making.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    services: Vec<&'static str>,
    environments: Vec<Environment>,
    promoters: Vec<&'static str>,
    more_images: Vec<&'static str>,
    together: Together,
    selection: Selection,
    platforms: Vec<&'static str>,
    quiet: Duration,
    writing: Writing,
    readable: Option<Vec<&'static str>>,
}

impl Default for Rules {
    /// `shop` goes from dev to staging after 30 minutes, and to production after an hour and one approval.
    ///
    /// Alice and bob may approve there, and carol may ask for promotions everywhere.
    fn default() -> Self {
        let environments = vec![
            environment("dev", &[], Vec::new()),
            environment("staging", &["dev"], vec![soak(minutes(30))]),
            environment("production", &["staging"], vec![soak(minutes(60)), approvals(1)]),
        ];
        Self {
            services: vec!["shop"],
            environments,
            promoters: vec!["carol"],
            more_images: Vec::new(),
            together: Together::Independent,
            selection: Selection::semver("*").expect("a range"),
            platforms: Vec::new(),
            quiet: Duration::ZERO,
            writing: Writing::default(),
            readable: None,
        }
    }
}

impl Rules {
    /// One more service on the same road.
    pub(crate) fn and_service(mut self, name: &'static str) -> Self {
        self.services.push(name);
        self
    }

    /// One more image of every service, whose artifacts belong together with the first one's like this.
    pub(crate) fn and_image(mut self, name: &'static str, together: Together) -> Self {
        self.more_images.push(name);
        self.together = together;
        self
    }

    /// Which tags are releases.
    pub(crate) fn select(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// One more platform that artifacts must run on.
    pub(crate) fn runs_on(mut self, platform: &'static str) -> Self {
        self.platforms.push(platform);
        self
    }

    /// How long the youngest artifact of a release must have been made.
    pub(crate) fn quiet(self, quiet: Duration) -> Self {
        Self { quiet, ..self }
    }

    /// What is written into the files.
    pub(crate) fn writing(self, writing: Writing) -> Self {
        Self { writing, ..self }
    }

    /// All repositories that may be used at the forge.
    pub(crate) fn using_only(self, patterns: &[&'static str]) -> Self {
        Self { readable: Some(patterns.to_vec()), ..self }
    }

    /// The images of a service, by the last part of their names.
    pub(crate) fn images(&self, service: &'static str) -> Vec<&'static str> {
        std::iter::once(service).chain(self.more_images.iter().copied()).collect()
    }

    /// One more person who may ask for promotions, everywhere.
    pub(crate) fn promoted_by(mut self, user: &'static str) -> Self {
        self.promoters.push(user);
        self
    }

    /// The configuration names nobody, neither who asks for promotions nor who approves.
    pub(crate) fn naming_nobody(mut self) -> Self {
        self.promoters.clear();
        for environment in &mut self.environments {
            environment.gates.retain(|gate| !matches!(gate, Gate::Approvals(_)));
        }
        self
    }

    /// How many approvals this environment wants, of whoever owns the files.
    pub(crate) fn approved_by_owners(self, environment: &str, count: usize) -> Self {
        self.change(environment, |environment| {
            environment.gates.retain(|gate| !matches!(gate, Gate::Approvals(_)));
            environment.gates.push(Gate::Approvals(Approvals { count, from: vec![Principal::CodeOwners] }));
        })
    }

    /// How many approvals this environment wants, of the members of a team.
    pub(crate) fn approved_by_team(self, environment: &str, team: &str, count: usize) -> Self {
        self.change(environment, |environment| {
            environment.gates.retain(|gate| !matches!(gate, Gate::Approvals(_)));
            environment
                .gates
                .push(Gate::Approvals(Approvals { count, from: vec![Principal::Team(name(team))] }));
        })
    }

    /// A person merges in this environment.
    pub(crate) fn merged_by_people(self, environment: &str) -> Self {
        self.change(environment, |environment| environment.merge = MergeMode::Manual)
    }

    /// What a newer release does to an open change in this environment.
    pub(crate) fn on_newer(self, environment: &str, on_newer: OnNewer) -> Self {
        self.change(environment, |environment| environment.on_newer = on_newer)
    }

    /// How many approvals this environment wants, of alice and bob.
    pub(crate) fn approvals(self, environment: &str, count: usize) -> Self {
        self.change(environment, |environment| {
            environment.gates.retain(|gate| !matches!(gate, Gate::Approvals(_)));
            environment.gates.push(approvals(count));
        })
    }

    /// The soak of this environment measures what runs, so that the one before stands still meanwhile.
    pub(crate) fn soak_running(self, environment: &str) -> Self {
        self.change(environment, |environment| {
            for gate in &mut environment.gates {
                if let Gate::Soak(soak) = gate {
                    soak.counts = SoakCounts::Running;
                }
            }
        })
    }

    fn change(mut self, name: &str, change: impl FnOnce(&mut Environment)) -> Self {
        let mut all = self.environments.iter_mut();
        change(all.find(|environment| environment.name.as_str() == name).expect("the rules have it"));
        self
    }

    /// The names of the services.
    pub(crate) fn services(&self) -> &[&'static str] {
        &self.services
    }

    /// The names of the environments, first to last.
    pub(crate) fn environment_names(&self) -> Vec<&str> {
        self.environments.iter().map(|environment| environment.name.as_str()).collect()
    }

    /// The proven policy.
    pub(crate) fn policy(&self) -> Policy {
        let pipeline = Pipeline { name: name("standard"), environments: self.environments.clone() };
        let promoters: Vec<Principal> =
            self.promoters.iter().map(|user| Principal::User(name(user))).collect();
        let rights = |environment: &Environment| {
            let named = (!promoters.is_empty()).then(|| (Right::Promote, promoters.clone()));
            (environment.name.clone(), Rights(named.into_iter().collect()))
        };
        Policy {
            rights: self.environments.iter().map(rights).collect(),
            services: self.services.iter().copied().map(|service| self.service(service)).collect(),
            pipelines: BTreeMap::from([(pipeline.name.clone(), pipeline)]),
            polls: BTreeMap::new(),
            repositories: self.readable.iter().map(|all| (place().forge, patterns(all))).collect(),
            ..Policy::default()
        }
    }

    fn service(&self, service: &'static str) -> Service {
        let image = |image| ServiceImage {
            name: name(&format!("registry.test/acme/{image}")),
            selection: self.selection.clone(),
            platforms: self.platforms.iter().map(|platform| name(platform)).collect(),
        };
        let path = |environment: &Environment| {
            let path: RepositoryPath = name(&format!("apps/{service}/overlays/{}", environment.name));
            (environment.name.clone(), path.into())
        };
        Service {
            name: name(service),
            pipeline: name("standard"),
            group: name(service),
            images: self.images(service).into_iter().map(image).collect(),
            together: self.together,
            quiet: self.quiet,
            writing: self.writing,
            place: place(),
            locations: self.environments.iter().map(path).collect(),
        }
    }
}

fn patterns(all: &[&str]) -> Vec<RepositoryPattern> {
    all.iter().map(|text| RepositoryPattern::new(text).expect("the story names repositories")).collect()
}

/// The one config repository of every story.
pub(crate) fn place() -> ConfigBranch {
    ConfigBranch { forge: name("here"), repository: name("acme/deploy"), branch: name("main") }
}

/// A name that a test wrote, so that it is right.
pub(crate) fn name<N: std::str::FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is not the name that this test takes it for"))
}

/// That many minutes.
pub(crate) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// That many seconds.
pub(crate) const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn environment(environment: &str, after: &[&str], gates: Vec<Gate>) -> Environment {
    Environment {
        name: name(environment),
        after: After {
            mode: AfterMode::All,
            environments: after.iter().map(|before| name(before)).collect(),
        },
        gates,
        merge: MergeMode::Auto,
        on_newer: OnNewer::Replace,
    }
}

const fn soak(duration: Duration) -> Gate {
    Gate::Soak(Soak { duration, counts: SoakCounts::Landed })
}

fn approvals(count: usize) -> Gate {
    let from = ["alice", "bob"].map(|approver| Principal::User(name(approver))).to_vec();
    Gate::Approvals(Approvals { count, from })
}
