//! A configuration with the problems that were found so far; what the config repositories on this machine lack is added to
//! them, so that all are reported together.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::document::{Document, SyntaxError, ValueKind};
use super::located::Located;
use super::problem::{ProblemList, Span};
use super::reader::{Read as _, Reader};
use super::{FILE_BYTES_MAX, Problems, SecretOwner, Settings, checked, raw};
use crate::model::{ServiceEnvironment, ServiceName};

/// What to do where there is no configuration.
const NO_FILE: &str = "name another file with `--config`, or try `towpath demo`, which needs none";

/// A configuration that was read, and the problems that were found so far.
#[derive(Debug)]
pub struct ConfigReport {
    file: PathBuf,
    raw: Option<raw::File>,
    findings: ProblemList,
    settings: Option<Settings>,
}

/// What of a service something is wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServicePart {
    /// The repository that it names.
    Repository(ServiceName),
    /// The branch that it names.
    Branch(ServiceName),
    /// The path of an environment.
    Path(ServiceEnvironment),
    /// Where the images of an environment are set: `marker`, `set` or `values`, else the path.
    Images(ServiceEnvironment),
}

impl ServicePart {
    const fn service(&self) -> &ServiceName {
        match self {
            Self::Repository(service) | Self::Branch(service) => service,
            Self::Path(target) | Self::Images(target) => &target.service,
        }
    }
}

/// Whether the disk is looked at.
#[derive(Copy, Clone, PartialEq, Eq)]
pub(super) enum Disk {
    /// What the file names on disk has to be there.
    LookedAt,
    /// That, and the secrets.
    LookedAtWithSecrets,
    /// Only the text counts.
    NotLookedAt,
}

/// Reads a configuration file, and looks whether what it names on disk is there.
///
/// # Errors
/// If the file cannot be read.
pub fn examine_on_disk(file: &Path) -> Result<ConfigReport, Problems> {
    examine(&text_of(file)?, file, Disk::LookedAt)
}

/// Reads a configuration from its text; relative paths start at the folder of `file`.
pub(super) fn examine(text: &str, file: &Path, disk: Disk) -> Result<ConfigReport, Problems> {
    if text.len() > FILE_BYTES_MAX {
        return Err(too_large(file));
    }
    let mut findings = ProblemList::new(text);
    let folder = checked::folder_of(file);
    let raw = raw_of(text, &mut findings);
    let settings = raw.as_ref().map(|raw| {
        if disk != Disk::NotLookedAt {
            checked::on_disk(raw, folder, &mut findings);
        }
        if disk == Disk::LookedAtWithSecrets {
            checked::with_secrets(raw, folder, &mut findings);
        }
        checked::check(raw, file, &mut findings)
    });
    Ok(ConfigReport { file: file.to_owned(), raw, findings, settings })
}

impl ConfigReport {
    /// The settings as far as they could be proven: services with a problem are left out.
    #[must_use]
    pub const fn settings(&self) -> Option<&Settings> {
        self.settings.as_ref()
    }

    /// Adds a problem, at the line where the service says it.
    pub fn report(&mut self, part: &ServicePart, finding: &str, way_out: Option<&str>) {
        let span = self.raw.as_ref().and_then(|raw| span_of(raw, part)).unwrap_or_default();
        match way_out {
            Some(way_out) => self.findings.suggest(span, finding, way_out),
            None => self.findings.add(span, finding),
        }
    }

    /// Adds a problem with a forge or registry that cannot be used, at the line that names its secret.
    pub fn report_owner(&mut self, owner: &SecretOwner, finding: &str) {
        let span = self.raw.as_ref().and_then(|raw| span_of_secret(raw, owner, "")).unwrap_or_default();
        self.findings.add(span, finding);
    }

    /// The line and column, from 1, at which the configuration says where a secret is.
    #[must_use]
    pub fn position_of_secret(&self, owner: &SecretOwner, key: &str) -> Option<(usize, usize)> {
        let span = span_of_secret(self.raw.as_ref()?, owner, key)?;
        Some(self.findings.position(span))
    }

    /// The settings.
    ///
    /// # Errors
    /// All problems, in the order of the lines.
    pub fn finish(self) -> Result<Settings, Problems> {
        match (self.findings.into_problems(&self.file), self.settings) {
            (Some(problems), _) => Err(problems),
            (None, settings) => Ok(settings.expect("a text without settings has a problem")),
        }
    }
}

