//! Forges of the kind `github`.

use insta::assert_snapshot;

use super::*;

const GITHUB: &str = "{ name: here, kind: github, token: { env: TOWPATH_NO_SUCH_VARIABLE } }";

/// The good configuration with a GitHub in place of the local forge.
fn good_at(forge: &str) -> String {
    good_with("{ name: here, kind: local, root: forge, teams: { acme/sre: [alice, bob] } }", forge)
}

fn github_at(forge: &str) -> GitHubForgeSettings {
    match settings_of(&good_at(forge)).forges.into_iter().next() {
        Some(ForgeSettings::GitHub(forge)) => forge,
        other => panic!("{other:?} is no GitHub"),
    }
}

#[test]
fn a_token_is_enough() {
    let github = github_at(GITHUB);
    let token = SecretSource::Env("TOWPATH_NO_SUCH_VARIABLE".to_owned());
    assert_eq!(github.credentials, GitHubCredentials::Token(token));
    assert_eq!((github.url, github.bot, github.webhook_secrets), (None, None, Vec::new()));
}

#[test]
fn an_app_with_everything() {
    let github = github_at(
        "{ name: here, kind: github, url: \"https://github.acme.example/api/v3/\", bot: \"towpath[bot]\", \
         app: { id: 12, private_key: { file: app.pem }, installation: 34 }, repositories: [ \"acme/*\" ], \
         merge_method: squash, deployments: false }",
    );
    let private_key = SecretSource::File("etc/app.pem".into());
    let app = GitHubCredentials::App { id: 12, private_key, installation: Some(34) };
    assert_eq!(github.credentials, app);
    assert_eq!(github.url.as_deref(), Some("https://github.acme.example/api/v3"));
    assert_eq!(github.bot, Some(UserName::new("towpath[bot]").unwrap()));
    assert_eq!(github.merge_method, Some(crate::model::MergeMethod::Squash));
    assert!(!github.deployments);
}

