//! `towpath images DIR`: which images a kustomization on disk runs, and which file and line says so.

mod disk;

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Failure;
use super::output::Output;
use crate::model::RepositoryPath;
use crate::overlay::{ImageUse, Resolved};
use crate::render;
use disk::Disk;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder with the kustomization
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Show every place that had a say in what an image is, weakest first
    #[arg(long)]
    trail: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let disk = Disk::around(folder).with_context(|| format!("reading {}", folder.display()))?;
    let resolved = disk.resolve().with_context(|| format!("in {}", disk.root().display()))?;
    if arguments.json {
        output.json(&Value::Array(resolved.uses.iter().map(|found| as_json(found, &disk)).collect()));
    } else {
        print(&resolved, &disk, output);
    }
    if arguments.trail && !arguments.json {
        resolved.uses.iter().for_each(|found| print_trail(found, &disk, output));
    }
    for uncertain in &resolved.uncertain {
        output.note(&format!(
            "not certain: {}:{}: {}",
            disk.relative(&uncertain.file),
            uncertain.line,
            uncertain.why
        ));
    }
    Ok(())
}

fn as_json(found: &ImageUse, disk: &Disk) -> Value {
    json!({
        "image": found.reference.image,
        "tag": found.reference.tag,
        "digest": found.reference.digest,
        "file": disk.relative(&found.file),
        "line": found.line,
        "set_by": found.set_by,
    })
}

/// Every step of one image, on a line each.
fn print_trail(found: &ImageUse, disk: &Disk, output: &mut Output) {
    output.line(&format!("\n{}", found.reference));
    for step in &found.trail {
        let place = format!("{}:{}", disk.relative(&step.file), step.line);
        output.line(&format!("  {place}  {}  {}", step.set_by, step.image));
    }
}

fn print(resolved: &Resolved, disk: &Disk, output: &mut Output) {
    let row = |found: &ImageUse| {
        let tag = found.reference.tag.as_ref().map(ToString::to_string).unwrap_or_default();
        let digest =
            found.reference.digest.as_ref().map(|digest| digest.short().to_owned()).unwrap_or_default();
        let file: &RepositoryPath = &found.file;
        vec![
            found.reference.image.to_string(),
            tag,
            digest,
            format!("{}:{}", disk.relative(file), found.line),
        ]
    };
    let rows: Vec<Vec<String>> = resolved.uses.iter().map(row).collect();
    if rows.is_empty() {
        output.line("no images");
    } else {
        output.print(&render::table(&["image", "tag", "digest", "set by"], &rows, output.width()));
    }
}
