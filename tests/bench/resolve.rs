//! How long it takes to know what 10,000 overlays run, from memory: all of them, and again after one file changed. Also
//! how the time grows with the number of images, keys and ConfigMaps of one overlay.
//!
//! `cargo bench --bench resolve` prints CPU time; it fails where a figure is worse than what is promised.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use towpath::model::{BlobId, CommitId, EntryKind, Location, RepositoryPath, Tree, TreeEntry};
use towpath::overlay::Resolver;

const SERVICES: usize = 2_500;
const ENVIRONMENTS: [&str; 4] = ["dev", "staging", "canary", "production"];
/// How long all overlays may take.
const ALL_MAX: Duration = Duration::from_secs(2);
/// How long all answers may take after one file changed.
const CHANGED_MAX: Duration = Duration::from_millis(5);
/// How often the change is made; the median counts.
const CHANGES: usize = 21;
/// How many images the smaller of two wide overlays has.
const WIDE: usize = 500;
/// How many times as many the larger one has.
const WIDENED: usize = 4;
/// The exponent with which the time may grow: 1 is linear, 2 quadratic. What is neither is sorting and memory.
const EXPONENT_MAX: f64 = 1.4;

fn main() {
    let mut files = files();
    let folders: Vec<Location> = folders().map(Location::from).collect();
    let before = tree(&files);
    let mut resolver = Resolver::default();
    let all = timed(|| look(&mut resolver, &before, &folders));
    println!("{} overlays from memory: {all:?}", folders.len());
    let warm = timed(|| look(&mut resolver, &before, &folders));
    println!("again, nothing changed: {warm:?}");
    let mut times: Vec<Duration> =
        (0..CHANGES).map(|round| change(round, &mut files, &folders, &mut resolver)).collect();
    times.sort();
    let changed = times.get(CHANGES / 2).copied().unwrap_or_default();
    println!("one file changed, answer of the one overlay: {changed:?} (median of {CHANGES})");
    for (what, make) in WIDE_OVERLAYS {
        let [small, large] = [WIDE, WIDE * WIDENED].map(|count| wide(make, count));
        let exponent = (large.as_secs_f64() / small.as_secs_f64()).log(WIDENED as f64);
        println!("{what}: {small:?} for {WIDE}, {large:?} for {}; exponent {exponent:.2}", WIDE * WIDENED);
        assert!(exponent < EXPONENT_MAX, "{what}: exponent {exponent:.2}; at most {EXPONENT_MAX}");
    }
    assert!(all < ALL_MAX, "{all:?} for all overlays; at most {ALL_MAX:?}");
    assert!(changed < CHANGED_MAX, "{changed:?} after one change; at most {CHANGED_MAX:?}");
}

/// Makes the file of one overlay with so many images.
type Wide = fn(usize) -> String;

/// Overlays of one file, by what is many in them.
const WIDE_OVERLAYS: [(&str, Wide); 4] = [
    ("images of one HelmRelease", |count| {
        let values: String = (0..count)
            .map(|at| format!("    k{at}: {{ image: {{ repository: ghcr.io/acme/s{at}, tag: v{at} }} }}\n"))
            .collect();
        format!("{RELEASE}spec:\n  values:\n{values}")
    }),
    ("images in a block of one Application", |count| {
        let values: String = (0..count)
            .map(|at| {
                format!("          k{at}: {{ image: {{ repository: ghcr.io/acme/s{at}, tag: v{at} }} }}\n")
            })
            .collect();
        let head = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: shop }\nspec:\n  source:\n    helm:\n      values: |\n";
        format!("{head}{}", values.replace("          ", "        "))
    }),
    ("releases with a ConfigMap each", |count| {
        let object = |at: usize| {
            let map = format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: v{at} }}\ndata:\n  values.yaml: |\n    image: {{ repository: ghcr.io/acme/s{at}, tag: v1 }}\n"
            );
            let release = RELEASE.replace("name: shop", &format!("name: r{at}"));
            format!("{map}---\n{release}spec:\n  valuesFrom: [ {{ kind: ConfigMap, name: v{at} }} ]\n")
        };
        (0..count).map(object).collect()
    }),
    ("images of one custom resource", |count| {
        let items: String = (0..count).map(|at| format!("  - image: ghcr.io/acme/s{at}:1\n")).collect();
        format!("apiVersion: acme.test/v1\nkind: Shop\nmetadata: {{ name: shop }}\nspec:\n  items:\n{items}")
    }),
];

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\n";

