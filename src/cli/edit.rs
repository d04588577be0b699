//! `towpath edit set-image`: the lossless editor alone.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Failure;
use super::output::Output;
use crate::model::{FileChange, RepositoryPath};
use crate::overlay::{EDITED_BYTES_MAX, ImageEdit, edit_kustomization};
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
        /// The kustomization; the one in the current folder where absent; `-` reads standard input and writes the
        /// result to standard output
        #[arg(long)]
        file: Option<PathBuf>,
        /// Print the diff and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// `name:tag`, `name@digest` or `name=newname:tag`; `*` keeps what is there, as does not naming it
        #[arg(required = true, value_name = "IMAGE=REF")]
        images: Vec<String>,
    },
}

/// How the outcome is shown.
#[derive(Copy, Clone)]
struct Mode {
    dry_run: bool,
    json: bool,
}

/// A kustomization before and after.
struct Edited {
    /// The file; none for standard input.
    file: Option<PathBuf>,
    old: Vec<u8>,
    new: Vec<u8>,
}

pub(super) fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let Edit::SetImage { file, dry_run, json, images } = arguments.command;
    let requests = images.iter().map(|text| text.parse()).collect::<Result<Vec<ImageEdit>, _>>();
    let requests = requests.map_err(|error| Failure::Usage(error.to_string()))?;
    let is_piped = file.as_deref() == Some(Path::new("-"));
    let file = if is_piped { None } else { Some(file.map_or_else(own_kustomization, Ok)?) };
    let edited = edit(file, &requests)?;
    if let Some(file) = edited.file.as_ref().filter(|_| !dry_run && edited.new != edited.old) {
        replace(file, &edited.new).with_context(|| format!("writing {}", file.display()))?;
    }
    edited.show(Mode { dry_run, json }, output);
    Ok(())
}

fn edit(file: Option<PathBuf>, requests: &[ImageEdit]) -> Result<Edited, Failure> {
    let name = file.as_ref().map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    let old = match &file {
        Some(file) => std::fs::read(file).with_context(|| format!("reading {name}"))?,
        None => piped()?,
    };
    let refused = |refused| anyhow::anyhow!("{name}:{refused}");
    let new = edit_kustomization(&old, requests).map_err(refused)?;
    Ok(Edited { file, old, new })
}

/// Everything on standard input, up to a little more than may be edited.
fn piped() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(EDITED_BYTES_MAX + 1)?;
    std::io::stdin().lock().take(most).read_to_end(&mut bytes).context("reading standard input")?;
    Ok(bytes)
}

impl Edited {
    fn show(&self, mode: Mode, output: &mut Output) {
        if mode.json {
            output.json(&self.as_json(mode.dry_run));
        } else if self.file.is_none() && !mode.dry_run {
            output.print(&String::from_utf8_lossy(&self.new));
        } else if self.new == self.old {
            let name = self.file.as_ref().map_or_else(|| "-".to_owned(), |file| file.display().to_string());
            output.line(&format!("{name}: nothing to change"));
        } else {
            output.print(&self.diff(output.colour()));
        }
    }

    fn as_json(&self, dry_run: bool) -> Value {
        let content = self.file.is_none().then(|| String::from_utf8_lossy(&self.new).into_owned());
        json!({
            "file": self.file,
            "changed": self.new != self.old,
            "dry_run": dry_run,
            "diff": self.diff(render::Colour::Never),
            "content": content,
        })
    }

    fn diff(&self, colour: render::Colour) -> String {
        // The name is only for people; it need not be inside of a repository.
        let name = self.file.as_ref().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
        let path =
            RepositoryPath::new(name.trim_start_matches(['/', '.'])).unwrap_or_else(|_| kustomization());
        let path = if path.as_str().is_empty() { kustomization() } else { path };
        let change = FileChange { path, old: Some(self.old.clone()), new: Some(self.new.clone()) };
        render::diff(&[change], colour)
    }
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

/// Writes a file whole or not at all.
fn replace(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(content)?;
    temporary.as_file().set_permissions(std::fs::metadata(file)?.permissions())?;
    temporary.persist(file)?;
    Ok(())
}
