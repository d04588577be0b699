//! After an edit kustomize renders exactly the wanted reference, and nothing else in this environment or any other.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_yaml::Value;
use towpath::model::{ImageReference, RepositoryPath};
use towpath::overlay::{OverlayError, Resolver, SetTo, set_image};

use super::layout::{DIGESTS, Layout, layouts};
use super::property::{number, tree};
use super::rendered::{Files, images, render_folder};
use super::written::{ENVIRONMENT, files};
use crate::support::depth;

/// How many layouts are tried; another number can be set with `TOWPATH_TEST_EDITS`.
const LAYOUTS: usize = 400;
/// How many of them one run of kustomize renders.
const BATCH: usize = 50;
/// Of a hundred images that are certain, how many an edit has to reach.
const EDITED_MIN: usize = 60;
/// Of a hundred edits, how many have to be made outside of the environment's own `images`, for the test to mean
/// anything.
const IN_PLACE_MIN: usize = 15;

/// The folder of another environment.
const OTHER: &str = "other";

const TAG: &str = "9.9.9";

/// A layout, what is asked for, and what an edit makes of it.
struct Case {
    before: Files,
    after: Files,
    wanted: ImageReference,
    is_in_place: bool,
}

#[derive(Default)]
struct Count {
    certain: usize,
    edited: usize,
    in_place: usize,
    compared: usize,
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was compared is what a reader of this test wants to know")]
fn an_edit_moves_the_wanted_image_and_nothing_else_that_kustomize_renders() {
    let layouts_tried = number("TOWPATH_TEST_EDITS").unwrap_or_else(|| depth::cases(LAYOUTS));
    let seed = number("TOWPATH_TEST_SEED").unwrap_or(0_u8);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let mut count = Count::default();
    for batch in 0..layouts_tried.div_ceil(BATCH) {
        let layouts: Vec<Layout> =
            (0..BATCH).map(|_| layouts().new_tree(&mut runner).unwrap().current()).collect();
        let cases = layouts.iter().enumerate();
        let cases: Vec<Case> =
            cases.filter_map(|(index, layout)| case(layout, batch * BATCH + index, &mut count)).collect();
        compare(&cases, &mut count);
    }
    let Count { certain, edited, in_place, compared } = count;
    println!("{certain} certain images, {edited} edited, {in_place} in place, {compared} compared");
    assert!(edited * 100 >= certain * EDITED_MIN, "only {edited} of {certain} images could be edited");
    assert!(in_place * 100 >= edited * IN_PLACE_MIN, "only {in_place} of {edited} edits were in place");
    assert!(compared * 2 >= edited, "kustomize renders only {compared} of {edited} edited layouts");
}

/// The edit of the first image that is certain; `None` where there is none or it is refused. Every second layout has
/// another environment, which Towpath manages in every fourth, and another fourth has its base to itself.
fn case(layout: &Layout, index: usize, count: &mut Count) -> Option<Case> {
    let mut before = files(layout);
    if index % 4 == 1 {
        before = with_own_base(&before);
    }
    if index.is_multiple_of(2) {
        before.insert(format!("{OTHER}/kustomization.yaml"), other(&before, index));
    }
    let tree = tree(&before);
    let folder = RepositoryPath::new(ENVIRONMENT).unwrap();
    let mut resolver = Resolver::default();
    let found = resolver.resolve(&tree, &folder.clone().into()).ok()?;
    if index.is_multiple_of(4) {
        resolver.resolve(&tree, &RepositoryPath::new(OTHER).unwrap().into()).ok()?;
    }
    let image = found.uses.iter().find(|found| found.doubt.is_none())?.reference.image.clone();
    count.certain += 1;
    let digest = (!index.is_multiple_of(3)).then(|| DIGESTS[1].parse().unwrap());
    let to = SetTo { tag: Some(TAG.parse().unwrap()), digest };
    let edits = match set_image(&tree, &resolver.overlays(), &folder.into(), &image, &to) {
        Ok(edits) => edits,
        Err(OverlayError::Missing(missing)) => panic!("everything is there, but {missing:?} is missing"),
        Err(_refused) => return None,
    };
    count.edited += 1;
    let mut after = before.clone();
    for (path, content) in edits {
        after.insert(path.to_string(), String::from_utf8(content).unwrap());
    }
    let own = format!("{ENVIRONMENT}/kustomization.yaml");
    let entries = |files: &Files| {
        let text = files.get(&own).map(String::as_str).unwrap_or_default();
        let own: Value = serde_yaml::from_str(text).unwrap();
        (own.get("images").cloned(), own.get("imageTags").cloned())
    };
    let is_in_place = entries(&before) == entries(&after);
    count.in_place += usize::from(is_in_place);
    let SetTo { tag, digest } = to;
    Some(Case { before, after, wanted: ImageReference { image, tag, digest }, is_in_place })
}

/// The same layout with everything that it rests on in the environment's own folder, where it is edited in place.
fn with_own_base(files: &Files) -> Files {
    let is_below = |path: &str| path.starts_with("base") || path.starts_with("middle");
    let moved = files.iter().map(|(path, text)| {
        if is_below(path) {
            return (format!("{ENVIRONMENT}/{path}"), text.clone());
        }
        let is_own = path.starts_with(&format!("{ENVIRONMENT}/"));
        let text = if is_own {
            text.replace("- ../base\n", "- base\n").replace("- ../middle\n", "- middle\n")
        } else {
            text.clone()
        };
        (path.clone(), text)
    });
    moved.collect()
}

/// Another environment on the same base, perhaps with the first component of this one, or with the layer between.
fn other(files: &Files, index: usize) -> String {
    let has = |path: &str| files.contains_key(&format!("{path}/kustomization.yaml"));
    let below = if index.is_multiple_of(3) && has("middle") { "middle" } else { "base" };
    let component = format!("{ENVIRONMENT}-component-0");
    let components = if has(&component) { format!("components: [../{component}]\n") } else { String::new() };
    format!("resources: [../{below}]\n{components}")
}

/// Renders both environments of all cases before and after the edits.
fn compare(cases: &[Case], count: &mut Count) {
    let all = |of: fn(&Case) -> &Files| cases.iter().map(of).cloned().collect::<Vec<Files>>();
    let (before, after) = (all(|case| &case.before), all(|case| &case.after));
    let rendered = render_folder(&before, ENVIRONMENT).into_iter().zip(render_folder(&after, ENVIRONMENT));
    for (case, (before, after)) in cases.iter().zip(rendered) {
        match (before, after) {
            (Ok(before), Ok(after)) => {
                count.compared += 1;
                let differences = differences(&before, &after);
                let wrong: Vec<_> = differences.iter().filter(|one| !one.is_of(case)).collect();
                assert!(wrong.is_empty() && !differences.is_empty(), "{wrong:?}\n{}", told(case));
                let wanted = case.wanted.to_string();
                let is_left = |image: &&String| {
                    let read = image.parse::<ImageReference>();
                    **image != wanted && read.is_ok_and(|read| read.image == case.wanted.image)
                };
                let shown = images(&after);
                assert_eq!(shown.iter().find(is_left), None, "{}", told(case));
                assert!(shown.contains(&wanted), "{}", told(case));
            }
            (Err(_), _) => {}
            (Ok(_), Err(refusal)) => panic!("no longer rendered: {refusal}\n{}", told(case)),
        }
    }
    let with_other: Vec<&Case> =
        cases.iter().filter(|case| case.before.len() > files_without_other(case)).collect();
    let of = |files: fn(&Case) -> &Files| {
        let files: Vec<Files> = with_other.iter().map(|case| files(case).clone()).collect();
        render_folder(&files, OTHER)
    };
    let rendered = of(|case| &case.before).into_iter().zip(of(|case| &case.after));
    for (case, (before, after)) in with_other.iter().zip(rendered) {
        assert!(before.is_err() || before == after, "the other environment moved\n{}", told(case));
    }
}

fn files_without_other(case: &Case) -> usize {
    case.before.keys().filter(|path| !path.starts_with(OTHER)).count()
}

fn told(case: &Case) -> String {
    let files = case.before.iter().map(|(path, text)| {
        let after = &case.after[path];
        let after = if after == text { String::new() } else { format!("=== after\n{after}") };
        format!("--- {path}\n{text}{after}")
    });
    format!("wanted {} (in place: {})\n{}", case.wanted, case.is_in_place, files.collect::<String>())
}

/// A scalar that differs.
#[derive(Debug)]
struct Difference {
    kind: String,
    old: Option<String>,
    new: Option<String>,
}

impl Difference {
    /// Whether it is the wanted image, or the value of a ConfigMap from which replacements copy it.
    fn is_of(&self, case: &Case) -> bool {
        let (Some(old), Some(new)) = (&self.old, &self.new) else { return false };
        let image = old.parse::<ImageReference>().is_ok_and(|old| old.image == case.wanted.image);
        let is_image = image && *new == case.wanted.to_string();
        let is_source =
            self.kind == "ConfigMap" && case.is_in_place && case.wanted.digest.is_none() && *new == TAG;
        is_image || is_source
    }
}

fn differences(before: &[Value], after: &[Value]) -> Vec<Difference> {
    let mut found = Vec::new();
    for index in 0..before.len().max(after.len()) {
        let (old, new) = (before.get(index), after.get(index));
        let kind = old.and_then(|document| document.get("kind")).and_then(Value::as_str);
        differing(old, new, kind.unwrap_or_default(), &mut found);
    }
    found
}

fn differing(old: Option<&Value>, new: Option<&Value>, kind: &str, found: &mut Vec<Difference>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Mapping(old)), Some(Value::Mapping(new))) => {
            let keys: std::collections::BTreeSet<&str> =
                old.keys().chain(new.keys()).filter_map(Value::as_str).collect();
            keys.iter().for_each(|key| differing(old.get(*key), new.get(*key), kind, found));
        }
        (Some(Value::Sequence(old)), Some(Value::Sequence(new))) => {
            (0..old.len().max(new.len())).for_each(|at| differing(old.get(at), new.get(at), kind, found));
        }
        (old, new) => {
            let text = |value: &Value| value.as_str().map_or_else(|| format!("{value:?}"), str::to_owned);
            found.push(Difference { kind: kind.to_owned(), old: old.map(text), new: new.map(text) });
        }
    }
}