#[test]
fn a_way_of_merging_that_there_is_not() {
    let forge = "{ name: here, kind: github, token: { env: A }, merge_method: octopus }";
    assert_snapshot!(problems_in(&good_at(forge)), @"
    error: unknown value `octopus`; known here: `merge`, `squash`, `rebase`
     --> towpath.yaml:3:66
      |
    3 |   - { name: here, kind: github, token: { env: A }, merge_method: octopus }
      |                                                                  ^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn its_teams_are_not_listed_here() {
    assert!(read(&good_at(GITHUB), Path::new("towpath.yaml")).is_ok());
}

#[test]
fn nobody_without_a_name() {
    assert_snapshot!(problems_in(&good_at("{ name: here, kind: github }")), @"
    error: Towpath cannot identify itself to this forge; write `token: { env: NAME }`, or `app` with `id` and `private_key`
     --> towpath.yaml:3:25
      |
    3 |   - { name: here, kind: github }
      |                         ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_token_and_an_app() {
    let forge = "{ name: here, kind: github, token: { env: A }, app: { id: 1, private_key: { env: B } } }";
    assert_snapshot!(problems_in(&good_at(forge)), @"
    error: there is a `token` as well; keep the App, which can do less and lasts longer
     --> towpath.yaml:3:57
      |
    3 |   - { name: here, kind: github, token: { env: A }, app: { id: 1, private_key: { env: B } } }
      |                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn keys_of_another_kind() {
    let forge = "{ name: here, kind: github, token: { env: A }, root: forge }";
    assert_snapshot!(problems_in(&good_at(forge)), @"
    error: `root` is a key of forges of the kind `local`; remove it, or change `kind`
     --> towpath.yaml:3:58
      |
    3 |   - { name: here, kind: github, token: { env: A }, root: forge }
      |                                                          ^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("root: forge", "root: forge, token: { env: A }"), @"
    error: `token` is a key of forges of the kind `github`; remove it, or change `kind`
     --> towpath.yaml:3:52
      |
    3 |   - { name: here, kind: local, root: forge, token: { env: A }, teams: { acme/sre: [alice, bob] } }
      |                                                    ^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_secret_in_the_file_is_not_repeated() {
    let said = problems_in(&good_at("{ name: here, kind: github, token: { env: ghp-s3cret } }"));
    let (message, _) = said.split_once('\n').unwrap();
    assert_snapshot!(message, @"error: this is not the name of an environment variable; write for example `REGISTRY_PASSWORD`");
}

#[test]
fn addresses_that_would_not_do() {
    let said = |url: &str| {
        let forge = format!("{{ name: here, kind: github, token: {{ env: A }}, url: \"{url}\" }}");
        problems_in(&good_at(&forge)).lines().next().unwrap_or_default().to_owned()
    };
    let urls = ["http://github.acme.example", "https://", "https://github.com", "https://me:pw@host", "host"];
    assert_snapshot!(urls.map(said).join("\n"), @"
    error: `http://github.acme.example` would carry the token in clear; write `https://`
    error: `https:` is not an address; write for example `https://api.github.com`
    error: `https://github.com` is for people; the interface is at `https://api.github.com`
    error: `https://*****@host` names a user; write the address alone, and how the bot logs in under `token` or `app`
    error: `host` is not an address; write for example `https://api.github.com`
    ");
}

#[test]
fn a_repository_that_is_not_allowed() {
    let forge = "{ name: here, kind: github, token: { env: A }, repositories: [ other/*, acme/shop ] }";
    assert_snapshot!(problems_in(&good_at(forge)), @r#"
    error: `acme/deploy` is not among the repositories of `here`; add it to `repositories` in line 3
      --> towpath.yaml:14:40
       |
    14 |     config: { forge: here, repository: acme/deploy, path: "apps/shop/{environment}" }
       |                                        ^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_repository_that_github_cannot_have() {
    let text = good_at(GITHUB).replace("acme/deploy", "acme/team/deploy");
    assert_snapshot!(problems_in(&text), @r#"
    error: `acme/team/deploy` is not a GitHub repository name; write it as `owner/name`
      --> towpath.yaml:14:40
       |
    14 |     config: { forge: here, repository: acme/team/deploy, path: "apps/shop/{environment}" }
       |                                        ^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn patterns_that_are_none() {
    let forge = "{ name: here, kind: github, token: { env: A }, repositories: [ acme, \"*/*\", acme/de* ] }";
    assert_snapshot!(problems_in(&good_at(forge)), @r#"
    error: `acme` is not a repository; write `owner/name`, or `owner/*` for all of an owner
     --> towpath.yaml:3:68
      |
    3 |   - { name: here, kind: github, token: { env: A }, repositories: [ acme, "*/*", acme/de* ] }
      |                                                                    ^^^^

    error: `*/*` is not a repository; write `owner/name`, or `owner/*` for all of an owner
     --> towpath.yaml:3:74
      |
    3 |   - { name: here, kind: github, token: { env: A }, repositories: [ acme, "*/*", acme/de* ] }
      |                                                                          ^^^^^

    2 problems in towpath.yaml
    "#);
}

#[test]
fn a_key_file_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    let forge = "{ name: here, kind: github, app: { id: 1, private_key: { file: app.pem } } }";
    std::fs::write(&file, good_at(forge)).unwrap();
    let said = check_on_disk(&file).unwrap_err().to_string();
    assert!(said.contains("app.pem`; put the secret there, readable for Towpath alone"), "{said}");
}

const HOOKED: &str = "{ name: here, kind: github, token: { env: A }, webhook_secrets: SECRETS }";

fn hooked_by(secrets: &str) -> String {
    good_at(&HOOKED.replace("SECRETS", secrets))
}

#[test]
fn several_secrets_of_its_webhook_in_order() {
    let github = github_at(&HOOKED.replace("SECRETS", "[ { env: NEW }, { file: old } ]"));
    let secrets = [SecretSource::Env("NEW".to_owned()), SecretSource::File("etc/old".into())];
    assert_eq!(github.webhook_secrets, secrets);
}

#[test]
fn a_webhook_without_a_secret() {
    assert_snapshot!(problems_in(&hooked_by("[]")), @"
    error: without a secret, the sender of an event cannot be verified; name one, such as `{ env: TOWPATH_WEBHOOK_SECRET }`, or leave `webhook_secrets` out
     --> towpath.yaml:3:69
      |
    3 |   - { name: here, kind: github, token: { env: A }, webhook_secrets: [] }
      |                                                                     ^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("root: forge", "root: forge, webhook_secrets: [ { env: A } ]"), @"
    error: `webhook_secrets` is a key of forges of the kind `github`; remove it, or change `kind`
     --> towpath.yaml:3:62
      |
    3 |   - { name: here, kind: local, root: forge, webhook_secrets: [ { env: A } ], teams: { acme/sre: [alice, bob] } }
      |                                                              ^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_empty_secret_of_a_webhook_keeps_the_service_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    std::fs::write(folder.path().join("empty"), " \n").unwrap();
    std::fs::write(&file, hooked_by("[ { file: empty }, { file: none } ]")).unwrap();
    assert!(check_on_disk(&file).is_ok(), "whoever only looks needs no secrets");
    let said = check_to_serve(&file).unwrap_err().to_string();
    assert!(said.contains("empty` is empty; put the secret there"), "{said}");
    assert!(said.contains("none` cannot be read") && said.contains("2 problems"), "{said}");
}

#[test]
fn the_registry_for_images_is_beside_the_interface() {
    let at = |url: &str| {
        github_at(&format!("{{ name: here, kind: github, token: {{ env: A }}{url} }}")).containers()
    };
    assert_eq!(at(""), "ghcr.io");
    assert_eq!(at(", url: \"https://api.github.com\""), "ghcr.io");
    assert_eq!(at(", url: \"https://git.acme.example/api/v3\""), "containers.git.acme.example");
}

#[test]
fn approvals_that_nobody_could_give() {
    for (from, problem) in [("[]", "names nobody"), ("[alice, bob, alice]", "names 2 people")] {
        let text = good_at(GITHUB).replace(
            "approvals: { count: 1, from: [\"@acme/sre\"] }",
            &format!("approvals: {{ count: 3, from: {from} }}"),
        );
        assert!(problems_in(&text).contains(problem), "{}", problems_in(&text));
    }
}
