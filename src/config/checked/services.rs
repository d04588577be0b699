//! Services: what they refer to, and the folder of each of their overlays.

mod conflicts;
mod shared_scalars;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::images;
use super::known::Known;
use crate::config::located::Located;
use crate::config::problem::ProblemList;
use crate::config::raw;
use crate::model::{
    BRANCH_PREFIX, Basis, BranchName, ConfigBranch, DeclaredScalar, EnvironmentName, ForgeName,
    ImageDiscovery, KUSTOMIZATION_FILES, Location, NameError, Pipeline, PipelineName, RepositoryName,
    RepositoryPath, Service, ServiceName, ValuesFile, ValuesSharing, WriteMode, Writing,
};

/// The branch unless something else is said.
const BRANCH_DEFAULT: &str = "main";
/// What stands for the name of an environment in a path.
const ENVIRONMENT: &str = "{environment}";
/// What stands for the name of a service in a path.
const SERVICE: &str = "{service}";

/// What services may refer to.
struct ServiceReferences<'a> {
    listed: &'a [Located<raw::Forge>],
    forges: Known<'a, ForgeName>,
    pipelines: Known<'a, PipelineName>,
    proven: &'a BTreeMap<PipelineName, Pipeline>,
}

/// A service and what was written about it.
struct CheckedService<'a> {
    item: &'a Located<raw::Service>,
    service: Service,
}

/// The services, in the order of the file.
pub(super) fn services(
    raw: &raw::File,
    pipelines: &BTreeMap<PipelineName, Pipeline>,
    findings: &mut ProblemList,
) -> Vec<Service> {
    let listed = raw.services.as_ref().map_or(&[][..], |services| &services.items);
    Known::collect("service", listed.iter().map(|service| service.name.as_ref())).refuse_duplicates(findings);
    let referents = referents(raw, pipelines);
    let mut proven: Vec<CheckedService<'_>> = Vec::new();
    for item in listed {
        let lines = lines(item, &referents, findings).unwrap_or_default();
        proven.extend(lines.into_iter().map(|service| CheckedService { item, service }));
    }
    mark_shared_values(&mut proven);
    conflicts::refuse(&proven, findings);
    proven.into_iter().map(|written| written.service).collect()
}

fn referents<'a>(raw: &'a raw::File, proven: &'a BTreeMap<PipelineName, Pipeline>) -> ServiceReferences<'a> {
    let forges = raw.forges.iter().flat_map(|list| &list.items).map(|forge| forge.name.as_ref());
    let pipelines = raw.pipelines.iter().flat_map(|list| &list.items).map(|pipeline| pipeline.name.as_ref());
    ServiceReferences {
        listed: raw.forges.as_ref().map_or(&[][..], |list| &list.items),
        forges: Known::collect("forge", forges)
            .complete_if(raw.forges.as_ref().is_none_or(|list| list.is_complete)),
        pipelines: Known::collect("pipeline", pipelines)
            .complete_if(raw.pipelines.as_ref().is_none_or(|list| list.is_complete)),
        proven,
    }
}

/// The service, or one line for each of its images; nothing where a part of it is missing or wrong, which is then
/// reported.
fn lines(
    item: &raw::Service,
    referents: &ServiceReferences<'_>,
    findings: &mut ProblemList,
) -> Option<Vec<Service>> {
    let pipeline = item.pipeline.as_ref().filter(|name| referents.pipelines.has(name, findings));
    let pipeline = pipeline.and_then(|name| referents.proven.get(&name.value));
    let images =
        item.images.as_ref().and_then(|list| images::proven(list, item.prereleases.as_ref(), findings));
    let place = item.config.as_ref().and_then(|config| place(config, referents, findings));
    let locations = locations(item, pipeline, findings);
    let lines = images::lines(item, images?, findings)?;
    let (pipeline, place, locations) = (pipeline?.name.clone(), place?, locations?);
    let quiet = item.quiet.as_ref().map_or(Duration::ZERO, |quiet| quiet.0);
    let writing = writing(item, &lines, findings)?;
    let service = |line: images::ReleaseLine| Service {
        name: line.name,
        pipeline: pipeline.clone(),
        group: line.group,
        images: line.images,
        together: line.together,
        quiet,
        writing,
        place: place.clone(),
        locations: locations.clone(),
    };
    Some(lines.into_iter().map(service).collect())
}

