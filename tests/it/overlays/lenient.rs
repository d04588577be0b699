//! Manifests whose lines are indented less than YAML's grammar wants, as kubectl and editors write them: kustomize takes
//! them, and so do we.

use std::fs;

use tempfile::TempDir;
use towpath::model::RepositoryPath;
use towpath::overlay::resolve;

use super::property::tree;
use super::rendered::Files;
use crate::support::kubectl;

const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n";

#[test]
fn lines_that_begin_in_a_list_or_a_quoted_text_are_read_as_kustomize_reads_them() {
    for text in [
        "spec:\n  containers:\n  - image: x/app:1\n    name: a\n    args: [\n      'v'\n    ]\n",
        "spec:\n  containers:\n  - image: x/app:1\n    name: a\n    args: [\n    \"x\", { b: c,\nd: e }\n    ]\n",
        "spec:\n  note: \"goes on\nhere\"\n  containers:\n  - image: x/app:1\n    name: a\n",
        "spec:\n  note: 'goes on\nhere'\n  containers: [\n  { image: 'x/app:1', name: a }\n  ]\n",
        "spec:\n  note: |\n    [ no list\n    \"\n  containers: [\n  { image: 'x/app:1', name: a }\n  ]\n",
    ] {
        let kustomization = "resources: [pod.yaml]\nimages: [{ name: x/app, newTag: '2' }]\n";
        let files = [("pod.yaml", format!("{HEAD}{text}")), ("kustomization.yaml", kustomization.to_owned())];
        let files: Files = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let folder = TempDir::new().unwrap();
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        let found = resolve(&tree(&files), &RepositoryPath::new("").unwrap().into()).unwrap();
        let images: Vec<String> = found.uses.iter().map(|found| found.reference.to_string()).collect();
        assert_eq!(images, kubectl::render(folder.path()), "{text}");
        assert_eq!(found.uncertain, [], "{text}");
    }
}
