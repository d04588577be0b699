//! `towpath images DIR`: which images a kustomization on disk runs, and which file and line says so.
//!
//! The JSON output is an array of items with the same keys. What is uncertain about an image is in its `uncertain`;
//! doubts that concern no listed image, and the refusal of a folder, are items whose `image` is null, so that a
//! consumer of images can skip them.

pub(super) mod disk;
mod json;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Context as _;

use super::Failure;
use super::output::Output;
use crate::model::RepositoryPath;
use crate::overlay::{ImageUse, OverlayError, Resolved, Step};
use crate::render::{self, Style};
use crate::sanitize;
use disk::Disk;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder with the kustomization or other files that run images, or one such file; a kustomization stands for
    /// its folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Show for each image every place that had a say, weakest first
    #[arg(long)]
    trail: bool,
    /// Print JSON: an array of images, and of what is not certain or refused, with `image` null
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let disk = Disk::around(folder).with_context(|| format!("reading {}", folder.display()))?;
    let resolved = match disk.resolve() {
        Ok(resolved) => resolved,
        Err(error) => return Err(refused(error, &disk, arguments, output).into()),
    };
    if arguments.json {
        output.json(&json::listing(&resolved, &disk, arguments.trail));
    } else if resolved.uses.is_empty() {
        output.line(&without_images(&resolved));
    } else if arguments.trail {
        resolved.uses.iter().for_each(|found| print_trail(found, &disk, output));
    } else {
        print(&resolved, &disk, output);
    }
    for uncertain in &resolved.uncertain {
        output.note(&format!(
            "not certain: {}:{}: {}; {}",
            disk.relative(&uncertain.file),
            uncertain.line,
            uncertain.why,
            uncertain.limit.way_out()
        ));
    }
    for unused in &resolved.unused {
        let place = format!("{}:{}", disk.relative(&unused.file), unused.line);
        output.note(&format!(
            "unused: {place}: the entry `{}` of `images` matches no image",
            sanitize::line(&unused.name)
        ));
    }
    Ok(())
}

/// The error with the path of the file as the user finds it. With `--json` standard output gets it, too.
fn refused(error: anyhow::Error, disk: &Disk, arguments: &Arguments, output: &mut Output) -> anyhow::Error {
    let Some(OverlayError::Refused { file, refused }) = error.downcast_ref() else { return error };
    if arguments.json {
        output.json(&json::refusal(file, refused, disk));
    }
    let separator = if refused.line.is_some() { ":" } else { ": " };
    anyhow::anyhow!("{}{separator}{refused}", disk.shown(file, &arguments.folder))
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
    output.print(&render::table(&["image", "tag", "digest", "set by"], &rows, output.width()));
}

/// What is said where no image is shown: that there is none, or what keeps that from being certain.
fn without_images(resolved: &Resolved) -> String {
    let limits: BTreeSet<&str> = resolved.uncertain.iter().map(|uncertain| uncertain.limit.id()).collect();
    if limits.is_empty() {
        return "no images".to_owned();
    }
    let limits: Vec<&str> = limits.into_iter().collect();
    format!("not certain which images run here ({})", limits.join(", "))
}
