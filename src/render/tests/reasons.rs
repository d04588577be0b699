use std::time::Duration;

use super::scene::*;
use crate::decide::{ActionReason, ArtifactReason, GateReason};
use crate::model::{BranchName, Defect, NotTaken, Obstacle, ObstacleCause, Presence, Principal, Tag};
use crate::render::{because, instant, reason};

const HALF_AN_HOUR: Duration = Duration::from_secs(1800);

/// Every reason, so that a new one shows up here: the match knows how many there are.
fn every_reason() -> Vec<GateReason> {
    let environments = || vec![environment("dev"), environment("staging")];
    let since = at("2026-11-23T08:00:00Z");
    let until = at("2026-11-23T08:30:00Z");
    let from = vec![
        Principal::Team("acme/sre".parse().unwrap()),
        Principal::User(user("bob")),
        Principal::User(user("carol")),
    ];
    vec![
        GateReason::FirstEnvironment,
        GateReason::LandedBefore { environments: environments() },
        GateReason::NotLandedBefore { environments: environments() },
        GateReason::WithdrawnBefore { environments: environments() },
        GateReason::Soaked { duration: HALF_AN_HOUR, since },
        GateReason::Soaking { duration: HALF_AN_HOUR, until },
        GateReason::SoakNotBegun { duration: HALF_AN_HOUR },
        GateReason::NothingSoaks,
        GateReason::SoaksFor { follower: environment("production"), until },
        GateReason::NotDeclined,
        GateReason::Declined {
            by: user("alice"),
            change: CHANGE,
            environment: environment("production"),
            version: Tag::new("1.4.2").unwrap(),
            write_on: Some(CHANGE),
        },
        GateReason::Automatic,
        GateReason::SetByHand { since, write_on: Some(CHANGE) },
        GateReason::Rewritten { since },
        GateReason::HistoryUnknown { why: "the forge takes no more requests for now".to_owned() },
        GateReason::Approved { by: vec![user("alice"), user("bob")], needed: 2 },
        GateReason::ApprovalsMissing { by: vec![user("bob")], needed: 2, from, uncounted: Vec::new() },
        GateReason::NotHeld,
        GateReason::Held {
            change: CHANGE,
            by: user("alice"),
            until: Some(until),
            reason: Some("see @acme/all".to_owned()),
        },
        GateReason::UpToDate,
        GateReason::Obstacle(Obstacle {
            cause: ObstacleCause::Overlay,
            why: "apps/shop.yaml:3:7: `newTag` is an <alias>".to_owned(),
            way_out: Some("write the tag".to_owned()),
        }),
        GateReason::TagsUnknown { why: "`ghcr.io`: it answered 503".to_owned() },
        GateReason::DigestUnknown { tag: tag("1.4.2"), why: "no answer in 10s".to_owned() },
        GateReason::RightUnknown { by: user("alice"), why: "the team `acme/sre` does not exist".to_owned() },
        GateReason::NotObserved,
        GateReason::NothingSelected {
            image: image(),
            tags: 4,
            nearest: Some((tag("2.0.0-rc.1"), NotTaken::Prerelease)),
        },
        GateReason::NothingSelected { image: image(), tags: 4, nearest: None },
        GateReason::NothingSelected { image: image(), tags: 0, nearest: None },
        GateReason::NothingNewer,
        GateReason::ForeignHead { change: CHANGE },
        GateReason::BranchTaken { branch: BranchName::new("towpath/dev/shop").unwrap() },
        GateReason::FinishFirst { change: CHANGE, release: tag("1.4.2"), newer: tag("1.4.3") },
        GateReason::MergeBlocked { change: CHANGE, why: String::new() },
        GateReason::MergeBlocked { change: CHANGE, why: "GitHub answered 405, `ci` is expected".to_owned() },
        GateReason::MergeQueued { change: CHANGE },
        GateReason::ManualMerge,
    ]
}

