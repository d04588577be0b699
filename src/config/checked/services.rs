//! Services: what they refer to, and the folder of each of their overlays.

use std::collections::BTreeMap;

use super::known::Known;
use crate::config::located::Located;
use crate::config::problem::{Findings, Span};
use crate::config::raw;
use crate::model::{
    BRANCH_PREFIX, BranchName, DeclaredScalar, EnvironmentName, Finding, ForgeName, GroupName, ImageName,
    Location, NameError, Pattern, Pipeline, PipelineName, Place, RepositoryName, RepositoryPath, Selection,
    Service, ServiceName,
};

/// The branch unless something else is said.
const BRANCH_DEFAULT: &str = "main";
/// What stands for the name of an environment in a path.
const ENVIRONMENT: &str = "{environment}";
/// What stands for the name of a service in a path.
const SERVICE: &str = "{service}";

/// What services may refer to.
struct Referents<'a> {
    listed: &'a [Located<raw::Forge>],
    forges: Known<'a, ForgeName>,
    pipelines: Known<'a, PipelineName>,
    proven: &'a BTreeMap<PipelineName, Pipeline>,
}

/// A service and what was written about it.
struct Written<'a> {
    item: &'a Located<raw::Service>,
    service: Service,
}

/// The services, in the order of the file.
pub(super) fn services(
    raw: &raw::File,
    pipelines: &BTreeMap<PipelineName, Pipeline>,
    findings: &mut Findings,
) -> Vec<Service> {
    let listed = raw.services.as_ref().map_or(&[][..], |services| &services.items);
    Known::collect("service", listed.iter().map(|service| service.name.as_ref())).refuse_duplicates(findings);
    let referents = referents(raw, pipelines);
    let proven = listed.iter().filter_map(|item| {
        let service = service(item, &referents, findings)?;
        Some(Written { item, service })
    });
    let proven: Vec<Written<'_>> = proven.collect();
    refuse_shared_changes(&proven, findings);
    refuse_shared_folders(&proven, findings);
    proven.into_iter().map(|written| written.service).collect()
}

fn referents<'a>(raw: &'a raw::File, proven: &'a BTreeMap<PipelineName, Pipeline>) -> Referents<'a> {
    let forges = raw.forges.iter().flat_map(|list| &list.items).map(|forge| forge.name.as_ref());
    let pipelines = raw.pipelines.iter().flat_map(|list| &list.items).map(|pipeline| pipeline.name.as_ref());
    Referents {
        listed: raw.forges.as_ref().map_or(&[][..], |list| &list.items),
        forges: Known::collect("forge", forges)
            .complete_if(raw.forges.as_ref().is_none_or(|list| list.is_complete)),
        pipelines: Known::collect("pipeline", pipelines)
            .complete_if(raw.pipelines.as_ref().is_none_or(|list| list.is_complete)),
        proven,
    }
}

/// The service; nothing where a part of it is missing or wrong, which is then reported.
fn service(item: &raw::Service, referents: &Referents<'_>, findings: &mut Findings) -> Option<Service> {
    let pipeline = item.pipeline.as_ref().filter(|name| referents.pipelines.has(name, findings));
    let pipeline = pipeline.and_then(|name| referents.proven.get(&name.value));
    let image = item.images.as_ref().and_then(|images| only_image(images, findings));
    let place = item.config.as_ref().and_then(|config| place(config, referents, findings));
    let locations = locations(item, pipeline, findings);
    let name = item.name.as_ref()?.value.clone();
    let (image, selection) = image?;
    Some(Service {
        group: group(item)?,
        name,
        pipeline: pipeline?.name.clone(),
        image,
        selection,
        place: place?,
        locations: locations?,
    })
}

fn group(item: &raw::Service) -> Option<GroupName> {
    match &item.group {
        Some(group) => Some(group.value.clone()),
        None => GroupName::new(item.name.as_ref()?.as_str()).ok(),
    }
}

fn only_image(
    images: &Located<raw::List<raw::Image>>,
    findings: &mut Findings,
) -> Option<(ImageName, Selection)> {
    if images.items.is_empty() && images.is_complete {
        findings.suggest(
            images.span,
            "this service has no image",
            "write `- image:` with its name and `select`",
        );
    }
    for second in images.items.iter().skip(1) {
        let span = second.image.as_ref().map_or(second.span, |image| image.span);
        let way_out = "list it as a service of its own; both may share one path";
        findings.suggest(span, "a service has one image for now", way_out);
    }
    let only = images.items.first()?;
    let selection = selection(&only.select.as_ref()?.value, findings);
    let selection = selection?.narrowed(patterns(only.allow.as_ref()), patterns(only.ignore.as_ref()));
    Some((only.image.as_ref()?.value.clone(), selection))
}

