//! What each subcommand prints, and its exit codes.

use std::fs;

use insta::assert_snapshot;
use serde_json::{Value, json};

use towpath::ledger::sqlite::SqliteLedger;
use towpath::ledger::{Ledger as _, StoredListing};

use super::shop;
use crate::support::docker_registry::DockerRegistry;
use crate::support::site::{Ended, Site};

/// A registry and a site, where the next step is the change for dev; a soak of an hour holds up staging.
async fn before_dev() -> (DockerRegistry, Site) {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "1h");
    (registry, site)
}

/// The same, where dev and staging have the release, and production waits for an approval.
async fn before_production() -> (DockerRegistry, Site) {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "0s");
    site.json(&["run", "--once"]);
    (registry, site)
}

/// What a command prints that ends well.
fn good(ended: Ended) -> String {
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
    ended.out
}

/// What a command prints that ends well, and what it notes beside that.
fn noted(ended: Ended) -> (String, String) {
    assert_eq!(ended.code, Some(0), "{}", ended.error);
    (ended.out, ended.error)
}

/// What a command that ends with `code` says instead of a result.
fn bad(ended: Ended, code: i32) -> String {
    assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""));
    ended.error
}

/// The keys of an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Hides the times, which differ from run to run.
macro_rules! snapshot {
    ($text:expr, @$expected:literal) => {
        insta::with_settings!({ filters => vec![
            (r"(\w{3} )?\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC|Z)", "<time>"),
            (r"tags read \d+[smhd]\w* ago", "tags read <age> ago"),
        ] }, { assert_snapshot!($text, @$expected) })
    };
}