#[test]
fn every_reason_is_one_sentence() {
    let sentences: Vec<String> = every_reason().iter().map(reason).collect();
    insta::assert_snapshot!(sentences.join("\n"), @"
    new releases go here directly
    landed in dev and staging
    has not landed in dev and staging
    no longer counts in dev and staging, where it was taken back
    soaked 30m since landing on Mon 2026-11-23 08:00 UTC
    soaks until Mon 2026-11-23 08:30 UTC (30m from landing)
    soaks 30m once it has landed in the environment before
    nothing that runs here has to soak any longer
    what runs here soaks for production until Mon 2026-11-23 08:30 UTC
    not declined
    declined by alice on #7; comment `/promote production version=1.4.2` on #7 to lift that
    newer than what was set by hand
    set by hand, first seen on Mon 2026-11-23 08:00 UTC; a newer release ends that, or comment `/promote resume` on #7
    the branch was rewritten and runs this again, first seen on Mon 2026-11-23 08:00 UTC
    whether the branch was rewritten is not known: the forge takes no more requests for now
    2 of 2 approvals (alice and bob)
    1 of 2 approvals (bob); ask `@acme/sre` or carol
    not on hold
    held by alice until Mon 2026-11-23 08:30 UTC: `see @acme/all`; comment `/promote resume` on #7 to lift that
    runs what it should
    apps/shop.yaml:3:7: `newTag` is an `<alias>`; write the tag
    `ghcr.io`: it answered 503
    the digest of 1.4.2 is not known: no answer in 10s
    the comment of alice has to wait, because their rights are not known: the team `acme/sre` does not exist
    not looked at yet
    0 of 4 tags of ghcr.io/acme/shop are selected: the nearest, 2.0.0-rc.1, is a pre-release, which the range does not ask for; look at `select` in the configuration
    0 of 4 tags of ghcr.io/acme/shop make a whole release; look at `select` in the configuration
    ghcr.io/acme/shop has no tags yet; push one, or correct the name of the image
    nothing newer is in the environments before
    the branch of #7 has a commit by somebody else; merge or close it by hand
    the branch `towpath/dev/shop` is there and is not Towpath's; delete or rename it
    1.4.3 waits until #7 with 1.4.2 is finished
    a rule of the repository blocks merging #7; its page at the forge says which one
    merging #7 is blocked: GitHub answered 405, `ci` is expected
    #7 waits in the forge's merge queue
    ready for a person to merge
    ");
    for sentence in sentences {
        assert!(!sentence.is_empty() && !sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        assert!(!sentence.starts_with(char::is_uppercase), "{sentence}");
    }
}

#[test]
fn every_cause_of_an_action_is_one_sentence() {
    let causes = [
        ActionReason::GatesPass(vec![landed().reason, GateReason::NotDeclined, approved().reason]),
        ActionReason::GatesPass(vec![GateReason::NotDeclined]),
        ActionReason::Requested { by: user("bob") },
        ActionReason::Newer { replaces: tag("1.4.1") },
        ActionReason::BaseMoved,
        ActionReason::BaseRewritten,
        ActionReason::NotToBeMerged(vec![GateReason::NothingSoaks, GateReason::ManualMerge]),
        ActionReason::Overtaken,
        ActionReason::Withdrawn,
        ActionReason::Declined { by: user("alice") },
        ActionReason::Ended { change: CHANGE },
        ActionReason::NotInTheLog,
        ActionReason::SomebodyAsked { by: user("alice") },
        ActionReason::ForeignHead,
    ];
    let sentences: Vec<String> = causes.iter().map(because).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    landed in staging, 2 of 2 approvals (alice and carol)
    nothing blocks it
    bob asked for it
    newer than 1.4.1, which has no approval that counts
    the base branch moved; the content is rebased
    the base branch was rewritten; the content is rebased, and its approvals stay valid
    not to be merged now: nothing that runs here has to soak any longer, ready for a person to merge
    it already runs, or a newer release does
    the release was withdrawn in the environment before
    alice declined it
    #7 has ended
    it happened and is not in the log yet
    alice wrote a command
    the branch has a commit by somebody else
    "#);
}

#[test]
fn seconds_are_shown_only_where_they_matter() {
    assert_eq!(instant(at("2026-11-23T09:00:00Z")), "Mon 2026-11-23 09:00 UTC");
    assert_eq!(instant(at("2026-11-23T09:00:05Z")), "Mon 2026-11-23 09:00:05 UTC");
}

#[test]
fn who_approved_is_not_asked_again_and_very_many_names_are_counted() {
    let from = (0..12).map(|number| Principal::User(user(&format!("u{number}")))).collect();
    let missing =
        GateReason::ApprovalsMissing { by: vec![user("u0")], needed: 2, from, uncounted: Vec::new() };
    insta::assert_snapshot!(reason(&missing), @"1 of 2 approvals (u0); ask u1, u2, u3, u4, u5, u6, u7, u8 or 3 more");
}

#[test]
fn the_release_whose_digest_runs_is_named() {
    let release: Tag = "1.3.0".parse().unwrap();
    insta::assert_snapshot!(
        reason(&ArtifactReason::DigestRuns { release }.into()),
        @"`1.3.0` is the digest that runs; the files name no tag, so there is nothing to change"
    );
}

#[test]
fn nobody_is_told_to_push_what_is_there_and_cannot_run() {
    let gone = |presence: Presence| {
        let release = release("1.4.2");
        let artifact = release.artifacts().next().unwrap().clone();
        let gone = ArtifactReason::Gone {
            image: artifact.image,
            tag: artifact.tag,
            digest: artifact.digest,
            presence,
            change: Some(CHANGE),
        };
        reason(&gone.into())
    };
    insta::assert_snapshot!(gone(Presence::Defective(Defect::BuildCache)), @"1.4.2 cannot run: it is a build cache; push an image under a tag of its own, or comment `/promote reject` on #7 so that another version can come");
    insta::assert_snapshot!(gone(Presence::Defective(Defect::Unreadable("its manifest cannot be read".to_owned()))), @"1.4.2 cannot run: its manifest cannot be read; build and push it anew, or comment `/promote reject` on #7 so that another version can come");
    insta::assert_snapshot!(gone(Presence::Defective(Defect::Missing("the registry lacks a layer".to_owned()))), @"1.4.2 cannot run: the registry lacks a layer; push it again with all its parts, or comment `/promote reject` on #7 so that another version can come");
    insta::assert_snapshot!(gone(Presence::NoManifest), @"1.4.2 is no longer in the registry: `ghcr.io/acme/shop` has nothing at `sha256:222222222222`; push it again, or comment `/promote reject` on #7 so that another version can come");
    insta::assert_snapshot!(gone(Presence::NoRepository), @"1.4.2 is no longer in the registry, which has no image `ghcr.io/acme/shop`; push it again, or comment `/promote reject` on #7 so that another version can come");
}
