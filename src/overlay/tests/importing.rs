//! Repositories that another tool keeps up to date.

use insta::assert_snapshot;

use super::fixture::tree;
use crate::model::{ImportedSelection, ImportedService};
use crate::overlay::import;

/// What is carried over, one line for each image, then what is not.
pub(super) fn imported(repository: &str) -> String {
    let imported = import(&tree(repository)).unwrap();
    let services = imported.services.iter().map(|service| {
        let paths: Vec<&str> = service.paths.iter().map(|path| path.as_str()).collect();
        let marker = service.marker.as_ref().map(|marker| format!(" marker {marker}")).unwrap_or_default();
        let selection = service.selection.as_ref().map_or_else(|| "(empty)".to_owned(), selection);
        format!("{} {} {selection}{marker} in {}", service.name, service.image, paths.join(", "))
    });
    let leftovers = imported
        .leftovers
        .iter()
        .map(|leftover| format!("? {}:{}: {}", leftover.file, leftover.line, leftover.what));
    services.chain(leftovers).collect::<Vec<_>>().join("\n")
}

/// A selection, which the configuration has to take.
fn selection(selection: &ImportedSelection) -> String {
    let patterns = |key: &str, patterns: &[String]| match patterns {
        [] => String::new(),
        patterns => format!(" {key} {}", patterns.join(" ")),
    };
    let taken = selection.selection().unwrap();
    format!("`{taken}`{}{}", patterns("allow", &selection.allow), patterns("ignore", &selection.ignore))
}

const FLUX: &str = "\
--- automation/shop.yaml
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: shop, namespace: flux-system }
spec:
  image: ghcr.io/acme/shop
  secretRef: { name: ghcr }
  exclusionList: [ '^.*\\.sig$', 'nightly' ]
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: shop, namespace: flux-system }
spec:
  imageRepositoryRef: { name: shop }
  policy: { semver: { range: '>=1.0.0 <2.0.0' } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: nightly, namespace: flux-system }
spec:
  imageRepositoryRef: { name: shop }
  filterTags: { pattern: '^main-.*' }
  policy: { alphabetical: { order: asc } }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: all, namespace: flux-system }
spec: { git: { commit: { messageTemplate: 'x' } } }
--- clusters/staging/shop.yaml
image: ghcr.io/acme/shop:1.2.0 # {\"$imagepolicy\": \"flux-system:shop\"}
--- clusters/production/shop.yaml
image: ghcr.io/acme/shop:1.1.0 # {\"$imagepolicy\": \"flux-system:shop\"}
--- clusters/dev/shop.yaml
image: ghcr.io/acme/shop:main-1 # {\"$imagepolicy\": \"flux-system:nightly\"}
lost: ghcr.io/acme/lost:1 # {\"$imagepolicy\": \"flux-system:lost\"}
wrong: ghcr.io/acme/lost:1 # {\"$imagepolicy\": \"flux-system:lost:version\"}
";