/// How long one overlay of that many images takes: the best of three.
fn wide(make: Wide, count: usize) -> Duration {
    let own = "resources: [objects.yaml]\nconfigurations: [images.yaml]\n";
    let fields = "images: [ { kind: Shop, path: spec/items/image } ]\n";
    let files =
        [("objects.yaml", make(count)), ("kustomization.yaml", own.into()), ("images.yaml", fields.into())];
    let files = files.map(|(name, text)| (format!("a/{name}"), text)).into();
    let (tree, folder) = (tree(&files), Location::from(RepositoryPath::new("a").expect("a path")));
    let look = || {
        let found = Resolver::default().resolve(&tree, &folder).expect("it resolves");
        assert!(found.uses.len() == count, "{} of {count} images", found.uses.len());
    };
    (0..3).map(|_| timed(look)).min().unwrap_or_default()
}

/// Changes the tag of one service in production and asks what runs there.
fn change(
    round: usize,
    files: &mut BTreeMap<String, String>,
    folders: &[Location],
    resolver: &mut Resolver,
) -> Duration {
    let service = round * 97 % SERVICES;
    files.insert(
        format!("apps/s{service:04}/overlays/production/kustomization.yaml"),
        overlay(service, round + 2),
    );
    let after = tree(files);
    let folder = folders
        .iter()
        .find(|folder| folder.path.as_str() == format!("apps/s{service:04}/overlays/production"));
    let folder = folder.expect("every service has a production");
    let time = timed(|| {
        let found = resolver.resolve(&after, folder).expect("it resolves");
        let tag = found.uses.first().and_then(|found| found.reference.tag.clone());
        assert_eq!(tag.map(|tag| tag.to_string()), Some(format!("1.{}.0", round + 2)));
    });
    look(resolver, &after, folders);
    time
}

fn look(resolver: &mut Resolver, tree: &Tree, folders: &[Location]) {
    for folder in folders {
        let image = format!("ghcr.io/acme/{}", folder.path.as_str().get(5..10).expect("the service"));
        let running = resolver.running(tree, folder, &image.parse().expect("a name"));
        drop(running.expect("it resolves"));
    }
}

/// What the work takes of the CPU: other processes do not count.
fn timed(work: impl FnOnce()) -> Duration {
    let start = cpu_time();
    work();
    cpu_time() - start
}

/// What this process, which has one thread, has had of the CPU so far, as Linux counts it.
fn cpu_time() -> Duration {
    let counted = std::fs::read_to_string("/proc/self/schedstat").expect("Linux counts for every process");
    let nanoseconds = counted.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first number is the time on the CPU"))
}

fn folders() -> impl Iterator<Item = RepositoryPath> {
    let all = (0..SERVICES).flat_map(|service| ENVIRONMENTS.map(|environment| (service, environment)));
    all.map(|(service, environment)| {
        RepositoryPath::new(format!("apps/s{service:04}/overlays/{environment}")).expect("a path")
    })
}

fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for service in 0..SERVICES {
        let base = format!("apps/s{service:04}/base");
        files.insert(
            format!("{base}/kustomization.yaml"),
            "resources:\n  - deployment.yaml\n  - service.yaml\n".to_owned(),
        );
        files.insert(format!("{base}/deployment.yaml"), deployment(service));
        files.insert(format!("{base}/service.yaml"), SERVICE.replace("NAME", &format!("s{service:04}")));
        for environment in ENVIRONMENTS {
            files.insert(
                format!("apps/s{service:04}/overlays/{environment}/kustomization.yaml"),
                overlay(service, 1),
            );
        }
    }
    files
}

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: NAME\nspec:\n  ports:\n    - port: 80\n";

fn overlay(service: usize, minor: usize) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: s{service:04}\nresources:\n  - ../../base\nimages:\n  - name: ghcr.io/acme/s{service:04} # moved by towpath\n    newTag: \"1.{minor}.0\"\n"
    )
}

fn deployment(service: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: s{service:04}\n  labels: {{ app: s{service:04} }}\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {{ app: s{service:04} }}\n  template:\n    metadata:\n      labels: {{ app: s{service:04} }}\n    spec:\n      containers:\n        - name: main\n          image: ghcr.io/acme/s{service:04}:0.1.0\n          ports:\n            - containerPort: 8080\n          env:\n            - name: PORT\n              value: \"8080\"\n          resources:\n            limits: {{ memory: 256Mi }}\n        - name: proxy\n          image: envoyproxy/envoy:v1.30.1\n"
    )
}

fn tree(files: &BTreeMap<String, String>) -> Tree {
    let mut entries = BTreeMap::new();
    let mut blobs = Vec::new();
    for (name, text) in files {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let blob = BlobId::new(format!("{:040x}", hasher.finish())).expect("forty digits");
        let path = RepositoryPath::new(name.as_str()).expect("a path");
        entries.insert(path, TreeEntry { kind: EntryKind::File, blob });
        blobs.push((blob, text.as_bytes().into()));
    }
    let mut tree = Tree::new(CommitId::new("0".repeat(40)).expect("forty digits"), Arc::new(entries));
    blobs.into_iter().for_each(|(blob, content)| tree.add_blob(blob, content));
    tree
}
