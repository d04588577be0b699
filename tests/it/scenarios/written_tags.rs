//! Tags in files beside the digest of another one.

use crate::support::rules::minutes;
use crate::support::story::story;

const STAGING: &str = "apps/shop/overlays/staging/kustomization.yaml";

#[test]
fn a_tag_beside_the_digest_of_another_one_waits_in_the_next_environment() {
    story(async |bot| {
        bot.bring_to_production("1.10.0").await;
        bot.push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        bot.replace("bob", STAGING, "newTag: 1.10.0", "newTag: 1.11.0").settle().await;
        bot.pass(minutes(61)).settle().await;
        let change = bot.expect_open("production", "1.11.0");
        insta::assert_snapshot!(bot.waiting("production").await.join("\n"), @"
        0 of 1 approval; ask alice or bob
        the files write `1.11.0` with the digest `sha256:7e867289f95b`, and the registry has `1.11.0` at `sha256:5e2385f168cf`; correct the tag or the digest in the files; the digest is what runs
        ");
        let notes = bot.notes("staging").await.join("\n");
        assert!(notes.contains("the files write `1.11.0` with the digest `sha256:7e867289f95b`"), "{notes}");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.9.0");
    });
}