fn patterns(list: Option<&Located<raw::List<Pattern>>>) -> Vec<Pattern> {
    list.iter().flat_map(|list| &list.items).map(|pattern| pattern.value.clone()).collect()
}

/// Which tags are releases; nothing where that makes no sense, which is reported.
fn selection(select: &raw::Select, findings: &mut Findings) -> Option<Selection> {
    let mut only_true = |written: &Located<bool>, selection| {
        if !written.value {
            findings.suggest(
                written.span,
                "`false` selects nothing",
                "write `true`, or select in another way",
            );
        }
        written.value.then_some(selection)
    };
    match select {
        raw::Select::Semver(range) => Some(range.value.clone()),
        raw::Select::Calver(layout) => Some(layout.0.clone()),
        raw::Select::Alphabetical(written) => only_true(written, Selection::alphabetical()),
        raw::Select::Numerical(written) => only_true(written, Selection::numerical()),
        raw::Select::Regex(groups) => {
            let (pattern, sort) = (groups.pattern.as_ref()?, groups.sort.as_ref()?);
            let names: Vec<String> = sort.items.iter().map(|name| name.0.clone()).collect();
            let selection = Selection::regex(&pattern.0, &names);
            selection.map_err(|error| findings.add(pattern.span, error.to_string())).ok()
        }
    }
}

fn place(config: &raw::Config, referents: &Referents<'_>, findings: &mut Findings) -> Option<Place> {
    let forge = config.forge.as_ref().filter(|forge| referents.forges.has(forge, findings));
    if let Some(branch) = config.branch.as_ref().filter(|branch| is_the_bots_own(branch)) {
        let message = format!("the branches below `{BRANCH_PREFIX}` are Towpath's own");
        findings.suggest(branch.span, message, "name the branch that is rolled out, such as `main`");
    }
    if let (Some(forge), Some(repository)) = (forge, &config.repository) {
        expect_listed(referents.listed, (forge, repository), findings);
    }
    let default = BranchName::new(BRANCH_DEFAULT).expect("the default is a branch name");
    Some(Place {
        forge: forge?.value.clone(),
        repository: config.repository.as_ref()?.value.clone(),
        branch: config.branch.as_ref().map_or(default, |branch| branch.value.clone()),
    })
}

