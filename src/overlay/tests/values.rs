//! Helm values files that are merged.

use insta::assert_snapshot;

use super::fixture::{DIGEST, image, path, set_shop, shop, shown, to, tree, unified};
use crate::model::{ImageDiscovery, Location, ValuesFile, ValuesSharing};
use crate::overlay::{Overlays, resolve, running, set_image};

const PARTIAL: &str = "\
--- app/values.yaml
# For all.
image:
  repository: ghcr.io/acme/shop
  tag: 1.0.0
--- app/values-prod.yaml
replicas: 3
image:
  tag: \"0.9.0\" # prod
";

/// The folder `app` with these values files; `shared:` stands before one that other environments read, `services:` before one
/// that other services of the environment read.
fn listed(files: &[&str]) -> Location {
    let file = |name: &&str| {
        let (sharing, name) = match name.split_once(':') {
            Some(("shared", name)) => (ValuesSharing::Environments, name),
            Some(("services", name)) => (ValuesSharing::Services, name),
            _ => (ValuesSharing::Own, *name),
        };
        ValuesFile { path: path(&format!("app/{name}")), sharing }
    };
    Location { path: path("app"), finding: ImageDiscovery::Values(files.iter().map(file).collect()) }
}

fn runs(repository: &str, files: &[&str]) -> String {
    let (tree, location) = (tree(repository), listed(files));
    let all = resolve(&tree, &location).map(|found| {
        let shown: Vec<String> = found
            .uses
            .iter()
            .map(|found| format!("{} by {}:{}", found.reference, found.file, found.line))
            .collect();
        shown.join("\n")
    });
    let one = running(&tree, &location, &image("ghcr.io/acme/shop"));
    let one =
        one.map(|running| running.images.iter().map(|one| one.reference.to_string()).collect::<String>());
    format!(
        "{}\n{}",
        all.unwrap_or_else(|error| error.to_string()),
        one.unwrap_or_else(|error| error.to_string())
    )
}

