//! Problems with the images of services, and with what selects their tags.

use insta::assert_snapshot;

use super::checking::{WORKER, good_and};
use super::*;

/// The good file with two images, and more keys of the service.
fn with_two_images(first: &str, second: &str, more: &str) -> String {
    good_with(
        "images: [ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]",
        &format!("{more}images:\n      - {{ image: {first} }}\n      - {{ image: {second} }}"),
    )
}

#[test]
fn images_that_go_their_own_ways_under_one_name() {
    let semver = |image: &str| format!("{image}, select: {{ semver: \"*\" }}");
    let problems = |first: &str, second: &str, more: &str| {
        problems_in(&with_two_images(&semver(first), &semver(second), more))
    };
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/other/shop", ""), @r#"
    error: `ghcr.io/other/shop` would be promoted as `shop-shop`, but that name is already in use; list it as a service of its own, or say which images belong `together`
      --> towpath.yaml:14:9
       |
    14 |       - { image: ghcr.io/acme/shop, select: { semver: "*" } }
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/acme/worker", "group: g\n    "), @"
    error: images that go their own ways have changes of their own; leave out `group`, or write `together: same-tag`
      --> towpath.yaml:13:12
       |
    13 |     group: g
       |            ^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/acme/shop", "together: same-tag\n    "), @r#"
    error: `ghcr.io/acme/shop` is listed twice; delete one of the two
      --> towpath.yaml:16:18
       |
    16 |       - { image: ghcr.io/acme/shop, select: { semver: "*" } }
       |                  ^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_followed_tag_says_nothing_of_what_belongs_together() {
    let text = with_two_images(
        "ghcr.io/acme/shop, select: { digest: latest }",
        "ghcr.io/acme/worker, select: { digest: latest }",
        "together: same-tag\n    ",
    );
    assert_snapshot!(problems_in(&text), @"
    error: a followed tag never changes, so it cannot show which images belong together; write `together: same-revision`, or leave it out
      --> towpath.yaml:13:15
       |
    13 |     together: same-tag
       |               ^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn what_is_written_has_to_make_sense() {
    let line = "select: { semver: \"*\" } } ]";
    assert_snapshot!(problems_with(line, "select: { digest: latest } } ]\n    write: tag"), @"
    error: `ghcr.io/acme/shop` follows one tag, so the tag alone would never change; leave out `write`, or select versions
      --> towpath.yaml:14:12
       |
    14 |     write: tag
       |            ^^^

    1 problem in towpath.yaml
    ");
    let word = problems_with(line, &format!("{line}\n    write: tags"));
    assert!(
        word.contains("unknown value `tags`; did you mean `tag`?") && word.contains("towpath.yaml:14:12"),
        "{word}"
    );
    let truth = problems_with(line, &format!("{line}\n    follow_ref: v"));
    assert!(truth.contains("`true` or `false`") && truth.contains("towpath.yaml:14:17"), "{truth}");
    let marked = GOOD.replace(line, &format!("{line}\n    follow_ref: true"));
    let marked = problems_in(&marked.replace("path: \"apps", "marker: \"flux-system:shop\", path: \"apps"));
    assert!(
        marked.contains("`follow_ref` is about a kustomization, and `marker` and `set` name scalars"),
        "{marked}"
    );
}

#[test]
fn a_platform_that_is_none() {
    assert_snapshot!(problems_with("select: { semver: \"*\" }", "select: { digest: a/b }, platforms: [linux]"), @"
    error: `a/b` is not an image tag; it has at most 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { digest: a/b }, platforms: [linux] } ]
       |                                                             ^^^

    error: `linux` is not a platform; write `os/architecture` or `os/architecture/variant`, such as `linux/arm64/v8`
      --> towpath.yaml:13:80
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { digest: a/b }, platforms: [linux] } ]
       |                                                                                ^^^^^

    2 problems in towpath.yaml
    ");
}

#[test]
fn no_image() {
    assert_snapshot!(problems_with("[ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]", "[]"), @r"
    error: this service has no image; write `- image:` with its name and `select`
      --> towpath.yaml:13:13
       |
    13 |     images: []
       |             ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_services_in_one_group() {
    assert_snapshot!(problems_in(&good_and(&WORKER.replace("name: worker", "name: worker\n    group: shop"))), @r"
    error: `shop` and `worker` share the group `shop`; give them groups of their own; one change carries one service in `dev`
      --> towpath.yaml:15:11
       |
    15 |   - name: worker
       |           ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_services_that_set_the_same_line() {
    let twin = WORKER.replace("acme/worker", "acme/shop").replace("apps/worker", "apps/shop");
    assert_snapshot!(problems_in(&good_and(&twin)), @r"
    error: `shop` and `worker` both set `ghcr.io/acme/shop` in `apps/shop/dev`; give them different paths, or keep one of the two
      --> towpath.yaml:15:11
       |
    15 |   - name: worker
       |           ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_file_that_one_service_sets_as_a_file_and_another_in_its_folder() {
    let twin = WORKER
        .replace("acme/worker", "acme/shop")
        .replace("apps/worker/{environment}", "apps/shop/{environment}/web.yaml");
    assert_snapshot!(problems_in(&good_and(&twin)), @r#"
    error: `shop` and `worker` both set `ghcr.io/acme/shop` in `apps/shop/dev`; give them different paths, or keep one of the two
      --> towpath.yaml:15:11
       |
    15 |   - name: worker
       |           ^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn scalars_that_two_environments_or_services_would_set() {
    let set = |file: &str, path: &str| format!("set: [ {{ file: {file}, path: \"{path}\" }} ], path:");
    assert_snapshot!(problems_with("path:", &set("../versions.yaml", "shop.tag")), @r#"
    error: `dev` and `production` would both set `shop.tag` in `apps/shop/versions.yaml`; write `{environment}` in `file`, so that each environment has a file of its own
      --> towpath.yaml:14:60
       |
    14 |     config: { forge: here, repository: acme/deploy, set: [ { file: ../versions.yaml, path: "shop.tag" } ], path: "apps/shop/{environ...
       |                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    let own = set("'../{environment}.yaml'", "images[0].newTag");
    assert_eq!(settings_of(&good_with("path:", &own)).policy.services.len(), 1);
    let both = |shop: &str, worker: &str| {
        good_with("path:", shop) + &WORKER.replace("apps/worker", "apps/shop").replace("path:", worker)
    };
    assert_snapshot!(problems_in(&both(&own, &set("'../{environment}.yaml'", "images[00].newTag"))), @r#"
    error: `shop` and `worker` would both set `images[00].newTag` in `apps/shop/dev.yaml`; give each service a scalar of its own; one service can list several images that share a version
      --> towpath.yaml:18:60
       |
    18 |     config: { forge: here, repository: acme/deploy, set: [ { file: '../{environment}.yaml', path: "images[00].newTag" } ], path: "ap...
       |                                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    let marker = |name: &str| format!("marker: 'flux-system:{name}', path:");
    assert_snapshot!(problems_in(&both(&marker("shop"), &marker("shop"))), @r#"
    error: `shop` and `worker` both set what has the marker `flux-system:shop` in `apps/shop/dev`; give each of the two a marker or a path of its own
      --> towpath.yaml:18:61
       |
    18 |     config: { forge: here, repository: acme/deploy, marker: 'flux-system:shop', path: "apps/shop/{environment}" }
       |                                                             ^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    let others = [own.clone(), set("'../{environment}.yaml'", "images[1].newTag"), marker("shop")];
    for other in others.iter().skip(1) {
        assert_eq!(settings_of(&both(&own, other)).policy.services.len(), 2, "{other}");
    }
}

#[test]
fn a_scalar_to_set_that_no_path_leads_to() {
    let set = "set: [ { file: \"../../../x.yaml\", path: \"a[x]\" } ], marker: \"flux-system:shop\", path:";
    assert_snapshot!(problems_with("path:", set), @r#"
    error: `a[x]` is not a path: brackets hold a number or `key=value`; write it like `spec.images[0].newTag`
      --> towpath.yaml:14:93
       |
    14 |     config: { forge: here, repository: acme/deploy, set: [ { file: "../../../x.yaml", path: "a[x]" } ], marker: "flux-system:shop", ...
       |                                                                                             ^^^^^^

    error: `marker` and `set` both say what is set; keep one of the two
      --> towpath.yaml:14:113
       |
    14 | ...[ { file: "../../../x.yaml", path: "a[x]" } ], marker: "flux-system:shop", path: "apps/shop/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^

    2 problems in towpath.yaml
    "#);
    let set = "set: [ { file: \"../../../../x.yaml\", path: a.b } ], path:";
    assert_snapshot!(problems_with("path:", set), @r#"
    error: `../../../../x.yaml` is not a path inside the repository; write it relative to `path`
      --> towpath.yaml:14:68
       |
    14 |     config: { forge: here, repository: acme/deploy, set: [ { file: "../../../../x.yaml", path: a.b } ], path: "apps/shop/{environmen...
       |                                                                    ^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn selections_that_select_nothing() {
    let select = "{ regex: { pattern: \"^main-(?P<build>[0-9]+)$\", sort: [day] } }, allow: [\"(\"]";
    assert_snapshot!(problems_with("{ semver: \"*\" }", select), @r#"
    error: `^main-(?P<build>[0-9]+)$` is not an expression to sort by (it has no group named `day`); write for example `^main-(?P<build>[0-9]+)-[0-9a-f]+$`
      --> towpath.yaml:13:71
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { regex: { pattern: "^main-(?P<build>[0-9]+)$", sort: [day] } }, allow: ["("] } ]
       |                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `(` is not a regular expression (unclosed group); write for example `^main-[0-9]+$`
      --> towpath.yaml:13:124
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { regex: { pattern: "^main-(?P<build>[0-9]+)$", sort: [day] } }, allow: ["("] } ]
       |                                                                                                                            ^^^

    2 problems in towpath.yaml
    "#);
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ calver: main }"), @"
    error: `main` is not a layout of versions (it has none of YYYY, YY, 0Y, MM, 0M, WW, 0W, DD, 0D, MAJOR, MINOR, MICRO); write for example `YYYY.0M.MICRO`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { calver: main } } ]
       |                                                             ^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ numerical: false }"), @"
    error: `false` selects nothing; write `true`, or select in another way
      --> towpath.yaml:13:64
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { numerical: false } } ]
       |                                                                ^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn prereleases_stand_beside_a_range_only() {
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ alphabetical: true, prereleases: true }"), @"
    error: `prereleases` has no meaning beside `alphabetical`, which has no pre-releases; delete `prereleases`, or select by a range (`semver`)
      --> towpath.yaml:13:73
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { alphabetical: true, prereleases: true } } ]
       |                                                                         ^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ prereleases: true }"), @"
    error: one of these keys is missing: `semver`, `calver`, `regex`, `alphabetical`, `numerical`, `newest`, `digest`; add one of them; `towpath schema` says what each takes
      --> towpath.yaml:13:51
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { prereleases: true } } ]
       |                                                   ^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ semver: \"*\", prereleases: all }"), @r#"
    error: expected `true` or `false`, found a text
      --> towpath.yaml:13:79
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { semver: "*", prereleases: all } } ]
       |                                                                               ^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_with("{ semver: \"*\" } } ]", "{ numerical: true } } ]\n    prereleases: true"), @"
    error: `prereleases` has no meaning here: no image of this service is selected by a range; delete it, or select an image by a range (`semver`)
      --> towpath.yaml:14:18
       |
    14 |     prereleases: true
       |                  ^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{}"), @"
    error: one of these keys is missing: `semver`, `calver`, `regex`, `alphabetical`, `numerical`, `newest`, `digest`; add one of them; `towpath schema` says what each takes
      --> towpath.yaml:13:51
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: {} } ]
       |                                                   ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_alternative_of_a_range_that_is_none() {
    assert_snapshot!(problems_with("\"*\" }", "\"^1 ||\" }"), @r#"
    error: `^1 ||` is not a range of versions (an alternative beside `||` is empty); write for example `>=1.0.0, <2.0.0`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { semver: "^1 ||" } } ]
       |                                                             ^^^^^^^

    1 problem in towpath.yaml
    "#);
}
