//! The main job: a tag appears, and the release reaches production.

use towpath::model::Reaction;

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

#[test]
fn a_release_goes_all_the_way_to_production() {
    Story::default().with_every_fault().play(async |bot| {
        bot.settle().await.expect_changes(0);
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0").expect_no_open("staging");
        bot.pass(minutes(29)).settle().await.expect_running("staging", "1.9.0");
        bot.expect_next_look_within(minutes(1));
        bot.pass(minutes(1)).settle().await.expect_running("staging", "1.10.0").expect_no_open("production");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        let approval = bot.pass(minutes(5)).comment(change, "alice", "Looks fine.\n\n/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0").expect_changes(3);
        bot.expect_reaction(&approval, Reaction::Rocket);
        bot.pass(minutes(600)).settle().await.expect_changes(3);
    });
}

#[test]
fn an_open_change_says_what_it_waits_for() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval");
        insta::assert_snapshot!(bot.body(change), @r#"
        | image | from | to |
        | --- | --- | --- |
        | `registry.test/acme/shop` | `1.9.0` | `1.10.0`<br>`sha256:7e867289f95b` |

        Requested by towpath.

        | gate | | |
        | --- | --- | --- |
        | previous-environment | ok | landed in staging |
        | soak | ok | soaked 1h since landing on Mon 2026-03-02 09:30:02 UTC |
        | decline | ok | nobody declined it |
        | approvals | **wait** | 0 of 1 approval; ask alice or bob |

        | environment | runs | since |
        | --- | --- | --- |
        | dev | `1.10.0`, this release | Mon 2026-03-02 09:00:01 UTC |
        | staging | `1.10.0`, this release | Mon 2026-03-02 09:30:02 UTC |
        | **production** | `1.9.0`, this change brings `1.10.0` | Mon 2026-03-02 09:00:01 UTC |

        ```diff
        --- a/apps/shop/overlays/production/kustomization.yaml
        +++ b/apps/shop/overlays/production/kustomization.yaml
        @@ -3,6 +3,7 @@
         - ../../base
         images:
         - name: registry.test/acme/shop
        -  newTag: 1.9.0 # moved by Towpath
        +  newTag: 1.10.0 # moved by Towpath
        +  digest: sha256:7e867289f95bf1de1267ea5688dea497a50837ac9125cfc9aa662140e4446dd5
         commonLabels:
           environment: production
        ```

        Comment `/promote approve` to approve exactly this content for production, `/promote hold` to stop it, `/promote reject reason="…"` to close it for good, `/promote why` to see the gates, `/promote help` for the rest.
        "#);
    });
}

#[test]
fn a_person_merges_where_the_rules_say_so() {
    story_with(Rules::default().merged_by_people("production"), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production success: all gates pass; ready to merge");
        bot.merge(change, "dora").settle().await.expect_running("production", "1.10.0").expect_changes(3);
    });
}

#[test]
fn two_services_travel_apart() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0").expect_running("pay/dev", "1.9.0");
        bot.pass(minutes(10)).push_of("pay", "3.0.0").settle().await.expect_running("pay/dev", "3.0.0");
        bot.pass(minutes(20)).settle().await.expect_running("staging", "1.10.0");
        bot.expect_running("pay/staging", "1.9.0");
        bot.pass(minutes(10)).settle().await.expect_running("pay/staging", "3.0.0");
    });
}