/// Where the secret under a key is named; without such a key, the one with which Towpath logs in.
fn span_of_secret(raw: &raw::File, owner: &SecretOwner, key: &str) -> Option<Span> {
    match owner {
        SecretOwner::Forge(name) => {
            let mut forges = raw.forges.as_ref()?.items.iter();
            let forge = forges.find(|own| own.name.as_ref().is_some_and(|own| own.value == *name))?;
            let token = forge.token.as_ref().map(|own| own.span);
            let private_key = forge.app.as_ref().and_then(|app| app.private_key.as_ref()).map(|own| own.span);
            let of_events = forge.webhook_secrets.as_ref().map(|own| own.span);
            if key == "webhook_secrets" { of_events } else { private_key.or(token) }
        }
        SecretOwner::Registry(host) => {
            let mut registries = raw.registries.as_ref()?.items.iter();
            let own = registries.find(|own| own.host.as_ref().is_some_and(|own| own.value.0 == *host))?;
            let of_events = own.hooks.as_ref().map(|own| own.span);
            let of_login = own.credentials.as_ref().map(|own| own.span);
            if key.starts_with("hooks") { of_events } else { of_login }
        }
    }
}

/// Where a part of a service stands. A line of a service with several images is called `<service>-<image>`.
fn span_of(raw: &raw::File, part: &ServicePart) -> Option<Span> {
    let name = part.service().as_str();
    let is_meant = |item: &&Located<raw::Service>| {
        let rest = item.name.as_ref().and_then(|own| name.strip_prefix(own.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let length = |item: &&Located<raw::Service>| item.name.as_ref().map_or(0, |own| own.as_str().len());
    let item = raw.services.as_ref()?.items.iter().filter(is_meant).max_by_key(length)?;
    let config = item.config.as_ref()?;
    let path = config.path.as_ref().map(|path| path.span);
    let repository = config.repository.as_ref().map(|own| own.span);
    match part {
        ServicePart::Repository(_) => repository,
        ServicePart::Branch(_) => config.branch.as_ref().map(|own| own.span).or(repository),
        ServicePart::Path(_) => path,
        ServicePart::Images(_) => {
            let marker = config.marker.as_ref().map(|marker| marker.span);
            let set = config.set.as_ref().map(|set| set.span);
            let values = item.values.as_ref().map(|values| values.span);
            marker.or(set).or(values).or(path)
        }
    }
}

pub(super) fn raw_of(text: &str, findings: &mut ProblemList) -> Option<raw::File> {
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(SyntaxError { span, what, way_out: Some(way_out) }) => {
            findings.suggest(span, what, way_out);
            return None;
        }
        Err(SyntaxError { span, what, way_out: None }) => {
            findings.add(span, what);
            return None;
        }
    };
    let mut roots = document.roots().into_iter();
    let root = roots.next().filter(|root| !matches!(document.shape(*root), ValueKind::Nothing));
    if let Some(second) = roots.next() {
        findings.suggest(second.span, "a second document starts here", "keep one, without `---`");
    }
    let Some(root) = root else {
        findings.suggest(Span::default(), "there is nothing in this file", "start with `version: 1`");
        return None;
    };
    raw::File::read(&mut Reader::new(&document, findings), root)
}

/// The same file with the other of the two usual endings, if that is there.
fn other_ending(file: &Path) -> Option<PathBuf> {
    let other = match file.extension()?.to_str()? {
        "yaml" => file.with_extension("yml"),
        "yml" => file.with_extension("yaml"),
        _ => return None,
    };
    other.is_file().then_some(other)
}

pub(super) fn text_of(file: &Path) -> Result<String, Problems> {
    let refused = |error: std::io::Error| {
        if error.kind() != std::io::ErrorKind::NotFound {
            let message = format!("the configuration `{}` cannot be read: {error}", file.display());
            return Problems::of_file(file, message, NO_FILE);
        }
        let message = format!("there is no configuration `{}`", file.display());
        match other_ending(file) {
            Some(other) => Problems::of_file(
                file,
                message,
                &format!("use the other file with `--config {}`", other.display()),
            ),
            None => Problems::of_file(file, message, NO_FILE),
        }
    };
    let opened = std::fs::File::open(file).map_err(refused)?;
    let mut bytes = Vec::new();
    opened.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(refused)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(too_large(file));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("`{}` is not UTF-8 text: byte {at} is wrong", file.display());
        Problems::of_file(file, message, "save it as UTF-8")
    })
}

fn too_large(file: &Path) -> Problems {
    let message = format!("`{}` is larger than {} KiB", file.display(), FILE_BYTES_MAX / 1024);
    Problems::of_file(file, message, "is it the right file?")
}