fn set(repository: &str, files: &[&str]) -> String {
    let (tree, location) = (tree(repository), listed(files));
    let shop = image("ghcr.io/acme/shop");
    match set_image(&tree, &Overlays::default(), &location, &shop, &to("1.10.0", DIGEST)) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&tree, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

const BOTH: [&str; 2] = ["shared:values.yaml", "values-prod.yaml"];

#[test]
fn a_later_file_wins_and_is_edited() {
    assert_snapshot!(runs(PARTIAL, &BOTH), @"
    ghcr.io/acme/shop:0.9.0 by app/values-prod.yaml:3
    ghcr.io/acme/shop:0.9.0
    ");
    assert_snapshot!(set(PARTIAL, &BOTH), @r#"
    app/values-prod.yaml
    -  tag: "0.9.0" # prod
    +  tag: "1.10.0" # prod
    "#);
    assert_snapshot!(runs(PARTIAL, &["values-prod.yaml", "shared:values.yaml"]), @"
    ghcr.io/acme/shop:1.0.0 by app/values.yaml:4
    ghcr.io/acme/shop:1.0.0
    ");
}

#[test]
fn a_file_of_the_environment_gets_the_tag_that_only_a_shared_one_sets() {
    let with = |own: &str| {
        format!(
            "--- app/values.yaml\nimage:\n    repository: ghcr.io/acme/shop\n    tag: '1.0.0'\n--- app/values-prod.yaml\n{own}"
        )
    };
    assert_snapshot!(set(&with("replicas: 3\n"), &BOTH), @"
    app/values-prod.yaml
    +image:
    +  tag: 1.10.0
    ");
    assert_snapshot!(set(&with("image:\n    pullPolicy: Always\nreplicas: 3\n"), &BOTH), @"
    app/values-prod.yaml
    +    tag: 1.10.0
    ");
    assert_snapshot!(set(&with("# nothing yet\n"), &BOTH), @"
    app/values-prod.yaml
    +image:
    +  tag: 1.10.0
    ");
    assert_snapshot!(set(&with("{}\n"), &BOTH), @"
    app/values-prod.yaml
    -{}
    +{image: {tag: 1.10.0}}
    ");
    assert_snapshot!(set(&with("image: null\n"), &BOTH), @"app: the image `ghcr.io/acme/shop` is nowhere in this overlay; name it in one of the files under `values`");
}

#[test]
fn a_name_without_a_tag_is_not_certain_and_an_empty_tag_is_set_in_the_file_of_the_environment() {
    let with = |tag: &str| {
        format!(
            "--- app/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n{tag}--- app/values-prod.yaml\nimage: {{ pullPolicy: Always }}\n"
        )
    };
    assert_snapshot!(set(&with(""), &BOTH), @"app/values.yaml:2: `ghcr.io/acme/shop` is named without a tag, which the chart takes from elsewhere; name the scalar that holds the version with `set` in the configuration, or write the tag beside the name, if the chart reads it there");
    assert_snapshot!(set(&with("  tag: ''\n"), &BOTH), @"
    app/values-prod.yaml
    -image: { pullPolicy: Always }
    +image: { pullPolicy: Always, tag: 1.10.0 }
    ");
}

#[test]
fn lists_are_replaced_and_null_deletes() {
    let text = "--- app/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: 1.0.0 }\njobs: [ { image: 'ghcr.io/acme/job:1' }, { image: 'ghcr.io/acme/shop:1.0.0' } ]\n--- app/values-prod.yaml\nimage: { tag: null }\njobs: [ { image: 'ghcr.io/acme/job:2' } ]\n";
    assert_snapshot!(runs(text, &BOTH), @"
    ghcr.io/acme/shop by app/values-prod.yaml:1
    ghcr.io/acme/job:2 by app/values-prod.yaml:2
    ghcr.io/acme/shop
    ");
    let in_list = "--- app/values.yaml\njobs: [ { image: 'ghcr.io/acme/shop:1.0.0' } ]\n--- app/values-prod.yaml\nreplicas: 3\n";
    assert_snapshot!(set(in_list, &BOTH), @"app/values.yaml:1: `ghcr.io/acme/shop` stands in a list of a shared file, and Helm replaces whole lists; copy the list to `app/values-prod.yaml`");
}

#[test]
fn what_cannot_be_set_says_why() {
    assert_snapshot!(set(PARTIAL, &["shared:values.yaml"]), @"app/values.yaml:4: every values file that may set `ghcr.io/acme/shop` is shared; add a file of the environment's own, such as `values-{environment}.yaml`, at the end of `values`");
    assert_snapshot!(set(PARTIAL, &["values-prod.yaml", "shared:values.yaml"]), @"app/values.yaml:4: this shared values file comes after `app/values-prod.yaml` and sets `ghcr.io/acme/shop`; add a file of the environment's own, such as `values-{environment}.yaml`, at the end of `values`");
    assert_snapshot!(set(PARTIAL, &["values.yaml", "values-production.yaml"]), @"app/values-production.yaml: this values file does not exist; add the file, or correct `values` in the configuration");
    assert_snapshot!(set("--- app/values.yaml\n- 1\n", &["values.yaml"]), @"app/values.yaml:1: Helm values are a mapping; correct the values file");
    assert_snapshot!(set("--- app/values.yaml\nimage: { tag: 1 }\n", &["values.yaml"]), @"app: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (app/values.yaml:1: `image.tag` is `1`, but no `repository` beside it names the image); name it in one of the files under `values`");
}

#[test]
fn without_their_order_files_that_set_one_image_are_not_certain() {
    assert_snapshot!(shown(PARTIAL, "app"), @"
    ghcr.io/acme/shop:1.0.0 by app/values.yaml:4 (helm-values)
    ? app/values-prod.yaml:3: `image.tag` is `0.9.0`, but no `repository` beside it names the image
    ? app/values.yaml:4: `app/values-prod.yaml` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known
    ");
    assert_snapshot!(shop(PARTIAL, "app"), @"app/values.yaml:4: `app/values-prod.yaml` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known; list them in Helm's order under `values` in the configuration");
    assert_snapshot!(set_shop(PARTIAL, "app"), @"app/values.yaml:4: `app/values-prod.yaml` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known; list them in Helm's order under `values` in the configuration");
    let apart = PARTIAL.replace("image:\n  tag: \"0.9.0\" # prod", "service: { tag: x }");
    assert_snapshot!(shop(&apart, "app"), @"ghcr.io/acme/shop:1.0.0 by app/values.yaml:4");
    assert_snapshot!(set_shop(&apart, "app"), @"
    app/values.yaml
    -  tag: 1.0.0
    +  tag: 1.10.0
    ");
}

#[test]
fn a_file_with_a_tag_alone_says_that_the_image_is_not_named() {
    assert_snapshot!(shown(PARTIAL, "app/values-prod.yaml"), @"? app/values-prod.yaml:3: `image.tag` is `0.9.0`, but no `repository` beside it names the image");
    assert_snapshot!(set_shop(PARTIAL, "app/values-prod.yaml"), @"app/values-prod.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (app/values-prod.yaml:3: `image.tag` is `0.9.0`, but no `repository` beside it names the image); name it there, or declare where it stands with `set` or a `marker` in the configuration");
}

#[test]
fn a_file_below_the_folder_that_sets_a_part_of_the_image_is_not_certain() {
    let below = PARTIAL.replace("app/values-prod.yaml", "app/envs/prod.yaml");
    assert_snapshot!(shown(&below, "app"), @"
    ghcr.io/acme/shop:1.0.0 by app/values.yaml:4 (helm-values)
    ? app/values.yaml:4: `app/envs/prod.yaml` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known
    ");
    assert_snapshot!(set_shop(&below, "app"), @"app/values.yaml:4: `app/envs/prod.yaml` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known; list them in Helm's order under `values` in the configuration");
    let json = "--- app/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n--- app/values-prod.json\n{\n  \"image\": {\n    \"tag\": \"0.9.0\"\n  }\n}\n";
    assert_snapshot!(shop(json, "app"), @"app/values.yaml:3: `app/values-prod.json` sets the image `ghcr.io/acme/shop` too, and which of the two files wins is not known; list them in Helm's order under `values` in the configuration");
    // A chart in the folder, a template, and a file about another image.
    for more in [
        "--- app/charts/redis/Chart.yaml\nname: redis\n--- app/charts/redis/values.yaml\nimage: { tag: 7 }\n",
        "--- app/templates/x.yaml\nimage: { tag: 7 }\n",
        "--- app/envs/job.yaml\nimage: { repository: ghcr.io/acme/job, tag: '7' }\n",
        "--- app/envs/prod.yaml\nreplicas: 3\n",
        "--- app/envs/pod.yaml\napiVersion: v1\nkind: Pod\nimage: { tag: 7 }\n",
    ] {
        let text =
            format!("--- app/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n{more}");
        assert_eq!(shop(&text, "app"), "ghcr.io/acme/shop:1.0.0 by app/values.yaml:3", "{more}");
    }
}

#[test]
fn a_merge_key_that_brings_a_part_of_an_image_puts_it_in_doubt() {
    let digest = format!("sha256:{}", "0".repeat(64));
    for brought in [format!("digest: {digest}"), "tag: 1.10".to_owned(), "registry: other.example".to_owned()]
    {
        let text = format!(
            "--- app/values.yaml\nbase: &base {{ {brought} }}\nimage:\n  <<: *base\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n"
        );
        let why = "app/values.yaml:3: a merge key (`<<`) brings a part of this image from elsewhere; write that part beside the rest of the image";
        assert_eq!(shop(&text, "app"), why, "{brought}");
        assert_eq!(set_shop(&text, "app"), why, "{brought}");
    }
    let without = "--- app/values.yaml\nbase: &base { pullPolicy: Always }\nimage:\n  <<: *base\n  repository: ghcr.io/acme/shop\n  tag: 1.0.0\n";
    assert_eq!(shop(without, "app"), "ghcr.io/acme/shop:1.0.0 by app/values.yaml:5");
}

#[test]
fn values_of_several_documents_are_not_certain() {
    let two = "--- app/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: 0.9.0 }\n---\nimage: { tag: 0.8.0 }\n";
    assert_snapshot!(shown(two, "app"), @"
    ghcr.io/acme/shop:0.9.0 by app/values.yaml:1 (helm-values)
    ? app/values.yaml:3: `image.tag` is `0.8.0`, but no `repository` beside it names the image
    ? app/values.yaml:3: the values have several documents, which Helm 3 and Helm 4 read in different ways
    ");
    assert_snapshot!(shop(two, "app"), @"app/values.yaml:3: the values have several documents, which Helm 3 and Helm 4 read in different ways; keep one document in a file");
    assert_snapshot!(set_shop(two, "app"), @"app/values.yaml:3: the values have several documents, which Helm 3 and Helm 4 read in different ways; keep one document in a file");
    assert_snapshot!(runs(two, &["values.yaml"]), @"
    app/values.yaml:3: this values file has several documents, which Helm 3 and Helm 4 read in different ways; keep one document in a file
    app/values.yaml:3: this values file has several documents, which Helm 3 and Helm 4 read in different ways; keep one document in a file
    ");
    let marked = "--- app/values.yaml\nversion: 1.0.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n---\nreplicas: 3\n";
    assert_snapshot!(super::fixture::marked_diff(marked, "app"), @"app/values.yaml:3: the values have several documents, which Helm 3 and Helm 4 read in different ways; keep one document in a file");
    let application = "--- app/app.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n        image: { repository: ghcr.io/acme/shop, tag: 0.9.0 }\n        ---\n        image: { tag: 0.8.0 }\n";
    assert_snapshot!(shop(application, "app"), @"app/app.yaml:9: the values have several documents; keep one document in a file");
    let one =
        "--- app/values.yaml\n---\nimage: { repository: ghcr.io/acme/shop, tag: 0.9.0 }\n---\n# nothing\n";
    assert_snapshot!(shop(one, "app"), @"ghcr.io/acme/shop:0.9.0 by app/values.yaml:2");
}

#[test]
fn a_file_of_several_services_takes_the_change_where_a_service_has_none_of_its_own() {
    let umbrella = "--- app/values.yaml\nshop:\n  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\nother:\n  image: { repository: ghcr.io/acme/other, tag: 1.9.0 }\n--- app/common.yaml\nreplicas: 1\n--- app/shop.yaml\nshop: {}\n";
    assert_snapshot!(set(umbrella, &["services:values.yaml"]), @"
    app/values.yaml
    -  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +  image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
    assert_snapshot!(set(umbrella, &["shared:common.yaml", "services:values.yaml"]), @"
    app/values.yaml
    -  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +  image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
    // The file of all environments names the image, that of one environment overrides its tag.
    assert_snapshot!(set(umbrella, &["shared:values.yaml", "services:common.yaml"]), @"
    app/common.yaml
    +shop:
    +  image:
    +    tag: 1.10.0
    ");
    assert_snapshot!(set(umbrella, &["services:values.yaml", "shop.yaml"]), @"
    app/shop.yaml
    -shop: {}
    +shop: {image: {tag: 1.10.0}}
    ");
}
