//! Writes a configuration for what another tool keeps up to date.

use std::collections::BTreeMap;

use crate::model::{Imported, ImportedService, Leftover, RepositoryPath};

/// Names of environments that people use, in the order in which releases go through them.
const ENVIRONMENTS: [&str; 17] = [
    "dev",
    "develop",
    "sandbox",
    "development",
    "integration",
    "int",
    "test",
    "testing",
    "qa",
    "uat",
    "stage",
    "staging",
    "preprod",
    "preview",
    "prod",
    "production",
    "live",
];
/// What an environment is called where the paths name none.
const ENVIRONMENT_DEFAULT: &str = "production";

/// Files or folders that differ in the name of the environment alone.
struct Place {
    /// The path with `{environment}`.
    template: String,
    /// The environments, in order.
    environments: Vec<&'static str>,
}

/// The configuration, with what a person has to look at in comments.
#[must_use]
pub fn write_imported(imported: &Imported) -> String {
    let mut places: Vec<(&ImportedService, Place)> = Vec::new();
    for service in &imported.services {
        places.extend(grouped(service).into_iter().map(|place| (service, place)));
    }
    let mut text = HEAD.to_owned();
    let pipelines: BTreeMap<String, &Place> =
        places.iter().map(|(_, place)| (place.pipeline(), place)).collect();
    text.push_str("\npipelines:\n");
    pipelines.iter().for_each(|(name, place)| write_pipeline(&mut text, name, place));
    text.push_str("\nservices:\n");
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (service, place) in &places {
        let number = names.entry(service.name.as_str()).or_default();
        *number += 1;
        let name = if *number == 1 { service.name.to_string() } else { format!("{}-{number}", service.name) };
        write_service(&mut text, &name, service, place);
    }
    if !imported.leftovers.is_empty() {
        text.push_str("\n# Not carried over:\n");
        imported.leftovers.iter().for_each(|leftover| write_leftover(&mut text, leftover));
    }
    text
}

const HEAD: &str = "\
# Written by `towpath import`. Adapt what stands under `forges`, then run `towpath check`.
version: 1
forges:
  - { name: here, kind: local, root: ./forge }
";

fn write_pipeline(text: &mut String, name: &str, place: &Place) {
    text.push_str(&format!("  - name: {name}\n    environments:\n"));
    let mut before: Option<&str> = None;
    for environment in &place.environments {
        let after = before.map(|before| format!(", after: [{before}]")).unwrap_or_default();
        let merge = if before.is_none() && place.environments.len() > 1 { ", merge: auto" } else { "" };
        text.push_str(&format!("      - {{ name: {environment}{after}{merge} }}\n"));
        before = Some(environment);
    }
}

fn write_service(text: &mut String, name: &str, service: &ImportedService, place: &Place) {
    let marker = service.marker.as_ref().map(|marker| format!(", marker: \"{marker}\"")).unwrap_or_default();
    let ImportedService { image, range, .. } = service;
    text.push_str(&format!(
        "  - name: {name}\n    pipeline: {}\n    images: [ {{ image: \"{image}\", select: {{ semver: {} }} }} ]\n    \
         config: {{ forge: here, repository: acme/deploy, path: \"{}\"{marker} }}\n",
        place.pipeline(),
        quoted(range),
        place.template,
    ));
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn write_leftover(text: &mut String, leftover: &Leftover) {
    let Leftover { file, line, what } = leftover;
    let what: String = what.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.push_str(&format!("#   {file}:{line}: {what}\n"));
}

impl Place {
    fn pipeline(&self) -> String {
        self.environments.join("-")
    }
}

/// The paths of a service by what they are but for the environment. Markers are looked for in whole folders.
fn grouped(service: &ImportedService) -> Vec<Place> {
    let mut groups: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for path in &service.paths {
        let (template, environment) = template(path, service.marker.is_some());
        let environments = groups.entry(template).or_default();
        if !environments.contains(&environment) {
            environments.push(environment);
        }
    }
    let rank = |name: &&str| ENVIRONMENTS.iter().position(|other| other == name);
    let groups = groups.into_iter().map(|(template, mut environments)| {
        environments.sort_by_key(rank);
        Place { template, environments }
    });
    groups.collect()
}

/// A path with `{environment}` for the first part that is one, and which one it is.
fn template(path: &RepositoryPath, whole_folder: bool) -> (String, &'static str) {
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let named = parts.iter().enumerate().find_map(|(index, part)| Some((index, environment_in(part)?)));
    let Some((index, (at, environment))) = named else {
        let folder = path.parent().filter(|parent| whole_folder && !parent.as_str().is_empty());
        return (folder.as_ref().unwrap_or(path).to_string(), ENVIRONMENT_DEFAULT);
    };
    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
    if let Some(part) = parts.get_mut(index) {
        part.replace_range(at..at + environment.len(), "{environment}");
    }
    if whole_folder {
        parts.truncate(index + 1);
    }
    (parts.join("/"), environment)
}

/// The environment that a part of a path names, and at which byte: `staging`, `shop-staging`, `values-staging.yaml`.
fn environment_in(part: &str) -> Option<(usize, &'static str)> {
    let stem = part.split('.').next().unwrap_or(part);
    let mut at = 0;
    for word in stem.split(['-', '_']) {
        if let Some(name) = ENVIRONMENTS.iter().copied().find(|name| *name == word) {
            return Some((at, name));
        }
        at += word.len() + 1;
    }
    None
}
