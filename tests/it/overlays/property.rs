//! Every image that kustomize renders is what Towpath says, or Towpath says that it is not certain.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, TestRng, TestRunner};
use towpath::model::{BlobId, CommitId, EntryKind, RepositoryPath, Tree, TreeEntry};
use towpath::overlay::{self, Resolved};

use super::layout::{Layout, layouts};
use super::rendered::{Files, Outcome, render};
use super::written::{ENVIRONMENT, files};
use crate::support::depth;

/// How many layouts are tried; another number can be set with `TOWPATH_TEST_LAYOUTS`.
const LAYOUTS: usize = 2_000;
/// How many of them one run of kustomize renders.
const BATCH: usize = 50;
/// How often a failing layout is made smaller.
const SHRINKS_MAX: usize = 300;
/// Of a hundred images that kustomize renders, how many Towpath has to be certain about.
const CERTAIN_MIN: usize = 98;
/// Of a hundred layouts, how many kustomize has to render for the comparison to mean anything.
const RENDERED_MIN: usize = 90;

#[test]
#[expect(clippy::print_stdout, reason = "how much was compared is what one wants to know of this test")]
fn says_what_kustomize_renders_or_that_it_is_not_certain() {
    let count = number("TOWPATH_TEST_LAYOUTS").unwrap_or_else(|| depth::cases(LAYOUTS));
    let seed = number("TOWPATH_TEST_SEED").unwrap_or(0_u8);
    let config = Config { failure_persistence: None, ..Config::default() };
    let algorithm = proptest::test_runner::RngAlgorithm::ChaCha;
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(algorithm, &[seed; 32]));
    let (mut rendered, mut images, mut certain) = (0, 0, 0);
    for _batch in 0..count.div_ceil(BATCH) {
        let mut trees: Vec<_> = (0..BATCH).map(|_| layouts().new_tree(&mut runner).unwrap()).collect();
        let texts: Vec<Files> = trees.iter().map(|tree| files(&tree.current())).collect();
        for (index, outcome) in render(&texts).into_iter().enumerate() {
            match judge(&texts[index], &outcome) {
                Verdict::Agrees { shown, sure } => {
                    (rendered, images, certain) = (rendered + 1, images + shown, certain + sure);
                }
                Verdict::NotRendered => {}
                Verdict::Differs(_) => panic!("{}", shrink(&mut trees[index])),
            }
        }
    }
    println!("{rendered} of {count} layouts rendered; certain about {certain} of {images} images");
    assert!(rendered * 100 >= count * RENDERED_MIN, "kustomize renders only {rendered} of {count} layouts");
    assert!(certain * 100 >= images * CERTAIN_MIN, "certain about only {certain} of {images} images");
}

/// A number that somebody set for this run.
pub(super) fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    std::env::var_os(variable)?.to_str()?.parse().ok()
}

enum Verdict {
    /// Every image that is certain is rendered, and where all are certain no other.
    Agrees {
        shown: usize,
        sure: usize,
    },
    /// Kustomize refuses the layout, so nothing can be compared.
    NotRendered,
    Differs(String),
}

fn judge(files: &Files, outcome: &Outcome) -> Verdict {
    let found = overlay::resolve(&tree(files), &RepositoryPath::new(ENVIRONMENT).unwrap().into());
    let rendered = match outcome {
        Ok(rendered) => rendered,
        Err(refusal) if refusal.contains("invalid Kustomization") && found.is_ok() => {
            return Verdict::Differs(format!("kustomize refuses its types or keys: {refusal}"));
        }
        Err(_) => return Verdict::NotRendered,
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => return Verdict::Differs(format!("refused: {error}")),
    };
    let certain = certain(&found);
    let is_open = !found.uncertain.is_empty();
    let unexpected: Vec<&String> = missing_from(rendered, &certain);
    if !unexpected.is_empty() {
        return Verdict::Differs(format!("kustomize does not render {unexpected:?} but {rendered:?}"));
    }
    match missing_from(&certain, rendered).as_slice() {
        unseen if is_open || unseen.is_empty() => {
            Verdict::Agrees { shown: rendered.len(), sure: certain.len() }
        }
        unseen => Verdict::Differs(format!("kustomize also renders {unseen:?}")),
    }
}

/// The images that are certain, sorted.
fn certain(found: &Resolved) -> Vec<String> {
    let uses = found.uses.iter().filter(|found| found.doubt.is_none());
    let mut images: Vec<String> = uses.map(|found| found.reference.to_string()).collect();
    images.sort();
    images
}

/// What of `wanted` is not in `present`, counting how often it is there.
fn missing_from<'a>(present: &[String], wanted: &'a [String]) -> Vec<&'a String> {
    let mut left: Vec<&String> = present.iter().collect();
    let mut is_missing = |image: &String| match left.iter().position(|other| *other == image) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    wanted.iter().filter(|image| is_missing(image)).collect()
}

/// The smallest layout that still differs, as a text.
fn shrink(tree: &mut impl ValueTree<Value = Layout>) -> String {
    let differs = |layout: &Layout| {
        let files = files(layout);
        let outcome = render(std::slice::from_ref(&files)).remove(0);
        match judge(&files, &outcome) {
            Verdict::Differs(why) => Some((files, why)),
            Verdict::Agrees { .. } | Verdict::NotRendered => None,
        }
    };
    let mut worst = differs(&tree.current());
    for _step in 0..SHRINKS_MAX {
        let found = differs(&tree.current());
        let goes_on = if found.is_some() { tree.simplify() } else { tree.complicate() };
        worst = found.or(worst);
        if !goes_on {
            break;
        }
    }
    let Some((files, why)) = worst else { return "differs only beside other layouts".to_owned() };
    let texts: String = files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect();
    let found = overlay::resolve(&self::tree(&files), &RepositoryPath::new(ENVIRONMENT).unwrap().into());
    format!("{why}\n{texts}--- Towpath says\n{found:?}")
}

pub(super) fn tree(files: &Files) -> Tree {
    let mut entries = BTreeMap::new();
    let mut blobs = Vec::new();
    for (index, (name, text)) in files.iter().enumerate() {
        let blob = BlobId::new(format!("{index:040}")).unwrap();
        entries
            .insert(RepositoryPath::new(name.as_str()).unwrap(), TreeEntry { kind: EntryKind::File, blob });
        blobs.push((blob, text.as_bytes().into()));
    }
    let mut tree = Tree::new(CommitId::new("0".repeat(40)).unwrap(), Arc::new(entries));
    blobs.into_iter().for_each(|(blob, content)| tree.add_blob(blob, content));
    tree
}
