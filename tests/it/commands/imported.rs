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
        .unwrap()
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
    insta::assert_snapshot!(text, @"");
    insta::assert_snapshot!(said, @"");
    let check = |text: &str| {
        std::fs::write(folder.path().join("towpath.yaml"), text).unwrap();
        String::from_utf8(towpath(folder.path(), &["check"]).stderr).unwrap()
    };
    let problems = check(&text);
    assert_eq!(problems.matches("error: ").count(), 1, "{problems}");
    assert!(problems.contains("one of these keys is missing: `semver`"), "{problems}");
    let filled = check(&text.replace("select: {}", "select: { semver: \"*\" }"));
    assert!(!filled.contains("select"), "{filled}");
}
