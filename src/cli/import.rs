//! `towpath import DIR`: a configuration for a repository that another tool keeps up to date.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;

use super::Failure;
use super::images::disk::Disk;
use super::output::Output;
use crate::config::write_imported;
use crate::model::{Imported, Leftover};
use crate::overlay;
use crate::render;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The work tree of a repository that Flux's image automation, Argo CD Image Updater or Renovate keeps up to date
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let disk = Disk::below(folder).with_context(|| format!("reading {}", folder.display()))?;
    let imported = disk.read(overlay::import)?;
    if arguments.json {
        output.json(&as_json(&imported));
        return Ok(());
    }
    if imported.services.is_empty() {
        let why = "nothing here is kept up to date by Flux's image automation, Argo CD Image Updater or Renovate's \
                   comments";
        say_leftovers(&imported, output);
        return Err(Failure::Failed(anyhow::anyhow!(why)));
    }
    output.print(&write_imported(&imported));
    say_leftovers(&imported, output);
    Ok(())
}

/// What a person has to look at, also where the configuration went into a file.
fn say_leftovers(imported: &Imported, output: &mut Output) {
    if imported.leftovers.is_empty() {
        return;
    }
    let things = render::count(imported.leftovers.len(), "thing was", "things were");
    output.note(&format!("{things} not carried over:"));
    for Leftover { file, line, what } in &imported.leftovers {
        output.note(&format!("  {file}:{line}: {what}"));
    }
}

fn as_json(imported: &Imported) -> serde_json::Value {
    let services = imported.services.iter().map(|service| {
        json!({ "service": service.name, "image": service.image, "range": service.range,
                "marker": service.marker, "paths": service.paths })
    });
    let leftovers = imported.leftovers.iter();
    let leftovers = leftovers
        .map(|leftover| json!({ "file": leftover.file, "line": leftover.line, "what": leftover.what }));
    json!({ "services": services.collect::<Vec<_>>(), "leftovers": leftovers.collect::<Vec<_>>(),
            "configuration": write_imported(imported) })
}
