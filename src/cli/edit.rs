//! `towpath edit set-image`: the lossless editor alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Failure;
use super::output::Output;
use crate::model::{FileChange, ImageReference, RepositoryPath};
use crate::overlay::{ImageEdit, Setting, edit_kustomization};
use crate::render;

const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Edit,
}

#[derive(Debug, clap::Subcommand)]
enum Edit {
    /// Set images in a kustomization; what is not named is kept, byte for byte
    SetImage {
        /// The kustomization; the one in the current folder where absent
        #[arg(long)]
        file: Option<PathBuf>,
        /// `name:tag`, `name@digest` or `name=newname:tag`
        #[arg(required = true, value_name = "IMAGE=REF")]
        images: Vec<String>,
    },
}

pub(super) fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let Edit::SetImage { file, images } = arguments.command;
    let requests = images.iter().map(|text| request(text)).collect::<Result<Vec<_>, _>>()?;
    let file = file.map_or_else(own_kustomization, Ok)?;
    let old = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
    // The name is only for messages; it need not be inside a repository.
    let name = file.to_string_lossy();
    let path = RepositoryPath::new(name.trim_start_matches(['/', '.'])).unwrap_or_else(|_| kustomization());
    let refused = |refused| anyhow::anyhow!("{}:{refused}", file.display());
    let new = edit_kustomization(&old, &requests).map_err(refused)?;
    if new == old {
        output.line(&format!("{}: nothing to change", file.display()));
        return Ok(());
    }
    replace(&file, &new).with_context(|| format!("writing {}", file.display()))?;
    output.print(&render::diff(&[FileChange { path, old: Some(old), new: Some(new) }], output.colour()));
    Ok(())
}

fn kustomization() -> RepositoryPath {
    RepositoryPath::new("kustomization.yaml").expect("a plain name is a path")
}

fn own_kustomization() -> Result<PathBuf, Failure> {
    let found: Vec<PathBuf> = FILE_NAMES.iter().map(PathBuf::from).filter(|file| file.exists()).collect();
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

/// `name:tag`, `name@digest`, `name=newname[:tag][@digest]`.
fn request(text: &str) -> Result<ImageEdit, Failure> {
    let wrong = |why: String| {
        Failure::Usage(format!("`{text}`: {why}; write `name:tag`, `name@digest` or `name=newname:tag`"))
    };
    let (name, reference) = match text.split_once('=') {
        Some((name, reference)) => (Some(name), reference),
        None => (None, text),
    };
    let reference: ImageReference =
        reference.parse().map_err(|error: crate::model::ImageError| wrong(error.to_string()))?;
    let name = name.map(str::to_owned);
    if name.is_none() && reference.tag.is_none() && reference.digest.is_none() {
        return Err(wrong("there is nothing to set".to_owned()));
    }
    let digest = match (&reference.digest, &reference.tag) {
        (Some(digest), _) => Setting::Set(digest.clone()),
        // A digest wins over a tag, so an old one would undo the new tag.
        (None, Some(_)) => Setting::Clear,
        (None, None) => Setting::Keep,
    };
    let tag = reference.tag.map_or(Setting::Keep, Setting::Set);
    Ok(match name {
        Some(name) => ImageEdit { name, new_name: Setting::Set(reference.image), tag, digest },
        None => ImageEdit { name: reference.image.to_string(), new_name: Setting::Keep, tag, digest },
    })
}

/// Writes a file whole or not at all.
fn replace(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(content)?;
    temporary.as_file().set_permissions(std::fs::metadata(file)?.permissions())?;
    temporary.persist(file)?;
    Ok(())
}
