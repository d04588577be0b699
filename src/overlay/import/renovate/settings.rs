//! The settings of Renovate, as far as they say which images it keeps up to date and which versions it takes.

use regex::Regex;

use crate::model::{ImportedRule, ImportedSelection, NotImported, RepositoryPath};
use crate::overlay::document::text::Text;
use crate::overlay::import::constraint::translate;
use crate::overlay::import::expression::expression;
use crate::overlay::kustomize::kustomization::FILE_NAMES;
use crate::yaml::NodeId;

pub(super) const KUSTOMIZE: &str = "kustomize";
const HELM_VALUES: &str = "helm-values";
/// The managers that read images, in the order in which a file is given to one; all but the first two read only files
/// that the settings name.
const MANAGERS: [&str; 5] = [KUSTOMIZE, HELM_VALUES, "flux", "argocd", "kubernetes"];
/// Keys of a package rule that say to what it applies.
const MATCHERS: [&str; 6] = [
    "matchPackageNames",
    "matchDepNames",
    "matchManagers",
    "matchFileNames",
    "matchPaths",
    "matchDatasources",
];
/// Keys of a package rule that are carried over, or say nothing about versions.
const CARRIED: [&str; 3] = ["enabled", "allowedVersions", "description"];
/// Keys of a package rule that change which versions are taken, and are not carried over.
const VERSIONS: [&str; 3] = ["versioning", "extractVersion", "followTag"];
/// The values of `versioning` that take the versions which are taken here.
const VERSIONINGS: [&str; 2] = ["docker", "semver"];

/// What the settings say.
pub(in crate::overlay::import) struct Settings {
    is_enabled: bool,
    ignored_paths: Vec<String>,
    ignored_names: Vec<String>,
    /// `None` if all managers are enabled.
    managers: Option<Vec<String>>,
    /// The files that a manager reads beside its own.
    files: Vec<(&'static str, Vec<String>)>,
    rules: Vec<Rule>,
    /// What is not carried over.
    pub(super) leftovers: Vec<NotImported>,
}

/// One of `packageRules`.
struct Rule {
    names: Option<Vec<String>>,
    managers: Option<Vec<String>>,
    files: Option<Vec<String>>,
    datasources: Option<Vec<String>>,
    enabled: Option<bool>,
    allowed: Option<String>,
    /// What else decides on versions, as it is written.
    versions: Vec<String>,
}

/// What the settings say about one image.
pub(super) struct ImageRules<'a> {
    pub(super) is_enabled: bool,
    allowed: Option<&'a str>,
    /// What decides on versions and is not carried over.
    versions: Vec<&'a str>,
}

impl Settings {
    /// Reads settings in JSON, with comments and trailing commas.
    pub(in crate::overlay::import) fn read(path: &RepositoryPath, bytes: &[u8]) -> Self {
        let leave = |line, what| NotImported { file: path.clone(), line, what };
        let text = Text::new(without_comments(&String::from_utf8_lossy(bytes)).as_bytes());
        let root = text.as_ref().ok().and_then(|text| Some((text, text.tree.root()?)));
        let Some((text, root)) = root else {
            let what =
                "these settings cannot be read, so what Renovate's managers find is not offered".to_owned();
            return Self::nothing(leave(1, what));
        };
        let mut leftovers = Vec::new();
        if let Some(extends) = text.tree.get(root, "extends") {
            let presets = strings(text, Some(extends)).unwrap_or_default().join("`, `");
            let what = format!("the presets `{presets}` are not read, so rules in them are not carried over");
            leftovers.push(leave(text.line(extends), what));
        }
        let rules = text.tree.get(root, "packageRules");
        let rules = rules.map_or(&[][..], |rules| text.tree.items(rules)).iter().filter_map(|rule| {
            let foreign = foreign_keys(text, *rule);
            if !foreign.is_empty() {
                let what = format!("not carried over from a package rule: `{}`", foreign.join("`, `"));
                leftovers.push(leave(text.line(*rule), what));
            }
            let is_understood = foreign.iter().all(|key| !is_matcher(key));
            is_understood.then(|| Rule::read(text, *rule))
        });
        let rules = rules.collect();
        let list = |key| strings(text, text.tree.get(root, key));
        let managers = list("enabledManagers");
        let disabled = |name: &str| {
            let own = text.tree.get(root, name).and_then(|own| text.tree.get(own, "enabled"));
            own.and_then(|node| text.tree.scalar(node)) == Some("false")
        };
        let enabled = |name: &&str| {
            managers.as_ref().is_none_or(|managers| managers.iter().any(|other| other == name))
                && !disabled(name)
        };
        Self {
            is_enabled: text.tree.get(root, "enabled").and_then(|node| text.tree.scalar(node))
                != Some("false"),
            ignored_paths: list("ignorePaths").unwrap_or_default(),
            ignored_names: list("ignoreDeps").unwrap_or_default(),
            managers: Some(
                MANAGERS.iter().filter(|name| enabled(name)).map(|name| (*name).to_owned()).collect(),
            ),
            files: MANAGERS.iter().map(|name| (*name, file_patterns(text, root, name))).collect(),
            rules,
            leftovers,
        }
    }

