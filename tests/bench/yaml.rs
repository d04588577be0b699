//! How fast kustomizations are parsed and edited, beside others that do the same to the same bytes.
//!
//! `cargo bench --bench yaml` prints ratios, which do not depend on the machine as seconds do, and fails where one
//! is below its target. Each contestant runs several times in turn and counts with its best time.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod kustomizations;
mod ruamel;

use std::hint::black_box;
use std::process::ExitCode;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use kustomizations::Kustomization;
use towpath::yaml::{Edit, NodeId, Prefilter, Source, Tree, edit, parse};

/// How often each contestant runs.
const ROUNDS: usize = 15;
/// The tag that is set; it needs no quotes.
const TAG: &str = "v2.0.0-rc1";

fn main() -> ExitCode {
    let files = kustomizations::all();
    let edits: usize = files.iter().map(|file| file.images).sum();
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    println!("{} kustomizations, {bytes} bytes, {edits} edits of one `newTag` each", files.len());
    check_results(&files);
    let results =
        [compare_parsing(&files), compare_edits(&files), compare_with_ruamel(&files), prefilter(&files)];
    if results.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints how many times as fast ours is and whether that is enough.
fn verdict(what: &str, ours: Duration, theirs: Duration, target: f64) -> bool {
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    let is_met = ratio >= target;
    let word = if is_met { "met" } else { "MISSED" };
    println!("{what}: ours {ours:?}, theirs {theirs:?}, ratio {ratio:.2} (at least {target}: {word})");
    is_met
}

/// The best time of each, measured in turn.
fn best(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(time(&mut ours));
        best.1 = best.1.min(time(&mut theirs));
    }
    best
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn compare_parsing(files: &[Kustomization]) -> bool {
    let kustomizations: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
    let manifests = kustomizations::manifests();
    let manifests: Vec<&str> = manifests.iter().map(String::as_str).collect();
    let all = [kustomizations.as_slice(), manifests.as_slice()].concat();
    parsing("of kustomizations alone", &kustomizations, 0.6);
    parsing("of manifests alone", &manifests, 0.6);
    parsing("of all files", &all, 0.7)
}

fn parsing(of: &str, texts: &[&str], target: f64) -> bool {
    let (ours, theirs) = best(
        || texts.iter().for_each(|text| drop(black_box(read(text)))),
        || texts.iter().for_each(|text| assert!(black_box(events(text)) > 0)),
    );
    verdict(&format!("parsing with spans {of}, against the bare events of yaml-rust2"), ours, theirs, target)
}

fn read(text: &str) -> (Source, Tree) {
    let source = Source::new(text).expect("it is small");
    let tree = parse(&source).expect("it is YAML");
    (source, tree)
}

fn events(text: &str) -> usize {
    let mut parser = yaml_rust2::parser::Parser::new_from_str(text);
    let mut count = 0;
    while parser.next_token().expect("it is YAML").0 != yaml_rust2::parser::Event::StreamEnd {
        count += 1;
    }
    count
}

fn compare_edits(files: &[Kustomization]) -> bool {
    let (ours, theirs) = best(
        || each(files, |file, number| drop(black_box(ours(&file.text, number)))),
        || each(files, |file, number| drop(black_box(by_yaml_edit(&file.text, number)))),
    );
    verdict("a verified edit, against an unverified one of yaml-edit", ours, theirs, 1.5)
}

fn each(files: &[Kustomization], mut work: impl FnMut(&Kustomization, usize)) {
    files.iter().for_each(|file| (0..file.images).for_each(|number| work(file, number)));
}

/// Parses a file, sets the tag of one image and proves the result.
fn ours(text: &str, number: usize) -> String {
    let (source, tree) = read(text);
    let node = tag_of(&tree, number).expect("it has that image");
    edit(&source, &tree, &[Edit::SetScalar { node, value: TAG.to_owned() }]).expect("it can be edited")
}

fn tag_of(tree: &Tree, number: usize) -> Option<NodeId> {
    let images = tree.get(tree.root()?, "images")?;
    tree.get(*tree.items(images).get(number)?, "newTag")
}

fn by_yaml_edit(text: &str, number: usize) -> String {
    let document = yaml_edit::Document::from_str(text).expect("it is YAML");
    let images = document.get_sequence("images").expect("it has images");
    let entry = images.get(number).expect("it has that image");
    entry.as_mapping().expect("an image is a mapping").set("newTag", TAG);
    document.to_string()
}

fn compare_with_ruamel(files: &[Kustomization]) -> bool {
    match ruamel::run(files, TAG) {
        Ok(theirs) => {
            let (ours, _) =
                best(|| each(files, |file, number| drop(black_box(ours(&file.text, number)))), || {});
            println!("ruamel.yaml changed one line only in {} of {} edits", theirs.minimal, theirs.edits);
            verdict("a verified edit, against ruamel.yaml", ours, theirs.time, 20.0)
        }
        Err(why) => {
            println!("not compared with ruamel.yaml: {why}");
            true
        }
    }
}

/// What it costs to pass over files without an image, against parsing them.
fn prefilter(files: &[Kustomization]) -> bool {
    let elsewhere = Prefilter::new("registry.example.com/acme/elsewhere");
    let (filtered, parsed) = best(
        || files.iter().for_each(|file| assert!(!black_box(elsewhere.admits(file.text.as_bytes())))),
        || files.iter().for_each(|file| drop(black_box(read(&file.text)))),
    );
    verdict("passing over a file by its bytes, against parsing it", filtered, parsed, 20.0)
}

/// Ours change one line; how often yaml-edit gives the very same text is only reported.
fn check_results(files: &[Kustomization]) {
    let (mut same, mut all) = (0, 0);
    each(files, |file, number| {
        let edited = ours(&file.text, number);
        let changed = file.text.lines().zip(edited.lines()).filter(|(old, new)| old != new).count();
        assert_eq!((changed, file.text.lines().count()), (1, edited.lines().count()), "{edited}");
        all += 1;
        same += usize::from(by_yaml_edit(&file.text, number) == edited);
    });
    println!("ours changed one line only in {all} of {all} edits; yaml-edit gave the same text in {same}");
}
