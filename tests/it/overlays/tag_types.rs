//! What Helm renders for a tag of every type of YAML 1.1 is what Towpath says, or Towpath is not certain.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_yaml::Value;
use towpath::model::{ImageName, Location, RepositoryPath};
use towpath::overlay::{self, OverlayError, Overlays, Resolver, SetTo};

use super::field_types::SCALARS;
use super::property::tree;
use super::rendered::Files;
use crate::support::{depth, kubectl, peer};

/// How many scalars are tried at once.
const WORKERS: usize = 4;
/// The sample takes every so manieth scalar.
const SAMPLE_STEP: usize = 3;
/// Of a hundred tags, how many at least Helm has to render as they are written, and how many as something else until an
/// edit writes quotes; a test in which everything is refused compares nothing.
const COMPARED_MIN: usize = 15;
/// The image that has the tag.
const IMAGE: &str = "ghcr.io/acme/shop";
/// A chart that writes the tag as charts do, as it is and with a default.
const CHART: [(&str, &str); 2] = [
    ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: none\n"),
    (
        "templates/shop.yaml",
        "apiVersion: v1\nkind: Tags\nwritten: \"in {{ .Values.image.tag }}\"\ndefaulted: \"in {{ .Values.image.tag | default .Chart.AppVersion }}\"\n",
    ),
];

/// What a chart makes of the tag in some values; `None` if Helm refuses them or two charts would not agree.
fn rendered(values: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    for (name, text) in CHART {
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::write(folder.path().join("values.yaml"), values).unwrap();
    let output = template(folder.path());
    let printed: Value = serde_yaml::from_str(&output?).unwrap();
    let said = |key: &str| printed.get(key)?.as_str()?.strip_prefix("in ").map(str::to_owned);
    said("written").filter(|written| said("defaulted").as_ref() == Some(written))
}

fn template(chart: &Path) -> Option<String> {
    let helm = peer::find("helm", "TOWPATH_TEST_HELM");
    let output =
        Command::new(helm).args(["template", "shop"]).arg(chart).env("HOME", chart).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn values(scalar: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    format!("{blanks}image:\n{blanks}  repository: {IMAGE}\n{blanks}  tag: {scalar}\n")
}

/// The values file alone.
fn plain(scalar: &str) -> Files {
    [("app/values.yaml".to_owned(), values(scalar, 0))].into()
}

/// A release in a kustomization.
fn release(scalar: &str) -> Files {
    let release = format!(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\nspec:\n  values:\n{}",
        values(&scalar.replace("\n", "\n    "), 4)
    );
    let own = "resources: [release.yaml]\nnamePrefix: acme-\n".to_owned();
    [("app/release.yaml".to_owned(), release), ("app/kustomization.yaml".to_owned(), own)].into()
}

/// What Helm renders for a values file.
fn by_helm(files: &Files) -> Option<String> {
    rendered(&files["app/values.yaml"])
}

/// What Helm renders for the values of a release that kustomize built.
fn by_kustomize(files: &Files) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        fs::write(folder.path().join(path.trim_start_matches("app/")), text).unwrap();
    }
    // An integer of more than 64 bits cannot be read into a value, so that nothing can be compared.
    let built: Value = serde_yaml::from_str(&kubectl::build(folder.path()).ok()?).ok()?;
    // As Flux gets them: JSON, where a text stays one.
    rendered(&serde_json::to_string(built.get("spec")?.get("values")?).unwrap())
}

/// What came of one scalar.
enum Verdict {
    /// Helm renders what we say.
    Agrees,
    /// We are not certain, and an edit mends it.
    Mended,
    /// It is no tag, or nothing that could be compared.
    Refused,
    /// We differ, and how.
    Differs(String),
}

