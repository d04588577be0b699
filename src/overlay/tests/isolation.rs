//! A promotion changes what no other environment or service runs.

use super::fixture::{image, path, release, tree, tree_of, unified};
use crate::model::{DeclaredScalar, ImageDiscovery, Location, Tree, ValuesFile, ValuesSharing, Writing};
use crate::overlay::{OverlayError, Overlays, Promotion, Resolver, promote, running};

const SHOP: &str = "ghcr.io/acme/shop";

/// An environment of a service: its location and its image.
#[derive(Clone, Debug)]
struct Target {
    location: Location,
    image: &'static str,
}

fn target(folder: &str, finding: ImageDiscovery, image: &'static str) -> Target {
    Target { location: Location { path: path(folder), finding }, image }
}

fn by_format(folder: &str) -> Target {
    target(folder, ImageDiscovery::ByFormat, SHOP)
}

fn declared(folder: &str, file: &str, scalar: &str, image: &'static str) -> Target {
    let scalar = DeclaredScalar { file: path(file), path: scalar.to_owned() };
    target(folder, ImageDiscovery::Declared(vec![scalar]), image)
}

fn marked(folder: &str) -> Target {
    target(folder, ImageDiscovery::Marker("flux-system:shop".parse().unwrap()), SHOP)
}

fn values(folder: &str, file: &str) -> Target {
    let files = vec![ValuesFile { path: path(file), sharing: ValuesSharing::Own }];
    target(folder, ImageDiscovery::Values(files), SHOP)
}

/// What is known once all targets were asked about.
fn overlays(tree: &Tree, targets: &[&Target]) -> Overlays {
    let mut resolver = Resolver::default();
    for target in targets {
        // What cannot be read is a target all the same.
        let _unread = resolver.running(tree, &target.location, &image(target.image)).is_err();
    }
    resolver.overlays()
}

/// The files of a promotion of the first target, which the policy has beside the others.
fn promoted(
    tree: &Tree,
    targets: &[&Target],
) -> Result<Vec<(crate::model::RepositoryPath, Vec<u8>)>, OverlayError> {
    let overlays = overlays(tree, targets);
    let own = targets.first().unwrap();
    let release = release(&[(own.image, "1.10.0")]);
    let promotion = Promotion {
        location: &own.location,
        release: &release,
        writing: Writing::default(),
        running: std::collections::BTreeSet::new(),
    };
    let changes = promote(tree, &overlays, &promotion)?;
    Ok(changes.into_iter().filter_map(|change| Some((change.path, change.new?))).collect())
}

