//! What Helm makes of several values files is what Towpath says, before an edit and after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_yaml::{Mapping, Value};
use towpath::model::{ImageDiscovery, ImageName, Location, RepositoryPath, ValuesFile, ValuesSharing};
use towpath::overlay::{self, Overlays, SetTo};

use super::property::tree;
use super::rendered::Files;
use super::values::{images, values, with_tag};
use crate::support::depth;
use crate::support::helm::merged_values;

/// How many cases are tried.
const CASES: usize = 400;
/// How many values files a case has at most.
const FILES_MAX: usize = 4;
/// Of a hundred cases with an image, how many have to be edited for the comparison to mean anything.
const EDITED_MIN: usize = 60;
/// The tag that edits write.
const NEW_TAG: &str = "9.9.9";

/// The values files of one case, in Helm's order.
type Case = Vec<String>;

#[test]
fn helm_merges_values_files_as_towpath_does() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..depth::cases(CASES))
        .map(|_| {
            let files = vec(values(), 2..=FILES_MAX).new_tree(&mut runner).unwrap().current();
            files.iter().map(|file| serde_yaml::to_string(file).unwrap()).collect()
        })
        .collect();
    let merged = merge(&cases);
    for (case, merged) in cases.iter().zip(&merged) {
        assert_eq!(shown(case), images(merged), "{}", case.join("---\n"));
    }
    let mut edits: Vec<(Case, Vec<String>)> = Vec::new();
    let mut with_image = 0;
    for (case, merged) in cases.iter().zip(&merged) {
        let images = images(merged);
        let Some(name) = images.first().map(|image| name_of(image)) else { continue };
        with_image += 1;
        if let Some(edited) = edited(case, &name) {
            edits.push((edited, with_tag(&images, &name, NEW_TAG)));
        }
    }
    assert!(edits.len() * 100 >= with_image * EDITED_MIN, "only {} of {with_image} edited", edits.len());
    let cases: Vec<Case> = edits.iter().map(|(case, _)| case.clone()).collect();
    for ((case, expected), merged) in edits.iter().zip(merge(&cases)) {
        assert_eq!(images(&merged), *expected, "{}", case.join("---\n"));
    }
}

/// What Helm makes of each case. All of them are merged in one run, each under a key of its own.
fn merge(cases: &[Case]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..FILES_MAX).map(|at| write(folder.path(), cases, at)).collect();
    let merged = merged_values(&folder.path().join("chart"), &files);
    (0..cases.len()).map(|case| merged.get(key(case)).cloned().unwrap_or(Value::Null)).collect()
}

fn write(folder: &Path, cases: &[Case], at: usize) -> PathBuf {
    let of_case = |(index, case): (usize, &Case)| {
        let values: Value = serde_yaml::from_str(case.get(at)?).unwrap();
        Some((Value::from(key(index)), values))
    };
    let values: Mapping = cases.iter().enumerate().filter_map(of_case).collect();
    let path = folder.join(format!("{at}.yaml"));
    fs::write(&path, serde_yaml::to_string(&values).unwrap()).unwrap();
    path
}

fn key(case: usize) -> String {
    format!("case{case}")
}

fn name_of(image: &str) -> String {
    image.rsplit_once(':').map_or(image, |(name, _)| name).to_owned()
}

fn path(at: usize) -> String {
    format!("app/{at}.yaml")
}

fn files(case: &Case) -> Files {
    case.iter().enumerate().map(|(at, text)| (path(at), text.clone())).collect::<BTreeMap<_, _>>()
}

/// The values files of a case, of which only the last is the environment's own.
fn location(case: &Case) -> Location {
    let file = |at: usize| ValuesFile {
        path: RepositoryPath::new(path(at)).unwrap(),
        sharing: if at + 1 < case.len() { ValuesSharing::Environments } else { ValuesSharing::Own },
    };
    let files = (0..case.len()).map(file).collect();
    Location { path: RepositoryPath::new("app").unwrap(), finding: ImageDiscovery::Values(files) }
}

fn shown(case: &Case) -> Vec<String> {
    let found = overlay::resolve(&tree(&files(case)), &location(case)).unwrap();
    let mut images: Vec<String> = found.uses.iter().map(|found| found.reference.to_string()).collect();
    images.sort();
    images
}

/// The files with another tag of an image; `None` where Towpath refuses to edit them.
fn edited(case: &Case, name: &str) -> Option<Case> {
    let to = SetTo { tag: Some(NEW_TAG.parse().unwrap()), digest: None };
    let image = ImageName::new(name).unwrap();
    let edited =
        overlay::set_image(&tree(&files(case)), &Overlays::default(), &location(case), &image, &to).ok()?;
    let mut case = case.clone();
    for (file, content) in edited {
        let last = case.len() - 1;
        assert_eq!(file.as_str(), path(last), "a shared file is edited");
        case[last] = String::from_utf8(content).unwrap();
    }
    Some(case)
}