#[tokio::test]
async fn plan_shows_what_would_be_done_with_the_exact_diff_and_changes_nothing() {
    let (_registry, site) = before_dev().await;
    let refs = site.refs();
    snapshot!(good(site.towpath(&["plan"])), @r#"
    here:acme/deploy@main
      record        shop dev                              1.9.0 ran in dev at first sight
      record        shop staging                          1.9.0 ran in staging at first sight
      record        shop production                       1.9.0 ran in production at first sight
      open          shop dev                 1.10.0       new releases go here directly
        --- a/apps/shop/overlays/dev/kustomization.yaml
        +++ b/apps/shop/overlays/dev/kustomization.yaml
        @@ -5,6 +5,7 @@
         images:
           # Written by CI once, now by Towpath.
           - name: registry.test/acme/shop   # the shop itself
        -    newTag: "1.9.0"        # quoted on purpose
        +    newTag: "1.10.0"        # quoted on purpose
        +    digest: sha256:0453506955444f236d08405ec712421ebfb4137569067887c5645c663047070a
           - name: registry.test/acme/other
             newTag: '3'

    SERVICE  ENVIRONMENT  RUNS   SINCE              CHANGE  NEXT
    shop     dev          1.9.0  <time>          1.10.0
    shop     staging      1.9.0  <time>
    shop     production   1.9.0  <time>
    "#);
    assert_eq!(site.refs(), refs);
    assert!(!site.path("towpath.db").exists());
}

#[tokio::test]
async fn plan_gives_the_same_as_json() {
    let (_registry, site) = before_dev().await;
    let plan = site.json(&["plan"]);
    assert_eq!(keys(&plan), ["actions", "next_look", "targets", "refused", "failures", "warnings"]);
    let keys_of_target = ["service", "environment", "candidate", "change", "waiting", "uncertain", "refused"];
    assert_eq!(keys(&plan["targets"][0]), keys_of_target);
    let actions = plan["actions"].as_array().unwrap();
    let open = actions.iter().find(|action| action["action"] == "open").unwrap();
    assert_eq!(keys(open), ["action", "service", "environment", "release", "because", "diff"]);
    assert_eq!(
        (&open["service"], &open["environment"], &open["release"]),
        (&json!("shop"), &json!("dev"), &json!("1.10.0"))
    );
    assert!(open["diff"].as_str().unwrap().contains("+    newTag: \"1.10.0\"        # quoted on purpose\n"));
}

#[tokio::test]
async fn run_once_says_what_it_did_and_when_to_come_again() {
    let (_registry, site) = before_dev().await;
    snapshot!(good(site.towpath(&["run", "--once"])), @"
    here:acme/deploy@main
      record        shop dev                              1.9.0 ran in dev at first sight
      record        shop staging                          1.9.0 ran in staging at first sight
      record        shop production                       1.9.0 ran in production at first sight
      open          shop dev                 1.10.0       new releases go here directly
      merge         shop dev                 1.10.0       all gates pass
      record        shop dev                              1.10.0 landed in dev by #1
      delete-branch shop dev                              #1 has ended

    SERVICE  ENVIRONMENT  RUNS    SINCE              CHANGE  NEXT
    shop     dev          1.10.0  <time>
    shop     staging      1.9.0   <time>          1.10.0: soaks until <time> (1h from landing)
    shop     production   1.9.0   <time>

    next look worth while: <time>
    ");
    snapshot!(good(site.towpath(&["run", "--once"])), @"
    here:acme/deploy@main
      nothing to do

    SERVICE  ENVIRONMENT  RUNS    SINCE              CHANGE  NEXT
    shop     dev          1.10.0  <time>
    shop     staging      1.9.0   <time>          1.10.0: soaks until <time> (1h from landing)
    shop     production   1.9.0   <time>

    next look worth while: <time>
    ");
}

#[tokio::test]
async fn run_without_once_names_the_two_ways() {
    let (_registry, site) = before_dev().await;
    snapshot!(bad(site.towpath(&["run"]), 2), @"error: `towpath run` takes `--once`; to keep running use `towpath serve`");
}

#[tokio::test]
async fn status_says_what_runs_and_what_it_waits_for() {
    let (_registry, site) = before_production().await;
    snapshot!(good(site.towpath(&["status"])), @"
    here:acme/deploy@main
    SERVICE  ENVIRONMENT  RUNS    SINCE              CHANGE  NEXT
    shop     dev          1.10.0  <time>
    shop     staging      1.10.0  <time>
    shop     production   1.9.0   <time>  #3      1.10.0: 0 of 1 approval; ask `@acme/sre`
    #3 is on this machine: `towpath changes show 3` shows it, and `towpath changes comment 3 '/promote approve' --as USER` writes a comment
    registry.test/acme/shop: tags read <age> ago
    ");
}

#[tokio::test]
async fn status_says_since_when_a_registry_is_in_trouble() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site_with_a_broken_neighbour(&registry);
    assert_eq!(site.towpath(&["run", "--once"]).code, Some(1));
    let status = site.towpath(&["status"]);
    let lines: Vec<&str> = status.out.lines().filter(|line| line.contains("tags ")).collect();
    snapshot!(lines.join("\n"), @"
    127.0.0.1:1/acme/till: tags never read; since <time>: the registry `127.0.0.1:1` gave no usable answer about `127.0.0.1:1/acme/till`: Connection refused (os error 111): nothing listens there; check that the registry runs, and its host and port
    registry.test/acme/shop: tags read <age> ago
    ");
    let json = site.json(&["status"]);
    let trouble =
        &json["images"].as_array().unwrap().iter().find(|own| own["listed_at"].is_null()).unwrap()["trouble"];
    assert_eq!(keys(trouble), ["since", "why"]);
}

#[tokio::test]
async fn status_as_json_keeps_its_contract() {
    let (_registry, site) = before_production().await;
    let status = site.json(&["status"]);
    assert_eq!(keys(&status), ["services", "images", "warnings"]);
    assert_eq!(status["warnings"], json!([]));
    assert_eq!(keys(&status["images"][0]), ["image", "listed_at", "trouble"]);
    assert_eq!(
        (&status["images"][0]["image"], &status["images"][0]["trouble"]),
        (&json!(site.image()), &Value::Null)
    );
    let shop = &status["services"][0];
    assert_eq!(keys(shop), ["service", "environments"]);
    let [dev, staging, production] = shop["environments"].as_array().unwrap().as_slice() else {
        panic!("{shop}: three environments were expected");
    };
    assert_eq!(keys(dev), ["environment", "running", "release", "landed_at", "change", "waiting"]);
    assert_eq!(keys(&dev["running"][0]), ["image", "tag", "digest", "file", "line"]);
    assert_eq!((&dev["running"][0]["file"], &dev["running"][0]["line"]), (&json!(shop::DEV), &json!(8)));
    assert_eq!(
        (&dev["release"], &dev["change"], &dev["waiting"]),
        (&json!("1.10.0"), &Value::Null, &json!([]))
    );
    assert_eq!(staging["release"], "1.10.0");
    assert_eq!((&production["release"], &production["change"]["number"]), (&json!("1.9.0"), &json!(3)));
    assert_eq!(keys(&production["change"]), ["number", "url", "head"]);
}

#[tokio::test]
async fn why_names_each_gate_in_one_sentence() {
    let (_registry, site) = before_production().await;
    snapshot!(good(site.towpath(&["why", "shop", "production"])), @"
    shop in production runs 1.9.0 since <time>; 1.10.0 is next, on #3
      ok    previous-environment  landed in staging
      ok    soak                  soaked 0s since landing on <time>
      ok    decline               not declined
      wait  approvals             0 of 1 approval; ask `@acme/sre`
    #3 is on this machine: `towpath changes show 3` shows it, and `towpath changes comment 3 '/promote approve' --as USER` writes a comment
    ");
    let why = site.json(&["why", "shop", "production"]);
    assert_eq!(keys(&why), ["service", "environment", "candidate", "gates", "notes"]);
    assert_eq!(why["candidate"], "1.10.0");
    let gates = why["gates"].as_array().unwrap();
    assert!(gates.iter().all(|gate| keys(gate) == ["gate", "verdict", "sentence", "until"]));
    let approvals = gates.iter().find(|gate| gate["gate"] == "approvals").unwrap();
    assert_eq!((&approvals["verdict"], &approvals["until"]), (&json!("wait"), &Value::Null));
}

#[tokio::test]
async fn why_of_a_soak_says_until_when() {
    let (_registry, site) = before_dev().await;
    site.json(&["run", "--once"]);
    snapshot!(good(site.towpath(&["why", "shop", "staging"])), @"
    shop in staging runs 1.9.0 since <time>; 1.10.0 is next
      ok    previous-environment  landed in dev
      wait  soak                  soaks until <time> (1h from landing)
      ok    decline               not declined
    ");
    let why = site.json(&["why", "shop", "staging"]);
    let soak = why["gates"].as_array().unwrap().iter().find(|gate| gate["gate"] == "soak").unwrap();
    assert_eq!(soak["verdict"], "wait");
    assert!(soak["until"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn why_of_what_is_not_there_names_what_is() {
    let (_registry, site) = before_dev().await;
    snapshot!(bad(site.towpath(&["why", "shap", "production"]), 2), @"error: there is no service `shap`; the only one is shop");
    snapshot!(bad(site.towpath(&["why", "shop", "prod"]), 2), @"error: there is no environment `prod`; known are dev, staging, production");
}

#[tokio::test]
async fn tags_are_taken_or_not_and_why() {
    let (_registry, site) = before_dev().await;
    let image = site.image();
    snapshot!(good(site.towpath(&["tags", &image])), @"
    SERVICE  TAG          VERDICT
    shop     1.10.0       taken
    shop     1.9.0        taken
    shop     2.0.0-rc.1   is a pre-release, which the range does not ask for
    shop     latest       does not fit the rule
    shop     sha-0a1b2c3  does not fit the rule
    ");
    let tags = site.json(&["tags", "--taken", &image]);
    assert_eq!(keys(&tags[0]), ["service", "tag", "taken", "why", "made"]);
    assert_eq!((tags.as_array().unwrap().len(), &tags[0]["tag"]), (2, &json!("1.10.0")));
    let configured = fs::read_to_string(site.path("towpath.yaml")).unwrap();
    fs::write(site.path("towpath.yaml"), configured.replace("semver: \"*\"", "semver: \">=7\"")).unwrap();
    snapshot!(good(site.towpath(&["tags", "--taken", &image])), @"shop: 0 of 5 tags of registry.test/acme/shop are selected: the nearest, 2.0.0-rc.1, is outside of the range");
    assert!(good(site.towpath(&["status"])).contains("0 of 5 tags of"));
    let doctor = good(site.towpath(&["doctor"]));
    assert!(
        doctor.contains("warning   shop: 0 of 5 tags of registry.test/acme/shop are selected"),
        "{doctor}"
    );
    snapshot!(bad(site.towpath(&["tags", "ghcr.io/acme/other"]), 2), @"error: no service uses `ghcr.io/acme/other`; the images are `registry.test/acme/shop`");
}

#[tokio::test]
async fn every_command_has_an_outcome_that_changes_show_tells() {
    let (registry, site) = before_production().await;
    let comment = |number, text| site.towpath(&["changes", "comment", number, text, "--as", "alice"]);
    assert!(good(comment("3", "/promote approve")).starts_with("recorded; the next look"));
    good(site.towpath(&["run", "--once"]));
    registry.push("acme/shop", "1.11.0", &[]).await;
    good(site.towpath(&["run", "--once"]));
    snapshot!(bad(comment("3", "/promote production version=1.11.0"), 2), @"error: commands on #3 are no longer taken, since #6 came after it; write it on #6: `towpath changes comment 6 ...`");
    snapshot!(good(comment("3", "Well done")), @"recorded; it holds no command");
    snapshot!(good(comment("3", "- a text may begin with a hyphen")), @"recorded; it holds no command");
    snapshot!(good(comment("6", "/promote aprove=now")), @"recorded, but nothing of it will be done: line 1, column 10: this command takes no `aprove`; write `/promote [ENV[,ENV]] [version=V]`");
    good(site.towpath(&["changes", "comment", "6", "/promote approve", "--as", "mallory"]));
    let waiting = site.json(&["changes", "show", "6"]);
    assert_eq!(waiting["comments"][1]["outcomes"], json!(["waits for the next look"]));
    good(site.towpath(&["run", "--once"]));
    let shown = good(site.towpath(&["changes", "show", "6"]));
    let outcomes: Vec<&str> = shown.lines().filter(|line| line.starts_with("-> ")).collect();
    assert_snapshot!(outcomes.join("\n"), @"
    -> not understood
    -> towpath reacted: confused
    -> refused: it takes the right `approve` in production, which you do not have; ask `@acme/sre`
    -> towpath reacted: -1
    ");
}

#[tokio::test]
async fn changes_are_listed_shown_and_diffed() {
    let (_registry, site) = before_production().await;
    snapshot!(good(site.towpath(&["changes", "list"])), @"
    CHANGE  STATE   TITLE                                      STATUS
    #1      merged  promote(dev): shop 1.9.0 -> 1.10.0
    #2      merged  promote(staging): shop 1.9.0 -> 1.10.0
    #3      open    promote(production): shop 1.9.0 -> 1.10.0  waiting: 0 of 1 approval
    ");
    snapshot!(good(site.towpath(&["changes", "show", "3"])), @r#"
    #3 promote(production): shop 1.9.0 -> 1.10.0 (open)
    status: waiting: 0 of 1 approval (pending)

      | image | from | to |
      | --- | --- | --- |
      | `registry.test/acme/shop` | `1.9.0` | `1.10.0`<br>`sha256:045350695544` |

      | gate | state | why |
      | --- | --- | --- |
      | previous-environment | ok | landed in staging |
      | soak | ok | soaked 0s since landing on <time> |
      | decline | ok | not declined |
      | approvals | **wait** | 0 of 1 approval; ask `@acme/sre` |

      | environment | this release |
      | --- | --- |
      | dev | landed on <time> |
      | staging | landed on <time> |
      | **production** | this change brings it |

      ```diff
      --- a/apps/shop/overlays/production/kustomization.yaml
      +++ b/apps/shop/overlays/production/kustomization.yaml
      @@ -1,2 +1,6 @@
       resources:
         - ../../base
      +images:
      +  - name: registry.test/acme/shop
      +    newTag: 1.10.0
      +    digest: sha256:0453506955444f236d08405ec712421ebfb4137569067887c5645c663047070a
      ```

      Comment `/promote approve` to approve exactly this content for production, `/promote hold` to stop it, `/promote reject reason="…"` to close it for good, `/promote why` to see the gates, `/promote help` for the rest.
    "#);
    snapshot!(good(site.towpath(&["changes", "diff", "3"])), @"
    --- a/apps/shop/overlays/production/kustomization.yaml
    +++ b/apps/shop/overlays/production/kustomization.yaml
    @@ -1,2 +1,6 @@
     resources:
       - ../../base
    +images:
    +  - name: registry.test/acme/shop
    +    newTag: 1.10.0
    +    digest: sha256:0453506955444f236d08405ec712421ebfb4137569067887c5645c663047070a
    ");
    let list = site.json(&["changes", "list"]);
    assert_eq!(
        keys(&list[2]),
        ["number", "state", "service", "environment", "title", "branch", "head", "url"]
    );
    assert_eq!(list[2]["branch"], "towpath/production/shop");
}

#[tokio::test]
async fn a_person_merges_closes_and_reviews_by_changes() {
    let (_registry, site) = before_production().await;
    snapshot!(good(site.towpath(&["changes", "approve", "3", "--as", "bob"])), @"recorded; the next look of `towpath serve` or `towpath run --once` acts on it");
    snapshot!(good(site.towpath(&["changes", "merge", "3", "--as", "bob"])).split_once(" as ").unwrap().0, @"merged");
    snapshot!(bad(site.towpath(&["changes", "close", "3", "--as", "bob"]), 1), @"error: writing to change #3 failed: bob has merged it");
    snapshot!(bad(site.towpath(&["changes", "show", "9"]), 1), @"error: change #9 of `acme/deploy` does not exist");
}

#[tokio::test]
async fn images_says_which_line_decides() {
    let (_registry, site) = before_dev().await;
    let checkout = site.checkout();
    let folder = checkout.path().join("apps/shop/overlays/dev");
    let folder = folder.to_str().unwrap();
    let (out, notes) = noted(site.towpath(&["images", folder]));
    snapshot!(notes, @"unused: kustomization.yaml:9: the entry `registry.test/acme/other` of `images` matches no image");
    snapshot!(out, @"
    IMAGE                      TAG    DIGEST  SET BY
    registry.test/acme/shop  1.9.0          kustomization.yaml:8
    ");
    snapshot!(noted(site.towpath(&["images", "--trail", folder])).0, @"
    registry.test/acme/shop:1.9.0
      PLACE                         KIND      MAKES IT
      ../../base/deployment.yaml:8  manifest  registry.test/acme/shop:1.9.0
      kustomization.yaml:8          images    registry.test/acme/shop:1.9.0
    ");
    let images = site.json(&["images", folder]);
    let contract = ["image", "tag", "digest", "file", "line", "set_by", "uncertain", "refused"];
    assert_eq!(keys(&images[0]), contract);
    assert_eq!((&images[0]["file"], &images[0]["line"]), (&json!("kustomization.yaml"), &json!(8)));
}

#[tokio::test]
async fn edit_set_image_changes_two_lines_and_keeps_the_rest() {
    let (_registry, site) = before_dev().await;
    let checkout = site.checkout();
    let file = checkout.path().join(shop::DEV);
    let name = file.to_str().unwrap();
    let before = fs::read_to_string(&file).unwrap();

    let image = format!("{}:1.10", site.image());
    let ended = site.towpath(&["edit", "set-image", "--file", name, &image]);

    assert_eq!(ended.code, Some(0), "{}", ended.error);
    assert_eq!(fs::read_to_string(&file).unwrap(), before.replace("\"1.9.0\"", "\"1.10\""));
    snapshot!(bad(site.towpath(&["edit", "set-image", "--file", name, "shop"]), 2), @"error: `shop`: there is nothing to set; write `name:tag`, `name@digest`, `name=newname`, or `name=newname:tag@digest`");
    assert_eq!(fs::read_to_string(&file).unwrap(), before.replace("\"1.9.0\"", "\"1.10\""));
}

#[tokio::test]
async fn edit_set_image_shows_first_and_works_in_a_pipe() {
    let (_registry, site) = before_dev().await;
    let checkout = site.checkout();
    let file = checkout.path().join(shop::PRODUCTION);
    let name = file.to_str().unwrap();
    let shown = good(site.towpath(&["edit", "set-image", "--dry-run", "--file", name, "app=*:1.10"]));
    assert!(shown.contains("+    newTag: \"1.10\"\n"), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), shop::PRODUCTION_BEFORE);

    let json = site.json(&["edit", "set-image", "--file", name, "app:1.10"]);
    assert_eq!((keys(&json), &json["written"]), (vec!["file", "changes", "written", "diff"], &json!(true)));
    let json = site.json(&["edit", "set-image", "--file", name, "app:1.10"]);
    assert_eq!((&json["changes"], &json["diff"]), (&json!(false), &Value::Null));

    let piped =
        site.pipe(&["edit", "set-image", "--file", "-", "app:2"], "images:\r\n- name: app # ours\r\n");
    assert_eq!(piped, "images:\r\n- name: app # ours\r\n  newTag: \"2\"\r\n");
}

#[tokio::test]
async fn edit_set_image_says_that_an_entry_matches_nothing() {
    let (_registry, site) = before_dev().await;
    let checkout = site.checkout();
    let name = checkout.path().join(shop::DEV).to_str().unwrap().to_owned();
    let (_, said) = noted(site.towpath(&["edit", "set-image", "--file", &name, "ghcr.io/acme/other:2"]));
    snapshot!(said.replace(&name, "kustomization.yaml"), @"kustomization.yaml:11: the entry `ghcr.io/acme/other` matches no image; `towpath images` shows what runs there");
    let image = format!("{}:1.10.0", site.image());
    good(site.towpath(&["edit", "set-image", "--file", &name, &image]));
}

#[tokio::test]
async fn a_listing_from_the_future_is_warned_of() {
    let (_registry, site) = before_dev().await;
    good(site.towpath(&["run", "--once"]));
    let ledger = SqliteLedger::open(&site.path("towpath.db")).await.unwrap();
    let image = site.image().parse().unwrap();
    let kept = ledger.listing(&image).await.unwrap().unwrap();
    let ahead = StoredListing { as_of: kept.as_of + chrono::TimeDelta::days(365), ..kept };
    for command in [&["status"][..], &["doctor"], &["run", "--once"]] {
        // Each command reads the tags anew and writes the right time.
        ledger.keep_listing(&image, &ahead).await.unwrap();
        let Ended { out, error, .. } = site.towpath(command);
        assert!(
            format!("{out}{error}").contains("which is in the future (1 image in all)"),
            "{command:?}: {error}"
        );
        ledger.keep_listing(&image, &ahead).await.unwrap();
        let json = site.json(command).to_string();
        assert!(json.contains("which is in the future (1 image in all)"), "{command:?}: {json}");
    }
    assert_eq!(site.towpath(&["status"]).error, "");
}

#[tokio::test]
async fn warnings_name_the_config_repository() {
    let (_registry, site) = before_dev().await;
    good(site.towpath(&["run", "--once"]));
    site.git(&["update-ref", "refs/towpath/changes/77", "refs/heads/main"]);
    for command in [&["status"][..], &["plan"], &["run", "--once"]] {
        let error = site.towpath(command).error;
        assert!(
            error.starts_with("warning: here:acme/deploy@main: `refs/towpath/changes/77` is left out"),
            "{error}"
        );
        let json = site.json(command);
        let warning = json["warnings"][0].as_str().unwrap();
        assert!(
            warning.starts_with("here:acme/deploy@main: `refs/towpath/changes/77` is left out"),
            "{json}"
        );
    }
}

#[tokio::test]
async fn a_failure_is_said_once() {
    let (_registry, site) = before_dev().await;
    // The branch of a change cannot be made where another one lies below its name.
    site.git(&["update-ref", "refs/heads/towpath/dev/shop/other", "refs/heads/main"]);
    let Ended { out, error, code } = site.towpath(&["run", "--once"]);
    let failed =
        error.lines().find(|line| line.starts_with("failed: open: ")).unwrap_or_else(|| panic!("{error}"));
    let why = failed.trim_start_matches("failed: open: ");
    assert_eq!(format!("{out}{error}").matches(why).count(), 1, "{out}{error}");
    assert!(out.contains("(failed)\n"), "{out}");
    assert_eq!(code, Some(1));
}

#[tokio::test]
async fn check_names_a_branch_whose_files_cannot_be_read() {
    let (_registry, site) = before_dev().await;
    let tree = site.git(&["rev-parse", "main:apps"]);
    let (folder, file) = tree.trim().split_at(2);
    fs::remove_file(site.path("forge/acme/deploy.git/objects").join(folder).join(file)).unwrap();
    let said = bad(site.towpath(&["check"]), 2);
    assert!(said.contains("apps") || said.contains("object"), "{said}");
}

#[tokio::test]
async fn an_approval_that_does_not_count_is_shown_as_the_gate_judges_it() {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "0s");
    let text = fs::read_to_string(site.path("towpath.yaml")).unwrap();
    let rights = "rights: { production: { approve: [carol] } }\nservices:";
    fs::write(site.path("towpath.yaml"), text.replace("services:", rights)).unwrap();
    site.json(&["run", "--once"]);
    good(site.towpath(&["changes", "comment", "3", "/promote approve", "--as", "carol"]));
    good(site.towpath(&["run", "--once"]));
    let why = good(site.towpath(&["why", "shop", "production"]));
    assert!(why.contains("that of carol does not count, because this gate names others"), "{why}");
    let shown = site.json(&["changes", "show", "3"]);
    assert_eq!(
        shown["comments"][0]["outcomes"],
        json!(["approved, which does not count: this gate names others"])
    );
}

#[tokio::test]
async fn import_writes_a_configuration_whose_paths_check_looks_for() {
    let (_registry, site) = before_dev().await;
    let folder = site.path("repository/env/dev");
    fs::create_dir_all(&folder).unwrap();
    let values = "# renovate: datasource=docker depName=ghcr.io/acme/shop\nshop: 1.9.0\n";
    fs::write(folder.join("values.yaml"), values).unwrap();
    let (imported, next_steps) = noted(site.towpath(&["import", "repository"]));
    assert!(next_steps.starts_with("1 image was carried over; what to do next:\n"), "{next_steps}");
    fs::write(site.path("imported.yaml"), imported).unwrap();
    // The folder is no part of the repository that the configuration names.
    snapshot!(bad(site.towpath(&["check", "--config", "imported.yaml"]), 2), @r#"
    error: shop in dev: the config repository has no `env/dev/values.yaml`; add it, or correct `path`: its root holds `apps`
      --> imported.yaml:18:59
       |
    18 |     config: { forge: here, repository: acme/deploy, path: "env/{environment}/values.yaml" }
       |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in imported.yaml
    "#);
    fs::remove_file(folder.join("values.yaml")).unwrap();
    snapshot!(bad(site.towpath(&["import", "repository"]), 1), @"error: nothing here is kept up to date by Flux's image automation, Argo CD Image Updater or Renovate; name the folder of the config repository, or write `towpath.yaml` by hand as the README of Towpath shows");
}

#[tokio::test]
async fn check_says_that_all_is_well_or_all_that_is_not() {
    let (_registry, site) = before_dev().await;
    snapshot!(good(site.towpath(&["check"])), @"
    warning: no user has the right `promote` in `dev`, `production` and `staging`; a local forge has no permissions of its own, so name users under `rights.dev.promote`, `rights.production.promote` and `rights.staging.promote`
    towpath.yaml: valid, with 1 warning; 1 service, 2 pipelines, 1 config repository
    ");
    let good_one = fs::read_to_string(site.path("towpath.yaml")).unwrap();
    for (path, file) in [("shop/overlay/{environment}", "slip.yaml"), ("shop/{environment}", "other.yaml")] {
        fs::write(site.path(file), good_one.replace("shop/overlays/{environment}", path)).unwrap();
    }
    snapshot!(bad(site.towpath(&["check", "--config", "slip.yaml"]), 2), @r#"
    error: shop in dev: the config repository has no `apps/shop/overlay/dev`; did you mean `apps/shop/overlays/dev`?
      --> slip.yaml:21:59
       |
    21 |     config: { forge: here, repository: acme/deploy, path: "apps/shop/overlay/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: shop in production: the config repository has no `apps/shop/overlay/production`; did you mean `apps/shop/overlays/production`?
      --> slip.yaml:21:59
       |
    21 |     config: { forge: here, repository: acme/deploy, path: "apps/shop/overlay/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: shop in staging: the config repository has no `apps/shop/overlay/staging`; did you mean `apps/shop/overlays/staging`?
      --> slip.yaml:21:59
       |
    21 |     config: { forge: here, repository: acme/deploy, path: "apps/shop/overlay/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    3 problems in slip.yaml
    "#);
    let missing = site.towpath(&["doctor", "--config", "other.yaml"]);
    assert!(
        missing.out.contains("add it, or correct `path`: `apps/shop` holds `base`, `overlays`"),
        "{}",
        missing.out
    );
    let broken = good_one
        .replace("after: [dev]", "after: [dve]")
        .replace("merge: auto\nservices", "merg: auto\nservices");
    fs::write(site.path("broken.yaml"), broken).unwrap();
    snapshot!(bad(site.towpath(&["check", "--config", "broken.yaml"]), 2), @"
    error: unknown environment `dve`; did you mean `dev`?
      --> broken.yaml:12:34
       |
    12 |       - { name: staging, after: [dve], gates: [ { soak: 1h } ], merge: auto }
       |                                  ^^^

    error: unknown key `merg`; did you mean `merge`?
      --> broken.yaml:16:9
       |
    16 |         merg: auto
       |         ^^^^

    2 problems in broken.yaml
    ");
    snapshot!(bad(site.towpath(&["status", "--config", "nowhere.yaml"]), 2), @"
    error: there is no configuration `nowhere.yaml`; name another file with `--config`, or try `towpath demo`, which needs none
    --> nowhere.yaml

    1 problem in nowhere.yaml
    ");
}

/// Runs `check` and `doctor` on the configuration of the site after some replacements.
fn problems(site: &Site, changes: &[(&str, &str)]) -> (String, String) {
    let mut configured = fs::read_to_string(site.path("towpath.yaml")).expect("the file is there");
    for (from, to) in changes {
        assert!(configured.contains(from), "{from}");
        configured = configured.replace(from, to);
    }
    fs::write(site.path("changed.yaml"), configured).expect("the folder can be written");
    let checked = site.towpath(&["check", "--config", "changed.yaml", "--json"]);
    let checked: Value = serde_json::from_str(&checked.out).expect("it is JSON");
    let problems = checked["problems"].as_array().expect("a list").iter().map(|problem| {
        let (line, message) = (&problem["line"], problem["message"].as_str().expect("a text"));
        format!("{line}: {message}\n    {}\n", problem["suggestion"].as_str().unwrap_or("-"))
    });
    let doctor = site.towpath(&["doctor", "--config", "changed.yaml"]);
    let wrong = doctor.out.lines().filter(|line| line.starts_with("  wrong"));
    (problems.collect(), wrong.collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn check_and_doctor_report_what_the_next_look_would_refuse() {
    let (_registry, site) = before_dev().await;
    let image = ("/acme/shop\"", "/acme/other\"");
    let (checked, doctor) = problems(&site, &[image, ("after: [dev]", "after: [dve]")]);
    snapshot!(checked, @"
    12: unknown environment `dve`
        did you mean `dev`?
    21: shop in dev: apps/shop/overlays/dev/kustomization.yaml: the image `registry.test/acme/other` is nowhere in this overlay
        the entry on line 9 of `images` names it, but no manifest does; name it in a manifest, or declare where it stands with `set` in the configuration
    21: shop in production: apps/shop/overlays/production/kustomization.yaml: the image `registry.test/acme/other` is nowhere in this overlay
        name it in a manifest or in `images`, or declare where it stands with `set` in the configuration
    21: shop in staging: apps/shop/overlays/staging/kustomization.yaml: the image `registry.test/acme/other` is nowhere in this overlay
        name it in a manifest or in `images`, or declare where it stands with `set` in the configuration
    ");
    assert_eq!(doctor, "", "doctor reads no configuration that is wrong");
    let path = "path: \"apps/shop/overlays/{environment}\" }";
    let values = format!("{path}\n    values: [nope.yaml]");
    let (checked, doctor) = problems(&site, &[(path, &values)]);
    snapshot!(checked, @"
    22: shop in dev: apps/shop/overlays/dev/nope.yaml: this values file does not exist
        add the file, or correct `values` in the configuration
    22: shop in production: apps/shop/overlays/production/nope.yaml: this values file does not exist
        add the file, or correct `values` in the configuration
    22: shop in staging: apps/shop/overlays/staging/nope.yaml: this values file does not exist
        add the file, or correct `values` in the configuration
    ");
    snapshot!(doctor, @"
    wrong     shop in dev: apps/shop/overlays/dev/nope.yaml: this values file does not exist
    wrong     shop in production: apps/shop/overlays/production/nope.yaml: this values file does not exist
    wrong     shop in staging: apps/shop/overlays/staging/nope.yaml: this values file does not exist
    ");
    let beside = |key: &str| format!("{}, {key} }}", path.trim_end_matches(" }"));
    let set = beside("set: [{ file: kustomization.yaml, path: a.b }]");
    for (key, what) in
        [(set, "the declared path `a.b`"), (beside("marker: \"flux:x\""), "is nowhere in this overlay")]
    {
        let (checked, doctor) = problems(&site, &[(path, &key)]);
        assert_eq!(checked.matches(what).count(), 3, "{checked}");
        assert_eq!(doctor.matches(what).count(), 3, "{doctor}");
    }
    snapshot!(problems(&site, &[("acme/deploy", "acme/depoly")]).0, @"
    21: the repository forge/acme/depoly.git does not exist
        make it with `git init --bare -b main PATH` and push to it, or correct `root` of the forge or `repository` of the service
    ");
    let branch = ("repository: acme/deploy", "repository: acme/deploy, branch: live");
    snapshot!(problems(&site, &[branch]).0, @"
    21: there is no branch `live`
        make it, or look at `branch` of the services in the configuration
    ");
}

#[tokio::test]
async fn status_names_what_runs_and_is_not_in_its_registry() {
    let registry = shop::registry(&["1.10.0"]).await;
    let site = shop::site(&registry, "1h");
    let gone = "what runs, `registry.test/acme/shop:1.9.0`, is not in its registry";
    for command in [&["status"][..], &["why", "shop", "production"]] {
        let said = good(site.towpath(command));
        assert!(said.replace('\n', " ").contains(gone), "{said}");
    }
    let waiting = &site.json(&["status"])["services"][0]["environments"][2]["waiting"];
    assert!(waiting[0].as_str().unwrap().contains("is not in its registry"), "{waiting}");
}

#[tokio::test]
async fn schema_prints_the_schema_of_the_configuration() {
    let (_registry, site) = before_dev().await;
    let schema: Value = serde_json::from_str(&good(site.towpath(&["schema"]))).unwrap();
    assert!(schema["properties"]["pipelines"].is_object());
}

#[tokio::test]
async fn one_service_that_fails_gives_exit_code_1_and_the_other_advances() {
    let registry = shop::registry(&["1.9.0", "1.10.0"]).await;
    let site = shop::site_with_a_broken_neighbour(&registry);
    let ended = site.towpath(&["run", "--once"]);
    assert_eq!(ended.code, Some(1));
    snapshot!(ended.error, @"failed: till in dev: the registry `127.0.0.1:1` gave no usable answer about `127.0.0.1:1/acme/till`: Connection refused (os error 111): nothing listens there; check that the registry runs, and its host and port");
    assert!(site.file("main", shop::DEV).contains("1.10.0"));
}

#[test]
fn the_demo_plays_its_story_and_verifies_it() {
    let demo =
        std::process::Command::new(env!("CARGO_BIN_EXE_towpath")).args(["demo", "--once"]).output().unwrap();
    let said = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("   verified: ")).count(), 5);
}