/// What is written; `None` where nothing ever would be, which is reported.
fn writing(
    item: &raw::Service,
    lines: &[images::ReleaseLine],
    findings: &mut ProblemList,
) -> Option<Writing> {
    let mode = item.write.as_ref().map_or(WriteMode::Digest, |write| write.value);
    let follow_ref = item.follow_ref.as_ref().is_some_and(|follows| follows.value);
    let mut images = lines.iter().flat_map(|line| &line.images);
    let followed = images.find(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    if let (Some(write), Some(followed), WriteMode::Tag) = (&item.write, followed, mode) {
        let message = format!("`{}` follows one tag, so the tag alone would never change", followed.name);
        findings.suggest(write.span, message, "leave out `write`, or select versions");
        return None;
    }
    let elsewhere = item.config.as_ref().filter(|config| config.marker.is_some() || config.set.is_some());
    if let (Some(written), Some(_), true) = (&item.follow_ref, elsewhere, follow_ref) {
        let message =
            "`follow_ref` is about a kustomization, and `marker` and `set` name scalars of other files";
        findings.suggest(written.span, message, "leave out one of the two");
        return None;
    }
    Some(Writing { mode, follow_ref })
}

fn place(
    config: &raw::Config,
    referents: &ServiceReferences<'_>,
    findings: &mut ProblemList,
) -> Option<ConfigBranch> {
    let forge = config.forge.as_ref().filter(|forge| referents.forges.has(forge, findings));
    if let Some(branch) = config.branch.as_ref().filter(|branch| is_the_bots_own(branch)) {
        let message = format!("the branches below `{BRANCH_PREFIX}` are Towpath's own");
        findings.suggest(branch.span, message, "name the branch that is rolled out, such as `main`");
    }
    if let (Some(forge), Some(repository)) = (forge, &config.repository) {
        expect_listed(referents.listed, forge, repository, findings);
    }
    let default = BranchName::new(BRANCH_DEFAULT).expect("the default is a branch name");
    Some(ConfigBranch {
        forge: forge?.value.clone(),
        repository: config.repository.as_ref()?.value.clone(),
        branch: config.branch.as_ref().map_or(default, |branch| branch.value.clone()),
    })
}

/// Reports a repository that the forge does not list, or cannot have.
fn expect_listed(
    forges: &[Located<raw::Forge>],
    forge: &Located<ForgeName>,
    repository: &Located<RepositoryName>,
    findings: &mut ProblemList,
) {
    let is_meant =
        |listed: &&Located<raw::Forge>| listed.name.as_ref().is_some_and(|name| name.value == forge.value);
    let Some(listed) = forges.iter().find(is_meant) else { return };
    let is_github = matches!(&listed.kind, Some(Located { value: raw::ForgeKind::GitHub, .. }));
    if is_github && repository.as_str().matches('/').count() > 1 {
        let message = format!("`{}` is not a GitHub repository name", repository.value);
        findings.suggest(repository.span, message, "write it as `owner/name`");
    }
    let Some(allowed) = &listed.repositories else { return };
    if allowed.is_complete && !allowed.items.iter().any(|pattern| pattern.takes(&repository.value)) {
        let message = format!("`{}` is not among the repositories of `{}`", repository.value, forge.value);
        let line = findings.line(allowed.span);
        findings.suggest(repository.span, message, format!("add it to `repositories` in line {line}"));
    }
}

/// Whether a branch is one of the bot's, or stands where the folder of them has to be.
fn is_the_bots_own(branch: &BranchName) -> bool {
    branch.as_str().starts_with(BRANCH_PREFIX) || branch.as_str() == BRANCH_PREFIX.trim_end_matches('/')
}

/// Where each environment's configuration is.
fn locations(
    item: &raw::Service,
    pipeline: Option<&Pipeline>,
    findings: &mut ProblemList,
) -> Option<BTreeMap<EnvironmentName, Location>> {
    let config = item.config.as_ref()?;
    let template = config.path.as_ref()?;
    let has_own_values =
        item.values.iter().flat_map(|values| &values.items).any(|file| file.0.contains(ENVIRONMENT));
    if let Err((message, way_out)) = check_template(&template.0, has_own_values, pipeline) {
        findings.suggest(template.span, message, way_out);
        return None;
    }
    let name = item.name.as_ref()?;
    if let (Some(marker), Some(_)) = (&config.marker, &config.set) {
        findings.suggest(marker.span, "`marker` and `set` both say what is set", "keep one of the two");
    }
    let values_span = item.values.as_ref().and_then(|values| values.items.first()).map(|file| file.span);
    if item.values.as_ref().is_some_and(|values| values.items.is_empty() && values.is_complete) {
        findings.suggest(template.span, "`values` lists no file", "list the values files, or delete the key");
    }
    if let Some(span) = values_span
        && (config.marker.is_some() || config.set.is_some())
    {
        let message = "`values` says where images are, and so does `marker` or `set` below `config`";
        findings.suggest(span, message, "keep one of them");
    }
    let mut locations = BTreeMap::new();
    for environment in &pipeline?.environments {
        let names = PlaceholderValues { service: &name.value, environment: &environment.name };
        match names.path(&template.0) {
            Ok(path) => {
                let finding = match &item.values {
                    Some(values) => ImageDiscovery::Values(values_files(values, names, &path, findings)?),
                    None => finding(config, names, &path, findings)?,
                };
                locations.insert(environment.name.clone(), Location { path, finding })
            }
            Err(error) => {
                findings.add(template.span, error);
                return None;
            }
        };
    }
    Some(locations)
}

/// The values files of one environment; `None` where one is not in the repository or listed twice, which is reported.
fn values_files(
    values: &raw::List<raw::PathTemplate>,
    names: PlaceholderValues<'_>,
    folder: &RepositoryPath,
    findings: &mut ProblemList,
) -> Option<Vec<ValuesFile>> {
    let mut files: Vec<ValuesFile> = Vec::new();
    for item in &values.items {
        let path = file_in(folder, item, names, findings)?;
        if files.iter().any(|file| file.path == path) {
            let message = format!("the values file `{path}` is listed twice");
            findings.suggest(item.span, message, "keep the one that Helm reads last");
            return None;
        }
        files.push(ValuesFile { path, sharing: ValuesSharing::Own });
    }
    (!files.is_empty() && values.is_complete).then_some(files)
}

/// The path of a file that is written relative to a folder; `None` where it leads out of the repository, which is
/// reported.
fn file_in(
    folder: &RepositoryPath,
    item: &Located<raw::PathTemplate>,
    names: PlaceholderValues<'_>,
    findings: &mut ProblemList,
) -> Option<RepositoryPath> {
    let name = names.fill(&item.0);
    let has_placeholder = name.contains(['{', '}']);
    let path = if has_placeholder { None } else { folder.join(&name) };
    if path.is_none() {
        let message = format!("`{name}` is not a path inside the repository");
        findings.suggest(item.span, message, "write it relative to `path`");
    }
    path
}

/// Notes which values files are read by several environments or services.
fn mark_shared_values(services: &mut [CheckedService<'_>]) {
    let mut readers: BTreeMap<(ConfigBranch, RepositoryPath), ValuesReaders> = BTreeMap::new();
    for written in &*services {
        // The lines of one service run in the same environment.
        let name = written.item.name.as_ref().map(|name| name.to_string()).unwrap_or_default();
        for (environment, location) in &written.service.locations {
            for file in values_of(location) {
                let key = (written.service.place.clone(), file.path.clone());
                let readers = readers.entry(key).or_default();
                readers.services.insert(name.clone());
                readers.environments.insert(environment.clone());
            }
        }
    }
    for written in services {
        for location in written.service.locations.values_mut() {
            if let ImageDiscovery::Values(files) = &mut location.finding {
                for file in files {
                    let key = (written.service.place.clone(), file.path.clone());
                    file.sharing = readers.get(&key).map_or(ValuesSharing::Own, ValuesReaders::sharing);
                }
            }
        }
    }
}

/// Who reads a values file.
#[derive(Default)]
struct ValuesReaders {
    services: BTreeSet<String>,
    environments: BTreeSet<EnvironmentName>,
}

impl ValuesReaders {
    fn sharing(&self) -> ValuesSharing {
        if self.environments.len() > 1 {
            ValuesSharing::Environments
        } else if self.services.len() > 1 {
            ValuesSharing::Services
        } else {
            ValuesSharing::Own
        }
    }
}

fn values_of(location: &Location) -> &[ValuesFile] {
    match &location.finding {
        ImageDiscovery::Values(files) => files,
        ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => &[],
    }
}

/// How the images of one environment are found; nothing where a file leads out of the repository, which is reported.
fn finding(
    config: &raw::Config,
    names: PlaceholderValues<'_>,
    folder: &RepositoryPath,
    findings: &mut ProblemList,
) -> Option<ImageDiscovery> {
    if let Some(marker) = &config.marker {
        return Some(ImageDiscovery::Marker(marker.value.clone()));
    }
    let Some(set) = &config.set else { return Some(ImageDiscovery::ByFormat) };
    let mut scalars = Vec::new();
    for item in &set.items {
        let (file, path) = (item.file.as_ref()?, item.path.as_ref()?);
        let whole = file_in(folder, file, names, findings)?;
        scalars.push(DeclaredScalar { file: whole, path: path.0.clone() });
    }
    Some(ImageDiscovery::Declared(scalars))
}

/// The values of the placeholders in a path template.
#[derive(Clone, Copy)]
struct PlaceholderValues<'a> {
    service: &'a ServiceName,
    environment: &'a EnvironmentName,
}

impl PlaceholderValues<'_> {
    fn fill(self, template: &str) -> String {
        template.replace(ENVIRONMENT, self.environment.as_str()).replace(SERVICE, self.service.as_str())
    }

    /// The filled template as a path. A kustomization stands for its folder, as in `towpath images`.
    fn path(self, template: &str) -> Result<RepositoryPath, NameError> {
        let path = RepositoryPath::new(self.fill(template))?;
        match path.parent() {
            Some(folder) if KUSTOMIZATION_FILES.contains(&path.file_name()) => Ok(folder),
            Some(_) | None => Ok(path),
        }
    }
}

