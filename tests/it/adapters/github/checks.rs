//! The check of an App: one run on each head, written over while it may be, and read back by whoever comes next.

use chrono::TimeDelta;
use insta::assert_snapshot;
use towpath::forge::Forge as _;

use super::app::app;
use super::costs::readable;
use super::*;

impl Ground {
    pub(super) async fn of_an_app() -> Self {
        let ground = Self::new().await;
        let forge = client(&ground.world, ground.address, app());
        Self { forge, ..ground }
    }

    async fn show(&self, change: ChangeNumber, state: StatusState, text: &str) {
        let mut shown = presentation("dev", "1.10.0");
        shown.status = NewStatus { state, text: text.to_owned(), ..shown.status };
        self.forge.present(&place(), change, &shown).await.expect("the fake GitHub answers");
    }

    /// What people see of each run.
    fn runs(&self) -> String {
        let state = self.world.state();
        let runs = state.github.checks.iter().map(|run| {
            let how = run.conclusion.as_deref().unwrap_or("in progress");
            format!("{}: {how}, {}", run.name, run.output)
        });
        runs.collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn a_promotion_takes_no_more_requests_with_a_check_than_with_a_status() {
    let ground = Ground::of_an_app().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.start_counting();
    ground.propose(&proposal).await.unwrap();
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    GET 
    POST /graphql
    POST /pulls
    POST /issues/1/labels
    POST /check-runs
    ");
    assert_snapshot!(ground.runs(), @r#"towpath/dev: in progress, {"title":"waiting: soak","summary":"| soak | waits |"}"#);
}

#[tokio::test]
async fn a_check_is_written_over_until_it_is_completed_and_then_another_one_begins() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    ground.start_counting();
    ground.show(change, StatusState::Pending, "waiting: soak").await;
    ground.show(change, StatusState::Pending, "waiting: window").await;
    ground.show(change, StatusState::Success, "all gates pass").await;
    ground.show(change, StatusState::Failure, "stopped: tag moved").await;
    ground.show(change, StatusState::Pending, "waiting: soak").await;
    let (paid, _) = ground.counted();
    let written: Vec<String> = paid.into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert_snapshot!(readable(&written), @"
    PATCH /check-runs/1
    PATCH /check-runs/1
    POST /check-runs
    POST /check-runs
    ");
    assert_snapshot!(ground.runs(), @r#"
    towpath/dev: success, {"title":"all gates pass","summary":"| soak | waits |"}
    towpath/dev: failure, {"title":"stopped: tag moved","summary":"| soak | waits |"}
    towpath/dev: in progress, {"title":"waiting: soak","summary":"| soak | waits |"}
    "#);
}

#[tokio::test]
async fn a_new_process_reads_the_check_and_since_when_people_could_see_the_head() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    let opened_at = ground.world.state().github.checks[0].started_at;
    ground.world.state().now += chrono::TimeDelta::minutes(5);
    ground.show(change, StatusState::Success, "all gates pass").await;
    ground.show(change, StatusState::Pending, "waiting: window").await;
    let other = client(&ground.world, ground.address, app());
    let changes = other.changes(&place()).await.unwrap();
    let [status] = changes[0].statuses.as_slice() else { panic!("one head, one status") };
    assert_eq!((status.text.as_str(), status.at), ("waiting: window", opened_at));
    assert_eq!(status.state, StatusState::Pending);
}

#[tokio::test]
async fn a_check_whose_answer_was_lost_is_found_at_the_next_look() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    ground.world.state().github.checks.clear();
    ground.world.state().now += chrono::TimeDelta::minutes(5);
    let fresh = client(&ground.world, ground.address, app());
    let ground = Ground { forge: fresh, ..ground };
    ground.look().await;
    ground.refuse("POST /repos/acme/deploy/check-runs", 502, "Server Error");
    let shown = presentation("dev", "1.10.0");
    ground.forge.present(&place(), change, &shown).await.unwrap_err();
    ground.look().await;
    ground.start_counting();
    ground.forge.present(&place(), change, &shown).await.unwrap();
    ground.forge.present(&place(), change, &shown).await.unwrap();
    let (paid, _) = ground.counted();
    let written = paid.iter().filter(|line| line.contains("check-runs") && !line.starts_with("GET "));
    assert_eq!(written.count(), 1, "{paid:#?}");
}

#[tokio::test]
async fn an_app_that_may_not_write_checks_says_so() {
    let ground = Ground::of_an_app().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.world.state().now += TimeDelta::minutes(1);
    ground.refuse("POST /repos/acme/deploy/check-runs", 403, "Resource not accessible by integration");
    assert_snapshot!(ground.propose(&proposal).await.unwrap_err(), @"the bot may not write checks in `acme/deploy`; grant it `checks=write`: GitHub answered 403, Resource not accessible by integration");
}

/// Approvals are held against it, and they have GitHub's times.
#[tokio::test]
async fn a_check_begins_by_the_clock_of_github_and_not_by_ours() {
    for minutes in [-2, 0, 2] {
        let ground = Ground::of_an_app().await;
        let world = ground.world.clone();
        let clock = Arc::new(move || world.now() + TimeDelta::minutes(minutes));
        let forge = GitHubForge::new(access(ground.address, app()), clock);
        let ground = Ground { forge, ..ground };
        let before = ground.world.state().forge_now();
        ground.open().await;
        let state = ground.world.state();
        let began = state.github.checks[0].started_at;
        assert!(before <= began && began <= state.forge_now(), "{minutes}: {before} {began}");
    }
}

#[tokio::test]
async fn what_is_longer_than_github_takes_is_cut_by_bytes() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    let mut shown = presentation("dev", "1.10.0");
    shown.status.summary = "\u{fc}".repeat(40_000);
    ground.forge.present(&place(), change, &shown).await.unwrap();
    let longest =
        ground.world.state().github.checks.iter().map(|run| run.output["summary"].to_string().len()).max();
    assert_eq!(longest, Some(65_534 + 2), "whole characters, and the quotes");
}

#[tokio::test]
async fn a_check_that_waits_almost_two_weeks_is_begun_anew() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    let opened_at = ground.world.state().github.checks[0].started_at;
    let text = |shown: &Change| shown.statuses.last().expect("it has one").text.clone();
    ground.world.state().now += chrono::TimeDelta::days(12);
    assert_eq!(text(&ground.shown(change).await), "waiting: soak");
    ground.world.state().now += chrono::TimeDelta::days(1);
    let shown = ground.shown(change).await;
    assert_eq!(text(&shown), "", "GitHub is about to give it up");
    assert_eq!(shown.statuses.last().expect("it has one").at, opened_at, "people saw the head before");
    ground.start_counting();
    ground.show(change, StatusState::Pending, "waiting: soak").await;
    ground.show(change, StatusState::Pending, "waiting: soak").await;
    let (paid, _) = ground.counted();
    let written: Vec<String> = paid.into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert_snapshot!(readable(&written), @"POST /check-runs");
    let shown = ground.shown(change).await;
    assert_eq!(text(&shown), "waiting: soak");
    assert_eq!(shown.statuses.last().expect("it has one").at, opened_at);
}

#[tokio::test]
async fn a_check_that_somebody_else_ended_is_begun_anew() {
    // GitHub's description of itself leaves out `stale`, with which it does so.
    for conclusion in ["timed_out", "cancelled"] {
        let ground = Ground::of_an_app().await;
        let change = ground.open().await;
        ground.world.state().github.checks[0].conclusion = Some(conclusion.to_owned());
        let ground = Ground { forge: client(&ground.world, ground.address, app()), ..ground };
        assert_eq!(ground.shown(change).await.statuses[0].text, "", "{conclusion}");
        ground.show(change, StatusState::Pending, "waiting: soak").await;
        let runs = ground.world.state().github.checks.clone();
        let how: Vec<_> = runs.iter().map(|run| run.conclusion.as_deref()).collect();
        assert_eq!(how, [Some(conclusion), None]);
    }
}

#[tokio::test]
async fn what_was_concluded_long_ago_stays() {
    let ground = Ground::of_an_app().await;
    let change = ground.open().await;
    ground.show(change, StatusState::Success, "all gates pass").await;
    ground.world.state().now += chrono::TimeDelta::days(30);
    assert_eq!(ground.shown(change).await.statuses[0].text, "all gates pass");
}
