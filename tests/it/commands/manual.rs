//! The manual: `towpath help`, whose examples have to work.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;
use serde_yaml::{Mapping, Value};
use tempfile::TempDir;

/// What an example rests on, where it shows only a part of a configuration.
const BASE: &str = r#"
version: 1
forges: [ { name: acme, kind: github, token: { env: GITHUB_TOKEN } } ]
pipelines:
  - name: standard
    environments:
      - { name: dev, merge: auto }
      - { name: staging, after: [dev], merge: auto }
      - { name: production, after: [staging], merge: auto }
services:
  - name: shop
    pipeline: standard
    images: [ { image: ghcr.io/acme/shop, select: { semver: "*" } } ]
    config: { forge: acme, repository: acme/deploy, path: "apps/{service}/overlays/{environment}" }
"#;
/// The variables that the examples name.
const VARIABLES: [&str; 5] =
    ["GITHUB_TOKEN", "GHCR_TOKEN", "TOWPATH_WEBHOOK_SECRET", "TOWPATH_PUSH_SECRET", "USER"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of the manual.
fn topics() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("src/help")).expect("the manual is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.sort();
    files
}

/// The README and the files of the manual, each with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let files = topics().into_iter().chain([root().join("README.md")]);
    files.map(|file| (file.clone(), fs::read_to_string(&file).expect("it is text"))).collect()
}

/// The code blocks of a page in one language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let start = format!("\n```{language}\n");
    let blocks = text.split(start.as_str()).skip(1);
    blocks.map(|rest| rest.split("\n```").next().expect("the block has an end")).collect()
}

/// Runs the binary in a folder and gives its standard output, standard error and exit code.
fn towpath(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.current_dir(folder).args(arguments).env_clear();
    let output = command.envs(VARIABLES.map(|name| (name, "0123456789abcdef"))).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

fn help(topic: &str) -> (String, String, Option<i32>) {
    towpath(root(), &["help", topic])
}

#[test]
fn help_lists_the_commands_and_the_topics() {
    let (out, error, code) = towpath(root(), &["help"]);
    assert_eq!((error.as_str(), code), ("", Some(0)));
    let (_, topics) = out.split_once("Topics").expect("the topics are listed");
    assert_snapshot!(topics, @r"
    of `towpath help TOPIC`:
     configuration  pipelines, environments, gates, services and secrets, by example
     selection      which tags are releases, and which release is newer
     commands       commands in comments on a change
     rights         who may promote, approve, hold and resume
     github         the App or token, webhooks, branch protection and rate limits
     local          config repositories on this machine, without a forge
     registries     credentials, polling and push notifications
     overlays       formats, where a version is written, and what is not supported
     operations     running the service: exit codes, state, endpoints, limits
    ");
    assert!(out.contains("\n  status "), "{out}");
}

#[test]
fn each_topic_is_printed_as_it_is_written_and_the_list_names_them_all() {
    let (list, _, _) = towpath(root(), &["help"]);
    for file in topics() {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let text = fs::read_to_string(&file).expect("it is text");
        assert_eq!(help(name), (text, String::new(), Some(0)), "{name}");
        assert!(list.contains(&format!("\n  {name} ")), "{name} is not in the list of topics");
    }
}

#[test]
fn help_explains_a_command_and_suggests_what_was_meant() {
    let (out, error, code) = help("tags");
    assert_eq!((error.as_str(), code), ("", Some(0)));
    assert!(out.contains("Usage: towpath tags"), "{out}");
    let (out, error, code) = help("registrys");
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert_snapshot!(error, @"error: there is no topic or command `registrys`; did you mean `registries`?");
}

/// A configuration in which the top-level keys of an example stand instead of those of [`BASE`].
fn completed(example: &str) -> String {
    let parse = |text| serde_yaml::from_str::<Mapping>(text).expect("it is a mapping");
    let mut whole = parse(BASE);
    for (key, value) in parse(example) {
        whole.insert(key, value);
    }
    serde_yaml::to_string(&Value::Mapping(whole)).expect("it can be written")
}

/// A folder with the files that the examples name.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("github-app.pem");
    let key = fs::read(root().join("tests/it/adapters/github/app.pem")).expect("a key for tests");
    fs::write(&path, key).expect("the folder can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode can be set");
    fs::create_dir(folder.path().join("images")).expect("the folder can be written");
    config_repository(folder.path());
    folder
}

/// The config repository of the examples with a local forge: the shop in three environments.
fn config_repository(folder: &Path) {
    let work = folder.join("work");
    for environment in ["dev", "staging", "production"] {
        let overlay = work.join("apps/shop/overlays").join(environment);
        fs::create_dir_all(&overlay).expect("the folder can be written");
        let images = "images: [ { name: ghcr.io/acme/shop, newTag: \"1.0.0\" } ]\nresources: [pod.yaml]\n";
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec: { containers: [ { name: shop, image: ghcr.io/acme/shop } ] }\n";
        fs::write(overlay.join("kustomization.yaml"), images).expect("the folder can be written");
        fs::write(overlay.join("pod.yaml"), pod).expect("the folder can be written");
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&work).args(["-c", "user.name=a", "-c", "user.email=a@test"]).args(arguments);
        assert!(command.output().expect("git runs").status.success(), "git {arguments:?} fails");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=overlays"]);
    git(&["clone", "--quiet", "--bare", ".", "../forge/acme/deploy.git"]);
}

#[test]
fn every_configuration_that_is_shown_is_valid() {
    let folder = folder();
    let mut count = 0;
    for (page, text) in pages() {
        for example in blocks(&text, "yaml") {
            fs::write(folder.path().join("towpath.yaml"), completed(example)).expect("it can be written");
            let (out, error, code) = towpath(folder.path(), &["check"]);
            assert_eq!(code, Some(0), "{}:\n{example}\n{out}{error}", page.display());
            count += 1;
        }
    }
    assert!(count >= 9, "only {count} examples were found");
}

#[test]
fn every_comment_command_that_is_shown_is_understood() {
    let mut count = 0;
    for (page, text) in pages() {
        for line in blocks(&text, "command").into_iter().flat_map(str::lines) {
            let read = towpath::command::parse(line);
            assert_eq!(read.as_ref().map(Vec::len), Ok(1), "{}: {line}", page.display());
            count += 1;
        }
    }
    assert!(count >= 11, "only {count} commands were found");
}

/// What stands in backquotes on one line, and the lines that a console block types.
fn commands(text: &str) -> Vec<&str> {
    let inline = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let typed = blocks(text, "console").into_iter().flat_map(str::lines);
    inline.chain(typed.filter_map(|line| line.strip_prefix("$ "))).collect()
}

#[test]
fn every_program_command_that_is_named_exists() {
    let mut count = 0;
    for (page, text) in pages() {
        for command in commands(&text) {
            let Some(rest) = command.strip_prefix("towpath ") else { continue };
            let name = rest.split(' ').next().expect("a word");
            if !name.chars().all(|c| c.is_ascii_lowercase()) {
                continue;
            }
            let (out, error, code) = help(name);
            assert_eq!(code, Some(0), "{}: `{command}`: {error}", page.display());
            for flag in rest.split(' ').filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().expect("a flag");
                assert!(out.contains(flag), "{}: `{command}`: there is no {flag}", page.display());
            }
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} commands were found");
}
