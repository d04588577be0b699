//! The real Helm, as an independent witness of how values files are merged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use super::peer;

/// A chart that prints the values that it is given.
const CHART: [(&str, &str); 2] = [
    ("Chart.yaml", "apiVersion: v2\nname: values\nversion: 0.1.0\n"),
    ("templates/values.yaml", "apiVersion: v1\nkind: Values\nvalues: {{ .Values | toJson }}\n"),
];

/// What a chart sees of some values files, given in their order. The chart is written into `folder`.
///
/// # Panics
///
/// When Helm refuses the files; with what it said.
pub(crate) fn merged_values(folder: &Path, files: &[PathBuf]) -> Value {
    for (name, text) in CHART {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it lies in the chart")).expect("the folder can be made");
        fs::write(path, text).expect("the chart can be written");
    }
    let helm = peer::find("helm", "TOWPATH_TEST_HELM");
    let mut command = Command::new(&helm);
    command.args(["template", "values"]).arg(folder);
    for file in files {
        command.arg("--values").arg(file);
    }
    let output = command.env("HOME", folder).output();
    let output = output.unwrap_or_else(|error| panic!("{} does not run: {error}", helm.display()));
    assert!(output.status.success(), "helm refuses: {}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_yaml::from_slice(&output.stdout).expect("the chart prints YAML");
    printed.get("values").cloned().expect("the chart prints the values")
}
