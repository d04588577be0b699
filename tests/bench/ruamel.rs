//! ruamel.yaml, run by Python over the same files.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::kustomizations::Kustomization;

/// What Python measured.
pub(crate) struct Measured {
    pub(crate) edits: u32,
    pub(crate) time: Duration,
    pub(crate) minimal: u32,
}

/// Edits the files by ruamel.yaml, or says why it cannot.
pub(crate) fn run(files: &[Kustomization], tag: &str) -> Result<Measured, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    for (number, file) in files.iter().enumerate() {
        let path = folder.path().join(format!("{number:04}.yaml"));
        std::fs::write(path, &file.text).map_err(|error| format!("cannot write a file: {error}"))?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/ruamel_edits.py");
    let output = Command::new("python3").arg(script).arg(folder.path()).arg(tag).output();
    let output = output.map_err(|error| format!("python3 does not run ({error}); install it"))?;
    if !output.status.success() {
        return Err("python3 has no ruamel.yaml; `pip install ruamel.yaml` installs it".to_owned());
    }
    parsed(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| "it printed no figures".to_owned())
}

fn parsed(line: &str) -> Option<Measured> {
    let mut words = line.split_whitespace();
    let edits = words.next()?.parse().ok()?;
    let time = Duration::from_secs_f64(words.next()?.parse().ok()?);
    Some(Measured { edits, time, minimal: words.next()?.parse().ok()? })
}