    fn nothing(leftover: NotImported) -> Self {
        Self {
            is_enabled: false,
            ignored_paths: Vec::new(),
            ignored_names: Vec::new(),
            managers: None,
            files: Vec::new(),
            rules: Vec::new(),
            leftovers: vec![leftover],
        }
    }

    /// The manager that reads a file; `None` if none does.
    pub(in crate::overlay::import) fn manager(&self, path: &RepositoryPath) -> Option<String> {
        let text = path.as_str();
        let is_ignored = |ignored: &String| text.contains(ignored.as_str()) || is_like(ignored, text);
        if !self.is_enabled || self.ignored_paths.iter().any(is_ignored) {
            return None;
        }
        let reads = |name: &&str| {
            let is_own = match *name {
                KUSTOMIZE => FILE_NAMES.contains(&path.file_name()),
                HELM_VALUES => matches!(path.file_name(), "values.yaml" | "values.yml"),
                _ => false,
            };
            let named =
                self.files.iter().filter(|(other, _)| other == name).flat_map(|(_, patterns)| patterns);
            is_own || named.into_iter().any(|pattern| is_like(pattern, text))
        };
        let is_enabled = |name: &&str| {
            self.managers.as_ref().is_none_or(|managers| managers.iter().any(|other| other == name))
        };
        MANAGERS.iter().copied().filter(is_enabled).find(reads).map(str::to_owned)
    }

    /// What holds for an image; of several rules the last one that says something.
    pub(super) fn terms(&self, image: &str, manager: &str, path: &RepositoryPath) -> ImageRules<'_> {
        let is_ignored = self.ignored_names.iter().any(|name| is_like(name, image));
        let mut terms = ImageRules { is_enabled: !is_ignored, allowed: None, versions: Vec::new() };
        for rule in self.rules.iter().filter(|rule| rule.is_about(image, manager, path)) {
            terms.is_enabled = rule.enabled.unwrap_or(terms.is_enabled) && !is_ignored;
            terms.allowed = rule.allowed.as_deref().or(terms.allowed);
            terms.versions.extend(rule.versions.iter().map(String::as_str));
        }
        terms
    }
}

impl ImageRules<'_> {
    /// A selection within `allowedVersions`.
    pub(super) fn narrowed(&self, mut selection: ImportedSelection) -> Result<ImportedSelection, String> {
        if !self.versions.is_empty() {
            return Err(format!("`{}` is not carried over", self.versions.join("`, `")));
        }
        let Some(allowed) = self.allowed else { return Ok(selection) };
        let is_expression = |text: &str| text.len() > 1 && text.starts_with('/') && text.ends_with('/');
        let inner = |text: &str| expression(text.trim_matches('/'));
        if is_expression(allowed) {
            selection.allow.push(inner(allowed)?);
            return Ok(selection);
        }
        if let Some(refused) = allowed.strip_prefix('!').filter(|text| is_expression(text)) {
            selection.ignore.push(inner(refused)?);
            return Ok(selection);
        }
        // Without pre-releases, npm's ranges and those of Masterminds take the same versions.
        let translated = translate(allowed).ok().filter(|range| !range.prereleases);
        match (&selection.rule, translated) {
            (ImportedRule::Semver { .. }, Some(range)) => {
                selection.rule = ImportedRule::Semver { range: range.range, prereleases: false };
                Ok(selection)
            }
            _ => Err(format!("`allowedVersions: {allowed}` is not carried over")),
        }
    }
}

impl Rule {
    fn read(text: &Text, rule: NodeId) -> Self {
        let list = |key| strings(text, text.tree.get(rule, key));
        let scalar = |key| text.tree.get(rule, key).and_then(|node| text.tree.scalar(node));
        Self {
            names: list("matchPackageNames").or_else(|| list("matchDepNames")),
            managers: list("matchManagers"),
            files: list("matchFileNames").or_else(|| list("matchPaths")),
            datasources: list("matchDatasources"),
            enabled: scalar("enabled").map(|value| value == "true"),
            allowed: scalar("allowedVersions").map(str::to_owned),
            versions: VERSIONS
                .iter()
                .filter_map(|key| Some((*key, scalar(key)?)))
                .filter(|written| !(written.0 == "versioning" && VERSIONINGS.contains(&written.1)))
                .map(|(key, value)| format!("{key}: {value}"))
                .collect(),
        }
    }

