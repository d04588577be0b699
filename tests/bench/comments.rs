//! How the cost of one look grows with the number of comments that strangers write on a change.
//!
//! `cargo bench --bench comments` prints CPU times and the exponent; it fails where the growth is clearly more than linear.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use towpath::config;
use towpath::forge::local::LocalForge;
use towpath::ledger::sqlite::SqliteLedger;
use towpath::model::{
    BranchName, ChangeNumber, Composition, ConfigBranch, Description, Digest, ImageName, RepositoryPath, Tag,
    UserName, Validator,
};
use towpath::observe::{Clock as _, SystemClock};
use towpath::reconcile::{Engine, Freshness, Ports};
use towpath::registry::{Listing, Registry, RegistryError};

/// The numbers of comments, each twice the one before.
const COMMENTS: [usize; 3] = [400, 800, 1_600];
/// The largest exponent that still counts as linear, with room for the noise of a machine.
const EXPONENT_MAX: f64 = 1.4;

const CONFIGURATION: &str = r#"version: 1
forges: [ { name: here, kind: local, root: ./forge, teams: { acme/sre: [alice] } } ]
registries: [ { host: registry.test } ]
pipelines:
  - name: standard
    environments:
      - { name: production, gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ], merge: auto }
services:
  - name: shop
    pipeline: standard
    images: [ { image: registry.test/acme/shop, select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: apps/shop }
"#;
const KUSTOMIZATION: &str =
    "resources: [pod.yaml]\nimages:\n  - name: registry.test/acme/shop\n    newTag: 1.0.0\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: shop }\nspec: { containers: [{ name: shop, image: \"registry.test/acme/shop:1.0.0\" }] }\n";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let times = COMMENTS.map(|count| runtime.block_on(look(count)));
    for (count, time) in COMMENTS.iter().zip(times) {
        println!("a look at {count} comments of as many strangers: {time:?}");
    }
    let [first, .., last] = times.map(|time| time.as_secs_f64());
    let [fewest, .., most] = COMMENTS.map(|count| f64::from(u32::try_from(count).expect("it is small")));
    let exponent = (last / first).ln() / (most / fewest).ln();
    println!("exponent: {exponent:.2}");
    assert!(
        exponent < EXPONENT_MAX,
        "the cost grows with the power of {exponent:.2}; at most {EXPONENT_MAX}"
    );
}

/// How long an engine works until so many comments are handled and answered.
async fn look(comments: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = config::read(CONFIGURATION, &folder.path().join("towpath.yaml")).expect("it is valid");
    let place = settings.policy.places().remove(0);
    let forge = forge(folder.path(), &place).await;
    let ledger = SqliteLedger::in_memory().await.expect("a ledger");
    let ports = Ports::new(forge.clone(), OneImage, ledger, SystemClock);
    let engine = Engine::new(ports, Arc::new(settings.policy));
    settle(&engine, &place).await;
    for index in 0..comments {
        let by = UserName::new(format!("stranger-{index}")).expect("a name");
        let commented = forge.comment_as(&place.repository, ChangeNumber(1), &by, "/promote approve").await;
        drop(commented.expect("a change is open"));
    }
    let start = cpu_time();
    settle(&engine, &place).await;
    cpu_time() - start
}

async fn settle(engine: &Engine<LocalForge, OneImage, SqliteLedger, SystemClock>, place: &ConfigBranch) {
    let settled = engine.settle(place, Freshness::Since(SystemClock.now())).await;
    assert!(settled.failures.is_empty(), "{:?}", settled.failures);
}

async fn forge(folder: &Path, place: &ConfigBranch) -> LocalForge {
    let bot = UserName::new("towpath").expect("a name");
    let now = Arc::new(|| SystemClock.now());
    let forge = LocalForge::new(place.forge.clone(), folder.join("forge"), BTreeMap::new(), bot, now);
    let file =
        |path: &str, text: &str| (RepositoryPath::new(path).expect("a path"), text.as_bytes().to_vec());
    let files = vec![file("apps/shop/kustomization.yaml", KUSTOMIZATION), file("apps/shop/pod.yaml", POD)];
    let main = BranchName::new("main").expect("a branch");
    let by = UserName::new("dora").expect("a name");
    drop(forge.create_repository(&place.repository, &main, files, &by).await.expect("the folder is empty"));
    forge
}

/// What this process has had of the CPU so far on all its threads, as Linux counts it.
fn cpu_time() -> Duration {
    let counted = std::fs::read_to_string("/proc/self/stat").expect("Linux counts for every process");
    let fields: Vec<&str> = counted.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    // User and system time, in hundredths of a second: fields 14 and 15 of proc(5), counted from the third here.
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

/// A registry with one image in two versions.
struct OneImage;

impl Registry for OneImage {
    async fn tags(&self, _image: &ImageName, _known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let tags = ["1.0.0", "1.1.0"].map(|tag| Tag::new(tag).expect("a tag")).to_vec();
        Ok(Listing::Tags { tags, validator: None })
    }

    async fn digest(&self, _image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        let digit = tag.as_str().chars().nth(2).unwrap_or('0');
        Ok(Digest::new(format!("sha256:{}", digit.to_string().repeat(64))).ok())
    }

    async fn description(&self, _: &ImageName, _: &Digest) -> Result<Option<Description>, RegistryError> {
        Ok(Some(Description::of(towpath::model::ArtifactKind::Image)))
    }

    async fn composition(&self, _: &ImageName, _: &Digest) -> Result<Option<Composition>, RegistryError> {
        Ok(Some(Composition::Single))
    }

    async fn has_manifest(&self, _image: &ImageName, _digest: &Digest) -> Result<bool, RegistryError> {
        Ok(true)
    }
}