/// Whether a template gives a path inside the repository; the names that fill it cannot lead out of it.
fn check_template(
    template: &str,
    has_own_values: bool,
    pipeline: Option<&Pipeline>,
) -> Result<(), (String, String)> {
    let filled = template.replace(ENVIRONMENT, "e").replace(SERVICE, "s");
    if filled.contains(['{', '}']) {
        let way_out = format!("use `{ENVIRONMENT}` and `{SERVICE}`");
        return Err((format!("`{template}` contains an unknown placeholder"), way_out));
    }
    if RepositoryPath::new(filled.as_str()).is_err() || filled.is_empty() {
        let way_out = "write it relative to its top, with `/`, without `.`, `..` or a leading or closing `/`";
        return Err((format!("`{template}` is not a path inside the repository"), way_out.to_owned()));
    }
    let is_alone = pipeline.is_some_and(|pipeline| pipeline.environments.len() == 1);
    if !template.contains(ENVIRONMENT) && !has_own_values && !is_alone {
        let way_out = format!("write for example `{}`", with_environment(template, pipeline));
        return Err((
            format!("`{template}` has no `{ENVIRONMENT}`, so that all environments would share it"),
            way_out,
        ));
    }
    Ok(())
}

/// A template that differs by environment: in place of the name of an environment, or below the path.
fn with_environment(template: &str, pipeline: Option<&Pipeline>) -> String {
    let is_environment = |part: &str| {
        let mut names = pipeline.into_iter().flat_map(|pipeline| &pipeline.environments);
        names.any(|environment| environment.name.as_str() == part)
    };
    if !template.split('/').any(is_environment) {
        return format!("{template}/{ENVIRONMENT}");
    }
    let parts: Vec<&str> =
        template.split('/').map(|part| if is_environment(part) { ENVIRONMENT } else { part }).collect();
    parts.join("/")
}
