//! Renovate: comments name images, and its managers find them in kustomizations, Helm values and other objects.

mod settings;

use super::File;
use crate::model::{
    ImageName, Imported, ImportedRule, ImportedSelection, ImportedService, NotImported, RepositoryPath,
};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::format;
use crate::overlay::format::renovate;
pub(super) use settings::Settings;

/// The names of the numbers of a version, the most important first.
const NUMBERS: [&str; 4] = ["major", "minor", "patch", "build"];
/// Suffixes that make a version a pre-release, rather than a variant such as `alpine`.
const UNSTABLE: [&str; 6] = ["alpha", "beta", "rc", "pre", "dev", "snapshot"];

/// Whether a file holds Renovate's settings.
pub(super) fn is_settings(name: &str) -> bool {
    matches!(
        name,
        "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5"
    )
}

/// What one of Renovate's managers finds in a file.
struct Found {
    image: ImageName,
    tag: String,
    /// The folder of a kustomization, else the file.
    path: RepositoryPath,
}

pub(super) fn read(files: &[File<'_>], settings: Option<&Settings>, imported: &mut Imported) {
    for file in files {
        if is_settings(file.path.file_name()) {
            let what = "let Renovate ignore the images that Towpath sets (`ignoreDeps`), so that one tool sets each line";
            let (file, what) = (file.path.clone(), what.to_owned());
            imported.leftovers.push(NotImported { file, line: 1, what });
        } else {
            comments(file, imported);
        }
    }
    let Some(settings) = settings else { return };
    imported.leftovers.extend(settings.leftovers.iter().cloned());
    for file in files.iter().filter(|file| !is_settings(file.path.file_name())) {
        let manager = settings.manager(file.path);
        for found in manager.iter().flat_map(|manager| found(manager, file)) {
            offer(&found, manager.as_deref().unwrap_or_default(), file, settings, imported);
        }
    }
}

/// Offers the images that comments name.
fn comments(file: &File<'_>, imported: &mut Imported) {
    for hinted in renovate::find(file.raw()) {
        let Ok(image) = hinted.image.name.parse::<ImageName>() else { continue };
        let tag = hinted.image.tag.as_deref().unwrap_or_default();
        let selection = if hinted.is_narrowed { None } else { of_tag(tag) };
        if selection.is_none() {
            let why = if hinted.is_narrowed {
                "`versioning` and `extractVersion` are not carried over".to_owned()
            } else {
                format!("which tags follow `{tag}` is not known")
            };
            let what = format!("`{image}`: {why}; fill in its `select`");
            imported.leftovers.push(NotImported { file: file.path.clone(), line: hinted.line, what });
        }
        service(image, selection, file.path.clone(), imported);
    }
}

fn offer(found: &Found, manager: &str, file: &File<'_>, settings: &Settings, imported: &mut Imported) {
    let is_offered = |service: &ImportedService| {
        service.image == found.image
            && service.paths.iter().any(|path| path == file.path || *path == found.path)
    };
    let terms = settings.terms(found.image.as_str(), manager, file.path);
    if !terms.is_enabled || imported.services.iter().any(is_offered) {
        return;
    }
    let leave = |what: String| NotImported { file: file.path.clone(), line: 1, what };
    if found.path.as_str().is_empty() {
        let what = format!("`{}` is set at the top of the repository; a service needs a folder", found.image);
        imported.leftovers.push(leave(what));
        return;
    }
    let selection = of_tag(&found.tag)
        .ok_or_else(|| format!("which tags follow `{}` is not known", found.tag))
        .and_then(|selection| terms.narrowed(selection));
    let selection = selection.map_err(|why| {
        imported.leftovers.push(leave(format!("`{}`: {why}; fill in its `select`", found.image)));
    });
    service(found.image.clone(), selection.ok(), found.path.clone(), imported);
}

fn service(
    image: ImageName,
    selection: Option<ImportedSelection>,
    path: RepositoryPath,
    imported: &mut Imported,
) {
    let name = image.as_str().rsplit('/').next().unwrap_or_default().parse();
    if let Ok(name) = name {
        imported.add(ImportedService { name, image, selection, marker: None, paths: vec![path] });
    }
}

fn found(manager: &str, file: &File<'_>) -> Vec<Found> {
    let Some(text) = &file.text else { return Vec::new() };
    let (written, path) = if manager == settings::KUSTOMIZE {
        (of_kustomization(text), file.path.parent())
    } else {
        (format::written_in(file.path.file_name(), file.bytes), Some(file.path.clone()))
    };
    let Some(path) = path else { return Vec::new() };
    let found = |written: WrittenImage| {
        let image = ImageName::new(written.name).ok()?;
        Some(Found { image, tag: written.tag?, path: path.clone() })
    };
    written.into_iter().filter_map(found).collect()
}

/// What the `images` of a kustomization say.
fn of_kustomization(text: &Text) -> Vec<WrittenImage> {
    let Some(root) = text.tree.root() else { return Vec::new() };
    let Some(images) = text.tree.get(root, "images") else { return Vec::new() };
    let entry = |entry| {
        let scalar = |key| text.tree.get(entry, key).and_then(|node| text.tree.scalar(node));
        let name = scalar("newName").or_else(|| scalar("name"))?.to_owned();
        Some(WrittenImage { name, tag: scalar("newTag").map(str::to_owned), digest: None })
    };
    text.tree.items(images).iter().copied().filter_map(entry).collect()
}

/// The tags that Renovate takes for newer than one, by its rules for images: with as many numbers, and the same suffix.
fn of_tag(tag: &str) -> Option<ImportedSelection> {
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, suffix) =
        text.split_once('-').map_or((text, None), |(numbers, suffix)| (numbers, Some(suffix)));
    let numbers: Vec<&str> = numbers.split('.').collect();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !numbers.iter().all(is_number) || numbers.len() > NUMBERS.len() {
        return None;
    }
    if suffix.is_some_and(|suffix| UNSTABLE.iter().any(|word| suffix.to_ascii_lowercase().starts_with(word)))
    {
        return None;
    }
    if suffix.is_none() && semver::Version::parse(text).is_ok() {
        let rule = ImportedRule::Semver { range: "*".to_owned(), prereleases: false };
        return Some(ImportedSelection::of(rule));
    }
    let sort: Vec<String> = NUMBERS.iter().take(numbers.len()).map(|name| (*name).to_owned()).collect();
    let groups: Vec<String> = sort.iter().map(|name| format!("(?P<{name}>[0-9]+)")).collect();
    let suffix = suffix.map(|suffix| format!("-{}", regex::escape(suffix))).unwrap_or_default();
    let pattern = format!("^v?{}{suffix}$", groups.join(r"\."));
    Some(ImportedSelection::of(ImportedRule::Regex { pattern, sort }))
}
