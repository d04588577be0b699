//! What protected branches demand, against the pipelines.

use super::*;

/// A check that has to pass before anything is merged into `main`, of an App or of anybody.
fn required(check: &str, app: Option<u64>) -> (&'static str, Value) {
    let mut required = json!({ "context": check });
    if let Some(app) = app {
        required["integration_id"] = json!(app);
    }
    let parameters = json!({
        "required_status_checks": [required],
        "strict_required_status_checks_policy": false,
    });
    ("main", json!({ "type": "required_status_checks", "parameters": parameters }))
}

/// The older protection of `main`, which the bot may read.
fn protection(protection: Value) -> impl FnOnce(&mut Setup) {
    move |setup| setup.protection = Some((protection, true))
}

/// Who may push, by the older protection.
fn only(users: &[&str], teams: &[&str], apps: &[&str]) -> Value {
    let url = "https://api.forge.test/repos/acme/deploy/branches/main/protection/restrictions";
    let user = |login: &&str| json!({ "login": login });
    let slug = |slug: &&str| json!({ "slug": slug });
    let team = |slug: &&str| {
        let url = format!("https://api.forge.test/organizations/1/team/{slug}");
        json!({
            "id": 1,
            "node_id": "T_1",
            "name": slug,
            "slug": slug,
            "description": null,
            "permission": "push",
            "url": url,
            "html_url": "https://forge.test/orgs/acme/teams",
            "members_url": format!("{url}/members{{/member}}"),
            "repositories_url": format!("{url}/repos"),
            "parent": null,
            "type": "organization",
        })
    };
    json!({
        "restrictions": {
            "url": url,
            "users_url": format!("{url}/users"),
            "teams_url": format!("{url}/teams"),
            "apps_url": format!("{url}/apps"),
            "users": users.iter().map(user).collect::<Vec<_>>(),
            "teams": teams.iter().map(team).collect::<Vec<_>>(),
            "apps": apps.iter().map(slug).collect::<Vec<_>>(),
        },
    })
}

