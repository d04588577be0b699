//! `towpath images DIR`: which images a kustomization on disk runs, and which file and line says so.

pub(super) mod disk;

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Failure;
use super::output::Output;
use crate::model::RepositoryPath;
use crate::overlay::{ImageUse, Resolved, Step};
use crate::render::{self, Style};
use disk::Disk;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder with the kustomization or other files that run images, or one such file
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Show for each image every place that had a say, weakest first
    #[arg(long)]
    trail: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let disk = Disk::around(folder).with_context(|| format!("reading {}", folder.display()))?;
    let resolved = disk.resolve().with_context(|| format!("in {}", disk.root().display()))?;
    if arguments.json {
        let uses = resolved.uses.iter().map(|found| as_json(found, &disk, arguments.trail));
        output.json(&Value::Array(uses.collect()));
    } else if arguments.trail {
        resolved.uses.iter().for_each(|found| print_trail(found, &disk, output));
    } else {
        print(&resolved, &disk, output);
    }
    for uncertain in &resolved.uncertain {
        output.note(&format!(
            "not certain: {}:{}: {}",
            disk.relative(&uncertain.file),
            uncertain.line,
            uncertain.why
        ));
    }
    for unused in &resolved.unused {
        let place = format!("{}:{}", disk.relative(&unused.file), unused.line);
        output.note(&format!("unused: {place}: the entry `{}` of `images` matches no image", unused.name));
    }
    Ok(())
}

fn as_json(found: &ImageUse, disk: &Disk, with_trail: bool) -> Value {
    let mut object = json!({
        "image": found.reference.image,
        "tag": found.reference.tag,
        "digest": found.reference.digest,
        "file": disk.relative(&found.file),
        "line": found.line,
        "set_by": found.set_by,
    });
    if with_trail {
        object["trail"] = found.trail.iter().map(|step| step_json(step, disk)).collect();
    }
    object
}

fn step_json(step: &Step, disk: &Disk) -> Value {
    let Step { file, line, set_by, image, .. } = step;
    json!({ "file": disk.relative(file), "line": line, "set_by": set_by, "image": image })
}

/// An image, and below it the places that made it what it is.
fn print_trail(found: &ImageUse, disk: &Disk, output: &mut Output) {
    output.line(&output.colour().paint(Style::Bold, &found.reference.to_string()));
    let row = |step: &Step| {
        vec![
            format!("{}:{}", disk.relative(&step.file), step.line),
            step.set_by.to_string(),
            step.image.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = found.trail.iter().map(row).collect();
    let table = render::table(&["place", "kind", "makes it"], &rows, output.width());
    table.lines().for_each(|line| output.line(&format!("  {line}")));
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