/// How we and Helm take a tag in some files.
fn verdict(files: &Files, render: impl Fn(&Files) -> Option<String>) -> Verdict {
    let (image, location) = (ImageName::new(IMAGE).unwrap(), location());
    let rendered_before = render(files);
    let (written, why) = match overlay::running(&tree(files), &location, &image) {
        Ok(found) => match found.references().remove(0).tag {
            Some(tag) if rendered_before.as_deref() == Some(tag.as_str()) => return Verdict::Agrees,
            // A chart chooses the tag where there is none.
            None if rendered_before.is_none() => return Verdict::Agrees,
            tag => {
                return Verdict::Differs(format!(
                    "{files:?}\n  we say {tag:?}, Helm renders {rendered_before:?}"
                ));
            }
        },
        Err(OverlayError::Refused { refused, .. }) if refused.limit.id() == "unquoted-tag" => {
            let written = overlay::running_if_quoted(&tree(files), &location, &[&image]).unwrap();
            match written.and_then(|mut references| references.remove(0).tag) {
                Some(written) => (written, refused.why),
                None => return Verdict::Refused,
            }
        }
        // What is neither text nor a tag is refused as such.
        Err(_) => return Verdict::Refused,
    };
    let has_tag = files.values().any(|text| text.contains("tag: !"));
    // What depends on who applies the object is not certain either.
    let is_open = has_tag || why.contains("a text for kustomize and a boolean for kubectl");
    if rendered_before.as_deref() == Some(written.as_str()) && !is_open {
        return Verdict::Differs(format!("{files:?}\n  we are not certain, Helm renders what is written"));
    }
    let Some(after) = edited(files, &SetTo { tag: Some(written.clone()), digest: None }) else {
        return if has_tag {
            Verdict::Refused
        } else {
            Verdict::Differs(format!("{files:?}\n  the edit is refused"))
        };
    };
    match render(&after) {
        Some(after) if after == written.as_str() => Verdict::Mended,
        after => Verdict::Differs(format!("{files:?}\n  after an edit to {written} Helm renders {after:?}")),
    }
}

/// The files with another tag; `None` if the edit is refused.
fn edited(files: &Files, to: &SetTo) -> Option<Files> {
    let (image, location, tree) = (ImageName::new(IMAGE).unwrap(), location(), tree(files));
    let mut resolver = Resolver::default();
    resolver.resolve(&tree, &location).unwrap();
    let overlays: Overlays = resolver.overlays();
    let mut files = files.clone();
    for (path, content) in overlay::set_image(&tree, &overlays, &location, &image, to).ok()? {
        files.insert(path.to_string(), String::from_utf8(content).unwrap());
    }
    Some(files)
}

fn location() -> Location {
    RepositoryPath::new("app").unwrap().into()
}

fn verdicts(scalar: &str) -> [Verdict; 2] {
    [verdict(&plain(scalar), by_helm), verdict(&release(scalar), by_kustomize)]
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was compared is what one wants to know of this test")]
fn says_of_a_tag_what_helm_renders() {
    let step = if depth::is_long() { 1 } else { SAMPLE_STEP };
    let scalars: Vec<&str> = SCALARS.split(" | ").step_by(step).collect();
    let found = std::thread::scope(|scope| {
        let share = scalars.len().div_ceil(WORKERS);
        let work = |share: &[&str]| share.iter().flat_map(|scalar| verdicts(scalar)).collect::<Vec<_>>();
        let workers: Vec<_> = scalars.chunks(share).map(|share| scope.spawn(move || work(share))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    let count = |is_meant: fn(&Verdict) -> bool| found.iter().filter(|one| is_meant(one)).count();
    let agreed = count(|one| matches!(one, Verdict::Agrees));
    let mended = count(|one| matches!(one, Verdict::Mended));
    println!("{agreed} of {} tags agreed on, {mended} mended by an edit", found.len());
    let differences = found.iter().filter_map(|one| match one {
        Verdict::Differs(how) => Some(how.as_str()),
        Verdict::Agrees | Verdict::Mended | Verdict::Refused => None,
    });
    let differences: Vec<&str> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for (named, count) in [("agreed on", agreed), ("mended", mended)] {
        assert!(count * 100 >= found.len() * COMPARED_MIN, "only {count} of {} {named}", found.len());
    }
}
