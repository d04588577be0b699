//! Repositories.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Map, Value, json};
use towpath::model::{MergeMethod, Time};

use super::{WEB, account, api, time};

/// What can be asked of a repository, and how the rest of the address is written.
const ADDRESSES: [(&str, &str); 38] = [
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
    ("url", ""),
    ("git_url", ".git"),
];
const COUNTS: [&str; 8] = [
    "forks",
    "forks_count",
    "open_issues",
    "open_issues_count",
    "size",
    "stargazers_count",
    "watchers",
    "watchers_count",
];

/// Repositories that were written out before: each pull request holds two.
static WRITTEN: Mutex<BTreeMap<(String, Time), Value>> = Mutex::new(BTreeMap::new());

/// A repository inside something else.
pub(in super::super) fn repository(full_name: &str, at: Time) -> Value {
    let mut written = WRITTEN.lock().expect("writing one out does not panic");
    written.entry((full_name.to_owned(), at)).or_insert_with(|| written_out(full_name, at)).clone()
}

fn written_out(full_name: &str, at: Time) -> Value {
    let (owner, name) = full_name.split_once('/').expect("a repository has an owner");
    let web = format!("{WEB}/{full_name}");
    let mut whole = json!({
        "id": 1,
        "node_id": "R_1",
        "name": name,
        "full_name": full_name,
        "owner": account(owner),
        "private": true,
        "visibility": "private",
        "html_url": web,
        "description": null,
        "fork": false,
        "ssh_url": format!("git@forge.test:{full_name}.git"),
        "clone_url": format!("{web}.git"),
        "svn_url": web,
        "mirror_url": null,
        "homepage": null,
        "language": null,
        "license": null,
        "default_branch": "main",
        "archived": false,
        "disabled": false,
        "pushed_at": time(at),
        "created_at": time(at),
        "updated_at": time(at),
    });
    let members = whole.as_object_mut().expect("it is an object");
    addresses(members, &api(&format!("/repos/{full_name}")));
    members.extend(COUNTS.map(|count| (count.to_owned(), json!(0))));
    for (what, there) in [
        ("issues", true),
        ("projects", false),
        ("wiki", false),
        ("pages", false),
        ("downloads", false),
        ("discussions", false),
    ] {
        members.insert(format!("has_{what}"), json!(there));
    }
    whole
}

fn addresses(members: &mut Map<String, Value>, base: &str) {
    members.extend(ADDRESSES.map(|(name, rest)| (name.to_owned(), json!(format!("{base}{rest}")))));
}

/// A repository that was asked for by its name, with the ways of merging that are switched off.
pub(in super::super) fn full_repository(full_name: &str, at: Time, forbidden: &[MergeMethod]) -> Value {
    let mut whole = repository(full_name, at);
    let members = whole.as_object_mut().expect("it is an object");
    members.extend(["subscribers_count", "network_count"].map(|count| (count.to_owned(), json!(0))));
    for (way, method) in [
        ("merge_commit", MergeMethod::Merge),
        ("squash_merge", MergeMethod::Squash),
        ("rebase_merge", MergeMethod::Rebase),
    ] {
        members.insert(format!("allow_{way}"), json!(!forbidden.contains(&method)));
    }
    members.insert("allow_auto_merge".to_owned(), json!(false));
    let may = json!({ "admin": false, "maintain": false, "push": true, "triage": true, "pull": true });
    members.insert("permissions".to_owned(), may);
    members.insert("delete_branch_on_merge".to_owned(), json!(false));
    whole
}