#[test]
fn policies_and_markers_of_flux_become_services() {
    assert_snapshot!(imported(FLUX), @r#"
    lost ghcr.io/acme/lost (empty) marker flux-system:lost in clusters/dev/shop.yaml
    nightly ghcr.io/acme/shop `alphabetical` allow ^main-.* ignore ^.*\.sig$ nightly marker flux-system:nightly in clusters/dev/shop.yaml
    shop ghcr.io/acme/shop `semver >=1.0.0, <2.0.0` ignore nightly marker flux-system:shop in clusters/production/shop.yaml, clusters/staging/shop.yaml
    ? automation/shop.yaml:6: the secret with the registry's credentials is not carried over
    ? automation/shop.yaml:27: the template of commit messages is not carried over
    ? clusters/dev/shop.yaml:2: no policy `flux-system:lost` is in this repository; fill in its `select`
    ? clusters/dev/shop.yaml:3: the marker ends with `:version`, not `:tag`, `:name` or `:digest`; write `{"$imagepolicy": "namespace:name:tag"}`
    "#);
}

/// A repository with one policy of Flux, its image repository and its marker.
fn with_policy(policy: &str) -> String {
    format!(
        "--- automation/shop.yaml\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: {{ name: shop, namespace: flux-system }}\nspec: {{ image: ghcr.io/acme/shop }}\n---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: {{ name: shop, namespace: flux-system }}\nspec: {{ imageRepositoryRef: {{ name: shop }}, {policy} }}\n--- prod/shop.yaml\nimage: ghcr.io/acme/shop:1.2.0 # {{\"$imagepolicy\": \"flux-system:shop\"}}\n"
    )
}

/// Policies of Flux, as `spec` has them.
const POLICIES: [&str; 17] = [
    "policy: { semver: { range: 1.2.3 } }",
    "policy: { semver: { range: '1.2' } }",
    "policy: { semver: { range: '>=0.0.0-0' } }",
    "policy: { semver: { range: '>=1.0.0-0 || ^3' } }",
    "filterTags: { pattern: '^v' }, policy: { semver: { range: '^1.2 || ~3.1' } }",
    "filterTags: { pattern: '^v(?P<version>.*)$', extract: $version }, policy: { semver: { range: '*' } }",
    "filterTags: { pattern: '^(?P<version>.*)-alpine$', extract: $version }, policy: { semver: { range: '*' } }",
    "filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>.*)', extract: $ts }, policy: { numerical: { order: asc } }",
    "filterTags: { pattern: '^main-([0-9]+)$', extract: $1 }, policy: { numerical: {} }",
    "filterTags: { pattern: '^main-(?P<ts>[a-z0-9]+)$', extract: $ts }, policy: { numerical: {} }",
    "filterTags: { pattern: '^[0-9]+$' }, policy: { numerical: { order: asc } }",
    "policy: { numerical: { order: desc } }",
    "filterTags: { pattern: '^RELEASE' }, policy: { alphabetical: { order: asc } }",
    r"filterTags: { pattern: '^main-(?P<day>\d{4}-\d\d-\d\d)$', extract: $day }, policy: { alphabetical: {} }",
    "filterTags: { pattern: '^main-(?P<n>[0-9]+)$', extract: $n }, policy: { alphabetical: {} }",
    "policy: { alphabetical: { order: desc } }",
    "policy: {}",
];

#[test]
fn policies_are_carried_over_as_what_they_select() {
    let shown = POLICIES.map(|policy| format!("{policy}\n{}\n", imported(&with_policy(policy))));
    assert_snapshot!(shown.join("\n"), @r"
    policy: { semver: { range: 1.2.3 } }
    shop ghcr.io/acme/shop `semver =1.2.3` marker flux-system:shop in prod/shop.yaml

    policy: { semver: { range: '1.2' } }
    shop ghcr.io/acme/shop `semver ~1.2` marker flux-system:shop in prod/shop.yaml

    policy: { semver: { range: '>=0.0.0-0' } }
    shop ghcr.io/acme/shop `semver *, with pre-releases` marker flux-system:shop in prod/shop.yaml

    policy: { semver: { range: '>=1.0.0-0 || ^3' } }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: the range `>=1.0.0-0 || ^3` takes pre-releases in one alternative and not in another; fill in its `select`

    filterTags: { pattern: '^v' }, policy: { semver: { range: '^1.2 || ~3.1' } }
    shop ghcr.io/acme/shop `semver ^1.2 || ~3.1` allow ^v marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^v(?P<version>.*)$', extract: $version }, policy: { semver: { range: '*' } }
    shop ghcr.io/acme/shop `semver *` allow ^v(?P<version>.*)$ marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^(?P<version>.*)-alpine$', extract: $version }, policy: { semver: { range: '*' } }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: it takes the version out of a part of the tag, and `semver` compares whole tags; fill in its `select`

    filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>.*)', extract: $ts }, policy: { numerical: { order: asc } }
    shop ghcr.io/acme/shop `regex ^main-[a-f0-9]+-(?P<ts>[0-9]+)$ by ts` ignore ^.*\.sig$ marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^main-([0-9]+)$', extract: $1 }, policy: { numerical: {} }
    shop ghcr.io/acme/shop `regex ^main-(?P<order>[0-9]+)$ by order` ignore ^.*\.sig$ marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^main-(?P<ts>[a-z0-9]+)$', extract: $ts }, policy: { numerical: {} }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: the group `ts` may hold something other than digits; write it as `[0-9]+`; fill in its `select`

    filterTags: { pattern: '^[0-9]+$' }, policy: { numerical: { order: asc } }
    shop ghcr.io/acme/shop `numerical` allow ^[0-9]+$ marker flux-system:shop in prod/shop.yaml

    policy: { numerical: { order: desc } }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: it takes the last of a descending `numerical` order; fill in its `select`

    filterTags: { pattern: '^RELEASE' }, policy: { alphabetical: { order: asc } }
    shop ghcr.io/acme/shop `alphabetical` allow ^RELEASE ignore ^.*\.sig$ marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^main-(?P<day>\d{4}-\d\d-\d\d)$', extract: $day }, policy: { alphabetical: {} }
    shop ghcr.io/acme/shop `regex ^main-(?P<day>\d{4}-\d\d-\d\d)$ by day` ignore ^.*\.sig$ marker flux-system:shop in prod/shop.yaml

    filterTags: { pattern: '^main-(?P<n>[0-9]+)$', extract: $n }, policy: { alphabetical: {} }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: it compares the group `n` by its letters, and `regex` compares digits as numbers; fill in its `select`

    policy: { alphabetical: { order: desc } }
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: it takes the last of a descending `alphabetical` order; fill in its `select`

    policy: {}
    shop ghcr.io/acme/shop (empty) marker flux-system:shop in prod/shop.yaml
    ? automation/shop.yaml:9: the policy `flux-system:shop`: it says neither `semver`, `alphabetical` nor `numerical`; fill in its `select`
    ");
}

#[test]
fn a_line_that_is_commented_out_holds_no_marker() {
    let commented = "#image: ghcr.io/acme/shop:1.2.0 # {\"$imagepolicy\": \"flux-system:shop\"}\n    # tag: 1.0.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\nreplicas: 2\n";
    let repository = with_policy("policy: { semver: { range: '*' } }");
    let (before, _) = repository.split_once("image: ghcr.io/acme/shop:1.2.0").unwrap();
    assert_snapshot!(imported(&format!("{before}{commented}")), @"? automation/shop.yaml:6: no marker names the policy `flux-system:shop`, so where its image is set is not known");
}

#[test]
fn of_policies_with_one_name_the_nearest_one_sets_a_marker() {
    let cluster = |name: &str, range: &str| {
        let files = with_policy(&format!("policy: {{ semver: {{ range: '{range}' }} }}"));
        files
            .replace("--- automation/", &format!("--- clusters/{name}/"))
            .replace("--- prod/", &format!("--- clusters/{name}/apps/"))
    };
    assert_snapshot!(imported(&(cluster("prod", "1.2") + &cluster("staging", ">=1.0.0-0"))), @"
    shop ghcr.io/acme/shop `semver ~1.2` marker flux-system:shop in clusters/prod/apps/shop.yaml
    shop-2 ghcr.io/acme/shop `semver >=1.0.0-0, with pre-releases` marker flux-system:shop in clusters/staging/apps/shop.yaml
    ");
}

#[test]
fn what_no_policy_here_sets_is_offered_to_be_filled_in() {
    let marked = "--- apps/prod/a.yaml\nimage: ghcr.io/acme/shop:1.2.0 # {\"$imagepolicy\": \"apps:shop\"}\n--- apps/prod/b.yaml\ntag: 1.2.0 # {\"$imagepolicy\": \"apps:web:tag\"}\n";
    let policy = "--- flux/policy.yaml\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: { name: shop }\nspec: { imageRepositoryRef: { name: shop }, policy: { semver: { range: '1.2' } } }\n";
    assert_snapshot!(imported(marked), @"
    shop ghcr.io/acme/shop (empty) marker apps:shop in apps/prod/a.yaml
    ? apps/prod/a.yaml:1: no policy `apps:shop` is in this repository; fill in its `select`
    ? apps/prod/b.yaml:1: no policy `apps:web` is in this repository; write its image and `select` yourself
    ");
    assert_snapshot!(imported(&format!("{marked}{policy}")), @"
    shop ghcr.io/acme/shop `semver ~1.2` marker apps:shop in apps/prod/a.yaml
    ? apps/prod/b.yaml:1: no policy `apps:web` is in this repository; write its image and `select` yourself
    ");
}

#[test]
fn templates_are_named_with_what_they_hold() {
    let template = "apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\n---\nspec:\n  - image: ghcr.io/acme/shop:{{ tag }} # {\"$imagepolicy\": \"flux-system:shop\"}\n  # image: nothing\n";
    assert_snapshot!(imported(&format!("--- apps/shop.yaml.tpl\n{template}--- notes.tmpl\nhello\n--- a.j2\nimage: x\ntag: 1\n")), @"
    ? a.j2:1: a template, which is not read; it holds 2 lines that set an image; name what it sets by `marker` or `set` on the file that is made of it
    ? apps/shop.yaml.tpl:1: a template, which is not read; it holds 1 ImagePolicy, 1 marker of Flux, 1 line that sets an image; name what it sets by `marker` or `set` on the file that is made of it
    ");
}

/// A repository like the public one of the field trials: 98 policies in one file, HelmReleases of which most have their
/// marker commented out since Renovate took over, and templates.
fn of_98_policies() -> String {
    let mut policies = "--- cluster/base/image-policies.yaml\n".to_owned();
    let mut files = String::new();
    for number in 0..98 {
        let policy = match number % 7 {
            0 => {
                "filterTags: { pattern: '^v(?P<version>.*)$', extract: $version }\n  policy: { semver: { range: '>=1.0' } }"
            }
            1 => "policy: { semver: { range: 1.x } }",
            2 => {
                "filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>.*)', extract: $ts }\n  policy: { numerical: { order: asc } }"
            }
            3 => "policy: { alphabetical: { order: asc } }",
            4 => {
                "filterTags: { pattern: '^version-(?P<v>.+)$', extract: $v }\n  policy: { semver: { range: '*' } }"
            }
            5 => "policy: { numerical: { order: desc } }",
            _ => "policy: { semver: { range: '>=0.0.0-0' } }",
        };
        policies += &format!(
            "---\napiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImageRepository\nmetadata: {{ name: app-{number}, namespace: flux-system }}\nspec: {{ image: ghcr.io/acme/app-{number}, interval: 1h }}\n---\napiVersion: image.toolkit.fluxcd.io/v1beta2\nkind: ImagePolicy\nmetadata: {{ name: app-{number}, namespace: flux-system }}\nspec:\n  imageRepositoryRef: {{ name: app-{number} }}\n  {policy}\n"
        );
        let comment = if number % 3 == 0 { "" } else { "# " };
        files += &format!(
            "--- cluster/apps/app-{number}/helm-release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nmetadata: {{ name: app-{number} }}\nspec:\n  values:\n    image:\n      repository: ghcr.io/acme/app-{number}\n      {comment}tag: v1.2.3 # {{\"$imagepolicy\": \"flux-system:app-{number}:tag\"}}\n{}",
            if comment.is_empty() { "" } else { "      tag: v1.2.3\n" },
        );
    }
    files += "--- tmpl/cluster/settings.yaml.tpl\nimage: ghcr.io/acme/app-1:1 # {\"$imagepolicy\": \"flux-system:app-1\"}\n";
    files += "--- .github/renovate.json5\n{ flux: { fileMatch: ['cluster/.+\\\\.ya?ml$'] }, 'helm-values': { fileMatch: ['cluster/.+\\\\.ya?ml$'] } }\n";
    policies + &files
}

#[test]
fn a_repository_with_98_policies_is_carried_over() {
    let imported = import(&tree(&of_98_policies())).unwrap();
    let is_marked = |service: &&ImportedService| service.marker.is_some();
    let (marked, managed): (Vec<_>, Vec<_>) = imported.services.iter().partition(is_marked);
    assert_eq!((marked.len(), managed.len()), (33, 65), "every image is offered once");
    let is_empty = |service: &&&ImportedService| service.selection.is_none();
    assert_eq!(marked.iter().filter(is_empty).count(), 9, "an extracted version and a descending order");
    assert_eq!(managed.iter().filter(is_empty).count(), 0);
    let mut kinds: Vec<String> = imported
        .leftovers
        .iter()
        .map(|leftover| {
            let what: String = leftover.what.chars().filter(|letter| !letter.is_ascii_digit()).collect();
            format!("{}: {what}", leftover.file)
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_snapshot!(kinds.join("\n"), @"
    .github/renovate.json5: let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line
    cluster/base/image-policies.yaml: no marker names the policy `flux-system:app-`, so where its image is set is not known
    cluster/base/image-policies.yaml: the policy `flux-system:app-`: it takes the last of a descending `numerical` order; fill in its `select`
    cluster/base/image-policies.yaml: the policy `flux-system:app-`: it takes the version out of a part of the tag, and `semver` compares whole tags; fill in its `select`
    tmpl/cluster/settings.yaml.tpl: a template, which is not read; it holds  marker of Flux,  line that sets an image; name what it sets by `marker` or `set` on the file that is made of it
    ");
}

#[test]
fn a_repository_that_nobody_keeps_up_to_date_has_nothing() {
    assert_snapshot!(imported("--- a/values.yaml\nimage: ghcr.io/acme/shop:1.9.0\n"), @"");
}
