//! `towpath images` on folders of the disk.

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

const DEPLOYMENT: &str = "kind: Deployment\nspec: { template: { spec: { containers: [ { name: shop, image: \"ghcr.io/acme/shop:1.0.0\" } ] } } }\n";

/// What the command prints for a folder, and how it ends.
struct Ended {
    code: i32,
    out: String,
    error: String,
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("the folder of the test works");
    for (name, content) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("the folder of the test works"))
            .expect("the folder of the test works");
        fs::write(file, content).expect("the folder of the test works");
    }
    folder
}

fn images(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    let output = command
        .current_dir(folder)
        .arg("images")
        .args(arguments)
        .output()
        .expect("the folder of the test works");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the folder of the test works");
    Ended {
        code: output.status.code().expect("the folder of the test works"),
        out: text(output.stdout),
        error: text(output.stderr),
    }
}

fn overlay(kustomization: &str) -> TempDir {
    folder(&[
        ("base/kustomization.yaml", "resources: [deployment.yaml]\n"),
        ("base/deployment.yaml", DEPLOYMENT),
        ("apps/a/b/c/dev/kustomization.yaml", kustomization),
    ])
}

#[test]
fn a_kustomization_stands_for_its_folder() {
    let folder = overlay("resources: [../../../../../base]\n");
    let dev = folder.path().join("apps/a/b/c/dev");
    let expected = images(folder.path(), &["apps/a/b/c/dev"]);
    assert_snapshot!(expected.out, @"
    IMAGE              TAG    DIGEST  SET BY
    ghcr.io/acme/shop  1.0.0          ../../../../../base/deployment.yaml:2
    ");
    assert_eq!(images(folder.path(), &["apps/a/b/c/dev/kustomization.yaml"]).out, expected.out);
    assert_eq!(images(&dev, &["kustomization.yaml"]).out, expected.out);
    assert_eq!(images(&dev, &[]).out, expected.out);
}

#[test]
fn json_names_what_is_uncertain_beside_the_images() {
    let folder = overlay(
        "resources: [../../../../../base, 'https://example.com/base?ref=v1']\ncomponents: ['https://example.com/component']\n",
    );
    let ended = images(folder.path(), &["--json", "apps/a/b/c/dev"]);
    assert_eq!(ended.code, 0, "{}", ended.error);
    assert_snapshot!(ended.out, @r#"
    [
      {
        "image": "ghcr.io/acme/shop",
        "tag": "1.0.0",
        "digest": null,
        "file": "../../../../../base/deployment.yaml",
        "line": 2,
        "set_by": "manifest",
        "uncertain": {
          "limit": "remote",
          "why": "the component `https://example.com/component` lies in another place, which is not read",
          "way_out": "copy it into the repository",
          "file": "kustomization.yaml",
          "line": 2
        },
        "refused": null
      },
      {
        "image": null,
        "tag": null,
        "digest": null,
        "file": "kustomization.yaml",
        "line": 1,
        "set_by": null,
        "uncertain": {
          "limit": "remote",
          "why": "`https://example.com/base?ref=v1` lies in another place, which is not read",
          "way_out": "copy it into the repository",
          "file": "kustomization.yaml",
          "line": 1
        },
        "refused": null
      }
    ]
    "#);
    let keys = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let items: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    assert!(items.iter().all(|item| keys(item) == keys(&items[0])), "{}", ended.out);
}

#[test]
fn json_carries_the_limit_of_a_refusal() {
    let folder = overlay("resources: [../../../../../base]\nresources: []\n");
    let ended = images(folder.path(), &["--json", "apps/a/b/c/dev"]);
    assert_eq!(ended.code, 1);
    assert_snapshot!(ended.error, @"error: apps/a/b/c/dev/kustomization.yaml:2: the key `resources` occurs twice; delete one of the two");
    let items: Vec<Value> = serde_json::from_str(&ended.out).unwrap();
    let refused = json!({
        "limit": "duplicate-key",
        "why": "the key `resources` occurs twice",
        "way_out": "delete one of the two",
        "file": "kustomization.yaml",
        "line": 2,
    });
    assert_eq!((&items[0]["refused"], &items[0]["image"]), (&refused, &Value::Null));
    assert_eq!(items.len(), 1);
}

#[test]
fn a_refusal_names_the_file_from_where_the_command_runs() {
    let folder = overlay("resources: [../../../../../base]\n");
    fs::write(folder.path().join("base/kustomization.yml"), "").unwrap();
    let error = images(folder.path(), &["apps/a/b/c/dev"]).error;
    let root = folder.path().canonicalize().unwrap();
    assert_snapshot!(error.replace(root.to_str().unwrap(), "ROOT"), @"error: ROOT/base/kustomization.yaml: `kustomization.yml` stands beside it, and kustomize takes only one; delete one of the two");
}

#[test]
fn a_folder_of_which_nothing_is_certain_is_not_one_without_images() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec: { values: { image: { tag: 1.0.0 } } }\n";
    let folder =
        folder(&[("a/kustomization.yaml", "resources: [release.yaml]\n"), ("a/release.yaml", release)]);
    for arguments in [&["a"][..], &["--trail", "a"]] {
        let ended = images(folder.path(), arguments);
        assert_eq!(ended.code, 0);
        assert_eq!(ended.out, "not certain which images run here (partial-image)\n");
        let why = "`image.tag` is `1.0.0`, but no `repository` beside it names the image";
        assert!(ended.error.contains(&format!(":4: {why}")), "{}", ended.error);
    }
    fs::write(folder.path().join("a/release.yaml"), "").unwrap();
    assert_snapshot!(images(folder.path(), &["a"]).out, @"no images");
}
