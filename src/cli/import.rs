//! `towpath import DIR`: a configuration for a repository that another tool keeps up to date.

mod remote;

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;

use super::Failure;
use super::images::disk::Disk;
use super::output::Output;
use crate::config::{next_steps, write_imported};
use crate::model::{Imported, ImportedRule, ImportedSelection, NotImported};
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
    let mut imported = disk.read(overlay::import)?;
    imported.github = remote::github_origin(folder);
    if arguments.json {
        output.json(&as_json(&imported));
        return Ok(());
    }
    if imported.services.is_empty() {
        say_leftovers(&imported, output);
        return Err(Failure::Failed(anyhow::anyhow!(nothing(&imported))));
    }
    output.print(&write_imported(&imported));
    say_leftovers(&imported, output);
    say_next(&imported, output);
    Ok(())
}

/// Why no configuration is written.
fn nothing(imported: &Imported) -> String {
    if imported.leftovers.is_empty() {
        return "nothing here is kept up to date by Flux's image automation, Argo CD Image Updater or Renovate; name the folder of the config repository, or write `towpath.yaml` by hand as the README of Towpath shows".to_owned();
    }
    let things = render::count(imported.leftovers.len(), "thing", "things");
    format!(
        "no image could be carried over; see the {things} named above, and write the services yourself (`towpath schema`)"
    )
}

/// What to do with the configuration, also where that went into a file.
fn say_next(imported: &Imported, output: &mut Output) {
    let services = render::count(imported.services.len(), "image was", "images were");
    output.note(&format!("{services} carried over; what to do next:"));
    for (index, step) in next_steps(imported).iter().enumerate() {
        output.note(&format!("  {}. {step}", index + 1));
    }
}

/// What the user has to look at, also where the configuration went into a file.
fn say_leftovers(imported: &Imported, output: &mut Output) {
    if imported.leftovers.is_empty() {
        return;
    }
    let things = render::count(imported.leftovers.len(), "thing was", "things were");
    output.note(&format!("{things} not carried over:"));
    for NotImported { file, line, what } in &imported.leftovers {
        output.note(&format!("  {file}:{line}: {what}"));
    }
}

fn as_json(imported: &Imported) -> serde_json::Value {
    let services = imported.services.iter().map(|service| {
        json!({ "service": service.name, "image": service.image,
                "selection": service.selection.as_ref().map(selection), "marker": service.marker, "paths": service.paths })
    });
    let leftovers = imported.leftovers.iter();
    let leftovers = leftovers
        .map(|leftover| json!({ "file": leftover.file, "line": leftover.line, "what": leftover.what }));
    json!({ "services": services.collect::<Vec<_>>(), "leftovers": leftovers.collect::<Vec<_>>(),
            "configuration": write_imported(imported) })
}

/// A selection with the keys of the configuration.
fn selection(selection: &ImportedSelection) -> serde_json::Value {
    let rule = match &selection.rule {
        ImportedRule::Semver { range, prereleases } => json!({ "semver": range, "prereleases": prereleases }),
        ImportedRule::Regex { pattern, sort } => json!({ "regex": { "pattern": pattern, "sort": sort } }),
        ImportedRule::Alphabetical => json!({ "alphabetical": true }),
        ImportedRule::Numerical => json!({ "numerical": true }),
        ImportedRule::Newest => json!({ "newest": true }),
        ImportedRule::Digest(tag) => json!({ "digest": tag }),
    };
    json!({ "select": rule, "allow": selection.allow, "ignore": selection.ignore })
}