/// Reports a repository that the forge does not list, or cannot have.
fn expect_listed(
    forges: &[Located<raw::Forge>],
    (forge, repository): (&Located<ForgeName>, &Located<RepositoryName>),
    findings: &mut Findings,
) {
    let is_meant =
        |listed: &&Located<raw::Forge>| listed.name.as_ref().is_some_and(|name| name.value == forge.value);
    let Some(listed) = forges.iter().find(is_meant) else { return };
    let is_github = matches!(&listed.kind, Some(Located { value: raw::ForgeKind::GitHub, .. }));
    if is_github && repository.as_str().matches('/').count() > 1 {
        let message = format!("`{}` is no repository of GitHub", repository.value);
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
    findings: &mut Findings,
) -> Option<BTreeMap<EnvironmentName, Location>> {
    let config = item.config.as_ref()?;
    let template = config.path.as_ref()?;
    if let Err((message, way_out)) = check_template(&template.0, pipeline) {
        findings.suggest(template.span, message, way_out);
        return None;
    }
    let name = item.name.as_ref()?;
    if let (Some(marker), Some(_)) = (&config.marker, &config.set) {
        findings.suggest(marker.span, "`marker` and `set` both say what is set", "keep one of the two");
    }
    let mut locations = BTreeMap::new();
    for environment in &pipeline?.environments {
        match fill(&template.0, name, &environment.name) {
            Ok(path) => {
                let finding = finding(config, (name, &environment.name), &path, findings)?;
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

/// How the images of one environment are found; nothing where a file leads out of the repository, which is reported.
fn finding(
    config: &raw::Config,
    (service, environment): (&ServiceName, &EnvironmentName),
    folder: &RepositoryPath,
    findings: &mut Findings,
) -> Option<Finding> {
    if let Some(marker) = &config.marker {
        return Some(Finding::Marker(marker.value.clone()));
    }
    let Some(set) = &config.set else { return Some(Finding::ByFormat) };
    let mut scalars = Vec::new();
    for item in &set.items {
        let (file, path) = (item.file.as_ref()?, item.path.as_ref()?);
        let name = file.0.replace(ENVIRONMENT, environment.as_str()).replace(SERVICE, service.as_str());
        let Some(whole) = folder.join(&name).filter(|_| !name.contains(['{', '}'])) else {
            let message = format!("`{name}` is not a path inside the repository");
            findings.suggest(file.span, message, "write it relative to `path`");
            return None;
        };
        scalars.push(DeclaredScalar { file: whole, path: path.0.clone() });
    }
    Some(Finding::Declared(scalars))
}

fn fill(
    template: &str,
    service: &ServiceName,
    environment: &EnvironmentName,
) -> Result<RepositoryPath, NameError> {
    RepositoryPath::new(
        template.replace(ENVIRONMENT, environment.as_str()).replace(SERVICE, service.as_str()),
    )
}

/// Whether a template gives a path inside the repository; the names that fill it cannot lead out of it.
fn check_template(template: &str, pipeline: Option<&Pipeline>) -> Result<(), (String, String)> {
    let filled = template.replace(ENVIRONMENT, "e").replace(SERVICE, "s");
    if filled.contains(['{', '}']) {
        let way_out = format!("use `{ENVIRONMENT}` and `{SERVICE}`");
        return Err((format!("`{template}` has braces that stand for nothing"), way_out));
    }
    if RepositoryPath::new(filled.as_str()).is_err() || filled.is_empty() {
        let way_out = "write it relative to its top, with `/`, without `.`, `..` or a leading or closing `/`";
        return Err((format!("`{template}` is not a path inside the repository"), way_out.to_owned()));
    }
    let is_alone = pipeline.is_some_and(|pipeline| pipeline.environments.len() == 1);
    if !template.contains(ENVIRONMENT) && !is_alone {
        let way_out = format!("write for example `{template}/{ENVIRONMENT}`");
        return Err((
            format!("`{template}` has no `{ENVIRONMENT}`, so that all environments would share it"),
            way_out,
        ));
    }
    Ok(())
}

/// One change carries one service for now, so no two may meet in (repository, environment, group), whatever branch
/// they are rolled out from: the branch of a change tells only those.
fn refuse_shared_changes(services: &[Written<'_>], findings: &mut Findings) {
    refuse_shared(
        services,
        findings,
        |service| (&service.place.forge, &service.place.repository, &service.group),
        |earlier, later| {
            let shared =
                earlier.locations.keys().find(|environment| later.locations.contains_key(*environment))?;
            let message =
                format!("`{}` and `{}` share the group `{}`", earlier.name, later.name, later.group);
            let way_out =
                format!("give them groups of their own; one change carries one service in `{shared}`");
            Some((message, way_out))
        },
    );
}

/// Two services with one image in one folder would both set the same line.
fn refuse_shared_folders(services: &[Written<'_>], findings: &mut Findings) {
    refuse_shared(
        services,
        findings,
        |service| (&service.place, &service.image),
        |earlier, later| {
            let is_shared = |own: &&Location| later.locations.values().any(|other| other == *own);
            let shared = &earlier.locations.values().find(is_shared)?.path;
            let message =
                format!("`{}` and `{}` both set `{}` in `{shared}`", earlier.name, later.name, later.image);
            Some((message, "give them different paths, or keep one of the two".to_owned()))
        },
    );
}

/// Reports each service that is in conflict with an earlier one of the same key.
fn refuse_shared<'a, Key: Ord>(
    services: &'a [Written<'_>],
    findings: &mut Findings,
    key: impl Fn(&'a Service) -> Key,
    conflict: impl Fn(&Service, &Service) -> Option<(String, String)>,
) {
    let mut seen: BTreeMap<Key, Vec<&Service>> = BTreeMap::new();
    for Written { item, service } in services {
        let alike = seen.entry(key(service)).or_default();
        // Of two services with one name, the name is reported already.
        let mut others = alike.iter().filter(|earlier| earlier.name != service.name);
        if let Some((message, way_out)) = others.find_map(|earlier| conflict(earlier, service)) {
            findings.suggest(name_span(item), message, way_out);
        }
        alike.push(service);
    }
}

fn name_span(item: &Located<raw::Service>) -> Span {
    item.name.as_ref().map_or(item.span, |name| name.span)
}
