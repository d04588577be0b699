//! `towpath import`: the printed configuration, by the binary, and what `towpath check` says about it.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const FILES: [(&str, &str); 5] = [
    (
        "flux/policies.yaml",
        "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: { name: shop, namespace: flux-system }\nspec: { image: ghcr.io/acme/shop }\n---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: { name: shop, namespace: flux-system }\nspec: { imageRepositoryRef: { name: shop }, policy: { semver: { range: 1.2.3 } } }\n",
    ),
    (
        "apps/prod/shop.yaml",
        "image: ghcr.io/acme/shop:1.2.3 # {\"$imagepolicy\": \"flux-system:shop\"}\nside: ghcr.io/acme/side:1 # {\"$imagepolicy\": \"elsewhere:side\"}\n# image: ghcr.io/acme/gone:1 # {\"$imagepolicy\": \"flux-system:gone\"}\n",
    ),
    ("renovate.json", "{}\n"),
    ("charts/prod/web/values.yaml", "image: { repository: ghcr.io/acme/web, tag: 1.2.0 }\n"),
    ("apps/prod/shop.yaml.tpl", "tag: {{ tag }}\n"),
];

fn towpath(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_towpath"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .expect("the binary starts")
}

#[test]
fn the_printed_configuration_lacks_only_what_the_user_has_to_say() {
    let folder = TempDir::new().unwrap();
    for (name, content) in FILES {
        let file = folder.path().join("repository").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
    let printed = towpath(folder.path(), &["import", "repository"]);
    assert!(printed.status.success(), "{printed:?}");
    let text = String::from_utf8(printed.stdout).unwrap();
    let said = String::from_utf8(printed.stderr).unwrap();
    insta::assert_snapshot!(text, @r#"
    # Written by `towpath import`. What to do next:
    #   1. write your forge under `forges`, and in `config` the repository that this was read from
    #   2. fill in the empty `select: {}` of one image, for example `{ semver: "*" }`
    #   3. run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change
    #   4. before `towpath serve`, stop the other tool from setting these images, so that only one sets each line
    version: 1
    forges:
      - { name: here, kind: local, root: ./forge }

    pipelines:
      - name: prod
        environments:
          - { name: prod }

    services:
      - name: side
        pipeline: prod
        images: [ { image: "ghcr.io/acme/side", select: {} } ]   # fill in `select`
        config: { forge: here, repository: acme/deploy, path: "apps/{environment}", marker: "elsewhere:side" }
      - name: shop
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop", select: { semver: '=1.2.3' } } ]
        config: { forge: here, repository: acme/deploy, path: "apps/{environment}", marker: "flux-system:shop" }
      - name: web
        pipeline: prod
        images: [ { image: "ghcr.io/acme/web", select: { semver: '*' } } ]
        config: { forge: here, repository: acme/deploy, path: "charts/{environment}/web/values.yaml" }

    # Not carried over:
    #   apps/prod/shop.yaml:2: no policy `elsewhere:side` is in this repository; fill in its `select`
    #   apps/prod/shop.yaml.tpl:1: a template, which is not read; it holds 1 line that sets an image; name what it sets by `marker` or `set` on the file that is made of it
    #   renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    "#);
    insta::assert_snapshot!(said, @r#"
    3 things were not carried over:
      apps/prod/shop.yaml:2: no policy `elsewhere:side` is in this repository; fill in its `select`
      apps/prod/shop.yaml.tpl:1: a template, which is not read; it holds 1 line that sets an image; name what it sets by `marker` or `set` on the file that is made of it
      renovate.json:1: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    3 images were carried over; what to do next:
      1. write your forge under `forges`, and in `config` the repository that this was read from
      2. fill in the empty `select: {}` of one image, for example `{ semver: "*" }`
      3. run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change
      4. before `towpath serve`, stop the other tool from setting these images, so that only one sets each line
    "#);
    // The forge is the user's to write; a folder stands in for it.
    std::fs::create_dir(folder.path().join("forge")).unwrap();
    let check = |text: &str| {
        std::fs::write(folder.path().join("towpath.yaml"), text).unwrap();
        towpath(folder.path(), &["check"])
    };
    let problems = String::from_utf8(check(&text).stderr).unwrap();
    // So is the repository, which two services name.
    let is_missing = "error: the repository forge/acme/deploy.git does not exist";
    let count = |problems: &str| (problems.matches("error: ").count(), problems.matches(is_missing).count());
    assert_eq!(count(&problems), (3, 2), "{problems}");
    assert!(problems.contains("one of these keys is missing: `semver`"), "{problems}");
    let filled = check(&text.replace("select: {}", "select: { semver: \"*\" }"));
    let problems = String::from_utf8(filled.stderr).unwrap();
    assert_eq!(count(&problems), (3, 3), "{problems}");
}
