//! Source code at the same GitHub: what lies between two commits, read with no more rights than that takes.

use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::model::{SourceChecks, SourceComparison, SourceSpan};

use super::app::app;
use super::costs::readable;
use super::*;

impl Ground {
    /// What lies between the base and the head of an open change.
    async fn span(&self) -> SourceSpan {
        let change = self.open().await;
        let from = self.forge.head(&place()).await.expect("the fake GitHub answers");
        let to = self.world.state().change(change).expect("it is open").head().clone();
        SourceSpan { repository: place().repository, from, to }
    }
}

#[tokio::test]
async fn commits_people_and_builds_take_three_requests() {
    let ground = Ground::new().await;
    let span = ground.span().await;
    ground.start_counting();
    let compared = ground.forge.compare_source(&span).await.unwrap().unwrap();
    assert_snapshot!(readable(&ground.counted().0), @"
    GET /compare/COMMIT...COMMIT?per_page=100&page=1
    GET /commits/COMMIT/check-runs?filter=latest&per_page=100&page=1
    GET /commits/COMMIT/statuses?per_page=100&page=1
    ");
    let SourceComparison { relation, ahead, behind, commits, pulls, checks } = compared;
    assert_eq!((relation.word(), ahead, behind, checks), ("ahead", 1, 0, SourceChecks::None));
    assert!(pulls.is_empty());
    let said: Vec<_> = commits.iter().map(|one| format!("{} by {}", one.headline, one.author)).collect();
    assert_snapshot!(said.join("\n"), @"promote(dev): shop 1.10.0 by towpath[bot]");
}

#[tokio::test]
async fn an_app_takes_a_token_that_only_reads() {
    let ground = Ground::new().await;
    let span = ground.span().await;
    let forge = client(&ground.world, ground.address, app());
    forge.compare_source(&span).await.unwrap().unwrap();
    let wishes: Vec<String> = ground.world.state().github.wishes.iter().map(ToString::to_string).collect();
    assert_snapshot!(wishes.join("\n"), @r#"{"repositories":["deploy"],"permissions":{"contents":"read","checks":"read","statuses":"read"}}"#);
}

#[tokio::test]
async fn what_the_bot_may_not_see_is_nothing_known() {
    let ground = Ground::new().await;
    let span = ground.span().await;
    let elsewhere = SourceSpan { repository: name("mallory/secret"), ..span.clone() };
    assert_eq!(ground.forge.compare_source(&elsewhere).await.unwrap(), None);
    let gone = SourceSpan { from: CommitId::new("e".repeat(40)).unwrap(), ..span.clone() };
    assert_eq!(ground.forge.compare_source(&gone).await.unwrap(), None);
    ground.refuse("GET /repos/acme/deploy/compare", 403, "Resource not accessible by integration");
    assert_eq!(ground.forge.compare_source(&span).await.unwrap(), None);
    for _try in 0..4 {
        ground.refuse("GET /repos/acme/deploy/compare", 502, "Server Error");
    }
    assert!(matches!(ground.forge.compare_source(&span).await, Err(ForgeError::Unavailable { .. })));
}

#[tokio::test]
async fn a_build_that_failed_is_found_behind_a_hundred_others() {
    let ground = Ground::new().await;
    let span = ground.span().await;
    let builds = async |ground: &Ground| ground.forge.source_checks(&span).await.unwrap();
    for number in 0..250 {
        ground.world.state().build(&span.to, &format!("build {number}"), Some("success"));
    }
    assert_eq!(builds(&ground).await, SourceChecks::Passed);
    // The first one is the last that GitHub lists.
    ground.world.state().github.builds[0].conclusion = Some("failure".to_owned());
    ground.start_counting();
    assert_eq!(builds(&ground).await, SourceChecks::Failed);
    assert_eq!(ground.counted().0.len(), 4, "three pages of runs, one of statuses");
}

#[tokio::test]
async fn builds_without_an_end_did_not_pass() {
    let ground = Ground::new().await;
    let span = ground.span().await;
    ground.world.state().build(&span.to, "unit", Some("success"));
    assert_eq!(ground.forge.source_checks(&span).await.unwrap(), SourceChecks::Passed);
    ground.world.state().github.endless = Some("/check-runs".to_owned());
    ground.start_counting();
    assert_eq!(ground.forge.source_checks(&span).await.unwrap(), SourceChecks::Unread);
    assert_eq!(ground.counted().0.len(), 6, "five pages of runs, one of statuses");
    ground.world.state().build(&span.to, "lint", Some("failure"));
    assert_eq!(ground.forge.source_checks(&span).await.unwrap(), SourceChecks::Failed, "that is certain");
}
