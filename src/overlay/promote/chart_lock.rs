//! What a new version of a dependency in `Chart.yaml` would leave behind: the version in `Chart.lock`, without which Helm
//! refuses the chart, and a copy of the dependency in `charts`, which Helm renders whatever `Chart.yaml` says.
//! <https://helm.sh/docs/helm/helm_dependency/>

use crate::model::{RepositoryPath, Tree};
use crate::overlay::document::text::Text;
use crate::overlay::{EditObstacle, Limit, OverlayError};

/// The name of the file that lists the dependencies of a chart.
const CHART: &str = "Chart.yaml";
/// The name of the lock file beside it.
const LOCK: &str = "Chart.lock";
/// The folder of the copies beside it.
const COPIES: &str = "charts";

/// A dependency of a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dependency {
    name: String,
    version: String,
    /// The line of the version, from 1.
    line: usize,
}

/// Refuses an edit of a dependency whose version is repeated beside `Chart.yaml`.
///
/// # Errors
/// At the version that would change.
pub(in crate::overlay) fn check(
    tree: &Tree,
    files: &[(RepositoryPath, Vec<u8>)],
) -> Result<(), OverlayError> {
    for (file, content) in files.iter().filter(|(file, _)| file.file_name() == CHART) {
        let old = dependencies(tree.read(file).unwrap_or_default());
        let new = dependencies(content);
        for changed in
            old.iter().zip(&new).filter(|(old, new)| old.version != new.version).map(|(old, _)| old)
        {
            if let Some(repeated) = repeated_in(tree, file, &changed.name) {
                let Dependency { name, line, .. } = changed;
                let why =
                    format!("`{repeated}` holds the version of `{name}` too, which only Helm can change");
                return Err(EditObstacle::at_line(Limit::ChartLock, *line, why).of(file));
            }
        }
    }
    Ok(())
}

/// The path beside a chart that repeats the version of a dependency.
fn repeated_in(tree: &Tree, chart: &RepositoryPath, name: &str) -> Option<RepositoryPath> {
    let folder = chart.parent()?;
    let lock = folder.join(LOCK)?;
    if tree.entry(&lock).is_some() {
        return Some(lock);
    }
    let copies = folder.join(COPIES)?;
    let unpacked = copies.join(name)?;
    if tree.is_folder(&unpacked) || tree.entry(&unpacked).is_some() {
        return Some(unpacked);
    }
    let is_package = |path: &RepositoryPath| {
        let rest = path.file_name().strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| {
            rest.ends_with(".tgz") && rest.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
        })
    };
    tree.directly_in(&copies).map(|(path, _)| path.clone()).find(is_package)
}

/// The dependencies of a chart, in order.
fn dependencies(bytes: &[u8]) -> Vec<Dependency> {
    let Ok(text) = Text::new(bytes) else { return Vec::new() };
    let list = text.tree.root().and_then(|root| text.tree.get(root, "dependencies"));
    let dependency = |item| {
        let version = text.tree.get(item, "version")?;
        let name = text.scalar_of(item, "name")?.to_owned();
        Some(Dependency { name, version: text.tree.scalar(version)?.to_owned(), line: text.line(version) })
    };
    list.map_or(&[][..], |list| text.tree.items(list)).iter().filter_map(|item| dependency(*item)).collect()
}
