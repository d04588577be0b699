//! `towpath edit set-image`: the lossless editor alone.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::Failure;
use super::images::disk::Disk;
use super::output::Output;
use crate::model::{FileChange, RepositoryPath};
use crate::overlay::{EDITED_BYTES_MAX, ImageEdit, KUSTOMIZATION_NAMES, RequestError, edit_kustomization};
use crate::render::{self, Colour};

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Edit,
}

#[derive(Debug, clap::Subcommand)]
enum Edit {
    /// Set images in a kustomization; what is not named is kept, byte for byte
    SetImage(SetImage),
}

#[derive(Debug, clap::Args)]
struct SetImage {
    /// The kustomization, or `-` to read standard input and write standard output; the one in the current folder
    /// where absent
    #[arg(long)]
    file: Option<PathBuf>,
    /// Print the diff and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// `name:tag`, `name@digest`, `name=newname`, `name=newname:tag@digest`; `*` for a part that stays
    #[arg(required = true, value_name = "IMAGE=REF")]
    images: Vec<String>,
}

pub(super) fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let Edit::SetImage(arguments) = arguments.command;
    let requests = arguments.images.iter().map(|text| text.parse());
    let requests: Vec<ImageEdit> =
        requests.collect::<Result<_, RequestError>>().map_err(|error| Failure::Usage(error.to_string()))?;
    let file = arguments.file.clone().map_or_else(own_kustomization, Ok)?;
    let is_piped = file.as_os_str() == STANDARD_INPUT;
    let old = read(&file, is_piped).with_context(|| format!("reading {}", file.display()))?;
    let new = edit_kustomization(&old, &requests)
        .map_err(|refused| anyhow::anyhow!("{}:{refused}", file.display()))?;
    let is_written = !arguments.dry_run && !is_piped && new != old;
    if is_written {
        replace(&file, &new).with_context(|| format!("writing {}", file.display()))?;
    }
    let edited = Edited { file: &file, old, new, is_written };
    if arguments.json {
        output.json(&edited.json());
    } else if is_piped && !arguments.dry_run {
        output.bytes(&edited.new);
    } else {
        edited.print(output);
    }
    if is_written {
        note_unused(&file, &requests, output);
    }
    Ok(())
}

/// Notes the entries just edited that match no image of what the kustomization leads to. A folder that cannot be evaluated
/// says nothing about that.
fn note_unused(file: &Path, requests: &[ImageEdit], output: &mut Output) {
    let Some(Ok(resolved)) = Disk::around(file).ok().map(|disk| disk.resolve()) else { return };
    let is_meant = |name: &str| requests.iter().any(|request| request.name == name);
    for unused in resolved.unused.iter().filter(|unused| is_meant(&unused.name)) {
        let (file, name) = (file.display(), &unused.name);
        output.note(&format!(
            "{file}:{}: the entry `{name}` matches no image; `towpath images` shows what runs there",
            unused.line
        ));
    }
}

fn read(file: &Path, is_piped: bool) -> std::io::Result<Vec<u8>> {
    if !is_piped {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    // A little more than may be edited, so that too much is refused as such.
    std::io::stdin().lock().take(EDITED_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An edit that was made, or would be.
struct Edited<'a> {
    file: &'a Path,
    old: Vec<u8>,
    new: Vec<u8>,
    is_written: bool,
}

impl Edited<'_> {
    fn change(&self) -> FileChange {
        // The name is only for messages; it need not be inside a repository.
        let name = self.file.to_string_lossy();
        let plain = RepositoryPath::new("kustomization.yaml").expect("a plain name is a path");
        let path = RepositoryPath::new(name.trim_start_matches(['/', '.'])).unwrap_or(plain);
        let (old, new) = (Some(self.old.clone()), Some(self.new.clone()));
        FileChange { path, old, new }
    }

    fn print(&self, output: &mut Output) {
        if self.new == self.old {
            output.line(&format!("{}: nothing to change", self.file.display()));
        } else {
            output.diff(&[self.change()]);
        }
    }

    fn json(&self) -> serde_json::Value {
        let changes = self.new != self.old;
        json!({
            "file": self.file,
            "changes": changes,
            "written": self.is_written,
            "diff": changes.then(|| render::diff(&[self.change()], Colour::Never)),
        })
    }
}

fn own_kustomization() -> Result<PathBuf, Failure> {
    let found: Vec<PathBuf> =
        KUSTOMIZATION_NAMES.iter().map(PathBuf::from).filter(|file| file.exists()).collect();
    match found.as_slice() {
        [file] => Ok(file.clone()),
        [] => {
            Err(Failure::Usage("there is no kustomization in this folder; name one with `--file`".to_owned()))
        }
        [..] => Err(Failure::Usage(
            "there are several kustomizations in this folder; name one with `--file`".to_owned(),
        )),
    }
}

/// Writes a file whole or not at all; behind a link, the file that it leads to.
fn replace(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let file = file.canonicalize()?;
    let folder = file.parent().context("a file lies in a folder")?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(content)?;
    temporary.as_file().set_permissions(std::fs::metadata(&file)?.permissions())?;
    temporary.persist(&file)?;
    Ok(())
}