#[tokio::test]
async fn a_check_of_one_environment_stops_the_changes_of_all_others() {
    let practice = Practice::new(APP, |setup| {
        setup.rules = vec![required("towpath/production", None), required("towpath/prod", None)];
    })
    .await;
    let said = practice.findings(&["requires the check"]).await;
    assert_snapshot!(said, @"
    wrong     `main` requires the check `towpath/prod`, and no change into it has one of that name
              do not require it, or correct its name: the check is called `towpath/` and the environment
    wrong     `main` requires the check `towpath/production` of every change, and those into `dev` and `staging` never have it, so they stay blocked
              do not require it: each change has only the check of its own environment, and the bot merges nothing whose gates do not pass
    ");
    assert_eq!(practice.doctor(&[]).await.code, Some(1));
}

#[tokio::test]
async fn a_check_of_the_only_environment_stops_people_alone() {
    let practice = Practice::new(APP, |setup| setup.rules = vec![required("towpath/dev", Some(12))]).await;
    practice.configure("      - { name: staging, after: [dev], merge: auto }\n", "");
    practice.configure("      - { name: production, after: [staging], merge: manual }\n", "");
    let said = practice.findings(&["requires the check"]).await;
    assert_snapshot!(said, @"
    warning   `main` requires the check `towpath/dev`, which people's own pull requests never have
              where people bring changes of their own to this branch, too, do not require it: the bot merges nothing whose gates do not pass
    ");
    assert_eq!(practice.doctor(&[]).await.code, Some(0));
}

#[tokio::test]
async fn a_check_that_has_to_come_from_another_app_never_passes() {
    let practice = Practice::new(APP, |setup| {
        setup.rules = vec![required("towpath/dev", Some(15_368)), required("ci/build", Some(15_368))];
    })
    .await;
    assert_snapshot!(practice.findings(&["check"]).await, @"
    ok        `main` requires these checks before a merge: `ci/build`
    wrong     `main` requires the check `towpath/dev` of the App 15368, which is not the bot, so it never passes
              where it is to be required at all, let its source be the bot's App, or any source where the bot has a token: Settings > Rules, or Branches
    wrong     `main` requires the check `towpath/dev` of every change, and those into `production` and `staging` never have it, so they stay blocked
              do not require it: each change has only the check of its own environment, and the bot merges nothing whose gates do not pass
    ");
    // An account reports statuses, and those are no App's.
    let practice =
        Practice::new(A_TOKEN, |setup| setup.rules = vec![required("towpath/dev", Some(12))]).await;
    assert_snapshot!(practice.findings(&["requires the check"]).await, @"
    wrong     `main` requires the check `towpath/dev` of the App 12, which is not the bot, so it never passes
              where it is to be required at all, let its source be the bot's App, or any source where the bot has a token: Settings > Rules, or Branches
    wrong     `main` requires the check `towpath/dev` of every change, and those into `production` and `staging` never have it, so they stay blocked
              do not require it: each change has only the check of its own environment, and the bot merges nothing whose gates do not pass
    ");
    let checks = json!([{ "context": "towpath/dev", "app_id": 99 }, { "context": "ci/build", "app_id": -1 }]);
    let checks = json!({
        "contexts": ["towpath/dev", "ci/build"],
        "contexts_url": "https://api.forge.test/contexts",
        "checks": checks,
    });
    let practice = Practice::new(APP, protection(json!({ "required_status_checks": checks }))).await;
    assert_snapshot!(practice.findings(&["check"]).await, @"
    ok        `main` requires these checks before a merge: `ci/build`
    wrong     `main` requires the check `towpath/dev` of the App 99, which is not the bot, so it never passes
              where it is to be required at all, let its source be the bot's App, or any source where the bot has a token: Settings > Rules, or Branches
    wrong     `main` requires the check `towpath/dev` of every change, and those into `production` and `staging` never have it, so they stay blocked
              do not require it: each change has only the check of its own environment, and the bot merges nothing whose gates do not pass
    ");
}

#[tokio::test]
async fn a_list_of_those_who_may_push_names_the_bot_or_not() {
    let words = ["`main`"];
    let practice = Practice::new(APP, protection(only(&["alice"], &[], &["other"]))).await;
    assert_snapshot!(practice.findings(&words).await, @"
    wrong     `main` accepts pushes and merges only from a list, and the bot is not on it
              add the bot to the list of those who may push, and to nothing else: Settings > Branches
    ");
    for (credentials, list) in [
        (APP, only(&[], &[], &["towpath"])),
        (A_TOKEN, only(&["Towpath[bot]"], &[], &[])),
        (A_TOKEN, only(&[], &["nobody", "deployers"], &[])),
    ] {
        let practice = Practice::new(credentials, protection(list)).await;
        let deployers = name("acme/deployers");
        practice.world.state().teams.entry(deployers).or_default().insert(name("towpath[bot]"));
        let said = practice.findings(&words).await;
        assert_eq!(said, "  ok        nothing blocks `main`");
    }
}

#[tokio::test]
async fn where_people_merge_it_does_not_matter_that_the_bot_may_not() {
    let practice = Practice::new(APP, protection(only(&["alice"], &[], &[]))).await;
    practice.configure("merge: auto", "merge: manual");
    assert_snapshot!(practice.findings(&["`main`"]).await, @"  ok        `main` accepts pushes and merges only from a list, and the bot is not on it");
    let practice = Practice::new(APP, |setup| {
        setup.rules = vec![("main", json!({ "type": "update" }))];
        setup.protection = Some((json!({ "lock_branch": { "enabled": true } }), true));
    })
    .await;
    assert_snapshot!(practice.findings(&["`main`"]).await, @r#"
    wrong     `main` accepts pushes and merges only from those who may bypass a rule
              put "Restrict updates" into a ruleset of its own, and let the bot bypass that one, for pull requests only: Settings > Rules
    wrong     `main` is locked, so merging is blocked
              unlock it: Settings > Branches
    "#);
}