/// The diff of a promotion of the first target, or why it is refused.
fn shown(repository: &str, targets: &[&Target]) -> String {
    let tree = tree(repository);
    match promoted(&tree, targets) {
        Ok(files) => files.iter().map(|(path, new)| unified(&tree, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\nspec:\n  template:\n    spec:\n      containers:\n      - { name: shop, image: 'ghcr.io/acme/shop:1.9.0' }\n";
const IMAGE: &str = "spec.template.spec.containers[0].image";

/// Two environments with kustomizations that read one base.
fn with_base() -> String {
    format!(
        "--- base/kustomization.yaml\nresources: [d.yaml]\n--- base/d.yaml\n{DEPLOYMENT}--- dev/kustomization.yaml\nresources: [../base]\n--- prod/kustomization.yaml\nresources: [../base]\n"
    )
}

#[test]
fn a_scalar_that_another_target_reads_is_not_set() {
    let shared = "--- shared.yaml\na: 1\nt: 1.9.0\n--- dev/x\n--- prod/x\n";
    let (dev, prod) = (declared("dev", "shared.yaml", "t", SHOP), declared("prod", "shared.yaml", "t", SHOP));
    insta::assert_snapshot!(shown(shared, &[&dev, &prod]), @"shared.yaml:2: the edit would also change what `prod` runs of `ghcr.io/acme/shop`; give each environment and service a scalar of its own; one service can list several images that share a version");
    let other = declared("dev", "shared.yaml", "t", "ghcr.io/acme/other");
    insta::assert_snapshot!(shown(shared, &[&dev, &other]), @"shared.yaml:2: the edit would also change what `dev` runs of `ghcr.io/acme/other`; give each environment and service a scalar of its own; one service can list several images that share a version");
    let two = "--- dev/a.yaml\nDEPLOYMENT--- dev/b.yaml\nDEPLOYMENT".replace("DEPLOYMENT", DEPLOYMENT);
    insta::assert_snapshot!(shown(&two, &[&by_format("dev"), &by_format("dev/b.yaml")]), @"dev/b.yaml:8: the edit would also change what `dev/b.yaml` runs of `ghcr.io/acme/shop`; give each environment and service a scalar of its own; one service can list several images that share a version");
}

#[test]
fn a_base_that_another_kustomization_reads_is_not_set() {
    let dev = declared("dev", "base/d.yaml", IMAGE, SHOP);
    insta::assert_snapshot!(shown(&with_base(), &[&dev]), @"base/d.yaml:8: the kustomization in `prod` reads this file, too, so the edit would also change what it renders; set the image in a file that only this environment reads");
    insta::assert_snapshot!(shown(&with_base(), &[&dev, &by_format("prod")]), @"base/d.yaml:8: the edit would also change what `prod` runs of `ghcr.io/acme/shop`; give each environment and service a scalar of its own; one service can list several images that share a version");
    let marked_image =
        "- name: shop\n        image: ghcr.io/acme/shop:1.9.0 # {\"$imagepolicy\": \"flux-system:shop\"}";
    let below = with_base()
        .replace("- { name: shop, image: 'ghcr.io/acme/shop:1.9.0' }", marked_image)
        .replace("--- base/", "--- dev/base/")
        .replace("dev/kustomization.yaml\nresources: [../base]", "dev/kustomization.yaml\nresources: [base]")
        .replace("[../base]", "[../dev/base]");
    insta::assert_snapshot!(shown(&below, &[&marked("dev")]), @"dev/base/d.yaml:9: the kustomization in `prod` reads this file, too, so the edit would also change what it renders; set the image in a file that only this environment reads");
}

#[test]
fn a_file_that_only_its_environment_deploys_is_set() {
    let tag =
        "--- clusters/dev/shop/release.yaml\ntag: 1.9.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n";
    for (kustomizations, folder) in [
        // The environment's own kustomization stands above its folder.
        ("--- clusters/dev/kustomization.yaml\nresources: [shop/release.yaml]\n", "clusters/dev/shop"),
        // A single kustomization elsewhere deploys the environment.
        (
            "--- flux/dev/kustomization.yaml\nresources: [../../clusters/dev/shop/release.yaml]\n",
            "clusters/dev/shop",
        ),
        // A namespace is no folder.
        (
            "--- clusters/kustomization.yaml\nnamespace: dev\n--- clusters/dev/shop/kustomization.yaml\nresources: [release.yaml]\n",
            "clusters/dev/shop",
        ),
    ] {
        let repository = format!("{tag}{kustomizations}");
        let shown = shown(&repository, &[&marked(folder)]);
        assert!(shown.starts_with("clusters/dev/shop/release.yaml\n"), "{shown}\n{repository}");
    }
}

/// A repository whose `path -> link` entries are symbolic links.
fn linked(files: &[(&str, &str)]) -> Tree {
    tree_of(&files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
}

#[test]
fn a_file_that_another_target_reads_through_a_link_is_not_set() {
    let tag = "image:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n";
    let refused = |files: &[(&str, &str)], targets: &[&Target]| {
        promoted(&linked(files), targets).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let files = [("dev/values.yaml", tag), ("prod/values.yaml -> link", "../dev/values.yaml")];
    insta::assert_snapshot!(refused(&files, &[&by_format("dev"), &by_format("prod")]), @"dev/values.yaml:3: a symbolic link gives this file the path `prod/values.yaml` too, so the edit would also change `prod`; put a file of its own in the place of the link");
    insta::assert_snapshot!(refused(&files, &[&values("dev", "dev/values.yaml"), &values("prod", "prod/values.yaml")]), @"dev/values.yaml:3: a symbolic link gives this file the path `prod/values.yaml` too, so the edit would also change `prod`; put a file of its own in the place of the link");
    let chain = [("dev/values.yaml", tag), ("prod -> link", "current"), ("current -> link", "./dev/")];
    insta::assert_snapshot!(refused(&chain, &[&by_format("dev"), &values("prod", "prod/values.yaml")]), @"dev/values.yaml:3: a symbolic link gives this file the path `prod/values.yaml` too, so the edit would also change `prod`; put a file of its own in the place of the link");
    let kustomization = "resources: [d.yaml]\nimages: [ { name: ghcr.io/acme/shop, newTag: 1.9.0 } ]\n";
    let files =
        [("dev/kustomization.yaml", kustomization), ("dev/d.yaml", DEPLOYMENT), ("prod -> link", "dev")];
    insta::assert_snapshot!(refused(&files, &[&by_format("dev"), &by_format("prod")]), @"dev/kustomization.yaml:2: a symbolic link gives this file the path `prod/kustomization.yaml` too, so the edit would also change `prod`; put a file of its own in the place of the link");
    // Links that lead elsewhere, to themselves, or to which no target leads, change nothing.
    for link in ["../other", "/dev/values.yaml", "../../dev/values.yaml", "../prod/values.yaml", "."] {
        let files = [("dev/values.yaml", tag), ("prod/values.yaml -> link", link)];
        assert_eq!(refused(&files, &[&by_format("dev"), &by_format("prod")]), "", "{link}");
    }
    let files = [("dev/values.yaml", tag), ("docs/example.yaml -> link", "../dev/values.yaml")];
    assert_eq!(refused(&files, &[&by_format("dev"), &by_format("prod")]), "");
}

#[test]
fn the_content_of_links_is_asked_for() {
    let mut tree = linked(&[("dev/values.yaml", "image: 'ghcr.io/acme/shop:1.9.0'\n")]);
    let link = crate::model::TreeEntry {
        kind: crate::model::EntryKind::SymbolicLink,
        blob: crate::model::BlobId::new("7".repeat(40)).unwrap(),
    };
    tree.learn(&path("prod"), crate::model::PathState::Entry(link));
    match promoted(&tree, &[&by_format("dev"), &by_format("prod")]) {
        Err(OverlayError::Missing(missing)) => assert_eq!(missing.0, [path("prod")].into()),
        other => panic!("{other:?}"),
    }
}

/// One repository in which targets of every kind meet.
fn crowded() -> String {
    let marked = "# {\"$imagepolicy\": \"flux-system:shop\"}";
    format!(
        "{}--- shared.yaml\nt: 1.9.0\nu: 1.9.0\nimage: ghcr.io/acme/shop:1.9.0 {marked}\n--- values/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n--- plain/a.yaml\n{DEPLOYMENT}--- plain/b.yaml\n{DEPLOYMENT}--- qa/kustomization.yaml\nresources: [../plain/a.yaml]\n--- patched/kustomization.yaml\nresources: [../base]\nimages: [ {{ name: ghcr.io/acme/shop, newTag: 1.9.0 }} ]\n",
        with_base()
    )
}

#[test]
fn no_promotion_changes_what_another_target_runs() {
    let tree = tree(&crowded());
    let targets = [
        by_format("dev"),
        by_format("prod"),
        by_format("patched"),
        by_format("qa"),
        by_format("values"),
        by_format("plain"),
        by_format("plain/b.yaml"),
        marked(""),
        marked("plain"),
        values("values", "values/values.yaml"),
        declared("dev", "base/d.yaml", IMAGE, SHOP),
        declared("dev", "shared.yaml", "t", SHOP),
        declared("prod", "shared.yaml", "u", SHOP),
        declared("prod", "shared.yaml", "image", SHOP),
        declared("x", "shared.yaml", "t", "ghcr.io/acme/other"),
        declared("values", "values/values.yaml", "image.tag", SHOP),
        declared("values", "values/values.yaml", "image.tag", "ghcr.io/acme/other"),
        declared("qa", "plain/a.yaml", IMAGE, SHOP),
        declared("patched", "patched/kustomization.yaml", "images[0].newTag", SHOP),
    ];
    let (mut written, mut refused) = (0, 0);
    for (index, own) in targets.iter().enumerate() {
        for (_, other) in targets.iter().enumerate().filter(|(at, _)| *at != index) {
            let Ok(files) = promoted(&tree, &[own, other]) else {
                refused += 1;
                continue;
            };
            written += 1;
            let runs = |tree: &Tree| {
                running(tree, &other.location, &image(other.image)).map(|found| found.references())
            };
            assert_eq!(runs(&tree), runs(&tree.with_files(&files)), "{own:?} moves {other:?}");
        }
    }
    // Neither outcome is a rare one.
    assert!(written > 100 && refused > 20, "{written} written, {refused} refused");
}

#[test]
fn an_environment_whose_kustomization_leads_to_the_promoted_one_is_not_moved_along() {
    let files = [
        ("apps/dev/kustomization.yaml", "resources: [d.yaml]\n"),
        ("apps/dev/d.yaml", DEPLOYMENT),
        ("apps/prod/kustomization.yaml", "resources: [../dev]\n"),
        ("apps/prod/d.yaml", DEPLOYMENT),
        ("clusters/all/kustomization.yaml", "resources: [../../apps/dev]\n"),
    ];
    let files = files.map(|(file, text)| (file.to_owned(), text.as_bytes().to_vec()));
    let tree = tree_of(&files.into_iter().collect());
    let environments = |find: fn(&str) -> Target| ["apps/dev", "apps/prod"].map(find);
    let by_set = |folder: &str| declared(folder, &format!("{folder}/d.yaml"), IMAGE, SHOP);
    for [dev, prod] in [environments(by_set), environments(|folder| by_format(&format!("{folder}/d.yaml")))] {
        let why = promoted(&tree, &[&dev, &prod]).unwrap_err().to_string();
        assert!(why.contains("the kustomization in `apps/prod` reads this file, too"), "{why}");
        // What only gathers services is no environment.
        assert!(promoted(&tree, &[&dev]).is_ok());
    }
}

#[test]
fn a_kustomization_of_another_environment_that_names_the_promoted_file_is_not_moved_along() {
    let files = [
        ("apps/dev/d.yaml", DEPLOYMENT),
        ("apps/prod/kustomization.yaml", "resources: [../dev/d.yaml]\n"),
        ("apps/prod/d.yaml", DEPLOYMENT),
    ];
    let files = files.map(|(file, text)| (file.to_owned(), text.as_bytes().to_vec()));
    let tree = tree_of(&files.into_iter().collect());
    let [dev, prod] = ["apps/dev", "apps/prod"].map(|at| declared(at, &format!("{at}/d.yaml"), IMAGE, SHOP));
    let why = promoted(&tree, &[&dev, &prod]).unwrap_err().to_string();
    assert!(why.contains("the kustomization in `apps/prod` reads this file, too"), "{why}");
}

#[test]
fn services_of_one_environment_share_a_values_file_as_long_as_each_has_its_own_keys() {
    let umbrella = "--- dev/values.yaml\nshop:\n  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\nother:\n  image: { repository: ghcr.io/acme/other, tag: 1.9.0 }\n--- dev/other.yaml\nreplicas: 1\n";
    let file = |name: &str, sharing| ValuesFile { path: path(name), sharing };
    let shared = file("dev/values.yaml", ValuesSharing::Services);
    let own = file("dev/other.yaml", ValuesSharing::Own);
    let shop = target("dev", ImageDiscovery::Values(vec![shared.clone()]), SHOP);
    let same = target("dev", ImageDiscovery::Values(vec![shared.clone()]), "ghcr.io/acme/other");
    let other = target("dev", ImageDiscovery::Values(vec![shared, own]), "ghcr.io/acme/other");
    insta::assert_snapshot!(shown(umbrella, &[&shop, &same]), @"
    dev/values.yaml
    -  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +  image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
    insta::assert_snapshot!(shown(umbrella, &[&shop, &other]), @"
    dev/values.yaml
    -  image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +  image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
    // One tag for both charts.
    let one_tag = "--- dev/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\n--- dev/other.yaml\nimage: { repository: ghcr.io/acme/other }\n";
    insta::assert_snapshot!(shown(one_tag, &[&shop, &other]), @"dev/values.yaml:1: the edit would also change what `dev` runs of `ghcr.io/acme/other`; give each environment and service a scalar of its own; one service can list several images that share a version");
}

#[test]
fn what_reads_a_file_is_not_known_in_a_repository_with_too_many_kustomizations() {
    let many: String =
        (0..20_000).map(|at| format!("--- k/{at}/kustomization.yaml\nresources: []\n")).collect();
    let own = "--- dev/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\n";
    let dev = values("dev", "dev/values.yaml");
    insta::assert_snapshot!(shown(&format!("{own}{many}"), &[&dev]), @"
    dev/values.yaml
    -image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
    let more = format!("{own}{many}--- k/more/kustomization.yaml\nresources: []\n");
    insta::assert_snapshot!(shown(&more, &[&dev]), @"dev/values.yaml:1: the repository has more than 20000 kustomizations, so it is not known which of them read this file; give this environment a kustomization of its own");
}
