//! A whole repository in one string literal: each `--- path` line starts a file, everything below it is its content.

use std::collections::BTreeMap;
use std::sync::Arc;

use towpath::model::RepositoryPath;

/// The files of one commit.
pub(crate) type Files = BTreeMap<RepositoryPath, Arc<[u8]>>;

/// The files that a text lists.
pub(crate) fn files(text: &str) -> Files {
    let mut files: BTreeMap<RepositoryPath, String> = BTreeMap::new();
    let mut current = None;
    for line in text.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("--- ") {
            let path: RepositoryPath =
                path.trim().parse().expect("a fixture names paths inside the repository");
            files.insert(path.clone(), String::new());
            current = Some(path);
        } else if let Some(content) = current.as_ref().and_then(|path| files.get_mut(path)) {
            content.push_str(line);
        } else {
            assert!(line.trim().is_empty(), "a fixture starts with `--- path`, not with {line:?}");
        }
    }
    files.into_iter().map(|(path, content)| (path, content.into_bytes().into())).collect()
}

/// A service with one base and an overlay for each environment, all of which run one version of its images.
pub(crate) fn service(name: &str, images: &[&str], environments: &[&str], version: &str) -> Files {
    let mut text = format!(
        "--- apps/{name}/base/kustomization.yaml\n\
         resources:\n- deployment.yaml\n\
         --- apps/{name}/base/deployment.yaml\n\
         apiVersion: apps/v1\n\
         kind: Deployment\n\
         metadata:\n  name: {name}\n\
         spec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n"
    );
    for image in images {
        text += &format!("      - name: {image}\n        image: registry.test/acme/{image}\n");
    }
    for environment in environments {
        text += &format!(
            "--- apps/{name}/overlays/{environment}/kustomization.yaml\n\
             # What {environment} runs of {name}.\n\
             resources:\n- ../../base\n\
             images:\n"
        );
        for image in images {
            text += &format!("- name: registry.test/acme/{image}\n  newTag: {version} # moved by Towpath\n");
        }
        text += &format!("commonLabels:\n  environment: {environment}\n");
    }
    files(&text)
}
