//! A kustomization file: found, read and checked for what kustomize itself would refuse or ignore.

use super::error::{OverlayError, Place};
use crate::model::{EntryKind, Missing, RepositoryPath, Tree, TreeError};
use crate::yaml::{self, NodeId, NodeKind, Source};

const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization file that was read.
pub(super) struct Kustomization {
    pub(super) folder: RepositoryPath,
    pub(super) file: RepositoryPath,
    pub(super) source: Source,
    pub(super) tree: yaml::Tree,
    pub(super) root: NodeId,
}

impl Kustomization {
    /// Reads the kustomization of a folder.
    pub(super) fn load(tree: &Tree, folder: &RepositoryPath) -> Result<Self, OverlayError> {
        let file = find(tree, folder)?;
        let source = read(tree, &file)?;
        Self::parse(folder.clone(), file, source)
    }

    /// Takes a text as a kustomization.
    pub(super) fn parse(
        folder: RepositoryPath,
        file: RepositoryPath,
        source: Source,
    ) -> Result<Self, OverlayError> {
        let nodes = yaml::parse(&source).map_err(|error| OverlayError::of_yaml(&file, error))?;
        let is_mapping = |id: &NodeId| matches!(nodes.node(*id).kind, NodeKind::Mapping(_));
        let Some(root) = nodes.root().filter(is_mapping) else {
            return Err(OverlayError::of_file(
                &file,
                "this is no kustomization; it has to be a mapping of keys to values",
            ));
        };
        let loaded = Self { folder, file, source, tree: nodes, root };
        loaded.check()?;
        Ok(loaded)
    }

    fn check(&self) -> Result<(), OverlayError> {
        if let Some(second) = self.tree.documents().get(1) {
            let why = "a second document (`---`) that kustomize ignores; move it to a file of its own";
            return Err(self.refuse(*second, why));
        }
        if let Some(key) = self.tree.duplicate_key() {
            let name = self.tree.scalar(key).unwrap_or_default();
            return Err(self.refuse(key, format!("the key `{name}` stands twice; delete one of the two")));
        }
        Ok(())
    }

    pub(super) fn place(&self, node: NodeId) -> Place {
        let start = self.tree.node(node).span.start;
        Place { file: self.file.clone(), position: self.source.position(start) }
    }

    pub(super) fn refuse(&self, node: NodeId, why: impl Into<String>) -> OverlayError {
        OverlayError::Refused { place: self.place(node), why: why.into() }
    }

    /// The value of a field of the kustomization, whatever the case of its name, unless it is empty.
    pub(super) fn field(&self, name: &str) -> Option<NodeId> {
        self.tree.get_ignore_case(self.root, name).filter(|node| !self.tree.is_null(*node))
    }

    /// The items of a list field.
    pub(super) fn list(&self, name: &str) -> &[NodeId] {
        self.field(name).map_or(&[], |node| self.tree.items(node))
    }
}

/// The only kustomization file of a folder.
fn find(tree: &Tree, folder: &RepositoryPath) -> Result<RepositoryPath, OverlayError> {
    let paths = FILE_NAMES.iter().filter_map(|name| folder.join(name));
    let found: Vec<RepositoryPath> = paths.filter(|path| tree.entry(path).is_some()).collect();
    match found.as_slice() {
        [] => Err(OverlayError::NoKustomization { folder: folder.clone() }),
        [file] => Ok(file.clone()),
        [first, second, ..] => {
            let why = format!("`{second}` stands beside it, and kustomize refuses two; delete one of them");
            Err(OverlayError::of_file(first, why))
        }
    }
}

/// Reads a file as YAML text.
pub(super) fn read(tree: &Tree, file: &RepositoryPath) -> Result<Source, OverlayError> {
    let refused = |why: &str| OverlayError::of_file(file, why);
    match tree.read(file) {
        Ok(bytes) => Source::from_bytes(bytes).map_err(|error| OverlayError::of_yaml(file, error)),
        Err(TreeError::Missing) => Err(OverlayError::Missing(Missing([file.clone()].into()))),
        Err(TreeError::NotFound) => Err(refused("the file does not exist")),
        Err(TreeError::NotAFile(EntryKind::Submodule)) => Err(refused("a submodule; it is not entered")),
        Err(TreeError::NotAFile(EntryKind::SymbolicLink | EntryKind::File)) => {
            Err(refused("a symbolic link; it is not followed; put the file itself here"))
        }
    }
}