    fn is_about(&self, image: &str, manager: &str, path: &RepositoryPath) -> bool {
        let holds = |patterns: Option<&[String]>, text: &str| {
            patterns.is_none_or(|patterns| is_among(patterns, text))
        };
        holds(self.names.as_deref(), image)
            && holds(self.managers.as_deref(), manager)
            && holds(self.files.as_deref(), path.as_str())
            && holds(self.datasources.as_deref(), "docker")
    }
}

fn is_matcher(key: &str) -> bool {
    key.starts_with("match") || key.starts_with("exclude")
}

fn foreign_keys(text: &Text, rule: NodeId) -> Vec<String> {
    let keys = text.tree.entries(rule).iter().filter_map(|(key, _)| text.tree.scalar(*key));
    let foreign = keys.filter(|key| !MATCHERS.contains(key) && !CARRIED.contains(key));
    foreign.map(str::to_owned).collect()
}

/// The texts of a list, or one text alone.
fn strings(text: &Text, node: Option<NodeId>) -> Option<Vec<String>> {
    let node = node?;
    let items = match text.tree.scalar(node) {
        Some(_) => std::slice::from_ref(&node),
        None => text.tree.items(node),
    };
    Some(items.iter().filter_map(|item| text.tree.scalar(*item)).map(str::to_owned).collect())
}

/// The files that a manager reads by the settings; older settings spell regular expressions without slashes.
fn file_patterns(text: &Text, root: NodeId, manager: &str) -> Vec<String> {
    let Some(own) = text.tree.get(root, manager) else { return Vec::new() };
    let older = strings(text, text.tree.get(own, "fileMatch")).unwrap_or_default();
    let older = older.into_iter().map(|pattern| format!("/{pattern}/"));
    let patterns = strings(text, text.tree.get(own, "managerFilePatterns")).unwrap_or_default();
    patterns.into_iter().chain(older).collect()
}

/// Whether a text is like one of the patterns and like none that starts with `!`.
fn is_among(patterns: &[String], text: &str) -> bool {
    let (excluded, included): (Vec<&String>, Vec<&String>) =
        patterns.iter().partition(|pattern| pattern.starts_with('!'));
    let is_excluded = excluded.iter().any(|pattern| is_like(pattern.trim_start_matches('!'), text));
    !is_excluded && (included.is_empty() || included.iter().any(|pattern| is_like(pattern, text)))
}

/// Whether a text is like a pattern: a regular expression between slashes, else a glob.
fn is_like(pattern: &str, text: &str) -> bool {
    let inner = pattern.strip_prefix('/').and_then(|inner| inner.strip_suffix('/'));
    let expression = inner.map_or_else(|| of_glob(pattern), str::to_owned);
    Regex::new(&expression).is_ok_and(|expression| expression.is_match(text))
}

fn of_glob(glob: &str) -> String {
    let escaped = regex::escape(glob);
    let escaped = escaped.replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*");
    format!("^{}$", escaped.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
}

/// JSON5 as YAML reads it: comments and tabs blanked, so that lines stay where they are, and double quotes alone.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut quote = None;
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', Some(_)) if letters.next_if_eq(&'\'').is_some() => plain.push('\''),
            ('\\', Some(_)) => plain.extend(std::iter::once(letter).chain(letters.next())),
            (_, Some(open)) if letter == open => {
                quote = None;
                plain.push('"');
            }
            ('"', Some(_)) => plain.push_str("\\\""),
            ('"' | '\'', None) => {
                quote = Some(letter);
                plain.push('"');
            }
            ('/', None) if letters.peek() == Some(&'/') => {
                while letters.next_if(|next| *next != '\n').is_some() {}
            }
            ('/', None) if letters.peek() == Some(&'*') => plain.push_str(&line_ends(&mut letters)),
            ('\t', None) => plain.push(' '),
            _ => plain.push(letter),
        }
    }
    plain
}

/// Skips a comment up to its `*/`, and returns the ends of its lines.
fn line_ends(letters: &mut impl Iterator<Item = char>) -> String {
    let mut ends = String::new();
    let mut before = ' ';
    for letter in letters {
        ends.extend((letter == '\n').then_some('\n'));
        if (before, letter) == ('*', '/') {
            break;
        }
        before = letter;
    }
    ends
}
