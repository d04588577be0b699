//! The ConfigMaps that a kustomization makes, since replacements copy values from them.

use crate::model::RepositoryPath;
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::{Place, SetBy, Step};
use crate::overlay::document::value::{Scalar, Value};
use crate::yaml::NodeId;

/// One item of `configMapGenerator`.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct ConfigMap {
    pub(in crate::overlay) name: String,
    pub(in crate::overlay) namespace: Option<String>,
    pub(in crate::overlay::kustomize) behavior: Option<String>,
    /// Keys and values that are written out.
    pub(in crate::overlay) literals: Vec<(String, Value)>,
    /// Files of `key=value` lines.
    pub(in crate::overlay) environments: Vec<(String, usize)>,
    /// Files that are values as a whole.
    pub(in crate::overlay) files: Vec<ConfigMapFile>,
}

/// One item of `files`: `key=path`, or a path whose last part is the key.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct ConfigMapFile {
    pub(in crate::overlay) key: String,
    pub(in crate::overlay) path: String,
    /// The line of the item, from 1.
    pub(in crate::overlay) line: usize,
}

impl ConfigMap {
    /// Reads every item; one that is not understood makes nothing.
    pub(in crate::overlay::kustomize) fn read_all(text: &Text, root: NodeId) -> Vec<Self> {
        let Some((_, list)) = text.entry(root, "configMapGenerator") else { return Vec::new() };
        text.tree.items(list).iter().filter_map(|item| Self::read(text, *item)).collect()
    }

    fn read(text: &Text, item: NodeId) -> Option<Self> {
        let own = |key| text.scalar_of(item, key).map(str::to_owned);
        let list = |key| text.entry(item, key).map(|(_, list)| text.tree.items(list)).unwrap_or_default();
        let texts = |key| {
            let scalars =
                list(key).iter().filter_map(|node| Some((text.tree.scalar(*node)?, text.line(*node))));
            scalars.collect::<Vec<_>>()
        };
        let mut environments: Vec<(String, usize)> =
            texts("envs").into_iter().map(|(path, line)| (path.to_owned(), line)).collect();
        environments.extend(own("env").map(|path| (path, text.line(item))));
        Some(Self {
            name: own("name")?,
            namespace: own("namespace"),
            behavior: own("behavior"),
            literals: texts("literals").into_iter().filter_map(|(pair, line)| pair_of(pair, line)).collect(),
            environments,
            files: texts("files").into_iter().map(|(item, line)| ConfigMapFile::new(item, line)).collect(),
        })
    }

    /// The resource that it makes.
    pub(in crate::overlay) fn resource(&self, data: Vec<(String, Value)>) -> Value {
        let text = |text: &str| Value::scalar(text, 0);
        let mut metadata = vec![("name".to_owned(), text(&self.name))];
        metadata.extend(self.namespace.as_deref().map(|name| ("namespace".to_owned(), text(name))));
        Value::Map(vec![
            ("apiVersion".to_owned(), text("v1")),
            ("kind".to_owned(), text("ConfigMap")),
            ("metadata".to_owned(), Value::Map(metadata)),
            ("data".to_owned(), Value::Map(data)),
        ])
    }
}

impl ConfigMapFile {
    fn new(item: &str, line: usize) -> Self {
        let last = || item.rsplit('/').next().unwrap_or(item);
        let (key, path) = item.split_once('=').unwrap_or_else(|| (last(), item));
        Self { key: key.to_owned(), path: path.to_owned(), line }
    }
}

/// The content of a file as one value, which keeps the file as its place.
pub(in crate::overlay::kustomize) fn whole_file(content: &str, path: &RepositoryPath) -> Value {
    let trail = vec![Step::new(&Place::new(path.clone(), 1), SetBy::Manifest, "")];
    Value::Scalar(Scalar { text: content.to_owned(), line: 1, trail, ..Scalar::default() })
}

/// The pairs of an environment file, all on the line of the item that names it: what runs is set there.
pub(in crate::overlay) fn environment(content: &str, line: usize) -> Vec<(String, Value)> {
    let lines =
        content.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), Value::scalar(value, line))).collect()
}

/// `key=value`, where quotes around the value do not count.
fn pair_of(pair: &str, line: usize) -> Option<(String, Value)> {
    let (key, value) = pair.split_once('=')?;
    let bare = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (value.len() >= 2).then_some(inner)
    });
    Some((key.to_owned(), Value::scalar(bare.unwrap_or(value), line)))
}
