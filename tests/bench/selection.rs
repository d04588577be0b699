//! How long it takes to read 10,000 tags from the bytes of a listing and to select from them, by each rule.
//!
//! `cargo bench --bench selection` prints CPU time; it fails where a figure is worse than what is promised.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::time::Duration;

use towpath::model::{Pattern, Selection, Tag};

const TAGS: usize = 10_000;
/// How long listing and selecting may take together.
const ALL_MAX: Duration = Duration::from_millis(20);
/// How often each is done; the median counts.
const ROUNDS: usize = 21;

fn main() {
    for (name, selection, tag) in rules() {
        let body = body(tag);
        let mut times: Vec<Duration> = (0..ROUNDS)
            .map(|_round| {
                timed(|| {
                    let tags = listed(&body);
                    let newest = selection.newest_first(&tags);
                    assert_eq!(newest.len(), TAGS, "the selection takes them all");
                })
            })
            .collect();
        times.sort();
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        println!("{name}: {TAGS} tags read and selected in {median:?} (median of {ROUNDS})");
        assert!(median < ALL_MAX, "{name}: {median:?}; at most {ALL_MAX:?}");
    }
}

/// The tag of a number.
type Naming = fn(usize) -> String;

/// Each rule, with what the tag of a number looks like.
fn rules() -> Vec<(&'static str, Selection, Naming)> {
    let pattern = |text: &str| Pattern::new(text).expect("it is a pattern");
    let semver = Selection::semver("*").expect("a range");
    let narrowed = semver.clone().narrowed(vec![pattern("^[0-9]")], vec![pattern("-windows$")]);
    let regex = Selection::regex("^main-(?P<build>[0-9]+)-[0-9a-f]+$", &["build".to_owned()]);
    vec![
        ("semver", semver, |n| format!("{}.{}.{}", n % 7, n % 101, n)),
        ("semver with patterns", narrowed, |n| format!("{}.{}.{}", n % 7, n % 101, n)),
        ("calver", Selection::calver("YYYY.0M.MICRO").expect("a layout"), |n| {
            format!("{}.{:02}.{}", 2000 + n % 26, 1 + n % 12, n)
        }),
        ("regex", regex.expect("an expression"), |n| format!("main-{n}-{:07x}", n * 2_654_435)),
        ("numerical", Selection::numerical(), |n| format!("{}", n * 7_919)),
        ("alphabetical", Selection::alphabetical(), |n| format!("build-{:x}", n * 40_503)),
    ]
}

/// A listing as a registry sends it, in no order.
fn body(tag: Naming) -> Vec<u8> {
    let tags: Vec<String> = (0..TAGS).map(|n| tag(n * 7_919 % TAGS)).collect();
    serde_json::json!({ "name": "acme/shop", "tags": tags }).to_string().into_bytes()
}

/// What the registry's client makes of the bytes.
fn listed(body: &[u8]) -> Vec<Tag> {
    #[derive(serde::Deserialize)]
    struct Listing {
        tags: Vec<String>,
    }
    let listing: Listing = serde_json::from_slice(body).expect("it is a listing");
    let mut tags: Vec<Tag> = listing.tags.into_iter().filter_map(|text| Tag::new(text).ok()).collect();
    tags.sort();
    tags
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
