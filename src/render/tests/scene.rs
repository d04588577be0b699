//! One promotion that all tests look at: shop 1.4.2 on its way into production.

use std::time::Duration;

use crate::decide::{GateName, GateReason, GateReport, JourneyStep, Judgement, Verdict};
use crate::model::{
    After, AfterMode, Approvals, Artifact, BranchName, Change, ChangeNumber, ChangeState, ConfigBranch,
    ContentKey, Digest, Environment, EnvironmentName, FileChange, Gate, Head, ImageName, ImageReference,
    MergeMode, OnNewer, Pipeline, Policy, Principal, Release, RepositoryPath, Right, Rights, RunningImage,
    Selection, Service, ServiceEnvironment, ServiceImage, Soak, SoakCounts, Tag, Time, Together, UserName,
    Writing,
};

pub(super) const CHANGE: ChangeNumber = ChangeNumber(7);

pub(super) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

pub(super) fn user(name: &str) -> UserName {
    UserName::new(name).unwrap()
}

pub(super) fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

pub(super) fn environment(name: &str) -> EnvironmentName {
    EnvironmentName::new(name).unwrap()
}

pub(super) fn target(environment_name: &str) -> ServiceEnvironment {
    ServiceEnvironment { service: "shop".parse().unwrap(), environment: environment(environment_name) }
}

pub(super) fn image() -> ImageName {
    ImageName::new("ghcr.io/acme/shop").unwrap()
}

fn digest(digit: char) -> Digest {
    Digest::new(format!("sha256:{}", digit.to_string().repeat(64))).unwrap()
}

pub(super) fn release(name: &str) -> Release {
    Release::of(Artifact { image: image(), tag: tag(name), digest: digest('2') })
}

pub(super) fn reference(name: &str) -> ImageReference {
    ImageReference { image: image(), tag: Some(tag(name)), digest: Some(digest('1')) }
}

pub(super) fn key() -> ContentKey {
    ContentKey::of(&["a content".to_owned()])
}

pub(super) fn gate(gate: GateName, verdict: Verdict, reason: GateReason) -> GateReport {
    GateReport { gate, verdict, until: None, reason }
}

pub(super) fn landed() -> GateReport {
    let reason = GateReason::LandedBefore { environments: vec![environment("staging")] };
    gate(GateName::PreviousEnvironment, Verdict::Pass, reason)
}

pub(super) fn soaking() -> GateReport {
    let duration = Duration::from_secs(24 * 3600);
    gate(GateName::Soak, Verdict::Wait, GateReason::Soaking { duration, until: at("2026-11-23T09:00:00Z") })
}

pub(super) fn approvals_missing() -> GateReport {
    let from = vec![Principal::Team("acme/sre".parse().unwrap()), Principal::User(user("carol"))];
    let reason =
        GateReason::ApprovalsMissing { by: vec![user("bob")], needed: 2, from, uncounted: Vec::new() };
    gate(GateName::Approvals, Verdict::Wait, reason)
}

pub(super) fn approved() -> GateReport {
    let reason = GateReason::Approved { by: vec![user("alice"), user("carol")], needed: 2 };
    gate(GateName::Approvals, Verdict::Pass, reason)
}

/// shop 1.4.1 runs in production, 1.4.2 is on change #7, and these gates say this.
pub(super) fn judgement(gates: Vec<GateReport>, notes: Vec<GateReason>) -> Judgement {
    let file = RepositoryPath::new("apps/shop/overlays/production/kustomization.yaml").unwrap();
    Judgement {
        target: target("production"),
        running: vec![RunningImage { reference: reference("1.4.1"), file, line: 6 }],
        landed_at: Some(at("2026-11-16T10:00:00Z")),
        candidate: Some(release("1.4.2")),
        gates,
        journey: vec![
            passed("dev", Some("2026-11-15T08:00:00Z")),
            passed("staging", Some("2026-11-22T09:00:00Z")),
            passed("production", None),
        ],
        change: Some(CHANGE),
        requester: None,
        notes,
        next_look: None,
    }
}

fn passed(name: &str, landed_at: Option<&str>) -> JourneyStep {
    JourneyStep { environment: environment(name), landed_at: landed_at.map(at) }
}

pub(super) fn file(old: &str, new: &str) -> FileChange {
    FileChange {
        path: RepositoryPath::new("apps/shop/overlays/production/kustomization.yaml").unwrap(),
        old: Some(old.as_bytes().to_vec()),
        new: Some(new.as_bytes().to_vec()),
    }
}

/// A change as a forge would show it with this body and head message.
pub(super) fn change(body: &str, message: &str) -> Change {
    let commit = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    Change {
        number: CHANGE,
        url: "file:///forge".to_owned(),
        title: String::new(),
        body: body.to_owned(),
        author: user("towpath"),
        branch: BranchName::new("towpath/production/shop").unwrap(),
        base: BranchName::new("main").unwrap(),
        state: ChangeState::Open,
        opened_at: at("2026-11-22T09:00:00Z"),
        head: Head { commit, by_bot: true, message: message.to_owned(), beneath: None },
        conflicted: false,
        barrier: None,
        queue: None,
        comments: Vec::new(),
        reviews: Vec::new(),
        statuses: Vec::new(),
    }
}

/// dev, staging after it, production after that: two approvals, of acme/sre or carol.
pub(super) fn policy() -> Policy {
    let from = vec![Principal::Team("acme/sre".parse().unwrap()), Principal::User(user("carol"))];
    let gates = vec![
        Gate::Soak(Soak { duration: Duration::from_secs(86_400), counts: SoakCounts::Landed }),
        Gate::Approvals(Approvals { count: 2, from }),
    ];
    let environments = vec![
        stop("dev", &[], Vec::new()),
        stop("staging", &["dev"], Vec::new()),
        stop("production", &["staging"], gates),
    ];
    let name: crate::model::PipelineName = "standard".parse().unwrap();
    let promote = Rights([(Right::Promote, vec![Principal::Team("acme/dev".parse().unwrap())])].into());
    Policy {
        pipelines: [(name.clone(), Pipeline { name: name.clone(), environments })].into(),
        services: vec![Service {
            name: "shop".parse().unwrap(),
            pipeline: name,
            group: "shop".parse().unwrap(),
            images: vec![ServiceImage::new(image(), Selection::semver("*").unwrap())],
            together: Together::Independent,
            quiet: Duration::ZERO,
            writing: Writing::default(),
            place: ConfigBranch {
                forge: "here".parse().unwrap(),
                repository: "acme/deploy".parse().unwrap(),
                branch: BranchName::new("main").unwrap(),
            },
            locations: std::collections::BTreeMap::new(),
        }],
        rights: [(environment("production"), promote)].into(),
        ..Policy::default()
    }
}

fn stop(name: &str, after: &[&str], gates: Vec<Gate>) -> Environment {
    let environments = after.iter().map(|name| environment(name)).collect();
    Environment {
        name: environment(name),
        after: After { mode: AfterMode::All, environments },
        gates,
        merge: MergeMode::Manual,
        on_newer: OnNewer::Replace,
    }
}
