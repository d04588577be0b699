//! Who may do what where the configuration names nobody, and who never may.

use std::time::Duration;

use towpath::model::{Reaction, ReviewVerdict};

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

/// Production is merged by a person, so that its change stays open.
fn naming_nobody() -> Rules {
    Rules::default().naming_nobody().merged_by_people("production")
}

#[test]
fn who_may_write_to_the_repository_may_promote_where_nobody_is_named() {
    story_with(naming_nobody(), async |bot| {
        bot.permit("zoe", "write").permit("adam", "admin").permit("tim", "triage");
        let change = bot.bring_to_production("1.10.0").await;
        let held = bot.pass(minutes(5)).comment(change, "zoe", "/promote hold");
        let resumed = bot.pass(minutes(1)).comment(change, "adam", "/promote resume");
        let refused = bot.pass(minutes(1)).comment(change, "tim", "/promote hold");
        bot.settle()
            .await
            .expect_reaction(&held, Reaction::Rocket)
            .expect_reaction(&resumed, Reaction::Rocket);
        insta::assert_snapshot!(bot.read_reply(&refused), @"tim: I did not run `/promote hold`: it takes the right `promote` or `approve` in production, which you do not have; the configuration lists no user for it; ask a user with write access to `acme/deploy`.");
    });
}

#[test]
fn a_stranger_may_not() {
    story_with(naming_nobody(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "mallory", "/promote approve");
        bot.settle().await.expect_reaction(&refused, Reaction::ThumbsDown);
        insta::assert_snapshot!(bot.read_reply(&refused), @"mallory: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; the configuration lists no user for it; ask a user with write access to `acme/deploy`.");
    });
}

#[test]
fn write_permission_gives_nothing_where_somebody_is_named() {
    story(async |bot| {
        bot.permit("zoe", "admin");
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "zoe", "/promote approve");
        bot.settle()
            .await
            .expect_reaction(&refused, Reaction::ThumbsDown)
            .expect_open("production", "1.10.0");
        bot.read_reply(&refused);
    });
}

#[test]
fn programs_give_no_commands() {
    story_with(naming_nobody(), async |bot| {
        bot.permit("helper[bot]", "admin");
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "helper[bot]", "/promote hold");
        bot.review(change, "helper[bot]", ReviewVerdict::RequestChanges);
        bot.settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production success: all gates pass; ready to merge");
    });
}

/// Who owns what, the least important first.
const OWNERS: &str = "* @dora\n/apps/shop/ @olga @acme/shop\n/apps/shop/overlays/dev/ @dev-owner\n";

#[test]
fn who_owns_the_files_may_approve_and_nobody_else() {
    Story::under(Rules::default().approved_by_owners("production", 2)).with_faults().play(async |bot| {
        bot.add_file("dora", ".github/CODEOWNERS", OWNERS).make_member("acme/shop", "tess");
        bot.owns("olga").owns("tess");
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "dora", "/promote approve");
        let also_refused = bot.comment(change, "dev-owner", "/promote approve");
        bot.comment(change, "olga", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&also_refused), @"dev-owner: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask a code owner of the files.");
        insta::assert_snapshot!(bot.read_reply(&refused), @"dora: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask a code owner of the files.");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (olga)");
        bot.pass(minutes(1)).comment(change, "tess", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn where_nobody_owns_the_files_nobody_approves() {
    story_with(Rules::default().approved_by_owners("production", 1), async |bot| {
        bot.permit("zoe", "admin").add_file("dora", "docs/CODEOWNERS", "* @zoe\n/apps/\n");
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "zoe", "/promote approve");
        bot.settle()
            .await
            .expect_reaction(&refused, Reaction::ThumbsDown)
            .expect_open("production", "1.10.0");
        bot.read_reply(&refused);
    });
}

#[test]
fn a_change_that_waits_for_people_asks_them_for_a_review() {
    story(async |bot| {
        bot.add_file("dora", "CODEOWNERS", OWNERS);
        bot.bring_to_production("1.10.0").await;
        let asked = bot.asked_for_reviews();
        if let Some(asked) = asked {
            assert_eq!(asked, [["alice", "bob", "olga", "shop"].map(str::to_owned).to_vec()]);
        }
    });
}

#[test]
fn whoever_took_over_a_name_that_the_configuration_names_gets_nothing() {
    Story::default().with_faults().play(async |bot| {
        bot.is_stranger("alice");
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.review(change, "alice", ReviewVerdict::Approve);
        bot.settle()
            .await
            .expect_reaction(&refused, Reaction::ThumbsDown)
            .expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&refused), @"alice: I did not run `/promote approve`: alice is named for the right `approve` in production, but is not a collaborator of `acme/deploy`, and the login may belong to another account by now; get access to the repository, then write the command again.");
        bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn the_approval_of_somebody_who_left_the_team_merges_nothing_after_a_minute() {
    let rules = Rules::default().approved_by_team("production", "acme/sre", 2);
    story_with(rules, async |bot| {
        bot.make_member("acme/sre", "tess").make_member("acme/sre", "tim");
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "tess", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.leave("acme/sre", "tess").pass(Duration::from_secs(61)).comment(
            change,
            "tim",
            "/promote approve",
        );
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (tim), and that of tess does not count, because this gate names others");
        bot.make_member("acme/sre", "tess").pass(minutes(2)).settle().await.expect_merged(change);
    });
}

#[test]
fn a_command_that_waits_for_a_team_that_is_not_there_is_told() {
    let rules = Rules::default().approved_by_team("production", "acme/nobody", 1);
    story_with(rules, async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "tess", "/promote approve");
        let said = bot.settle_in_trouble().await;
        insta::assert_snapshot!(said, @"shop in production: the comment of tess has to wait, because their rights are not known: the team `acme/nobody` does not exist");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval");
        bot.make_member("acme/nobody", "tess").pass(minutes(2)).settle().await.expect_merged(change);
    });
}
