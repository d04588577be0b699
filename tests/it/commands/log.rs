//! A log whose key was lost, and one that was replaced: what people are told, and what they do.

use super::shop;
use crate::support::docker_registry::DockerRegistry;
use crate::support::site::Site;

const REPLACED: &str = "`towpath/log` was replaced";

/// A site that has run once, with the commits of its log, the newest first.
async fn site_with_a_log() -> (DockerRegistry, Site, Vec<String>) {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "1h");
    let ended = site.towpath(&["run", "--once"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let commits = site.git(&["rev-list", "towpath/log"]).lines().map(str::to_owned).collect();
    (registry, site, commits)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_stops_the_repository_until_a_person_accepts_its_log() {
    let (_registry, site, commits) = site_with_a_log().await;
    std::fs::remove_file(site.path("forge/acme/deploy.git/towpath.key")).unwrap();
    let refs = site.refs();
    let all: [&[&str]; 4] = [&["status"], &["plan"], &["why", "shop", "dev"], &["run", "--once"]];
    for arguments in all {
        let ended = site.towpath(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {ended:?}");
        let advice = "`towpath log accept COMMIT --repository acme/deploy`";
        assert!(ended.error.contains(advice), "{arguments:?}: {ended:?}");
    }
    let doctor = site.towpath(&["doctor"]);
    assert!(doctor.out.contains("`towpath log accept COMMIT"), "{doctor:?}");
    assert_eq!(site.refs(), refs, "nothing is done");

    let [newest, ..] = commits.as_slice() else { panic!("a log: {commits:?}") };
    let short = site.towpath(&["log", "accept", &newest[..12]]);
    assert_eq!(short.code, Some(2), "{short:?}");
    let accepted = site.towpath(&["log", "accept", newest]);
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    assert!(accepted.out.contains("keep its new `towpath.key` with your backups"), "{accepted:?}");
    assert_eq!(site.towpath(&["status"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_log_was_replaced_is_said_until_a_run_has_said_it() {
    let (_registry, site, commits) = site_with_a_log().await;
    let [_, before, ..] = commits.as_slice() else { panic!("two commits: {commits:?}") };
    // Not the earlier commit itself: within the same second the bot would append the very commit again that is missing.
    let other = site.git(&["commit-tree", &format!("{before}^{{tree}}"), "-p", before, "-m", "restored"]);
    site.git(&["update-ref", "refs/heads/towpath/log", other.trim()]);
    std::fs::remove_file(site.path("forge/acme/deploy.git/towpath.key")).unwrap();
    assert_eq!(site.towpath(&["log", "accept", other.trim()]).code, Some(0));
    for arguments in [&["status"][..], &["why", "shop", "dev"], &["plan"], &["status"], &["run", "--once"]] {
        let ended = site.towpath(arguments);
        let said = format!("{}{}", ended.out, ended.error);
        assert!(said.contains(REPLACED), "{arguments:?}: {ended:?}");
    }
    let after = site.towpath(&["status"]);
    assert!(!after.error.contains(REPLACED) && !after.out.contains(REPLACED), "{after:?}");
}
