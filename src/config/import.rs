//! Writes a configuration for what another tool keeps up to date.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Imported, ImportedRule, ImportedSelection, ImportedService, NotImported, RepositoryName, RepositoryPath,
    ServiceName,
};
use crate::sanitize;

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
struct PathTemplate {
    /// The path with `{environment}`.
    template: String,
    /// The environments, in order.
    environments: Vec<&'static str>,
}

/// The configuration, with what a person has to look at in comments.
#[must_use]
pub fn write_imported(imported: &Imported) -> String {
    let mut places: Vec<(&ImportedService, PathTemplate)> = Vec::new();
    for service in &imported.services {
        places.extend(grouped(service).into_iter().map(|place| (service, place)));
    }
    let mut text = head(imported);
    let pipelines: BTreeMap<String, &PathTemplate> =
        places.iter().map(|(_, place)| (place.pipeline(), place)).collect();
    text.push_str("\npipelines:\n");
    pipelines.iter().for_each(|(name, place)| write_pipeline(&mut text, name, place));
    text.push_str("\nservices:\n");
    let mut taken: BTreeSet<String> =
        imported.services.iter().map(|service| service.name.to_string()).collect();
    let mut before: Option<&ServiceName> = None;
    for (service, place) in &places {
        let is_first = before != Some(&service.name);
        let name = if is_first { service.name.to_string() } else { free_name(&service.name, &mut taken) };
        before = Some(&service.name);
        write_service(&mut text, &name, service, imported.github.as_ref(), place);
    }
    if !imported.leftovers.is_empty() {
        text.push_str("\n# Not carried over:\n");
        imported.leftovers.iter().for_each(|leftover| write_leftover(&mut text, leftover));
    }
    text
}

/// A name with a number behind it that no service has.
fn free_name(name: &ServiceName, taken: &mut BTreeSet<String>) -> String {
    let names = (2..).map(|number| format!("{name}-{number}"));
    names.into_iter().find(|name| taken.insert(name.clone())).unwrap_or_default()
}

/// What to do next, and where the repository is.
fn head(imported: &Imported) -> String {
    let mut text = "# Written by `towpath import`. What to do next:\n".to_owned();
    for (index, step) in next_steps(imported).iter().enumerate() {
        text.push_str(&format!("#   {}. {step}\n", index + 1));
    }
    let forge = match &imported.github {
        Some(_) => "{ name: github, kind: github, token: { env: GITHUB_TOKEN } }",
        None => "{ name: here, kind: local, root: ./forge }",
    };
    text.push_str(&format!("version: 1\nforges:\n  - {forge}\n"));
    text
}

/// What the user has to do with an imported configuration, in order.
#[must_use]
pub fn next_steps(imported: &Imported) -> Vec<String> {
    let empty = imported.services.iter().filter(|service| service.selection.is_none()).count();
    let fill_in = match empty {
        0 => None,
        1 => Some("fill in the empty `select: {}` of one image, for example `{ semver: \"*\" }`".to_owned()),
        _ => Some(format!(
            "fill in the empty `select: {{}}` of {empty} images, for example `{{ semver: \"*\" }}`"
        )),
    };
    let first = match &imported.github {
        Some(repository) => format!(
            "put a token for `{repository}` into the variable `GITHUB_TOKEN`, or use a GitHub App (`towpath help github`)"
        ),
        None => "write your forge under `forges`, and in `config` the repository that this was read from"
            .to_owned(),
    };
    let rest = [
        "run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change",
        "before `towpath serve`, stop the other tool from setting these images, so that only one sets each line",
    ];
    let steps = std::iter::once(first).chain(fill_in);
    steps.chain(rest.map(str::to_owned)).collect()
}

fn write_pipeline(text: &mut String, name: &str, place: &PathTemplate) {
    text.push_str(&format!("  - name: {name}\n    environments:\n"));
    let mut before: Option<&str> = None;
    for environment in &place.environments {
        let after = before.map(|before| format!(", after: [{before}]")).unwrap_or_default();
        let merge = if before.is_none() && place.environments.len() > 1 { ", merge: auto" } else { "" };
        text.push_str(&format!("      - {{ name: {environment}{after}{merge} }}\n"));
        before = Some(environment);
    }
}

fn write_service(
    text: &mut String,
    name: &str,
    service: &ImportedService,
    repository: Option<&RepositoryName>,
    place: &PathTemplate,
) {
    let config = match repository {
        Some(repository) => format!("forge: github, repository: {repository}"),
        None => "forge: here, repository: acme/deploy".to_owned(),
    };
    let marker = service.marker.as_ref().map(|marker| format!(", marker: \"{marker}\"")).unwrap_or_default();
    let select = service.selection.as_ref().map_or_else(|| "select: {}".to_owned(), selection);
    let fill_in = if service.selection.is_none() { "   # fill in `select`" } else { "" };
    text.push_str(&format!(
        "  - name: {name}\n    pipeline: {}\n    images: [ {{ image: \"{}\", {select} }} ]{fill_in}\n    \
         config: {{ {config}, path: {}{marker} }}\n",
        place.pipeline(),
        service.image,
        double_quoted(&place.template),
    ));
}

/// `select`, and the patterns beside it.
fn selection(selection: &ImportedSelection) -> String {
    let rule = match &selection.rule {
        ImportedRule::Semver { range, prereleases: false } => format!("semver: {}", quoted(range)),
        ImportedRule::Semver { range, prereleases: true } => {
            format!("semver: {}, prereleases: true", quoted(range))
        }
        ImportedRule::Regex { pattern, sort } => {
            format!("regex: {{ pattern: {}, sort: [{}] }}", quoted(pattern), sort.join(", "))
        }
        ImportedRule::Alphabetical => "alphabetical: true".to_owned(),
        ImportedRule::Numerical => "numerical: true".to_owned(),
        ImportedRule::Newest => "newest: true".to_owned(),
        ImportedRule::Digest(tag) => format!("digest: {}", quoted(tag.as_str())),
    };
    let patterns = |key: &str, patterns: &[String]| {
        let listed: Vec<String> = patterns.iter().map(|pattern| quoted(pattern)).collect();
        if listed.is_empty() { String::new() } else { format!(", {key}: [{}]", listed.join(", ")) }
    };
    let (allow, ignore) = (patterns("allow", &selection.allow), patterns("ignore", &selection.ignore));
    format!("select: {{ {rule} }}{allow}{ignore}")
}

fn double_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn write_leftover(text: &mut String, leftover: &NotImported) {
    let NotImported { file, line, what } = leftover;
    let (file, what) = (sanitize::line(file.as_str()), sanitize::line(what));
    text.push_str(&format!("#   {file}:{line}: {what}\n"));
}

impl PathTemplate {
    fn pipeline(&self) -> String {
        self.environments.join("-")
    }
}

/// The paths of a service by what they are but for the environment. Markers are looked for in whole folders.
fn grouped(service: &ImportedService) -> Vec<PathTemplate> {
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
        PathTemplate { template, environments }
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
